//! Receipts: matched with what was sent in whatever form the id comes, early or late, and never
//! taking a message back.

use tests::{TestApp, on_both};
use workflows::message::{Event, Receipt, ReceiptState};

use crate::outbox::{
    NUMBER, accepted, pass_seconds, queue, reply, sms, state, unknown, with_channel,
};

async fn receive(app: &TestApp, id: &str, to: Option<&str>, state: ReceiptState) {
    let receipt = Receipt {
        provider_id: id.into(),
        to: to.map(str::to_owned),
        state,
        code: Some("000".into()),
    };
    let inlet = app.parts().inlet(&sms()).unwrap();
    inlet.take(Event::Receipt(receipt)).await.unwrap();
}

on_both! {
    async fn a_receipt_by_number_ends_the_wait_for_an_answer_that_never_came(database) {
        let (app, script) = with_channel(database, &[("unknown", "\"wait\"")]).await;
        script.now(|_, _| unknown());
        let id = queue(&app, reply("one").within(60)).await;
        app.run_jobs().await;
        receive(&app, "never-heard-of", Some("84912345678"), ReceiptState::Delivered).await;
        assert_eq!(state(&app, id).await, "unknown", "an answer may still come");
        pass_seconds(&app, 30);
        app.run_jobs().await;
        assert_eq!(state(&app, id).await, "delivered");
        pass_seconds(&app, 600);
        app.run_jobs().await;
        assert_eq!(script.texts().len(), 1);
        app.finish().await;
    }

    async fn a_receipt_never_takes_a_message_back(database) {
        use ReceiptState::{Delivered, Failed, Read, Underway};
        let (app, _script) = with_channel(database, &[]).await;
        let id = queue(&app, reply("one")).await;
        app.run_jobs().await;
        for (comes, becomes) in [
            (Underway, "sent"), (Failed, "refused"), (Delivered, "delivered"), (Delivered, "delivered"),
            (Failed, "delivered"), (Read, "read"), (Delivered, "read"), (Failed, "read"), (Read, "read"),
        ] {
            receive(&app, "m-1", Some(NUMBER), comes).await;
            assert_eq!(state(&app, id).await, becomes, "{comes:?}");
        }
        assert_eq!(app.home().number("SELECT COUNT(*) FROM orphan_receipts").await, 0);
        app.finish().await;
    }

    async fn an_id_in_another_form_is_believed_for_the_same_number_only(database) {
        let (app, script) = with_channel(database, &[]).await;
        for (sent, receipt, matches) in [
            ("00012A", "12a", true),
            ("FF01", "0000065281", true),
            ("65282", "ff02", true),
            ("abcd", "43982", false),
        ] {
            let name = sent.to_owned();
            script.now(move |_, _| accepted(&name));
            let id = queue(&app, reply(sent)).await;
            app.run_jobs().await;
            receive(&app, receipt, Some("0987654321"), ReceiptState::Delivered).await;
            assert_eq!(state(&app, id).await, "sent", "{sent}: another number");
            receive(&app, receipt, Some("0912 345 678"), ReceiptState::Delivered).await;
            assert_eq!(state(&app, id).await == "delivered", matches, "{sent} {receipt}");
        }
        app.finish().await;
    }

    async fn a_receipt_that_comes_before_the_answer_waits_for_it(database) {
        let (app, script) = with_channel(database, &[]).await;
        receive(&app, "early", Some(NUMBER), ReceiptState::Delivered).await;
        receive(&app, "lost", None, ReceiptState::Delivered).await;
        script.now(|_, _| accepted("early"));
        let id = queue(&app, reply("one")).await;
        app.run_jobs().await;
        assert_eq!(state(&app, id).await, "delivered");
        assert_eq!(app.home().number("SELECT COUNT(*) FROM orphan_receipts").await, 1);
        pass_seconds(&app, 3_600);
        app.run_jobs().await;
        assert_eq!(app.home().number("SELECT COUNT(*) FROM orphan_receipts").await, 0);
        app.finish().await;
    }
}
