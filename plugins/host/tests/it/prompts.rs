//! What the shipped provinces ask fits one text message, one USSD screen and one message of a chat.

use plugin_host::Provinces;
use workflows::declaration::conversation::{
    Frame, Limits, Medium, SCREEN_SEPTETS, TEXT_SEPTETS, Voice, World, for_text, prompts,
};
use workflows::form::{OWN_TEXTS, TextCode};
use workflows::message::{Button, ChatFits, ChatText, Does, PictureBy};
use workflows::phrase::{self, Language};
use workflows::place::Province;
use workflows::rules::Rules;
use workflows::text::gsm;

use crate::{bound, built, context, day, id, unit};

const SHIPPED: [&str; 3] = ["base", "ha-noi", "quang-ninh"];

/// A province of that name with the longest name that one has.
fn province(name: &str) -> Province {
    Province {
        id: id(name),
        name_vi: "Thành phố Hồ Chí Minh".into(),
        name_en: "Ho Chi Minh City".into(),
        unit: unit(1),
        cutoff_minute: 660,
        served_from: day().start(),
    }
}

fn shipped() -> Provinces {
    let mut bindings = bound(&SHIPPED.map(|name| (name, name)));
    // With every question that its settings can switch on.
    if let Some(base) = bindings.get_mut(&id("base")) {
        base.settings.insert("asks_test".into(), 2);
        base.settings.insert("asks_doses".into(), 1);
    }
    Provinces::load(built(), &bindings).unwrap()
}

#[test]
fn every_prompt_of_every_province_fits_one_part_and_one_screen_in_both_languages() {
    let rules = shipped();
    let limits = Limits::default();
    let mut measured = 0;
    for name in SHIPPED {
        let province = province(name);
        let form = for_text(&rules.form(&id(name), &context(1)).unwrap());
        for medium in [Medium::Sms, Medium::Ussd] {
            let world = World {
                province: &province,
                form: &form,
                checkpoints: &[],
                medium,
                is_private: true,
                phone: None,
                profile: None,
                limits: &limits,
                now: day().start(),
            };
            for (field, say) in prompts(&world) {
                for language in Language::ALL {
                    let voice = Voice {
                        rules: &rules,
                        province: &province,
                        language,
                        medium,
                    };
                    let (length, text) = (voice.length(&say), voice.render(&say));
                    let of = format!("{name} {field} {medium:?} {language:?}: {text}");
                    assert!(length <= TEXT_SEPTETS, "{length} septets, {of}");
                    assert!(gsm::septets(&text).unwrap() <= SCREEN_SEPTETS, "{of}");
                    assert!(!text.contains("talk-") && !text.contains("short-"), "{of}");
                    // Choices of a question are all on the one page: `0` says none there.
                    let turns = matches!(&*field, "talk-household" | "talk-which-place");
                    let all = say.choices.iter().all(|c| {
                        text.contains(&format!("{}=", c.typed))
                            || text.contains(&format!("\n{} ", c.typed))
                    });
                    assert!(all || turns, "{of}");
                    measured += 1;
                }
            }
        }
    }
    assert!(measured > 400, "only {measured}");
}

/// What a provider takes: many wide buttons that change, five short ones, none.
const CHATS: [ChatFits; 3] = [
    ChatFits {
        text: 4_096,
        caption: 1_024,
        buttons: 20,
        label: 60,
        picture: PictureBy::Upload,
        beside_picture: true,
        asks_number: true,
        replaces: true,
    },
    ChatFits {
        text: 2_000,
        caption: 500,
        buttons: 5,
        label: 20,
        picture: PictureBy::Upload,
        beside_picture: false,
        asks_number: true,
        replaces: false,
    },
    ChatFits {
        text: 2_000,
        caption: 500,
        buttons: 0,
        label: 0,
        picture: PictureBy::Fetch,
        beside_picture: false,
        asks_number: false,
        replaces: false,
    },
];

/// Whether a choice can be pressed, or stands in the text to be typed.
fn is_offered(shown: &ChatText, typed: &str) -> bool {
    let says = |b: &Button| match &b.does {
        Does::Say(token) => {
            token.ends_with(&format!(":{typed}")) || token.ends_with(&format!(":t{typed}"))
        }
        Does::Open(_) => false,
    };
    shown.buttons.iter().any(says) || shown.text.contains(&format!("{typed} – "))
}

#[test]
fn every_prompt_of_every_province_fits_a_message_of_every_kind_of_chat() {
    let rules = shipped();
    let limits = Limits::default();
    let mut measured = 0;
    for name in SHIPPED {
        let province = province(name);
        let form = for_text(&rules.form(&id(name), &context(1)).unwrap());
        let world = World {
            province: &province,
            form: &form,
            checkpoints: &[],
            medium: Medium::Chat,
            is_private: true,
            phone: None,
            profile: None,
            limits: &limits,
            now: day().start(),
        };
        for (field, say) in prompts(&world) {
            for (language, fits) in Language::ALL.iter().flat_map(|l| CHATS.map(|f| (*l, f))) {
                let voice = Voice {
                    rules: &rules,
                    province: &province,
                    language,
                    medium: Medium::Chat,
                };
                let frame = Frame {
                    fits: &fits,
                    asked: 7,
                    link: None,
                };
                let shown = voice.chat(&say, &frame);
                let of = format!("{name} {field} {fits:?} {language:?}: {}", shown.text);
                // A picture goes with every pass: its words are the shortest that there are.
                let longest = match &*field {
                    "talk-which-place" => fits.text,
                    _ => fits.caption,
                };
                assert!(shown.text.encode_utf16().count() < longest, "{of}");
                assert!(
                    !shown.text.contains("talk-") && !shown.text.contains("chat-"),
                    "{of}"
                );
                assert!(shown.buttons.len() <= fits.buttons, "{of}");
                let paged = say.choices.len() > fits.buttons && fits.buttons > 0;
                let all = say.choices.iter().all(|c| is_offered(&shown, &c.typed));
                assert!(all || paged, "{of}");
                measured += 1;
            }
        }
    }
    assert!(measured > 600, "only {measured}");
}

#[test]
fn every_text_of_a_form_has_a_form_that_fits() {
    const LABEL: usize = 70;
    let rules = shipped();
    for name in SHIPPED {
        let form = rules.form(&id(name), &context(1)).unwrap();
        let items = form.items.iter();
        let codes: Vec<TextCode> = items
            .filter(|i| i.required || i.kind != workflows::form::Kind::Text)
            .flat_map(|i| std::iter::once(i.label).chain(i.options.clone()))
            .collect();
        for code in codes {
            for language in Language::ALL {
                let words = phrase::short_form_text(&rules, &id(name), language, code);
                let own = if code < OWN_TEXTS {
                    "the core's"
                } else {
                    "its own"
                };
                assert!(
                    !words.is_empty() && words.chars().count() <= LABEL,
                    "{name}: {own} text {code} is too long without a short form: {words}"
                );
            }
        }
    }
}
