//! Every word of `Sent`: what each answer of Telegram's means.

use super::open;
use super::sender::{bad, error, ok, outbound, send, text};
use crate::peers::{Reply, Stub};

#[tokio::test]
async fn each_answer_has_its_word() {
    let flood = r#"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 17","parameters":{"retry_after":17}}"#;
    let for_ever = flood.replace("\"retry_after\":17", "\"retry_after\":86400");
    let cases = [
        (ok(9), "accepted 9"),
        (Reply::status(429, flood), "throttled 17"),
        (Reply::status(429, &for_ever), "throttled 3600"),
        (
            error(429, "Too Many Requests: something new"),
            "throttled 5",
        ),
        (
            error(403, "Forbidden: bot was blocked by the user"),
            "stopped",
        ),
        (error(403, "Forbidden: user is deactivated"), "stopped"),
        (
            error(403, "Forbidden: bot was kicked from the group chat"),
            "stopped",
        ),
        (
            error(
                403,
                "Forbidden: bot can't initiate conversation with a user",
            ),
            "stopped",
        ),
        (error(403, "Forbidden: a reason of next year"), "stopped"),
        (bad("chat not found"), "stopped"),
        (bad("message is too long"), "refused telegram 400"),
        (
            bad("BUTTON_DATA_INVALID of Nguyễn Văn An"),
            "refused telegram 400",
        ),
        (error(401, "Unauthorized"), "away 60"),
        (error(404, "Not Found"), "away 60"),
    ];
    each_is(cases).await;
}

#[tokio::test]
async fn each_answer_of_another_shape_has_its_word() {
    let cases = [
        (
            Reply::json(r#"{"ok":true,"result":{}}"#),
            "unknown an answer without an id",
        ),
        (Reply::json(r#"{"ok":false,"error_code":403}"#), "stopped"),
        (
            Reply::json(r#"{"ok":false,"error_code":400}"#),
            "refused telegram 400",
        ),
        (
            Reply::json(r#"{"ok":false,"error_code":429}"#),
            "throttled 5",
        ),
        (Reply::json("<html>"), "unknown an answer of another shape"),
        (Reply::status(302, ""), "unknown an answer of another shape"),
        // teloxide thinks about these for ten seconds, which is longer than this channel's time.
        (
            error(500, "Internal Server Error"),
            "unknown no answer in time",
        ),
        (Reply::status(502, "<html>"), "unknown no answer in time"),
        (Reply::Silence, "unknown no answer in time"),
        (Reply::Cut, "unknown the connection broke"),
    ];
    each_is(cases).await;
}

async fn each_is<const N: usize>(cases: [(Reply, &str); N]) {
    for (reply, expected) in cases {
        let stub = Stub::start(vec![reply.clone()]).await;
        let channel = open(&stub.address(), "");
        assert_eq!(
            send(&channel, &outbound(text("Mã"), None)).await,
            expected,
            "{reply:?}"
        );
    }
}

#[tokio::test]
async fn what_cannot_leave_is_told_from_what_never_may() {
    let nobody = open("http://127.0.0.1:9", "");
    assert_eq!(send(&nobody, &outbound(text("Mã"), None)).await, "away 5");
    let mut elsewhere = outbound(text("Mã"), None);
    elsewhere.to = "+84912345678x".into();
    assert_eq!(send(&nobody, &elsewhere).await, "refused address");
    let sms = crate::calls::message("Mã", None);
    assert_eq!(send(&nobody, &sms).await, "refused medium");
}

#[tokio::test]
async fn the_bot_is_held_when_several_chats_are_slowed_at_once() {
    let flood = r#"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 17","parameters":{"retry_after":17}}"#;
    let replies = (0..4).map(|_| Reply::status(429, flood)).collect();
    let stub = Stub::start(replies).await;
    let channel = open(&stub.address(), "");
    let mut said = Vec::new();
    for chat in ["7", "7", "8", "-9"] {
        let mut words = outbound(text("Mã"), None);
        words.to = chat.into();
        said.push(send(&channel, &words).await);
    }
    assert_eq!(
        said,
        ["throttled 17", "throttled 17", "throttled 17", "held 17"]
    );
}
