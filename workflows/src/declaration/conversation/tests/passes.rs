//! Several passes of one sender: each can be had again, and asking for one answers nothing.

use super::chat::WIDE;
use super::*;
use crate::message::ChatFits;

impl Handset {
    /// So many declarations of as many persons.
    fn of_household(medium: Medium, persons: usize) -> Self {
        let mut phone = Self::new(Medium::Sms);
        (phone.medium, phone.chat.is_private) = (medium, true);
        phone.limits.per_minute = 1_000;
        for person in 0..persons {
            let name = ["An", "Binh", "Cuong", "Dung", "Giang", "Hoa", "Khanh"][person];
            let text = format!("KB 00108400099{person} Tran Van {name} Hai Phong 0");
            let said = phone.text(&text);
            assert!(said.contains("ABCD-EFGH"), "{said}");
            phone.wait(1);
        }
        phone
    }
}

#[test]
fn of_two_passes_the_newest_is_shown_and_the_other_is_named() {
    let mut phone = Handset::of_household(Medium::Sms, 2);
    let said = phone.text("THE");
    assert!(said.starts_with("TVB ..991 ma ABCD-EFGH"), "{said}");
    assert!(said.ends_with("THE 2=TVA ..990"), "{said}");
    let said = phone.text("thẻ 2");
    assert!(said.starts_with("TVA ..990 ma ABCD-EFGH"), "{said}");
    assert!(said.ends_with("THE 1=TVB ..991"), "{said}");
    assert!(phone.text("THE 3").starts_with("TVB"), "there are two");
}

#[test]
fn of_seven_passes_each_can_be_asked_for_by_text() {
    let mut phone = Handset::of_household(Medium::Sms, 7);
    let said = phone.text("THE");
    assert!(said.starts_with("TVK ..996 ma ABCD-EFGH"), "{said}");
    assert!(said.contains("THE 2=TVH ..995"), "{said}");
    assert!(said.ends_with("-7=ma khac"), "{said}");
    for (number, holder) in (1..=7).zip(["TVK", "TVH", "TVG", "TVD", "TVC", "TVB", "TVA"]) {
        let said = phone.text(&format!("THE {number}"));
        assert!(said.starts_with(holder), "{number}: {said}");
        assert!(!said.contains("0=tiep"), "{said}");
    }
}

#[test]
fn asking_for_a_pass_answers_no_open_question() {
    for medium in [Medium::Sms, Medium::Ussd] {
        for persons in [2, 7] {
            let mut phone = Handset::of_household(medium, persons);
            let declared = phone.declared.len();
            phone.texts(&["KB 001304000777 Le Thi Hoa, Hai Phong"]);
            for asked in ["THE", "THE 2"] {
                let said = phone.text(asked);
                assert!(
                    !said.contains("0=tiep") && !said.contains("0 tiep"),
                    "{said}"
                );
                assert!(said.contains("THE "), "{said}");
            }
            assert_eq!(phone.declared.len(), declared);
            phone.texts(&["1", "0"]);
            assert_eq!(phone.last().one("q1"), "yes");
        }
    }
}

#[test]
fn a_chat_has_a_button_for_each_pass_that_is_good_at_any_time() {
    for persons in [2, 7] {
        let mut chat = Handset::of_household(Medium::Chat, persons);
        chat.profile = Handset::known(Medium::Chat, 1).profile;
        chat.text("/khaibao");
        let said = chat.text("/the");
        assert!(said.contains("/the2 – Thẻ của TV"), "{said}");
        let declared = chat.declared.len();
        let said = chat.press("Thẻ của TVA 1984");
        assert!(said.starts_with("Thẻ của TVA 1984: mã ABCD"), "{said}");
        assert_eq!(chat.declared.len(), declared, "nothing was declared");
        // The summary is still what is asked.
        chat.text("1");
        assert_eq!(chat.declared.len(), declared + 1);
    }
}

#[test]
fn with_few_buttons_the_passes_stand_in_the_text() {
    let mut chat = Handset::of_household(Medium::Chat, 7);
    chat.chat.fits.buttons = 3;
    let said = chat.text("/the");
    for number in 2..=7 {
        assert!(said.contains(&format!("/the{number} – ")), "{said}");
    }
    assert!(chat.chat.shown.buttons.len() <= 3);
    assert!(chat.text("/the 7").starts_with("Thẻ của TVA"));
    assert!(chat.text("/pass7").starts_with("Thẻ của TVA"));
}

#[test]
fn a_refused_declaration_is_no_pass() {
    let mut phone = Handset::sms();
    phone.level = Level::Refuse;
    phone.text("KB 001084000999 Tran Van An Hai Phong 0");
    assert!(phone.text("THE").starts_with("Chua co ma nao"));
    phone.level = Level::Clear;
    phone.text("KB 001184000123 Le Thi Binh Nam Dinh 0");
    let said = phone.text("THE");
    assert!(said.starts_with("LTB") && !said.contains("TVA"), "{said}");
}

#[test]
fn a_pass_among_others_fits_a_message_of_every_provider() {
    let mut chat = Handset::of_household(Medium::Chat, 7);
    chat.chat.fits = ChatFits {
        caption: 500,
        ..WIDE
    };
    let said = chat.text("/the");
    assert!(said.contains("/the7 – "), "{said}");
}
