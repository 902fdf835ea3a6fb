//! Every sentence a person reads, in Vietnamese and English (Fluent files in `locales/`).

use std::borrow::Cow;
use std::collections::HashMap;

pub use fluent_templates::fluent_bundle::FluentValue as Value;
use fluent_templates::{LanguageIdentifier, Loader, langid, static_loader};
use serde::{Deserialize, Serialize};

use crate::form::{Form, OWN_TEXTS, TextCode};
use crate::ids::ProvinceId;
use crate::rules::Rules;
use crate::units::Units;
use crate::verdict::{Arg, Reason};

static_loader! {
    static LOCALES = {
        locales: "./locales",
        fallback_language: "vi",
        // Isolation marks are invisible on a page and turn into boxes in an SMS.
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

static VI: LanguageIdentifier = langid!("vi");
static EN: LanguageIdentifier = langid!("en");

/// A language the service speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Vietnamese.
    #[default]
    Vi,
    /// English.
    En,
}

impl Language {
    /// Both, the default first.
    pub const ALL: [Self; 2] = [Self::Vi, Self::En];

    /// `vi` or `en`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Vi => "vi",
            Self::En => "en",
        }
    }

    /// The language of a code.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|l| l.as_str() == code)
    }

    fn id(self) -> &'static LanguageIdentifier {
        match self {
            Self::Vi => &VI,
            Self::En => &EN,
        }
    }
}

/// Values inside a sentence.
pub type Values = HashMap<Cow<'static, str>, Value<'static>>;

/// The sentence of a key; the key itself when there is none, which a test forbids.
pub fn text(language: Language, key: &str) -> String {
    LOCALES.lookup(language.id(), key)
}

/// The sentence of a key with values.
pub fn text_with(language: Language, key: &str, values: &Values) -> String {
    LOCALES.lookup_with_args(language.id(), key, values)
}

/// Whether a key has a sentence.
pub fn has(language: Language, key: &str) -> bool {
    LOCALES.try_lookup(language.id(), key).is_some()
}

/// The Vietnamese or English file as it stands, for the test that compares them.
pub fn source(language: Language) -> &'static str {
    match language {
        Language::Vi => include_str!("../locales/vi/main.ftl"),
        Language::En => include_str!("../locales/en/main.ftl"),
    }
}

/// The words of a form's text code: national ones from the locales, a province's own from its
/// plugin.
pub fn form_text(
    rules: &dyn Rules,
    province: &ProvinceId,
    language: Language,
    code: TextCode,
) -> String {
    if code < OWN_TEXTS {
        return text(language, &format!("text-{code}"));
    }
    rules
        .text(province, language.as_str(), code)
        .map_or_else(String::new, |t| t.to_string())
}

/// The words of a form's text code where there is little room: `short-<n>` of the locales, or the
/// plugin's `texts/<language>-short.toml`; the long words where there are no short ones.
pub fn short_form_text(
    rules: &dyn Rules,
    province: &ProvinceId,
    language: Language,
    code: TextCode,
) -> String {
    if code < OWN_TEXTS {
        return short_with(language, &format!("text-{code}"), &Values::new());
    }
    let short = format!("{}-short", language.as_str());
    rules.text(province, &short, code).map_or_else(
        || form_text(rules, province, language, code),
        |t| t.to_string(),
    )
}

/// The sentence of a key where there is little room: `short-<key>` if the locales have it.
pub fn short_with(language: Language, key: &str, values: &Values) -> String {
    let short = format!("short-{key}");
    let key = if has(language, &short) { &short } else { key };
    text_with(language, key, values)
}

/// The sentence of a key as a chat says it, where there are buttons and room: `chat-<key>` if the
/// locales have it.
pub fn chat_with(language: Language, key: &str, values: &Values) -> String {
    let own = format!("chat-{key}");
    LOCALES
        .try_lookup_with_args(language.id(), &own, values)
        .unwrap_or_else(|| text_with(language, key, values))
}

/// A reason's sentence with its values filled in. A province's sentence holds them as `{0}`,
/// `{1}`, …
pub fn reason_text(
    rules: &dyn Rules,
    province: &ProvinceId,
    language: Language,
    reason: &Reason,
) -> String {
    if reason.code < OWN_TEXTS {
        return text(language, &format!("reason-{}", reason.code));
    }
    let mut sentence = form_text(rules, province, language, reason.code);
    for (place, arg) in reason.args.iter().enumerate() {
        let value = match arg {
            Arg::Number(n) => n.to_string(),
            Arg::On(day) => day.local_text(),
            Arg::Place(unit) => Units::embedded().label(*unit),
            Arg::Asked(question) => question_label(rules, province, language, *question),
            Arg::Text(text) => text.clone(),
        };
        sentence = sentence.replace(&format!("{{{place}}}"), &value);
    }
    sentence
}

fn question_label(
    rules: &dyn Rules,
    province: &ProvinceId,
    language: Language,
    question: crate::form::QuestionId,
) -> String {
    let context = crate::rules::Context {
        now: crate::clock::Moment(0),
        home: crate::place::UnitCode {
            epoch: crate::place::Epoch::Since2025,
            province: 0,
            commune: 0,
        },
        checkpoint: None,
        risk: Vec::new(),
        facts: Vec::new(),
    };
    let label = |form: &Form| form.item(question).map(|i| i.label);
    rules
        .form(province, &context)
        .ok()
        .and_then(|form| label(&form))
        .map_or_else(String::new, |code| {
            form_text(rules, province, language, code)
        })
}
