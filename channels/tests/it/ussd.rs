//! USSD over HTTP in three styles. No simulator of any gateway is to be had (CHANNELS.md D4):
//! the requests here are written after their documents.

use std::sync::Arc;

use crate::calls::Call;
use channels::inbound::{HookError, UssdHook};
use channels::ussd;
use serde_json::{Value, json};
use workflows::message::{Screen, Turn, TurnInput};

const GATE: &str = "[gate]\nquery = { name = \"secret\", secret = \"long-enough\" }\n";

fn open(settings: &str) -> Arc<dyn UssdHook> {
    ussd::open(&format!("{settings}\n{GATE}").parse().unwrap()).unwrap()
}

fn post(body: &str) -> Call {
    Call::post(body).query("secret=long-enough")
}

fn screen(hook: &dyn UssdHook, turn: &Turn, continues: bool) -> String {
    let text = "Dia diem?".into();
    hook.screen(turn, &Screen { text, continues }).body
}

fn reply(hook: &dyn UssdHook, turn: &Turn, continues: bool) -> Value {
    serde_json::from_str(&screen(hook, turn, continues)).unwrap()
}

/// Whether two inputs are the same; they show nothing of themselves.
fn is(turn: &Turn, input: &TurnInput) -> bool {
    turn.input == *input
}

#[test]
fn africas_talking_gives_the_history_and_hears_con_or_end() {
    let hook = open("style = \"africas-talking\"");
    let body =
        "sessionId=AT1&serviceCode=*123%23&phoneNumber=%2B84912345678&networkCode=99999&text=";
    let first = post(body).turn(hook.as_ref()).unwrap();
    assert_eq!(
        (first.session.as_str(), first.from.as_str()),
        ("AT1", "+84912345678")
    );
    assert_eq!(first.code, "*123#");
    assert!(is(&first, &TurnInput::History(String::new())));
    let later = post(&format!("{body}1*2")).turn(hook.as_ref()).unwrap();
    assert!(is(&later, &TurnInput::History("1*2".into())));
    assert_eq!(screen(hook.as_ref(), &later, true), "CON Dia diem?");
    assert_eq!(screen(hook.as_ref(), &later, false), "END Dia diem?");
}

#[test]
fn africas_talkings_notice_of_the_end_is_answered_with_nothing() {
    let hook = open("style = \"africas-talking\"");
    let body = "sessionId=AT1&serviceCode=*123%23&phoneNumber=%2B84912345678&status=Incomplete\
        &hopsCount=2&durationInMillis=9000&cost=0";
    let turn = post(body).turn(hook.as_ref()).unwrap();
    assert!(is(&turn, &TurnInput::Ended));
    assert_eq!(screen(hook.as_ref(), &turn, true), "");
}

#[test]
fn hubtels_words_begin_go_on_and_end_a_dialogue() {
    let hook = open("style = \"latest\"");
    let body = |kind: &str, message: &str| {
        json!({
            "Type": kind, "Mobile": "84912345678", "SessionId": "h1", "ServiceCode": "123",
            "Message": message, "Operator": "x", "Sequence": 1, "ClientState": ""
        })
        .to_string()
    };
    let first = post(&body("Initiation", "*123*5#"))
        .turn(hook.as_ref())
        .unwrap();
    assert!(is(&first, &TurnInput::Begin));
    assert_eq!(first.code, "*123*5#");
    let second = post(&body("Response", "2")).turn(hook.as_ref()).unwrap();
    assert!(is(&second, &TurnInput::Latest("2".into())));
    assert_eq!(second.code, "123");
    let over = post(&body("Release", "")).turn(hook.as_ref()).unwrap();
    assert!(is(&over, &TurnInput::Ended));
    let expected = json!({"SessionId": "h1", "Type": "response", "Message": "Dia diem?"});
    assert_eq!(reply(hook.as_ref(), &second, true), expected);
    assert_eq!(reply(hook.as_ref(), &second, false)["Type"], "release");
}

#[test]
fn a_gateway_without_a_kind_begins_with_the_code_as_its_input() {
    let hook = open(
        "style = \"latest\"\nsession = \"sessionId\"\nfrom = \"msisdn\"\ncode = \"serviceCode\"\n\
         input = \"text\"\nkind = \"\"\ncontinues = \"CON\"\nends = \"END\"\n\
         reply = { message = \"{text}\", action = \"{more}\", msisdn = \"{from}\", v = 1 }",
    );
    let body = |text: &str| {
        json!({"sessionId": 77, "msisdn": "84912345678", "serviceCode": "*123#", "text": text})
            .to_string()
    };
    let first = post(&body("*123#")).turn(hook.as_ref()).unwrap();
    assert!(is(&first, &TurnInput::Begin) && first.session == "77");
    let second = post(&body("1")).turn(hook.as_ref()).unwrap();
    assert!(is(&second, &TurnInput::Latest("1".into())));
    let expected =
        json!({"message": "Dia diem?", "action": "CON", "msisdn": "84912345678", "v": 1});
    assert_eq!(reply(hook.as_ref(), &second, true), expected);
}

#[test]
fn nalos_flag_begins_a_dialogue_and_says_whether_it_goes_on() {
    let hook = open("style = \"boolean\"");
    let body = |first: bool, input: &str| {
        json!({
            "USERID": "NALO", "MSISDN": "84912345678", "USERDATA": input, "MSGTYPE": first,
            "NETWORK": "x", "SESSIONID": "n1"
        })
        .to_string()
    };
    let first = post(&body(true, "*123*5")).turn(hook.as_ref()).unwrap();
    assert!(is(&first, &TurnInput::Begin));
    assert_eq!(first.code, "*123*5");
    let second = post(&body(false, "2")).turn(hook.as_ref()).unwrap();
    assert!(is(&second, &TurnInput::Latest("2".into())));
    let expected =
        json!({"MSISDN": "84912345678", "USERDATA": "2", "MSG": "Dia diem?", "MSGTYPE": true});
    assert_eq!(reply(hook.as_ref(), &second, true), expected);
    assert_eq!(reply(hook.as_ref(), &second, false)["MSGTYPE"], false);
}

#[test]
fn another_gateway_of_flags_differs_by_its_settings_only() {
    let hook = open(
        "style = \"boolean\"\nwrapping = \"form\"\nsession = \"sid\"\nfrom = \"msisdn\"\n\
         code = \"sc\"\ninput = \"msg\"\nfirst = \"new\"\nended = \"abort\"\ncontinues = 1\n\
         ends = 0\nreply = { message = \"{text}\", more = \"{more}\", sid = \"{session}\" }",
    );
    let turn = |body: &str| post(body).turn(hook.as_ref());
    let first = turn("sid=1&msisdn=849&sc=*123%23&new=1&msg=").unwrap();
    assert!(is(&first, &TurnInput::Begin) && first.code == "*123#");
    let over = turn("sid=1&msisdn=849&sc=*123%23&new=0&msg=&abort=1").unwrap();
    assert!(is(&over, &TurnInput::Ended));
    assert_eq!(reply(hook.as_ref(), &first, false)["more"], 0);
    assert!(matches!(
        turn("sid=1&msisdn=849&new=perhaps"),
        Err(HookError::Malformed(_))
    ));
}

#[test]
fn strangers_and_requests_without_session_or_caller_are_turned_away() {
    let history = "sessionId=1&serviceCode=*1%23&phoneNumber=849&text=";
    let cases = [
        (
            "style = \"africas-talking\"",
            history,
            ["sessionId=1", "phoneNumber=849"],
        ),
        (
            "style = \"latest\"",
            r#"{"Type":"response","SessionId":"1","Mobile":"849","Message":"1"}"#,
            [r#""SessionId":"1""#, r#""Mobile":"849""#],
        ),
        (
            "style = \"boolean\"",
            r#"{"MSGTYPE":false,"SESSIONID":"1","MSISDN":"849","USERDATA":"1"}"#,
            [r#""SESSIONID":"1""#, r#""MSISDN":"849""#],
        ),
    ];
    for (settings, body, fields) in cases {
        let hook = open(settings);
        assert!(post(body).turn(hook.as_ref()).is_ok(), "{body}");
        let stranger = Call::post(body)
            .query("secret=long-enougH")
            .turn(hook.as_ref());
        assert_eq!(stranger.err(), Some(HookError::Unsigned));
        for field in fields {
            let other = if field.starts_with('"') {
                "\"x\":1"
            } else {
                "x=1"
            };
            let turn = post(&body.replace(field, other)).turn(hook.as_ref());
            assert!(matches!(turn, Err(HookError::Malformed(_))), "{field}");
        }
    }
}

#[test]
fn settings_without_a_gate_or_an_answer_are_refused() {
    for settings in [
        "style = \"africas-talking\"".to_owned(),
        "style = \"africas-talking\"\n[gate]".to_owned(),
        format!("style = \"telepathy\"\n{GATE}"),
        format!("style = \"latest\"\nreply = {{ message = \"{{text}}\" }}\n{GATE}"),
        format!("style = \"boolean\"\nfrist = \"x\"\n{GATE}"),
    ] {
        assert!(
            ussd::open(&settings.parse().unwrap()).is_err(),
            "{settings}"
        );
    }
}
