//! The audit chains of this process, and reading them back.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::{Mutex, MutexGuard};

use super::StoreError;
use super::bulk::{self, Cell, Table, bytes};
use super::conn::{Tx, on, row, statements};
use crate::audit::{self, AuditEntry, ChainHead, Purpose};
use crate::clock::Moment;
use crate::ids::ProvinceId;

statements! {
    LATEST_CHAIN = "SELECT writer FROM audit_chains WHERE province = $1 AND writer <> $2 \
        ORDER BY opened_at DESC, writer DESC LIMIT 1";
    OPEN_CHAIN = "INSERT INTO audit_chains (province, writer, opened_at) VALUES ($1, $2, $3)";
    CHAIN_HEAD = "SELECT seq, hash FROM audit WHERE province = $1 AND writer = $2 \
        ORDER BY seq DESC LIMIT 1";
    CHAINS = "SELECT writer FROM audit_chains WHERE province = $1 ORDER BY opened_at, writer";
    CHAIN = "SELECT seq, prev_hash, hash, at, actor, role, purpose, action, subject, detail, \
        request_id FROM audit WHERE province = $1 AND writer = $2 AND seq > $3 \
        ORDER BY seq LIMIT $4";
    ABOUT = "SELECT at, actor, role, purpose, action FROM audit \
        WHERE province = $1 AND subject = $2 ORDER BY at DESC LIMIT $3";
}

static AUDIT: Table = Table {
    name: "audit",
    columns: &[
        "province",
        "writer",
        "seq",
        "prev_hash",
        "hash",
        "at",
        "actor",
        "role",
        "purpose",
        "action",
        "subject",
        "detail",
        "request_id",
    ],
    tail: "",
};

pub(super) type Heads = HashMap<ProvinceId, ChainHead>;

/// The chains this process writes: one per province, under its own writer name, so that nodes
/// never wait for each other.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    writer: Arc<str>,
    heads: Arc<Mutex<Heads>>,
}

impl Chain {
    pub(super) fn new(writer: String) -> Self {
        Self {
            writer: writer.into(),
            heads: Arc::default(),
        }
    }

    pub(super) async fn heads(&self) -> MutexGuard<'_, Heads> {
        self.heads.lock().await
    }

    /// Inserts the entries after the heads given and returns the new heads.
    pub(super) async fn extend(
        &self,
        tx: &mut Tx,
        heads: &Heads,
        entries: Vec<Entry>,
    ) -> Result<Heads, StoreError> {
        let mut advanced = Heads::new();
        let mut links = Vec::with_capacity(entries.len());
        for (province, entry) in entries {
            let known = advanced
                .get(&province)
                .or_else(|| heads.get(&province))
                .copied();
            let head = if let Some(head) = known {
                head
            } else if let Some(head) = tx.chain_head(&province, &self.writer).await? {
                // Forgotten after a commit whose outcome was not known.
                head
            } else {
                let opening = self.open(tx, &province, entry.at).await?;
                self.link(
                    ChainHead::default(),
                    (province.clone(), opening),
                    &mut links,
                )
            };
            let head = self.link(head, (province.clone(), entry), &mut links);
            advanced.insert(province, head);
        }
        let rows = links.iter().map(|link| link.cells(&self.writer)).collect();
        bulk::insert(tx, &AUDIT, rows).await?;
        Ok(advanced)
    }

    /// The first entry of a new chain names the head of the chain before it, so that cutting
    /// the tail of an old chain shows.
    async fn open(
        &self,
        tx: &mut Tx,
        province: &ProvinceId,
        at: Moment,
    ) -> Result<AuditEntry, StoreError> {
        let before: Option<String> = on!(tx, c => sqlx::query_scalar(LATEST_CHAIN)
            .bind(province.as_str()).bind(&*self.writer).fetch_optional(c).await?);
        let detail = match before {
            None => "first".to_owned(),
            Some(writer) => {
                let head = tx.chain_head(province, &writer).await?.unwrap_or_default();
                format!("continues {writer} {} {}", head.seq, hex(&head.hash))
            }
        };
        on!(tx, c => sqlx::query(OPEN_CHAIN).bind(province.as_str()).bind(&*self.writer)
            .bind(at.0).execute(c).await.map(|_| ()))?;
        Ok(AuditEntry {
            at,
            actor: "system".into(),
            role: "system".into(),
            purpose: Purpose::Administer,
            action: "chain-opened".into(),
            subject: None,
            detail,
            request_id: String::new(),
        })
    }

    fn link(&self, head: ChainHead, (province, entry): Entry, links: &mut Vec<Link>) -> ChainHead {
        let seq = head.seq + 1;
        let hash = audit::hash(&province, &self.writer, seq, &head.hash, &entry);
        links.push(Link {
            province,
            entry,
            seq,
            before: head.hash,
            hash,
        });
        ChainHead { seq, hash }
    }
}

type Entry = (ProvinceId, AuditEntry);

/// An entry at its place in a chain.
struct Link {
    province: ProvinceId,
    entry: AuditEntry,
    seq: i64,
    before: [u8; 32],
    hash: [u8; 32],
}

impl Link {
    fn cells<'a>(&'a self, writer: &'a str) -> Vec<Cell<'a>> {
        let entry = &self.entry;
        vec![
            Cell::Text(self.province.as_str()),
            Cell::Text(writer),
            Cell::Int(self.seq),
            Cell::Blob(&self.before),
            Cell::Blob(&self.hash),
            Cell::Int(entry.at.0),
            Cell::Text(&entry.actor),
            Cell::Text(&entry.role),
            Cell::Text(entry.purpose.as_str()),
            Cell::Text(&entry.action),
            Cell::MaybeBlob(bytes(entry.subject.as_ref())),
            Cell::Text(&entry.detail),
            Cell::Text(&entry.request_id),
        ]
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut s, b| {
        let _ = write!(s, "{b:02x}");
        s
    })
}

row! {
    /// One look-up or change that concerned a person, as that person may see it.
    #[derive(Clone, Debug)]
    pub struct AboutRow {
        /// When, microseconds UTC.
        pub at: i64,
        /// Officer's id, `citizen` or `system`.
        pub actor: String,
        /// In which role.
        pub role: String,
        /// For which purpose.
        pub purpose: String,
        /// What was done.
        pub action: String,
    }
}

row! {
    struct ChainRow {
        seq: i64,
        prev_hash: Vec<u8>,
        hash: Vec<u8>,
        at: i64,
        actor: String,
        role: String,
        purpose: String,
        action: String,
        subject: Option<Vec<u8>>,
        detail: String,
        request_id: String,
    }
}

const PAGE: i64 = 5_000;

impl Tx {
    /// Entries about a person (blind index in this province), newest first.
    pub async fn audit_about(
        &mut self,
        subject: &[u8; 16],
        limit: i64,
    ) -> Result<Vec<AboutRow>, StoreError> {
        let province = self.province();
        Ok(
            on!(self, c => sqlx::query_as(ABOUT).bind(province).bind(subject.as_slice())
            .bind(limit).fetch_all(c).await?),
        )
    }

    async fn chain_head(
        &mut self,
        province: &ProvinceId,
        writer: &str,
    ) -> Result<Option<ChainHead>, StoreError> {
        let head: Option<(i64, Vec<u8>)> = on!(self, c => sqlx::query_as(CHAIN_HEAD)
            .bind(province.as_str()).bind(writer).fetch_optional(c).await?);
        head.map(|(seq, hash)| {
            Ok(ChainHead {
                seq,
                hash: hash32(&hash, "hash")?,
            })
        })
        .transpose()
    }

    /// Recomputes every chain of the province. Returns how many entries stand, or the writer
    /// and sequence number of the first that was altered, removed or cut off.
    pub async fn verify_audit(
        &mut self,
        province: &ProvinceId,
    ) -> Result<Result<u64, (String, i64)>, StoreError> {
        let writers: Vec<String> = on!(self, c => sqlx::query_scalar(CHAINS)
            .bind(province.as_str()).fetch_all(c).await?);
        let mut count = 0;
        for writer in &writers {
            match self.verify_chain(province, writer).await? {
                Ok(entries) => count += entries,
                Err(seq) => return Ok(Err((writer.clone(), seq))),
            }
        }
        Ok(Ok(count))
    }

    async fn verify_chain(
        &mut self,
        province: &ProvinceId,
        writer: &str,
    ) -> Result<Result<u64, i64>, StoreError> {
        let mut head = ChainHead::default();
        loop {
            let rows: Vec<ChainRow> = on!(self, c => sqlx::query_as(CHAIN)
                .bind(province.as_str()).bind(writer).bind(head.seq).bind(PAGE)
                .fetch_all(c).await?);
            let done = i64::try_from(rows.len()).unwrap_or(PAGE) < PAGE;
            for row in rows {
                let (prev, stored) = (
                    hash32(&row.prev_hash, "prev_hash")?,
                    hash32(&row.hash, "hash")?,
                );
                let seq = row.seq;
                if seq == 1 && !self.continues(province, &row.detail).await? {
                    return Ok(Err(seq));
                }
                let entry = row.entry()?;
                let expected = audit::hash(province, writer, seq, &head.hash, &entry);
                if seq != head.seq + 1 || prev != head.hash || stored != expected {
                    return Ok(Err(head.seq + 1));
                }
                head = ChainHead { seq, hash: stored };
            }
            if done {
                // A chain without its opening entry was emptied.
                let entries = u64::try_from(head.seq).unwrap_or(0);
                return Ok(if entries == 0 { Err(1) } else { Ok(entries) });
            }
        }
    }

    /// Whether the head that an opening entry names still stands in its chain.
    async fn continues(&mut self, province: &ProvinceId, detail: &str) -> Result<bool, StoreError> {
        let mut words = detail.split(' ').skip(1);
        let (Some(writer), Some(seq), Some(hash)) = (words.next(), words.next(), words.next())
        else {
            return Ok(detail == "first");
        };
        let head = self.chain_head(province, writer).await?.unwrap_or_default();
        let named: i64 = seq.parse().unwrap_or(i64::MAX);
        // The chain before may have grown since (two nodes at once), never shrunk.
        Ok(head.seq > named || (head.seq == named && hex(&head.hash) == hash))
    }
}

impl ChainRow {
    fn entry(self) -> Result<AuditEntry, StoreError> {
        let corrupt = |column| StoreError::Corrupt {
            table: "audit",
            column,
        };
        let subject = self
            .subject
            .map(|s| <[u8; 16]>::try_from(s.as_slice()).map_err(|_| corrupt("subject")))
            .transpose()?;
        Ok(AuditEntry {
            at: Moment(self.at),
            actor: self.actor.into(),
            role: self.role.into(),
            purpose: Purpose::parse(&self.purpose).ok_or_else(|| corrupt("purpose"))?,
            action: self.action.into(),
            subject,
            detail: self.detail,
            request_id: self.request_id,
        })
    }
}

fn hash32(bytes: &[u8], column: &'static str) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| StoreError::Corrupt {
        table: "audit",
        column,
    })
}
