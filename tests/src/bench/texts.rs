//! Texts from an SMSC to declarations and back to it as passes, beside what Kannel makes of the
//! same texts with a service that always says the same.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tests::kannel::Kannel;
use tests::smsc::Smsc;

use crate::database::Engine;
use crate::figure::{Figure, Goal};
use crate::served::{Site, cpu_seconds};
use crate::ussd::has_code;
use crate::{Options, answering};

const LEAST: f64 = 400.0;
/// Texts a second of the run's length: about what is asked for.
const TEXTS_A_SECOND: usize = 600;
const WARM_UP: usize = 500;
/// Deliveries that the SMSC has on their way, and submissions that it lets wait: the same for both.
const WINDOW: usize = 64;
const POLL: Duration = Duration::from_millis(20);
const POLLS: usize = 6_000;

/// The name of an engine's figure.
pub(crate) fn name(engine: Engine) -> String {
    match engine {
        Engine::Sqlite => "sms_smpp_end_to_end".into(),
        Engine::Postgres => "sms_smpp_end_to_end_postgres".into(),
    }
}

/// `sms_smpp_end_to_end` (SQLite) or `sms_smpp_end_to_end_postgres`.
pub(crate) async fn figure(options: &Options, engine: Engine) -> Result<Figure> {
    let folder = tempfile::tempdir()?;
    let texts = TEXTS_A_SECOND * usize::try_from(options.seconds)?;
    let kannel = beside(texts).await?;
    let database = engine.empty(options, folder.path(), "texted").await?;
    let ours = ours(options, (folder.path(), &database), texts).await?;
    Ok(Figure {
        name: name(engine),
        value: ours.rate,
        unit: "msg/s",
        limit: kannel.rate,
        beside: "Kannel and a service without work",
        goal: Goal::AtLeast(LEAST),
        extra: vec![
            ("taken_per_second", ours.taken),
            ("server_cpu_us", ours.cpu),
            ("smsc_cpu_us", ours.smsc_cpu),
            ("smsc_cpu_us_kannel", kannel.smsc_cpu),
        ],
    })
}

/// What a run gave.
struct Run {
    /// Answers a second, from the first text to the last answer.
    rate: f64,
    /// Texts a second that were acknowledged.
    taken: f64,
    /// Microseconds of the server's processor time a text.
    cpu: f64,
    /// Microseconds of the SMSC's processor time a text.
    smsc_cpu: f64,
}

async fn ours(options: &Options, (folder, database): (&Path, &str), texts: usize) -> Result<Run> {
    let smsc = Smsc::start();
    let site = Site::seed(options, &folder.join("data"), database)?;
    site.add_settings(&channel(&smsc.address, 0))?;
    let (served, _) = site.serve()?;
    send(&smsc, 0..WARM_UP).await?;
    let before = served.cpu_seconds()?;
    let mut run = send(&smsc, WARM_UP..WARM_UP + texts).await?;
    run.cpu = (served.cpu_seconds()? - before) * 1e6 / texts as f64;
    let got = smsc.post("/got", &json!({})).await;
    let got = got["submits"].as_array().context("no submits")?;
    let passes = got.iter().filter(|submit| has_pass(submit)).count();
    ensure!(
        passes == texts && got.len() == texts,
        "{} answers with {passes} passes to {texts} texts",
        got.len()
    );
    Ok(run)
}

/// A channel on an SMSC, with a pace of the outbox.
pub(crate) fn channel(address: &str, parts_per_second: u32) -> String {
    format!(
        r#"
[channel.bench-sms]
kind = "smpp"
province = "base"
parts_per_second = {parts_per_second}
[channel.bench-sms.settings]
address = "{address}"
system_id = "khaibao"
password = "secret08"
source = "8066"
window = {WINDOW}
"#
    )
}

fn has_pass(submit: &Value) -> bool {
    submit["short_message"].as_str().is_some_and(has_code)
}

/// Kannel's chain: the SMSC, bearerbox, smsbox, a service, and back.
async fn beside(texts: usize) -> Result<Run> {
    let smsc = Smsc::start();
    let service = answering::listen().await?;
    let kannel = Kannel::answering(&format!("http://{service}/"), &smsc, WINDOW).await;
    send(&smsc, 0..WARM_UP).await?;
    let run = send(&smsc, WARM_UP..WARM_UP + texts).await?;
    drop(kannel);
    Ok(run)
}

/// One citizen's whole declaration in one text, from a number that the SMSC does not refuse.
fn text(citizen: usize) -> Value {
    json!({
        "source_addr": format!("8490{citizen:06}1"), "destination_addr": "8066",
        "short_message": format!("KB 001090{citizen:06} NGUYEN VAN AN HA NOI 0"),
    })
}

/// Has the SMSC deliver a text of each citizen, and waits until each has an answer.
async fn send(smsc: &Smsc, citizens: std::ops::Range<usize>) -> Result<Run> {
    let process = smsc.process().context("an SMSC without a process")?;
    smsc.post("/forget", &json!({})).await;
    let wanted = citizens.len();
    let pdus: Vec<Value> = citizens.map(text).collect();
    let order = json!({"pdus": pdus, "tries": 1, "at_once": WINDOW});
    let cpu = cpu_seconds(process)?;
    let told = smsc.post("/deliver", &order).await;
    let statuses = told["statuses"].as_array().context("no statuses")?;
    ensure!(
        statuses.iter().all(|status| status == 0),
        "a text was not taken"
    );
    let last_at = all_answered(smsc, wanted).await?;
    let begun = told["begun_at"].as_f64().context("no beginning")?;
    let ended = told["ended_at"].as_f64().context("no end")?;
    Ok(Run {
        rate: wanted as f64 * 1_000.0 / (last_at - begun),
        taken: wanted as f64 * 1_000.0 / (ended - begun),
        cpu: 0.0,
        smsc_cpu: (cpu_seconds(process)? - cpu) * 1e6 / wanted as f64,
    })
}

/// When the last of them came, in the SMSC's milliseconds.
async fn all_answered(smsc: &Smsc, wanted: usize) -> Result<f64> {
    for _ in 0..POLLS {
        let counts = smsc.post("/counts", &json!({})).await;
        if counts["numbers"].as_u64() == Some(wanted as u64) {
            return counts["last_at"].as_f64().context("no time");
        }
        tokio::time::sleep(POLL).await;
    }
    let counts = smsc.post("/counts", &json!({})).await;
    anyhow::bail!("{wanted} texts were not answered: {counts}")
}
