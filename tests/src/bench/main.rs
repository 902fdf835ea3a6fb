//! `khaibao-bench`: each figure beside the limit that bounds it, measured in the same run.
//! `cargo xtask bench` builds it, starts PostgreSQL for it and runs it; see xtask/BENCH.md.

mod answering;
mod append;
mod bot;
mod bot_api;
mod citizens;
mod crowd;
mod database;
mod figure;
mod http;
mod native;
mod outage;
mod outbox;
mod over_http;
mod passes;
mod raw;
mod rules;
mod served;
mod texts;
mod ussd;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::Parser;
use tokio::runtime::{Builder, Runtime};

use database::Engine;
use figure::{Figure, Goal, median};
use over_http::Wanted;

/// Figures of the release binary.
#[derive(Debug, Parser)]
struct Options {
    /// The server's release binary
    #[arg(long)]
    binary: PathBuf,
    /// Folder of the built plugins
    #[arg(long)]
    plugins: PathBuf,
    /// A database of a cluster in which databases may be created
    #[arg(long)]
    postgres: Option<String>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
    /// Only this figure (and what is measured with it under a longer name)
    #[arg(long)]
    only: Option<String>,
    /// Measured seconds of each load over HTTP
    #[arg(long, default_value_t = 10)]
    seconds: u64,
}

const STARTS: usize = 5;

fn main() -> Result<()> {
    let options = Options::parse();
    let mut printer = Printer {
        json: options.json,
        only: options.only.clone(),
        count: 0,
    };
    if printer.wants("plugin_call") {
        printer.show(&rules::figure(&options)?);
    }
    if printer.wants("pass_seal") || printer.wants("pass_open") {
        for figure in passes::figures()? {
            printer.show(&figure);
        }
    }
    if printer.wants("start_up") {
        printer.show(&start_up(&options)?);
    }
    for engine in [Engine::Sqlite, Engine::Postgres] {
        if printer.wants(&format!("append_{}", engine.name())) {
            // As many threads as the server has.
            let runtime = Builder::new_multi_thread().enable_all().build()?;
            let figure = runtime.block_on(append::figure(&options, engine))?;
            printer.show(&figure);
        }
    }
    for engine in [Engine::Sqlite, Engine::Postgres] {
        if printer.wants("outbox_null") {
            let runtime = Builder::new_multi_thread().enable_all().build()?;
            let figure = runtime.block_on(outbox::figure(&options, engine))?;
            printer.show(&figure);
        }
    }
    over_http(&options, &mut printer)?;
    channels(&options, &mut printer)?;
    ensure!(printer.count > 0, "no figure has this name");
    Ok(())
}

fn over_http(options: &Options, printer: &mut Printer) -> Result<()> {
    let mut memory = Vec::new();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let mut wanted = Wanted {
            declare: printer.wants(&format!("declare_{}", engine.name())),
            scan: printer.wants(&format!("scan_{}", engine.name())),
        };
        if printer.is_only("peak_memory") {
            wanted = Wanted {
                declare: true,
                scan: true,
            };
        }
        if wanted.declare || wanted.scan {
            let mut show = |figure: Figure| printer.show(&figure);
            let figures = over_http::figures(options, engine, wanted, &mut show);
            memory.push(one_thread()?.block_on(figures)?);
        }
    }
    if printer.wants("peak_memory") {
        let figure = over_http::peak_memory(&memory);
        figure.iter().for_each(|figure| printer.show(figure));
    }
    Ok(())
}

fn channels(options: &Options, printer: &mut Printer) -> Result<()> {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        if printer.shows(&ussd::name(engine)) {
            printer.show(&one_thread()?.block_on(ussd::figure(options, engine))?);
        }
    }
    for engine in [Engine::Sqlite, Engine::Postgres] {
        if printer.shows(&bot::name(engine)) {
            printer.show(&one_thread()?.block_on(bot::figure(options, engine))?);
        }
    }
    for engine in [Engine::Sqlite, Engine::Postgres] {
        if printer.shows(&texts::name(engine)) {
            printer.show(&one_thread()?.block_on(texts::figure(options, engine))?);
        }
    }
    let wanted = |engine| printer.shows(&outage::name(engine));
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    let figures = runtime.block_on(outage::figures(options, wanted))?;
    figures.iter().for_each(|figure| printer.show(figure));
    Ok(())
}

/// The clients share two cores with the server and the database: one thread is enough for them.
fn one_thread() -> Result<Runtime> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}

/// `start_up`: until the server with demo data says it is ready.
fn start_up(options: &Options) -> Result<Figure> {
    let folder = tempfile::tempdir()?;
    let site = served::Site::seed(options, &folder.path().join("data"), "sqlite:khaibao.db")?;
    let mut starts = Vec::with_capacity(STARTS);
    let mut bare = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        starts.push(milliseconds(site.serve()?.1));
        bare.push(milliseconds(served::bare_start(options)?));
    }
    Ok(Figure {
        name: "start_up".into(),
        value: median(starts),
        unit: "ms",
        limit: median(bare),
        beside: "the process alone (--version)",
        goal: Goal::AtMost(1_000.0),
        extra: Vec::new(),
    })
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// Prints what was asked for.
struct Printer {
    json: bool,
    only: Option<String>,
    count: usize,
}

impl Printer {
    /// Whether this figure is asked for, or one that is measured with it.
    fn wants(&self, name: &str) -> bool {
        self.only.as_deref().is_none_or(|only| belongs(only, name))
    }

    fn is_only(&self, name: &str) -> bool {
        self.only.as_deref() == Some(name)
    }

    /// Whether this very figure is shown.
    fn shows(&self, name: &str) -> bool {
        self.only.as_deref().is_none_or(|only| belongs(name, only))
    }

    fn show(&mut self, figure: &Figure) {
        if !self.shows(&figure.name) {
            return;
        }
        if !self.json && self.count == 0 {
            println!("{}", Figure::heading());
        }
        self.count += 1;
        if self.json {
            println!("{}", figure.json());
        } else {
            println!("{}", figure.line());
        }
    }
}

/// A longer name goes with its figure: `declare_sqlite_p99` with `declare_sqlite`.
fn belongs(name: &str, to: &str) -> bool {
    name.strip_prefix(to)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
}
