//! What has become due on watches: reminders, and replacements that came from elsewhere. Rows
//! decide; run twice, or by two nodes at once, it tells nothing twice.

use std::collections::BTreeMap;

use super::{Notice, NoticeError, corrupt};
use crate::Workflows;
use crate::audit::Purpose;
use crate::clock::Moment;
use crate::exposure;
use crate::ids::ProvinceId;
use crate::store::{OutboxRow, Scope, StoreError, Watch};

/// When a notice is tried again for which the database was away.
const AGAIN_MINUTES: i64 = 1;

/// What becomes of a watch that was due.
enum Outcome {
    Tell(Box<OutboxRow>),
    /// Nobody is told at this hour.
    Later(Moment),
    Nothing,
}

impl Workflows {
    /// Tells what is due, of up to `limit` watches; how many there were.
    pub async fn tell_due(&self, limit: i64) -> Result<usize, NoticeError> {
        let now = self.clock.now();
        let scope = Scope::National(Purpose::Support);
        let mut tx = self.store.read(&scope).await?;
        let due = tx.due_watches(now, limit).await?;
        drop(tx);
        let count = due.len();
        let mut provinces: BTreeMap<String, Vec<Watch>> = BTreeMap::new();
        for watch in due {
            let group = provinces.entry(watch.province.clone()).or_default();
            group.push(watch);
        }
        for (province, mut watches) in provinces {
            // As everybody locks them.
            watches.sort_by(|a, b| a.pass.cmp(&b.pass));
            let province = ProvinceId::parse(&province).ok_or_else(|| corrupt("province"))?;
            self.tell_in(&province, watches, now).await?;
        }
        Ok(count)
    }

    async fn tell_in(
        &self,
        province: &ProvinceId,
        watches: Vec<Watch>,
        now: Moment,
    ) -> Result<(), NoticeError> {
        let scope = Scope::of(province);
        let held = self.held(&scope, &watches).await?;
        let mut outcomes = Vec::with_capacity(watches.len());
        for (watch, held) in watches.into_iter().zip(held) {
            let outcome = self.outcome(&watch, held, now).await;
            let outcome = outcome.unwrap_or_else(|error| {
                tracing::error!(%province, "a notice could not be made: {error}");
                // What can no longer be opened must not keep the others waiting.
                if error.is_outage() {
                    Outcome::Later(now.plus_minutes(AGAIN_MINUTES))
                } else {
                    Outcome::Nothing
                }
            });
            outcomes.push((watch, outcome));
        }
        let mut tx = self.store.write(&scope).await?;
        let mut messages = Vec::new();
        for (watch, outcome) in outcomes {
            let (again_at, told_at) = match &outcome {
                Outcome::Tell(_) => (None, Some(now)),
                Outcome::Later(at) => (Some(*at), None),
                Outcome::Nothing => (None, None),
            };
            let stands = tx.settle_watch(&watch, again_at, told_at).await?;
            if let (Outcome::Tell(row), true) = (outcome, stands) {
                messages.push(*row);
            }
        }
        tx.add_outbox(&messages, now).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Which of their holders are held. A replaced pass is told of all the same.
    async fn held(&self, scope: &Scope, watches: &[Watch]) -> Result<Vec<bool>, StoreError> {
        let mut tx = self.store.read(scope).await?;
        let mut held = Vec::with_capacity(watches.len());
        for watch in watches {
            let person = watch.person.as_slice().try_into();
            let person = person.map_err(|_| corrupt("person"))?;
            let class = exposure::standing_class(&mut tx, &person).await?;
            held.push(class.is_some());
        }
        Ok(held)
    }

    async fn outcome(
        &self,
        watch: &Watch,
        held: bool,
        now: Moment,
    ) -> Result<Outcome, NoticeError> {
        let expires_at = Moment(watch.expires_at);
        let is_replaced = watch.superseded_at.is_some();
        let may_tell = if is_replaced {
            watch.may_know()
        } else {
            // Of a hold a reminder that does not come would tell, too.
            let is_silent = watch.unwanted || (held && watch.may_know());
            !is_silent
        };
        if !may_tell || !watch.is_pass() || now >= expires_at {
            return Ok(Outcome::Nothing);
        }
        let waking = self.notices.waking(now);
        if waking >= expires_at {
            return Ok(Outcome::Nothing);
        }
        if waking > now {
            return Ok(Outcome::Later(waking));
        }
        let (word, sentence) = if is_replaced {
            ("superseded", "notice-superseded")
        } else {
            ("remind", "notice-remind")
        };
        let notice = Notice {
            cause: format!("{word} {}", watch.pass_name()),
            sentence,
            due_at: now,
            deadline_at: self.notices.late(now, expires_at),
        };
        let row = self.notice_row(watch, notice).await?;
        Ok(Outcome::Tell(Box::new(row)))
    }
}
