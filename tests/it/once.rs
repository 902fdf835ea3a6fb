//! The picture of a pass, for a provider that fetches it: there once, for some minutes, under an
//! address that nobody can guess.

use reqwest::Method;
use tests::{Album, Answer, Browser, Role, TestApp, a_declaration, on_both, tools};
use tokio::task::JoinSet;
use workflows::ids::OutboundId;
use workflows::inbox::{BODY, RECIPIENT};
use workflows::message::{Address, ChatText, Class};
use workflows::store::{OutboxRow, Rows};

use crate::outbox::pass_seconds;

/// Queues a pass for a chat and hands it over; its QR text.
async fn send_pass(app: &TestApp) -> String {
    let qr = app.declare(&a_declaration("base")).await.qr;
    let workflows = &app.parts().workflows;
    let (province, now) = (Album::province(), app.clock.now());
    let id = OutboundId(app.clock.uuid());
    let key = workflows.sealing.key(&province, now).await.unwrap();
    let row = id.0.as_bytes();
    let words = ChatText {
        text: "your pass".into(),
        qr: Some(qr.clone()),
        ..ChatText::default()
    };
    let seal = &workflows.sealing;
    let chat = Address::chat(&Album::channel(), "chat-1").unwrap();
    let message = OutboxRow {
        province: province.clone(),
        id,
        channel: Album::channel(),
        class: Class::Pass,
        cause: id.to_string(),
        recipient: seal.seal(&key, RECIPIENT, row, &"chat-1").unwrap(),
        body: seal.seal(&key, BODY, row, &words).unwrap(),
        address: Some(workflows.address_of(&province, &chat)),
        units: 1,
        part: None,
        due_at: now,
        deadline_at: now.plus_minutes(60),
        instead_of: None,
    };
    let rows = Rows {
        outbox: vec![message],
        ..Rows::default()
    };
    workflows.store.append(rows).await.unwrap();
    app.run_jobs().await;
    qr
}

/// Where the provider was told to fetch it.
fn path(album: &Album) -> String {
    let (_, message) = album.tried().pop().unwrap();
    let url = message.picture.unwrap().url.unwrap();
    format!("/once/{}", url.split_once("/once/").unwrap().1)
}

async fn head(browser: &Browser, path: &str) -> Answer {
    browser.send(Method::HEAD, path, &[], Vec::new()).await
}

on_both! {
    async fn a_picture_is_fetched_once_and_looking_at_its_head_does_not_count(database) {
        let (app, album) = Album::on(database).await;
        let qr = send_pass(&app).await;
        let (path, browser) = (path(&album), app.browser());
        for _ in 0..2 {
            assert_eq!(head(&browser, &path).await.status, 200);
        }
        let picture = browser.get(&path).await;
        assert_eq!((picture.status, picture.header("content-type")), (200, "image/png"));
        assert_eq!(picture.header("cache-control"), "no-store");
        assert_eq!(tools::read_qr(&picture.body), qr);
        assert_eq!(browser.get(&path).await.status, 404);
        assert_eq!(head(&browser, &path).await.status, 404);
        app.finish().await;
    }

    async fn of_many_who_come_at_once_one_gets_it(database) {
        let (app, album) = Album::on(database).await;
        send_pass(&app).await;
        let path = path(&album);
        let mut comers = JoinSet::new();
        for _ in 0..8 {
            let (browser, path) = (app.browser(), path.clone());
            comers.spawn(async move { browser.get(&path).await.status });
        }
        let mut all = comers.join_all().await;
        all.sort_unstable();
        assert_eq!(all, [200, 404, 404, 404, 404, 404, 404, 404]);
        app.finish().await;
    }

    async fn after_ten_minutes_or_under_another_name_there_is_none(database) {
        let (app, album) = Album::on(database).await;
        send_pass(&app).await;
        let (path, browser) = (path(&album), app.browser());
        let name = path.strip_prefix("/once/base.").unwrap().strip_suffix(".png").unwrap();
        let first = if name.starts_with('A') { "B" } else { "A" };
        let others = [
            format!("/once/ha-noi.{name}.png"),
            format!("/once/base.{first}{}.png", &name[1..]),
            format!("/once/base.{name}"),
            format!("/once/base.{}.png", &name[..40]),
            format!("/once/{name}.png"),
            "/once/base..png".into(),
            "/once/x".into(),
        ];
        for other in others {
            let none = browser.get(&other).await;
            assert_eq!((none.status, none.text()), (404, String::new()), "{other}");
        }
        pass_seconds(&app, 599);
        assert_eq!(head(&browser, &path).await.status, 200);
        pass_seconds(&app, 1);
        assert_eq!(browser.get(&path).await.status, 404);
        app.finish().await;
    }

    async fn a_message_that_is_sent_again_brings_its_picture_again(database) {
        let (app, album) = Album::on(database).await;
        album.now(|_| channels::Sent::Unknown { why: "no answer".into() });
        let qr = send_pass(&app).await;
        let (first, browser) = (path(&album), app.browser());
        assert_eq!(browser.get(&first).await.status, 200);
        album.now(|_| channels::Sent::Accepted { id: "a-1".into() });
        pass_seconds(&app, 60);
        app.run_jobs().await;
        let second = path(&album);
        assert_ne!(first, second);
        assert_eq!(browser.get(&first).await.status, 404);
        assert_eq!(tools::read_qr(&browser.get(&second).await.body), qr);
        app.finish().await;
    }

    async fn a_chat_that_was_not_heard_for_a_day_is_pointed_out(database) {
        let (app, _album) = Album::on(database).await;
        send_pass(&app).await;
        let heard = app.clock.now().0;
        app.home().execute(&format!("UPDATE channel_flow SET last_heard_at = {heard}")).await;
        let page = async || {
            let admin = app.log_in(Role::Admin, "base").await;
            let page = admin.browser.get("/admin/channels?lang=en").await.text();
            let section = page.split("id=\"channel-chat-album\"").nth(1).unwrap();
            section.split("</section>").next().unwrap().to_owned()
        };
        let early = page().await;
        assert!(early.contains("chat · album"), "{early}");
        let warning = "Nothing was heard for more than a day";
        assert!(!early.contains(warning), "{early}");
        pass_seconds(&app, 24 * 3_600);
        let late = page().await;
        assert!(late.contains(warning), "{late}");
        app.finish().await;
    }
}
