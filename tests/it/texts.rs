//! Every sentence exists in both languages, and everything the code may ask for exists.

use std::collections::BTreeSet;
use std::path::Path;

use tests::{TestApp, tools};
use workflows::access::Role;
use workflows::audit::Purpose;
use workflows::declaration::Channel;
use workflows::exposure::Class;
use workflows::form::OWN_TEXTS;
use workflows::message;
use workflows::person::{IdentityNotice, PersonError};
use workflows::phrase::{self, Language};
use workflows::text::{self, Charset, Denied};
use workflows::verification::{CHOICES, PassStatus, gate_word};

fn keys(language: Language) -> BTreeSet<String> {
    let named = phrase::source(language)
        .lines()
        .filter(|line| line.starts_with(|c: char| c.is_ascii_alphabetic()));
    named
        .filter_map(|line| Some(line.split_once(" =")?.0.to_owned()))
        .collect()
}

fn all_there(family: &str, words: impl IntoIterator<Item = impl ToString>) {
    for word in words {
        let key = format!("{family}-{}", word.to_string());
        for language in Language::ALL {
            assert!(
                phrase::has(language, &key),
                "{key} has no {}",
                language.as_str()
            );
        }
    }
}

#[test]
fn both_languages_have_the_same_keys() {
    let (vi, en) = (keys(Language::Vi), keys(Language::En));
    let apart: Vec<_> = vi.symmetric_difference(&en).collect();
    assert!(vi.len() > 200 && apart.is_empty(), "{apart:?}");
}

/// Keys and sentences of a language, without their places for values.
fn sentences(language: Language) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for line in phrase::source(language).lines() {
        let named = line.starts_with(|c: char| c.is_ascii_alphabetic());
        match (line.split_once(" ="), all.last_mut()) {
            (Some((key, text)), _) if named => all.push((key.to_owned(), text.to_owned())),
            (_, Some((_, text))) if line.starts_with(' ') => text.push_str(line),
            _ => {}
        }
    }
    for (_, text) in &mut all {
        while let Some((before, after)) = text.split_once('{') {
            let after = after.split_once('}').map_or("", |(_, after)| after);
            *text = format!("{before}{after}");
        }
    }
    all
}

#[test]
fn every_sentence_can_be_sent_as_a_plain_text_message() {
    // What Vietnamese providers refuse in the text of a message (DOMAIN.md §5.6).
    let refused = Denied::parse("# & % [ ] { } \\ < @").unwrap();
    let mut sent = 0;
    for language in Language::ALL {
        for (key, text) in sentences(language) {
            let plain = text::plain(&text);
            assert_eq!(Charset::of(&plain), Charset::Gsm, "{key}");
            let unknown = |text: &str| text.matches('?').count();
            assert_eq!(
                unknown(&plain),
                unknown(&text),
                "{key} loses a letter: {plain}"
            );
            if key.starts_with("talk-") || key.starts_with("short-") {
                sent += 1;
                let spared = refused.spare(&plain);
                assert_eq!(
                    spared.as_deref(),
                    Some(&*plain),
                    "{key} holds what providers refuse"
                );
            }
        }
    }
    assert!(sent > 100, "only {sent} sentences of text channels");
}

#[test]
fn every_key_that_a_template_names_exists() {
    let templates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/templates");
    let known = Language::ALL.map(|language| (language, keys(language)));
    let mut named = 0;
    for (file, bytes) in tools::files(&templates) {
        if file.ends_with(".md") {
            continue;
        }
        let text = String::from_utf8(bytes).unwrap();
        for call in text.split("t(key=\"").skip(1) {
            let (key, after) = call.split_once('"').unwrap();
            // `"status-" ~ status` is a family.
            if after.trim_start().starts_with('~') {
                continue;
            }
            named += 1;
            for (language, keys) in &known {
                assert!(keys.contains(key), "{file} names {key}: {language:?}");
            }
        }
    }
    assert!(named > 150, "only {named} found");
}

#[test]
fn every_word_that_code_puts_behind_a_family_has_its_sentence() {
    all_there("status", PassStatus::ALL.map(PassStatus::as_str));
    all_there("role", Role::ALL.map(Role::as_str));
    all_there("role", ["citizen", "system"]);
    all_there("purpose", Purpose::ALL.map(Purpose::as_str));
    all_there("class", Class::ALL.map(Class::as_str));
    all_there("class", ["released"]);
    all_there("class-short", Class::ALL.map(Class::as_str));
    all_there("do", CHOICES.map(gate_word));
    all_there(
        "gate",
        ["let-through", "check", "unsure", "isolate", "turn-back"],
    );
    all_there("direction", ["entry", "exit"]);
    all_there("channel", Channel::ALL.map(Channel::as_str));
    all_there("figure", 1..=24);
    all_there("reason", (1..=8).chain(10..=17));
    all_there("registry", ["unknown", "unavailable"]);
    all_there("document-kind", ["cccd", "cmnd", "passport"]);
    all_there(
        "transport",
        ["road", "freight", "rail", "air", "water", "foot"],
    );
    all_there("gender", ["male", "female", "other"]);
    for status in ["EXPIRED", "SUPERSEDED", "REVOKED", "REFUSED"] {
        all_there("pass", [status]);
    }
    let out = [
        "queued",
        "sending",
        "sent",
        "delivered",
        "read",
        "refused",
        "unknown",
        "expired",
    ];
    all_there("outbox", out);
    all_there("outbox", ["stopped", "spared"]);
    all_there("inbox", ["new", "working", "part", "dead"]);
    all_there("channel-state", ["up", "stopped", "capped", "off"]);
    all_there(
        "message-class",
        message::Class::ALL.map(message::Class::as_str),
    );
    let actions = [
        "declared",
        "declared-for",
        "assist-code-sent",
        "assist-code-refused",
        "assist-code-proven",
        "assist-code-wrong",
        "profile-opened",
        "pass-looked-up",
        "person-looked-up",
        "crossing-recorded",
        "crossing-overridden",
        "class-entered",
        "class-released",
    ];
    all_there("action", actions);
}

#[test]
fn every_error_has_a_sentence_that_says_what_to_do() {
    let person = [
        PersonError::NameLength,
        PersonError::NameLetters,
        PersonError::CccdLength,
        PersonError::CccdDigits,
        PersonError::CmndLength,
        PersonError::CmndDigits,
        PersonError::PassportForm,
        PersonError::DocumentUnknown,
        PersonError::PhoneDigits,
        PersonError::PhoneLength,
        PersonError::PhonePrefix,
        PersonError::BirthForm,
        PersonError::BirthRange,
        PersonError::Nationality,
        PersonError::ScanForm,
        PersonError::ScanMasked,
    ];
    all_there("error", person.map(PersonError::code));
    let notices = [
        IdentityNotice::CccdPrefix,
        IdentityNotice::CccdYear,
        IdentityNotice::BirthDiffers,
        IdentityNotice::GenderDiffers,
    ];
    all_there("notice", notices.map(IdentityNotice::code));
    // Codes are words in the sources, so they are read from there.
    let mut codes = BTreeSet::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for folder in ["workflows/src/declaration", "server/src"] {
        for (_, bytes) in tools::files(&root.join(folder)) {
            let text = String::from_utf8(bytes).unwrap();
            for mark in [
                "Error::Invalid(\"",
                "Self::Invalid(\"",
                "FieldError::code(\"",
                "Self::Field(\"",
            ] {
                for call in text.split(mark).skip(1) {
                    codes.extend(code_of(mark, call));
                }
            }
        }
    }
    codes.extend(
        [
            "missing",
            "choose",
            "date-form",
            "date-range",
            "number-form",
            "too-long",
        ]
        .map(str::to_owned),
    );
    let shell = [
        "not-found",
        "forbidden",
        "busy",
        "internal",
        "too-slow",
        "method",
        "fields",
        "mismatch",
    ];
    codes.extend(shell.map(str::to_owned));
    assert!(codes.len() > 20, "{codes:?}");
    all_there("error", codes);
}

/// The code in the arguments of a call: the first text of an error, the second of a field.
fn code_of(mark: &str, call: &str) -> Option<String> {
    let arguments = call.split(')').next()?;
    let mut texts = arguments.split('"').step_by(2);
    let first = texts.next()?;
    let code = if mark.contains("Field") {
        texts.next()?
    } else {
        first
    };
    Some(code.to_owned())
}

#[tokio::test]
async fn every_text_of_every_provinces_form_has_words() {
    let app = TestApp::on(tests::Database::Sqlite).await;
    for province in ["ha-noi", "quang-ninh", "base"] {
        let answer = app
            .browser()
            .get(&format!("/api/v1/forms/{province}"))
            .await
            .json();
        for language in ["vi", "en"] {
            let texts = answer["texts"][language].as_object().unwrap();
            assert!(texts.len() > 10);
            for (code, words) in texts {
                let words = words.as_str().unwrap();
                let own = code.parse::<u16>().unwrap() >= OWN_TEXTS;
                assert!(
                    words.len() > 1 && *words != *code,
                    "{province} {language} {code}: {words}"
                );
                assert!(
                    !words.starts_with("text-"),
                    "{province} {language} {code}, own: {own}"
                );
            }
        }
    }
    app.finish().await;
}
