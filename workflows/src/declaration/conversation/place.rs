//! Places as people type them on a keypad.

use crate::place::{Epoch, UnitCode};
use crate::text;
use crate::units::{Resolved, Unit, Units};

use super::keyword::untelex;

/// Most places offered to choose from.
const OFFERED: usize = 12;

/// A typed place. The province is enough; digits are its present official code. What could be
/// several places is asked.
pub(super) fn find(typed: &str) -> Resolved {
    let units = Units::embedded();
    let typed = typed.trim();
    if typed.bytes().all(|b| b.is_ascii_digit()) {
        let province = typed.parse().unwrap_or(0);
        let code = UnitCode {
            epoch: Epoch::Since2025,
            province,
            commune: 0,
        };
        return match units.unit(code) {
            Some(unit) => Resolved::One(unit.code),
            None => Resolved::None,
        };
    }
    let provinces = || -> Vec<&Unit> {
        let mut all = units.provinces(Epoch::Since2025);
        let old = units.provinces(Epoch::Before2025).into_iter();
        // An old name that is still one is not offered twice.
        let gone: Vec<&Unit> = old
            .filter(|o| all.iter().all(|p| p.name != o.name))
            .collect();
        all.extend(gone);
        all
    };
    let resolve = |typed: &str| -> Resolved {
        match units.resolve(typed, None) {
            Resolved::One(code) => Resolved::One(code),
            unsure => match beginning(&provinces(), typed).as_slice() {
                [] => cut(unsure),
                [one] => Resolved::One(*one),
                several => cut(Resolved::Many(several.to_vec())),
            },
        }
    };
    match resolve(typed) {
        Resolved::None => resolve(&untelex(&text::fold(typed))),
        found => found,
    }
}

/// Provinces whose name begins as typed, so that `quang n` is enough.
fn beginning(provinces: &[&Unit], typed: &str) -> Vec<UnitCode> {
    let key = text::fold(typed);
    if key.len() < 2 {
        return Vec::new();
    }
    let named = |unit: &&&Unit| text::fold(unit.name).starts_with(&key);
    provinces.iter().filter(named).map(|u| u.code).collect()
}

fn cut(found: Resolved) -> Resolved {
    match found {
        Resolved::Many(mut codes) => {
            codes.truncate(OFFERED);
            Resolved::Many(codes)
        }
        other => other,
    }
}

/// The place at the end of these words, and how many of them it takes. Names are made of the
/// same words as places, so the longest place wins only while enough is left for a name.
pub(super) fn at_end(words: &[&str]) -> Option<(usize, Vec<UnitCode>)> {
    let units = Units::embedded();
    (1..=words.len().min(6)).rev().find_map(|count| {
        let (before, last) = words.split_at_checked(words.len() - count)?;
        let typed = last.join(" ");
        let found = units.named(&typed);
        let first = found.first()?;
        let is_province = first.commune == 0;
        let kind = [
            "xa", "phuong", "p", "x", "tt", "thi", "dac", "quan", "huyen", "q", "h",
        ];
        let has_kind = last
            .first()
            .is_some_and(|word| kind.contains(&text::fold(word).as_str()));
        let fits = is_province || has_kind || (count >= 2 && before.len() >= 3);
        fits.then_some((count, found))
    })
}
