//! E-mail over SMTP.
//!
//! lettre's own transport hides how far a mail got when something broke, and its time-out covers
//! connecting only (CHANNELS.md §B6). So this file drives lettre's connection step by step: what
//! fails before the text has left is safe to send again, what fails after is [`Sent::Unknown`].
//! Every mail has a connection of its own; a daily report needs no pool.

mod compose;
mod settings;
mod sink;

use std::fmt::Display;
use std::time::Duration;

use async_trait::async_trait;
use lettre::address::Envelope;
use lettre::message::Mailbox;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands;
use lettre::transport::smtp::extension::ClientId;
use tokio::time::{Instant, timeout, timeout_at};
use workflows::ids::OutboundId;

use crate::settings::is_loopback;
use crate::{Content, Outbound, Sender, Sent, SettingsError};

pub use settings::{Encryption, SmtpSettings};
pub use sink::{SinkMailer, SunkMail};

const RETRY_BUSY: Duration = Duration::from_mins(1);
const RETRY_NO_SESSION: Duration = Duration::from_mins(2);
const RETRY_OUR_FAULT: Duration = Duration::from_mins(10);
const FAREWELL: Duration = Duration::from_secs(1);

/// The `Message-ID` of an outbox row: the same for every attempt.
pub fn message_id(id: OutboundId, domain: &str) -> String {
    format!("<{id}@{domain}>")
}

/// Sends mail through an SMTP server.
pub struct SmtpMailer {
    host: String,
    port: u16,
    encryption: Encryption,
    tls: Option<TlsParameters>,
    credentials: Option<Credentials>,
    from: Mailbox,
    hello: ClientId,
    time: Duration,
}

impl SmtpMailer {
    /// Checks the settings and reads the files they name; connects nowhere.
    pub fn open(settings: &SmtpSettings) -> Result<Self, SettingsError> {
        if settings.tls == Encryption::None && !is_loopback(&settings.host) {
            return Err(SettingsError::invalid(
                "tls",
                "none is for a server on this machine",
            ));
        }
        let from = compose::mailbox(&settings.from)
            .ok_or_else(|| SettingsError::invalid("from", "is not a mail address"))?;
        let hello = settings
            .hello_name
            .clone()
            .unwrap_or_else(|| from.email.domain().to_owned());
        if !compose::is_dotted_name(&hello) {
            return Err(SettingsError::invalid("hello_name", "is not a host name"));
        }
        Ok(Self {
            host: settings.host.clone(),
            port: settings.port,
            encryption: settings.tls,
            tls: settings.tls()?,
            credentials: settings.credentials()?,
            from,
            hello: ClientId::Domain(hello),
            time: Duration::from_secs(settings.timeout_seconds.clamp(1, 600)),
        })
    }

    /// Connects, secures the line and logs in. Nothing of any mail is said yet.
    async fn session(&self) -> Result<AsyncSmtpConnection, SessionError> {
        let wrapper = self
            .tls
            .clone()
            .filter(|_| self.encryption == Encryption::Implicit);
        let server = (self.host.as_str(), self.port);
        let time = Some(self.time);
        let mut line =
            AsyncSmtpConnection::connect_tokio1(server, time, &self.hello, wrapper, None).await?;
        if let Some(tls) = &self.tls
            && (self.encryption == Encryption::Starttls || line.can_starttls())
        {
            line.starttls(tls.clone(), &self.hello).await?;
        }
        if let Some(credentials) = &self.credentials {
            if !line.is_encrypted() && !is_loopback(&self.host) {
                return Err(SessionError::OpenLine);
            }
            line.auth(&[Mechanism::Plain, Mechanism::Login], credentials)
                .await?;
        }
        Ok(line)
    }
}

#[derive(Debug, thiserror::Error)]
enum SessionError {
    #[error(transparent)]
    Smtp(#[from] Error),
    #[error("the server offers no encryption, so the password was not sent")]
    OpenLine,
}

#[async_trait]
impl Sender for SmtpMailer {
    async fn send(&self, outbound: &Outbound) -> Sent {
        let Content::Mail(mail) = &outbound.content else {
            return Sent::Refused {
                code: "not a mail".into(),
            };
        };
        let message = match compose::message(&self.from, outbound, mail) {
            Ok(message) => message,
            Err(malformed) => {
                return Sent::Refused {
                    code: malformed.to_string(),
                };
            }
        };
        let deadline = Instant::now() + self.time;
        let mut line = match timeout_at(deadline, self.session()).await {
            Ok(Ok(line)) => line,
            Ok(Err(e)) => return no_session(outbound, &e),
            Err(_) => return no_session(outbound, &"out of time"),
        };
        let sent = match timeout_at(deadline, offer(&mut line, message.envelope())).await {
            Ok(Ok(())) => {
                let text = message.formatted();
                match timeout_at(deadline, line.message(&text)).await {
                    Ok(Ok(_)) => Sent::Accepted {
                        id: mail.message_id.clone(),
                    },
                    Ok(Err(e)) => after_text(&e),
                    Err(_) => Sent::Unknown {
                        why: "no answer in time after the text".into(),
                    },
                }
            }
            Ok(Err(e)) => before_text(&e),
            Err(_) => Sent::Away { after: RETRY_BUSY },
        };
        // Only a line that has just answered can still be talked to.
        if matches!(sent, Sent::Accepted { .. }) {
            let _ = timeout(FAREWELL, line.quit()).await;
        }
        sent
    }
}

/// Names sender and recipient and asks leave to send the text.
async fn offer(line: &mut AsyncSmtpConnection, envelope: &Envelope) -> Result<(), Error> {
    line.command(commands::Mail::new(envelope.from().cloned(), vec![]))
        .await?;
    for to in envelope.to() {
        line.command(commands::Rcpt::new(to.clone(), vec![]))
            .await?;
    }
    line.command(commands::Data).await?;
    Ok(())
}

fn no_session(outbound: &Outbound, why: &dyn Display) -> Sent {
    tracing::warn!(outbound = %outbound.id, %why, "no session with the mail server");
    Sent::Away {
        after: RETRY_NO_SESSION,
    }
}

/// Classes a failure before the text: nothing can have been delivered.
fn before_text(error: &Error) -> Sent {
    match code(error) {
        // The server wants a log-in that we do not give it: every mail would be refused alike.
        Some(530 | 534 | 535 | 538) => {
            tracing::warn!("the mail server wants other credentials");
            Sent::Away {
                after: RETRY_OUR_FAULT,
            }
        }
        Some(code) if error.is_permanent() => Sent::Refused {
            code: code.to_string(),
        },
        // The server goes, or has gone.
        Some(421) | None => Sent::Away { after: RETRY_BUSY },
        // Not this mail now, as a server says to one that it does not know yet.
        Some(_) => Sent::Throttled { after: RETRY_BUSY },
    }
}

/// Classes a failure after the text: without a clear answer it may have been delivered.
fn after_text(error: &Error) -> Sent {
    match code(error) {
        Some(code) if error.is_permanent() => Sent::Refused {
            code: code.to_string(),
        },
        Some(_) => Sent::Throttled { after: RETRY_BUSY },
        None => Sent::Unknown {
            why: "the line broke after the text".into(),
        },
    }
}

fn code(error: &Error) -> Option<u16> {
    error.status().map(u16::from)
}
