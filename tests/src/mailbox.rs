//! What the real SMTP server of `cargo xtask peers` got.

use serde_json::Value;

use crate::tools;

/// A mail as Python's parser read it.
#[derive(Clone, Debug)]
pub struct Received {
    /// Recipient.
    pub to: String,
    /// Message-ID with its brackets.
    pub message_id: String,
    /// Subject.
    pub subject: String,
    /// Plain text part.
    pub text: String,
    /// HTML part.
    pub html: String,
    /// Every byte, as text.
    pub raw: String,
}

/// Mails whose Message-ID names this domain, oldest first.
pub(crate) fn of_domain(domain: &str) -> Vec<Received> {
    let file = tools::variable("KHAIBAO_TEST_MAILBOX");
    let lines = std::fs::read_to_string(file).unwrap_or_default();
    let mails = lines
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let of_ours = mails.filter(|m| {
        let id = m["message_id"].as_str().unwrap_or_default();
        id.ends_with(&format!("@{domain}>"))
    });
    of_ours.map(|m| received(&m)).collect()
}

fn received(mail: &Value) -> Received {
    let text = |name: &str| mail[name].as_str().unwrap_or_default().to_owned();
    Received {
        to: mail["rcpt_to"][0].as_str().unwrap_or_default().to_owned(),
        message_id: text("message_id"),
        subject: text("subject"),
        text: text("text"),
        html: text("html"),
        raw: text("raw"),
    }
}
