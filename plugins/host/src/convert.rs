//! The core's types as rules see them. Free texts and facts that were not asked for stay here.

use workflows::answers::{Answer, Reply};
use workflows::place::UnitCode;
use workflows::rules::{Context, Count, Direction, Facts, Gender, Scan, Transport};
use workflows::verdict::Level;

use crate::bindings::{gate, report, types};

pub(crate) fn place(unit: UnitCode) -> types::Place {
    types::Place {
        epoch: u16::try_from(unit.epoch.number()).unwrap_or(0),
        province: unit.province,
        commune: unit.commune,
    }
}

/// A context with the settings in force and only the facts that the manifest asks for.
pub(crate) fn context(
    context: &Context,
    settings: &[types::Value],
    wanted: &[u16],
) -> types::Context {
    let facts = context
        .facts
        .iter()
        .filter(|(key, _)| wanted.contains(key))
        .map(|&(key, value)| types::Value { key, value })
        .collect();
    let risks = context
        .risk
        .iter()
        .map(|&(unit, level)| types::Risk {
            place: place(unit),
            level,
        })
        .collect();
    types::Context {
        now: context.now.local_minute(),
        home: place(context.home),
        checkpoint: context.checkpoint.map(|id| id.0),
        risks,
        settings: settings.to_vec(),
        facts,
    }
}

/// Replies without the free texts.
pub(crate) fn replies(replies: &[Reply]) -> Vec<types::Reply> {
    replies.iter().filter_map(reply).collect()
}

fn reply(reply: &Reply) -> Option<types::Reply> {
    let answer = match &reply.answer {
        Answer::Yes => types::Answer::Yes,
        Answer::No => types::Answer::No,
        Answer::Number(n) => types::Answer::Number(*n),
        Answer::Choice(n) => types::Answer::Choice(*n),
        Answer::Choices(all) => types::Answer::Choices(all.clone()),
        Answer::On(day) => types::Answer::On(day.0),
        Answer::Text(_) => return None,
    };
    Some(types::Reply {
        to: reply.to,
        answer,
    })
}

pub(crate) fn declaration(facts: &Facts) -> types::Declaration {
    types::Declaration {
        sent: facts.sent_at.local_minute(),
        birth_year: facts.birth_year,
        gender: match facts.gender {
            Gender::Female => types::Gender::Female,
            Gender::Male => types::Gender::Male,
            Gender::Other => types::Gender::Other,
            Gender::Unknown => types::Gender::Unknown,
        },
        vietnamese: facts.vietnamese,
        origin: place(facts.origin),
        destination: place(facts.destination),
        transport: match facts.transport {
            Transport::Road => types::Transport::Road,
            Transport::Freight => types::Transport::Freight,
            Transport::Rail => types::Transport::Rail,
            Transport::Air => types::Transport::Air,
            Transport::Water => types::Transport::Water,
            Transport::Foot => types::Transport::Foot,
        },
        travels: facts.travels_on.0,
        returns: facts.returns_on.map(|day| day.0),
        replies: replies(&facts.replies),
    }
}

pub(crate) fn scan(scan: &Scan) -> gate::Scan {
    gate::Scan {
        declared: declaration(&scan.declared),
        level: match scan.level {
            Level::Clear => types::Level::Clear,
            Level::Caution => types::Level::Caution,
            Level::Unsure => types::Level::Unsure,
            Level::Hold => types::Level::Hold,
            Level::Refuse => types::Level::Refuse,
        },
        issued: scan.issued_at.local_minute(),
        expires: scan.expires_at.local_minute(),
        direction: match scan.direction {
            Direction::Entry => types::Direction::Entry,
            Direction::Exit => types::Direction::Exit,
        },
    }
}

pub(crate) fn counts(counts: &[Count]) -> Vec<report::Count> {
    counts
        .iter()
        .map(|c| report::Count {
            key: c.key,
            by: c.by,
            value: c.value,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use workflows::clock::Day;

    #[test]
    fn free_texts_never_reach_a_plugin() {
        let said = [
            Reply {
                to: 100,
                answer: Answer::Text("Nguyễn Thị Ánh Đào".into()),
            },
            Reply {
                to: 40,
                answer: Answer::On(Day(18_851)),
            },
        ];
        let seen = replies(&said);
        assert_eq!(seen.iter().map(|r| r.to).collect::<Vec<_>>(), [40]);
    }

    #[test]
    fn only_the_facts_asked_for_are_handed_over() {
        let said = crate::smoke::context();
        let said = Context {
            facts: vec![(1, 5), (2, 1), (3, 1)],
            ..said
        };
        let seen = context(&said, &[], &[2]);
        assert_eq!(seen.facts.iter().map(|f| f.key).collect::<Vec<_>>(), [2]);
    }
}
