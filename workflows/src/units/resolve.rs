//! Typed addresses: for people without JavaScript, for paper and for messages.

use std::collections::HashSet;
use std::sync::OnceLock;

use super::query::{key, split_kind, typed_key};
use super::search::bounded;
use super::{District, Unit, Units};
use crate::place::{Epoch, UnitCode};
use crate::text;

/// Most units offered to choose from.
const OFFERED: usize = 20;

/// What a typed address names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// This unit.
    One(UnitCode),
    /// One of these, the likeliest first, at most 20: ask.
    Many(Vec<UnitCode>),
    /// Nothing known.
    None,
}

/// One part of an address between commas.
struct Part {
    /// As typed, lower case.
    typed: String,
    key: String,
}

impl Units {
    /// Finds the unit of a typed address such as `Phường Ba Đình, Hà Nội` (present),
    /// `Trúc Bạch, Ba Đình, Hà Nội` (old, three levels) or a [`Unit::label`]. Parts before the
    /// commune (house, street) are passed over; commas may be missing. `hint` is the present
    /// province to look in first when the text names none.
    ///
    /// An address of two levels is of the present map when such a unit exists. A province alone
    /// gives the province, and so does a province that has nothing like the rest of the text.
    pub fn resolve(&self, text: &str, hint: Option<u16>) -> Resolved {
        let cleaned = text::clean(bounded(text));
        let (plain, note) = cleaned.split_once('(').unwrap_or((&cleaned, ""));
        let epoch = key(note)
            .split(' ')
            .any(|w| w == "truoc")
            .then_some(Epoch::Before2025);
        let mut parts = self.parts(plain);
        let provinces = self.take_province(&mut parts, epoch);
        let Some(last) = parts.last() else {
            return choose(&provinces);
        };
        let communes: Vec<&Unit> = self
            .all
            .iter()
            .filter(|unit| unit.code.commune != 0 && epoch.is_none_or(|e| unit.code.epoch == e))
            .collect();
        let found = self.communes_named(&communes, &parts, &provinces, hint);
        if !found.is_empty() {
            return choose(&found);
        }
        let place = match epoch {
            None => provinces.first().map(|unit| unit.present_province).or(hint),
            Some(_) => provinces.first().map(|unit| unit.code.province),
        };
        let mut similar = self.search(&last.key, epoch, place, OFFERED);
        similar.retain(|unit| unit.code.commune != 0);
        if similar.is_empty() {
            choose(&provinces)
        } else {
            offer(&similar)
        }
    }

    /// Units of exactly this name, without guessing: a province, or a commune alone or before
    /// its province. For finding a place among other words.
    pub fn named(&self, text: &str) -> Vec<UnitCode> {
        let text = text::clean(bounded(text));
        if !self.is_made_of_names(&text) {
            return Vec::new();
        }
        let mut parts = self.parts(&text);
        let provinces = self.take_province(&mut parts, None);
        let found = if parts.is_empty() {
            provinces
        } else {
            let communes: Vec<&Unit> = self.all.iter().filter(|u| u.code.commune != 0).collect();
            self.communes_named(&communes, &parts, &provinces, None)
        };
        match choose(&found) {
            Resolved::One(code) => vec![code],
            Resolved::Many(codes) => codes,
            Resolved::None => Vec::new(),
        }
    }

    /// Whether a text is one to three names of units and districts and nothing else: a cheap
    /// answer for the many texts that are not.
    fn is_made_of_names(&self, text: &str) -> bool {
        static NAMES: OnceLock<HashSet<String>> = OnceLock::new();
        let names = NAMES.get_or_init(|| {
            let of = |unit: &Unit| {
                [
                    self.name_key(unit),
                    self.full_key(unit),
                    self.district_key(unit),
                ]
                .map(str::to_owned)
            };
            let mut names: HashSet<String> = self.all.iter().flat_map(of).collect();
            names.remove("");
            names
        });
        let key = typed_key(text);
        let words: Vec<&str> = key.split(' ').collect();
        // Ends that can be reached with so many names.
        let mut ends = vec![0];
        for _ in 0..3 {
            let mut further = Vec::new();
            for from in ends {
                for to in from + 1..=words.len() {
                    let name = words.get(from..to).unwrap_or_default().join(" ");
                    let bare = split_kind(&name).map_or(name.as_str(), |(_, bare)| bare);
                    if names.contains(&name) || names.contains(bare) {
                        further.push(to);
                    }
                }
            }
            if further.contains(&words.len()) {
                return true;
            }
            further.sort_unstable();
            further.dedup();
            ends = further;
        }
        false
    }

    fn parts(&self, text: &str) -> Vec<Part> {
        let mut parts: Vec<Part> = text.split([',', ';', '|']).map(Part::new).collect();
        if parts.len() == 1 && text.contains(" - ") {
            let dashed: Vec<Part> = text.split(" - ").map(Part::new).collect();
            if dashed
                .last()
                .is_some_and(|last| !self.provinces_named(&last.key, None).is_empty())
            {
                parts = dashed;
            }
        }
        parts.retain(|part| !matches!(part.key.as_str(), "" | "viet nam" | "vn"));
        parts
    }

    /// Removes the province from the end of the parts, with or without a comma before it.
    fn take_province(&self, parts: &mut Vec<Part>, epoch: Option<Epoch>) -> Vec<&Unit> {
        let Some(last) = parts.pop() else {
            return Vec::new();
        };
        let named = self.provinces_named(&last.key, epoch);
        if !named.is_empty() {
            return named;
        }
        // A commune's whole name must not lose its end to a province of that name.
        let is_commune = self
            .all
            .iter()
            .any(|u| u.code.commune != 0 && self.fits(u, &last.key, true));
        let shortest = self
            .all
            .iter()
            .filter(|unit| unit.code.commune == 0 && !is_commune)
            .filter_map(|unit| Some((before_name(&last.key, self.name_key(unit))?, unit)))
            .min_by_key(|(before, _)| before.len());
        let Some((before, unit)) = shortest else {
            parts.push(last);
            return Vec::new();
        };
        parts.push(Part::new(before));
        self.provinces_named(self.name_key(unit), epoch)
    }

    /// Provinces of this name, the present one first.
    fn provinces_named(&self, part: &str, epoch: Option<Epoch>) -> Vec<&Unit> {
        let mut found: Vec<&Unit> = self
            .all
            .iter()
            .filter(|unit| unit.code.commune == 0 && epoch.is_none_or(|e| unit.code.epoch == e))
            .filter(|unit| self.fits(unit, part, true))
            .collect();
        found.sort_by_key(|unit| unit.order);
        found
    }

    /// Looks first where the address says, then where such places are now: people soon write
    /// old communes under new provinces.
    fn communes_named<'a>(
        &self,
        communes: &[&'a Unit],
        parts: &[Part],
        provinces: &[&Unit],
        hint: Option<u16>,
    ) -> Vec<&'a Unit> {
        let within = |near: &dyn Fn(&Unit) -> bool| {
            let near: Vec<&Unit> = communes.iter().copied().filter(|unit| near(unit)).collect();
            self.by_levels(&near, parts)
        };
        let province = |unit: &Unit| (unit.code.epoch, unit.code.province);
        let mut found = if provinces.is_empty() {
            within(&|unit| Some(unit.present_province) == hint)
        } else {
            within(&|unit| provinces.iter().any(|p| province(p) == province(unit)))
        };
        if found.is_empty() {
            found = within(&|unit| {
                provinces.is_empty()
                    || provinces
                        .iter()
                        .any(|p| p.present_province == unit.present_province)
            });
        }
        found
    }

    /// Tries commune and district, then the commune alone, then the district alone; with the
    /// kinds as typed, then with any: what was a xã may be a phường now.
    fn by_levels<'a>(&self, among: &[&'a Unit], parts: &[Part]) -> Vec<&'a Unit> {
        let Some((last, before)) = parts.split_last() else {
            return Vec::new();
        };
        for any_kind in [false, true] {
            let pick = |fits: &dyn Fn(&Unit) -> bool| -> Vec<&'a Unit> {
                among.iter().copied().filter(|unit| fits(unit)).collect()
            };
            let in_last = |unit: &Unit| self.lies_in(unit, &last.key, any_kind);
            if let Some(commune) = before.last() {
                let found = pick(&|u| self.fits(u, &commune.key, any_kind) && in_last(u));
                if !found.is_empty() {
                    return marked_so(found, commune, last);
                }
            }
            let found = pick(&|unit| self.fits(unit, &last.key, any_kind));
            if !found.is_empty() {
                let in_doubt = any_kind || split_kind(&last.key).is_none();
                return self.present_first(marked_so(found, last, last), in_doubt);
            }
            let found = pick(&|unit| self.fits_with_district(unit, &last.key, any_kind));
            if !found.is_empty() {
                return found;
            }
            let found = pick(&in_last);
            if !found.is_empty() {
                return found;
            }
        }
        Vec::new()
    }

    /// Present units before old ones. Old ones stay only where the wording leaves doubt, and
    /// only those that did not become one of the present ones found.
    fn present_first<'a>(&self, mut found: Vec<&'a Unit>, in_doubt: bool) -> Vec<&'a Unit> {
        found.sort_by_key(|unit| unit.order);
        let is_present = |unit: &Unit| unit.code.epoch == Epoch::Since2025;
        let present: Vec<UnitCode> = found
            .iter()
            .filter(|unit| is_present(unit))
            .map(|unit| unit.code)
            .collect();
        let became = |unit: &Unit| self.convert(unit.code).iter().any(|c| present.contains(c));
        found.retain(|unit| is_present(unit) || present.is_empty() || (in_doubt && !became(unit)));
        found
    }

    /// Whether a key is the unit's name, alone or after its kind.
    fn fits(&self, unit: &Unit, part: &str, any_kind: bool) -> bool {
        let name = self.name_key(unit);
        part == name
            || part == self.full_key(unit)
            || (any_kind && split_kind(part).is_some_and(|(_, bare)| bare == name))
    }

    /// Whether a key is the name of the unit's district, alone or after its kind.
    fn lies_in(&self, unit: &Unit, part: &str, any_kind: bool) -> bool {
        let Some(district) = unit.district else {
            return false;
        };
        let name = self.district_key(unit);
        part == name
            || split_kind(part).is_some_and(|(kind, bare)| {
                bare == name && (any_kind || kind == district_word(district))
            })
    }

    /// Whether a key is commune and district with no comma between them.
    fn fits_with_district(&self, unit: &Unit, part: &str, any_kind: bool) -> bool {
        unit.district.is_some()
            && before_name(part, self.district_key(unit))
                .is_some_and(|commune| self.fits(unit, commune, any_kind))
    }
}

impl Part {
    fn new(text: &str) -> Self {
        Self {
            typed: text.trim().to_lowercase(),
            key: typed_key(text),
        }
    }
}

/// What stands in a key before a name and the kind in front of it, if the key ends so.
fn before_name<'a>(key: &'a str, name: &str) -> Option<&'a str> {
    let before = key.strip_suffix(name)?.strip_suffix(' ')?;
    let bare = ["thanh pho", "thi xa", "huyen", "quan", "tinh"]
        .iter()
        .find_map(|kind| before.strip_suffix(kind)?.strip_suffix(' '));
    Some(bare.unwrap_or(before))
}

fn district_word(district: District) -> &'static str {
    match district.word {
        "Quận" => "quan",
        "Huyện" => "huyen",
        "Thị xã" => "thi xa",
        _ => "thanh pho",
    }
}

/// Of units whose names differ only by marks, those whose marks are as typed, if any are.
fn marked_so<'a>(found: Vec<&'a Unit>, commune: &Part, district: &Part) -> Vec<&'a Unit> {
    let ends = |part: &Part, name: &str| part.typed.ends_with(&name.to_lowercase());
    let is_marked = |unit: &&Unit| {
        ends(commune, unit.name)
            && (std::ptr::eq(commune, district)
                || unit.district.is_none_or(|its| ends(district, its.name)))
    };
    let marked: Vec<&Unit> = found.iter().copied().filter(is_marked).collect();
    if marked.is_empty() { found } else { marked }
}

fn choose(found: &[&Unit]) -> Resolved {
    match found {
        [] => Resolved::None,
        [one] => Resolved::One(one.code),
        [first, rest @ ..] => {
            // The same province on both maps is no choice.
            let same = |unit: &&Unit| {
                unit.code.commune == 0 && unit.present_province == first.code.province
            };
            if rest.iter().all(same) {
                Resolved::One(first.code)
            } else {
                offer(found)
            }
        }
    }
}

fn offer(units: &[&Unit]) -> Resolved {
    Resolved::Many(units.iter().take(OFFERED).map(|unit| unit.code).collect())
}
