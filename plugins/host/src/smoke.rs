//! A made-up call for the moment of loading: every export is called once, so that a plugin that
//! cannot answer is refused then and not in front of a citizen.

use workflows::answers::{Answer, Reply};
use workflows::clock::{Day, Moment};
use workflows::form::national;
use workflows::place::{Epoch, UnitCode};
use workflows::rules::{Context, Count, Direction, Facts, Gender, Scan, Transport};
use workflows::verdict::Level;

/// 12 August 2021, 08:00 local: the day after the nationwide order (DOMAIN.md §0).
const DAY: Day = Day(18_851);

pub(crate) fn now() -> Moment {
    DAY.at_minute(8 * 60)
}

pub(crate) fn context() -> Context {
    Context {
        now: now(),
        home: unit(1),
        checkpoint: None,
        risk: vec![(unit(22), 1)],
        facts: vec![],
    }
}

pub(crate) fn facts() -> Facts {
    let mut replies: Vec<Reply> = national::SYMPTOMS
        .map(|to| Reply {
            to,
            answer: Answer::No,
        })
        .into();
    replies.push(Reply {
        to: national::SAMPLED_ON,
        answer: Answer::On(DAY.plus(-1)),
    });
    replies.push(Reply {
        to: national::TEST_RESULT,
        answer: Answer::Choice(0),
    });
    replies.push(Reply {
        to: national::DOSES,
        answer: Answer::Number(1),
    });
    Facts {
        sent_at: now(),
        birth_year: 1980,
        gender: Gender::Female,
        vietnamese: true,
        origin: unit(22),
        destination: unit(1),
        transport: Transport::Road,
        travels_on: DAY,
        returns_on: None,
        replies,
    }
}

pub(crate) fn scan() -> Scan {
    Scan {
        declared: facts(),
        level: Level::Clear,
        issued_at: now(),
        expires_at: now().plus_minutes(72 * 60),
        direction: Direction::Entry,
    }
}

pub(crate) fn counts() -> Vec<Count> {
    (1..=5)
        .map(|key| Count {
            key,
            by: 0,
            value: 1,
        })
        .collect()
}

fn unit(province: u16) -> UnitCode {
    UnitCode {
        epoch: Epoch::Before2025,
        province,
        commune: 0,
    }
}
