//! A plugin's own words: `texts/vi.toml` and `texts/en.toml`, numbered from 1000, and for text
//! messages and USSD short forms of some of them in `texts/vi-short.toml`, `texts/en-short.toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use workflows::form::{OWN_TEXTS, TextCode};

/// Languages every plugin speaks.
pub(crate) const LANGUAGES: [&str; 2] = ["vi", "en"];
/// Longest sentence, bytes.
const SENTENCE_MAX: usize = 600;

/// What a language's name ends with where there is little room.
const SHORT: &str = "-short";

type Table = BTreeMap<TextCode, Arc<str>>;

/// Sentences by language (in the order of [`LANGUAGES`]) and number.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    long: [Table; LANGUAGES.len()],
    short: [Table; LANGUAGES.len()],
}

impl Texts {
    /// Reads both languages; they must hold the same numbers with the same `{n}` in them.
    pub(crate) fn read(folder: &Path) -> Result<Self, String> {
        let mut texts = Self::default();
        for (at, language) in LANGUAGES.into_iter().enumerate() {
            texts.long[at] = table(folder, language)?;
            texts.short[at] = table(folder, &format!("{language}{SHORT}"))?;
        }
        let [vi, en] = &texts.long;
        for number in vi.keys().chain(en.keys()) {
            match (vi.get(number), en.get(number)) {
                (Some(vi), Some(en)) if holes(vi) == holes(en) => {}
                (Some(_), Some(_)) => {
                    return Err(format!("text {number}: vi and en have different {{n}}"));
                }
                _ => return Err(format!("text {number} is missing in one language")),
            }
        }
        for (short, long) in texts.short.iter().zip(&texts.long) {
            let stray = |(number, words): (&TextCode, &Arc<str>)| {
                long.get(number)
                    .is_none_or(|full| holes(full) != holes(words))
                    .then(|| format!("short text {number} has no long one with the same {{n}}"))
            };
            if let Some(why) = short.iter().find_map(stray) {
                return Err(why);
            }
        }
        Ok(texts)
    }

    /// The sentence of a number in a language; in its short form for `vi-short` or `en-short`,
    /// which is the long one where there is none.
    pub(crate) fn get(&self, language: &str, code: TextCode) -> Option<Arc<str>> {
        let (language, short) = match language.strip_suffix(SHORT) {
            Some(language) => (language, true),
            None => (language, false),
        };
        let at = LANGUAGES.iter().position(|l| *l == language)?;
        let short = self.short[at].get(&code).filter(|_| short);
        short.or_else(|| self.long[at].get(&code)).cloned()
    }

    /// Whether a number may be used: the core's, or one of this table.
    pub(crate) fn knows(&self, code: TextCode) -> bool {
        (1..OWN_TEXTS).contains(&code) || self.long[0].contains_key(&code)
    }
}

/// One file; a file that is not there is an empty table.
fn table(folder: &Path, name: &str) -> Result<Table, String> {
    let file = format!("texts/{name}.toml");
    let Some(raw) = crate::manifest::optional(folder, &file)? else {
        return Ok(Table::new());
    };
    let read: BTreeMap<String, String> =
        toml::from_str(&raw).map_err(|e| format!("{file}: {}", e.message()))?;
    read.into_iter()
        .map(|(number, sentence)| {
            let code = code(&number, &sentence).map_err(|e| format!("{file}: {e}"))?;
            Ok((code, sentence.into()))
        })
        .collect()
}

fn code(number: &str, sentence: &str) -> Result<TextCode, String> {
    let code = number.parse().ok().filter(|n| *n >= OWN_TEXTS);
    let code = code.ok_or_else(|| format!("{number} is not a number from {OWN_TEXTS} on"))?;
    if sentence.is_empty() || sentence.len() > SENTENCE_MAX {
        return Err(format!(
            "text {number} is empty or longer than {SENTENCE_MAX} bytes"
        ));
    }
    Ok(code)
}

/// The places for values in a sentence: the 0 and 1 of `{0}` and `{1}`.
fn holes(sentence: &str) -> BTreeSet<&str> {
    sentence
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(n, _)| n)
        .collect()
}
