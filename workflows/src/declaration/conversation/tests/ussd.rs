//! Dialogues that break, requests that come twice.

use super::*;

#[test]
fn after_every_screen_one_may_hang_up_and_go_on() {
    let answers = ["001084000999", "Tran Van An", "31", "0", "0"];
    for dropped in 1..answers.len() {
        let mut phone = Handset::ussd();
        phone.dial("*123#");
        for typed in &answers[..dropped] {
            phone.key(typed);
        }
        let turn = Turn {
            session: format!("s{}", phone.session),
            from: String::new(),
            code: "*123#".into(),
            input: TurnInput::Ended,
        };
        assert!(phone.state.heard(&turn, None, &phone.limits, phone.now) == Heard::Gone);
        phone.wait(20);
        let offer = phone.dial("*123#");
        assert!(
            offer.text.contains("1=tiep tuc 2=bat dau lai"),
            "{}",
            offer.text
        );
        phone.key("1");
        let mut last = None;
        for typed in &answers[dropped..] {
            last = Some(phone.key(typed));
        }
        assert!(
            last.unwrap().text.contains("ABCD-EFGH"),
            "dropped after {dropped}"
        );
        assert_eq!(phone.last().one("name"), "Tran Van An");
    }
}

#[test]
fn who_starts_over_is_asked_from_the_start() {
    let mut phone = Handset::ussd();
    phone.dial("*123#");
    phone.key("001084000999");
    phone.dial("*123#");
    let asked = phone.key("2");
    assert!(asked.text.contains("CCCD"));
}

#[test]
fn a_repeated_request_gets_the_same_screen_and_answers_nothing_twice() {
    let mut phone = Handset::ussd();
    let answers = ["001084000999", "Tran Van An", "31", "0", "0"];
    let first = phone.dial("*123#");
    assert!(phone.turn(TurnInput::History(String::new()), "*123#") == first);
    for typed in answers {
        let screen = phone.key(typed);
        let again = phone.turn(TurnInput::History(phone.history.clone()), "*123#");
        assert_eq!(again.text, screen.text);
        assert_eq!(again.continues, screen.continues);
    }
    assert_eq!(phone.declared.len(), 1);
}

#[test]
fn a_gateway_that_tells_only_the_latest_input_may_repeat_within_seconds() {
    let mut phone = Handset::ussd();
    phone.session = 1;
    phone.turn(TurnInput::Begin, "*123#");
    let mut latest = |typed: &str| phone.turn(TurnInput::Latest(typed.into()), "*123#");
    latest("001084000999");
    latest("Tran Van An");
    let once = latest("31");
    assert!(latest("31") == once);
    // The same digit to the next question is an answer of its own, some seconds later.
    let symptoms = latest("0");
    assert!(latest("0") == symptoms);
    phone.now = phone.now.plus_seconds(4);
    let last = phone.turn(TurnInput::Latest("0".into()), "*123#");
    assert!(last.text.contains("ABCD-EFGH"));
    // After the end a repeat is a repeat whenever it comes.
    phone.now = phone.now.plus_seconds(60);
    assert!(phone.turn(TurnInput::Latest("0".into()), "*123#") == last);
    assert_eq!(phone.declared.len(), 1);
}

#[test]
fn a_call_under_the_name_of_an_old_dialogue_is_a_new_one() {
    for begins in [TurnInput::Begin, TurnInput::History(String::new())] {
        let mut phone = Handset::known(Medium::Ussd, 1);
        let first = phone.turn(begins.clone(), "*123*1#");
        assert!(first.text.contains("den 10:00 23/11"), "{}", first.text);
        assert!(phone.turn(begins.clone(), "*123*1#") == first, "a repeat");
        phone.wait(24 * 60);
        let next = phone.turn(begins.clone(), "*123*1#");
        assert!(next.text.contains("den 10:00 24/11"), "{}", next.text);
        assert_eq!(phone.declared.len(), 2);
        // Another code is another call, however soon.
        let other = phone.turn(begins, "*123*5#");
        assert!(
            other.continues && other.text.contains("nhu cu"),
            "{}",
            other.text
        );
    }
}

#[test]
fn a_dropped_dialogue_is_not_gone_on_with_under_its_own_name() {
    for begins in [TurnInput::Begin, TurnInput::History(String::new())] {
        let mut phone = Handset::ussd();
        phone.turn(begins.clone(), "*123#");
        phone.key("001084000999");
        let offer = phone.turn(begins, "*123#");
        assert!(offer.text.contains("1=tiep tuc"), "{}", offer.text);
    }
}

#[test]
fn a_slow_answer_is_never_taken_for_what_was_dialled() {
    let slow: [fn(&mut Handset, &str) -> Screen; 2] = [Handset::key, |phone, typed| {
        phone.turn(TurnInput::Latest(typed.into()), "*123#")
    }];
    for answer in slow {
        let mut phone = Handset::known(Medium::Ussd, 1);
        phone.turn(TurnInput::Begin, "*123#");
        phone.key("9");
        for typed in ["001304000777", "Le Thi Hoa", "31"] {
            answer(&mut phone, typed);
        }
        phone.wait(5);
        let offer = answer(&mut phone, "1*1");
        assert!(offer.text.contains("1=tiep tuc"), "{}", offer.text);
        assert!(phone.declared.is_empty());
    }
}

#[test]
fn after_the_end_another_input_under_the_same_name_is_a_new_call() {
    let mut phone = Handset::known(Medium::Ussd, 1);
    phone.turn(TurnInput::Begin, "*123*1#");
    let next = phone.turn(TurnInput::Latest("*123#".into()), "*123#");
    assert!(
        next.continues && next.text.contains("nhu cu"),
        "{}",
        next.text
    );
}

#[test]
fn an_answer_may_hold_a_star() {
    let mut phone = Handset::ussd();
    phone.dial("*123#");
    for typed in ["001084000999", "Tran Van An", "31"] {
        phone.key(typed);
    }
    phone.key("1*3");
    phone.key("0");
    let raw = phone.last();
    assert_eq!(
        (raw.one("q1"), raw.one("q2"), raw.one("q3")),
        ("yes", "no", "yes")
    );
}

#[test]
fn what_is_dialled_behind_the_code_is_found() {
    for (code, base, more) in [
        ("*123#", None, &[][..]),
        ("*123*5#", None, &["5"]),
        ("*123*5*1#", Some("*123#"), &["5", "1"]),
        ("*123*4*1#", Some("*123*4#"), &["1"]),
        ("123", None, &[]),
        ("", None, &[]),
    ] {
        assert_eq!(dialled(code, base), more, "{code}");
    }
    // A gateway may give it as the first history instead.
    let mut phone = Handset::known(Medium::Ussd, 1);
    phone.session = 9;
    let last = phone.turn(TurnInput::History("1".into()), "*123#");
    assert!(last.text.contains("ABCD-EFGH"));
    let mut phone = Handset::known(Medium::Ussd, 1);
    phone.session = 9;
    let last = phone.turn(TurnInput::History("1".into()), "*123*1#");
    assert!(last.text.contains("ABCD-EFGH"));
}

#[test]
fn every_screen_fits() {
    let mut phone = Handset::known(Medium::Ussd, 2);
    phone.dial("*123#");
    for typed in [
        "9",
        "99",
        "001304000777",
        "x",
        "Le Thi Hoa",
        "ba dinh",
        "0",
        "1",
        "99",
        "0",
        "0",
    ] {
        phone.key(typed);
    }
    for screen in &phone.shown {
        let septets = crate::text::gsm::septets(screen).unwrap();
        assert!(septets <= SCREEN_SEPTETS, "{septets}: {screen}");
    }
}

#[test]
fn the_posters_code_dialled_again_goes_on_where_the_line_dropped() {
    let mut phone = Handset::ussd();
    phone.dial("*123*5#");
    phone.key("001084000999");
    phone.key("Tran Van An");
    phone.wait(2);
    let offer = phone.dial("*123*5#");
    assert!(offer.text.contains("1=tiep tuc"), "{}", offer.text);
    for typed in ["1", "31", "0", "0"] {
        phone.key(typed);
    }
    let raw = phone.last();
    assert_eq!(
        (raw.one("name"), raw.one("checkpoint")),
        ("Tran Van An", "5")
    );
}

#[test]
fn who_starts_over_at_a_post_is_still_there() {
    let mut phone = Handset::ussd();
    phone.dial("*123#");
    phone.key("001084000999");
    phone.dial("*123*5#");
    for typed in ["2", "001304000777", "Le Thi Hoa", "31", "0", "0"] {
        phone.key(typed);
    }
    let raw = phone.last();
    assert_eq!(
        (raw.one("name"), raw.one("checkpoint")),
        ("Le Thi Hoa", "5")
    );
}

#[test]
fn who_names_a_person_does_not_go_on_with_another() {
    let mut phone = Handset::known(Medium::Ussd, 1);
    phone.dial("*123#");
    for typed in ["9", "001304000777"] {
        phone.key(typed);
    }
    let last = phone.dial("*123*5*1#");
    assert!(last.text.contains("TVA ..999"), "{}", last.text);
    assert_eq!(phone.last().one("checkpoint"), "5");
}

#[test]
fn a_screen_says_that_there_was_too_much_only_where_there_was() {
    let mut phone = Handset::ussd();
    phone.dial("*123#");
    for typed in ["001084000999", "Tran Van An"] {
        phone.key(typed);
    }
    // A dialogue outlives its answers; twice, because help is given once a day.
    for _ in 0..2 {
        phone.wait(4);
        let late = phone.key("31");
        assert!(
            late.continues && late.text.contains("1=tiep tuc"),
            "{}",
            late.text
        );
    }
    let mut phone = Handset::ussd();
    for typed in ["31", "LAI", "DY"] {
        phone.dial("*123#");
        phone.wait(4);
        let late = phone.key(typed);
        assert!(
            late.continues && late.text.contains("CCCD"),
            "{typed}: {}",
            late.text
        );
    }
}
