//! A plugin's own words: `texts/vi.toml` and `texts/en.toml`, numbered from 1000.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use workflows::form::{OWN_TEXTS, TextCode};

/// Languages every plugin speaks.
pub(crate) const LANGUAGES: [&str; 2] = ["vi", "en"];
/// Longest sentence, bytes.
const SENTENCE_MAX: usize = 600;

/// Sentences by language (in the order of [`LANGUAGES`]) and number.
#[derive(Debug, Default)]
pub(crate) struct Texts([BTreeMap<TextCode, Arc<str>>; LANGUAGES.len()]);

impl Texts {
    /// Reads both languages; they must hold the same numbers with the same `{n}` in them.
    pub(crate) fn read(folder: &Path) -> Result<Self, String> {
        let mut texts = Self::default();
        for (language, table) in LANGUAGES.into_iter().zip(&mut texts.0) {
            let file = format!("texts/{language}.toml");
            let Some(raw) = crate::manifest::optional(folder, &file)? else {
                continue;
            };
            let read: BTreeMap<String, String> =
                toml::from_str(&raw).map_err(|e| format!("{file}: {}", e.message()))?;
            for (number, sentence) in read {
                table.insert(
                    code(&number, &sentence).map_err(|e| format!("{file}: {e}"))?,
                    sentence.into(),
                );
            }
        }
        let [vi, en] = &texts.0;
        for number in vi.keys().chain(en.keys()) {
            match (vi.get(number), en.get(number)) {
                (Some(vi), Some(en)) if holes(vi) == holes(en) => {}
                (Some(_), Some(_)) => {
                    return Err(format!("text {number}: vi and en have different {{n}}"));
                }
                _ => return Err(format!("text {number} is missing in one language")),
            }
        }
        Ok(texts)
    }

    /// The sentence of a number in a language.
    pub(crate) fn get(&self, language: &str, code: TextCode) -> Option<Arc<str>> {
        let at = LANGUAGES.iter().position(|l| *l == language)?;
        self.0[at].get(&code).cloned()
    }

    /// Whether a number may be used: the core's, or one of this table.
    pub(crate) fn knows(&self, code: TextCode) -> bool {
        (1..OWN_TEXTS).contains(&code) || self.0[0].contains_key(&code)
    }
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
