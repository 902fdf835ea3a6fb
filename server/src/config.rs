//! Settings: default file < named file < environment, checked once at the start.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use channels::email::SmtpSettings;
use channels::registry_http::RegistrySettings;
use plugin_host::ProvincePlugin;
use serde::Deserialize;
use workflows::ids::ProvinceId;
use workflows::message::ChannelId;
use workflows::notices::{Quiet, Timing};

mod channel;

pub(crate) use channel::Unknown;
pub use channel::{ChannelConfig, Kind};

/// The manual and the defaults in one.
const DEFAULT: &str = include_str!("../config.default.toml");
const PREFIX: &str = "KHAIBAO_";
/// Variables that begin like settings and are none.
const NO_SETTINGS: [&str; 2] = ["KHAIBAO_CONFIG", "KHAIBAO_LOG"];
/// What the test suite names.
const SUITE: [&str; 2] = ["KHAIBAO_TEST_", "KHAIBAO_PEERS_"];

/// All settings. `config.default.toml` says what each means.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub(crate) node: String,
    pub(crate) listen: SocketAddr,
    pub(crate) public_url: String,
    pub(crate) database: String,
    pub(crate) keys: PathBuf,
    pub(crate) plugins: PathBuf,
    pub(crate) demo: bool,
    pub(crate) insecure_cookies: bool,
    pub(crate) assist_channel: Option<ChannelId>,
    pub(crate) limits: Limits,
    pub(crate) jobs: Jobs,
    pub(crate) notices: Notices,
    pub(crate) mail: Mail,
    pub(crate) registry: Registry,
    #[serde(default)]
    pub(crate) province: BTreeMap<ProvinceId, Province>,
    #[serde(default)]
    pub(crate) channel: BTreeMap<ChannelId, ChannelConfig>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limits {
    pub(crate) connections: usize,
    pub(crate) connections_per_address: usize,
    pub(crate) header_seconds: u64,
    pub(crate) request_seconds: u64,
    pub(crate) body_kilobytes: usize,
    pub(crate) upload_kilobytes: usize,
    pub(crate) shutdown_seconds: u64,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Jobs {
    pub(crate) every_seconds: u64,
    pub(crate) catch_up_days: i32,
    pub(crate) report_delay_minutes: i64,
    pub(crate) inbox_hours: i64,
    pub(crate) outbox_days: i64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Notices {
    pub(crate) remind_hours: i64,
    pub(crate) quiet: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mail {
    pub(crate) kind: MailKind,
    pub(crate) from: String,
    pub(crate) domain: String,
    pub(crate) smtp: Option<toml::Table>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum MailKind {
    Sink,
    Smtp,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Registry {
    pub(crate) kind: RegistryKind,
    pub(crate) http: Option<RegistrySettings>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RegistryKind {
    None,
    Imported,
    Http,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Province {
    pub(crate) plugin: String,
    #[serde(default)]
    pub(crate) settings: BTreeMap<String, i64>,
}

impl Config {
    /// Loads a file over the defaults, and the environment over both.
    pub fn load(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let base = path.parent().unwrap_or(Path::new("."));
        Self::read(&text, base, environment()).with_context(|| format!("in {}", path.display()))
    }

    /// Reads a file's text; `overrides` are `(KHAIBAO_KEY, value)` pairs.
    pub fn read(
        text: &str,
        base: &Path,
        overrides: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self> {
        let mut table: toml::Table = DEFAULT.parse().context("the default settings")?;
        merge(&mut table, text.parse()?);
        for (name, value) in overrides {
            set(&mut table, &name, &value)?;
        }
        let mut config: Self = toml::Value::Table(table).try_into()?;
        config.settle_paths(base);
        config.check()?;
        Ok(config)
    }

    fn settle_paths(&mut self, base: &Path) {
        self.keys = base.join(&self.keys);
        self.plugins = base.join(&self.plugins);
        if let Some(file) = self.database.strip_prefix("sqlite:") {
            self.database = format!("sqlite:{}", base.join(file).display());
        }
    }

    fn check(&self) -> Result<()> {
        if !self.database.starts_with("sqlite:") && !self.database.starts_with("postgres://") {
            bail!("database: begins with sqlite: or postgres://");
        }
        if self.public_url.ends_with('/') {
            bail!("public_url: has no slash at its end");
        }
        if !self.public_url.starts_with("https://") && !self.insecure_cookies {
            bail!(
                "public_url: is https://, unless insecure_cookies = true on a machine of your own"
            );
        }
        if self.mail.kind == MailKind::Smtp && self.mail.smtp.is_none() {
            bail!("mail.smtp: is needed when mail.kind is \"smtp\"");
        }
        if self.registry.kind == RegistryKind::Http && self.registry.http.is_none() {
            bail!("registry.http: is needed when registry.kind is \"http\"");
        }
        if self.jobs.inbox_hours < 72 {
            bail!("jobs.inbox_hours: at least 72, because providers repeat events for days");
        }
        if self.jobs.outbox_days < 7 {
            bail!("jobs.outbox_days: at least 7, because what was not sent is shown for a week");
        }
        if !(0..=7 * 24).contains(&self.notices.remind_hours) {
            bail!("notices.remind_hours: 0 to 168");
        }
        if !self.notices.quiet.is_empty() && self.timing().quiet.is_none() {
            bail!("notices.quiet: such as \"22:00-07:00\", or \"\" for none");
        }
        if self.assist_channel.is_some()
            && !self.assist().is_some_and(|(_, c)| c.kind.sends_texts())
        {
            bail!("assist_channel: is no channel that sends texts");
        }
        for (id, channel) in &self.channel {
            channel
                .check(self)
                .with_context(|| format!("channel.{id}"))?;
        }
        Ok(())
    }

    /// The channel that texts codes and passes for those who are helped to declare.
    pub(crate) fn assist(&self) -> Option<(&ChannelId, &ChannelConfig)> {
        let texts = |c: &ChannelConfig| c.kind.sends_texts() && c.copies_to.is_none();
        match &self.assist_channel {
            Some(named) => self.channel.get_key_value(named),
            None => self.channel.iter().find(|(_, c)| texts(c)),
        }
    }

    /// When citizens are told of their passes.
    pub(crate) fn timing(&self) -> Timing {
        Timing {
            remind_hours: self.notices.remind_hours,
            quiet: Quiet::parse(&self.notices.quiet),
        }
    }

    /// The SMTP settings, with the sender named above them.
    pub(crate) fn smtp(&self) -> Result<SmtpSettings> {
        let mut table = self.mail.smtp.clone().unwrap_or_default();
        table
            .entry("from")
            .or_insert_with(|| self.mail.from.clone().into());
        toml::Value::Table(table).try_into().context("mail.smtp")
    }

    /// Which plugin speaks for which province.
    pub(crate) fn bindings(&self) -> BTreeMap<ProvinceId, ProvincePlugin> {
        self.province
            .iter()
            .map(|(id, p)| {
                let settings = p.settings.clone();
                (
                    id.clone(),
                    ProvincePlugin {
                        plugin: p.plugin.clone(),
                        settings,
                    },
                )
            })
            .collect()
    }
}

fn environment() -> Vec<(String, String)> {
    std::env::vars()
        .filter(|(name, _)| name.starts_with(PREFIX))
        .filter(|(name, _)| !SUITE.iter().any(|theirs| name.starts_with(theirs)))
        // Those name the file and the log's filter.
        .filter(|(name, _)| !NO_SETTINGS.contains(&name.as_str()))
        .collect()
}

fn merge(into: &mut toml::Table, from: toml::Table) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(toml::Value::Table(old)), toml::Value::Table(new)) => merge(old, new),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

/// `KHAIBAO_MAIL__HOST=x` sets `mail.host`. A value that reads as TOML is taken as such.
fn set(table: &mut toml::Table, name: &str, value: &str) -> Result<()> {
    let path = name.strip_prefix(PREFIX).unwrap_or(name).to_lowercase();
    let mut parts: Vec<&str> = path.split("__").collect();
    let last = parts.pop().unwrap_or_default();
    let mut at = table;
    for part in parts {
        at = at
            .entry(part)
            .or_insert_with(|| toml::Value::Table(toml::Table::new()))
            .as_table_mut()
            .with_context(|| format!("{name}: {part} is not a section"))?;
    }
    let typed = format!("v = {value}")
        .parse::<toml::Table>()
        .ok()
        .and_then(|mut t| t.remove("v"));
    at.insert(
        last.to_owned(),
        typed.unwrap_or_else(|| toml::Value::String(value.to_owned())),
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, env: &[(&str, &str)]) -> Result<Config> {
        let env = env.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
        Config::read(text, Path::new("/etc/khaibao"), env)
    }

    #[test]
    fn the_default_file_is_complete_but_for_the_public_address() {
        let config = read("public_url = \"https://khaibao.example\"", &[]).unwrap();
        assert_eq!(config.database, "sqlite:/etc/khaibao/khaibao.db");
        assert_eq!(config.limits.header_seconds, 10);
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let text = "insecure_cookies = true\nnode = \"a\"";
        let env = [("KHAIBAO_NODE", "b"), ("KHAIBAO_LIMITS__CONNECTIONS", "9")];
        let config = read(text, &env).unwrap();
        assert_eq!((config.node.as_str(), config.limits.connections), ("b", 9));
    }

    #[test]
    fn a_misspelt_setting_is_refused() {
        assert!(read("insecure_cookies = true\nlisten_on = \"x\"", &[]).is_err());
    }

    const BASE: &str = "insecure_cookies = true\n[province.base]\nplugin = \"base\"\n";

    #[test]
    fn a_channel_is_checked_at_the_start() {
        let channel = |text: &str| read(&format!("{BASE}{text}"), &[]);
        let kannel = "[channel.sms-a]\nkind = \"kannel\"\nprovince = \"base\"\ndaily_cap = 500\n\
            cost = 100\n[channel.sms-a.settings]\nurl = \"http://127.0.0.1\"\n";
        let config = channel(kannel).unwrap();
        let pace = config.channel.values().next().unwrap().pace();
        assert_eq!(
            (pace.cost, pace.daily_cap, pace.hard_cap),
            (100, 500, 1_000)
        );
        for (wrong, said) in [
            (
                "[channel.A]\nkind = \"kannel\"\nprovince = \"base\"",
                "channel id",
            ),
            (
                "[channel.mail]\nkind = \"kannel\"\nprovince = \"base\"",
                "mail",
            ),
            (
                "[channel.a]\nkind = \"kannel\"\nprovince = \"base\"",
                "settings",
            ),
            (
                "[channel.a]\nkind = \"kannel\"\nprovince = \"nowhere\"",
                "province",
            ),
            ("[channel.a]\nkind = \"demo\"\nprovince = \"base\"", "demo"),
            (
                "[channel.a]\nkind = \"pigeon\"\nprovince = \"base\"",
                "pigeon",
            ),
            (
                &format!(
                    "{kannel}[channel.b]\nkind = \"ussd-http\"\nprovince = \"base\"\n\
                copies_to = \"sms-b\"\n[channel.b.settings]\nstyle = \"latest\""
                ),
                "copies_to",
            ),
            (
                &kannel.replace("daily_cap = 500", "daily_cap = -1"),
                "daily_cap",
            ),
        ] {
            let error = format!("{:#}", channel(wrong).unwrap_err());
            assert!(error.contains(said), "{wrong}: {error}");
        }
    }

    #[test]
    fn only_who_joins_parts_gets_parts_and_only_plain_texts_are_written() {
        let whole = |kind: &str, settings: &str| {
            let text = format!(
                "{BASE}[channel.a]\nkind = \"{kind}\"\nprovince = \"base\"\n\
                 [channel.a.settings]\n{settings}"
            );
            let config = read(&text, &[]).unwrap();
            config.channel.values().next().unwrap().limits().whole
        };
        assert!(whole("twilio", "account_sid = \"AC\""));
        assert!(whole("template", "profile = \"esms-vn\""));
        assert!(!whole(
            "template",
            "url = \"https://sms.example/\"\nfields = { t = \"{text}\", h = \"{udh}\" }"
        ));
        assert!(whole("smpp", "long = \"payload\""));
        assert!(!whole("smpp", "long = \"sar\""));
        assert!(!whole("kannel", "url = \"http://127.0.0.1\""));
        let marked = format!(
            "{BASE}[channel.a]\nkind = \"kannel\"\nprovince = \"base\"\ncharset = \"ucs2\"\n\
             [channel.a.settings]\nurl = \"http://127.0.0.1\""
        );
        let error = format!("{:#}", read(&marked, &[]).unwrap_err());
        assert!(error.contains("charset"), "{error}");
    }

    #[test]
    fn a_template_needs_an_account_and_is_a_fallback_only() {
        let zns = "[channel.zns-a]\nkind = \"zns\"\nprovince = \"base\"\n\
            settings.account = \"zalo-a\"\n";
        let chat = "[channel.zalo-a]\nkind = \"chat\"\nprovider = \"zalo-oa\"\n\
            province = \"base\"\nfallback_to = \"zns-a\"\nsettings.app_id = \"1\"\n";
        let check = |text: &str| read(&format!("{BASE}{text}"), &[]);
        assert!(check(&format!("{zns}{chat}")).is_ok());
        for (wrong, said) in [
            (zns.to_owned(), "account"),
            (chat.to_owned(), "fallback_to"),
            (
                format!("{zns}{}", chat.replace("zalo-oa", "zalo-bot")),
                "account",
            ),
            (
                format!("{zns}{}", chat.replace("fallback_to", "copies_to")),
                "copies_to",
            ),
        ] {
            let error = format!("{:#}", check(&wrong).unwrap_err());
            assert!(error.contains(said), "{wrong}: {error}");
        }
    }

    #[test]
    fn plain_http_is_refused_unless_asked_for() {
        assert!(read("", &[]).is_err());
    }
}
