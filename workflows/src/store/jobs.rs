//! Scheduled work: a row per (job, province, period), taken by exactly one node.

use super::StoreError;
use super::conn::{Either, Tx, on, row, statements};
use crate::clock::Moment;

statements! {
    ADD = "INSERT INTO jobs (province, job, period, state, owner, epoch, attempts, due_at, \
        lease_until) VALUES ($1, $2, $3, 'due', '', 0, 0, $4, 0) \
        ON CONFLICT (province, job, period) DO NOTHING";
    CLAIM_SQLITE = "UPDATE jobs SET state = 'running', owner = $3, epoch = epoch + 1, \
        attempts = attempts + 1, lease_until = $1 + $2 \
        WHERE (province, job, period) IN (SELECT province, job, period FROM jobs \
        WHERE (state = 'due' AND due_at <= $1) OR (state = 'running' AND lease_until < $1) \
        ORDER BY due_at, province LIMIT 1) \
        RETURNING province, job, period, epoch, attempts, due_at";
    FINISH = "UPDATE jobs SET state = $5, due_at = $6, lease_until = 0, finished_at = $7, \
        why = $8 WHERE province = $1 AND job = $2 AND period = $3 AND epoch = $4";
    STATES = "SELECT state, COUNT(*) FROM jobs GROUP BY state";
}

/// PostgreSQL's claim: nodes skip each other's rows, and leases go by the database's clock, which
/// all nodes share. The choice is materialised, because a subquery with a limit may be run again
/// for every row it is compared with and then takes more than its limit.
pub(super) const CLAIM_POSTGRES: &str = "WITH clock AS MATERIALIZED (SELECT \
     CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT) AS now), \
     chosen AS MATERIALIZED (SELECT province, job, period FROM jobs \
     WHERE (state = 'due' AND due_at <= $1) \
     OR (state = 'running' AND lease_until < (SELECT now FROM clock)) \
     ORDER BY due_at, province LIMIT 1 FOR UPDATE SKIP LOCKED) \
     UPDATE jobs j SET state = 'running', owner = $3, epoch = j.epoch + 1, \
     attempts = j.attempts + 1, lease_until = (SELECT now FROM clock) + $2 \
     FROM chosen c WHERE j.province = c.province AND j.job = c.job AND j.period = c.period \
     RETURNING j.province, j.job, j.period, j.epoch, j.attempts, j.due_at";

row! {
    /// A claimed job.
    #[derive(Clone, Debug)]
    pub struct Job {
        /// Scope.
        pub province: String,
        /// Which job.
        pub job: String,
        /// Which period (a local day for reports).
        pub period: i64,
        /// Fencing number of this claim.
        pub epoch: i64,
        /// Tries so far, this one included.
        pub attempts: i64,
        /// When it was due, microseconds UTC.
        pub due_at: i64,
    }
}

/// What a job came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobDone {
    /// Its effect is there.
    Done,
    /// To be run again, not before.
    Retry(Moment, String),
    /// A person must look.
    GiveUp(String),
}

impl Tx {
    /// Makes sure the row exists.
    pub async fn add_job(
        &mut self,
        province: &str,
        job: &str,
        period: i64,
        due_at: Moment,
    ) -> Result<(), StoreError> {
        on!(self, c => sqlx::query(ADD).bind(province).bind(job).bind(period).bind(due_at.0)
            .execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Takes one job that is due, for `owner` and for `lease_seconds`.
    pub async fn claim_job(
        &mut self,
        owner: &str,
        now: Moment,
        lease_seconds: i64,
    ) -> Result<Option<Job>, StoreError> {
        Ok(match self.connection() {
            Either::Sqlite(c) => {
                sqlx::query_as(CLAIM_SQLITE)
                    .bind(now.0)
                    .bind(lease_seconds.saturating_mul(1_000_000))
                    .bind(owner)
                    .fetch_optional(c)
                    .await?
            }
            Either::Postgres(c) => {
                sqlx::query_as(CLAIM_POSTGRES)
                    .bind(now.0)
                    .bind(lease_seconds.saturating_mul(1_000_000))
                    .bind(owner)
                    .fetch_optional(c)
                    .await?
            }
        })
    }

    /// Records what a job came to. `false`: the lease was lost to another node, and this
    /// transaction must not be committed.
    pub async fn finish_job(
        &mut self,
        job: &Job,
        done: &JobDone,
        now: Moment,
    ) -> Result<bool, StoreError> {
        let (state, due_at, finished_at, why) = match done {
            JobDone::Done => ("done", now, Some(now.0), None),
            JobDone::Retry(at, why) => ("due", *at, None, Some(why.as_str())),
            JobDone::GiveUp(why) => ("given-up", now, Some(now.0), Some(why.as_str())),
        };
        let rows = on!(self, c => sqlx::query(FINISH).bind(job.province.as_str())
            .bind(job.job.as_str()).bind(job.period).bind(job.epoch).bind(state).bind(due_at.0)
            .bind(finished_at).bind(why).execute(c).await?.rows_affected());
        Ok(rows == 1)
    }

    /// Jobs by state.
    pub async fn job_counts(&mut self) -> Result<Vec<(String, i64)>, StoreError> {
        Ok(on!(self, c => sqlx::query_as(STATES).fetch_all(c).await?))
    }
}
