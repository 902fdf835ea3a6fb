//! The only source of time and randomness.
//!
//! Instants are microseconds since 1970-01-01 UTC, because that is the finest step PostgreSQL
//! keeps. Local time is `Asia/Ho_Chi_Minh`, UTC+7 without daylight saving since 1975.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

const LOCAL_OFFSET_US: i64 = 7 * 3_600 * 1_000_000;
const DAY_US: i64 = 86_400 * 1_000_000;
const MINUTE_US: i64 = 60 * 1_000_000;

/// An instant: microseconds since 1970-01-01T00:00:00 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(pub i64);

/// A local calendar day: days since 1970-01-01 in `Asia/Ho_Chi_Minh`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Day(pub i32);

impl Moment {
    /// The local day this instant falls on.
    pub fn day(self) -> Day {
        Day(i32::try_from((self.0 + LOCAL_OFFSET_US).div_euclid(DAY_US)).unwrap_or(i32::MAX))
    }

    /// Whole minutes since 1970-01-01T00:00 on the local clock (the unit plugins see).
    pub fn local_minute(self) -> i64 {
        (self.0 + LOCAL_OFFSET_US).div_euclid(MINUTE_US)
    }

    /// Minutes since local midnight, 0..1440.
    pub fn minute_of_day(self) -> i64 {
        self.local_minute().rem_euclid(1_440)
    }

    /// The instant `minutes` later (earlier when negative).
    #[must_use]
    pub fn plus_minutes(self, minutes: i64) -> Self {
        Self(self.0.saturating_add(minutes.saturating_mul(MINUTE_US)))
    }

    /// The instant `seconds` later (earlier when negative).
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    /// Whole seconds since 1970 UTC, as tokens carry them.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Local date and time for people: `14:05 23/11/2026`.
    pub fn local_text(self) -> String {
        self.local("%H:%M %d/%m/%Y")
    }

    /// Local time for people: `14:05`.
    pub fn local_time_text(self) -> String {
        self.local("%H:%M")
    }

    /// RFC 3339 in local time, for machines: `2026-11-23T14:05:00+07:00`.
    pub fn rfc3339(self) -> String {
        self.local("%Y-%m-%dT%H:%M:%S+07:00")
    }

    fn local(self, format: &str) -> String {
        chrono::DateTime::from_timestamp_micros(self.0.saturating_add(LOCAL_OFFSET_US))
            .map(|t| t.naive_utc().format(format).to_string())
            .unwrap_or_default()
    }
}

impl Day {
    /// The first instant of this local day.
    pub fn start(self) -> Moment {
        Moment(i64::from(self.0) * DAY_US - LOCAL_OFFSET_US)
    }

    /// The first instant of the following local day.
    pub fn end(self) -> Moment {
        self.plus(1).start()
    }

    /// The instant `minutes` after local midnight.
    pub fn at_minute(self, minutes: i64) -> Moment {
        self.start().plus_minutes(minutes)
    }

    /// The day `days` later.
    #[must_use]
    pub fn plus(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// Calendar year of this day.
    pub fn year(self) -> i32 {
        use chrono::Datelike;
        self.date().map_or(1970, |d| d.year())
    }

    /// `2026-11-23`, as machines write it.
    pub fn iso(self) -> String {
        self.date()
            .map(|d| d.format("%Y-%m-%d").to_string())
            .unwrap_or_default()
    }

    /// `23/11/2026`, as people here write it.
    pub fn local_text(self) -> String {
        self.date()
            .map(|d| d.format("%d/%m/%Y").to_string())
            .unwrap_or_default()
    }

    /// Parses `YYYY-MM-DD`, `DD/MM/YYYY`, `DD-MM-YYYY` or `DD.MM.YYYY`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        ["%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y"]
            .iter()
            .find_map(|f| chrono::NaiveDate::parse_from_str(text, f).ok())
            .and_then(Self::from_date)
    }

    /// The day of a civil date.
    pub fn from_date(date: chrono::NaiveDate) -> Option<Self> {
        let days = date
            .signed_duration_since(chrono::NaiveDate::default())
            .num_days();
        i32::try_from(days).ok().map(Self)
    }

    fn date(self) -> Option<chrono::NaiveDate> {
        chrono::NaiveDate::default().checked_add_signed(chrono::Duration::days(i64::from(self.0)))
    }
}

/// Time and randomness, handed to everything that needs either.
///
/// Cheap to clone; clones share the same settable time.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Fixed(Arc<Fixed>),
}

#[derive(Debug)]
struct Fixed {
    now: AtomicI64,
    drawn: AtomicU64,
    seed: [u8; 32],
    last: Mutex<()>,
}

impl Clock {
    /// The machine's clock and the operating system's randomness.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still until it is set, with randomness that repeats for a seed.
    /// For tests only.
    pub fn fixed(now: Moment, seed: u64) -> Self {
        let seed = Sha256::digest(seed.to_be_bytes()).into();
        Self(Source::Fixed(Arc::new(Fixed {
            now: AtomicI64::new(now.0),
            drawn: AtomicU64::new(0),
            seed,
            last: Mutex::new(()),
        })))
    }

    /// The present instant.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that asks the machine"
    )]
    pub fn now(&self) -> Moment {
        match &self.0 {
            Source::System => {
                let since = std::time::SystemTime::now()
                    .duration_since(std::time::UNIX_EPOCH)
                    .unwrap_or_default();
                Moment(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
            }
            Source::Fixed(f) => Moment(f.now.load(Ordering::SeqCst)),
        }
    }

    /// The present local day.
    pub fn today(&self) -> Day {
        self.now().day()
    }

    /// Sets a fixed clock; the system clock cannot be set and ignores it.
    pub fn set(&self, now: Moment) {
        if let Source::Fixed(f) = &self.0 {
            f.now.store(now.0, Ordering::SeqCst);
        }
    }

    /// Fresh random bytes fit for keys and tokens (repeatable under a fixed clock).
    ///
    /// # Panics
    /// When the operating system gives no randomness.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that draws randomness"
    )]
    #[expect(
        clippy::expect_used,
        reason = "a machine without randomness must not go on"
    )]
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut out = [0; N];
        match &self.0 {
            Source::System => {
                getrandom::fill(&mut out).expect("the operating system gives randomness");
            }
            Source::Fixed(f) => f.fill(&mut out),
        }
        out
    }

    /// A new time-ordered id (UUID version 7) of the present instant.
    pub fn uuid(&self) -> uuid::Uuid {
        let millis = u64::try_from(self.now().0 / 1_000).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &self.random::<10>()).into_uuid()
    }
}

impl Fixed {
    fn fill(&self, out: &mut [u8]) {
        let _turn = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        for chunk in out.chunks_mut(32) {
            let n = self.drawn.fetch_add(1, Ordering::SeqCst);
            let mut hash = Sha256::new();
            hash.update(self.seed);
            hash.update(n.to_be_bytes());
            let block: [u8; 32] = hash.finalize().into();
            for (to, from) in chunk.iter_mut().zip(block) {
                *to = from;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_day_starts_at_seventeen_hours_utc_of_the_day_before() {
        let day = Day::parse("12/08/2021").unwrap();
        assert_eq!(day.iso(), "2021-08-12");
        assert_eq!(day.start().rfc3339(), "2021-08-12T00:00:00+07:00");
        assert_eq!(day.start().plus_minutes(-1).day(), day.plus(-1));
        assert_eq!(day.at_minute(23 * 60 + 50).minute_of_day(), 1_430);
    }

    #[test]
    fn a_fixed_clock_repeats_its_randomness_and_can_be_set() {
        let (a, b) = (Clock::fixed(Moment(5), 1), Clock::fixed(Moment(5), 1));
        assert_eq!(a.random::<40>(), b.random::<40>());
        assert_ne!(a.random::<16>(), a.random::<16>());
        a.set(Moment(9));
        assert_eq!(a.now(), Moment(9));
    }
}
