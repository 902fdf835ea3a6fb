//! What rules answered, as the core's types, after checking it against the contract: list
//! lengths, text lengths, codes that have words, places that can exist.

use workflows::clock::Day;
use workflows::form::QuestionId;
use workflows::place::{Epoch, UnitCode};
use workflows::rules::{Line, Section};
use workflows::verdict::{Arg, Clause, Decision, Gate, Level, Reason, Task, Verdict};

use crate::bindings::{assess, gate, report, types};
use crate::texts::Texts;

const REASONS_MAX: usize = 32;
const ARGS_MAX: usize = 8;
const TEXT_MAX: usize = 256;
const CLAUSES_MAX: usize = 16;
const TASKS_MAX: usize = 16;
const TRAIL_MAX: usize = 64;
const COMPLAINTS_MAX: usize = 64;
const SECTIONS_MAX: usize = 16;
const LINES_MAX: usize = 128;

pub(crate) fn verdict(said: assess::Verdict, texts: &Texts) -> Result<Verdict, String> {
    within("clauses", said.clauses.len(), CLAUSES_MAX)?;
    within("trail", said.trail.len(), TRAIL_MAX)?;
    Ok(Verdict {
        level: level(said.level),
        clauses: said.clauses.into_iter().map(clause).collect(),
        reasons: reasons(said.reasons, texts)?,
        tasks: tasks(&said.tasks)?,
        trail: said.trail,
    })
}

pub(crate) fn decision(said: gate::Decision, texts: &Texts) -> Result<Decision, String> {
    within("trail", said.trail.len(), TRAIL_MAX)?;
    Ok(Decision {
        gate: match said.outcome {
            gate::Outcome::LetThrough => Gate::LetThrough,
            gate::Outcome::Check => Gate::Check,
            gate::Outcome::Unsure => Gate::Unsure,
            gate::Outcome::Isolate => Gate::Isolate,
            gate::Outcome::TurnBack => Gate::TurnBack,
        },
        reasons: reasons(said.reasons, texts)?,
        tasks: tasks(&said.tasks)?,
        trail: said.trail,
    })
}

pub(crate) fn complaints(
    said: Vec<(QuestionId, types::Reason)>,
    texts: &Texts,
) -> Result<Vec<(QuestionId, Reason)>, String> {
    within("complaints", said.len(), COMPLAINTS_MAX)?;
    said.into_iter()
        .map(|(to, why)| Ok((to, reason(why, texts)?)))
        .collect()
}

pub(crate) fn sections(said: Vec<report::Section>, texts: &Texts) -> Result<Vec<Section>, String> {
    within("sections", said.len(), SECTIONS_MAX)?;
    said.into_iter()
        .map(|section| {
            within("lines", section.lines.len(), LINES_MAX)?;
            known(section.title, texts)?;
            let lines = section.lines.into_iter().map(|said| line(&said, texts));
            Ok(Section {
                title: section.title,
                lines: lines.collect::<Result<_, String>>()?,
            })
        })
        .collect()
}

/// A count against its cap.
pub(crate) fn within(what: &str, count: usize, most: usize) -> Result<(), String> {
    if count > most {
        Err(format!("{count} {what}, at most {most} are allowed"))
    } else {
        Ok(())
    }
}

/// A text's number against the table.
pub(crate) fn known(code: u16, texts: &Texts) -> Result<(), String> {
    if texts.knows(code) {
        Ok(())
    } else {
        Err(format!("text {code} has no words"))
    }
}

fn line(said: &report::Line, texts: &Texts) -> Result<Line, String> {
    match said {
        report::Line::Text(code) => known(*code, texts).map(|()| Line::Text(*code)),
        report::Line::Figure(figure) => {
            known(figure.label, texts).map(|()| Line::Figure(figure.label, figure.value))
        }
    }
}

fn level(said: types::Level) -> Level {
    match said {
        types::Level::Clear => Level::Clear,
        types::Level::Caution => Level::Caution,
        types::Level::Unsure => Level::Unsure,
        types::Level::Hold => Level::Hold,
        types::Level::Refuse => Level::Refuse,
    }
}

fn clause(said: types::Clause) -> Clause {
    match said {
        types::Clause::HoursAfterIssue(hours) => Clause::HoursAfterIssue(hours),
        types::Clause::LocalDays(days) => Clause::LocalDays(days),
        types::Clause::HoursAfter(after) => Clause::HoursAfter {
            from: after.start,
            hours: after.hours,
        },
        types::Clause::Until(minute) => Clause::Until(minute),
    }
}

fn tasks(said: &[types::Task]) -> Result<Vec<Task>, String> {
    within("tasks", said.len(), TASKS_MAX)?;
    let task = |said: &types::Task| match said {
        types::Task::CallBack => Task::CallBack,
        types::Task::LabTest => Task::LabTest,
        types::Task::HomeVisit => Task::HomeVisit,
        types::Task::Trace => Task::Trace,
        types::Task::Officer => Task::Officer,
    };
    Ok(said.iter().map(task).collect())
}

fn reasons(said: Vec<types::Reason>, texts: &Texts) -> Result<Vec<Reason>, String> {
    within("reasons", said.len(), REASONS_MAX)?;
    said.into_iter().map(|why| reason(why, texts)).collect()
}

fn reason(said: types::Reason, texts: &Texts) -> Result<Reason, String> {
    known(said.code, texts)?;
    within("values in a reason", said.args.len(), ARGS_MAX)?;
    let args = said
        .args
        .into_iter()
        .map(arg)
        .collect::<Result<_, String>>()?;
    Ok(Reason {
        code: said.code,
        args,
    })
}

fn arg(said: types::Arg) -> Result<Arg, String> {
    Ok(match said {
        types::Arg::Number(n) => Arg::Number(n),
        types::Arg::On(day) => Arg::On(Day(day)),
        types::Arg::Asked(question) => Arg::Asked(question),
        types::Arg::Place(place) => {
            let epoch = Epoch::from_number(i64::from(place.epoch))
                .ok_or_else(|| format!("there is no map of {}", place.epoch))?;
            Arg::Place(UnitCode {
                epoch,
                province: place.province,
                commune: place.commune,
            })
        }
        types::Arg::Text(text) => {
            within("bytes of text", text.len(), TEXT_MAX)?;
            Arg::Text(text)
        }
    })
}
