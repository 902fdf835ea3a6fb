//! Zalo's error numbers (CHANNELS.md B5), as far as they are known; what is not known is refused
//! under its number, so that somebody sees it.

use std::time::Duration;

use workflows::clock::Moment;

use crate::Sent;

/// A pause after Zalo counted too many requests.
const RATE_SECONDS: i64 = 15;
/// A pause after a quota or the money ran out: only people mend that.
const LONG_SECONDS: i64 = 3_600;
/// From this hour on Zalo takes what it refuses at night.
const MORNING_MINUTES: i64 = 6 * 60;
const DAY_MINUTES: i64 = 24 * 60;

/// Whether the token service says that the refresh token itself buys nothing any more. Zalo
/// documents no numbers of it: one was seen, and names say what is wrong. Whatever else is
/// refused, such as a wrong secret, did not use the token up.
pub(super) fn is_dead(error: &str, name: &str) -> bool {
    error == "-14014" || name.to_ascii_lowercase().contains("refresh token")
}

/// What an error number means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// It was taken.
    Taken,
    /// The token is no longer good.
    Token,
    /// Too many requests now.
    Rate,
    /// A quota is used up.
    Quota,
    /// A package or money is missing.
    Money,
    /// Not at this hour.
    Night,
    /// The picture's name has expired.
    Expired,
    /// The recipient does not want it, or cannot be written to at all.
    Stopped,
    /// Nobody knows whether it was taken.
    Unclear,
    /// Never.
    Refused,
}

/// The numbers of messages in a chat.
pub(crate) const MESSAGE: fn(i64) -> Meaning = |error| match error {
    0 => Meaning::Taken,
    -216 | -220 => Meaning::Token,
    -32 => Meaning::Rate,
    -211 | -218 => Meaning::Quota,
    -224 | -321 => Meaning::Money,
    -234 => Meaning::Night,
    -100 => Meaning::Expired,
    -213 | -227 => Meaning::Stopped,
    _ => Meaning::Refused,
};

/// The numbers of templates by phone number; they are other ones.
pub(crate) const TEMPLATE: fn(i64) -> Meaning = |error| match error {
    0 => Meaning::Taken,
    -124 | -216 | -220 => Meaning::Token,
    -32 => Meaning::Rate,
    -144 | -147 => Meaning::Quota,
    -115 => Meaning::Money,
    -133 => Meaning::Night,
    -100 => Meaning::Unclear,
    _ => Meaning::Refused,
};

/// What an error number means for its message.
pub(crate) fn outcome(meaning: Meaning, error: i64, now: Moment) -> Sent {
    match meaning {
        Meaning::Stopped => Sent::Stopped,
        Meaning::Unclear => crate::http::unknown(&format!("zalo {error}")),
        Meaning::Rate => throttled(RATE_SECONDS),
        Meaning::Night => throttled(until_morning(now)),
        Meaning::Quota => {
            tracing::warn!(error, "a quota of the account is used up");
            away(LONG_SECONDS)
        }
        Meaning::Money => {
            tracing::error!(error, "the account has no package or no money");
            away(LONG_SECONDS)
        }
        Meaning::Token => away(MINUTE),
        Meaning::Taken | Meaning::Expired | Meaning::Refused => Sent::Refused {
            code: format!("zalo {error}"),
        },
    }
}

const MINUTE: i64 = 60;

pub(super) fn throttled(seconds: i64) -> Sent {
    Sent::Throttled {
        after: Duration::from_secs(u64::try_from(seconds).unwrap_or(0)),
    }
}

/// Our account is not in order, or Zalo was not reached.
pub(super) fn away(seconds: i64) -> Sent {
    Sent::Away {
        after: Duration::from_secs(u64::try_from(seconds).unwrap_or(0)),
    }
}

fn until_morning(now: Moment) -> i64 {
    let minutes = (MORNING_MINUTES - now.minute_of_day()).rem_euclid(DAY_MINUTES);
    minutes.max(1) * MINUTE
}
