//! USSD dialogues at a fixed rate of turns, over a gateway's hook, beside a route without work that
//! is called at the same rate.

use std::sync::Arc;

use anyhow::{Result, ensure};

use crate::Options;
use crate::database::Engine;
use crate::figure::{Figure, Goal};
use crate::http::{Arrivals, Nothing, Traffic, arrive};
use crate::served::Site;

const RATE: u32 = 200;
const MOST_MILLISECONDS: f64 = 50.0;
/// Callers at the same time: each has a second to read its screen.
const CALLERS: u32 = RATE;
/// What a caller types after dialling, the document apart.
const TYPED: [&str; 5] = ["Nguyen+Van+An", "Bac+Ninh", "0", "0", "0"];
/// Turns of a dialogue: the dialling, the document, the rest.
const TURNS: u32 = 2 + TYPED.len() as u32;
const SECRET: &str = "bench-gateway";
const CHANNELS: &str = r#"
[channel.bench-ussd]
kind = "ussd-http"
province = "base"
trust = "network"
code = "*123#"
copies_to = "demo-sms"
[channel.bench-ussd.settings]
style = "africas-talking"
gate = { query = { name = "secret", secret = "bench-gateway" } }
"#;

/// The name of an engine's figure.
pub(crate) fn name(engine: Engine) -> String {
    match engine {
        Engine::Sqlite => "ussd_turn_p99".into(),
        Engine::Postgres => "ussd_turn_p99_postgres".into(),
    }
}

/// `ussd_turn_p99` (SQLite) or `ussd_turn_p99_postgres`.
pub(crate) async fn figure(options: &Options, engine: Engine) -> Result<Figure> {
    let folder = tempfile::tempdir()?;
    let database = engine.empty(options, folder.path(), "dialled").await?;
    let site = Site::seed(options, &folder.path().join("data"), &database)?;
    site.add_settings(CHANNELS)?;
    let (served, _) = site.serve()?;
    // Every caller has dialled once before anything counts.
    let (warm_up, measured) = (CALLERS * TURNS, RATE * u32::try_from(options.seconds)?);
    let arrivals = |warm_up, measured| Arrivals {
        rate: RATE,
        warm_up,
        measured,
    };
    let idle = arrive(site.address, arrivals(RATE, measured), Arc::new(Nothing)).await?;
    let before = served.cpu_seconds()?;
    let dialled = arrivals(warm_up, 3 * measured);
    let turns = arrive(site.address, dialled, Arc::new(Dialling)).await?;
    let cost = (served.cpu_seconds()? - before) * 1e6 / turns.answers;
    Ok(Figure {
        name: name(engine),
        value: turns.p99,
        unit: "ms",
        limit: idle.p99,
        beside: "p99 of a route without work",
        goal: Goal::AtMost(MOST_MILLISECONDS),
        extra: vec![
            ("p50_ms", turns.p50),
            ("turns_per_second", turns.rate),
            ("server_cpu_us", cost),
        ],
    })
}

/// Callers who declare, each another person from another number. One of seven is at each turn of
/// its dialogue at any time; who begins with the run hangs up early to make that so.
struct Dialling;

/// Who calls in the n-th request, and how many answers came before.
fn caller(nth: u64) -> (u64, u64) {
    let (callers, turns) = (u64::from(CALLERS), u64::from(TURNS));
    let (line, round) = (nth % callers, nth / callers);
    let ahead = line % turns;
    let dialogue = (round + ahead) / turns;
    let turn = match dialogue {
        0 => round,
        _ => (round + ahead) % turns,
    };
    (dialogue * callers + line, turn)
}

impl Traffic for Dialling {
    fn request(&self, nth: u64) -> Vec<u8> {
        let (caller, turn) = caller(nth);
        let document = format!("001090{caller:06}");
        let answers = [document.as_str()].into_iter().chain(TYPED);
        let history: Vec<&str> = answers.take(turn as usize).collect();
        let body = format!(
            "sessionId=AT{caller}&serviceCode=*123%23&phoneNumber=%2B8490{caller:07}\
             &networkCode=45201&text={}",
            history.join("*")
        );
        format!(
            "POST /hooks/bench-ussd?secret={SECRET} HTTP/1.1\r\nhost: bench\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    }

    fn answered(&self, nth: u64, status: u16, body: &str) -> Result<()> {
        ensure!(status == 200, "a turn was answered {status}: {body}");
        let (_, turn) = caller(nth);
        let last = turn + 1 == u64::from(TURNS);
        let word = if last { "END " } else { "CON " };
        ensure!(body.starts_with(word), "turn {turn} was answered {body}");
        ensure!(
            !last || has_code(body),
            "the last screen has no pass: {body}"
        );
        Ok(())
    }
}

/// Whether a spoken code is in a text: two groups of four.
pub(crate) fn has_code(text: &str) -> bool {
    text.split([' ', ',', '.', '(']).any(|word| {
        word.len() == 9
            && word.bytes().enumerate().all(|(at, byte)| match at {
                4 => byte == b'-',
                _ => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            })
    })
}
