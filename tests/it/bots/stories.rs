//! The table: what happens, for every provider on both databases.

use tests::{Reply, TelegramStub, Zalo, on_both};
use workflows::phrase::{self, Language};

use super::{Bot, Did, NUMBER, Provider};
use crate::outbox::pass_seconds;

const DECLARES: &str = "KB 001090000001 Nguyen Van An, Ha Noi, 0";

/// What a provider makes of a message, and what becomes of it.
struct Outcome {
    reply: Reply,
    /// After the first try.
    first: &'static str,
    /// Once the provider takes everything again.
    last: &'static str,
    tries: usize,
}

const OUTCOMES: [Outcome; 5] = [
    Outcome {
        reply: Reply::Taken,
        first: "sent",
        last: "sent",
        tries: 1,
    },
    Outcome {
        reply: Reply::Refused,
        first: "refused",
        last: "refused",
        tries: 1,
    },
    Outcome {
        reply: Reply::Later,
        first: "queued",
        last: "sent",
        tries: 2,
    },
    Outcome {
        reply: Reply::Lost,
        first: "queued",
        last: "sent",
        tries: 2,
    },
    Outcome {
        reply: Reply::Blocked,
        first: "stopped",
        last: "stopped",
        tries: 1,
    },
];

macro_rules! stories {
    ($($(#[$meta:meta])* async fn $name:ident($bot:ident) $body:block)+) => {$(
        mod $name {
            use super::*;

            async fn told<P: Provider>(bot: Bot<P>) {
                let mut $bot = bot;
                $body
            }

            on_both! {
                $(#[$meta])*
                async fn telegram(database) {
                    told(Bot::<TelegramStub>::on(database).await).await;
                }

                $(#[$meta])*
                async fn zalo(database) {
                    told(Bot::<Zalo>::on(database).await).await;
                }
            }
        }
    )+};
}

fn vi(key: &str) -> String {
    phrase::text(Language::Vi, key)
}

stories! {
    async fn what_is_valid_is_answered(bot) {
        let hello = bot.does(Did::Follows).await;
        let asked = bot.does(Did::Presses(hello.token("Khai báo"))).await;
        assert!(asked.text.contains(&vi("chat-talk-document")), "{asked:?}");
        let pass = bot.says(DECLARES).await;
        assert!(pass.has_picture && pass.text.contains("mã"), "{pass:?}");
        assert!(!pass.text.contains("001090000001"), "{pass:?}");
        assert!(pass.offers("/sdt"), "{pass:?}");
        assert!(bot.says("/the").await.has_picture);
        assert_eq!(bot.kept().await, 4);
        bot.finish().await;
    }

    async fn what_lacks_something_is_let_go_and_leaves_nothing(bot) {
        let stamp = bot.stamp();
        for (update, status) in P::incomplete(stamp) {
            let body = update.to_string();
            let answer = bot.call(&body, &P::signature(&body)).await;
            assert_eq!(answer.status, status, "{body}");
        }
        bot.app.run_jobs().await;
        assert_eq!((bot.kept().await, bot.peer.tries()), (0, 0));
        bot.finish().await;
    }

    async fn what_is_not_signed_is_refused_and_leaves_nothing(bot) {
        let body = P::update(Did::Writes("/start"), bot.stamp()).to_string();
        for header in P::forgeries(&body) {
            assert_eq!(bot.call(&body, &header).await.status, 401, "{header:?}");
        }
        let signature = P::signature(&body);
        for broken in ["", "{", &body[1..]] {
            let status = bot.call(broken, &signature).await.status;
            // Whose secret is in a header alone has said who it is.
            assert!([200, 401].contains(&status), "{status} {broken}");
        }
        bot.app.run_jobs().await;
        assert_eq!((bot.kept().await, bot.peer.tries()), (0, 0));
        bot.finish().await;
    }

    async fn what_is_repeated_is_answered_once_however_late(bot) {
        let update = P::update(Did::Writes("/start"), bot.stamp());
        for _ in 0..5 {
            bot.calls(&update).await;
        }
        bot.app.run_jobs().await;
        bot.calls(&update).await;
        let bot = bot.restarted().await;
        bot.calls(&update).await;
        bot.app.run_jobs().await;
        pass_seconds(&bot.app, 71 * 3_600);
        bot.app.run_jobs().await;
        bot.calls(&update).await;
        bot.app.run_jobs().await;
        assert_eq!((bot.kept().await, bot.peer.tries()), (1, 1));
        bot.finish().await;
    }

    async fn what_arrives_swapped_is_answered_in_the_order_of_arrival(bot) {
        let (early, late) = (bot.stamp(), bot.stamp());
        bot.peer.answers(Reply::Later);
        for (text, stamp) in [("/khaibao", late), ("C1234567", early)] {
            bot.calls(&P::update(Did::Writes(text), stamp)).await;
            bot.app.run_jobs().await;
            pass_seconds(&bot.app, 1);
        }
        // Both answers wait by now, and leave at once.
        assert!(bot.peer.heard().is_empty());
        bot.peer.answers(Reply::Taken);
        pass_seconds(&bot.app, P::REST);
        bot.app.run_jobs().await;
        let heard = bot.peer.heard();
        assert_eq!(heard.len(), 2, "{heard:?}");
        for (said, asked) in heard.iter().zip(["chat-talk-document", "talk-name"]) {
            assert!(said.text.contains(&vi(asked)), "{asked}: {heard:?}");
        }
        assert_eq!(bot.kept().await, 2);
        bot.finish().await;
    }

    async fn who_declared_is_reminded_while_it_is_free_of_charge(bot) {
        bot.app.set_clock("2026-11-23 18:00");
        let pass = bot.says(DECLARES).await;
        assert!(pass.has_picture && pass.offers("/sdt") && pass.offers("DY"), "{pass:?}");
        pass_seconds(&bot.app, P::REMINDED * 3_600 - 1);
        bot.app.run_jobs().await;
        assert_eq!(bot.peer.heard().len(), 1);
        pass_seconds(&bot.app, 2);
        bot.app.run_jobs().await;
        let heard = bot.peer.heard();
        assert_eq!(heard.len(), 2, "{heard:?}");
        assert!(heard[1].text.contains("dùng được đến 18:00 26/11/2026"), "{heard:?}");
        bot.finish().await;
    }

    async fn a_stale_button_gets_the_present_question(bot) {
        bot.says("/khaibao").await;
        bot.says("C1234567").await;
        bot.says("Anna Bell").await;
        let gender = bot.says("1984").await;
        let press = Did::Presses(gender.token("Nữ"));
        let next = bot.does(press).await;
        let again = bot.does(press).await;
        assert!(again.text.starts_with(&vi("chat-stale")), "{again:?}");
        assert!(again.text.ends_with(&next.text), "{again:?}");
        assert_eq!(bot.app.home().number("SELECT COUNT(*) FROM declarations").await, 0);
        bot.finish().await;
    }

    async fn the_language_that_somebody_chose_is_that_of_their_next_conversation(bot) {
        for said in ["EN", DECLARES, "AGREE"] {
            bot.says(said).await;
        }
        // Days later nothing is left but what they let us keep.
        bot.app.home().execute("DELETE FROM conversations").await;
        let summary = bot.says("/khaibao").await;
        assert!(summary.text.starts_with("Declare for"), "{summary:?}");
        bot.finish().await;
    }

    async fn a_shared_number_is_the_chats_own_only_with_a_proof(bot) {
        bot.says("/start").await;
        let said = bot.does(Did::SharesNumber(NUMBER)).await;
        let linked = "SELECT COUNT(*) FROM linked_chats";
        assert_eq!(bot.app.home().number(linked).await == 1, P::VOUCHES, "{said:?}");
        if !P::VOUCHES {
            let text = bot.texts.texts().pop().unwrap();
            let code: String = text.chars().filter(char::is_ascii_digit).take(6).collect();
            bot.says(&code).await;
            assert_eq!(bot.app.home().number(linked).await, 1);
        }
        assert!(bot.texts.texts().is_empty());
        bot.finish().await;
    }

    async fn in_a_group_nobody_declares(bot) {
        bot.happens(Did::WritesInGroup("/khaibao")).await;
        bot.happens(Did::WritesInGroup("/khaibao C1234567")).await;
        let heard = bot.peer.heard();
        let texts: Vec<&str> = heard.iter().map(|said| said.text.as_str()).collect();
        let refusal = vi("chat-group");
        let times = if P::HAS_GROUPS { 2 } else { 0 };
        assert_eq!(texts, vec![refusal.as_str(); times]);
        for kept in ["declarations", "linked_chats", "profiles"] {
            let sql = format!("SELECT COUNT(*) FROM {kept}");
            assert_eq!(bot.app.home().number(&sql).await, 0, "{kept}");
        }
        // The same person's own chat is none the worse.
        let asked = bot.says("/khaibao").await;
        assert!(asked.text.contains(&vi("chat-talk-document")), "{asked:?}");
        bot.finish().await;
    }

    async fn who_leaves_hears_nothing_until_they_write_again(bot) {
        bot.says("/start").await;
        bot.happens(Did::Leaves).await;
        bot.notify().await;
        bot.app.run_jobs().await;
        assert_eq!((bot.peer.tries(), bot.in_state("stopped").await), (1, 1));
        bot.says("/start").await;
        bot.notify().await;
        bot.app.run_jobs().await;
        assert_eq!(bot.peer.tries(), 3);
        bot.finish().await;
    }

    async fn who_blocks_us_hears_nothing_until_they_write_again(bot) {
        bot.peer.answers(Reply::Blocked);
        bot.happens(Did::Writes("/start")).await;
        bot.peer.answers(Reply::Taken);
        for _ in 0..3 {
            bot.notify().await;
        }
        bot.app.run_jobs().await;
        assert_eq!((bot.peer.tries(), bot.in_state("stopped").await), (1, 4));
        bot.says("/start").await;
        bot.notify().await;
        bot.app.run_jobs().await;
        assert_eq!(bot.peer.tries(), 3);
        bot.finish().await;
    }

    async fn too_many_messages_wait_as_long_as_the_provider_wants(bot) {
        bot.peer.answers(Reply::Later);
        bot.happens(Did::Writes("/start")).await;
        bot.peer.answers(Reply::Taken);
        pass_seconds(&bot.app, P::REST - 1);
        bot.app.run_jobs().await;
        assert_eq!(bot.peer.tries(), 1, "it is left alone");
        pass_seconds(&bot.app, 1);
        bot.app.run_jobs().await;
        assert_eq!((bot.peer.tries(), bot.peer.heard().len()), (2, 1));
        bot.finish().await;
    }

    async fn each_answer_of_a_provider_has_its_end(bot) {
        for (row, outcome) in OUTCOMES.iter().enumerate() {
            bot.app.home().execute("DELETE FROM outbox").await;
            let before = bot.peer.tries();
            bot.peer.answers(outcome.reply);
            bot.happens(Did::Writes("/start")).await;
            assert_eq!(bot.in_state(outcome.first).await, 1, "row {row}: {:?}", outcome.reply);
            bot.peer.answers(Reply::Taken);
            pass_seconds(&bot.app, 120);
            bot.app.run_jobs().await;
            assert_eq!(bot.in_state(outcome.last).await, 1, "row {row}: {:?}", outcome.reply);
            assert_eq!(bot.peer.tries() - before, outcome.tries, "row {row}");
        }
        bot.finish().await;
    }

    async fn who_never_answers_is_asked_twice(bot) {
        bot.peer.answers(Reply::Lost);
        bot.happens(Did::Writes("/start")).await;
        for _ in 0..10 {
            pass_seconds(&bot.app, 60);
            bot.app.run_jobs().await;
        }
        assert_eq!((bot.peer.tries(), bot.in_state("unknown").await), (2, 1));
        bot.finish().await;
    }
}
