//! Delivery: claims outbox rows with a lease, hands each to its channel, records what became of
//! it. A crash between the two leaves the lease to run out; the mail then goes again with the
//! same Message-ID, which is all SMTP allows (CHANNELS.md E3).

use std::time::Duration;

use anyhow::{Context, Result};
use channels::{Content, Mail, Outbound, Sent};
use workflows::audit::Purpose;
use workflows::clock::Moment;
use workflows::ids::{OutboundId, ProvinceId};
use workflows::store::{ClaimedMessage, Pace, Scope, Settled};

use crate::mail::{BODY, MailBody, RECIPIENT};
use crate::state::App;

/// Longer than the longest time-out that a channel's settings allow (ten minutes), and each
/// message is claimed alone: no lease runs out before its message went.
const LEASE_SECONDS: i64 = 660;
const BATCH: i64 = 1;
const BATCHES_MAX: usize = 1_000;
/// Back-off of mail: one minute, doubling, four hours at most (CHANNELS.md E3).
const BACK_OFF_SECONDS: i64 = 60;
const BACK_OFF_DOUBLINGS: i64 = 8;

pub(super) async fn run(app: &App) -> Result<()> {
    for _ in 0..BATCHES_MAX {
        let now = app.workflows.clock.now();
        let mut tx = app
            .workflows
            .store
            .write(&Scope::National(Purpose::Support))
            .await?;
        let mail = crate::mail::channel();
        let claimed = tx
            .claim_outbox(&mail, &Pace::default(), now, (LEASE_SECONDS, BATCH))
            .await?
            .messages;
        tx.commit().await?;
        if claimed.is_empty() {
            break;
        }
        for message in &claimed {
            send(app, message).await?;
        }
    }
    Ok(())
}

async fn send(app: &App, message: &ClaimedMessage) -> Result<()> {
    let now = app.workflows.clock.now();
    let settled = if now >= Moment(message.deadline_at) {
        Settled::Expired
    } else {
        match outbound(app, message).await {
            Ok(outbound) => settle(&app.mailer.send(&outbound).await, message, now),
            Err(error) => {
                tracing::error!(message = %message.id, "cannot be opened: {error:#}");
                Settled::Refused {
                    code: "unreadable".into(),
                }
            }
        }
    };
    let outcome = match &settled {
        Settled::Sent { .. } => "sent",
        Settled::Refused { .. } => "refused",
        Settled::Expired => "expired",
        _ => "again",
    };
    metrics::counter!("messages_total", "channel" => "mail", "outcome" => outcome).increment(1);
    let mut tx = app
        .workflows
        .store
        .write(&Scope::National(Purpose::Support))
        .await?;
    let outcome = [(message.clone(), settled)];
    tx.settle_outbox(&crate::mail::channel(), &Pace::default(), &outcome, now)
        .await?;
    tx.commit().await?;
    Ok(())
}

async fn outbound(app: &App, message: &ClaimedMessage) -> Result<Outbound> {
    let sealing = &app.workflows.sealing;
    let province = ProvinceId::parse(&message.province).context("a province id")?;
    let row = message.id.as_bytes();
    let to: String = sealing
        .open(&province, RECIPIENT, row, &message.recipient)
        .await?;
    let body: MailBody = sealing.open(&province, BODY, row, &message.body).await?;
    let id = OutboundId(message.id);
    let domain = &app.config.mail.domain;
    Ok(Outbound {
        id,
        to,
        content: Content::Mail(Mail {
            subject: body.subject,
            text: body.text,
            html: Some(body.html),
            message_id: channels::email::message_id(id, domain),
            list_id: Some(format!("{}.{province}.{domain}", body.list)),
            written_at: Moment(message.created_at),
        }),
    })
}

/// Mail's policy: an unknown outcome is sent again, because the same Message-ID lets the
/// reader's program fold the copies.
fn settle(sent: &Sent, message: &ClaimedMessage, now: Moment) -> Settled {
    let doublings = (message.attempts - 1).clamp(0, BACK_OFF_DOUBLINGS);
    let wait = BACK_OFF_SECONDS << doublings;
    let again = |seconds: i64, code: &str| Settled::Again {
        due_at: now.plus_seconds(seconds),
        code: code.to_owned(),
    };
    match sent {
        Sent::Accepted { id } => Settled::Sent {
            provider_id: id.clone(),
        },
        Sent::Refused { code } => Settled::Refused { code: code.clone() },
        Sent::Stopped => Settled::Refused {
            code: "stopped".into(),
        },
        Sent::Throttled { after } => again(wait.max(seconds(*after)), "throttled"),
        Sent::Unknown { .. } => again(wait, "unknown"),
    }
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}
