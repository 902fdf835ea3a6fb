use std::collections::BTreeSet;

use super::UnitKind::{City, Commune, IslandDistrict, Province, SpecialZone, Township, Ward};
use super::*;

fn old(province: u16, commune: u32) -> UnitCode {
    UnitCode {
        epoch: Epoch::Before2025,
        province,
        commune,
    }
}

fn new(province: u16, commune: u32) -> UnitCode {
    UnitCode {
        epoch: Epoch::Since2025,
        province,
        commune,
    }
}

fn units() -> &'static Units {
    Units::embedded()
}

fn found(query: &str, epoch: Option<Epoch>, province: Option<u16>) -> Vec<String> {
    units()
        .search(query, epoch, province, 5)
        .iter()
        .map(|unit| unit.label())
        .collect()
}

fn resolved(text: &str) -> Vec<String> {
    match units().resolve(text, None) {
        Resolved::One(code) => vec![units().label(code)],
        Resolved::Many(codes) => codes.iter().map(|code| units().label(*code)).collect(),
        Resolved::None => Vec::new(),
    }
}

#[test]
fn both_lists_are_complete() {
    let count = |epoch, kind: &[UnitKind]| {
        units()
            .of_epoch(epoch)
            .iter()
            .filter(|unit| kind.contains(&unit.kind))
            .count()
    };
    assert_eq!(units().provinces(Epoch::Since2025).len(), 34);
    assert_eq!(units().provinces(Epoch::Before2025).len(), 63);
    for (kind, number) in [(Commune, 2_621), (Ward, 687), (SpecialZone, 13)] {
        assert_eq!(count(Epoch::Since2025, &[kind]), number, "{kind:?}");
    }
    assert_eq!(count(Epoch::Since2025, &[Province, City]), 34);
    assert_eq!(count(Epoch::Before2025, &[Commune, Ward, Township]), 10_035);
    assert_eq!(count(Epoch::Before2025, &[IslandDistrict]), 5);
    let districts: BTreeSet<u16> = units()
        .all
        .iter()
        .filter_map(|unit| unit.district)
        .map(|d| d.code)
        .collect();
    assert_eq!(districts.len() + 5, 696);
}

/// The map of DOMAIN.md §5.7, written out by hand: present code, old codes.
const MERGERS: [(u16, &[u16]); 34] = [
    (1, &[1]),
    (4, &[4]),
    (8, &[2, 8]),
    (11, &[11]),
    (12, &[12]),
    (14, &[14]),
    (15, &[10, 15]),
    (19, &[6, 19]),
    (20, &[20]),
    (22, &[22]),
    (24, &[24, 27]),
    (25, &[17, 25, 26]),
    (31, &[30, 31]),
    (33, &[33, 34]),
    (37, &[35, 36, 37]),
    (38, &[38]),
    (40, &[40]),
    (42, &[42]),
    (44, &[44, 45]),
    (46, &[46]),
    (48, &[48, 49]),
    (51, &[51, 62]),
    (52, &[52, 64]),
    (56, &[56, 58]),
    (66, &[54, 66]),
    (68, &[60, 67, 68]),
    (75, &[70, 75]),
    (79, &[74, 77, 79]),
    (80, &[72, 80]),
    (82, &[82, 87]),
    (86, &[83, 84, 86]),
    (91, &[89, 91]),
    (92, &[92, 93, 94]),
    (96, &[95, 96]),
];

#[test]
fn provinces_merged_as_the_law_says() {
    for (present, olds) in MERGERS {
        let sources: Vec<u16> = units()
            .sources(new(present, 0))
            .iter()
            .map(|code| code.province)
            .collect();
        assert_eq!(sources, olds);
        for before in olds {
            assert_eq!(units().convert(old(*before, 0)), [new(present, 0)]);
        }
    }
}

#[test]
fn every_old_unit_became_present_ones_and_every_present_one_was_made_of_old_ones() {
    for unit in &units().all {
        assert!(!units().convert(unit.code).is_empty(), "{}", unit.label());
        let present = unit.code.epoch == Epoch::Since2025;
        assert_eq!(
            units().sources(unit.code).is_empty(),
            !present,
            "{}",
            unit.label()
        );
        let province = new(unit.present_province, 0);
        assert!(units().contains(province, unit.code), "{}", unit.label());
    }
}

#[test]
fn codes_were_recycled_so_the_epoch_decides_the_name() {
    assert_eq!(units().label(new(1, 4)), "Phường Ba Đình, Hà Nội");
    assert_eq!(
        units().label(old(1, 4)),
        "Phường Trúc Bạch, Quận Ba Đình, Hà Nội (trước 1/7/2025)"
    );
    assert_eq!(units().label(new(24, 0)), "Bắc Ninh");
    assert_eq!(units().label(old(24, 0)), "Bắc Giang (trước 1/7/2025)");
    assert_eq!(units().label(new(1, 99_999)), "01/99999");
    let named = |epoch| {
        let of_code = move |unit: &Unit| (unit.code.commune, unit.name.to_owned());
        units()
            .of_epoch(epoch)
            .iter()
            .filter(|u| u.code.commune != 0)
            .map(of_code)
    };
    let before: std::collections::BTreeMap<_, _> = named(Epoch::Before2025).collect();
    let unheard = named(Epoch::Since2025)
        .filter(|(code, _)| !before.contains_key(code))
        .count();
    // Five of the thirteen special zones were districts without communes.
    assert_eq!(unheard, 5);
}

#[test]
fn a_place_is_inside_its_province_on_either_map() {
    let holds = |outer, inner| units().contains(outer, inner);
    assert!(holds(new(1, 0), new(1, 4)) && holds(old(1, 0), old(1, 4)));
    assert!(holds(new(1, 0), old(1, 4)) && holds(new(1, 4), old(1, 4)));
    assert!(holds(old(1, 0), new(1, 4)) && holds(old(1, 4), new(1, 4)));
    assert!(!holds(new(1, 4), new(1, 0)) && !holds(new(79, 0), new(1, 4)));
    // Old Bình Dương lies in present Hồ Chí Minh, which does not lie in the old one.
    assert!(holds(new(79, 0), old(74, 0)) && !holds(old(79, 0), new(79, 0)));
    assert!(holds(old(1, 0), new(1, 0)));
    // Code 27 was Bắc Ninh and is nothing now.
    assert!(!holds(new(27, 0), old(27, 0)) && units().unit(new(27, 0)).is_none());
}

#[test]
fn a_divided_commune_lies_in_each_of_its_parts() {
    let divided = units()
        .all
        .iter()
        .find(|unit| units().convert(unit.code).len() > 1)
        .unwrap();
    for part in units().convert(divided.code) {
        assert!(units().contains(*part, divided.code));
        assert!(units().sources(*part).contains(&divided.code));
    }
}

#[test]
fn type_ahead_forgives_marks_case_short_kinds_and_wrong_kinds() {
    for query in [
        "ba dinh",
        "BA ĐÌNH",
        "P. Ba Đình",
        "phuong ba dinh",
        "xã ba đình hà nội",
        "ba dinh, tp ha noi",
        "p.ba dinh hn",
        "ba di",
    ] {
        assert_eq!(
            found(query, None, Some(1))[0],
            "Phường Ba Đình, Hà Nội",
            "{query}"
        );
    }
    for query in ["Dak Lak", "Đăk Lăk", "Đắk Lắk", "Đắc Lắc", "tinh dak lak"] {
        assert_eq!(found(query, None, None)[0], "Đắk Lắk", "{query}");
    }
    assert_eq!(found("tphcm", None, None)[0], "Hồ Chí Minh");
    assert_eq!(
        found("Thừa Thiên Huế", Some(Epoch::Since2025), None)[0],
        "Huế"
    );
    assert_eq!(
        found("mi tho", None, None)[0],
        found("mỹ tho", None, None)[0]
    );
    assert!(found("p12 q10 hcm", None, None)[0].starts_with("Phường 12, Quận 10, Hồ Chí Minh"));
}

#[test]
fn the_exact_name_comes_first_then_the_present_epoch() {
    let all = units().search("trúc bạch", None, Some(1), 10);
    assert_eq!(all[0].code, old(1, 4));
    let names = found("hà nội", None, None);
    assert_eq!(names[..2], ["Hà Nội", "Hà Nội (trước 1/7/2025)"]);
    let old_only = units().search("ba dinh", Some(Epoch::Before2025), None, 50);
    assert!(!old_only.is_empty());
    assert!(
        old_only
            .iter()
            .all(|unit| unit.code.epoch == Epoch::Before2025)
    );
    assert!(found("zzz", None, None).is_empty());
    assert_eq!(units().search("", None, Some(1), 3)[0].code, new(1, 0));
    assert_eq!(units().search("an", None, None, 7).len(), 7);
}

#[test]
fn a_typed_address_finds_its_unit_on_the_right_map() {
    let truc_bach = "Phường Trúc Bạch, Quận Ba Đình, Hà Nội (trước 1/7/2025)";
    for (text, label) in [
        ("Phường Ba Đình, Hà Nội", "Phường Ba Đình, Hà Nội"),
        ("ba dinh ha noi", "Phường Ba Đình, Hà Nội"),
        (
            "Số 5 Hoàng Diệu, P. Ba Đình, TP Hà Nội, Việt Nam",
            "Phường Ba Đình, Hà Nội",
        ),
        ("Trúc Bạch, Ba Đình, Hà Nội", truc_bach),
        ("12 Châu Long, P. Trúc Bạch, Q. Ba Đình, Hà Nội", truc_bach),
        ("phuong truc bach quan ba dinh ha noi", truc_bach),
        ("Trúc Bạch - Ba Đình - Hà Nội", truc_bach),
        ("truc bach, ha noi", truc_bach),
        ("Hà Giang", "Hà Giang (trước 1/7/2025)"),
        ("tỉnh Bắc Ninh", "Bắc Ninh"),
        ("Bà Rịa - Vũng Tàu", "Bà Rịa - Vũng Tàu (trước 1/7/2025)"),
        (
            "Huyện Côn Đảo, Bà Rịa - Vũng Tàu",
            "Huyện Côn Đảo, Bà Rịa - Vũng Tàu (trước 1/7/2025)",
        ),
        (
            "P.12, Q.10, TPHCM",
            "Phường 12, Quận 10, Hồ Chí Minh (trước 1/7/2025)",
        ),
        ("98765 đường không tên, Hà Nội", "Hà Nội"),
    ] {
        assert_eq!(resolved(text), [label], "{text}");
    }
    assert!(resolved("qwerty").is_empty() && resolved(" , ").is_empty());
    assert!(resolved("Tân Phú").len() > 1);
    assert_eq!(resolved("Quận Ba Đình, Hà Nội").len(), 14 - 1);
    let hinted = units().resolve("Phường Ba Đình", Some(1));
    assert_eq!(hinted, Resolved::One(new(1, 4)));
}

#[test]
fn every_label_is_read_back_as_its_unit() {
    let provinces = units().all.iter().filter(|unit| unit.code.commune == 0);
    let numbered = units()
        .all
        .iter()
        .filter(|unit| unit.name.starts_with("Phường 1"));
    for unit in units()
        .all
        .iter()
        .step_by(11)
        .chain(provinces)
        .chain(numbered)
    {
        let label = unit.label();
        assert_eq!(
            units().resolve(&label, None),
            Resolved::One(unit.code),
            "{label}"
        );
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(48))]

    #[test]
    fn no_text_makes_a_search_fail(text in "[\\PC,;|( \\-]{0,40}", hint in 0_u16..100) {
        let _ = units().search(&text, None, Some(hint), 10);
        let _ = units().resolve(&text, Some(hint));
        let _ = units().resolve(&format!("{text} (trước"), None);
    }
}
