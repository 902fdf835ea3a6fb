//! Answers to a form's questions.

use serde::{Deserialize, Serialize};

use crate::clock::Day;
use crate::form::{Form, Kind, QuestionId};

/// One typed answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Yes.
    Yes,
    /// No.
    No,
    /// A whole number.
    Number(i64),
    /// One option's place from 0.
    Choice(u16),
    /// Options' places, ascending.
    Choices(Vec<u16>),
    /// A calendar day.
    On(Day),
    /// Free text; never handed to a plugin.
    Text(String),
}

/// An answer and the question it belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// The question.
    pub to: QuestionId,
    /// The answer.
    pub answer: Answer,
}

/// Why a raw answer was not understood; the screen says what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerError {
    /// A required question has no answer.
    Missing,
    /// The text is not of the question's kind.
    NotUnderstood,
}

/// Longest free text kept, in bytes.
pub const TEXT_MAX: usize = 256;

/// Reads the raw values of a web form (`(question, value)` pairs; several for choices) as typed
/// replies: every shown question is asked, every hidden one dropped. Errors come by question.
pub fn parse(
    form: &Form,
    raw: &[(QuestionId, String)],
) -> Result<Vec<Reply>, Vec<(QuestionId, AnswerError)>> {
    match so_far(form, raw) {
        (replies, errors) if errors.is_empty() => Ok(replies),
        (_, errors) => Err(errors),
    }
}

/// The same for a form that is still being filled in: what is answered, and what is still wrong.
pub fn so_far(
    form: &Form,
    raw: &[(QuestionId, String)],
) -> (Vec<Reply>, Vec<(QuestionId, AnswerError)>) {
    let mut replies = Vec::new();
    let mut errors = Vec::new();
    for id in form.pages.iter().flat_map(|p| p.items.iter().copied()) {
        let Some(item) = form.item(id) else { continue };
        if !form.is_shown(item, &replies) {
            continue;
        }
        let values: Vec<&str> = raw
            .iter()
            .filter(|(to, value)| *to == id && !value.trim().is_empty())
            .map(|(_, value)| value.trim())
            .collect();
        match (
            one(item.kind, item.options.len(), &values),
            values.is_empty(),
        ) {
            (_, true) if item.required => errors.push((id, AnswerError::Missing)),
            (_, true) => {}
            (Some(answer), false) => replies.push(Reply { to: id, answer }),
            (None, false) => errors.push((id, AnswerError::NotUnderstood)),
        }
    }
    (replies, errors)
}

fn one(kind: Kind, options: usize, values: &[&str]) -> Option<Answer> {
    let first = *values.first()?;
    let option = |text: &str| {
        text.parse::<u16>()
            .ok()
            .filter(|n| usize::from(*n) < options)
    };
    match kind {
        Kind::YesNo => match first.to_lowercase().as_str() {
            "yes" | "true" | "1" | "co" | "có" => Some(Answer::Yes),
            "no" | "false" | "0" | "khong" | "không" => Some(Answer::No),
            _ => None,
        },
        Kind::Number => first
            .parse()
            .ok()
            .filter(|n: &i64| *n >= 0)
            .map(Answer::Number),
        Kind::Choice => option(first).map(Answer::Choice),
        Kind::Choices => {
            let mut chosen: Vec<u16> = values.iter().map(|v| option(v)).collect::<Option<_>>()?;
            chosen.sort_unstable();
            chosen.dedup();
            Some(Answer::Choices(chosen))
        }
        Kind::Day => Day::parse(first).map(Answer::On),
        Kind::Text => (first.len() <= TEXT_MAX).then(|| Answer::Text(first.to_owned())),
    }
}

/// The answer to one question, if it was given.
pub fn answer(replies: &[Reply], to: QuestionId) -> Option<&Answer> {
    replies.iter().find(|r| r.to == to).map(|r| &r.answer)
}

/// Whether a yes/no question was answered yes.
pub fn says_yes(replies: &[Reply], to: QuestionId) -> bool {
    answer(replies, to) == Some(&Answer::Yes)
}
