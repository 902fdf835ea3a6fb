//! What the keeper tells Telegram, and what it fetches.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value, json};
use workflows::message::Event;

use super::{Around, SECRET, TOKEN, around};
use crate::peers::{Reply, Stub};

fn done() -> Reply {
    Reply::json(r#"{"ok":true,"result":true}"#)
}

fn updates(ids: &[i64]) -> Reply {
    let updates: Vec<Value> = ids
        .iter()
        .map(|id| {
            json!({"update_id": id, "message": {"message_id": 1, "date": 1, "text": id.to_string(),
                "chat": {"id": 42, "type": "private"}, "from": {"id": 42, "is_bot": false}}})
        })
        .collect();
    Reply::json(&json!({"ok": true, "result": updates}).to_string())
}

/// Keeps until the stub has been called this often, and gives the calls.
async fn keep(around: &Arc<Around>, mode: &str, replies: Vec<Reply>) -> Vec<(String, Value)> {
    let count = replies.len();
    let stub = Arc::new(Stub::start(replies).await);
    let channel = super::around(&stub.address(), &format!("mode = \"{mode}\""), around);
    let watched = Arc::clone(&stub);
    let stopped = Box::pin(async move {
        while watched.requests().len() < count {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    let kept = channel.keeper.unwrap().keep(stopped);
    tokio::time::timeout(Duration::from_secs(20), kept)
        .await
        .unwrap();
    let requests = stub.requests();
    let calls = requests.iter().map(|request| {
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let path = head.split(' ').nth(1).unwrap();
        let method = path.strip_prefix(&format!("/bot{TOKEN}/")).unwrap();
        (method.to_owned(), serde_json::from_str(body).unwrap())
    });
    calls.collect()
}

fn texts(around: &Around) -> Vec<String> {
    let kept = around.kept.lock().unwrap();
    let texts = kept.iter().map(|event| match event {
        Event::Message(message) => message.text.clone(),
        Event::Ignored(why) => why.clone(),
        Event::Receipt(_) => "receipt".into(),
    });
    texts.collect()
}

#[tokio::test]
async fn telegram_is_told_the_hook_its_secret_and_the_commands_and_again_after_a_failure() {
    let mut replies = vec![Reply::Cut];
    replies.extend([done(), done(), done(), done()]);
    let calls = keep(&Arc::default(), "webhook", replies).await;
    let methods: Vec<&str> = calls.iter().map(|(method, _)| method.as_str()).collect();
    let commands = ["setMyCommands"; 3];
    assert_eq!(methods[..2], ["setWebhook"; 2]);
    assert_eq!(methods[2..], commands);
    assert_eq!(
        calls[1].1,
        json!({
            "url": "https://khaibao.example/hooks/tg-main", "secret_token": SECRET,
            "allowed_updates": ["message", "callback_query", "my_chat_member"],
        })
    );
    let words = |call: &Value| -> Vec<String> {
        let commands = call["commands"].as_array().unwrap();
        let words = commands
            .iter()
            .map(|c| c["command"].as_str().unwrap().to_owned());
        words.collect()
    };
    let english = ["start", "declare", "pass", "language", "delete", "whosaw"];
    let vietnamese = ["start", "khaibao", "the", "ngonngu", "xoa", "aixem"];
    assert_eq!(words(&calls[2].1), english);
    assert_eq!(calls[2].1.get("language_code"), None);
    assert_eq!(words(&calls[3].1), vietnamese);
    assert_eq!(calls[3].1["language_code"], "vi");
    assert_eq!(words(&calls[4].1), english);
    assert_eq!(calls[4].1["language_code"], "en");
    assert_eq!(calls[4].1["scope"], json!({"type": "all_private_chats"}));
}

#[tokio::test]
async fn polling_moves_on_only_from_what_is_kept() {
    let node = Arc::new(Around::default());
    *node.position.lock().unwrap() = Some(6);
    let odd = Reply::json(r#"{"ok":true,"result":[{"update_id":9,"message":{"date":"x"}}]}"#);
    let setup = || [done(), done(), done(), done()];
    let mut replies = Vec::from(setup());
    replies.extend([updates(&[7, 8]), odd, updates(&[])]);
    // A new count after a quiet week, and an inbox that is full once.
    replies.extend([updates(&[3])]);
    replies.extend([updates(&[])]);
    let calls = keep(&node, "polling", replies).await;
    assert_eq!(calls[0].0, "deleteWebhook");
    let asked: Vec<&Value> = calls[4..].iter().map(|(_, body)| &body["offset"]).collect();
    assert_eq!(
        asked,
        [&json!(7), &json!(9), &json!(10), &Value::Null, &json!(4)]
    );
    assert!(
        calls[4..]
            .iter()
            .all(|(method, body)| method == "getUpdates" && body["timeout"] == 20)
    );
    assert_eq!(texts(&node), ["7", "8", "an update of another shape", "3"]);
    assert_eq!(*node.position.lock().unwrap(), Some(3));
}

#[tokio::test]
async fn an_update_that_could_not_be_kept_is_fetched_again() {
    let node = Arc::new(Around::default());
    node.full.store(true, Ordering::SeqCst);
    let setup = || [done(), done(), done(), done()];
    let mut replies = Vec::from(setup());
    replies.push(updates(&[7]));
    replies.extend(setup());
    replies.extend([updates(&[7]), updates(&[])]);
    let calls = keep(&node, "polling", replies).await;
    let asked: Vec<&Value> = calls
        .iter()
        .filter(|(method, _)| method == "getUpdates")
        .map(|(_, body)| &body["offset"])
        .collect();
    assert_eq!(asked, [&Value::Null, &Value::Null, &json!(8)]);
    assert_eq!(texts(&node), ["7"]);
}

#[tokio::test]
async fn a_node_whose_turn_it_is_not_asks_for_nothing() {
    let node = Arc::new(Around::default());
    node.elsewhere.store(true, Ordering::SeqCst);
    for mode in ["webhook", "polling"] {
        let stub = Stub::start(vec![done()]).await;
        let channel = around(&stub.address(), &format!("mode = \"{mode}\""), &node);
        let stopped = Box::pin(tokio::time::sleep(Duration::from_millis(200)));
        channel.keeper.unwrap().keep(stopped).await;
        assert!(stub.requests().is_empty());
    }
}

#[tokio::test]
async fn a_menu_that_cannot_be_set_does_not_keep_messages_waiting() {
    let node = Arc::new(Around::default());
    let refused = Reply::status(404, r#"{"detail":"Not Found"}"#);
    let replies = vec![done(), refused, updates(&[5]), updates(&[])];
    let calls = keep(&node, "polling", replies).await;
    let methods: Vec<&str> = calls.iter().map(|(method, _)| method.as_str()).collect();
    assert_eq!(
        methods,
        ["deleteWebhook", "setMyCommands", "getUpdates", "getUpdates"]
    );
    assert_eq!(texts(&node), ["5"]);
}
