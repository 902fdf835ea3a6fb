//! Kannel's adapter, case by case. The real Kannel is in `tests/it/kannel.rs` at the top of the
//! tree; the answers here are the ones it was seen to give, from a small server on a socket.

use crate::calls::{Call, ID, hook, message, open, try_open, word};
use crate::peers::{Reply, Stub};
use channels::inbound::HookError;
use channels::sms::SmsChannel;
use workflows::clock::Moment;
use workflows::message::{Event, PartOf, ReceiptState};

const MESSAGE: &str = "secret=kannel-secret&from=84901234567&to=8066&text=KB%2B1+%C4%90%C3%A0\
    &id=5c538813&time=1795477599&smsc=fake1&coding=0&charset=UTF-8";

fn kannel(address: &str) -> SmsChannel {
    open(
        "kannel",
        &format!(
            "url = \"{address}/cgi-bin/sendsms\"\nusername = \"khaibao\"\npassword = \"hunter22\"\n\
             sender = \"8066\"\nsecret = \"kannel-secret\"\ntimeout_milliseconds = 400"
        ),
    )
}

fn nowhere() -> SmsChannel {
    kannel("http://127.0.0.1:9")
}

async fn outcome(reply: Reply) -> String {
    let stub = Stub::start(vec![reply]).await;
    let channel = kannel(&stub.address());
    word(&channel.sender.send(&message("Ma: 1", None)).await)
}

#[test]
fn a_message_is_read_with_its_id_time_and_accents() {
    let read = Call::get(MESSAGE).message(hook(&nowhere()).as_ref());
    assert_eq!(read.event_id.as_deref(), Some("5c538813"));
    assert_eq!(
        (read.from.as_str(), read.to.as_str()),
        ("84901234567", "8066")
    );
    assert_eq!(read.text, "KB+1 Đà");
    assert_eq!(read.sent_at, Some(Moment(1_795_477_599_000_000)));
}

#[test]
fn a_message_in_ucs_2_comes_in_octets_of_utf_16() {
    let query = "secret=kannel-secret&from=849&to=8066&id=1&coding=2&charset=UTF-16BE\
        &text=%00K%00B%00+%1E%A5%D8%3D%DE7";
    let read = Call::get(query).message(hook(&nowhere()).as_ref());
    assert_eq!(read.text, "KB ấ😷");
    for odd in ["&text=%", "&text=%0", "&text=%zz%00", "&text=", ""] {
        let query = query.replace("&text=%00K%00B%00+%1E%A5%D8%3D%DE7", odd);
        assert!(Call::get(&query).events(hook(&nowhere()).as_ref()).is_ok());
    }
}

#[test]
fn a_repeated_message_has_the_same_id() {
    let hook = hook(&nowhere());
    let ids = [(); 2].map(|()| Call::get(MESSAGE).message(hook.as_ref()).event_id);
    assert_eq!(ids[0], ids[1]);
}

#[test]
fn a_wrong_missing_or_longer_secret_is_not_let_in() {
    let hook = hook(&nowhere());
    for secret in [
        "secret=kannel-secreT",
        "x=1",
        "secret=",
        "secret=kannel-secret2",
    ] {
        let query = MESSAGE.replace("secret=kannel-secret", secret);
        assert_eq!(
            Call::get(&query).events(hook.as_ref()).err(),
            Some(HookError::Unsigned)
        );
    }
}

#[test]
fn a_message_without_sender_recipient_or_id_is_malformed() {
    let hook = hook(&nowhere());
    for field in ["from=", "to=", "&id="] {
        let query = MESSAGE.replace(field, "&none=");
        let read = Call::get(&query).events(hook.as_ref());
        assert!(matches!(read, Err(HookError::Malformed(_))), "{field}");
    }
    let latin = MESSAGE.replace("UTF-8", "ISO-8859-1");
    assert!(Call::get(&latin).events(hook.as_ref()).is_err());
}

#[test]
fn data_that_nobody_typed_is_ignored_and_an_empty_text_is_not() {
    let hook = hook(&nowhere());
    let binary = Call::get(&MESSAGE.replace("coding=0", "coding=1"));
    assert!(matches!(
        binary.events(hook.as_ref()).unwrap()[0],
        Event::Ignored(_)
    ));
    let empty = Call::get("secret=kannel-secret&from=849&to=8066&id=1&text=");
    assert_eq!(empty.message(hook.as_ref()).text, "");
}

#[test]
fn a_receipt_carries_our_id_and_only_the_code_of_what_the_smsc_said() {
    let hook = hook(&nowhere());
    let cases = [
        ("1", ReceiptState::Delivered, "", None),
        ("8", ReceiptState::Underway, "ACK%2F", None),
        ("4", ReceiptState::Underway, "", None),
        (
            "16",
            ReceiptState::Failed,
            "NACK%2F88%2FThrottled",
            Some("88"),
        ),
        (
            "2",
            ReceiptState::Failed,
            "id%3A1+sub%3A001+stat%3AUNDELIV+err%3A045+text%3ANguyen+Van+An",
            Some("045"),
        ),
    ];
    for (bit, state, answer, code) in cases {
        let query = format!("secret=kannel-secret&dlr={bit}&answer={answer}&foreign=9&id={ID}");
        let receipt = Call::get(&query).receipt(hook.as_ref());
        assert_eq!((receipt.state, receipt.provider_id.as_str()), (state, ID));
        assert_eq!(receipt.code.as_deref(), code);
    }
    let odd = Call::get(&format!("secret=kannel-secret&dlr=64&id={ID}"));
    assert!(matches!(
        odd.events(hook.as_ref()).unwrap()[0],
        Event::Ignored(_)
    ));
    let nobody = Call::get("secret=kannel-secret&dlr=1");
    assert!(nobody.events(hook.as_ref()).is_err());
}

#[test]
fn the_answer_is_empty_because_kannel_would_send_it_on() {
    let taken = hook(&nowhere()).taken();
    assert_eq!((taken.status, taken.body.as_str()), (200, ""));
}

#[tokio::test]
async fn a_part_goes_out_with_its_header_and_nothing_personal_in_the_address() {
    let stub = Stub::start(vec![Reply::status(202, "0: Accepted for delivery"); 2]).await;
    let channel = kannel(&stub.address());
    let part = PartOf {
        reference: 0x1_41,
        number: 1,
        total: 2,
    };
    let sent = channel.sender.send(&message("Ma: {1}", Some(part))).await;
    assert_eq!(word(&sent), format!("accepted {ID}"));
    channel.sender.send(&message("Mã: 1", None)).await;
    let requests = stub.requests();
    let (head, body) = requests[0].split_once("\r\n\r\n").unwrap();
    assert!(
        head.starts_with("POST /cgi-bin/sendsms HTTP/1.1\r\n"),
        "{head}"
    );
    for line in [
        "x-kannel-to: +84912345678\r\n",
        "x-kannel-from: 8066\r\n",
        "x-kannel-coding: 0\r\n",
        "x-kannel-udh: 050003410201\r\n",
        "x-kannel-dlr-mask: 19\r\n",
    ] {
        assert!(head.contains(line), "{line} in {head}");
    }
    let receipts = format!(
        "x-kannel-dlr-url: https://khaibao.example/hooks/sms-main?secret=kannel-secret\
         &dlr=%d&answer=%A&foreign=%F&id={ID}"
    );
    assert!(head.contains(&receipts), "{head}");
    assert_eq!(body, "Ma: {1}");
    let (head, body) = requests[1].split_once("\r\n\r\n").unwrap();
    assert!(
        head.contains("x-kannel-coding: 2\r\n") && !head.contains("udh"),
        "{head}"
    );
    assert_eq!(body, "Mã: 1");
}

#[tokio::test]
async fn each_answer_has_its_word() {
    let accepted = format!("accepted {ID}");
    let cases = [
        (
            Reply::status(202, "0: Accepted for delivery"),
            accepted.as_str(),
        ),
        (
            Reply::status(202, "3: Queued for later delivery"),
            &accepted,
        ),
        (Reply::status(202, "?"), "unknown http 202"),
        (
            Reply::status(403, "Not routable. Do not try again."),
            "refused http 403",
        ),
        (
            Reply::status(403, "Authorization failed for sendsms"),
            "away 60",
        ),
        (Reply::status(400, "Sender missing"), "refused http 400"),
        (
            Reply::status(503, "Temporal failure, try again later."),
            "away 5",
        ),
        (Reply::status(302, ""), "away 60"),
        (Reply::status(500, ""), "unknown http 500"),
        (Reply::Silence, "unknown no answer in time"),
        (Reply::Cut, "unknown the answer broke off"),
    ];
    for (reply, expected) in cases {
        assert_eq!(outcome(reply.clone()).await, expected, "{reply:?}");
    }
}

#[tokio::test]
async fn a_kannel_that_is_not_there_got_nothing() {
    let sent = nowhere().sender.send(&message("Ma: 1", None)).await;
    assert_eq!(word(&sent), "away 5");
}

#[test]
fn misspelt_or_weak_settings_are_refused() {
    let good = "url = \"https://k.example/\"\nusername = \"u\"\npassword = \"p\"\nsender = \"1\"\n";
    assert!(try_open("kannel", &format!("{good}secret = \"long-enough\"")).is_ok());
    for bad in [
        "",
        "secret = \"short\"",
        "secret = \"long-enough\"\nsmcs = \"x\"",
    ] {
        assert!(
            try_open("kannel", &format!("{good}{bad}")).is_err(),
            "{bad}"
        );
    }
    let plain = good.replace("https://", "http://");
    assert!(try_open("kannel", &format!("{plain}secret = \"long-enough\"")).is_err());
    assert!(try_open("pigeon", good).is_err());
}
