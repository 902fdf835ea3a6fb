//! Messages that stand in for others of their province (`instead_of`): a text for a pass that its
//! chat could not be handed in time, perhaps one more for that one. A stand-in is written together
//! with what it stands in for, goes when that one cannot arrive any more, and is spared when that
//! one was taken.

use uuid::Uuid;

use super::super::StoreError;
use super::super::conn::{Either, Tx, on, row, statements};
use crate::clock::Moment;

statements! {
    // The chain behind a message, however long. The state is compared in a way that no index
    // serves: by it SQLite would look at everything that waits.
    SPARE = "UPDATE outbox SET state = 'spared', settled_at = $3 WHERE (province, id) IN (\
        WITH RECURSIVE s(province, id) AS (\
        SELECT province, id FROM outbox WHERE province = $1 AND instead_of = $2 \
        UNION SELECT o.province, o.id FROM outbox o \
        JOIN s ON o.province = s.province AND o.instead_of = s.id) \
        SELECT province, id FROM s) AND COALESCE(state, '') = 'queued'";
    FREE = "UPDATE outbox SET due_at = $3 WHERE province = $1 AND instead_of = $2 \
        AND COALESCE(state, '') = 'queued' AND due_at > $3";
    STAND_INS = "SELECT id, state, deadline_at FROM outbox \
        WHERE province = $1 AND instead_of = $2 ORDER BY id";
    REVIVE = "UPDATE outbox SET state = 'queued', due_at = $3, settled_at = NULL \
        WHERE province = $1 AND id = $2 AND state = 'spared'";
    // What a message stands in for and what stands in for it, as far as that may yet arrive or
    // has arrived.
    RELATIVES = "WITH RECURSIVE up(id) AS (\
        SELECT instead_of FROM outbox WHERE province = $1 AND id = $2 \
        UNION SELECT o.instead_of FROM outbox o JOIN up ON o.id = up.id WHERE o.province = $1), \
        down(id) AS (SELECT id FROM outbox WHERE province = $1 AND instead_of = $2 \
        UNION SELECT o.id FROM outbox o JOIN down ON o.instead_of = down.id \
        WHERE o.province = $1), kin(id) AS (SELECT id FROM up UNION SELECT id FROM down) \
        SELECT COUNT(*) FROM kin JOIN outbox r ON r.province = $1 AND r.id = kin.id \
        WHERE r.state IN ('queued', 'sending', 'sent', 'delivered', 'read') \
        OR (r.state = 'unknown' AND r.settled_at IS NULL)";
}

/// PostgreSQL's sparing for many at once; SQLite runs `SPARE` for each.
const SPARE_POSTGRES: &str = "WITH RECURSIVE s AS (SELECT o.province, o.id FROM outbox o \
     JOIN UNNEST($1::TEXT[], $2::UUID[]) AS v(province, id) \
     ON o.province = v.province AND o.instead_of = v.id \
     UNION SELECT o.province, o.id FROM outbox o \
     JOIN s ON o.province = s.province AND o.instead_of = s.id) \
     UPDATE outbox o SET state = 'spared', settled_at = $3 FROM s \
     WHERE o.province = s.province AND o.id = s.id AND o.state = 'queued'";

/// PostgreSQL's freeing for many at once; SQLite runs `FREE` for each.
const FREE_POSTGRES: &str = "UPDATE outbox o SET due_at = $3 \
     FROM UNNEST($1::TEXT[], $2::UUID[]) AS v(province, id) \
     WHERE o.province = v.province AND o.instead_of = v.id AND o.state = 'queued' \
     AND o.due_at > $3";

/// A message by its key.
pub(super) type Key<'a> = (&'a str, Uuid);

row! {
    struct StandIn {
        id: Uuid,
        state: String,
        deadline_at: i64,
    }
}

impl Tx {
    /// These messages were taken: what stands in for them is not needed.
    pub(super) async fn spare_stand_ins(
        &mut self,
        firsts: &[Key<'_>],
        now: Moment,
    ) -> Result<(), StoreError> {
        self.each_first(firsts, (SPARE, SPARE_POSTGRES), now).await
    }

    /// These messages will not arrive: what stands in for them is due.
    pub(super) async fn free_stand_ins(
        &mut self,
        firsts: &[Key<'_>],
        now: Moment,
    ) -> Result<(), StoreError> {
        self.each_first(firsts, (FREE, FREE_POSTGRES), now).await
    }

    async fn each_first(
        &mut self,
        firsts: &[Key<'_>],
        (one, many): (&'static str, &'static str),
        now: Moment,
    ) -> Result<(), StoreError> {
        if firsts.is_empty() {
            return Ok(());
        }
        match self.connection() {
            Either::Sqlite(c) => {
                for (province, id) in firsts {
                    let query = sqlx::query(one).bind(*province).bind(*id).bind(now.0);
                    query.execute(&mut *c).await?;
                }
            }
            Either::Postgres(c) => {
                let (provinces, ids): (Vec<&str>, Vec<Uuid>) = firsts.iter().copied().unzip();
                let query = sqlx::query(many).bind(provinces).bind(ids).bind(now.0);
                query.execute(c).await?;
            }
        }
        Ok(())
    }

    /// A message that had been taken did not arrive after all: its stand-in is due, also one that
    /// was spared, unless its own deadline has passed; then it is the next one's turn.
    pub(super) async fn revive_stand_ins(
        &mut self,
        (province, first): Key<'_>,
        now: Moment,
    ) -> Result<(), StoreError> {
        let mut firsts = vec![(first, now)];
        while let Some((first, due_at)) = firsts.pop() {
            self.free_stand_ins(&[(province, first)], due_at).await?;
            let stand_ins: Vec<StandIn> = on!(self, c => sqlx::query_as(STAND_INS)
                .bind(province).bind(first).fetch_all(c).await?);
            for stand_in in stand_ins.into_iter().filter(|s| s.state == "spared") {
                if stand_in.deadline_at <= now.0 {
                    firsts.push((stand_in.id, now));
                    continue;
                }
                on!(self, c => sqlx::query(REVIVE).bind(province).bind(stand_in.id)
                    .bind(due_at.0).execute(c).await.map(|_| ()))?;
                firsts.push((stand_in.id, Moment(stand_in.deadline_at)));
            }
        }
        Ok(())
    }

    /// Whether what a message stands in for, or what stands in for it, has arrived or may yet.
    pub(super) async fn has_live_relatives(
        &mut self,
        (province, id): Key<'_>,
    ) -> Result<bool, StoreError> {
        let count: i64 = on!(self, c => sqlx::query_scalar(RELATIVES).bind(province).bind(id)
            .fetch_one(c).await?);
        Ok(count > 0)
    }
}
