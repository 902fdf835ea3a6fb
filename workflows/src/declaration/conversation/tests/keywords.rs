//! Keywords, limits and silence.

use super::*;

#[test]
fn keywords_work_in_any_case_and_with_marks() {
    for (text, command_is) in [
        ("HUỶ", Command::Cancel),
        ("hủy", Command::Cancel),
        ("Stop", Command::Cancel),
        ("lại", Command::Back),
        ("00", Command::Back),
        ("trợ giúp", Command::Help),
        ("trowj giups", Command::Help),
        ("?", Command::Help),
        ("VI", Command::Language(Language::Vi)),
        ("english", Command::Language(Language::En)),
        ("Thẻ", Command::Pass(None)),
        ("thẻ 2", Command::Pass(Some(2))),
        ("PASS12", Command::Pass(Some(12))),
        ("quên", Command::Forget),
        ("đồng ý", Command::Agree),
        ("khai báo", Command::Start(String::new())),
        ("ĐK 5", Command::Start("5".into())),
        ("kb", Command::Start(String::new())),
    ] {
        assert_eq!(command(text), Some(command_is), "{text}");
    }
    for text in ["Le Van Lai", "kbc", "toi muon di", "1"] {
        assert_eq!(command(text), None, "{text}");
    }
}

#[test]
fn the_way_back_asks_the_question_before_again() {
    let mut phone = Handset::sms();
    phone.texts(&["KB", "001084000999", "Tran Van Am"]);
    assert!(phone.text("LAI").contains("Ho va ten"));
    phone.texts(&["Tran Van An", "Hai Phong", "0", "0"]);
    assert_eq!(phone.last().one("name"), "Tran Van An");
}

#[test]
fn help_and_language_leave_the_question_open() {
    let mut phone = Handset::sms();
    phone.texts(&["KB", "001084000999"]);
    assert!(phone.text("HELP").contains("KB="));
    assert!(phone.text("EN").contains("Full name"));
    assert!(phone.text("Tran Van An").contains("From which"));
    phone.texts(&["Hai Phong", "0", "0"]);
    assert!(phone.shown.last().unwrap().contains("Show this code"));
    // And it is remembered.
    assert!(phone.text("KB").contains("as before"));
}

#[test]
fn who_stops_is_told_and_starts_anew() {
    let mut phone = Handset::sms();
    phone.texts(&["KB", "001084000999", "STOP"]);
    assert!(phone.shown[2].starts_with("Da huy"));
    assert!(phone.text("KB").contains("CCCD"));
}

#[test]
fn an_unknown_text_gets_help_once_a_day_and_then_silence() {
    let mut phone = Handset::sms();
    assert!(phone.text("alo").contains("KB="));
    assert_eq!(phone.text("ai do?"), "");
    phone.wait(24 * 60);
    assert!(phone.text("alo").contains("KB="));
}

#[test]
fn the_twenty_first_message_of_a_minute_is_not_heard() {
    let mut phone = Handset::sms();
    for text in ["KB", "EN", "VI", "EN"].iter().cycle().take(20) {
        phone.text(text);
    }
    assert_eq!(phone.text("HUY"), "");
    phone.wait(1);
    assert!(phone.text("HUY").starts_with("Cancelled"));
}

#[test]
fn two_machines_that_answer_each_other_fall_silent() {
    let mut phone = Handset::sms();
    phone.limits.per_minute = 1_000;
    phone.texts(&["KB", "001084000999"]);
    let answers: Vec<String> = (0..8).map(|_| phone.text("12345")).collect();
    assert_eq!(answers.iter().filter(|a| !a.is_empty()).count(), 5);
    phone.wait(11);
    assert!(!phone.text("12345").is_empty());
}

#[test]
fn a_conversation_without_end_is_ended() {
    let mut phone = Handset::sms();
    phone.limits.per_minute = 1_000;
    phone.limits.steps = 10;
    phone.limits.same_text = 1_000;
    phone.text("KB");
    let all: Vec<String> = (1..13).map(|n| phone.text(&format!("{n}{n}"))).collect();
    assert!(
        all.iter().any(|said| said.starts_with("Qua nhieu")),
        "{all:?}"
    );
}

#[test]
fn an_answer_after_half_an_hour_is_offered_to_continue() {
    let mut phone = Handset::sms();
    phone.texts(&["KB", "001084000999", "Tran Van An"]);
    phone.wait(31);
    assert!(phone.text("Hai Phong").contains("1=tiep tuc 2=bat dau lai"));
    assert!(phone.text("1").contains("Di tu"));
    phone.texts(&["Hai Phong", "0", "0"]);
    assert_eq!(phone.declared.len(), 1);
    let mut phone = Handset::sms();
    phone.texts(&["KB", "001084000999", "Tran Van An"]);
    phone.wait(24 * 60 + 1);
    assert!(phone.text("KB").contains("CCCD"));
}

#[test]
fn late_answers_are_offered_to_continue_however_often() {
    let mut phone = Handset::sms();
    assert!(phone.text("alo").contains("KB="));
    phone.texts(&["KB", "001084000999", "Tran Van An"]);
    for _ in 0..3 {
        phone.wait(31);
        assert!(phone.text("Hai Phong").contains("1=tiep tuc"));
    }
    // And that was no help.
    phone.text("HUY");
    phone.wait(24 * 60);
    assert!(phone.text("alo").contains("KB="));
}

#[test]
fn sms_with_a_post_goes_on_with_what_was_left() {
    let mut phone = Handset::sms();
    phone.texts(&["KB", "001084000999", "Tran Van An"]);
    assert!(phone.text("KB 77").contains("1=tiep tuc"));
    assert!(phone.text("KB 5").contains("1=tiep tuc"));
    phone.texts(&["1", "Hai Phong", "0", "0"]);
    let raw = phone.last();
    assert_eq!(
        (raw.one("name"), raw.one("checkpoint")),
        ("Tran Van An", "5")
    );
}

#[test]
fn a_name_that_begins_like_a_keyword_is_a_name() {
    for name in [
        "Đặng Kỳ Anh",
        "Dang Ky Anh",
        "Đặng Kỳ",
        "Khải Anh",
        "Khai Bao An",
    ] {
        let mut phone = Handset::sms();
        phone.texts(&["KB", "001084000999"]);
        let said = phone.text(name);
        assert!(said.contains("Di tu tinh"), "{name}: {said}");
        phone.texts(&["Hai Phong", "0", "0"]);
        assert_eq!(phone.last().one("name"), name);
    }
    for keyword in [
        "Đăng ký",
        "dang ky",
        "đăng ky 5",
        "khai",
        "KB",
        "ddawng kys",
        "khai báo",
    ] {
        let mut phone = Handset::sms();
        phone.texts(&["KB", "001084000999"]);
        let said = phone.text(keyword);
        assert!(said.contains("1=tiep tuc"), "{keyword}: {said}");
    }
    let mut phone = Handset::sms();
    phone.texts(&["KB", "001084000999"]);
    phone.text("dang ky 001184000123 Le Thi Binh Nam Dinh 0");
    assert_eq!(phone.last().one("name"), "Le Thi Binh");
}

#[test]
fn a_wrong_answer_is_asked_again_with_what_to_do() {
    let mut phone = Handset::sms();
    phone.text("KB");
    for (text, words) in [
        ("12345", "CCCD co 12 so"),
        ("001999000999", "So CCCD khong dung"),
        ("001084000999", "Ho va ten"),
        ("A1", "Ten chi gom chu"),
        ("Tran Van An", "Di tu"),
        ("xyzzy", "Khong thay noi nay"),
        ("Hai Phong", "sot"),
        ("9", "Hay go so"),
        ("toi khoe", "Hay go so"),
    ] {
        let said = phone.text(text);
        assert!(said.contains(words), "{text}: {said}");
        assert!(said.len() <= 160);
    }
}

#[test]
fn what_the_check_complains_of_is_asked_again() {
    let mut phone = Handset::sms();
    phone.texts(&["KB", "001084000999", "Tran Van An"]);
    let errors = vec![FieldError::code("name", "name-letters")];
    let (said, _) = phone.step(Input::Refused(errors));
    let said = said.unwrap();
    assert!(
        said.contains("Ten chi gom chu") && said.contains("Ho va ten"),
        "{said}"
    );
    let (said, _) = phone.step(Input::Mismatch(vec![RegistryField::Name]));
    assert!(said.unwrap().starts_with("Ho ten khac"));
    phone.texts(&["001084000999", "Tran Van Anh", "Hai Phong", "0", "0"]);
    assert_eq!(phone.last().one("name"), "Tran Van Anh");
}

#[test]
fn every_national_prompt_fits_one_part_and_one_screen() {
    let mut phone = Handset::sms();
    for medium in [Medium::Sms, Medium::Ussd] {
        phone.medium = medium;
        let form = for_text(&Form::national());
        let world = World {
            province: &phone.province,
            form: &form,
            checkpoints: &[],
            medium,
            is_private: true,
            phone: None,
            profile: None,
            limits: &phone.limits,
            now: phone.now,
        };
        for language in Language::ALL {
            let voice = Voice {
                rules: &Silent,
                province: &phone.province,
                language,
                medium,
            };
            for (name, say) in prompts(&world) {
                let length = voice.length(&say);
                let text = voice.render(&say);
                assert!(
                    length <= TEXT_SEPTETS,
                    "{name} {language:?}: {length}: {text}"
                );
                assert!(
                    !text.is_empty() && !text.contains("talk-"),
                    "{name}: {text}"
                );
            }
        }
    }
}
