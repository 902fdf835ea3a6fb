//! Which question a button answers.

use super::chat::WIDE;
use super::*;

#[test]
fn a_stale_button_gets_the_present_question_again() {
    let mut chat = Handset::chat(true, WIDE);
    chat.text("/khaibao");
    chat.text("C1234567");
    chat.text("Anna Bell");
    chat.text("1984");
    let stale = chat.button("Nữ");
    let asked = chat.press("Nữ");
    let said = chat.press_token(&stale);
    assert!(said.starts_with("Nút đó của câu hỏi trước"), "{said}");
    assert!(said.ends_with(&asked), "{said}");
    assert!(chat.text("KR").contains("đi từ"));
}

#[test]
fn two_boxes_tapped_before_the_message_changes_are_both_ticked() {
    let mut chat = Handset::chat(true, WIDE);
    chat.texts(&["/khaibao", "001084000999", "Trần Văn Ấn", "Hải Phòng"]);
    let taps = [chat.button("☐ sốt"), chat.button("☐ ho")];
    for tap in taps {
        chat.press_token(&tap);
    }
    let labels = chat.labels();
    assert!(
        labels.contains(&"☑ sốt") && labels.contains(&"☑ ho"),
        "{labels:?}"
    );
}

#[test]
fn a_question_stays_open_to_its_buttons_whatever_is_asked_beside_it() {
    for beside in ["/trogiup", "/the", "/aixem", "/ngonngu", "/tatnhac"] {
        let mut chat = Handset::chat(true, WIDE);
        chat.texts(&["/khaibao", "C1234567", "Anna Bell", "1984"]);
        let open = chat.button("Nữ");
        chat.text(beside);
        let said = chat.press_token(&open);
        assert!(said.contains("Quốc tịch"), "{beside}: {said}");
    }
}

#[test]
fn a_button_of_one_persons_question_answers_nothing_of_another() {
    let mut chat = Handset::chat(true, WIDE);
    chat.text("KB 001084000999 Tran Van An Hai Phong");
    let none = chat.button("Không có");
    chat.text("KB 001184000123 Le Thi Binh Nam Dinh");
    let said = chat.press_token(&none);
    assert!(said.starts_with("Nút đó của câu hỏi trước"), "{said}");
}
