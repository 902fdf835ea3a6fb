//! Holds and releases, told to the chats of those they are about. The messages are made before
//! the entry is written, and written with it.

use super::{Notice, NoticeError};
use crate::Workflows;
use crate::audit::Purpose;
use crate::clock::Moment;
use crate::exposure;
use crate::ids::{MarkId, ProvinceId};
use crate::store::{OutboxRow, Scope, StoreError, Tx, Watch};

/// A notice that an entry may cause, ready to be written.
pub(crate) struct Told {
    person: [u8; 16],
    row: OutboxRow,
    /// Beginning of the causes of what was told of this pass's holds.
    holds: String,
}

impl Workflows {
    /// What the chats of a person are told when an entry about them holds their passes.
    pub(crate) async fn hold_notices(
        &self,
        province: &ProvinceId,
        (person, mark): (&[u8; 16], MarkId),
        now: Moment,
    ) -> Result<Vec<Told>, StoreError> {
        let told = self.standing_notices(province, person, now, |watch| {
            (format!("{} {mark}", holds(watch)), "notice-hold")
        });
        told.await
    }

    /// What the chats of those are told whose passes a release may free: the person of the entry
    /// it ends, and those whose entries rest on that one.
    pub(crate) async fn release_notices(
        &self,
        province: &ProvinceId,
        (ended, release): (MarkId, MarkId),
        now: Moment,
    ) -> Result<Vec<Told>, StoreError> {
        let mut tx = self.store.read(&Scope::of(province)).await?;
        let people = tx.people_resting_on(ended).await?;
        drop(tx);
        let mut all = Vec::new();
        for person in people {
            let told = self.standing_notices(province, &person, now, |watch| {
                let cause = format!("release {} {release}", watch.pass_name());
                (cause, "notice-release")
            });
            all.extend(told.await?);
        }
        Ok(all)
    }

    async fn standing_notices(
        &self,
        province: &ProvinceId,
        person: &[u8; 16],
        now: Moment,
        of: impl Fn(&Watch) -> (String, &'static str),
    ) -> Result<Vec<Told>, StoreError> {
        let scope = Scope::National(Purpose::CareFollowUp);
        let mut tx = self.store.read(&scope).await?;
        let watches = tx.live_watches(province, person, now).await?;
        drop(tx);
        // The post knows of a hold anyway: nobody is woken for it, and what ends before the
        // morning is not told.
        let due_at = self.notices.waking(now);
        let mut all = Vec::new();
        for watch in watches {
            let expires_at = Moment(watch.expires_at);
            if !watch.may_know() || !watch.is_pass() || due_at >= expires_at {
                continue;
            }
            let (cause, sentence) = of(&watch);
            let notice = Notice {
                cause,
                sentence,
                due_at,
                deadline_at: self.notices.late(due_at, expires_at),
            };
            match self.notice_row(&watch, notice).await {
                Ok(row) => all.push(Told {
                    person: *person,
                    row,
                    holds: holds(&watch),
                }),
                Err(NoticeError::Store(error)) => return Err(error),
                // An entry is made whether or not it can be told.
                Err(error) => tracing::error!(%province, "a notice could not be made: {error}"),
            }
        }
        Ok(all)
    }
}

fn holds(watch: &Watch) -> String {
    format!("hold {}", watch.pass_name())
}

impl Told {
    /// Those that are about somebody who is held (or is not) as the transaction sees it.
    pub(crate) async fn of_held(
        tx: &mut Tx,
        all: Vec<Self>,
        held: bool,
    ) -> Result<Vec<Self>, StoreError> {
        let mut kept = Vec::with_capacity(all.len());
        for told in all {
            let class = exposure::standing_class(tx, &told.person).await?;
            if class.is_some() == held {
                kept.push(told);
            }
        }
        Ok(kept)
    }

    /// Writes them.
    pub(crate) async fn write(tx: &mut Tx, all: Vec<Self>, now: Moment) -> Result<(), StoreError> {
        let rows: Vec<OutboxRow> = all.into_iter().map(|told| told.row).collect();
        tx.add_outbox(&rows, now).await
    }

    /// Writes releases; where the hold waits to be told, neither is.
    pub(crate) async fn write_releases(
        tx: &mut Tx,
        all: Vec<Self>,
        now: Moment,
    ) -> Result<(), StoreError> {
        let mut rows = Vec::with_capacity(all.len());
        for told in all {
            let channel = &told.row.channel;
            if tx.spare_notices(channel, &told.holds, now).await? == 0 {
                rows.push(told.row);
            }
        }
        tx.add_outbox(&rows, now).await
    }
}
