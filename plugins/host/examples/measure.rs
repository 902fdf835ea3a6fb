//! Measures fresh calls: `cargo run --release -p plugin-host --example measure -- <plugin folder>`.
//! Prints per province the median, best and 99th percentile of single assess calls, and fuel.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use plugin_host::{ProvincePlugin, Provinces};
use workflows::answers::{Answer, Reply};
use workflows::clock::Day;
use workflows::form::national;
use workflows::ids::ProvinceId;
use workflows::place::{Epoch, UnitCode};
use workflows::rules::{Context, Facts, Gender, Rules, Transport};

const CALLS: usize = 20_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args()
        .nth(1)
        .ok_or("say where the built plugins lie")?;
    let ids: Vec<ProvinceId> = ["base", "ha-noi", "quang-ninh"]
        .into_iter()
        .filter_map(ProvinceId::parse)
        .collect();
    let plugin = |id: &ProvinceId| ProvincePlugin {
        plugin: id.as_str().into(),
        settings: BTreeMap::new(),
    };
    let bindings = ids.iter().map(|id| (id.clone(), plugin(id))).collect();
    let started = Instant::now();
    let rules = Provinces::load(Path::new(&folder), &bindings)?;
    eprintln!("loaded {} plugins in {:.0?}", ids.len(), started.elapsed());
    for id in &ids {
        measure(&rules, id)?;
    }
    Ok(())
}

fn measure(rules: &Provinces, id: &ProvinceId) -> Result<(), Box<dyn std::error::Error>> {
    let (context, facts) = sample();
    let mut times = Vec::with_capacity(CALLS);
    for _ in 0..CALLS {
        let started = Instant::now();
        rules.assess(id, &context, &facts)?;
        times.push(started.elapsed());
    }
    times.sort_unstable();
    let counters = rules
        .counters()
        .into_iter()
        .find(|c| c.province == *id)
        .ok_or("counted")?;
    eprintln!(
        "{id}: median {:.1?}, best {:.1?}, p99 {:.1?}, fuel {} a call",
        times[CALLS / 2],
        times[0],
        times[CALLS * 99 / 100],
        counters.fuel / counters.calls,
    );
    Ok(())
}

/// Five risk areas and twelve replies: what a declaration usually brings.
fn sample() -> (Context, Facts) {
    let day = Day(18_859);
    let unit = |province| UnitCode {
        epoch: Epoch::Before2025,
        province,
        commune: 0,
    };
    let mut replies: Vec<Reply> = national::SYMPTOMS
        .map(|to| Reply {
            to,
            answer: Answer::No,
        })
        .into();
    replies[1].answer = Answer::Yes;
    replies.push(Reply {
        to: national::PURPOSE,
        answer: Answer::Choice(0),
    });
    replies.push(Reply {
        to: national::SAMPLED_ON,
        answer: Answer::On(day.plus(-1)),
    });
    replies.push(Reply {
        to: national::TEST_RESULT,
        answer: Answer::Choice(0),
    });
    replies.push(Reply {
        to: national::DOSES,
        answer: Answer::Number(1),
    });
    replies.push(Reply {
        to: 100,
        answer: Answer::On(day.plus(-30)),
    });
    let context = Context {
        now: day.at_minute(600),
        home: unit(22),
        checkpoint: None,
        risk: (1..6).map(|n| (unit(n), 2)).collect(),
        facts: vec![],
    };
    let facts = Facts {
        sent_at: day.at_minute(600),
        birth_year: 1984,
        gender: Gender::Female,
        vietnamese: true,
        origin: unit(1),
        destination: unit(22),
        transport: Transport::Road,
        travels_on: day,
        returns_on: None,
        replies,
    };
    (context, facts)
}
