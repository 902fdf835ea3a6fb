//! Declaring in a chat, end to end, with a provider made up for tests: what is said, what is asked on
//! a page, what comes back, what is never said.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use channels::Sent;
use channels::chat::Provider;
use serde_json::json;
use tests::{Database, Delivery, Pigeon, Script, TestApp, a_declaration, on_both};
use workflows::audit::Purpose;
use workflows::message::{Act, Button, ChatFits, Does};
use workflows::store::Scope;

use crate::exposure::medical;
use crate::handover::{filled, open};
use crate::outbox::{pass_seconds, sms};

const NUMBER: &str = "0912345678";

/// Somebody with a pigeon.
struct Person<'a> {
    app: &'a TestApp,
    pigeon: &'a Pigeon,
    chat: &'static str,
    said: AtomicU32,
}

impl<'a> Person<'a> {
    fn new(app: &'a TestApp, pigeon: &'a Pigeon, chat: &'static str) -> Self {
        let said = AtomicU32::new(0);
        Self {
            app,
            pigeon,
            chat,
            said,
        }
    }

    async fn does(&self, did: &str, text: &str) -> Delivery {
        let number = self.said.fetch_add(1, Ordering::Relaxed);
        let id = format!("{} {number}", self.chat);
        let note = json!({"did": did, "id": id, "chat": self.chat, "text": text});
        pass_seconds(self.app, 1);
        let answer = self.pigeon.call(self.app, &note).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        self.app.run_jobs().await;
        self.pigeon.kept().pop().expect("an answer")
    }

    async fn says(&self, text: &str) -> Delivery {
        self.does("wrote", text).await
    }

    /// Declares in the chat and on its page; the QR text of the pass.
    async fn declares(&self) -> String {
        self.says("/khaibao").await;
        let link = self.says("Hà Nội").await;
        fill_and(self.app, &page(&link), false).await;
        self.app.run_jobs().await;
        self.pigeon.kept().pop().unwrap().words.qr.unwrap()
    }
}

/// A medical officer's entry about the holder of a pass.
async fn f0(app: &TestApp, qr: &str) {
    let doctor = medical(app).await;
    let scanned = doctor.scan(qr).await.body;
    let fields = [
        ("reference", scanned["reference"].as_str().unwrap()),
        ("class", "f0"),
        ("evidence", "PCR 4711"),
    ];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let entered = doctor.browser.post("/officer/mark", &fields).await;
    assert!(entered.location().contains("saved=true"));
}

/// The address of the page that a message opens, without our own in front.
fn page(delivery: &Delivery) -> String {
    let opens = delivery.words.buttons.iter().find_map(|b| match &b.does {
        Does::Open(url) => Some(url),
        Does::Say(_) => None,
    });
    let url = opens.unwrap_or_else(|| panic!("no page: {}", delivery.words.text));
    let (_, path) = url.split_once("//").unwrap().1.split_once('/').unwrap();
    format!("/{path}")
}

/// Fills the page of a link in; where the pass is.
async fn fill(app: &TestApp, page: &str) -> String {
    fill_and(app, page, true).await
}

/// The same, letting the chat remember who filled it in, or not.
async fn fill_and(app: &TestApp, page: &str, keep: bool) -> String {
    let browser = app.browser();
    let form = open(&browser, page).await;
    let mut fields = filled(app, &browser, &form).await;
    fields.extend(keep.then(|| ("keep".to_owned(), "yes".to_owned())));
    let answer = browser.post(&form, &fields).await;
    answer.location().to_owned()
}

/// A token of the button with these words.
fn button(delivery: &Delivery, words: &str) -> String {
    let of = |b: &&Button| b.label == words;
    let button = delivery.words.buttons.iter().find(of).unwrap();
    match &button.does {
        Does::Say(token) => token.clone(),
        Does::Open(url) => panic!("opens {url}"),
    }
}

async fn with_pigeons(database: Database, private_in_chat: bool) -> (TestApp, Pigeon, Script) {
    let pigeon = Pigeon::default();
    let setup = pigeon.channel(TestApp::setup(database), "base");
    let setup = setup
        .set("channel.pigeons.private_in_chat", private_in_chat)
        .set("channel.pigeons.fallback_to", format!("\"{}\"", sms()))
        .set(&format!("channel.{}.kind", sms()), "\"demo\"")
        .set(&format!("channel.{}.province", sms()), "\"base\"");
    let app = setup.start().await;
    let texts = Script::taking();
    app.parts().plug(&sms(), Arc::new(texts.clone())).unwrap();
    (app, pigeon, texts)
}

on_both! {
    async fn a_chat_asks_the_journey_and_a_page_the_rest_and_the_pass_comes_back(database) {
        let (app, pigeon, _texts) = with_pigeons(database, false).await;
        let an = Person::new(&app, &pigeon, "grey");
        let hello = an.does("wrote", "/start").await;
        let asked = an.does("pressed", &button(&hello, "Khai báo")).await;
        assert!(asked.words.text.contains("đi từ"), "{}", asked.words.text);
        let link = an.says("Hà Nội").await;
        assert!(!link.words.text.contains("001"), "{}", link.words.text);
        let pass = fill(&app, &page(&link)).await;
        assert!(pass.contains("/pass/"), "{pass}");
        app.run_jobs().await;
        let told = pigeon.kept().pop().unwrap();
        assert!(told.has_picture && told.words.qr.is_some());
        let shown = app.browser().get(&pass).await.text();
        assert!(told.words.text.contains("mã"), "{}", told.words.text);
        assert!(shown.contains(code(&told.words.text)), "{}", told.words.text);
        let again = an.says("/the").await;
        assert_eq!(again.words.qr, told.words.qr);
        assert_eq!(code(&again.words.text), code(&told.words.text));
        let looks = an.says("/aixem").await;
        assert_eq!(Some(page(&looks).as_str()), pass.split('?').next());
        app.finish().await;
    }

    async fn a_repeat_takes_two_presses_and_a_page_that_knows_who(database) {
        let (app, pigeon, _texts) = with_pigeons(database, false).await;
        let an = Person::new(&app, &pigeon, "grey");
        an.says("/khaibao").await;
        let link = an.says("Hà Nội").await;
        fill(&app, &page(&link)).await;
        app.run_jobs().await;
        pigeon.kept();
        let summary = an.says("/khaibao").await;
        let link = an.does("pressed", &button(&summary, "Như lần trước")).await;
        let browser = app.browser();
        let form = open(&browser, &page(&link)).await;
        let known = browser.get(&form).await;
        let text = known.text();
        assert!(text.contains("value=\"001090000017\""), "{text}");
        assert!(!link.words.text.contains("001090000017"));
        app.finish().await;
    }

    async fn whoever_fills_in_the_page_of_anothers_chat_is_not_remembered_there(database) {
        let (app, pigeon, _texts) = with_pigeons(database, false).await;
        let thief = Person::new(&app, &pigeon, "grey");
        thief.says("/khaibao").await;
        let link = thief.says("Hà Nội").await;
        fill_and(&app, &page(&link), false).await;
        app.run_jobs().await;
        pigeon.kept();
        assert_eq!(app.home().number("SELECT COUNT(*) FROM profiles").await, 0);
        let asked = thief.says("/khaibao").await;
        assert!(asked.words.text.contains("đi từ"), "{}", asked.words.text);
        assert!(!asked.words.text.contains("NVA"), "{}", asked.words.text);
        app.finish().await;
    }

    async fn writing_while_the_page_is_open_leaves_it_open(database) {
        let (app, pigeon, _texts) = with_pigeons(database, false).await;
        let an = Person::new(&app, &pigeon, "grey");
        an.says("/khaibao").await;
        let link = an.says("Hà Nội").await;
        let waits = an.says("ok?").await;
        assert!(waits.words.text.contains("vẫn đang chờ"), "{}", waits.words.text);
        let pass = fill(&app, &page(&link)).await;
        assert!(pass.contains("/pass/"), "{pass}");
        app.run_jobs().await;
        pigeon.kept();
        app.finish().await;
    }

    async fn a_whole_declaration_is_made_in_the_chat_where_the_province_allows_it(database) {
        let (app, pigeon, _texts) = with_pigeons(database, true).await;
        let an = Person::new(&app, &pigeon, "grey");
        let told = an.says("KB 001090000001 Nguyen Van An, Ha Noi, 0").await;
        assert!(told.has_picture, "{}", told.words.text);
        assert!(!told.words.text.contains("001090000001"));
        app.finish().await;
    }

    async fn a_stale_button_gets_the_present_question(database) {
        let (app, pigeon, _texts) = with_pigeons(database, true).await;
        let an = Person::new(&app, &pigeon, "grey");
        an.says("/khaibao").await;
        an.says("C1234567").await;
        an.says("Anna Bell").await;
        let gender = an.says("1984").await;
        let press = button(&gender, "Nữ");
        let next = an.does("pressed", &press).await;
        let again = an.does("pressed", &press).await;
        assert!(again.words.text.ends_with(&next.words.text), "{}", again.words.text);
        assert!(again.words.answers.is_some(), "the press is answered");
        app.finish().await;
    }

    async fn a_list_is_ticked_as_often_as_somebody_likes(database) {
        let eagle = Provider {
            name: "eagle",
            fits: ChatFits { buttons: 20, label: 60, replaces: true, ..Pigeon::provider().fits },
            ..Pigeon::provider()
        };
        let pigeon = Pigeon::default();
        let setup = pigeon.channel(TestApp::setup(database), "base").provider(eagle);
        let setup = setup.set("channel.pigeons.private_in_chat", true);
        let app = setup.set("channel.pigeons.provider", "\"eagle\"").start().await;
        let an = Person::new(&app, &pigeon, "grey");
        for text in ["/khaibao", "001090000001", "Nguyễn Văn An"] {
            an.says(text).await;
        }
        let mut list = an.says("Hà Nội").await;
        for signs in 1..=8 {
            let tick = list.words.buttons.iter().find_map(|b| match &b.does {
                Does::Say(token) if b.label.starts_with('☐') => Some(token.clone()),
                _ => None,
            });
            let Some(tick) = tick else { break };
            list = an.does("pressed", &tick).await;
            let ticked = list.words.buttons.iter().filter(|b| b.label.starts_with('☑'));
            assert_eq!(ticked.count(), signs);
        }
        assert!(list.words.buttons.iter().filter(|b| b.label.starts_with('☑')).count() > 5);
        app.finish().await;
    }

    async fn what_is_said_in_a_group_is_not_kept(database) {
        let (app, pigeon, _texts) = with_pigeons(database, false).await;
        let note = json!({"did": "in group", "id": "g", "chat": "crowd", "text": "Lan sốt"});
        assert_eq!(pigeon.call(&app, &note).await.status, 200);
        let workflows = &app.parts().workflows;
        let mut tx = workflows.store.write(&Scope::National(Purpose::Declare)).await.unwrap();
        let claimed = tx.claim_inbox(app.clock.now(), 1, 1).await.unwrap().pop().unwrap();
        drop(tx);
        let text = workflows.claimed_text(&claimed).await.unwrap();
        assert_eq!((text.act, text.text.as_str()), (Act::InGroup, ""));
        app.run_jobs().await;
        assert_eq!(pigeon.kept().len(), 1, "it is refused all the same");
        app.finish().await;
    }

    async fn a_number_is_tied_by_its_code_and_gets_the_pass_that_the_chat_did_not(database) {
        let (app, pigeon, texts) = with_pigeons(database, true).await;
        let an = Person::new(&app, &pigeon, "grey");
        an.says(&format!("/sdt {NUMBER}")).await;
        let text = texts.texts().pop().unwrap();
        let digits: String = text.chars().filter(char::is_ascii_digit).take(6).collect();
        assert!(an.says(&digits).await.words.text.contains("Đã ghi số"));
        pigeon.now(|_, _| Sent::Refused { code: "gone".into() });
        an.says("KB 001090000001 Nguyen Van An, Ha Noi, 0").await;
        app.run_jobs().await;
        let texts = texts.texts();
        assert_eq!(texts.len(), 1, "{texts:?}");
        assert!(texts[0].contains('-'), "{texts:?}");
        app.finish().await;
    }

    async fn a_chat_that_proves_its_number_after_the_pass_hears_of_a_hold_of_it(database) {
        for (number, hears) in [(NUMBER, true), ("0987654321", false)] {
            let (app, pigeon, _texts) = with_pigeons(database, false).await;
            let an = Person::new(&app, &pigeon, "grey");
            let qr = an.declares().await;
            an.does("shared", number).await;
            f0(&app, &qr).await;
            app.run_jobs().await;
            let told = pigeon.texts();
            assert_eq!(told.len(), usize::from(hears), "{number}: {told:?}");
            for text in told {
                assert!(text.contains("cần được kiểm tra thêm"), "{text}");
                assert!(!["F0", "PCR", "nghi"].iter().any(|word| text.contains(word)), "{text}");
            }
            app.finish().await;
        }
    }

    async fn a_chat_that_proves_its_number_hears_of_a_replacement_that_it_did_not_make(database) {
        let (app, pigeon, _texts) = with_pigeons(database, false).await;
        let an = Person::new(&app, &pigeon, "grey");
        an.declares().await;
        app.set_clock("2026-11-23 12:00");
        an.declares().await;
        app.set_clock("2026-11-23 12:30");
        app.declare(&a_declaration("base")).await;
        app.run_jobs().await;
        assert!(pigeon.texts().is_empty(), "nobody knows whose chat that is");
        an.does("shared", NUMBER).await;
        app.run_jobs().await;
        let told = pigeon.texts();
        assert_eq!(told.len(), 1, "of the one that came from elsewhere: {told:?}");
        assert!(told[0].contains("khai ở nơi khác"), "{told:?}");
        app.finish().await;
    }

    async fn who_leaves_gets_nothing_until_they_write_again(database) {
        let (app, pigeon, _texts) = with_pigeons(database, true).await;
        let an = Person::new(&app, &pigeon, "grey");
        an.says("/start").await;
        let note = json!({"did": "left", "id": "bye", "chat": "grey"});
        pass_seconds(&app, 1);
        assert_eq!(pigeon.call(&app, &note).await.status, 200);
        app.run_jobs().await;
        assert!(pigeon.kept().is_empty());
        an.says("/start").await;
        app.finish().await;
    }

    async fn deleting_unties_the_chat_and_forgets_its_owner(database) {
        let (app, pigeon, _texts) = with_pigeons(database, false).await;
        let an = Person::new(&app, &pigeon, "grey");
        an.does("shared", NUMBER).await;
        an.says("/khaibao").await;
        let link = an.says("Hà Nội").await;
        fill(&app, &page(&link)).await;
        app.run_jobs().await;
        pigeon.kept();
        an.says("/xoa").await;
        let kept = [
            "SELECT COUNT(*) FROM linked_chats",
            "SELECT COUNT(*) FROM profiles",
            "SELECT COUNT(*) FROM watches",
        ];
        for count in kept {
            assert_eq!(app.home().number(count).await, 0, "{count}");
        }
        let none = an.says("/the").await;
        assert!(none.words.qr.is_none(), "{}", none.words.text);
        app.finish().await;
    }
}

/// The spoken code of a text.
fn code(text: &str) -> &str {
    let is_code = |word: &&str| word.len() == 9 && word.chars().nth(4) == Some('-');
    text.split([' ', ',', ':', '(']).find(is_code).unwrap()
}
