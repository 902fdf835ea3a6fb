//! Commands on an existing configuration.

use std::path::Path;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use workflows::access::Role;
use workflows::clock::{Clock, Day};
use workflows::ids::ProvinceId;
use workflows::pass::PassSigner;
use workflows::registry::ImportedRegistry;
use workflows::store::{Scope, Store};
use workflows::vault::KeyFile;

use super::{ConfigFile, say};
use crate::config::Config;
use crate::jobs;
use crate::state::App;

/// Accounts.
#[derive(Debug, Subcommand)]
pub(super) enum Officer {
    /// Add an account; the password is read from standard input
    Add(NewOfficer),
}

#[derive(Debug, Args)]
pub(super) struct NewOfficer {
    #[command(flatten)]
    file: ConfigFile,
    /// Province of the account
    #[arg(long)]
    province: String,
    /// officer, medical, committee or admin
    #[arg(long)]
    role: String,
    /// Log-in name
    #[arg(long)]
    login: String,
    /// Name shown on screens
    #[arg(long)]
    name: String,
}

/// Daily reports.
#[derive(Debug, Subcommand)]
pub(super) enum Report {
    /// Print a day's report as it would be made now
    Build(ReportDay),
    /// Make, store and mail a day's report; again, it changes nothing
    Send(ReportDay),
}

#[derive(Debug, Args)]
pub(super) struct ReportDay {
    #[command(flatten)]
    file: ConfigFile,
    #[arg(long)]
    province: String,
    /// Local day the window ends on, YYYY-MM-DD
    #[arg(long)]
    day: String,
}

/// The copy of the population registry.
#[derive(Debug, Subcommand)]
pub(super) enum Registry {
    /// Import a CSV file with the columns number,name,birth,gender
    Import(RegistryFile),
}

#[derive(Debug, Args)]
pub(super) struct RegistryFile {
    #[command(flatten)]
    file: ConfigFile,
    /// CSV file, UTF-8
    csv: std::path::PathBuf,
}

/// Plugins.
#[derive(Debug, Subcommand)]
pub(super) enum Plugin {
    /// Load every configured plugin and say how it stands
    Check(ConfigFile),
}

/// Pass-signing keys.
#[derive(Debug, Subcommand)]
pub(super) enum Keys {
    /// List the ids of the pass-signing keys, newest first
    List(ConfigFile),
    /// Add a new pass-signing key; passes under the old ones stay valid
    Rotate(ConfigFile),
}

/// The audit chains.
#[derive(Debug, Subcommand)]
pub(super) enum Audit {
    /// Recompute every chain and name the first entry that does not fit
    Verify(ConfigFile),
}

/// Configuration.
#[derive(Debug, Subcommand)]
pub(super) enum CheckConfig {
    /// Read the configuration and say what is wrong with it
    Check(ConfigFile),
}

pub(super) async fn open(path: &Path) -> Result<App> {
    let mut config = Config::load(path)?;
    // A command writes audit chains of its own, beside those of the server it runs next to.
    config.node = format!("{}-command", config.node);
    crate::open(config, Clock::system()).await
}

fn province(app: &App, text: &str) -> Result<ProvinceId> {
    let id = ProvinceId::parse(text).context("province: lower-case letters and dashes")?;
    if app.workflows.places.province(&id).is_none() {
        bail!("there is no province {id}");
    }
    Ok(id)
}

pub(super) async fn migrate(path: &Path) -> Result<()> {
    let config = Config::load(path)?;
    let store = Store::open(&config.database, "migrate", &Clock::system()).await?;
    store.close().await;
    say("the schema is up to date");
    Ok(())
}

impl Officer {
    pub(super) async fn run(self) -> Result<()> {
        let Self::Add(new) = self;
        let app = open(&new.file.config).await?;
        let province = province(&app, &new.province)?;
        let role = Role::parse(&new.role).context("role: officer, medical, committee or admin")?;
        let mut password = String::new();
        std::io::stdin().read_line(&mut password)?;
        let names = (new.login.as_str(), new.name.as_str());
        app.workflows
            .add_officer(&province, names, role, password.trim_end())
            .await?;
        app.workflows.store.close().await;
        say("added");
        Ok(())
    }
}

impl Report {
    pub(super) async fn run(self) -> Result<()> {
        let (Self::Build(of) | Self::Send(of)) = &self;
        let app = open(&of.file.config).await?;
        let province = province(&app, &of.province)?;
        let day = Day::parse(&of.day).context("day: YYYY-MM-DD")?;
        match self {
            Self::Build(_) => {
                let report = app.workflows.report(&province, day).await?;
                say(&serde_json::to_string_pretty(&report)?);
            }
            Self::Send(_) => {
                let (_, until) = app.workflows.report_window(&province, day)?;
                if until > app.workflows.clock.now() {
                    bail!("the window of this day ends at {}", until.local_text());
                }
                let members = jobs::make_report(&app, &province, day).await?;
                jobs::deliver(&app).await?;
                say(&format!("made; {members} members"));
            }
        }
        app.workflows.store.close().await;
        Ok(())
    }
}

impl Registry {
    pub(super) async fn run(self) -> Result<()> {
        let Self::Import(of) = self;
        let app = open(&of.file.config).await?;
        let csv = std::fs::read_to_string(&of.csv)
            .with_context(|| format!("cannot read {}", of.csv.display()))?;
        let imported = ImportedRegistry::new(app.workflows.sealing.clone())
            .import(&csv)
            .await?;
        app.workflows.store.close().await;
        for (line, why) in &imported.refused {
            say(&format!("line {line}: {why}"));
        }
        say(&format!(
            "{} taken, {} refused",
            imported.taken,
            imported.refused.len()
        ));
        Ok(())
    }
}

impl Plugin {
    pub(super) fn run(self) -> Result<()> {
        let Self::Check(file) = self;
        let config = Config::load(&file.config)?;
        let provinces = plugin_host::Provinces::load(&config.plugins, &config.bindings())?;
        let mut bad = 0;
        for status in provinces.status() {
            match status.state {
                Ok(version) => say(&format!("{}: {} ok", status.province, version.name)),
                Err(why) => {
                    bad += 1;
                    say(&format!(
                        "{}: {} not loaded: {why}",
                        status.province, status.plugin
                    ));
                }
            }
        }
        if bad > 0 {
            bail!("{bad} not loaded");
        }
        Ok(())
    }
}

impl Keys {
    pub(super) fn run(self) -> Result<()> {
        let (Self::List(file) | Self::Rotate(file)) = &self;
        let path = Config::load(&file.config)?.keys;
        let keys = match self {
            Self::List(_) => KeyFile::load(&path)?,
            Self::Rotate(_) => KeyFile::rotate_pass_key(&path, &Clock::system())?,
        };
        for key in keys.pass_keys() {
            say(&format!("made {}", key.created_at.rfc3339()));
        }
        say(&serde_json::to_string_pretty(
            &PassSigner::new(&keys).published_keys(),
        )?);
        Ok(())
    }
}

impl Audit {
    pub(super) async fn run(self) -> Result<()> {
        let Self::Verify(file) = self;
        let app = open(&file.config).await?;
        let mut broken = 0;
        for province in app.workflows.places.provinces() {
            let mut tx = app.workflows.store.read(&Scope::of(&province.id)).await?;
            match tx.verify_audit(&province.id).await? {
                Ok(count) => say(&format!("{}: {count} entries stand", province.id)),
                Err((writer, seq)) => {
                    broken += 1;
                    say(&format!("{}: broken at {writer} {seq}", province.id));
                }
            }
        }
        app.workflows.store.close().await;
        if broken > 0 {
            bail!("{broken} broken");
        }
        Ok(())
    }
}

impl CheckConfig {
    pub(super) fn run(self) -> Result<()> {
        let Self::Check(file) = self;
        Config::load(&file.config)?;
        say("the configuration is in order");
        Ok(())
    }
}
