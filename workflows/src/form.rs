//! What a province asks: data from its plugin, walked alike by the web, chats, SMS and paper.
//!
//! The core always asks who declares, how to reach them and where the journey starts and ends.
//! A plugin's sheet says which further [`Part`]s it wants and adds its own numbered questions.

use serde::{Deserialize, Serialize};

use crate::answers::{Answer, Reply};

/// A question's number. Below [`OWN_QUESTIONS`] it is national and means the same everywhere
/// (see [`national`]); from there on it belongs to the province.
pub type QuestionId = u16;

/// A text's number. Below [`OWN_TEXTS`] the core's locales hold it (`text-<n>`, `reason-<n>`);
/// from there on the plugin's own table does.
pub type TextCode = u16;

/// First question number that belongs to a province.
pub const OWN_QUESTIONS: QuestionId = 100;
/// Whether an answer to this question means the same in every province. The purpose has a national
/// number, but each province has its own list of purposes.
pub fn is_shared(question: QuestionId) -> bool {
    question < OWN_QUESTIONS && question != national::PURPOSE
}

/// First text number that belongs to a province.
pub const OWN_TEXTS: TextCode = 1_000;

/// National questions: the symptoms and exposures of the Health Ministry's declaration
/// (DOMAIN.md §5.4). All are yes/no except [`national::SAMPLED_ON`], [`national::TEST_RESULT`]
/// and [`national::DOSES`].
pub mod national {
    use super::QuestionId;

    /// Fever.
    pub const FEVER: QuestionId = 1;
    /// Cough.
    pub const COUGH: QuestionId = 2;
    /// Breathlessness.
    pub const BREATHLESS: QuestionId = 3;
    /// Pneumonia.
    pub const PNEUMONIA: QuestionId = 4;
    /// Sore throat.
    pub const SORE_THROAT: QuestionId = 5;
    /// Fatigue.
    pub const FATIGUE: QuestionId = 6;
    /// Loss of taste or smell.
    pub const TASTE_LOSS: QuestionId = 7;
    /// In 14 days: contact (under 2 m) with a confirmed patient (F0).
    pub const MET_PATIENT: QuestionId = 20;
    /// In 14 days: contact with somebody who has such symptoms.
    pub const MET_SYMPTOMS: QuestionId = 21;
    /// In 14 days: was in an epidemic area.
    pub const WAS_IN_AREA: QuestionId = 22;
    /// Day the last test sample was taken or its result given, as the province reads it.
    pub const SAMPLED_ON: QuestionId = 40;
    /// Result of that test: choice 0 negative, 1 positive, 2 not known yet.
    pub const TEST_RESULT: QuestionId = 41;
    /// Vaccine doses received (a number).
    pub const DOSES: QuestionId = 42;
    /// Reason for the journey (a choice; options by the province).
    pub const PURPOSE: QuestionId = 50;

    /// Text number of the page of symptoms.
    pub const HEALTH_PAGE: super::TextCode = 70;
    /// Text number of the page of exposures.
    pub const EXPOSURE_PAGE: super::TextCode = 71;

    /// The symptom questions.
    pub const SYMPTOMS: [QuestionId; 7] = [
        FEVER,
        COUGH,
        BREATHLESS,
        PNEUMONIA,
        SORE_THROAT,
        FATIGUE,
        TASTE_LOSS,
    ];
}

/// Parts of the core's own form that a province can leave out, offer or demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Permanent address (thường trú).
    Permanent,
    /// Temporary address (tạm trú).
    Temporary,
    /// Where the person stays on this journey (lưu trú).
    Staying,
    /// Number plate of the vehicle.
    Vehicle,
    /// Seat or flight number.
    Seat,
    /// Day of return.
    Return,
}

/// Whether a part is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// Shown, may stay empty.
    Optional,
    /// Shown, must be filled.
    Required,
}

/// A province's sheet of questions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// Core parts wanted; a part not named is not asked.
    pub parts: Vec<(Part, Need)>,
    /// The order and grouping of the items.
    pub pages: Vec<Page>,
    /// The questions.
    pub items: Vec<Item>,
    /// Conditions by index, because a sheet cannot nest.
    pub tests: Vec<Test>,
}

/// One group of questions under a title.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Its title.
    pub title: TextCode,
    /// Its questions, in order.
    pub items: Vec<QuestionId>,
}

/// What an answer looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Yes or no.
    YesNo,
    /// A whole number, 0 or more.
    Number,
    /// One of the options, by its place from 0.
    Choice,
    /// Any of the options.
    Choices,
    /// A calendar day.
    Day,
    /// A short text (≤ 256 bytes); it is never handed to a plugin.
    Text,
}

/// One question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its number.
    pub id: QuestionId,
    /// Shape of its answer.
    pub kind: Kind,
    /// The question's words.
    pub label: TextCode,
    /// Words of help below it.
    pub help: Option<TextCode>,
    /// Words of the options, for choices.
    pub options: Vec<TextCode>,
    /// Must be answered while it is shown.
    pub required: bool,
    /// Index into [`Form::tests`]; shown only while that test holds.
    pub shown_when: Option<u16>,
}

/// A condition over the replies so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Test {
    /// All of these tests hold.
    All(Vec<u16>),
    /// Any of these tests holds.
    Any(Vec<u16>),
    /// That test does not hold.
    Not(u16),
    /// The question was answered just so.
    Equals(Reply),
    /// The number given is at least this.
    AtLeast(QuestionId, i64),
    /// The question has any answer.
    Answered(QuestionId),
}

impl Form {
    /// What the nation asks where a province's own form cannot be had: addresses, symptoms and
    /// exposures. With it citizens declare, and an officer checks by hand.
    pub fn national() -> Self {
        let exposures = [
            national::MET_PATIENT,
            national::MET_SYMPTOMS,
            national::WAS_IN_AREA,
        ];
        let question = |id: QuestionId| Item {
            id,
            kind: Kind::YesNo,
            label: id,
            help: None,
            options: Vec::new(),
            required: true,
            shown_when: None,
        };
        let page = |title: TextCode, items: &[QuestionId]| Page {
            title,
            items: items.to_vec(),
        };
        Self {
            parts: [
                Part::Permanent,
                Part::Temporary,
                Part::Staying,
                Part::Vehicle,
            ]
            .map(|part| (part, Need::Optional))
            .to_vec(),
            pages: vec![
                page(national::HEALTH_PAGE, &national::SYMPTOMS),
                page(national::EXPOSURE_PAGE, &exposures),
            ],
            items: national::SYMPTOMS
                .into_iter()
                .chain(exposures)
                .map(question)
                .collect(),
            tests: Vec::new(),
        }
    }

    /// Whether and how a core part is asked.
    pub fn need(&self, part: Part) -> Option<Need> {
        self.parts
            .iter()
            .find(|(p, _)| *p == part)
            .map(|(_, need)| *need)
    }

    /// The question with this number.
    pub fn item(&self, id: QuestionId) -> Option<&Item> {
        self.items.iter().find(|i| i.id == id)
    }

    /// Whether this question is to be asked, given the replies so far.
    pub fn is_shown(&self, item: &Item, replies: &[Reply]) -> bool {
        item.shown_when
            .is_none_or(|test| self.holds(test, replies, self.tests.len()))
    }

    /// `depth` bounds circular tests, which the host refuses but a bug might let through.
    fn holds(&self, test: u16, replies: &[Reply], depth: usize) -> bool {
        let Some(left) = depth.checked_sub(1) else {
            return false;
        };
        let answer = |id: QuestionId| replies.iter().find(|r| r.to == id).map(|r| &r.answer);
        match self.tests.get(usize::from(test)) {
            None => false,
            Some(Test::All(all)) => all.iter().all(|t| self.holds(*t, replies, left)),
            Some(Test::Any(any)) => any.iter().any(|t| self.holds(*t, replies, left)),
            Some(Test::Not(not)) => !self.holds(*not, replies, left),
            Some(Test::Equals(reply)) => answer(reply.to) == Some(&reply.answer),
            Some(Test::AtLeast(id, least)) => {
                matches!(answer(*id), Some(Answer::Number(n)) if n >= least)
            }
            Some(Test::Answered(id)) => answer(*id).is_some(),
        }
    }
}
