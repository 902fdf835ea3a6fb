//! Parses the embedded lists. Their form is described in `data/units/README.md`; a test counts
//! what came out, so a broken line cannot go unseen.

use super::query::{initials, key};
use super::{District, Unit, UnitKind, Units};
use crate::place::{Epoch, UnitCode};

const SINCE: &str = include_str!("../../data/units/since_2025.tsv");
const BEFORE: &str = include_str!("../../data/units/before_2025.tsv");
const OLD_TO_NEW: &str = include_str!("../../data/units/old_to_new.tsv");

pub(super) fn load() -> Units {
    let mut units = Units {
        all: Vec::with_capacity(14_000),
        keys: String::new(),
        links: Vec::new(),
    };
    read_tree(&mut units, Epoch::Before2025, BEFORE);
    read_tree(&mut units, Epoch::Since2025, SINCE);
    units.all.sort_by_cached_key(|unit| unit.code);
    set_order(&mut units);
    let pairs = read_links(&units.all);
    set_links(&mut units, pairs);
    units
}

/// What the lines below a province or district line have in common.
#[derive(Default)]
struct Above {
    province: u16,
    province_name: &'static str,
    province_key: String,
    district: Option<District>,
    district_key: String,
}

fn read_tree(units: &mut Units, epoch: Epoch, list: &'static str) {
    let mut above = Above::default();
    for line in list.lines() {
        let mut fields = line.split('\t');
        let (Some(level), Some(Ok(number)), Some(word), Some(name)) = (
            fields.next(),
            fields.next().map(str::parse::<u32>),
            fields.next(),
            fields.next(),
        ) else {
            continue;
        };
        let small = u16::try_from(number).unwrap_or(0);
        if level == "D" {
            above.district_key = district_key(word, name);
            above.district = Some(District {
                code: small,
                word,
                name,
            });
            continue;
        }
        let Some(kind) = kind(level, word) else {
            continue;
        };
        if level == "P" {
            above = Above {
                province: small,
                province_name: name,
                province_key: key(name),
                ..Above::default()
            };
        }
        let commune = if level == "P" { 0 } else { number };
        let code = UnitCode {
            epoch,
            province: above.province,
            commune,
        };
        push(units, code, kind, name, &above);
    }
}

fn push(units: &mut Units, code: UnitCode, kind: UnitKind, name: &'static str, above: &Above) {
    let start = units.keys.len();
    let has_district = code.commune != 0 && kind != UnitKind::IslandDistrict;
    units.keys.push_str(kind_key(kind));
    units.keys.push(' ');
    let name_start = units.keys.len() - start;
    units.keys.push_str(&key(name));
    let name_end = units.keys.len() - start;
    let mut add = |text: &str| {
        units.keys.push(' ');
        let from = units.keys.len() - start;
        units.keys.push_str(text);
        from..units.keys.len() - start
    };
    let district = above.district.filter(|_| has_district);
    let district_at = district.map_or(0..0, |_| add(&above.district_key));
    if code.commune != 0 {
        add(&above.province_key);
    }
    let key = start..units.keys.len();
    units.all.push(Unit {
        code,
        name,
        kind,
        district,
        province: above.province_name,
        present_province: 0,
        initials: initials(units.keys.get(key.clone()).unwrap_or_default()),
        key,
        name_at: name_start..name_end,
        district_at,
        order: 0,
        now: 0..0,
        was: 0..0,
    });
}

fn kind(level: &str, word: &str) -> Option<UnitKind> {
    match (level, word) {
        ("P", "Tỉnh") => Some(UnitKind::Province),
        ("P", "Thành phố") => Some(UnitKind::City),
        ("C", "Xã") => Some(UnitKind::Commune),
        ("C", "Phường") => Some(UnitKind::Ward),
        ("C", "Thị trấn") => Some(UnitKind::Township),
        ("C", "Đặc khu") => Some(UnitKind::SpecialZone),
        ("C", "Huyện") => Some(UnitKind::IslandDistrict),
        _ => None,
    }
}

fn kind_key(kind: UnitKind) -> &'static str {
    match kind {
        UnitKind::Province => "tinh",
        UnitKind::City => "thanh pho",
        UnitKind::Commune => "xa",
        UnitKind::Ward => "phuong",
        UnitKind::Township => "thi tran",
        UnitKind::SpecialZone => "dac khu",
        UnitKind::IslandDistrict => "huyen",
    }
}

/// A numbered district is nothing without its word: `quan 1`.
fn district_key(word: &str, name: &str) -> String {
    let numbered = name.bytes().all(|b| b.is_ascii_digit());
    key(&if numbered {
        format!("{word} {name}")
    } else {
        name.to_owned()
    })
}

fn set_order(units: &mut Units) {
    let mut places: Vec<usize> = (0..units.all.len()).collect();
    places.sort_by_cached_key(|at| {
        units.all.get(*at).map(|unit| {
            let old = unit.code.epoch == Epoch::Before2025;
            (old, unit.code.commune != 0, units.name_key(unit), unit.code)
        })
    });
    for (order, at) in (0..).zip(places) {
        if let Some(unit) = units.all.get_mut(at) {
            unit.order = order;
        }
    }
}

/// Pairs of an old commune and a present one, in the list's order.
fn read_links(units: &[Unit]) -> Vec<(UnitCode, UnitCode)> {
    let mut by_commune: Vec<UnitCode> = units.iter().map(|unit| unit.code).collect();
    by_commune.sort_unstable_by_key(|code| (code.epoch, code.commune));
    let find = |epoch, text: &str| {
        let wanted = (epoch, text.parse().ok()?);
        let at = by_commune
            .binary_search_by_key(&wanted, |code| (code.epoch, code.commune))
            .ok()?;
        by_commune.get(at).copied()
    };
    let mut pairs = Vec::with_capacity(11_000);
    for line in OLD_TO_NEW.lines() {
        let mut fields = line.split('\t');
        let Some(old) = fields.next().and_then(|text| find(Epoch::Before2025, text)) else {
            continue;
        };
        pairs.extend(fields.filter_map(|text| Some((old, find(Epoch::Since2025, text)?))));
    }
    pairs
}

fn set_links(units: &mut Units, mut pairs: Vec<(UnitCode, UnitCode)>) {
    let whole = |code: UnitCode| UnitCode { commune: 0, ..code };
    let mut provinces: Vec<_> = pairs.iter().map(|(a, b)| (whole(*a), whole(*b))).collect();
    provinces.sort_unstable();
    provinces.dedup();
    pairs.extend(provinces);
    pairs.sort_by_key(|(old, _)| *old);
    let mut back: Vec<_> = pairs.iter().map(|(old, new)| (*new, *old)).collect();
    back.sort_unstable();
    for unit in &mut units.all {
        unit.now = match unit.code.epoch {
            Epoch::Before2025 => append(&mut units.links, &pairs, unit.code),
            Epoch::Since2025 => append(&mut units.links, &[(unit.code, unit.code)], unit.code),
        };
        unit.was = append(&mut units.links, &back, unit.code);
        unit.present_province = units
            .links
            .get(unit.now.start)
            .map_or(0, |code| code.province);
    }
}

/// Copies what `from` is paired with and says where; `pairs` are sorted by their first half.
fn append(
    links: &mut Vec<UnitCode>,
    pairs: &[(UnitCode, UnitCode)],
    from: UnitCode,
) -> std::ops::Range<usize> {
    let start = links.len();
    let first = pairs.partition_point(|(a, _)| *a < from);
    let of_unit = pairs.iter().skip(first).take_while(|(a, _)| *a == from);
    links.extend(of_unit.map(|(_, b)| *b));
    start..links.len()
}
