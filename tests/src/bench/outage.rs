//! An SMSC that is killed under way and comes back after three minutes: how soon what was written
//! meanwhile has left, at the pace and in the order that it must leave in.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use server::Server;
use server::config::Config;
use server::state::App;
use tests::smsc::Smsc;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};
use workflows::audit::Purpose;
use workflows::clock::{Clock, Moment};
use workflows::ids::{OutboundId, ProvinceId};
use workflows::inbox::{BODY, RECIPIENT};
use workflows::message::{ChannelId, Class, TextPart};
use workflows::person::Phone;
use workflows::store::{OutboxRow, Rows, Scope};

use crate::Options;
use crate::database::Engine;
use crate::figure::{Figure, Goal};
use crate::served::Site;
use crate::texts::channel;

const MOST_SECONDS: f64 = 60.0;
const RATE: u32 = 20;
const SECONDS_BEFORE: u32 = 5;
const SECONDS_AWAY: u32 = 180;
/// Parts a second that the provider allows.
const PACE: u32 = 100;
/// In any second of the SMSC's clock: the pace, and what a busy machine delivers late.
const MOST_A_SECOND: usize = 120;
const PATIENCE: Duration = Duration::from_secs(240);

/// The name of an engine's figure.
pub(crate) fn name(engine: Engine) -> String {
    match engine {
        Engine::Sqlite => "smsc_outage_drain".into(),
        Engine::Postgres => "smsc_outage_drain_postgres".into(),
    }
}

/// The wanted ones of `smsc_outage_drain` (SQLite) and `smsc_outage_drain_postgres`, at the same
/// time: they mostly wait.
pub(crate) async fn figures(
    options: &Options,
    wanted: impl Fn(Engine) -> bool,
) -> Result<Vec<Figure>> {
    let one = async |engine| match wanted(engine) {
        true => figure(options, engine).await.map(Some),
        false => Ok(None),
    };
    let (sqlite, postgres) = tokio::try_join!(one(Engine::Sqlite), one(Engine::Postgres))?;
    Ok(sqlite.into_iter().chain(postgres).collect())
}

async fn figure(options: &Options, engine: Engine) -> Result<Figure> {
    let folder = tempfile::tempdir()?;
    let database = engine.empty(options, folder.path(), "held_up").await?;
    let site = Site::seed(options, &folder.path().join("data"), &database)?;
    let mut smsc = Smsc::start();
    let own = format!("parts_per_second = {PACE}\n");
    site.add_settings(&(channel(&smsc.address, PACE) + &own))?;
    let writer = Writer::start(&site).await?;
    bound(&smsc).await?;
    let before = RATE * SECONDS_BEFORE;
    let all = before + RATE * SECONDS_AWAY;
    writer.write(0..before).await?;
    writer.is_sent(before).await?;
    let earlier = smsc.submits().await;
    smsc.kill();
    writer.write(before..all).await?;
    smsc.revive();
    let back_at = writer.now_millis();
    writer.is_sent(all).await?;
    let later = smsc.submits().await;
    writer.stop().await?;
    let seen = Seen::of(&earlier, &later)?;
    seen.check(all)?;
    Ok(Figure {
        name: name(engine),
        value: (seen.last_at - back_at) / 1_000.0,
        unit: "s",
        limit: f64::from(all - before) / f64::from(PACE),
        beside: "what waits, at the allowed pace",
        goal: Goal::AtMost(MOST_SECONDS),
        extra: vec![
            ("waited", f64::from(all - before)),
            ("most_in_a_second", seen.most_in_a_second as f64),
            ("twice", seen.twice as f64),
            ("first_after_s", (seen.first_at - back_at) / 1_000.0),
        ],
    })
}

/// A server of this process, and who writes messages for it.
struct Writer {
    app: App,
    province: ProvinceId,
    stop: oneshot::Sender<()>,
    running: JoinHandle<Result<()>>,
}

/// Every fourth message is a reply, every fourth a pass, the others are bulk.
fn class(number: u32) -> Class {
    match number % 4 {
        0 => Class::Reply,
        1 => Class::Pass,
        _ => Class::Bulk,
    }
}

impl Writer {
    async fn start(site: &Site) -> Result<Self> {
        let text = std::fs::read_to_string(&site.config)?;
        let folder = site.config.parent().context("a folder")?;
        let config = Config::read(&text, folder, Vec::<(String, String)>::new())?;
        let server = Server::build(config, Clock::system()).await?;
        let app = server.app();
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(server.run(async {
            let _ = stopped.await;
        }));
        let province = ProvinceId::parse("base").context("a province id")?;
        Ok(Self {
            app,
            province,
            stop,
            running,
        })
    }

    fn now_millis(&self) -> f64 {
        self.app.workflows.clock.now().0 as f64 / 1_000.0
    }

    /// Writes these messages, [`RATE`] a second.
    async fn write(&self, numbers: std::ops::Range<u32>) -> Result<()> {
        let mut ticks = interval(Duration::from_secs(1) / RATE);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        for number in numbers {
            ticks.tick().await;
            let rows = Rows {
                outbox: vec![self.row(number).await?],
                ..Rows::default()
            };
            self.app.workflows.store.append(rows).await?;
        }
        Ok(())
    }

    async fn row(&self, number: u32) -> Result<OutboxRow> {
        let (workflows, province) = (&self.app.workflows, &self.province);
        let now = workflows.clock.now();
        let key = workflows.sealing.key(province, now).await?;
        let id = OutboundId(workflows.clock.uuid());
        let (row, class) = (id.0.as_bytes(), class(number));
        let phone = Phone::parse(&format!("+8490{number:06}1"))?;
        let body = TextPart {
            text: format!("{} {number}", class.as_str()),
            part: None,
        };
        // As long as a conversation gives a reply.
        let minutes = if class == Class::Reply { 5 } else { 60 };
        Ok(OutboxRow {
            province: province.clone(),
            id,
            channel: ChannelId::parse("bench-sms").context("a channel id")?,
            class,
            cause: format!("bench {number}"),
            recipient: workflows
                .sealing
                .seal(&key, RECIPIENT, row, &phone.e164())?,
            body: workflows.sealing.seal(&key, BODY, row, &body)?,
            address: Some(workflows.address(province, &phone)),
            units: 1,
            part: None,
            due_at: now,
            deadline_at: now.plus_minutes(minutes),
            instead_of: None,
        })
    }

    /// Waits until so many are sent; fails on one that is given up.
    async fn is_sent(&self, wanted: u32) -> Result<()> {
        let began = tokio::time::Instant::now();
        loop {
            let scope = Scope::National(Purpose::Administer);
            let mut tx = self.app.workflows.store.read(&scope).await?;
            let counts = tx.outbox_counts(Moment(0)).await?;
            drop(tx);
            let open = |state: &str| matches!(state, "queued" | "sending" | "sent");
            let lost = counts.iter().find(|c| !open(&c.state));
            ensure!(lost.is_none(), "given up: {lost:?}");
            let sent = counts.iter().find(|c| c.state == "sent");
            if sent.map_or(0, |c| c.messages) == i64::from(wanted) {
                return Ok(());
            }
            ensure!(began.elapsed() < PATIENCE, "still waiting: {counts:?}");
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }

    async fn stop(self) -> Result<()> {
        let _ = self.stop.send(());
        self.running.await?
    }
}

async fn bound(smsc: &Smsc) -> Result<()> {
    for _ in 0..400 {
        let counts = smsc.post("/counts", &json!({})).await;
        if counts["bound"].as_u64() > Some(0) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    anyhow::bail!("nobody binds to the SMSC")
}

/// What the SMSC got before and after.
struct Seen {
    numbers: BTreeSet<String>,
    twice: usize,
    first_at: f64,
    last_at: f64,
    most_in_a_second: usize,
    /// Places of the last reply and of the first bulk after the return.
    last_reply: Option<usize>,
    first_bulk: Option<usize>,
}

impl Seen {
    fn of(earlier: &[Value], later: &[Value]) -> Result<Self> {
        let at: Vec<f64> = later.iter().filter_map(|s| s["at"].as_f64()).collect();
        let numbers: BTreeSet<String> = earlier
            .iter()
            .chain(later)
            .filter_map(|s| s["destination_addr"].as_str().map(str::to_owned))
            .collect();
        let begins = |class: Class| {
            move |submit: &Value| {
                let text = submit["short_message"].as_str();
                text.is_some_and(|text| text.starts_with(class.as_str()))
            }
        };
        let within = |from: usize| {
            let until = at[from] + 1_000.0;
            at[from..].iter().filter(|came| **came < until).count()
        };
        Ok(Self {
            twice: earlier.len() + later.len() - numbers.len(),
            numbers,
            first_at: *at.first().context("nothing came")?,
            last_at: *at.last().context("nothing came")?,
            most_in_a_second: (0..at.len()).map(within).max().unwrap_or(0),
            last_reply: later.iter().rposition(begins(Class::Reply)),
            first_bulk: later.iter().position(begins(Class::Bulk)),
        })
    }

    fn check(&self, all: u32) -> Result<()> {
        let got = self.numbers.len();
        ensure!(got == all as usize, "{got} of {all} messages came");
        ensure!(
            self.last_reply < self.first_bulk,
            "bulk left before a reply: {:?}, {:?}",
            self.first_bulk,
            self.last_reply
        );
        ensure!(
            self.most_in_a_second <= MOST_A_SECOND,
            "{} parts within a second",
            self.most_in_a_second
        );
        Ok(())
    }
}
