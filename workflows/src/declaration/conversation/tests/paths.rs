//! How short it is (CHANNELS.md E5), with exact counts of messages.

use super::*;

#[test]
fn who_declared_before_sends_two_messages_and_gets_two() {
    let mut phone = Handset::known(Medium::Sms, 1);
    let summary = phone.text("kb");
    assert!(
        summary.starts_with("TVA ..999, di tu Hai Phong"),
        "{summary}"
    );
    let pass = phone.text("1");
    assert!(pass.contains("ABCD-EFGH"), "{pass}");
    assert_eq!(
        (phone.sent, phone.shown.len(), phone.declared.len()),
        (2, 2, 1)
    );
    assert_eq!(phone.last().one("document"), "001084000999");
    assert_eq!(phone.last().one("q1"), "no");
}

#[test]
fn who_declared_before_needs_one_message_when_they_know_how() {
    let mut phone = Handset::known(Medium::Sms, 1);
    assert!(phone.text("KB 1").contains("ABCD-EFGH"));
    assert_eq!(
        (phone.sent, phone.shown.len(), phone.declared.len()),
        (1, 1, 1)
    );
}

#[test]
fn who_declared_before_sees_two_screens() {
    let mut phone = Handset::known(Medium::Ussd, 1);
    assert!(phone.dial("*123#").continues);
    let last = phone.key("1");
    assert!(last.text.contains("ABCD-EFGH") && !last.continues);
    assert_eq!(phone.shown.len(), 2);
}

#[test]
fn what_is_dialled_with_the_code_saves_a_screen() {
    let mut phone = Handset::known(Medium::Ussd, 1);
    let last = phone.dial("*123*1#");
    assert!(last.text.contains("ABCD-EFGH") && !last.continues);
    let mut phone = Handset::known(Medium::Ussd, 1);
    phone.dial("*123*5#");
    phone.key("1");
    assert_eq!(phone.last().one("checkpoint"), "5");
    assert_eq!(phone.shown.len(), 2);
}

#[test]
fn a_first_timer_needs_one_message_that_says_all() {
    let mut phone = Handset::sms();
    let pass = phone.text("KB 001084000999 Tran Van An Hai Phong 0");
    assert!(pass.contains("ABCD-EFGH"), "{pass}");
    assert_eq!(
        (phone.sent, phone.shown.len(), phone.declared.len()),
        (1, 1, 1)
    );
    let raw = phone.last();
    for (field, value) in [
        ("name", "Tran Van An"),
        ("document", "001084000999"),
        ("birth", "1984"),
        ("gender", "male"),
        ("phone", "+84912345678"),
        ("origin_unit", "2025-31-0"),
        ("destination_unit", "2025-1-0"),
        ("travels_on", "20/11/2026"),
        ("transport", "road"),
        ("q7", "no"),
        ("q20", "no"),
    ] {
        assert_eq!(raw.one(field), value, "{field}");
    }
}

#[test]
fn a_first_timer_is_asked_five_things_by_text() {
    let mut phone = Handset::sms();
    let answers = ["KB", "001084000999", "Trần Văn An", "Hải Phòng", "13", "0"];
    assert!(phone.texts(&answers).contains("ABCD-EFGH"));
    assert_eq!(
        (phone.sent, phone.shown.len(), phone.declared.len()),
        (6, 6, 1)
    );
    let raw = phone.last();
    assert_eq!(
        (raw.one("q1"), raw.one("q2"), raw.one("q3")),
        ("yes", "no", "yes")
    );
    assert_eq!(raw.one("name"), "Trần Văn An");
    // Answering was consent, as the first prompt said.
    assert!(phone.shown[0].contains("QUEN=xoa"));
    assert_eq!(phone.profile.unwrap().persons.len(), 1);
}

#[test]
fn a_first_timer_sees_six_screens() {
    let mut phone = Handset::ussd();
    phone.dial("*123#");
    for typed in ["001084000999", "Tran Van An", "31", "0"] {
        assert!(phone.key(typed).continues);
    }
    let last = phone.key("0");
    assert!(last.text.contains("ABCD-EFGH") && !last.continues);
    assert_eq!(phone.shown.len(), 6);
    assert_eq!(phone.last().one("origin_unit"), "2025-31-0");
}

#[test]
fn a_household_chooses_by_number() {
    let mut phone = Handset::known(Medium::Sms, 2);
    let who = phone.text("KB");
    assert!(
        who.contains("1=TVA ..999 2=LTB ..123") && who.contains("9="),
        "{who}"
    );
    assert!(phone.text("2").starts_with("LTB ..123"));
    phone.text("1");
    assert_eq!(phone.last().one("document"), "001184000123");
    phone.text("KB 1");
    assert_eq!(phone.last().one("document"), "001084000999");
    // Each has a pass of their own.
    let passes = phone.text("THE");
    assert!(passes.starts_with("TVA ..999 ma ABCD") && passes.contains("THE 2=LTB ..123"));
}

#[test]
fn somebody_else_of_the_household_is_asked_everything_and_kept() {
    let mut phone = Handset::known(Medium::Ussd, 1);
    phone.dial("*123#");
    phone.key("9");
    for typed in ["001304000777", "Le Thi Hoa", "Nam Dinh", "0", "0"] {
        phone.key(typed);
    }
    assert_eq!(phone.last().one("birth"), "2004");
    assert_eq!(phone.profile.unwrap().persons.len(), 2);
}

#[test]
fn who_has_changed_something_keeps_only_the_identity() {
    let mut phone = Handset::known(Medium::Sms, 1);
    let asked = phone.texts(&["KB", "2"]);
    assert!(asked.contains("Di tu tinh"), "{asked}");
    phone.texts(&["Nam Dinh", "0", "1"]);
    assert_eq!(phone.last().one("name"), "Tran Van An");
    assert_eq!(phone.last().one("q20"), "yes");
}

#[test]
fn nothing_is_kept_of_whom_nobody_asked() {
    let mut phone = Handset::sms();
    let pass = phone.text("KB 001084000999 Tran Van An Hai Phong 0");
    assert!(pass.contains("DY=luu"), "{pass}");
    assert!(phone.profile.is_none());
    assert!(phone.text("dong y").starts_with("Da luu"));
    assert_eq!(phone.profile.as_ref().unwrap().persons.len(), 1);
    assert!(phone.text("QUÊN").starts_with("Da xoa"));
    assert!(phone.profile.is_none());
}

#[test]
fn an_old_card_is_asked_for_birth_and_sex_and_a_passport_for_its_country() {
    let mut phone = Handset::sms();
    phone.texts(&[
        "KB",
        "012345678",
        "Tran Van An",
        "1984",
        "1",
        "Nam Dinh",
        "0",
        "0",
    ]);
    assert_eq!(phone.last().one("document_kind"), "cmnd");
    assert_eq!(
        (phone.last().one("birth"), phone.last().one("gender")),
        ("1984", "male")
    );
    let mut phone = Handset::sms();
    phone.texts(&[
        "KB", "M1234567", "Kim Min", "12081990", "2", "KR", "Nam Dinh", "0", "0",
    ]);
    assert_eq!(phone.last().one("nationality"), "KR");
    assert_eq!(phone.last().one("birth"), "12/08/1990");
}

#[test]
fn each_verdict_says_plainly_what_to_do_and_nothing_of_health() {
    let levels = [
        (Level::Clear, "Dua ma nay va giay to o chot"),
        (Level::Caution, "can bo se xem them"),
        (Level::Unsure, "can bo o chot quyet dinh"),
        (Level::Hold, "Chua duoc di"),
        (Level::Refuse, "chua du dieu kien"),
    ];
    for (level, words) in levels {
        let mut phone = Handset::sms();
        phone.level = level;
        let said = phone.text("KB 001084000999 Tran Van An Hai Phong 0");
        assert!(said.contains(words), "{said}");
        assert_eq!(said.contains("ABCD-EFGH"), level != Level::Refuse);
        for health in ["sot", "F0", "trieu chung", "001084000999"] {
            assert!(!said.contains(health), "{said}");
        }
    }
}

#[test]
fn nothing_that_is_said_holds_a_whole_number_or_a_health_answer() {
    let mut phone = Handset::sms();
    let all = ["KB", "001084000999", "Tran Van An", "Hai Phong", "13", "1"];
    phone.texts(&all);
    phone.texts(&["KB", "HELP", "THE", "KB 1"]);
    for said in &phone.shown {
        assert!(!said.contains("001084000999"), "{said}");
    }
    let summary = phone.shown.iter().find(|s| s.contains("nhu cu")).unwrap();
    assert!(!summary.contains("sot"), "{summary}");
}

#[test]
fn what_a_summary_declares_stands_in_it_wherever_somebody_comes_from() {
    let units = crate::units::Units::embedded();
    let communes = [Epoch::Since2025, Epoch::Before2025]
        .into_iter()
        .flat_map(|epoch| {
            let provinces = units.provinces(epoch).into_iter();
            provinces.flat_map(move |p| units.communes(epoch, p.code.province))
        });
    // The long ones, and some of the others.
    let long = communes.enumerate();
    let long = long.filter(|(at, unit)| unit.path().chars().count() > 55 || at % 500 == 0);
    let mut tried = 0;
    for (_, unit) in long {
        for medium in [Medium::Sms, Medium::Ussd] {
            let mut phone = Handset::new(medium);
            phone.profile = Some(Profile {
                persons: vec![Person {
                    draft: Draft {
                        name: Some("Nguyen Thi Hoang My Anh Lan Ai Dung".into()),
                        document: crate::person::Document::guess("001084000999").ok(),
                        origin: Some(unit.code),
                        ..Draft::default()
                    },
                    declared_at: Moment(0),
                }],
                ..Profile::default()
            });
            for (language, words) in [
                (
                    Language::Vi,
                    ["khong o vung dich", "khai lai", "nguoi khac"],
                ),
                (
                    Language::En,
                    ["not in an epidemic area", "changes", "somebody else"],
                ),
            ] {
                phone.state.language = Some(language);
                let said = phone.step(Input::Text("KB".into())).0.unwrap();
                assert!(words.iter().all(|w| said.contains(w)), "{said}");
                assert!(said.contains("NTHMALAD ..999"), "{said}");
                tried += 1;
            }
        }
    }
    assert!(tried > 100, "{tried}");
}
