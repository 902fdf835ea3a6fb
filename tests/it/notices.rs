//! What a chat is told of its pass without having asked: once, when somebody is awake, and only
//! where the chat may know.

use std::collections::BTreeSet;

use tests::{
    Database, Declared, Delivery, Officer, Pigeon, TestApp, a_declaration, an, at, binh, cuong,
    on_both, stranger,
};
use workflows::audit::Purpose;
use workflows::clock::Moment;
use workflows::ids::{DeclarationId, PassId, ProvinceId};
use workflows::message::Address;
use workflows::notices::Watcher;
use workflows::phrase::{self, Language};
use workflows::store::{Appended, DeclarationRow, PassRow, Rows, Scope, WatchRow};

use crate::exposure::{history, mark, medical, release, source};

fn base() -> ProvinceId {
    ProvinceId::parse("base").unwrap()
}

pub(crate) async fn with_pigeons(database: Database) -> (TestApp, Pigeon) {
    let pigeon = Pigeon::default();
    let app = pigeon
        .channel(TestApp::setup(database), "base")
        .start()
        .await;
    (app, pigeon)
}

fn chat(name: &str) -> Address {
    Address::chat(&Pigeon::id(), name).unwrap()
}

fn address(app: &TestApp, name: &str) -> [u8; 16] {
    app.parts().workflows.address_of(&base(), &chat(name))
}

/// The pass of a declaration, as it is stored.
pub(crate) async fn pass(app: &TestApp, declared: &Declared) -> PassRow {
    let workflows = &app.parts().workflows;
    let link = declared.page.rsplit('/').next().unwrap();
    let (province, id) = workflows.sealing.read_pass_link(link).unwrap();
    let mut tx = workflows.store.read(&Scope::of(&province)).await.unwrap();
    let stored = tx.pass(id).await.unwrap().unwrap();
    PassRow {
        province,
        id,
        declaration: DeclarationId(stored.declaration),
        person: stored.person.try_into().unwrap(),
        level: stored.level,
        code: stored.code,
        digits: stored.digits,
        issued_at: Moment(stored.issued_at),
        expires_at: Moment(stored.expires_at),
    }
}

async fn watch_row(app: &TestApp, pass: &PassRow, name: &str, proven: bool) -> WatchRow {
    let workflows = &app.parts().workflows;
    let now = app.clock.now();
    let key = workflows.sealing.key(&pass.province, now).await.unwrap();
    let watcher = Watcher {
        channel: &Pigeon::id(),
        home: &base(),
        chat: &chat(name),
        language: Language::Vi,
        proven,
        heard_at: now,
        window_hours: None,
    };
    workflows.watch(pass, &watcher, &key).unwrap()
}

/// Watches a pass as if it had been declared in this chat.
pub(crate) async fn watch(app: &TestApp, declared: &Declared, name: &str, proven: bool) -> PassRow {
    let pass = pass(app, declared).await;
    watch_until(app, pass, name, proven).await
}

/// The same of a pass with an end of the test's own.
pub(crate) async fn watch_until(app: &TestApp, pass: PassRow, name: &str, proven: bool) -> PassRow {
    let row = watch_row(app, &pass, name, proven).await;
    let store = &app.parts().workflows.store;
    let mut tx = store.write(&Scope::of(&pass.province)).await.unwrap();
    tx.add_watch(&row).await.unwrap();
    tx.commit().await.unwrap();
    pass
}

async fn turn(app: &TestApp, name: &str, off: bool) {
    let store = &app.parts().workflows.store;
    let mut tx = store.write(&Scope::of(&base())).await.unwrap();
    let (channel, address) = (Pigeon::id(), address(app, name));
    tx.set_notices_off(&channel, &address, off, app.clock.now())
        .await
        .unwrap();
    assert_eq!(tx.are_notices_off(&channel, &address).await.unwrap(), off);
    tx.commit().await.unwrap();
}

pub(crate) fn says(key: &str, pass: &PassRow) -> String {
    let values = [("until".into(), pass.expires_at.local_text().into())].into();
    phrase::text_with(Language::Vi, key, &values)
}

/// Who was told what, by chat.
fn told(deliveries: Vec<Delivery>) -> BTreeSet<(String, String)> {
    let all = deliveries.into_iter().map(|d| (d.to, d.words.text));
    all.collect()
}

pub(crate) async fn f0(doctor: &Officer, of: &Declared) {
    let entered = mark(doctor, of, &[("class", "f0"), ("evidence", "PCR 4711")]).await;
    assert!(entered.location().contains("saved=true"));
}

/// The rows of a declaration made in a chat, with what the store asks of them and no more.
pub(crate) async fn chat_rows(app: &TestApp, like: &PassRow, name: &str) -> (Rows, PassRow) {
    let workflows = &app.parts().workflows;
    let now = app.clock.now();
    let pass = PassRow {
        id: PassId(app.clock.random()),
        declaration: DeclarationId(app.clock.uuid()),
        issued_at: now,
        expires_at: now.plus_minutes(72 * 60),
        ..like.clone()
    };
    let phone = workflows::person::Phone::parse("0912345678").unwrap();
    let declaration = DeclarationRow {
        province: base(),
        id: pass.declaration,
        created_at: now,
        idem_key: app.clock.random(),
        request_hash: [0; 16],
        person: pass.person,
        phone: Some(workflows.address(&base(), &phone)),
        plate: None,
        identity: vec![1],
        answers: vec![1],
        facts: "{}".into(),
        checkpoint: None,
        channel: "chat".into(),
        language: "vi".into(),
        keyed_by: None,
        registry: "match".into(),
        level: pass.level.clone(),
        verdict: "{}".into(),
        rules: "{}".into(),
        symptoms: false,
        suspected: false,
    };
    let rows = Rows {
        declaration: Some((declaration, pass.clone())),
        watch: Some(watch_row(app, &pass, name, true).await),
        ..Rows::default()
    };
    (rows, pass)
}

on_both! {
    async fn a_reminder_comes_once_before_the_pass_ends(database) {
        let (app, pigeon) = with_pigeons(database).await;
        let declared = app.declare(&a_declaration("base")).await;
        let heard_at = app.clock.now();
        let mut pass = pass(&app, &declared).await;
        pass.expires_at = at("2026-11-25 20:00");
        watch_until(&app, pass.clone(), "grey", false).await;
        app.set_clock("2026-11-25 13:59");
        app.run_jobs().await;
        assert!(pigeon.kept().is_empty());
        app.set_clock("2026-11-25 14:00");
        app.run_jobs().await;
        let kept = pigeon.kept();
        assert_eq!(kept[0].words.heard_at, Some(heard_at));
        assert_eq!(told(kept), [("grey".into(), says("notice-remind", &pass))].into());
        let app = app.restarted().await;
        app.set_clock("2026-11-25 16:00");
        app.run_jobs().await;
        assert!(pigeon.kept().is_empty(), "once");
        app.set_clock("2026-11-29 09:00");
        app.run_jobs().await;
        assert_eq!(app.home().number("SELECT COUNT(*) FROM watches").await, 0, "forgotten");
        app.finish().await;
    }

    async fn nobody_is_woken_by_a_reminder(database) {
        let (app, pigeon) = with_pigeons(database).await;
        for (number, name, end) in [(1, "early", "2026-11-25 06:30"), (2, "late", "2026-11-25 08:00")] {
            let declared = app.declare(&a_declaration("base").by(stranger(number))).await;
            let mut pass = pass(&app, &declared).await;
            pass.expires_at = at(end);
            watch_until(&app, pass, name, true).await;
        }
        for (time, who) in [
            ("2026-11-24 21:29", None), ("2026-11-24 21:30", Some("early")), ("2026-11-25 02:00", None),
            ("2026-11-25 06:59", None), ("2026-11-25 07:00", Some("late")), ("2026-11-25 07:30", None),
        ] {
            app.set_clock(time);
            app.run_jobs().await;
            let to: Vec<String> = pigeon.kept().into_iter().map(|d| d.to).collect();
            assert_eq!(to, who.into_iter().collect::<Vec<_>>(), "{time}");
        }
        app.finish().await;
    }

    async fn a_reminder_that_is_made_late_waits_for_the_morning_and_is_thought_over_then(database) {
        let (app, pigeon) = with_pigeons(database).await;
        for (number, name) in [(1, "grey"), (2, "white")] {
            let declared = app.declare(&a_declaration("base").by(stranger(number))).await;
            let mut pass = pass(&app, &declared).await;
            pass.expires_at = at("2026-11-25 07:30");
            watch_until(&app, pass, name, true).await;
        }
        // The evening's tick did not come.
        app.set_clock("2026-11-25 03:00");
        app.run_jobs().await;
        assert!(pigeon.kept().is_empty());
        turn(&app, "white", true).await;
        app.set_clock("2026-11-25 07:00");
        app.run_jobs().await;
        let to: Vec<String> = pigeon.kept().into_iter().map(|d| d.to).collect();
        assert_eq!(to, ["grey"], "the other wants none by now");
        app.finish().await;
    }

    async fn who_wants_no_notices_gets_none_until_wanting_them_again(database) {
        let (app, pigeon) = with_pigeons(database).await;
        for (number, name) in [(1, "grey"), (2, "white")] {
            let declared = app.declare(&a_declaration("base").by(stranger(number))).await;
            let mut pass = pass(&app, &declared).await;
            pass.expires_at = at("2026-11-25 20:00");
            watch_until(&app, pass, name, true).await;
            turn(&app, name, true).await;
        }
        turn(&app, "white", false).await;
        app.set_clock("2026-11-25 14:00");
        app.run_jobs().await;
        let to: Vec<String> = pigeon.kept().into_iter().map(|d| d.to).collect();
        assert_eq!(to, ["white"]);
        app.finish().await;
    }

    async fn holds_and_releases_are_told_to_chats_that_proved_the_number_and_to_no_others(database) {
        let (app, pigeon) = with_pigeons(database).await;
        let patient = app.declare(&a_declaration("base").by(an())).await;
        let near = app.declare(&a_declaration("base").by(binh())).await;
        let far = app.declare(&a_declaration("base").by(cuong())).await;
        let first = watch(&app, &patient, "an", true).await;
        let second = watch(&app, &near, "binh", true).await;
        watch(&app, &far, "cuong", false).await;
        let doctor = medical(&app).await;
        f0(&doctor, &patient).await;
        app.run_jobs().await;
        assert_eq!(told(pigeon.kept()), [("an".into(), says("notice-hold", &first))].into());

        app.set_clock("2026-11-23 09:01");
        for (of, class) in [(&near, "f1"), (&far, "f2"), (&patient, "f0")] {
            let met = match class {
                "f0" => String::new(),
                _ => source(&history(&doctor, of).await),
            };
            let mut fields = vec![("class", class), ("evidence", "lời khai")];
            if !met.is_empty() {
                fields.extend([("source", met.as_str()), ("met_on", "2026-11-20")]);
            }
            assert_eq!(mark(&doctor, of, &fields).await.status, 303, "{class}");
            app.set_clock("2026-11-23 09:02");
        }
        app.run_jobs().await;
        let kept = told(pigeon.kept());
        assert_eq!(kept, [("binh".into(), says("notice-hold", &second))].into(), "a second entry is no news");

        // Two entries hold the patient; the first that the page offers is the newest.
        assert!(release(&doctor, &patient, "PCR 4712").await.location().contains("saved=true"));
        app.run_jobs().await;
        assert!(pigeon.kept().is_empty(), "the other entry still holds");
        app.set_clock("2026-11-23 09:03");
        assert!(release(&doctor, &patient, "PCR 4713").await.location().contains("saved=true"));
        app.run_jobs().await;
        let kept = told(pigeon.kept());
        let freed = [("an", &first), ("binh", &second)];
        let freed = freed.map(|(name, pass)| (name.to_owned(), says("notice-release", pass)));
        assert_eq!(kept, freed.into(), "what rests on it is free too");
        for (_, text) in kept {
            assert!(!["F0", "F1", "F2", "PCR", "nghi"].iter().any(|word| text.contains(word)), "{text}");
        }
        app.finish().await;
    }

    async fn who_declares_with_anothers_document_hears_nothing_of_that_person(database) {
        let (app, pigeon) = with_pigeons(database).await;
        let stranger = a_declaration("base").with("person.phone", "0987654321");
        let posed = app.declare(&stranger).await;
        watch(&app, &posed, "stranger", true).await;
        app.set_clock("2026-11-23 09:10");
        let own = app.declare(&a_declaration("base")).await;
        app.set_clock("2026-11-23 09:20");
        let posed = app.declare(&stranger).await;
        watch(&app, &posed, "stranger", true).await;
        f0(&medical(&app).await, &own).await;
        app.run_jobs().await;
        assert!(pigeon.kept().is_empty(), "neither the declaration nor the hold");
        app.finish().await;
    }

    async fn at_night_a_hold_waits_and_a_release_before_the_morning_takes_it_back(database) {
        let (app, pigeon) = with_pigeons(database).await;
        let declared = app.declare(&a_declaration("base")).await;
        let pass = watch(&app, &declared, "grey", true).await;
        app.set_clock("2026-11-23 23:00");
        let doctor = medical(&app).await;
        f0(&doctor, &declared).await;
        app.run_jobs().await;
        assert!(pigeon.kept().is_empty());
        app.set_clock("2026-11-23 23:30");
        release(&doctor, &declared, "nhầm người").await;
        app.set_clock("2026-11-24 07:00");
        app.run_jobs().await;
        assert!(pigeon.kept().is_empty(), "there is nothing to tell any more");
        f0(&medical(&app).await, &declared).await;
        app.run_jobs().await;
        assert_eq!(told(pigeon.kept()), [("grey".into(), says("notice-hold", &pass))].into());
        // A held pass is not one to be reminded of.
        app.set_clock("2026-11-26 08:00");
        app.run_jobs().await;
        assert!(pigeon.kept().is_empty());
        app.finish().await;
    }

    async fn a_replacement_from_elsewhere_is_told_and_one_from_the_chat_itself_is_not(database) {
        let (app, pigeon) = with_pigeons(database).await;
        let declared = app.declare(&a_declaration("base")).await;
        let pass = watch(&app, &declared, "grey", true).await;
        let other = app.declare(&a_declaration("base").by(binh())).await;
        watch(&app, &other, "unproven", false).await;
        app.set_clock("2026-11-23 10:00");
        let store = &app.parts().workflows.store;
        let (rows, second) = chat_rows(&app, &pass, "grey").await;
        assert_eq!(store.append(rows).await.unwrap(), Appended::Stored);
        app.run_jobs().await;
        assert!(pigeon.kept().is_empty(), "the chat knows");
        app.set_clock("2026-11-23 11:00");
        let (rows, third) = chat_rows(&app, &pass, "white").await;
        assert_eq!(store.append(rows).await.unwrap(), Appended::Stored);
        app.run_jobs().await;
        assert_eq!(told(pigeon.kept()), [("grey".into(), says("notice-superseded", &second))].into());
        app.set_clock("2026-11-23 12:00");
        app.declare(&a_declaration("base")).await;
        app.declare(&a_declaration("base").by(binh())).await;
        app.run_jobs().await;
        app.run_jobs().await;
        assert_eq!(told(pigeon.kept()), [("white".into(), says("notice-superseded", &third))].into());
        app.set_clock("2026-11-26 08:00");
        app.run_jobs().await;
        assert!(pigeon.kept().is_empty(), "of what was replaced nobody is reminded");
        app.finish().await;
    }

    async fn a_chat_that_is_unlinked_is_told_nothing_more(database) {
        let (app, pigeon) = with_pigeons(database).await;
        let declared = app.declare(&a_declaration("base")).await;
        watch(&app, &declared, "grey", true).await;
        let store = &app.parts().workflows.store;
        let mut tx = store.write(&Scope::National(Purpose::Declare)).await.unwrap();
        tx.unwatch(&Pigeon::id(), &address(&app, "grey")).await.unwrap();
        tx.commit().await.unwrap();
        f0(&medical(&app).await, &declared).await;
        app.set_clock("2026-11-26 08:00");
        app.run_jobs().await;
        assert!(pigeon.kept().is_empty());
        app.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_on_one_database_remind_each_chat_once() {
    let (app, pigeon) = with_pigeons(Database::Postgres).await;
    let mut chats = BTreeSet::new();
    for number in 101..=130 {
        let declared = app
            .declare(&a_declaration("base").by(stranger(number)))
            .await;
        let mut pass = pass(&app, &declared).await;
        pass.expires_at = at("2026-11-25 20:00");
        let name = format!("chat-{number}");
        watch_until(&app, pass, &name, true).await;
        chats.insert(name);
    }
    let other = app.another_node().await;
    app.set_clock("2026-11-25 14:00");
    let (one, two) = tokio::join!(app.parts().run_due_jobs(), other.run_due_jobs());
    one.unwrap();
    two.unwrap();
    let kept = pigeon.kept();
    assert_eq!(kept.len(), chats.len());
    let told: BTreeSet<String> = kept.into_iter().map(|d| d.to).collect();
    assert_eq!(told, chats);
    other.workflows.store.close().await;
    app.finish().await;
}
