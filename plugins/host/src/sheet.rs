//! The form a plugin built, checked once when it is loaded: the core walks it on every channel
//! and must never meet a question that is not there or a condition that bites its own tail.

use std::collections::{BTreeMap, BTreeSet};

use workflows::answers::{Answer, Reply};
use workflows::clock::Day;
use workflows::form::{
    Form, Item, Kind, Need, OWN_QUESTIONS, Page, Part, QuestionId, Test, national,
};

use crate::bindings::{form, types};
use crate::texts::Texts;
use crate::validate::{known, within};

const PAGES_MAX: usize = 20;
const ITEMS_MAX: usize = 100;
const TESTS_MAX: usize = 200;
const OPTIONS_MAX: usize = 50;
/// Steps that deciding one test may take.
const STEPS_MAX: usize = 500;

/// The core's form of a plugin's sheet.
pub(crate) fn form(said: form::Sheet, texts: &Texts) -> Result<Form, String> {
    within("pages", said.pages.len(), PAGES_MAX)?;
    within("questions", said.items.len(), ITEMS_MAX)?;
    within("tests", said.tests.len(), TESTS_MAX)?;
    let form = Form {
        parts: said
            .parts
            .iter()
            .map(|w| (part(w.part), need(w.need)))
            .collect(),
        pages: said
            .pages
            .into_iter()
            .map(|p| Page {
                title: p.title,
                items: p.items,
            })
            .collect(),
        items: said.items.into_iter().map(item).collect(),
        tests: said.tests.into_iter().map(test).collect(),
    };
    for item in &form.items {
        check_item(item, texts)?;
    }
    check_tests(&form.tests)?;
    check_order(&form, texts)?;
    Ok(form)
}

fn part(said: form::Part) -> Part {
    match said {
        form::Part::Permanent => Part::Permanent,
        form::Part::Temporary => Part::Temporary,
        form::Part::Staying => Part::Staying,
        form::Part::Vehicle => Part::Vehicle,
        form::Part::Seat => Part::Seat,
        form::Part::Return => Part::Return,
    }
}

fn need(said: form::Need) -> Need {
    match said {
        form::Need::Optional => Need::Optional,
        form::Need::Required => Need::Required,
    }
}

fn item(said: form::Item) -> Item {
    Item {
        id: said.id,
        kind: match said.kind {
            form::Kind::YesNo => Kind::YesNo,
            form::Kind::Number => Kind::Number,
            form::Kind::Choice => Kind::Choice,
            form::Kind::Choices => Kind::Choices,
            form::Kind::Day => Kind::Day,
            form::Kind::Text => Kind::Text,
        },
        label: said.label,
        help: said.help,
        options: said.options,
        required: said.required,
        shown_when: said.shown_when,
    }
}

fn test(said: form::Test) -> Test {
    match said {
        form::Test::All(all) => Test::All(all),
        form::Test::Any(any) => Test::Any(any),
        form::Test::Not(not) => Test::Not(not),
        form::Test::AtLeast(least) => Test::AtLeast(least.to, least.number),
        form::Test::Answered(id) => Test::Answered(id),
        form::Test::Equals(reply) => Test::Equals(Reply {
            to: reply.to,
            answer: match reply.answer {
                types::Answer::Yes => Answer::Yes,
                types::Answer::No => Answer::No,
                types::Answer::Number(n) => Answer::Number(n),
                types::Answer::Choice(n) => Answer::Choice(n),
                types::Answer::Choices(all) => Answer::Choices(all),
                types::Answer::On(day) => Answer::On(Day(day)),
            },
        }),
    }
}

fn check_item(item: &Item, texts: &Texts) -> Result<(), String> {
    let id = item.id;
    within("options", item.options.len(), OPTIONS_MAX)?;
    for code in item.options.iter().chain(&item.help).chain([&item.label]) {
        known(*code, texts)?;
    }
    let chooses = matches!(item.kind, Kind::Choice | Kind::Choices);
    if chooses == item.options.is_empty() {
        return Err(format!(
            "question {id} has options without being a choice, or none"
        ));
    }
    if id < OWN_QUESTIONS && national_kind(id) != Some(item.kind) {
        return Err(format!(
            "national question {id} does not exist or is of another kind"
        ));
    }
    if id == national::TEST_RESULT && item.options.len() != 3 {
        return Err(format!("national question {id} has three options"));
    }
    Ok(())
}

/// National questions mean the same everywhere, so their kind is fixed.
fn national_kind(id: QuestionId) -> Option<Kind> {
    match id {
        national::MET_PATIENT | national::MET_SYMPTOMS | national::WAS_IN_AREA => Some(Kind::YesNo),
        national::SAMPLED_ON => Some(Kind::Day),
        national::TEST_RESULT | national::PURPOSE => Some(Kind::Choice),
        national::DOSES => Some(Kind::Number),
        _ => national::SYMPTOMS.contains(&id).then_some(Kind::YesNo),
    }
}

/// Every question stands on exactly one page, and is shown only by what was asked before it.
fn check_order(form: &Form, texts: &Texts) -> Result<(), String> {
    let items: BTreeMap<QuestionId, &Item> = form.items.iter().map(|i| (i.id, i)).collect();
    if items.len() != form.items.len() {
        return Err("two questions have one number".into());
    }
    let mut asked = BTreeSet::new();
    for page in &form.pages {
        known(page.title, texts)?;
        for id in &page.items {
            let item = items
                .get(id)
                .ok_or_else(|| format!("question {id} does not exist"))?;
            if let Some(at) = item.shown_when {
                check_test(form, at, &asked).map_err(|why| format!("question {id}: {why}"))?;
            }
            if !asked.insert(*id) {
                return Err(format!("question {id} stands on the pages twice"));
            }
        }
    }
    match items.keys().find(|id| !asked.contains(id)) {
        Some(id) => Err(format!("question {id} is on no page")),
        None => Ok(()),
    }
}

/// A test may name only questions asked before it.
fn check_test(form: &Form, at: u16, asked: &BTreeSet<QuestionId>) -> Result<(), String> {
    let test = form
        .tests
        .get(usize::from(at))
        .ok_or_else(|| format!("there is no test {at}"))?;
    let before = |id: &QuestionId| {
        if asked.contains(id) {
            Ok(())
        } else {
            Err(format!("it asks about {id} too early"))
        }
    };
    match test {
        Test::All(all) | Test::Any(all) => all.iter().try_for_each(|t| check_test(form, *t, asked)),
        Test::Not(not) => check_test(form, *not, asked),
        Test::Equals(reply) => before(&reply.to),
        Test::AtLeast(id, _) | Test::Answered(id) => before(id),
    }
}

/// A test names only tests that stand before it, so there are no circles, and following it to
/// the end takes few steps: without this bound a hundred short tests could ask for 2^100.
fn check_tests(tests: &[Test]) -> Result<(), String> {
    let mut steps: Vec<usize> = Vec::with_capacity(tests.len());
    for (at, test) in tests.iter().enumerate() {
        let named: &[u16] = match test {
            Test::All(all) | Test::Any(all) => all,
            Test::Not(not) => std::slice::from_ref(not),
            _ => &[],
        };
        let mut sum = 1_usize;
        for other in named {
            let more = steps.get(usize::from(*other));
            sum += more.ok_or_else(|| format!("test {at} names test {other}, not before it"))?;
            within("steps of a test", sum, STEPS_MAX)?;
        }
        steps.push(sum);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yes_no(id: QuestionId, shown_when: Option<u16>) -> form::Item {
        let kind = form::Kind::YesNo;
        form::Item {
            id,
            kind,
            label: 1,
            help: None,
            options: vec![],
            required: true,
            shown_when,
        }
    }

    fn sheet(items: Vec<form::Item>, tests: Vec<form::Test>) -> form::Sheet {
        let page = form::Page {
            title: 70,
            items: items.iter().map(|i| i.id).collect(),
        };
        form::Sheet {
            parts: vec![],
            pages: vec![page],
            items,
            tests,
        }
    }

    fn refused(sheet: form::Sheet) -> String {
        super::form(sheet, &Texts::default()).unwrap_err()
    }

    #[test]
    fn a_question_shown_by_an_earlier_one_is_fine() {
        let tests = vec![form::Test::Answered(100)];
        let said = sheet(vec![yes_no(100, None), yes_no(101, Some(0))], tests);
        assert_eq!(super::form(said, &Texts::default()).unwrap().items.len(), 2);
    }

    #[test]
    fn a_question_shown_by_a_later_one_is_refused() {
        let tests = vec![form::Test::Answered(101)];
        let why = refused(sheet(vec![yes_no(100, Some(0)), yes_no(101, None)], tests));
        assert_eq!(why, "question 100: it asks about 101 too early");
    }

    #[test]
    fn circular_and_exploding_tests_are_refused() {
        let circle = vec![form::Test::Not(1), form::Test::Not(0)];
        assert!(refused(sheet(vec![yes_no(100, None)], circle)).contains("not before it"));
        let mut doubling = vec![form::Test::Answered(100)];
        doubling.extend((0..100).map(|n| form::Test::All(vec![n, n])));
        assert!(refused(sheet(vec![yes_no(100, None)], doubling)).contains("steps"));
    }

    #[test]
    fn a_national_question_keeps_its_kind() {
        let mut fever = yes_no(national::FEVER, None);
        fever.kind = form::Kind::Number;
        assert!(refused(sheet(vec![fever], vec![])).contains("another kind"));
        assert!(refused(sheet(vec![yes_no(99, None)], vec![])).contains("does not exist"));
    }
}
