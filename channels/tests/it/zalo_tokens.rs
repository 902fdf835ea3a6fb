//! Renewal of an account's tokens: once, kept before it is used, and what follows when it fails.

use channels::chat::ChatChannel;

use crate::calls::word;
use crate::peers::{Reply, Stub};
use crate::zalo::{Memory, NOW, clock, oa, reply};

const TAKEN: &str = r#"{"data":{"message_id":"z9"},"error":0,"message":"Success"}"#;
const PAIR: &str =
    r#"{"access_token":"access-2","refresh_token":"refresh-2","expires_in":"90000"}"#;
const DEAD: &str =
    r#"{"error":-14014,"error_name":"Invalid refresh token","error_description":"x"}"#;

fn refused() -> Reply {
    Reply::json(r#"{"error":-216,"message":"Access token is invalid"}"#)
}

async fn send(channel: &ChatChannel) -> String {
    word(&channel.sender.send(&reply("KB")).await)
}

#[tokio::test]
async fn a_token_near_its_end_is_renewed_before_the_message() {
    let stub = Stub::start(vec![
        Reply::json(PAIR),
        Reply::json(TAKEN),
        Reply::json(TAKEN),
    ])
    .await;
    let shared = Memory::until(NOW.plus_minutes(29));
    let channel = oa(&stub.address(), "", &clock(), &shared);
    assert_eq!(send(&channel).await, "accepted z9");
    assert_eq!(send(&channel).await, "accepted z9");
    let requests = stub.requests();
    assert!(
        requests[0].starts_with("POST /v4/oa/access_token HTTP/1.1\r\n"),
        "{}",
        requests[0]
    );
    assert!(requests[0].contains("secret_key: app-secret-key\r\n"));
    assert!(requests[0].ends_with("refresh_token=refresh-1&app_id=3601&grant_type=refresh_token"));
    assert!(
        requests[1].contains("access_token: access-2\r\n"),
        "{}",
        requests[1]
    );
    let kept = shared.lock().tokens.clone().unwrap();
    assert_eq!(
        kept,
        (
            "access-2".into(),
            "refresh-2".into(),
            NOW.plus_minutes(25 * 60)
        )
    );
    assert_eq!((requests.len(), shared.lock().turns), (3, 1));
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_and_the_message_tried_again() {
    let replies = vec![refused(), Reply::json(PAIR), Reply::json(TAKEN)];
    let stub = Stub::start(replies).await;
    let channel = oa(&stub.address(), "", &clock(), &Memory::fresh());
    assert_eq!(send(&channel).await, "accepted z9");
    let replies = vec![
        Reply::json(r#"{"error":-220}"#),
        Reply::json(PAIR),
        refused(),
    ];
    let stub = Stub::start(replies).await;
    let channel = oa(&stub.address(), "", &clock(), &Memory::fresh());
    assert_eq!(send(&channel).await, "away 60");
    assert_eq!(stub.requests().len(), 3);
}

#[tokio::test]
async fn a_pair_that_cannot_be_kept_is_not_used_and_not_lost() {
    let stub = Stub::start(vec![Reply::json(PAIR), Reply::json(TAKEN)]).await;
    let shared = Memory::until(NOW);
    let channel = oa(&stub.address(), "", &clock(), &shared);
    shared.lock().is_away = true;
    assert_eq!(send(&channel).await, "away 3");
    assert_eq!(send(&channel).await, "away 3");
    assert_eq!(stub.requests().len(), 1, "nothing was sent with it");
    shared.lock().is_away = false;
    assert_eq!(send(&channel).await, "accepted z9");
    assert_eq!(shared.lock().tokens.clone().unwrap().1, "refresh-2");
}

#[tokio::test]
async fn a_bought_pair_is_kept_although_another_node_was_refused_with_the_token_that_bought_it() {
    let first = Stub::start(vec![Reply::json(PAIR), Reply::json(TAKEN)]).await;
    let second = Stub::start(vec![Reply::json(DEAD), Reply::json(TAKEN)]).await;
    let shared = Memory::until(NOW);
    let one = oa(&first.address(), "", &clock(), &shared);
    let two = oa(&second.address(), "", &clock(), &shared);
    shared.lock().is_away = true;
    assert_eq!(send(&one).await, "away 3");
    // The database is away for longer than a turn lasts.
    shared.lock().is_taken = false;
    assert_eq!(send(&two).await, "away 60");
    assert_eq!(shared.lock().locked.as_deref(), Some("-14014"));
    shared.lock().is_away = false;
    assert_eq!(send(&one).await, "accepted z9");
    assert_eq!(shared.lock().tokens.clone().unwrap().1, "refresh-2");
    assert!(shared.lock().locked.is_none());
    assert_eq!(send(&two).await, "accepted z9");
}

#[tokio::test]
async fn a_sender_that_is_broken_off_does_not_take_a_bought_pair_along() {
    let stub = Stub::start(vec![Reply::json(PAIR)]).await;
    let shared = Memory::until(NOW);
    let channel = oa(&stub.address(), "", &clock(), &shared);
    let message = reply("KB");
    {
        // It is polled until the renewal is under way, and then forgotten.
        let mut sending = std::pin::pin!(channel.sender.send(&message));
        while shared.lock().turns == 0 {
            tokio::select! {
                biased;
                _ = &mut sending => break,
                () = tokio::task::yield_now() => {}
            }
        }
    }
    let kept = async {
        while shared.lock().version == 0 {
            tokio::task::yield_now().await;
        }
    };
    let kept = tokio::time::timeout(std::time::Duration::from_secs(10), kept).await;
    assert!(kept.is_ok(), "the pair went with its sender");
    assert_eq!(shared.lock().tokens.clone().unwrap().1, "refresh-2");
}

#[tokio::test]
async fn a_dead_refresh_token_locks_the_account_until_somebody_gives_another() {
    let stub = Stub::start(vec![
        Reply::json(DEAD),
        Reply::json(PAIR),
        Reply::json(TAKEN),
    ])
    .await;
    let shared = Memory::until(NOW);
    let channel = oa(&stub.address(), "", &clock(), &shared);
    for _ in 0..3 {
        assert_eq!(send(&channel).await, "away 60");
    }
    assert_eq!(stub.requests().len(), 1, "a dead token is tried once");
    assert_eq!(shared.lock().locked.as_deref(), Some("-14014"));
    {
        let mut inner = shared.lock();
        inner.tokens = Some((
            String::new(),
            "refresh-given".into(),
            workflows::clock::Moment(0),
        ));
        (inner.version, inner.locked, inner.is_taken) = (5, None, false);
    }
    assert_eq!(send(&channel).await, "accepted z9");
    assert!(stub.requests()[1].contains("refresh_token=refresh-given&"));
}

#[tokio::test]
async fn what_names_the_refresh_token_locks_the_account_whatever_its_number() {
    for reply in [
        Reply::json(r#"{"error":-14014}"#),
        Reply::json(r#"{"error":-1,"error_name":"Refresh token expired"}"#),
        Reply::status(400, r#"{"error":-1,"error_name":"Invalid Refresh Token"}"#),
    ] {
        let stub = Stub::start(vec![reply.clone()]).await;
        let shared = Memory::until(NOW);
        let channel = oa(&stub.address(), "", &clock(), &shared);
        assert_eq!(send(&channel).await, "away 60", "{reply:?}");
        assert!(shared.lock().locked.is_some(), "{reply:?}");
    }
}

#[tokio::test]
async fn a_token_service_that_is_away_or_refuses_us_is_left_alone_and_locks_nobody_out() {
    for reply in [
        Reply::Silence,
        Reply::Cut,
        Reply::status(503, ""),
        Reply::json("<html>"),
        Reply::json(r#"{"error":-32}"#),
        Reply::json(r#"{"error":-14002,"error_name":"Invalid app secret key"}"#),
        Reply::status(400, r#"{"error":-14001,"error_name":"Invalid app id"}"#),
        Reply::json(r#"{"error":-999}"#),
    ] {
        let stub = Stub::start(vec![reply.clone()]).await;
        let shared = Memory::until(NOW);
        let channel = oa(&stub.address(), "", &clock(), &shared);
        assert_eq!(send(&channel).await, "away 60", "{reply:?}");
        assert_eq!(send(&channel).await, "away 61", "{reply:?}");
        assert_eq!(
            (stub.requests().len(), shared.lock().locked.is_none()),
            (1, true)
        );
    }
}

#[tokio::test]
async fn while_nobody_can_renew_a_token_is_used_to_its_end() {
    let stub = Stub::start(vec![Reply::json(TAKEN), Reply::json(TAKEN)]).await;
    let shared = Memory::until(NOW.plus_minutes(10));
    shared.lock().locked = Some("-14014".into());
    let channel = oa(&stub.address(), "", &clock(), &shared);
    assert_eq!(send(&channel).await, "accepted z9");
    shared.lock().tokens.as_mut().unwrap().2 = NOW;
    assert_eq!(send(&channel).await, "away 60");
}

#[tokio::test]
async fn without_tokens_everything_waits() {
    let shared = std::sync::Arc::new(Memory::default());
    let channel = oa("http://127.0.0.1:9", "", &clock(), &shared);
    assert_eq!(send(&channel).await, "away 60");
}
