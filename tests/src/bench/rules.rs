//! A fresh plugin call, as a declaration makes it, beside the same rules in native code.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use plugin_host::{ProvincePlugin, Provinces};
use workflows::answers::{Answer, Reply};
use workflows::clock::Clock;
use workflows::form::national;
use workflows::ids::ProvinceId;
use workflows::place::{Epoch, UnitCode};
use workflows::rules::{Context, Facts, Gender, Rules, Transport, facts};

use crate::figure::{Figure, Goal, percentile};
use crate::{Options, native};

const CALLS: usize = 40_000;
const WARM_UP: usize = 4_000;
/// A native call is shorter than reading the clock twice.
const NATIVE_BATCH: u32 = 1_000;

/// `plugin_call`.
pub(crate) fn figure(options: &Options) -> Result<Figure> {
    let province = ProvinceId::parse("ha-noi").context("a valid id")?;
    let plugin = ProvincePlugin {
        plugin: "ha-noi".into(),
        settings: BTreeMap::new(),
    };
    let bindings = BTreeMap::from([(province.clone(), plugin)]);
    let rules = Provinces::load(&options.plugins, &bindings)?;
    let (context, declared) = sample()?;
    let said = rules.assess(&province, &context, &declared)?;
    let expected = native::assess(&context, &declared);
    ensure!(
        said == expected,
        "the plugin and the native rules differ: {said:?}, {expected:?}"
    );
    let mut times = Vec::with_capacity(CALLS);
    for call in 0..WARM_UP + CALLS {
        let began = Instant::now();
        black_box(rules.assess(&province, black_box(&context), black_box(&declared))?);
        if call >= WARM_UP {
            times.push(began.elapsed().as_secs_f64() * 1e6);
        }
    }
    times.sort_by(f64::total_cmp);
    let mut natively = Vec::new();
    for _ in 0..200 {
        let began = Instant::now();
        for _ in 0..NATIVE_BATCH {
            black_box(native::assess(black_box(&context), black_box(&declared)));
        }
        natively.push(began.elapsed().as_secs_f64() * 1e6 / f64::from(NATIVE_BATCH));
    }
    Ok(Figure {
        name: "plugin_call".into(),
        value: percentile(&times, 0.5),
        unit: "us",
        limit: crate::figure::median(natively),
        beside: "same rules, native",
        goal: Goal::AtMostAndTimes(20.0, 60.0),
        extra: vec![("p99_us", percentile(&times, 0.99))],
    })
}

/// A journey from an orange zone for work without a permit, with one symptom.
fn sample() -> Result<(Context, Facts)> {
    let unit = |province, commune| UnitCode {
        epoch: Epoch::Since2025,
        province,
        commune,
    };
    let reply = |to, answer| Reply { to, answer };
    let mut replies: Vec<Reply> = national::SYMPTOMS.map(|to| reply(to, Answer::No)).into();
    replies[1].answer = Answer::Yes;
    replies.extend([20, 21, 22].map(|to| reply(to, Answer::No)));
    replies.push(reply(national::PURPOSE, Answer::Choice(0)));
    replies.push(reply(100, Answer::No));
    replies.push(reply(101, Answer::Yes));
    replies.push(reply(102, Answer::Choice(0)));
    let clock = Clock::system();
    let origin = unit(22, 6_688);
    let context = Context {
        now: clock.now(),
        home: unit(1, 0),
        checkpoint: None,
        risk: vec![(origin, 2)],
        facts: vec![(facts::REGISTRY, 1)],
    };
    let declared = Facts {
        sent_at: clock.now(),
        birth_year: 1990,
        gender: Gender::Male,
        vietnamese: true,
        origin,
        destination: unit(1, 4),
        transport: Transport::Road,
        travels_on: clock.today(),
        returns_on: None,
        replies,
    };
    Ok((context, declared))
}
