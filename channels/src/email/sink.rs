//! The demo's mail server: keeps the last mails in memory for the page `/demo/mail`.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use lettre::message::Mailbox;

use super::compose;
use crate::{Content, Outbound, Sender, Sent, SettingsError};

/// A mail that went no further than this process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SunkMail {
    /// The sender.
    pub from: String,
    /// The recipient.
    pub to: String,
    /// The subject as the recipient would see it.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The HTML, if there is one.
    pub html: Option<String>,
    /// The `Message-ID`.
    pub message_id: String,
}

/// Accepts every well-formed mail and keeps the newest of them. Clones share one box.
#[derive(Clone)]
pub struct SinkMailer {
    from: Mailbox,
    keep: usize,
    mails: Arc<Mutex<VecDeque<SunkMail>>>,
}

impl SinkMailer {
    /// An empty box for the newest `keep` mails.
    pub fn new(from: &str, keep: usize) -> Result<Self, SettingsError> {
        let from = compose::mailbox(from)
            .ok_or_else(|| SettingsError::invalid("from", "is not a mail address"))?;
        Ok(Self {
            from,
            keep: keep.max(1),
            mails: Arc::default(),
        })
    }

    /// The mails kept, newest first.
    pub fn mails(&self) -> Vec<SunkMail> {
        let mails = self.mails.lock().unwrap_or_else(PoisonError::into_inner);
        mails.iter().rev().cloned().collect()
    }
}

#[async_trait]
impl Sender for SinkMailer {
    async fn send(&self, outbound: &Outbound) -> Sent {
        let Content::Mail(mail) = &outbound.content else {
            return Sent::Refused {
                code: "not a mail".into(),
            };
        };
        if let Err(malformed) = compose::message(&self.from, outbound, mail) {
            return Sent::Refused {
                code: malformed.to_string(),
            };
        }
        let mut mails = self.mails.lock().unwrap_or_else(PoisonError::into_inner);
        while mails.len() >= self.keep {
            mails.pop_front();
        }
        mails.push_back(SunkMail {
            from: self.from.to_string(),
            to: outbound.to.clone(),
            subject: compose::one_line(&mail.subject),
            text: mail.text.clone(),
            html: mail.html.clone(),
            message_id: mail.message_id.clone(),
        });
        Sent::Accepted {
            id: mail.message_id.clone(),
        }
    }
}
