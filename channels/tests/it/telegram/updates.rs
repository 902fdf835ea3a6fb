//! Each kind of update at the hook.

use channels::inbound::HookError;
use serde_json::{Value, json};
use workflows::clock::Moment;
use workflows::message::{Act, Event, Inbound};

use super::{SECRET, open};
use crate::calls::Call;

const HEADER: &str = "x-telegram-bot-api-secret-token";

fn call(body: &str) -> Call {
    Call::post(body).at("tg-main").header(HEADER, SECRET)
}

fn event(body: &str) -> Event {
    let hook = open("http://127.0.0.1:9", "username = \"KhaiBaoBot\"").hook;
    let mut events = call(body).events(hook.unwrap().as_ref()).unwrap();
    assert_eq!(events.len(), 1);
    events.remove(0)
}

/// The words of an event: what was done, where, and the text.
fn words(event: &Event) -> String {
    match event {
        Event::Message(Inbound {
            from, text, act, ..
        }) => {
            let act = match act {
                Act::Pressed { press, message } => format!(
                    "pressed {} under {}",
                    press.as_deref().unwrap_or("-"),
                    message.as_deref().unwrap_or("-")
                ),
                Act::Wrote => "wrote".into(),
                Act::SharedOwnNumber => "own number".into(),
                Act::GaveNumber => "a number".into(),
                Act::Followed => "followed".into(),
                Act::Left => "left".into(),
                Act::InGroup => "in group".into(),
            };
            format!("{from}: {act}: {text}")
        }
        Event::Receipt(_) => "receipt".into(),
        Event::Ignored(why) => format!("ignored: {why}"),
    }
}

/// A private message with these members.
fn private(members: &Value) -> Value {
    let mut message = json!({
        "message_id": 5, "date": 1_600_000_000,
        "chat": {"id": 42, "type": "private", "first_name": "An"},
        "from": {"id": 42, "is_bot": false, "first_name": "An", "language_code": "vi"},
    });
    merge(&mut message, members);
    json!({"update_id": 900_000_000_001_i64, "message": message})
}

fn group(kind: &str, members: &Value) -> Value {
    let mut update = private(members);
    update["message"]["chat"] = json!({"id": -100_123, "type": kind, "title": "Tổ 7"});
    update
}

fn merge(into: &mut Value, members: &Value) {
    for (key, value) in members.as_object().unwrap() {
        into[key] = value.clone();
    }
}

fn entity(kind: &str, offset: usize, length: usize) -> Value {
    json!([{"type": kind, "offset": offset, "length": length}])
}

#[test]
fn a_message_keeps_its_text_its_language_its_time_and_the_updates_number() {
    let update = private(&json!({
        "text": "/start@KhaiBaoBot  cp-07 ", "entities": entity("bot_command", 0, 17),
    }));
    let Event::Message(read) = event(&update.to_string()) else {
        panic!("no message")
    };
    assert_eq!(read.event_id.as_deref(), Some("900000000001"));
    assert_eq!(read.text, "/start@KhaiBaoBot  cp-07 ");
    assert_eq!(read.language.as_deref(), Some("vi"));
    assert_eq!(read.sent_at, Some(Moment(1_600_000_000_000_000)));
    assert_eq!((read.from.as_str(), read.act), ("42", Act::Wrote));
}

#[test]
fn whatever_is_sent_in_private_is_read_for_what_it_is() {
    let own = json!({"phone_number": "84912345678", "first_name": "An", "user_id": 42});
    let other = json!({"phone_number": "0987654321", "first_name": "Bình", "user_id": 43});
    let nobody = json!({"phone_number": "+84 987 654 321", "first_name": "Bình"});
    let cases = [
        (json!({"text": "có"}), "42: wrote: có"),
        (
            json!({"text": "?", "entities": entity("date_of_next_year", 0, 1)}),
            "42: wrote: ?",
        ),
        (json!({"contact": own}), "42: own number: +84912345678"),
        (json!({"contact": other}), "42: a number: 0987654321"),
        (json!({"contact": nobody}), "42: a number: +84 987 654 321"),
        (
            json!({"contact": own, "forward_origin": {"type": "user"}}),
            "42: a number: +84912345678",
        ),
        (
            json!({"contact": own, "via_bot": {"id": 9}}),
            "42: a number: +84912345678",
        ),
        (
            json!({"photo": [{"file_id": "x"}], "caption": "không"}),
            "42: wrote: không",
        ),
        (json!({"photo": [{"file_id": "x"}]}), "42: wrote: \u{fffc}"),
        (json!({"sticker": {"emoji": "😷"}}), "42: wrote: \u{fffc}"),
        (json!({"voice": {"duration": 3}}), "42: wrote: \u{fffc}"),
        (
            json!({"location": {"latitude": 21.0}}),
            "42: wrote: \u{fffc}",
        ),
        (
            json!({"pinned_message": {"message_id": 1}}),
            "ignored: a message of the service",
        ),
        (
            json!({"text": "hi", "from": {"id": 9, "is_bot": true}}),
            "ignored: a bot's message",
        ),
    ];
    for (members, expected) in cases {
        let update = private(&members).to_string();
        assert_eq!(words(&event(&update)), expected, "{update}");
    }
}

#[test]
fn in_a_group_only_what_is_said_to_the_bot_is_heard() {
    let command =
        |text: &str| json!({"text": text, "entities": entity("bot_command", 0, text.len())});
    let mention =
        |text: &str, length: usize| json!({"text": text, "entities": entity("mention", 3, length)});
    let reply = |id: i64| json!({"text": "ok", "reply_to_message": {"from": {"id": id}}});
    let named = json!({"text": "Ông", "entities":
        [{"type": "text_mention", "offset": 0, "length": 3, "user": {"id": 7700}}]});
    let to_others = "ignored: a message in a group, to others";
    let cases = [
        (command("/khaibao"), "-100123: in group: /khaibao"),
        (
            command("/the@khaibaobot"),
            "-100123: in group: /the@khaibaobot",
        ),
        (command("/the@other_bot"), to_others),
        // The emoji is two units, as Telegram counts.
        (
            mention("😷 @KhaiBaoBot ơi", 11),
            "-100123: in group: 😷 @KhaiBaoBot ơi",
        ),
        (mention("ơi @KhaiBaoHai", 11), to_others),
        (named, "-100123: in group: Ông"),
        (reply(7700), "-100123: in group: ok"),
        (reply(7701), to_others),
        (json!({"text": "chào cả nhà"}), to_others),
        (json!({"new_chat_members": []}), to_others),
    ];
    for (members, expected) in cases {
        for kind in ["group", "supergroup", "channel"] {
            let update = group(kind, &members).to_string();
            assert_eq!(words(&event(&update)), expected, "{update}");
        }
    }
}

fn each_is(cases: Vec<(Value, &str)>) {
    for (update, expected) in cases {
        assert_eq!(words(&event(&update.to_string())), expected, "{update}");
    }
}

#[test]
fn a_press_is_read_with_the_message_it_stands_under() {
    let press = |message: &Value, data: &Value| {
        json!({"update_id": 7, "callback_query": {
            "id": "4382", "from": {"id": 42, "first_name": "An", "language_code": "en"},
            "message": message, "chat_instance": "1", "data": data}})
    };
    let below = json!({"message_id": 5, "date": 0, "chat": {"id": 42, "type": "private"}});
    let shared = json!({"message_id": 5, "date": 0, "chat": {"id": -5, "type": "group"}});
    let token = json!("s3:1");
    each_is(vec![
        (press(&below, &token), "42: pressed 4382 under 5: s3:1"),
        (
            press(&Value::Null, &token),
            "ignored: a press under no message",
        ),
        (
            press(&below, &Value::Null),
            "ignored: a press of a button without words",
        ),
        (press(&shared, &token), "ignored: a press in a group"),
    ]);
}

#[test]
fn who_blocks_the_bot_has_left_and_who_lets_it_back_follows() {
    let member = |kind: &str, status: &str| {
        json!({"update_id": 8, "my_chat_member": {
            "chat": {"id": 42, "type": kind}, "from": {"id": 42, "first_name": "An"},
            "date": 1_600_000_000, "old_chat_member": {"status": "member"},
            "new_chat_member": {"status": status, "until_date": 0}}})
    };
    each_is(vec![
        (member("private", "kicked"), "42: left: "),
        (member("private", "member"), "42: followed: "),
        (
            member("private", "restricted"),
            "ignored: a membership of another kind",
        ),
        (
            member("supergroup", "kicked"),
            "ignored: a membership in a group",
        ),
    ]);
}

#[test]
fn what_is_not_understood_is_let_go() {
    let kind = "ignored: an update of another kind";
    let shape = "ignored: an update of another shape";
    each_is(vec![
        (
            json!({"update_id": 9, "edited_message": {"text": "có"}}),
            kind,
        ),
        (
            json!({"update_id": 9, "channel_post": {"text": "có"}}),
            kind,
        ),
        (json!({"update_id": 9, "something_of_next_year": {}}), kind),
        (json!({"update_id": 9}), kind),
        (
            json!({"update_id": 9, "message": {"text": "no chat"}}),
            shape,
        ),
        (json!({"message": {}}), shape),
        (json!([1]), shape),
    ]);
    for bytes in ["", "{", "\u{0}", &"[".repeat(100_000)] {
        assert_eq!(words(&event(bytes)), shape);
    }
}

#[test]
fn without_its_name_the_bot_hears_every_command_that_telegram_hands_it_in_a_group() {
    let hook = open("http://127.0.0.1:9", "").hook.unwrap();
    let heard = |members: &Value| {
        let body = group("group", members).to_string();
        words(&call(&body).events(hook.as_ref()).unwrap()[0])
    };
    let command = json!({"text": "/the@somebot", "entities": entity("bot_command", 0, 12)});
    assert_eq!(heard(&command), "-100123: in group: /the@somebot");
    let mention = json!({"text": "@somebot", "entities": entity("mention", 0, 8)});
    assert_eq!(heard(&mention), "ignored: a message in a group, to others");
}

#[test]
fn only_who_shows_the_secret_is_let_in_and_a_duplicate_has_the_same_name() {
    let hook = open("http://127.0.0.1:9", "").hook.unwrap();
    let body = private(&json!({"text": "có"})).to_string();
    let unsigned = [
        Call::post(&body),
        Call::post(&body).header(HEADER, ""),
        Call::post(&body).header(HEADER, "hook-secret-012345678"),
        Call::post(&body).header(HEADER, "hook-secret-01234567890"),
        Call::post(&body).query(&format!("secret={SECRET}")),
        Call::post("{").header(HEADER, "x"),
    ];
    for call in unsigned {
        assert_eq!(call.events(hook.as_ref()).err(), Some(HookError::Unsigned));
    }
    let first = call(&body).message(hook.as_ref());
    let again = call(&body).message(hook.as_ref());
    assert_eq!(
        (first.event_id.clone(), first.text),
        (again.event_id, again.text)
    );
    assert!(first.event_id.is_some());
    assert_eq!(hook.taken().status, 200);
}
