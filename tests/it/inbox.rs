//! The inbox, exchanges and profiles in the store: kept once, handed out in order, done with their
//! effects or not at all.

use std::collections::BTreeSet;

use tests::{TestApp, on_both};
use tokio::task::JoinSet;
use workflows::audit::Purpose;
use workflows::clock::Moment;
use workflows::ids::{InboundId, OutboundId, ProvinceId};
use workflows::message::{ChannelId, Class, PartOf};
use workflows::store::{
    Appended, ClaimedInbound, ConversationRow, InboundRow, OutboxRow, ProfileChange, ProfileRow,
    Released, Rows, Scope, Store,
};

const NATIONAL: Scope = Scope::National(Purpose::Administer);

fn base() -> ProvinceId {
    ProvinceId::parse("base").unwrap()
}

fn sms() -> ChannelId {
    ChannelId::parse("sms-main").unwrap()
}

/// An event of a number; the order is that of `order`.
fn event(app: &TestApp, number: u8, order: i64) -> InboundRow {
    let id = app.clock.uuid();
    InboundRow {
        province: base(),
        id: InboundId(id),
        channel: sms(),
        event_key: id.into_bytes(),
        address: [number; 16],
        event: vec![number],
        part: None,
        reply: None,
        received_at: Moment(app.clock.now().0 + order),
    }
}

fn part(app: &TestApp, number: u8, (place, total): (u8, u8), order: i64) -> InboundRow {
    let part = PartOf {
        reference: 9,
        number: place,
        total,
    };
    InboundRow {
        part: Some(part),
        event: vec![place],
        ..event(app, number, order)
    }
}

fn exchange(app: &TestApp, number: u8, version: i64) -> ConversationRow {
    let now = app.clock.now();
    ConversationRow {
        province: base(),
        channel: sms(),
        address: [number; 16],
        version,
        state: vec![u8::try_from(version).unwrap()],
        updated_at: now,
        expires_at: now.plus_minutes(30),
    }
}

fn reply(app: &TestApp, cause: &str) -> OutboxRow {
    let now = app.clock.now();
    OutboxRow {
        province: ProvinceId::parse("ha-noi").unwrap(),
        id: OutboundId(app.clock.uuid()),
        channel: sms(),
        class: Class::Reply,
        cause: cause.into(),
        recipient: vec![1],
        body: vec![2],
        address: Some([1; 16]),
        units: 1,
        part: None,
        due_at: now,
        deadline_at: now.plus_minutes(5),
        instead_of: None,
    }
}

async fn take(store: &Store, row: InboundRow) -> Appended {
    let rows = Rows {
        inbound: Some(row),
        ..Rows::default()
    };
    store.append(rows).await.unwrap()
}

async fn claim(store: &Store, now: Moment, seconds: i64, limit: i64) -> Vec<ClaimedInbound> {
    let mut tx = store.write(&NATIONAL).await.unwrap();
    let claimed = tx.claim_inbox(now, seconds, limit).await.unwrap();
    tx.commit().await.unwrap();
    claimed
}

async fn settle(store: &Store, claimed: &ClaimedInbound) -> Appended {
    let settles = Some(claimed.claim.clone());
    store
        .append(Rows {
            settles,
            ..Rows::default()
        })
        .await
        .unwrap()
}

fn at(app: &TestApp, microseconds: i64) -> Moment {
    Moment(app.clock.now().0 + microseconds)
}

on_both! {
    async fn an_event_is_kept_once_however_often_it_comes(database) {
        let app = TestApp::on(database).await;
        let store = app.parts().workflows.store.clone();
        let first = event(&app, 1, 0);
        let key = first.event_key;
        let mut coming = JoinSet::new();
        for _ in 0..20 {
            let again = InboundRow { id: InboundId(app.clock.uuid()), ..first.clone() };
            let store = store.clone();
            coming.spawn(async move { take(&store, again).await });
        }
        let stored = coming.join_all().await.into_iter().filter(|a| *a == Appended::Stored).count();
        assert_eq!(stored, 1);
        let mut tx = store.read(&Scope::of(&base())).await.unwrap();
        let known = tx.inbound_by_key(&sms(), key).await.unwrap().unwrap();
        assert_eq!((known.state.as_str(), known.reply), ("new", None));
        assert!(tx.inbound_by_key(&sms(), [0; 16]).await.unwrap().is_none());
        drop(tx);
        // A turn is done as it is stored, and found again with its screen.
        let turn = InboundRow { reply: Some(vec![42]), ..event(&app, 1, 1) };
        let key = turn.event_key;
        assert_eq!(take(&store, turn.clone()).await, Appended::Stored);
        assert_eq!(take(&store, turn).await, Appended::Duplicate);
        let mut tx = store.read(&Scope::of(&base())).await.unwrap();
        let known = tx.inbound_by_key(&sms(), key).await.unwrap().unwrap();
        assert_eq!((known.state.as_str(), known.reply), ("done", Some(vec![42])));
        drop(tx);
        app.finish().await;
    }

    async fn a_numbers_events_come_one_at_a_time_and_in_their_order(database) {
        let app = TestApp::on(database).await;
        let store = app.parts().workflows.store.clone();
        for order in 0..3 {
            for number in 1..=3 {
                take(&store, event(&app, number, order * 10)).await;
            }
        }
        let now = at(&app, 1_000);
        for order in 0..3 {
            let claimed = claim(&store, now, 60, 100).await;
            let mut numbers: Vec<u8> = claimed.iter().map(|c| c.address[0]).collect();
            numbers.sort_unstable();
            assert_eq!(numbers, [1, 2, 3], "one of each number");
            assert!(claimed.iter().all(|c| c.received_at == at(&app, order * 10)));
            assert!(claim(&store, now, 60, 100).await.is_empty(), "they are at work");
            for one in &claimed {
                assert_eq!(settle(&store, one).await, Appended::Stored);
                assert_eq!(settle(&store, one).await, Appended::Lost, "it is done");
            }
        }
        assert!(claim(&store, now, 60, 100).await.is_empty());
        app.finish().await;
    }

    async fn many_workers_never_share_an_event_nor_a_number(database) {
        let app = TestApp::on(database).await;
        let store = app.parts().workflows.store.clone();
        for order in 0..4 {
            for number in 0..25 {
                take(&store, event(&app, number, order)).await;
            }
        }
        let now = at(&app, 1_000);
        let mut working = JoinSet::new();
        for _ in 0..4 {
            let store = store.clone();
            working.spawn(async move {
                let mut mine = Vec::new();
                let mut idle = 0;
                while idle < 20 {
                    let claimed = claim(&store, now, 60, 7).await;
                    idle = if claimed.is_empty() { idle + 1 } else { 0 };
                    for one in claimed {
                        assert_eq!(settle(&store, &one).await, Appended::Stored);
                        mine.push((one.address[0], one.received_at));
                    }
                }
                mine
            });
        }
        let done: Vec<_> = working.join_all().await.into_iter().flatten().collect();
        assert_eq!(done.len(), 100);
        assert_eq!(done.iter().collect::<BTreeSet<_>>().len(), 100);
        app.finish().await;
    }

    async fn who_lost_the_lease_leaves_nothing_behind(database) {
        let app = TestApp::on(database).await;
        let store = app.parts().workflows.store.clone();
        take(&store, event(&app, 1, 0)).await;
        // A lease of less than nothing has run out when it is given.
        let first = claim(&store, at(&app, 1), -1, 9).await.remove(0);
        let second = claim(&store, at(&app, 1), 60, 9).await.remove(0);
        assert_eq!((first.attempts, second.attempts), (1, 2));
        let rows = |claimed: &ClaimedInbound, cause| Rows {
            settles: Some(claimed.claim.clone()),
            conversation: Some(exchange(&app, 1, 1)),
            outbox: vec![reply(&app, cause)],
            ..Rows::default()
        };
        assert_eq!(store.append(rows(&first, "late")).await.unwrap(), Appended::Lost);
        assert_eq!(app.home().number("SELECT COUNT(*) FROM outbox").await, 0);
        assert_eq!(app.home().number("SELECT COUNT(*) FROM conversations").await, 0);
        assert_eq!(store.append(rows(&second, "held")).await.unwrap(), Appended::Stored);
        assert_eq!(app.home().number("SELECT COUNT(*) FROM outbox").await, 1);
        app.home().execute("DELETE FROM outbox").await;
        app.finish().await;
    }

    async fn an_older_version_of_an_exchange_stores_nothing(database) {
        let app = TestApp::on(database).await;
        let store = app.parts().workflows.store.clone();
        let save = |number, version| Rows {
            conversation: Some(exchange(&app, number, version)),
            ..Rows::default()
        };
        assert_eq!(store.append(save(1, 1)).await.unwrap(), Appended::Stored);
        assert_eq!(store.append(save(1, 1)).await.unwrap(), Appended::Stale);
        assert_eq!(store.append(save(1, 2)).await.unwrap(), Appended::Stored);
        // A turn whose exchange went on meanwhile is not kept either: it will come again.
        let turn = InboundRow { reply: Some(vec![1]), ..event(&app, 1, 0) };
        let key = turn.event_key;
        let rows = Rows { inbound: Some(turn), outbox: vec![reply(&app, "x")], ..save(1, 2) };
        assert_eq!(store.append(rows).await.unwrap(), Appended::Stale);
        assert_eq!(app.home().number("SELECT COUNT(*) FROM outbox").await, 0);
        let mut tx = store.read(&Scope::of(&base())).await.unwrap();
        assert!(tx.inbound_by_key(&sms(), key).await.unwrap().is_none());
        let known = tx.conversation(&sms(), [1; 16]).await.unwrap().unwrap();
        assert_eq!((known.version, known.state), (2, vec![2]));
        drop(tx);
        // Of many at once exactly one goes on, and nobody else's rows go with the others.
        let mut writing = JoinSet::new();
        for number in 0..40_u8 {
            let rows = if number % 2 == 0 { save(1, 3) } else { save(number, 1) };
            let inbound = Some(event(&app, number, 5));
            let store = store.clone();
            writing.spawn(async move { store.append(Rows { inbound, ..rows }).await.unwrap() });
        }
        let outcomes = writing.join_all().await;
        let stale = outcomes.iter().filter(|o| **o == Appended::Stale).count();
        // Number 1 itself is among the odd ones and begins anew: stale as well.
        assert_eq!(stale, 20);
        assert_eq!(app.home().number("SELECT COUNT(*) FROM inbox").await, 20);
        app.finish().await;
    }

    async fn a_long_text_is_whole_when_its_last_part_came_in_any_order(database) {
        let app = TestApp::on(database).await;
        let store = app.parts().workflows.store.clone();
        take(&store, part(&app, 1, (3, 3), 0)).await;
        take(&store, part(&app, 1, (1, 3), 1)).await;
        take(&store, part(&app, 1, (1, 3), 2)).await;
        assert!(claim(&store, at(&app, 10), 60, 9).await.is_empty(), "one is missing");
        take(&store, part(&app, 1, (2, 3), 3)).await;
        let mut claimed = claim(&store, at(&app, 10), -1, 9).await;
        assert_eq!(claimed.len(), 1);
        let whole = claimed.remove(0);
        let places: Vec<i64> = whole.others.iter().map(|p| p.part_number).collect();
        assert_eq!((whole.part, places), (Some((3, 3)), vec![1, 1, 2]));
        let again = claim(&store, at(&app, 10), 60, 9).await.remove(0);
        assert_eq!(again.others.len(), 3, "the next holder gets all parts too");
        assert_eq!(settle(&store, &again).await, Appended::Stored);
        assert!(claim(&store, at(&app, 200_000_000), 60, 9).await.is_empty());

        take(&store, part(&app, 2, (2, 3), 0)).await;
        take(&store, part(&app, 2, (3, 3), 1)).await;
        assert!(claim(&store, at(&app, 100_000_000), 60, 9).await.is_empty());
        let late = claim(&store, at(&app, 121_000_000), 60, 9).await;
        assert_eq!((late.len(), late[0].others.len()), (1, 1), "what came is worked on");
        assert_eq!(settle(&store, &late[0]).await, Appended::Stored);
        app.finish().await;
    }

    async fn an_event_that_fails_waits_then_dies_and_can_be_put_back(database) {
        let app = TestApp::on(database).await;
        let store = app.parts().workflows.store.clone();
        take(&store, event(&app, 1, 0)).await;
        take(&store, event(&app, 1, 1)).await;
        let first = claim(&store, at(&app, 1), 60, 9).await.remove(0);
        let release = async |claimed: &ClaimedInbound, released| {
            let mut tx = store.write(&NATIONAL).await.unwrap();
            let done = tx.release_inbound(&claimed.claim, &released, at(&app, 1)).await.unwrap();
            tx.commit().await.unwrap();
            done
        };
        let later = Released::Again(at(&app, 1_000), "rules".into());
        assert!(release(&first, later.clone()).await);
        assert!(!release(&first, later).await, "only once");
        assert!(claim(&store, at(&app, 10), 60, 9).await.is_empty(), "the next one waits for it");
        let again = claim(&store, at(&app, 1_000), 60, 9).await.remove(0);
        assert_eq!(again.claim.id, first.claim.id);
        assert!(release(&again, Released::Dead("unreadable".into())).await);
        let next = claim(&store, at(&app, 1_000), 60, 9).await.remove(0);
        assert_ne!(next.claim.id, first.claim.id, "a dead one holds nobody up");
        assert_eq!(settle(&store, &next).await, Appended::Stored);
        let mut tx = store.write(&Scope::of(&base())).await.unwrap();
        let dead = tx.dead_inbound(9).await.unwrap();
        assert_eq!((dead.len(), dead[0].last_code.as_deref()), (1, Some("unreadable")));
        let id = InboundId(dead[0].id);
        assert!(tx.requeue_inbound(id, at(&app, 0)).await.unwrap());
        assert!(!tx.requeue_inbound(id, at(&app, 0)).await.unwrap());
        tx.commit().await.unwrap();
        let back = claim(&store, at(&app, 1_000), 60, 9).await.remove(0);
        assert_eq!((back.claim.id, back.attempts), (id, 1));
        let mut tx = store.read(&NATIONAL).await.unwrap();
        let counts = tx.inbox_counts().await.unwrap();
        assert_eq!((counts.len(), counts[0].state.as_str(), counts[0].events), (1, "working", 1));
        drop(tx);
        assert_eq!(settle(&store, &back).await, Appended::Stored);
        let mut tx = store.write(&NATIONAL).await.unwrap();
        assert_eq!(tx.forget_inbound(at(&app, -1), at(&app, -1)).await.unwrap(), 0);
        assert_eq!(tx.forget_inbound(at(&app, 9), at(&app, 9)).await.unwrap(), 2);
        tx.commit().await.unwrap();
        app.finish().await;
    }

    async fn a_profile_is_kept_replaced_and_forgotten(database) {
        let app = TestApp::on(database).await;
        let store = app.parts().workflows.store.clone();
        let now = app.clock.now();
        let keep = |sealed: u8| ProfileChange::Keep(ProfileRow {
            province: base(),
            address: [1; 16],
            sealed: vec![sealed],
            consented_at: now,
            updated_at: now,
        });
        let forget = ProfileChange::Forget { province: base(), address: [1; 16] };
        for (change, left) in [(keep(1), Some(1)), (keep(2), Some(2)), (forget, None), (keep(3), Some(3))] {
            let rows = Rows { profile: Some(change), ..Rows::default() };
            assert_eq!(store.append(rows).await.unwrap(), Appended::Stored);
            let mut tx = store.read(&Scope::of(&base())).await.unwrap();
            let stored = tx.profile([1; 16]).await.unwrap();
            assert_eq!(stored.map(|p| p.sealed), left.map(|b| vec![b]));
            assert!(tx.profile([2; 16]).await.unwrap().is_none());
        }
        let mut tx = store.write(&Scope::of(&base())).await.unwrap();
        assert!(tx.forget_profile([1; 16]).await.unwrap());
        assert!(!tx.forget_profile([1; 16]).await.unwrap());
        tx.commit().await.unwrap();
        app.finish().await;
    }
}
