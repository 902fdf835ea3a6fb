//! The outbox with a channel that costs nothing: messages a second through claim, open, send and
//! record, as the server's own delivery does it, beside the same rows inserted by the bare driver.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use async_trait::async_trait;
use channels::{Outbound, Sender, Sent};
use server::config::Config;
use server::state::App;
use workflows::audit::Purpose;
use workflows::clock::{Clock, Moment};
use workflows::ids::{OutboundId, ProvinceId};
use workflows::inbox::{BODY, RECIPIENT};
use workflows::message::{ChannelId, Class, TextPart};
use workflows::person::Phone;
use workflows::store::{OutboxRow, Scope};

use crate::Options;
use crate::database::Engine;
use crate::figure::{Figure, Goal};
use crate::raw::{Part, Raw};
use crate::served::Site;

const MESSAGES: usize = 20_000;
/// Rows in one transaction of the bare driver: as many as one claim takes.
const AT_ONCE: usize = 200;
const OUTBOX: [Part; 1] = [Part {
    table: "outbox",
    which: "1 = 1",
    each: 1,
}];
const CHANNEL: &str = "demo-sms";
const PROVINCE: &str = "ha-noi";

/// Takes everything at once.
struct Null;

#[async_trait]
impl Sender for Null {
    async fn send(&self, message: &Outbound) -> Sent {
        Sent::Accepted {
            id: message.id.to_string(),
        }
    }
}

/// `outbox_null` (SQLite) or `outbox_null_postgres`.
pub(crate) async fn figure(options: &Options, engine: Engine) -> Result<Figure> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let url = engine.empty(options, &data, "delivered").await?;
    let url = match engine {
        Engine::Sqlite => "sqlite:khaibao.db".to_owned(),
        Engine::Postgres => url,
    };
    let site = Site::seed(options, &data, &url)?;
    let app = server::open(config(&site)?, Clock::system()).await?;
    let channel = ChannelId::parse(CHANNEL).context("a channel id")?;
    app.plug(&channel, Arc::new(Null))?;
    queue(&app, &channel).await?;
    let began = Instant::now();
    app.run_due_jobs().await?;
    let took = began.elapsed();
    let sent = sent(&app).await?;
    ensure!(sent == MESSAGES, "{sent} of {MESSAGES} messages were sent");
    app.workflows.store.close().await;
    let from = Raw::open(&match engine {
        Engine::Sqlite => format!("sqlite:{}", data.join("khaibao.db").display()),
        Engine::Postgres => url,
    })
    .await?;
    let rows = from.read(&OUTBOX, MESSAGES).await?;
    from.close().await;
    let empty = engine.migrated(options, folder.path(), "queued").await?;
    let into = Raw::open(&empty).await?;
    let limit = into.insert_grouped(&rows, AT_ONCE).await?;
    into.close().await;
    Ok(Figure {
        name: match engine {
            Engine::Sqlite => "outbox_null".into(),
            Engine::Postgres => "outbox_null_postgres".into(),
        },
        value: MESSAGES as f64 / took.as_secs_f64(),
        unit: "msg/s",
        limit,
        beside: "the rows inserted, 200 a transaction",
        goal: Goal::AtLeast(2_000.0),
        extra: Vec::new(),
    })
}

/// The demo's settings, with nothing that holds messages up.
fn config(site: &Site) -> Result<Config> {
    let text = std::fs::read_to_string(&site.config)?;
    let folder = site.config.parent().context("a folder")?;
    let at_once = format!("KHAIBAO_CHANNEL__{}__", CHANNEL.to_uppercase());
    let free =
        ["PARTS_PER_SECOND", "DAILY_CAP", "COST"].map(|key| (format!("{at_once}{key}"), "0"));
    let no_reports = [("KHAIBAO_JOBS__CATCH_UP_DAYS".to_owned(), "0")];
    let settings = free.into_iter().chain(no_reports);
    Config::read(
        &text,
        folder,
        settings.map(|(key, value)| (key, value.to_owned())),
    )
}

async fn queue(app: &App, channel: &ChannelId) -> Result<()> {
    let (workflows, province) = (
        &app.workflows,
        ProvinceId::parse(PROVINCE).context("a province id")?,
    );
    let now = workflows.clock.now();
    let key = workflows.sealing.key(&province, now).await?;
    let mut rows = Vec::with_capacity(MESSAGES);
    for number in 0..MESSAGES {
        let id = OutboundId(workflows.clock.uuid());
        let row = id.0.as_bytes();
        let phone = Phone::parse(&format!("+8490{number:07}"))?;
        let body = TextPart {
            text: format!("KHAI BAO Y TE. Ma the 105V-D10T ({number}), dua ma nay o chot."),
            part: None,
        };
        rows.push(OutboxRow {
            province: province.clone(),
            id,
            channel: channel.clone(),
            class: Class::Pass,
            cause: format!("bench {number}"),
            recipient: workflows
                .sealing
                .seal(&key, RECIPIENT, row, &phone.e164())?,
            body: workflows.sealing.seal(&key, BODY, row, &body)?,
            address: Some(workflows.address(&province, &phone)),
            units: 1,
            part: None,
            due_at: now,
            deadline_at: now.plus_minutes(60),
            instead_of: None,
        });
    }
    for some in rows.chunks(1_000) {
        let mut tx = workflows.store.write(&Scope::of(&province)).await?;
        tx.add_outbox(some, now).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn sent(app: &App) -> Result<usize> {
    let scope = Scope::National(Purpose::Administer);
    let mut tx = app.workflows.store.read(&scope).await?;
    let counts = tx.outbox_counts(Moment(0)).await?;
    let sent = counts.iter().find(|c| c.state == "sent");
    Ok(usize::try_from(sent.map_or(0, |c| c.messages))?)
}
