//! From a chat to a page: who may open the link, what the page asks, what comes of it.

use reqwest::Method;
use tests::{Album, Answer, Browser, TestApp, a_declaration, on_both};
use tokio::task::JoinSet;
use workflows::declaration::RawForm;
use workflows::declaration::handover::Handover;
use workflows::message::Address;
use workflows::phrase::{self, Language};
use workflows::store::{Appended, LinkChange, Rows};

use crate::outbox::pass_seconds;

pub(crate) type Fields = Vec<(String, String)>;

const DECLARATIONS: &str = "SELECT COUNT(*) FROM declarations";
const NAME: &str = "Nguyễn Văn An";
const PLATE: &str = "29A-123.45";

/// What a chat does when it has asked all that it may ask; the page's address.
pub(crate) async fn hand_over(app: &TestApp) -> String {
    let workflows = &app.parts().workflows;
    let (province, now) = (Album::province(), app.clock.now());
    let mut raw = RawForm::default();
    for (name, value) in [
        ("name", NAME),
        ("plate", PLATE),
        ("origin_unit", "2025-1-4"),
        ("travels_on", "24/11/2026"),
        ("commitment", "on"),
    ] {
        raw.add(name, value);
    }
    let handover = Handover {
        province: province.clone(),
        channel: Album::channel(),
        recipient: "chat-1".into(),
        language: Language::Vi,
        raw,
    };
    let key = workflows.sealing.key(&province, now).await.unwrap();
    let (token, row) = workflows.new_handover(&handover, &key, now).unwrap();
    let rows = Rows {
        handover: Some(row),
        ..Rows::default()
    };
    let stored = workflows.store.append(rows).await.unwrap();
    assert_eq!(stored, Appended::Stored);
    format!("/vi/chat/{token}")
}

/// Presses the button; where the form is.
pub(crate) async fn open(browser: &Browser, page: &str) -> String {
    let pressed = browser.post(page, &[]).await;
    assert_eq!(pressed.location(), format!("{page}/form"));
    pressed.location().to_owned()
}

/// The form as somebody fills it in.
pub(crate) async fn filled(app: &TestApp, browser: &Browser, form: &str) -> Fields {
    let page = browser.get(form).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let mut fields = page.hidden();
    let draft = a_declaration("base");
    fields.extend(draft.fields(&app.form("base").await, app.clock.today()));
    fields
}

fn replaced(fields: &Fields, name: &str, value: &str) -> Fields {
    let mut fields = fields.clone();
    fields.retain(|(n, _)| n != name);
    fields.push((name.into(), value.into()));
    fields
}

fn is_gone(answer: &Answer) {
    let text = answer.text();
    let sentence = phrase::text(Language::Vi, "handover-gone");
    assert_eq!(answer.status, 404, "{text}");
    assert!(text.contains(&sentence), "{text}");
}

on_both! {
    async fn looking_takes_nothing_and_the_first_who_presses_gets_the_form(database) {
        let (app, _album) = Album::on(database).await;
        let page = hand_over(&app).await;
        for _ in 0..3 {
            let preview = app.browser();
            let seen = preview.get(&page).await;
            let text = seen.text();
            assert_eq!(seen.status, 200, "{text}");
            assert!(text.contains("album") && !text.contains(NAME) && !text.contains(PLATE));
            assert_eq!(seen.header("cache-control"), "no-store");
            assert_eq!(seen.header("referrer-policy"), "no-referrer");
            let head = preview.send(Method::HEAD, &page, &[], Vec::new()).await;
            assert_eq!(head.status, 200);
            is_gone(&preview.get(&format!("{page}/form")).await);
        }
        let (citizen, thief) = (app.browser(), app.browser());
        citizen.get(&page).await;
        thief.get(&page).await;
        let form = open(&citizen, &page).await;
        assert_eq!(open(&citizen, &page).await, form, "a double press is no mistake");
        assert_eq!(citizen.get(&page).await.location(), form);
        is_gone(&thief.post(&page, &[]).await);
        is_gone(&thief.get(&page).await);
        is_gone(&thief.get(&form).await);
        is_gone(&thief.post(&form, &filled(&app, &citizen, &form).await).await);
        let text = citizen.get(&form).await.text();
        for known in [NAME, PLATE, "value=\"2025-1-4\"", "value=\"2026-11-24\""] {
            assert!(text.contains(known), "{known} in {text}");
        }
        let promise = text.split("name=\"commitment\"").nth(1).unwrap();
        assert!(!promise.split('>').next().unwrap().contains("checked"), "{promise}");
        assert_eq!(app.home().number(DECLARATIONS).await, 0);
        app.finish().await;
    }

    async fn of_many_who_press_at_once_one_gets_the_form(database) {
        let (app, _album) = Album::on(database).await;
        let page = hand_over(&app).await;
        let mut pressing = JoinSet::new();
        for _ in 0..8 {
            let (browser, page) = (app.browser(), page.clone());
            pressing.spawn(async move { browser.post(&page, &[]).await.status });
        }
        let mut all = pressing.join_all().await;
        all.sort_unstable();
        assert_eq!(all, [303, 404, 404, 404, 404, 404, 404, 404]);
        app.finish().await;
    }

    async fn the_pass_is_shown_and_goes_to_the_chat_however_often_the_form_is_sent(database) {
        let (app, album) = Album::on(database).await;
        let page = hand_over(&app).await;
        let browser = app.browser();
        let form = open(&browser, &page).await;
        let fields = filled(&app, &browser, &form).await;
        let sent = browser.post(&form, &fields).await;
        let pass = sent.location().to_owned();
        assert!(pass.starts_with("/vi/pass/") && pass.ends_with("?from=chat"), "{pass}");
        let edited = replaced(&fields, "name", "Somebody Else");
        let spoilt = replaced(&fields, "birth", "never");
        for again in [&fields, &edited, &spoilt] {
            assert_eq!(browser.post(&form, again).await.location(), pass);
        }
        for back in [&form, &page] {
            assert_eq!(browser.get(back).await.location(), pass);
        }
        pass_seconds(&app, 24 * 3_600);
        assert_eq!(browser.post(&form, &fields).await.location(), pass);
        app.clock.set(tests::at(tests::BEGIN));

        let shown = browser.get(&pass).await.text();
        assert!(shown.contains(&phrase::text(Language::Vi, "pass-in-chat")), "{shown}");
        let alone = browser.get(pass.split('?').next().unwrap()).await.text();
        assert!(!alone.contains(&phrase::text(Language::Vi, "pass-in-chat")), "{alone}");
        app.run_jobs().await;
        let told = album.tried();
        assert_eq!(told.len(), 1);
        let (to, message) = &told[0];
        assert_eq!(to, "chat-1");
        let code = shown.split("<strong translate=\"no\">").nth(1).unwrap()[..9].to_owned();
        assert!(message.words.text.contains(&code), "{code} in {}", message.words.text);
        assert!(message.picture.is_some());
        assert_eq!(app.home().number(DECLARATIONS).await, 1);
        let kept = "SELECT COUNT(*) FROM handovers WHERE LENGTH(content) > 0 OR declaration IS NULL";
        assert_eq!(app.home().number(kept).await, 0, "what the chat knew is kept once");
        is_gone(&app.browser().get(&page).await);
        app.finish().await;
    }

    async fn a_form_sent_many_times_at_once_makes_one_declaration(database) {
        let (app, album) = Album::on(database).await;
        let page = hand_over(&app).await;
        let browser = app.browser();
        let form = open(&browser, &page).await;
        let fields = filled(&app, &browser, &form).await;
        let mut sending = JoinSet::new();
        for n in 0..8 {
            let fields = replaced(&fields, "plate", &format!("29A-123.4{n}"));
            let (browser, form) = (browser.clone(), form.clone());
            sending.spawn(async move { browser.post(&form, &fields).await.location().to_owned() });
        }
        let passes = sending.join_all().await;
        assert!(passes.iter().all(|pass| *pass == passes[0]), "{passes:?}");
        assert_eq!(app.home().number(DECLARATIONS).await, 1);
        app.run_jobs().await;
        assert_eq!(album.tried().len(), 1);
        app.finish().await;
    }

    async fn what_is_wrong_comes_back_beside_its_field(database) {
        let (app, _album) = Album::on(database).await;
        let page = hand_over(&app).await;
        let browser = app.browser();
        let form = open(&browser, &page).await;
        let fields = filled(&app, &browser, &form).await;
        for (name, value) in [("document", "12"), ("name", "Trần Thị Bình")] {
            let answer = browser.post(&form, &replaced(&fields, name, value)).await;
            let text = answer.text();
            assert_eq!(answer.status, 422, "{text}");
            assert!(text.contains(&format!("id=\"e-{name}\"")) && text.contains(value), "{text}");
            assert!(text.contains(PLATE), "what was typed stays: {text}");
        }
        assert_eq!(app.home().number(DECLARATIONS).await, 0);
        assert!(browser.post(&form, &fields).await.location().contains("/pass/"));
        app.run_jobs().await;
        app.finish().await;
    }

    async fn a_link_is_opened_within_a_quarter_of_an_hour_and_sent_within_half_an_hour(database) {
        let (app, _album) = Album::on(database).await;
        let (page, browser) = (hand_over(&app).await, app.browser());
        pass_seconds(&app, 15 * 60);
        is_gone(&browser.get(&page).await);
        is_gone(&browser.post(&page, &[]).await);
        let page = hand_over(&app).await;
        pass_seconds(&app, 14 * 60);
        let form = open(&browser, &page).await;
        let fields = filled(&app, &browser, &form).await;
        pass_seconds(&app, 29 * 60);
        assert_eq!(browser.get(&form).await.status, 200);
        pass_seconds(&app, 60);
        is_gone(&browser.get(&form).await);
        is_gone(&browser.post(&form, &fields).await);
        assert_eq!(app.home().number(DECLARATIONS).await, 0);
        app.finish().await;
    }

    async fn a_new_link_takes_the_old_one_out_of_other_hands(database) {
        let (app, _album) = Album::on(database).await;
        let (thief, citizen) = (app.browser(), app.browser());
        let stolen = hand_over(&app).await;
        let form = open(&thief, &stolen).await;
        let fields = filled(&app, &thief, &form).await;
        is_gone(&citizen.post(&stolen, &[]).await);
        pass_seconds(&app, 1);
        let page = hand_over(&app).await;
        is_gone(&thief.get(&form).await);
        is_gone(&thief.post(&form, &fields).await);
        let form = open(&citizen, &page).await;
        assert!(citizen.post(&form, &fields).await.location().contains("/pass/"));
        app.run_jobs().await;
        app.finish().await;
    }

    async fn a_chat_that_is_unlinked_takes_its_links_back(database) {
        let (app, _album) = Album::on(database).await;
        let browser = app.browser();
        let used = hand_over(&app).await;
        let form = open(&browser, &used).await;
        let fields = filled(&app, &browser, &form).await;
        let pass = browser.post(&form, &fields).await.location().to_owned();
        pass_seconds(&app, 1);
        let page = hand_over(&app).await;
        let workflows = &app.parts().workflows;
        let chat = Address::chat(&Album::channel(), "chat-1").unwrap();
        let address = workflows.address_of(&Album::province(), &chat);
        let link = LinkChange::Unlink {
            province: Album::province(),
            channel: Album::channel(),
            address,
        };
        let rows = Rows { link: Some(link), ..Rows::default() };
        workflows.store.append(rows).await.unwrap();
        is_gone(&browser.get(&page).await);
        is_gone(&browser.post(&page, &[]).await);
        assert_eq!(browser.get(&used).await.location(), pass, "what was declared stands");
        app.run_jobs().await;
        app.finish().await;
    }

    async fn a_link_that_never_was_looks_like_one_that_ended(database) {
        let (app, _album) = Album::on(database).await;
        let page = hand_over(&app).await;
        let browser = app.browser();
        let (rest, last) = page.split_at(page.len() - 1);
        let other = if last == "0" { "1" } else { "0" };
        let elsewhere = page.replace("base.", "ha-noi.");
        for made_up in [format!("{rest}{other}"), elsewhere, "/vi/chat/base.1".into()] {
            is_gone(&browser.get(&made_up).await);
            is_gone(&browser.post(&made_up, &[]).await);
            is_gone(&browser.get(&format!("{made_up}/form")).await);
        }
        let raw = browser.post(&page, &[]).await;
        let cookie = raw.header("set-cookie");
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
        let elsewhere = [("origin", "https://elsewhere.example"), ("sec-fetch-site", "cross-site")];
        let pressed = browser.send(Method::POST, &page, &elsewhere, Vec::new()).await;
        assert_eq!(pressed.status, 403, "no other site presses the button");
        app.finish().await;
    }
}
