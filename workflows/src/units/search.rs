//! The type-ahead list.

use super::query::{begins_words, initials, typed_key, without_kinds};
use super::{Unit, Units};
use crate::place::Epoch;

/// From this rank on, only kind, district or province explain the match.
const LOOSE: u8 = 3;

/// Longest query looked at, in bytes; no unit's full name comes near it.
const QUERY_MAX: usize = 160;
/// Most words of a query that are looked for.
const WORDS_MAX: usize = 12;

/// The beginning of a query: its cost grows with its words, and anybody may ask.
pub(super) fn bounded(query: &str) -> &str {
    query
        .get(..query.floor_char_boundary(QUERY_MAX))
        .unwrap_or(query)
}

impl Units {
    /// Units for what was typed so far, best first: the name itself, then names that begin so,
    /// then names with such words, then units whose district or province has them; the present
    /// epoch first among equals. Marks, case, `P.`/`phường`, i/y and a wrong kind do not matter.
    ///
    /// `province` is a code of `epoch`; without an epoch it is a present code, and old units that
    /// lie there are found too. An empty query lists everything in scope.
    pub fn search(
        &self,
        query: &str,
        epoch: Option<Epoch>,
        province: Option<u16>,
        limit: usize,
    ) -> Vec<&Unit> {
        let query = typed_key(bounded(query));
        let mut found = self.matching(&query, epoch, province);
        let bare = without_kinds(&query);
        // No name has the kind and the words together: the kind is likely wrong.
        if found.iter().all(|(rank, _, _)| *rank >= LOOSE) && !bare.is_empty() && bare != query {
            found.extend(self.matching(&bare, epoch, province));
            found.sort_unstable_by_key(|(rank, order, _)| (*order, *rank));
            found.dedup_by_key(|(_, order, _)| *order);
        }
        if found.len() > limit {
            found.select_nth_unstable_by_key(limit, |(rank, order, _)| (*rank, *order));
            found.truncate(limit);
        }
        found.sort_unstable_by_key(|(rank, order, _)| (*rank, *order));
        found.into_iter().map(|(_, _, unit)| unit).collect()
    }

    /// Units that have every word, with rank and order.
    fn matching(
        &self,
        query: &str,
        epoch: Option<Epoch>,
        province: Option<u16>,
    ) -> Vec<(u8, u32, &Unit)> {
        let mut words: Vec<&str> = query.split_ascii_whitespace().collect();
        words.truncate(WORDS_MAX);
        let needed = initials(query);
        let units = epoch.map_or(self.all.as_slice(), |epoch| self.of_epoch(epoch));
        units
            .iter()
            .filter(|unit| unit.initials & needed == needed)
            .filter(|unit| province.is_none_or(|p| is_in(unit, epoch, p)))
            .filter(|unit| begins_words(self.key(unit), &words))
            .map(|unit| (self.rank(unit, query, &words), unit.order, unit))
            .collect()
    }

    fn rank(&self, unit: &Unit, query: &str, words: &[&str]) -> u8 {
        if words.is_empty() {
            return 0;
        }
        let (key, name, full) = (self.key(unit), self.name_key(unit), self.full_key(unit));
        let tail = key.get(unit.name_at.start..).unwrap_or_default();
        if query == name || query == full {
            0
        } else if tail.starts_with(query) || key.starts_with(query) {
            1
        } else if begins_words(name, words) {
            2
        } else if begins_words(full, words) {
            LOOSE
        } else {
            LOOSE + 1
        }
    }
}

fn is_in(unit: &Unit, epoch: Option<Epoch>, province: u16) -> bool {
    let its = if epoch.is_some() {
        unit.code.province
    } else {
        unit.present_province
    };
    its == province
}
