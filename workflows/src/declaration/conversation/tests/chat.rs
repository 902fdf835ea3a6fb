//! A chat: buttons, a page for what is private, a number tied by proof.

use super::*;
use crate::form::{Item, Kind, Page};
use crate::message::{ChatFits, ChatText, Does, PictureBy};

/// Many buttons, and messages that change.
pub(super) const WIDE: ChatFits = ChatFits {
    text: 4_096,
    caption: 1_024,
    buttons: 20,
    label: 60,
    picture: PictureBy::Upload,
    beside_picture: true,
    asks_number: true,
    replaces: true,
};
/// Five short buttons.
const NARROW: ChatFits = ChatFits {
    text: 2_000,
    buttons: 5,
    label: 20,
    replaces: false,
    ..WIDE
};
/// No buttons at all.
pub(super) const BARE: ChatFits = ChatFits {
    buttons: 0,
    ..NARROW
};

/// What a chat has beside a telephone.
pub(super) struct Chat {
    pub(super) is_private: bool,
    pub(super) fits: ChatFits,
    pub(super) linked: Option<Phone>,
    pub(super) handed: Vec<RawForm>,
    pub(super) notices: Option<bool>,
    pub(super) shown: ChatText,
}

impl Default for Chat {
    fn default() -> Self {
        Self {
            is_private: false,
            fits: WIDE,
            linked: None,
            handed: Vec::new(),
            notices: None,
            shown: ChatText::default(),
        }
    }
}

impl Handset {
    pub(super) fn chat(is_private: bool, fits: ChatFits) -> Self {
        let mut phone = Self::new(Medium::Chat);
        (phone.chat.is_private, phone.chat.fits) = (is_private, fits);
        phone
    }

    pub(super) fn show_in_chat(&mut self, say: &Say) -> String {
        let voice = Voice {
            rules: &Silent,
            province: &self.province,
            language: self.state.language.unwrap_or_default(),
            medium: self.medium,
        };
        let frame = Frame {
            fits: &self.chat.fits,
            asked: self.state.asked(),
            link: say.opens.as_ref().map(|_| "https://khaibao.example/x"),
        };
        self.chat.shown = voice.chat(say, &frame);
        self.chat.shown.text.clone()
    }

    /// The token of the button with these words.
    pub(super) fn button(&self, words: &str) -> String {
        let button = self.chat.shown.buttons.iter().find(|b| b.label == words);
        match button.map(|b| &b.does) {
            Some(Does::Say(token)) => token.clone(),
            other => panic!("{words:?}: {other:?} in {:?}", self.labels()),
        }
    }

    /// The token of the button at a place, from 0.
    pub(super) fn token_at(&self, at: usize) -> String {
        match self.chat.shown.buttons.get(at).map(|b| &b.does) {
            Some(Does::Say(token)) => token.clone(),
            other => panic!("{at}: {other:?} in {:?}", self.labels()),
        }
    }

    pub(super) fn labels(&self) -> Vec<&str> {
        let buttons = self.chat.shown.buttons.iter();
        buttons.map(|b| b.label.as_str()).collect()
    }

    pub(super) fn press_token(&mut self, token: &str) -> String {
        self.step(Input::Pressed(token.into()))
            .0
            .unwrap_or_default()
    }

    pub(super) fn press(&mut self, words: &str) -> String {
        let token = self.button(words);
        self.press_token(&token)
    }
}

#[test]
fn a_new_chat_is_greeted_with_what_it_can_do() {
    let mut chat = Handset::chat(false, WIDE);
    let said = chat.step(Input::Followed).0.unwrap();
    assert!(said.contains("Hà Nội"), "{said}");
    assert_eq!(
        chat.labels(),
        ["Khai báo", "Thẻ của tôi", "Ngôn ngữ / Language"]
    );
    let said = chat.press("Khai báo");
    assert!(
        said.contains("đi từ") && said.contains("Hãy khai đúng"),
        "{said}"
    );
    assert!(!said.contains("QUEN"), "words of another medium: {said}");
    assert!(chat.text("/start").contains("Hà Nội"));
}

#[test]
fn what_is_private_is_asked_on_a_page_and_never_in_the_chat() {
    let mut chat = Handset::chat(false, WIDE);
    chat.text("/khaibao");
    let said = chat.text("Hai Phong");
    let opens = |b: &crate::message::Button| matches!(b.does, Does::Open(_));
    assert!(chat.chat.shown.buttons.iter().any(opens), "{said}");
    let raw = chat.chat.handed.last().unwrap();
    assert!(!raw.one("origin_unit").is_empty());
    assert!(raw.one("document").is_empty() && raw.one("q1").is_empty());
    assert!(chat.declared.is_empty());
}

#[test]
fn a_document_number_that_is_sent_all_the_same_is_neither_kept_nor_said_back() {
    let mut chat = Handset::chat(false, WIDE);
    let said = chat.text("KB 001084000999 Tran Van An Hai Phong 12");
    assert!(said.contains("Đừng gửi số giấy tờ"), "{said}");
    let raw = chat.chat.handed.last().unwrap();
    assert!(raw.one("document").is_empty() && raw.one("q1").is_empty());
    let kept = serde_json::to_string(&chat.state).unwrap();
    assert!(!kept.contains("001084000999") && !said.contains("999"));
    let said = chat.text("001084000999");
    assert!(!said.contains("999"), "{said}");
}

#[test]
fn where_the_province_allows_it_everything_is_asked_in_the_chat() {
    let mut chat = Handset::chat(true, WIDE);
    let said = chat.text("/declare");
    assert!(said.contains("/xoa") && !said.contains("QUEN"), "{said}");
    chat.text("001084000999");
    chat.text("Trần Văn Ấn");
    chat.text("Hải Phòng");
    chat.press("☐ sốt");
    assert!(chat.labels().contains(&"☑ sốt"), "{:?}", chat.labels());
    chat.press("☑ sốt");
    chat.press("☐ ho");
    let said = chat.press("Xong");
    assert!(
        !chat.chat.shown.text.is_empty() && chat.declared.is_empty(),
        "{said}"
    );
    let said = chat.press("Không có");
    assert!(said.contains("ABCD-EFGH"), "{said}");
    let raw = chat.last();
    assert_eq!((raw.one("q1"), raw.one("q2")), ("no", "yes"));
}

#[test]
fn several_options_of_one_question_are_ticked_too() {
    let mut chat = Handset::chat(true, WIDE);
    let travelled = 4_001;
    chat.form.items.push(Item {
        id: travelled,
        kind: Kind::Choices,
        label: travelled,
        help: None,
        options: (4_010..4_022).collect(),
        required: true,
        shown_when: None,
    });
    chat.form.pages.push(Page {
        title: travelled,
        items: vec![travelled],
    });
    chat.texts(&["/khaibao", "001084000999", "Trần Văn Ấn", "Hải Phòng", "0"]);
    chat.text("0");
    for at in [1, 11] {
        let token = chat.token_at(at);
        chat.press_token(&token);
    }
    chat.press("Xong");
    assert_eq!(chat.last().all("q4001"), ["1", "11"]);
}

#[test]
fn a_link_that_is_not_sent_any_more_does_not_end_the_last_one_that_was() {
    let mut chat = Handset::chat(false, WIDE);
    chat.text("/khaibao");
    chat.text("Hai Phong");
    assert!(chat.text("alô").contains("vẫn đang chờ"));
    let mut sent = 1;
    for _ in 0..8 {
        chat.text("/khaibao");
        sent += usize::from(!chat.text("1").is_empty());
    }
    assert_eq!(chat.chat.handed.len(), sent);
    assert!(sent < 9, "the same words are not sent without end");
}

#[test]
fn every_choice_can_be_typed_where_there_are_no_buttons() {
    let mut chat = Handset::chat(true, BARE);
    let said = chat.step(Input::Followed).0.unwrap();
    assert!(said.contains("KB – Khai báo"), "{said}");
    assert!(chat.chat.shown.buttons.is_empty());
    chat.text("KB");
    chat.text("C1234567");
    chat.text("Anna Bell");
    let said = chat.text("1984");
    assert!(said.contains("2 – Nữ"), "{said}");
    chat.text("2");
    chat.text("KR");
    let said = chat.text("Hà Nội");
    assert!(
        said.contains("1 – sốt") && said.contains("0 – Không có"),
        "{said}"
    );
}

#[test]
fn few_buttons_leave_the_list_to_the_text() {
    let mut chat = Handset::chat(true, NARROW);
    chat.text("KB");
    chat.text("001084000999");
    chat.text("Trần Văn Ấn");
    let said = chat.text("Hải Phòng");
    assert!(said.contains("1 – sốt"), "{said}");
    assert_eq!(chat.labels(), ["Không có"]);
}

#[test]
fn commands_work_in_both_languages_with_the_bots_name_behind() {
    let mut chat = Handset::chat(true, WIDE);
    chat.text("/ngonngu");
    assert!(chat.press("English").contains("English"));
    assert!(chat.text("/declare@khaibao_bot").contains("identity card"));
    chat.text("/cancel");
    assert!(chat.text("/pass").contains("no pass"));
    chat.text("/mute");
    assert_eq!(chat.chat.notices, Some(false));
    chat.text("/delete");
    assert!(chat.text("whatever").contains("What would you like"));
}

#[test]
fn a_link_to_the_bot_names_the_post() {
    let mut chat = Handset::chat(true, WIDE);
    chat.text("/start 5");
    chat.text("001084000999");
    chat.text("Trần Văn Ấn");
    chat.text("Hải Phòng");
    chat.text("0");
    chat.text("0");
    assert_eq!(chat.last().one("checkpoint"), "5");
}

#[test]
fn a_pass_is_shown_again_with_its_picture_and_its_page() {
    let mut chat = Handset::chat(true, WIDE);
    let said = chat.texts(&["KB 001084000999 Tran Van An Hai Phong 0"]);
    assert!(said.contains("mã QR"), "{said}");
    assert!(chat.labels().contains(&"Mở trang"), "{:?}", chat.labels());
    chat.wait(60);
    assert!(chat.text("/the").contains("ABCD-EFGH"));
    let opened = chat.text("/aixem");
    assert!(opened.contains("trang thẻ"), "{opened}");
    chat.text("/xoa");
    assert!(chat.text("/the").contains("chưa có thẻ"));
}

#[test]
fn a_document_number_in_the_place_of_an_answer_is_sent_away() {
    let mut chat = Handset::chat(false, WIDE);
    chat.text("/khaibao");
    let said = chat.text("001084000999");
    assert!(said.contains("Đừng gửi số giấy tờ"), "{said}");
    assert!(said.contains("đi từ") && !said.contains("999"), "{said}");
    assert!(!chat.text("Atlantis").contains("Đừng gửi"));
}

#[test]
fn who_declares_as_before_reads_what_that_says_of_their_health() {
    for (is_private, says_so) in [(true, true), (false, false)] {
        let mut chat = Handset::chat(is_private, WIDE);
        let draft = Draft {
            document: crate::person::Document::guess("001084000999").ok(),
            name: Some("Tran Van An".into()),
            origin: Some(unit(1, 0)),
            ..Draft::default()
        };
        chat.profile = Some(Profile {
            persons: vec![Person {
                draft,
                declared_at: Moment(0),
            }],
            ..Profile::default()
        });
        let said = chat.text("/khaibao");
        assert!(chat.labels().contains(&"Như lần trước"), "{said}");
        assert_eq!(said.contains("không có triệu chứng"), says_so, "{said}");
    }
}
