//! A channel's pace, money and health, in one row that all nodes share.

use super::super::StoreError;
use super::super::conn::{Either, Tx, on, row, statements};
use crate::clock::Moment;
use crate::message::ChannelId;

/// Consecutive failures that stop a channel.
const FAILURES: i64 = 5;
/// How long a stopped channel is left alone before one message tries it.
const PAUSE_SECONDS: i64 = 30;
const MILLI: i64 = 1_000;

statements! {
    OPEN = "INSERT INTO channel_flow (province, channel, tokens, refilled_at, day, units_today, \
        spent_today, turn, failures, open_until) VALUES ('service', $1, 0, 0, 0, 0, 0, 0, 0, 0) \
        ON CONFLICT (province, channel) DO NOTHING";
    ONE = "SELECT channel, tokens, refilled_at, day, units_today, spent_today, turn, failures, \
        open_until, last_sent_at, last_heard_at FROM channel_flow \
        WHERE province = 'service' AND channel = $1";
    EVERY = "SELECT channel, tokens, refilled_at, day, units_today, spent_today, turn, failures, \
        open_until, last_sent_at, last_heard_at FROM channel_flow \
        WHERE province = 'service' ORDER BY channel";
    SAVE = "UPDATE channel_flow SET tokens = $2, refilled_at = $3, day = $4, units_today = $5, \
        spent_today = $6, turn = $7, failures = $8, open_until = $9, last_sent_at = $10 \
        WHERE province = 'service' AND channel = $1";
    END_REST = "UPDATE channel_flow SET open_until = 0 \
        WHERE province = 'service' AND channel = $1 AND open_until > 0 AND failures >= 5";
    HEARD = "UPDATE channel_flow SET last_heard_at = $2 \
        WHERE province = 'service' AND channel = $1";
}

/// PostgreSQL's reading of a row that is about to be written; SQLite has one writer anyway.
const ONE_POSTGRES: &str = "SELECT channel, tokens, refilled_at, day, units_today, spent_today, \
     turn, failures, open_until, last_sent_at, last_heard_at FROM channel_flow \
     WHERE province = 'service' AND channel = $1 FOR UPDATE";

/// What a channel may send.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// Parts a second, a second's worth at once; 0 for no limit.
    pub parts_per_second: i64,
    /// Price of a part in đồng.
    pub cost: i64,
    /// Đồng a local day after which notices, reports and bulk wait; 0 for no limit.
    pub daily_cap: i64,
    /// Đồng a local day after which everything waits; 0 for no limit.
    pub hard_cap: i64,
    /// Whether failures in a row stop the channel for a while.
    pub has_breaker: bool,
    /// Whether replies and passes reach one address in the order in which they were written.
    pub in_order: bool,
}

row! {
    /// A channel's pace, money and health.
    #[derive(Clone, Debug)]
    pub struct ChannelFlow {
        /// Channel.
        pub channel: String,
        /// Thousandths of a part that may go now.
        pub tokens: i64,
        /// When tokens were last added.
        pub refilled_at: i64,
        /// The local day of the two below.
        pub day: i64,
        /// Parts charged that day.
        pub units_today: i64,
        /// Đồng spent that day.
        pub spent_today: i64,
        /// Claims so far: whose turn it is.
        pub turn: i64,
        /// Failures in a row.
        pub failures: i64,
        /// Until when the channel is left alone, because it failed or because its provider asked
        /// for it, microseconds UTC.
        pub open_until: i64,
        /// When it last took a message.
        pub last_sent_at: Option<i64>,
        /// When something last came in by it.
        pub last_heard_at: Option<i64>,
    }
}

impl ChannelFlow {
    /// Whether failures have stopped the channel.
    pub fn is_stopped(&self) -> bool {
        self.failures >= FAILURES
    }

    /// Parts and đồng of a local day.
    pub fn spent_on(&self, day: crate::clock::Day) -> (i64, i64) {
        if self.day == i64::from(day.0) {
            (self.units_today, self.spent_today)
        } else {
            (0, 0)
        }
    }

    /// Brings tokens and the day up to now.
    pub(super) fn refill(&mut self, pace: &Pace, now: Moment) {
        let full = pace.parts_per_second.saturating_mul(MILLI);
        let passed = now.0.saturating_sub(self.refilled_at).max(0) / MILLI;
        let gained = passed.saturating_mul(pace.parts_per_second);
        self.tokens = self.tokens.saturating_add(gained).min(full);
        // What is less than a millisecond stays for the next time.
        self.refilled_at = (self.refilled_at + passed.saturating_mul(MILLI)).min(now.0);
        let today = i64::from(now.day().0);
        if self.day != today {
            (self.day, self.units_today, self.spent_today) = (today, 0, 0);
        }
    }

    /// How many parts may go now, of the classes that wait for money (`bulk`) or the others.
    pub(super) fn budget(&self, pace: &Pace, bulk: bool) -> i64 {
        let cap = if bulk { pace.daily_cap } else { pace.hard_cap };
        let money = if cap > 0 && pace.cost > 0 {
            (cap - self.spent_today).max(0) / pace.cost
        } else {
            i64::MAX
        };
        let pace = match pace.parts_per_second {
            0 => i64::MAX,
            _ => self.tokens.max(0) / MILLI,
        };
        money.min(pace)
    }

    /// Charges parts that were taken.
    pub(super) fn charge(&mut self, pace: &Pace, units: i64) {
        self.tokens = self.tokens.saturating_sub(units.saturating_mul(MILLI));
        self.units_today += units;
        self.spent_today += units.saturating_mul(pace.cost);
    }

    /// Gives back parts that were not handed over after all.
    pub(super) fn refund(&mut self, units: i64, cost: i64) {
        self.units_today = (self.units_today - units).max(0);
        self.spent_today = (self.spent_today - cost).max(0);
    }

    /// Takes note of an answer of the provider: it ends a rest after failures, but not one that
    /// the provider asked for.
    pub(super) fn succeeded(&mut self) {
        if self.is_stopped() {
            self.open_until = 0;
        }
        self.failures = 0;
    }

    /// Leaves the channel alone as long as the provider said.
    pub(super) fn held(&mut self, until: Option<Moment>) {
        self.open_until = self.open_until.max(until.map_or(0, |until| until.0));
    }

    /// Takes note of a failure.
    pub(super) fn failed(&mut self, now: Moment) {
        self.failures += 1;
        if self.failures >= FAILURES {
            let until = now.plus_seconds(PAUSE_SECONDS).0;
            self.open_until = self.open_until.max(until);
        }
    }

    /// Whether messages may go: all, one to try, or none.
    pub(super) fn admits(&mut self, pace: &Pace, now: Moment) -> Admitted {
        let is_stopped = self.is_stopped();
        if is_stopped && !pace.has_breaker {
            return Admitted::All;
        }
        if now.0 < self.open_until {
            return Admitted::None(Moment(self.open_until));
        }
        if !is_stopped {
            return Admitted::All;
        }
        // The next try is a pause away even if this one never reports back.
        self.open_until = now.plus_seconds(PAUSE_SECONDS).0;
        Admitted::One
    }

    /// Until when there are no tokens; a tenth of a second's worth is waited for, so that a busy
    /// channel does not write a row for each part.
    pub(super) fn rests_until(&self, pace: &Pace, now: Moment) -> Option<Moment> {
        if pace.parts_per_second == 0 || self.tokens >= MILLI {
            return None;
        }
        let wanted = (pace.parts_per_second / 10).max(1).saturating_mul(MILLI);
        let missing = wanted.saturating_sub(self.tokens);
        // Tokens are thousandths, so tokens over parts a second are thousandths of a second.
        let millis = missing / pace.parts_per_second + 1;
        Some(Moment(now.0 + millis.saturating_mul(MILLI)))
    }
}

/// What a channel's health lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admitted {
    All,
    One,
    None(Moment),
}

impl Tx {
    /// A channel's row, made if it is missing and held for this transaction.
    pub(super) async fn hold_flow(
        &mut self,
        channel: &ChannelId,
    ) -> Result<ChannelFlow, StoreError> {
        if let Some(flow) = self.read_flow(channel).await? {
            return Ok(flow);
        }
        on!(self, c => sqlx::query(OPEN).bind(channel.as_str()).execute(c).await.map(|_| ()))?;
        self.read_flow(channel).await?.ok_or(StoreError::Corrupt {
            table: "channel_flow",
            column: "channel",
        })
    }

    async fn read_flow(&mut self, channel: &ChannelId) -> Result<Option<ChannelFlow>, StoreError> {
        Ok(match self.connection() {
            Either::Sqlite(c) => {
                let one = sqlx::query_as(ONE).bind(channel.as_str());
                one.fetch_optional(c).await?
            }
            Either::Postgres(c) => {
                let one = sqlx::query_as(ONE_POSTGRES).bind(channel.as_str());
                one.fetch_optional(c).await?
            }
        })
    }

    pub(super) async fn save_flow(&mut self, flow: &ChannelFlow) -> Result<(), StoreError> {
        on!(self, c => sqlx::query(SAVE).bind(flow.channel.as_str()).bind(flow.tokens)
            .bind(flow.refilled_at).bind(flow.day).bind(flow.units_today).bind(flow.spent_today)
            .bind(flow.turn).bind(flow.failures).bind(flow.open_until).bind(flow.last_sent_at)
            .execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Pace, money and health of every channel that was ever used.
    pub async fn channel_flows(&mut self) -> Result<Vec<ChannelFlow>, StoreError> {
        Ok(on!(self, c => sqlx::query_as(EVERY).fetch_all(c).await?))
    }

    /// Lets a stopped channel be tried at once, by one message. `false`: it was not stopped.
    /// National scope.
    pub async fn end_rest(&mut self, channel: &ChannelId) -> Result<bool, StoreError> {
        let done = on!(self, c => sqlx::query(END_REST).bind(channel.as_str())
            .execute(c).await?.rows_affected());
        Ok(done == 1)
    }

    /// Takes note that something came in by a channel.
    pub async fn heard_channel(
        &mut self,
        channel: &ChannelId,
        at: Moment,
    ) -> Result<(), StoreError> {
        on!(self, c => sqlx::query(OPEN).bind(channel.as_str()).execute(c).await.map(|_| ()))?;
        on!(self, c => sqlx::query(HEARD).bind(channel.as_str()).bind(at.0)
            .execute(c).await.map(|_| ()))?;
        Ok(())
    }
}
