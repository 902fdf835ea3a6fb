//! Pages about channels for those who run the service: health, queues and cost; [`dead`] is what
//! did not get through.

mod dead;

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use channels::smpp::BindStatus;
use serde::Serialize;
use workflows::access::{Login, Role};
use workflows::audit::Purpose;
use workflows::clock::Moment;
use workflows::message::{ChannelId, Class};
use workflows::store::{AccountStatus, ChannelFlow, Scope};

pub(super) use dead::{page as dead, requeue};

use super::error::Error;
use super::login::Account;
use super::page::{Page, Reader};
use crate::config::Kind;
use crate::state::App;

/// How far back outcomes are counted.
const OUTCOME_MINUTES: i64 = 24 * 60;
/// A chat that is quiet for longer is looked after.
const SILENT_MINUTES: i64 = 24 * 60;

/// `channels.html`.
#[derive(Serialize)]
struct ChannelsPage {
    channels: Vec<ChannelView>,
}

#[derive(Default, Serialize)]
struct ChannelView {
    id: String,
    kind: &'static str,
    province: Option<String>,
    state: &'static str,
    sent: Option<String>,
    heard: Option<String>,
    /// Whose chats it carries.
    provider: Option<String>,
    /// A chat that was not heard for long: its provider may have stopped calling.
    silent: bool,
    /// Tokens that are renewed; of accounts that have some.
    account: Option<AccountView>,
    units: i64,
    spent: String,
    cap: Option<String>,
    #[serde(skip)]
    daily_cap: i64,
    /// Connections to the SMSC.
    binds: Vec<BindView>,
    waiting: Vec<WaitingView>,
    outcomes: Vec<StateView>,
    inbox: Vec<StateView>,
}

#[derive(Serialize)]
struct AccountView {
    /// When the tokens were obtained; none before somebody gave one.
    obtained: Option<String>,
    /// Why they cannot be renewed, in the provider's code: a person must give new ones.
    locked: Option<String>,
}

#[derive(Serialize)]
struct WaitingView {
    class: &'static str,
    queued: i64,
    sending: i64,
    oldest: String,
    #[serde(skip)]
    oldest_at: i64,
}

#[derive(Serialize)]
struct BindView {
    role: &'static str,
    bound: bool,
    since: String,
    trouble: Option<String>,
}

#[derive(Serialize)]
struct StateView {
    state: String,
    count: i64,
}

impl Page for ChannelsPage {
    const TEMPLATE: &'static str = "channels.html";
}

/// Health, queue and cost of every channel.
pub(super) async fn page(
    State(app): State<App>,
    reader: Reader,
    Account(login): Account,
) -> Result<Response, Error> {
    admin(&login)?;
    let page = ChannelsPage {
        channels: channels(&app).await?,
    };
    let (language, path) = (reader.language, &reader.path);
    Ok(app.pages.respond(language, path, Some(&login), &page))
}

fn admin(login: &Login) -> Result<(), Error> {
    if login.role == Role::Admin {
        Ok(())
    } else {
        Err(Error::Forbidden)
    }
}

async fn channels(app: &App) -> Result<Vec<ChannelView>, Error> {
    let now = app.workflows.clock.now();
    let scope = Scope::National(Purpose::Administer);
    let mut tx = app.workflows.store.read(&scope).await?;
    let flows = tx.channel_flows().await?;
    let counts = tx
        .channel_counts(now.plus_minutes(-OUTCOME_MINUTES))
        .await?;
    let inbox = tx.inbox_counts().await?;
    let accounts = tx.accounts().await?;
    drop(tx);
    let mut views = configured(app);
    for flow in &flows {
        views
            .entry(flow.channel.clone())
            .or_default()
            .flow(flow, now);
    }
    for status in accounts {
        if let Some(view) = views.get_mut(&status.channel) {
            view.account = account(status);
        }
    }
    for row in counts {
        let view = views.entry(row.channel).or_default();
        let class = usize::try_from(row.class_order).ok();
        let class = class.and_then(|n| Class::ALL.get(n)).copied();
        let class = class.unwrap_or(Class::Bulk).as_str();
        match row.state.as_str() {
            "queued" => view.waits(class, (row.messages, 0), row.oldest_due_at),
            "sending" => view.waits(class, (0, row.messages), row.oldest_due_at),
            _ => view.ended(row.state, row.messages),
        }
    }
    for row in inbox {
        let view = views.entry(row.channel).or_default();
        view.inbox.push(StateView {
            state: row.state,
            count: row.events,
        });
    }
    let named = views
        .into_iter()
        .map(|(id, view)| ChannelView { id, ..view });
    Ok(named.collect())
}

/// Mail and the channels of the configuration, before anything is known of them.
fn configured(app: &App) -> BTreeMap<String, ChannelView> {
    let mut views: BTreeMap<String, ChannelView> = BTreeMap::new();
    for (id, channel) in &app.config.channel {
        let view = ChannelView {
            kind: channel.kind.as_str(),
            province: Some(channel.province.to_string()),
            state: if channel.kind.sends_texts() {
                "off"
            } else {
                "up"
            },
            cap: (channel.daily_cap > 0).then(|| thousands(channel.daily_cap)),
            daily_cap: channel.daily_cap,
            binds: binds(app, id),
            silent: channel.kind == Kind::Chat,
            provider: channel.provider.clone(),
            ..ChannelView::default()
        };
        views.insert(id.to_string(), view);
    }
    for (id, _) in app.outlets.all() {
        let view = views.entry(id.to_string()).or_default();
        view.state = "up";
        if view.kind.is_empty() {
            view.kind = "smtp";
        }
    }
    for view in views.values_mut() {
        view.spent = thousands(0);
    }
    views
}

fn binds(app: &App, id: &ChannelId) -> Vec<BindView> {
    let status = app.binds.status(id);
    let view = |bind: BindStatus| BindView {
        role: bind.role,
        bound: bind.bound,
        since: bind.since.local_text(),
        trouble: bind.trouble,
    };
    let binds = status.map(|status| status.binds).unwrap_or_default();
    binds.into_iter().map(view).collect()
}

/// An account without tokens of its own has nothing to show.
fn account(status: AccountStatus) -> Option<AccountView> {
    let text = |at: i64| Moment(at).local_text();
    let has_tokens = status.obtained_at.is_some() || status.locked_at.is_some();
    has_tokens.then(|| AccountView {
        obtained: status.obtained_at.map(text),
        locked: status.locked_code,
    })
}

impl ChannelView {
    fn flow(&mut self, flow: &ChannelFlow, now: Moment) {
        let (units, spent) = flow.spent_on(now.day());
        let text = |at: Option<i64>| at.map(|at| Moment(at).local_text());
        self.units = units;
        self.sent = text(flow.last_sent_at);
        self.heard = text(flow.last_heard_at);
        let lately = now.plus_minutes(-SILENT_MINUTES).0;
        self.silent &= flow.last_heard_at.is_none_or(|at| at <= lately);
        self.spent = thousands(spent);
        if flow.is_stopped() {
            self.state = "stopped";
        } else if self.daily_cap > 0 && spent >= self.daily_cap {
            self.state = "capped";
        }
    }

    fn waits(&mut self, class: &'static str, (queued, sending): (i64, i64), oldest_at: i64) {
        let place = self.waiting.iter().position(|w| w.class == class);
        let row = WaitingView {
            class,
            queued,
            sending,
            oldest: Moment(oldest_at).local_text(),
            oldest_at,
        };
        match place.and_then(|n| self.waiting.get_mut(n)) {
            Some(known) => {
                known.queued += queued;
                known.sending += sending;
                if oldest_at < known.oldest_at {
                    (known.oldest, known.oldest_at) = (row.oldest, oldest_at);
                }
            }
            None => self.waiting.push(row),
        }
    }

    fn ended(&mut self, state: String, count: i64) {
        match self.outcomes.iter_mut().find(|s| s.state == state) {
            Some(known) => known.count += count,
            None => self.outcomes.push(StateView { state, count }),
        }
    }
}

/// `12.345.678`, as amounts are written here.
fn thousands(amount: i64) -> String {
    let digits = amount.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push('.');
        }
        out.push(digit);
    }
    out
}
