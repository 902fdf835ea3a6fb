//! What nodes share about an account at a chat provider, in the store: turns that are one node's,
//! a bought pair that is kept whoever has the turn by now, a pair that is whole or not there.

use tests::{TestApp, on_both};
use workflows::audit::Purpose;
use workflows::message::ChannelId;
use workflows::store::{Scope, Tx};

const NATIONAL: Scope = Scope::National(Purpose::Support);
type Pair<'a> = (&'a [u8], &'a [u8]);
const FIRST: Pair<'static> = (b"access 1", b"refresh 1");
const SECOND: Pair<'static> = (b"access 2", b"refresh 2");
const GIVEN: Pair<'static> = (b"access 3", b"refresh 3");

fn channel() -> ChannelId {
    ChannelId::parse("chat-main").unwrap()
}

async fn write(app: &TestApp) -> Tx {
    app.parts().workflows.store.write(&NATIONAL).await.unwrap()
}

async fn claim(app: &TestApp, version: i64, seconds: i64) -> Option<i64> {
    let mut tx = write(app).await;
    let (channel, now) = (channel(), app.clock.now());
    let pair = (&channel, version);
    let claimed = tx.claim_account_renewal(pair, now, seconds).await.unwrap();
    tx.commit().await.unwrap();
    claimed
}

async fn renew(app: &TestApp, version: i64, pair: Pair<'_>) -> bool {
    let (now, until) = (app.clock.now(), app.clock.now().plus_minutes(60));
    let mut tx = write(app).await;
    let channel = channel();
    let bought_with = (&channel, version);
    let renewed = tx.renew_account(bought_with, pair, until, now).await;
    tx.commit().await.unwrap();
    renewed.unwrap()
}

/// Notes that the pair of this turn buys nothing.
async fn lock(app: &TestApp, (version, epoch): (i64, i64)) -> bool {
    let mut tx = write(app).await;
    let (channel, now) = (channel(), app.clock.now());
    let turn = (&channel, version, epoch);
    let locked = tx.lock_account(turn, "-14014", now).await.unwrap();
    tx.commit().await.unwrap();
    locked
}

async fn give(app: &TestApp, pair: Pair<'_>) {
    let mut tx = write(app).await;
    let now = app.clock.now();
    tx.give_account(&channel(), pair, now).await.unwrap();
    tx.commit().await.unwrap();
}

/// Version, the access token, and whether it is locked.
async fn stands(app: &TestApp) -> Option<(i64, Vec<u8>, bool)> {
    let mut tx = app.parts().workflows.store.read(&NATIONAL).await.unwrap();
    let tokens = tx.account_tokens(&channel()).await.unwrap()?;
    Some((
        tokens.version,
        tokens.access_token,
        tokens.locked_at.is_some(),
    ))
}

on_both! {
    async fn a_turn_to_renew_is_one_nodes_and_its_pair_is_kept_once(database) {
        let app = TestApp::on(database).await;
        assert!(stands(&app).await.is_none());
        assert_eq!(claim(&app, 0, 60).await, None, "there is nothing to renew");
        give(&app, FIRST).await;
        assert_eq!(stands(&app).await, Some((1, FIRST.0.to_vec(), false)));
        assert!(claim(&app, 1, 60).await.is_some());
        assert_eq!(claim(&app, 1, 60).await, None, "it is taken");
        assert!(renew(&app, 1, SECOND).await);
        assert_eq!(stands(&app).await, Some((2, SECOND.0.to_vec(), false)));
        assert_eq!(claim(&app, 1, 60).await, None, "that pair is gone");
        assert!(!renew(&app, 1, GIVEN).await, "twice is once");
        assert!(claim(&app, 2, 60).await.is_some(), "a turn ends with its renewal");
        app.finish().await;
    }

    async fn a_pair_that_comes_late_frees_an_account_that_another_node_locked_meanwhile(database) {
        let app = TestApp::on(database).await;
        give(&app, FIRST).await;
        // A lease of less than nothing has run out when it is given.
        let late = claim(&app, 1, -1).await.unwrap();
        let turn = claim(&app, 1, 60).await.unwrap();
        assert!(!lock(&app, (1, late)).await, "it is the other's turn");
        assert!(lock(&app, (1, turn)).await, "the late holder has used the token up");
        assert_eq!(stands(&app).await, Some((1, FIRST.0.to_vec(), true)));
        assert!(renew(&app, 1, SECOND).await);
        assert_eq!(stands(&app).await, Some((2, SECOND.0.to_vec(), false)));
        assert!(!lock(&app, (1, turn)).await, "that was about the pair before");
        let mut tx = app.parts().workflows.store.read(&NATIONAL).await.unwrap();
        assert_eq!(tx.accounts().await.unwrap()[0].locked_code, None);
        drop(tx);
        app.finish().await;
    }

    async fn a_locked_account_is_left_alone_until_somebody_gives_a_pair(database) {
        let app = TestApp::on(database).await;
        give(&app, FIRST).await;
        let turn = claim(&app, 1, -1).await.unwrap();
        let now = app.clock.now();
        assert!(!lock(&app, (1, turn + 1)).await);
        assert!(lock(&app, (1, turn)).await);
        assert_eq!(claim(&app, 1, 60).await, None);
        let mut tx = app.parts().workflows.store.read(&NATIONAL).await.unwrap();
        let account = tx.accounts().await.unwrap().remove(0);
        drop(tx);
        assert_eq!(account.locked_code.as_deref(), Some("-14014"));
        assert_eq!((account.version, account.obtained_at), (1, Some(now.0)));
        give(&app, GIVEN).await;
        assert_eq!(stands(&app).await, Some((2, GIVEN.0.to_vec(), false)));
        assert!(!renew(&app, 1, SECOND).await, "what the pair before bought is not kept");
        assert!(claim(&app, 2, 60).await.is_some());
        app.finish().await;
    }

    async fn one_node_is_an_accounts_keeper_until_its_turn_runs_out(database) {
        let app = TestApp::on(database).await;
        let keeps = async |node: &str, seconds: i64| {
            let mut tx = write(&app).await;
            let now = app.clock.now();
            let keeps = tx.keep_account(&channel(), node, now, seconds).await.unwrap();
            tx.commit().await.unwrap();
            keeps
        };
        assert!(keeps("one", 60).await && keeps("one", 60).await);
        assert!(!keeps("two", 60).await);
        assert!(keeps("one", -1).await, "its turn has run out");
        assert!(keeps("two", 60).await);
        assert!(!keeps("one", 60).await);
        let mut tx = write(&app).await;
        assert_eq!(tx.account_position(&channel()).await.unwrap(), None);
        for position in [7, 3] {
            tx.move_account(&channel(), position).await.unwrap();
            assert_eq!(tx.account_position(&channel()).await.unwrap(), Some(position));
        }
        assert_eq!(tx.accounts().await.unwrap()[0].keeper, "two");
        tx.commit().await.unwrap();
        app.finish().await;
    }
}
