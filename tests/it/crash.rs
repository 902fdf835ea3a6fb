//! `kill -9` of the real binary: what was answered, or acknowledged to a gateway, is there
//! (SECURITY.md §9 bar 1).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::Method;
use tests::{Declared, Home, Program, a_declaration, on_both, stranger};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use workflows::clock::Clock;
use workflows::form::Form;

const DECLARATIONS: u32 = 500;
/// The process is killed when so many are answered and the rest is under way.
const ANSWERED: usize = 120;

on_both! {
    async fn no_answered_declaration_is_lost_when_the_process_is_killed(database) {
        let home = Home::fresh(database).await;
        let mut program = Program::start(&home, &[]).await;
        let browser = program.browser();
        let form: Form = serde_json::from_value(browser.get("/api/v1/forms/base").await.json()).unwrap();
        let today = Clock::system().today();
        let (count, enough) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let mut declaring = JoinSet::new();
        for number in 0..DECLARATIONS {
            let body = a_declaration("base").by(stranger(number)).body(&form, today);
            let (browser, count, enough) = (browser.clone(), Arc::clone(&count), Arc::clone(&enough));
            declaring.spawn(async move {
                let key = format!("declaration-{number:06}");
                let headers = [("content-type", "application/json"), ("idempotency-key", &key)];
                let sent = body.to_string().into_bytes();
                let answer = browser.try_send(Method::POST, "/api/v1/declarations", &headers, sent).await;
                let answer = answer.ok().filter(|a| a.status == 201)?;
                if count.fetch_add(1, Ordering::SeqCst) + 1 == ANSWERED {
                    enough.notify_one();
                }
                Some(Declared::of(&answer.json()))
            });
        }
        enough.notified().await;
        program.kill();
        let answered: Vec<Declared> = declaring.join_all().await.into_iter().flatten().collect();
        let lost = usize::try_from(DECLARATIONS).unwrap() - answered.len();
        assert!(answered.len() >= ANSWERED && lost > 0, "{} answered: it was killed too late", answered.len());

        let program = Program::start(&home, &[("KHAIBAO_NODE", "after")]).await;
        let browser = program.browser();
        for declared in &answered {
            let page = browser.get(&declared.page).await;
            assert_eq!(page.status, 200, "{} was answered and is gone", declared.id);
        }
        let halves = "SELECT COUNT(*) FROM declarations d LEFT JOIN passes p \
            ON p.province = d.province AND p.declaration = d.id WHERE p.id IS NULL";
        assert_eq!(home.number(halves).await, 0, "a declaration has its pass");
        let (said, status) = Program::run(&home, &["audit", "verify"]);
        assert!(status.success(), "{said}");
        let (_, status) = program.stop();
        assert!(status.success());
        home.remove().await;
    }

    async fn no_acknowledged_text_is_lost_or_doubled_when_the_process_is_killed(database) {
        let home = Home::fresh(database).await;
        // Nobody listens for what is sent: this is about what came in.
        let channel = [
            ("KHAIBAO_CHANNEL__SMS-K__KIND", "kannel"),
            ("KHAIBAO_CHANNEL__SMS-K__PROVINCE", "base"),
            ("KHAIBAO_CHANNEL__SMS-K__SETTINGS__URL", "http://127.0.0.1:9/"),
            ("KHAIBAO_CHANNEL__SMS-K__SETTINGS__USERNAME", "u"),
            ("KHAIBAO_CHANNEL__SMS-K__SETTINGS__PASSWORD", "\"p\""),
            ("KHAIBAO_CHANNEL__SMS-K__SETTINGS__SENDER", "\"8066\""),
            ("KHAIBAO_CHANNEL__SMS-K__SETTINGS__SECRET", "kannel-secret"),
        ];
        let mut program = Program::start(&home, &channel).await;
        let browser = program.browser();
        let address = |number: u32| {
            format!("/hooks/sms-k?secret=kannel-secret&id=event-{number}&from=0912{number:06}&to=8066&text=KB")
        };
        let (count, enough) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let mut texting = JoinSet::new();
        for number in 0..DECLARATIONS {
            let (browser, count, enough) = (browser.clone(), Arc::clone(&count), Arc::clone(&enough));
            texting.spawn(async move {
                let answer = browser.try_send(Method::GET, &address(number), &[], Vec::new()).await;
                answer.ok().filter(|a| a.status == 200)?;
                if count.fetch_add(1, Ordering::SeqCst) + 1 == ANSWERED {
                    enough.notify_one();
                }
                Some(number)
            });
        }
        enough.notified().await;
        program.kill();
        let known: Vec<u32> = texting.join_all().await.into_iter().flatten().collect();
        let all = usize::try_from(DECLARATIONS).unwrap();
        assert!(known.len() >= ANSWERED && known.len() < all, "{}: killed too late", known.len());
        let events = "SELECT COUNT(*) FROM inbox WHERE channel = 'sms-k'";
        let kept = usize::try_from(home.number(events).await).unwrap();
        assert!(kept >= known.len(), "{kept} kept, {} acknowledged", known.len());

        let settings = [channel.as_slice(), &[("KHAIBAO_NODE", "after")]].concat();
        let program = Program::start(&home, &settings).await;
        let browser = program.browser();
        for number in known {
            assert_eq!(browser.get(&address(number)).await.status, 200, "the gateway repeats");
        }
        assert_eq!(usize::try_from(home.number(events).await).unwrap(), kept, "each is there once");
        let (_, status) = program.stop();
        assert!(status.success());
        home.remove().await;
    }
}
