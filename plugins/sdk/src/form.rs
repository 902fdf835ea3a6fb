//! Building a form.

use crate::bindings::exports::khaibao::province::form::{
    Item, Kind, Need, Page, Part, Sheet, Test, Wanted,
};
use crate::bindings::khaibao::province::types::{Answer, Reply};
use crate::national::{DOSES, EXPOSURES, SYMPTOMS, texts};

/// A form in the making: parts, then pages, each question going to the page opened last.
pub struct Draft(Sheet);

impl Default for Draft {
    fn default() -> Self {
        Self(Sheet {
            parts: Vec::new(),
            pages: Vec::new(),
            items: Vec::new(),
            tests: Vec::new(),
        })
    }
}

impl Draft {
    /// Asks one of the core's parts.
    #[must_use]
    pub fn part(mut self, part: Part, need: Need) -> Self {
        self.0.parts.push(Wanted { part, need });
        self
    }

    /// Opens a page.
    #[must_use]
    pub fn page(mut self, title: u16) -> Self {
        self.0.pages.push(Page {
            title,
            items: Vec::new(),
        });
        self
    }

    /// The page of the Health Ministry's symptoms, all required.
    #[must_use]
    pub fn symptoms(self) -> Self {
        let page = self.page(texts::SYMPTOMS_PAGE);
        SYMPTOMS
            .into_iter()
            .fold(page, |draft, id| draft.ask(id, Kind::YesNo, id).required())
    }

    /// The page of the Health Ministry's exposures, all required.
    #[must_use]
    pub fn exposures(self) -> Self {
        let page = self.page(texts::EXPOSURE_PAGE);
        EXPOSURES
            .into_iter()
            .fold(page, |draft, id| draft.ask(id, Kind::YesNo, id).required())
    }

    /// The last test: its day (with a label that says which day is meant, and words of help)
    /// and its result. Neither is required: rules judge who has no test.
    #[must_use]
    pub fn test(self, day_label: u16, help: u16) -> Self {
        use crate::national::{SAMPLED_ON, TEST_RESULT};
        self.ask(SAMPLED_ON, Kind::Day, day_label)
            .help(help)
            .ask(TEST_RESULT, Kind::Choice, TEST_RESULT)
            .options(&[texts::NEGATIVE, texts::POSITIVE, texts::NOT_KNOWN])
            .required()
            .shown_when(Test::Answered(SAMPLED_ON))
    }

    /// The number of vaccine doses.
    #[must_use]
    pub fn doses(self) -> Self {
        self.ask(DOSES, Kind::Number, DOSES)
    }

    /// Adds a question to the page opened last (opening one if there is none).
    #[must_use]
    pub fn ask(mut self, id: u16, kind: Kind, label: u16) -> Self {
        if self.0.pages.is_empty() {
            self = self.page(texts::JOURNEY_PAGE);
        }
        if let Some(page) = self.0.pages.last_mut() {
            page.items.push(id);
        }
        self.0.items.push(Item {
            id,
            kind,
            label,
            help: None,
            options: Vec::new(),
            required: false,
            shown_when: None,
        });
        self
    }

    /// Makes the question asked last required (while it is shown).
    #[must_use]
    pub fn required(self) -> Self {
        self.last(|item| item.required = true)
    }

    /// Words of help for the question asked last.
    #[must_use]
    pub fn help(self, code: u16) -> Self {
        self.last(|item| item.help = Some(code))
    }

    /// Options of the question asked last.
    #[must_use]
    pub fn options(self, codes: &[u16]) -> Self {
        self.last(|item| item.options = codes.to_vec())
    }

    /// Shows the question asked last only while a test holds.
    #[must_use]
    pub fn shown_when(mut self, test: Test) -> Self {
        let at = u16::try_from(self.0.tests.len()).unwrap_or(u16::MAX);
        self.0.tests.push(test);
        self.last(|item| item.shown_when = Some(at))
    }

    /// Shows the question asked last only while another was answered with this option.
    #[must_use]
    pub fn shown_when_chosen(self, to: u16, option: u16) -> Self {
        self.shown_when(Test::Equals(Reply {
            to,
            answer: Answer::Choice(option),
        }))
    }

    /// The finished form.
    pub fn done(self) -> Sheet {
        self.0
    }

    fn last(mut self, change: impl FnOnce(&mut Item)) -> Self {
        if let Some(item) = self.0.items.last_mut() {
            change(item);
        }
        self
    }
}
