//! When to try again (CHANNELS.md E3).

use std::time::Duration;

use channels::Sent;
use workflows::clock::Moment;
use workflows::message::Class;
use workflows::store::{ClaimedMessage, Settled};

use crate::config::Unknown;
use crate::outlets::Outlet;

/// Somebody waits for it now.
const REPLY_SECONDS: [i64; 4] = [1, 3, 10, 30];
/// A pass: doubling, a quarter of an hour at most.
const PASS_SECONDS: i64 = 5;
const PASS_MOST_SECONDS: i64 = 900;
/// Mail and the rest: one minute, doubling, four hours at most.
const OTHER_SECONDS: i64 = 60;
const OTHER_DOUBLINGS: i64 = 8;
/// How often a part without an answer is sent again. A pass says the same each time and cannot be
/// asked for by its citizen, who knows of no loss: it may come too often rather than never.
const RESENDS: i64 = 1;
const PASS_RESENDS: i64 = 3;
/// How long a receipt is waited for before a part is sent once more.
const RECEIPT_SECONDS: i64 = 120;

/// What an attempt means for its message.
pub(super) fn settle(
    sent: &Sent,
    message: &ClaimedMessage,
    outlet: &Outlet,
    now: Moment,
) -> Settled {
    let wait = wait(message);
    let later = |seconds: i64| now.plus_seconds(seconds);
    match sent {
        Sent::Accepted { id } => Settled::Sent {
            provider_id: id.clone(),
        },
        Sent::Refused { code } => Settled::Refused { code: code.clone() },
        Sent::Stopped => Settled::Stopped,
        Sent::Throttled { after } => Settled::Throttled {
            due_at: later(wait.max(seconds(*after))),
            channel_until: None,
        },
        Sent::Held { after } => Settled::Throttled {
            due_at: later(wait.max(seconds(*after))),
            channel_until: Some(later(seconds(*after))),
        },
        Sent::Away { after } => Settled::Again {
            due_at: later(wait.max(seconds(*after))),
            code: "away".into(),
        },
        Sent::Unknown { .. } => match outlet.unknown {
            None => Settled::Again {
                due_at: later(wait),
                code: "unknown".into(),
            },
            Some(Unknown::Resend) if message.doubtful < resends(message) => Settled::Doubtful {
                due_at: later(wait),
            },
            Some(Unknown::Wait) if message.doubtful == 0 => Settled::Awaiting {
                until: later(RECEIPT_SECONDS),
            },
            Some(_) => Settled::Unknown,
        },
    }
}

fn resends(message: &ClaimedMessage) -> i64 {
    match Class::parse(&message.class) {
        Some(Class::Pass) => PASS_RESENDS,
        _ => RESENDS,
    }
}

fn wait(message: &ClaimedMessage) -> i64 {
    let tries = (message.attempts - 1).max(0);
    match Class::parse(&message.class) {
        Some(Class::Reply) => {
            let last = REPLY_SECONDS.len() - 1;
            let place = usize::try_from(tries).unwrap_or(last).min(last);
            REPLY_SECONDS.get(place).copied().unwrap_or(1)
        }
        Some(Class::Pass) => (PASS_SECONDS << tries.min(16)).min(PASS_MOST_SECONDS),
        _ => OTHER_SECONDS << tries.min(OTHER_DOUBLINGS),
    }
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs() + u64::from(duration.subsec_nanos() > 0)).unwrap_or(i64::MAX)
}
