//! The audit trail's words and its hash chain. Pure: the store writes and reads the rows.
//!
//! Every entry's hash covers the hash before it, so an edit, a deletion, an insertion or a swap
//! anywhere breaks the chain from there on (SECURITY.md §4 T12). Cutting the tail cannot be seen
//! from what is left: compare the head that [`verify`] returns with one written down elsewhere.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::clock::Moment;
use crate::ids::ProvinceId;

/// Why somebody read or changed something about a person (SECURITY.md §5.9). The list is closed
/// and public.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// Checking a traveller at a post.
    VerifyAtGate,
    /// Finding who met whom.
    TraceContact,
    /// Following up a person's health.
    CareFollowUp,
    /// A citizen looks at or corrects the own record.
    CorrectOwnRecord,
    /// A request with legal authority behind it.
    LegalRequest,
    /// Counting for a report.
    ReportAggregate,
    /// Helping a citizen or officer with the service.
    Support,
    /// Taking a declaration.
    Declare,
    /// Running the service: keys, accounts, plugins.
    Administer,
}

impl Purpose {
    /// Every purpose, for pages that list them.
    pub const ALL: [Self; 9] = [
        Self::VerifyAtGate,
        Self::TraceContact,
        Self::CareFollowUp,
        Self::CorrectOwnRecord,
        Self::LegalRequest,
        Self::ReportAggregate,
        Self::Support,
        Self::Declare,
        Self::Administer,
    ];

    /// The word stored and shown to machines.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VerifyAtGate => "verify-at-gate",
            Self::TraceContact => "trace-contact",
            Self::CareFollowUp => "care-follow-up",
            Self::CorrectOwnRecord => "correct-own-record",
            Self::LegalRequest => "legal-request",
            Self::ReportAggregate => "report-aggregate",
            Self::Support => "support",
            Self::Declare => "declare",
            Self::Administer => "administer",
        }
    }

    /// The purpose of a stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.as_str() == word)
    }
}

/// Who did or saw what, and why. Holds no personal data: the subject is a blind index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// When.
    pub at: Moment,
    /// An officer's id, `citizen` or `system`.
    pub actor: Cow<'static, str>,
    /// The role acted in.
    pub role: Cow<'static, str>,
    /// What for.
    pub purpose: Purpose,
    /// What was done, as a short word such as `pass-scanned`.
    pub action: Cow<'static, str>,
    /// Blind index of the person concerned, if one was.
    pub subject: Option<[u8; 16]>,
    /// Anything else worth keeping: codes, counts and ids, never personal data.
    pub detail: String,
    /// The request it happened in.
    pub request_id: String,
}

/// The end of a chain: the last entry's number (0: no entry yet) and hash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChainHead {
    /// Number of the last entry; the first one has 1.
    pub seq: i64,
    /// Its hash; zeros for an empty chain.
    pub hash: [u8; 32],
}

/// An entry as it stands in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEntry {
    /// Its number in the chain.
    pub seq: i64,
    /// The hash before it.
    pub prev: [u8; 32],
    /// Its own hash.
    pub hash: [u8; 32],
    /// What it says.
    pub entry: AuditEntry,
}

/// The chain does not hold: the entry that should have had this number was altered, removed or
/// moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the audit chain is broken at entry {seq}")]
pub struct Broken {
    /// Number of the first entry that does not fit.
    pub seq: i64,
}

impl ChainHead {
    /// The head after appending `entry`.
    #[must_use]
    pub fn next(&self, province: &ProvinceId, writer: &str, entry: &AuditEntry) -> Self {
        let seq = self.seq + 1;
        Self {
            seq,
            hash: hash(province, writer, seq, &self.hash, entry),
        }
    }

    /// The head after a stored entry, if that entry continues this head.
    pub fn follow(
        &self,
        province: &ProvinceId,
        writer: &str,
        stored: &StoredEntry,
    ) -> Result<Self, Broken> {
        let next = self.next(province, writer, &stored.entry);
        let fits = stored.seq == next.seq && stored.prev == self.hash && stored.hash == next.hash;
        if fits {
            Ok(next)
        } else {
            Err(Broken { seq: next.seq })
        }
    }
}

/// Hash of one entry at its place in the chain of (province, writer).
///
/// SHA-256 over the fields in the order written here, texts and byte strings each behind their
/// length (32 bits, big-endian), numbers as 64 bits big-endian, a missing subject as one zero
/// byte. Nothing can slide from one field into the next.
pub fn hash(
    province: &ProvinceId,
    writer: &str,
    seq: i64,
    prev: &[u8; 32],
    entry: &AuditEntry,
) -> [u8; 32] {
    let mut hash = Sha256::new();
    put(&mut hash, b"khaibao audit 1");
    put(&mut hash, province.as_str().as_bytes());
    put(&mut hash, writer.as_bytes());
    hash.update(seq.to_be_bytes());
    hash.update(prev);
    hash.update(entry.at.0.to_be_bytes());
    put(&mut hash, entry.actor.as_bytes());
    put(&mut hash, entry.role.as_bytes());
    put(&mut hash, entry.purpose.as_str().as_bytes());
    put(&mut hash, entry.action.as_bytes());
    match &entry.subject {
        None => hash.update([0]),
        Some(subject) => {
            hash.update([1]);
            hash.update(subject);
        }
    }
    put(&mut hash, entry.detail.as_bytes());
    put(&mut hash, entry.request_id.as_bytes());
    hash.finalize().into()
}

fn put(hash: &mut Sha256, bytes: &[u8]) {
    hash.update(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    hash.update(bytes);
}

/// Follows stored entries, in order, from a known head, and returns the last head.
pub fn verify(
    province: &ProvinceId,
    writer: &str,
    from: ChainHead,
    entries: impl IntoIterator<Item = StoredEntry>,
) -> Result<ChainHead, Broken> {
    entries
        .into_iter()
        .try_fold(from, |head, stored| head.follow(province, writer, &stored))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn province() -> ProvinceId {
        ProvinceId::parse("ha-noi").unwrap()
    }

    fn chain(length: i64) -> Vec<StoredEntry> {
        let mut head = ChainHead::default();
        (1..=length)
            .map(|n| {
                let entry = AuditEntry {
                    at: Moment(n * 1_000),
                    actor: "citizen".into(),
                    role: "citizen".into(),
                    purpose: Purpose::Declare,
                    action: "declared".into(),
                    subject: (n % 2 == 0).then_some([7; 16]),
                    detail: format!("entry {n}"),
                    request_id: String::new(),
                };
                let prev = head.hash;
                head = head.next(&province(), "node-1", &entry);
                StoredEntry {
                    seq: head.seq,
                    prev,
                    hash: head.hash,
                    entry,
                }
            })
            .collect()
    }

    fn check(entries: Vec<StoredEntry>) -> Result<ChainHead, Broken> {
        verify(&province(), "node-1", ChainHead::default(), entries)
    }

    #[test]
    fn a_chain_holds_for_its_own_province_and_writer_only() {
        let entries = chain(20);
        assert_eq!(check(entries.clone()).map(|h| h.seq), Ok(20));
        let other = verify(&province(), "node-2", ChainHead::default(), entries);
        assert_eq!(other, Err(Broken { seq: 1 }));
    }

    #[test]
    fn text_cannot_slide_from_one_field_into_the_next() {
        let mut moved = chain(1).remove(0).entry;
        let before = hash(&province(), "w", 1, &[0; 32], &moved);
        moved.detail = "entry ".into();
        moved.request_id = "1".into();
        assert_ne!(before, hash(&province(), "w", 1, &[0; 32], &moved));
    }

    proptest! {
        #[test]
        fn every_edit_deletion_and_swap_is_found(at in 0usize..30, how in 0..6) {
            let mut entries = chain(31);
            let altered = &mut entries[at];
            match how {
                0 => altered.entry.detail.push('x'),
                1 => altered.entry.at = Moment(altered.entry.at.0 + 1),
                2 => altered.entry.purpose = Purpose::LegalRequest,
                3 => altered.entry.subject = Some([8; 16]),
                4 => entries.swap(at, at + 1),
                _ => { entries.remove(at); }
            }
            let place = i64::try_from(at).unwrap() + 1;
            prop_assert_eq!(check(entries), Err(Broken { seq: place }));
        }
    }

    #[test]
    fn every_purpose_is_read_back_from_its_word() {
        for purpose in Purpose::ALL {
            assert_eq!(Purpose::parse(purpose.as_str()), Some(purpose));
            assert_eq!(serde_json::to_value(purpose).unwrap(), purpose.as_str());
        }
    }
}
