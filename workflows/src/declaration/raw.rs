//! Raw fields as any medium sends them, and the complaints that go back.

use std::collections::BTreeMap;

use crate::form::QuestionId;
use crate::place::UnitCode;
use crate::verdict::Reason;

/// Named raw values. The web form, the paper form and the JSON API all become this, so that one
/// set of rules checks them all. Field names: `name document_kind document birth gender
/// nationality phone permanent temporary staying origin destination` (each address with
/// `<name>_unit` and `<name>_house`), `transport plate seat travels_on returns_on commitment`,
/// and `q<number>` for the province's questions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawForm(BTreeMap<String, Vec<String>>);

impl RawForm {
    /// The fields of name–value pairs; a name may come several times.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut fields: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in pairs {
            fields.entry(name).or_default().push(value);
        }
        Self(fields)
    }

    /// Adds a value.
    pub fn add(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.entry(name.into()).or_default().push(value.into());
    }

    /// The last value of a field, trimmed; empty when absent. The last, because a browser sends
    /// a hidden default before the field that overrides it.
    pub fn one(&self, name: &str) -> &str {
        self.0
            .get(name)
            .and_then(|v| v.last())
            .map_or("", |v| v.trim())
    }

    /// All values of a field.
    pub fn all(&self, name: &str) -> &[String] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// Every pair, in field order.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .flat_map(|(n, vs)| vs.iter().map(move |v| (n.as_str(), v.as_str())))
    }

    /// The answers to the province's questions.
    pub fn replies(&self) -> Vec<(QuestionId, String)> {
        self.pairs()
            .filter_map(|(name, value)| {
                let id = name.strip_prefix('q')?.parse().ok()?;
                Some((id, value.to_owned()))
            })
            .collect()
    }

    /// Canonical bytes of the whole form, for recognising the same request again.
    pub fn canonical(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (name, value) in self.pairs() {
            for part in [name, value] {
                out.extend(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
                out.extend(part.as_bytes());
            }
        }
        out
    }
}

/// What is wrong with a field, and so what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field's name.
    pub field: String,
    /// What is wrong.
    pub why: Complaint,
}

/// A complaint about a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Complaint {
    /// A sentence of the core: `error-<code>` in the locales.
    Code(&'static str),
    /// The address fits several units: one of these must be chosen.
    Several(Vec<UnitCode>),
    /// A sentence of the province's rules.
    Province(Reason),
}

impl FieldError {
    /// A complaint with a sentence of the core.
    pub fn code(field: impl Into<String>, code: &'static str) -> Self {
        Self {
            field: field.into(),
            why: Complaint::Code(code),
        }
    }
}
