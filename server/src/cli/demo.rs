//! A seeded data folder: keys, configuration, three provinces with posts, accounts, committee
//! and a small registry, to try everything on one machine.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use workflows::Workflows;
use workflows::access::Role;
use workflows::clock::Clock;
use workflows::ids::{CheckpointId, ProvinceId};
use workflows::place::{Checkpoint, Epoch, Province, UnitCode, Zone};
use workflows::registry::ImportedRegistry;
use workflows::store::{MemberRow, Scope};
use workflows::vault::KeyFile;

use super::say;
use crate::config::Config;
use crate::mail::ADDRESS;

/// Options of `khaibao demo`.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// Folder to make; it must not exist or be empty
    #[arg(long)]
    pub data: PathBuf,
    /// Address and port to serve on
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub listen: String,
    /// Folder of the built plugins
    #[arg(long, default_value = "target/plugins")]
    pub plugins: PathBuf,
    /// Database; a SQLite file in the folder by default
    #[arg(long, default_value = "sqlite:khaibao.db")]
    pub database: String,
}

/// An account that the demo made.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its role.
    pub role: Role,
    /// Its province.
    pub province: String,
    /// Log-in name.
    pub login: String,
    /// Password, shown once.
    pub password: String,
}

/// Slug, names, plugin, unit, posts (name, zone, commune).
struct Seed {
    id: &'static str,
    vi: &'static str,
    en: &'static str,
    unit: u16,
    posts: [(&'static str, &'static str, u32); 2],
}

const SEEDS: [Seed; 3] = [
    Seed {
        id: "ha-noi",
        vi: "Hà Nội",
        en: "Hanoi",
        unit: 1,
        posts: [
            ("Chốt Pháp Vân – Cầu Giẽ", "Hà Nội", 4),
            ("Chốt cầu Phù Đổng", "Hà Nội", 8),
        ],
    },
    Seed {
        id: "quang-ninh",
        vi: "Quảng Ninh",
        en: "Quang Ninh",
        unit: 22,
        posts: [
            ("Chốt cầu Bạch Đằng", "Quảng Ninh", 6_688),
            ("Chốt Đông Triều", "Quảng Ninh", 6_685),
        ],
    },
    Seed {
        id: "base",
        vi: "Tỉnh mẫu (Bắc Ninh)",
        en: "Sample province (Bac Ninh)",
        unit: 24,
        posts: [
            ("Chốt Quốc lộ 1", "Bắc Ninh", 0),
            ("Chốt Quốc lộ 18", "Bắc Ninh", 0),
        ],
    },
];

/// People of the sample registry; the examples of the OpenAPI text are among them.
const REGISTRY: &str = "number,name,birth,gender\n\
    001090000017,Nguyễn Văn An,1990-02-14,male\n\
    001190000025,Trần Thị Bình,1990-07-01,female\n\
    022085000033,Lê Văn Cường,1985-11-20,male\n\
    022304000041,Phạm Thị Ánh Đào,2004-03-09,female\n";

/// What the phones of `/demo/phone` write to and dial.
const PHONE_CHANNELS: &str = r#"
[channel.demo-sms]
kind = "demo"
province = "ha-noi"
parts_per_second = 0
cost = 800

[channel.demo-ussd]
kind = "demo"
province = "ha-noi"
trust = "network"
copies_to = "demo-sms"
"#;

const CUTOFF_MINUTE: i64 = 11 * 60;

/// `khaibao demo`: makes the folder and prints `role user password` lines.
pub(super) async fn make(options: &Options) -> Result<()> {
    let (_, accounts) = seed(options, Clock::system()).await?;
    for account in accounts {
        say(&format!(
            "{} {} {}",
            account.role.as_str(),
            account.login,
            account.password
        ));
    }
    Ok(())
}

/// Makes the folder; the path of its configuration and the accounts.
pub async fn seed(options: &Options, clock: Clock) -> Result<(PathBuf, Vec<Account>)> {
    let data = &options.data;
    if data.exists() && data.read_dir()?.next().is_some() {
        bail!("{} is not empty", data.display());
    }
    std::fs::create_dir_all(data)?;
    private(data)?;
    KeyFile::create(&data.join("keys.toml"), &clock)?;
    let config = data.join("khaibao.toml");
    std::fs::write(&config, configuration(options)?)?;
    let mut settings = Config::load(&config)?;
    settings.node = "demo".into();
    let app = crate::open(settings, clock).await?;
    let accounts = fill(&app.workflows).await?;
    let registry = ImportedRegistry::new(app.workflows.sealing.clone());
    registry.import(REGISTRY).await?;
    app.workflows.store.close().await;
    Ok((config, accounts))
}

/// The folder holds keys and health data.
fn private(folder: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
        .with_context(|| format!("cannot protect {}", folder.display()))
}

fn configuration(options: &Options) -> Result<String> {
    let plugins = options
        .plugins
        .canonicalize()
        .with_context(|| format!("no plugins in {}", options.plugins.display()))?;
    let mut table = toml::Table::new();
    let listen = &options.listen;
    for (key, value) in [
        ("listen", listen.clone()),
        ("public_url", format!("http://{listen}")),
        ("database", options.database.clone()),
        ("plugins", plugins.display().to_string()),
    ] {
        table.insert(key.into(), value.into());
    }
    table.insert("demo".into(), true.into());
    table.insert("insecure_cookies".into(), true.into());
    let mut text = String::from(
        "# Made by `khaibao demo`. Every key is explained in server/config.default.toml.\n",
    );
    text.push_str(&toml::to_string(&table)?);
    text.push_str("\n[registry]\nkind = \"imported\"\n");
    text.push_str(PHONE_CHANNELS);
    for seed in &SEEDS {
        let _ = write!(text, "\n[province.{}]\nplugin = \"{}\"\n", seed.id, seed.id);
    }
    Ok(text)
}

async fn fill(workflows: &Workflows) -> Result<Vec<Account>> {
    let now = workflows.clock.now();
    let mut accounts = Vec::new();
    for seed in &SEEDS {
        let id = ProvinceId::parse(seed.id).context("a province id")?;
        add_places(workflows, seed, &id).await?;
        workflows.places.refresh(&workflows.store, now).await?;
        for role in Role::ALL {
            accounts.push(add_account(workflows, &id, role).await?);
        }
        for (name, box_name) in [("Trưởng ban", "truong-ban"), ("Thư ký", "thu-ky")] {
            add_member(
                workflows,
                &id,
                name,
                &format!("{box_name}@{id}.bcd.example"),
            )
            .await?;
        }
    }
    Ok(accounts)
}

async fn add_places(workflows: &Workflows, seed: &Seed, id: &ProvinceId) -> Result<()> {
    let unit = |province, commune| UnitCode {
        epoch: Epoch::Since2025,
        province,
        commune,
    };
    let mut tx = workflows.store.write(&Scope::of(id)).await?;
    tx.set_province(&Province {
        id: id.clone(),
        name_vi: seed.vi.into(),
        name_en: seed.en.into(),
        unit: unit(seed.unit, 0),
        cutoff_minute: CUTOFF_MINUTE,
        served_from: workflows.clock.now(),
    })
    .await?;
    for (number, (name, zone, commune)) in (1_i64..).zip(seed.posts) {
        tx.set_checkpoint(&Checkpoint {
            id: CheckpointId(number),
            province: id.clone(),
            name: name.into(),
            zone: zone.into(),
            unit: unit(seed.unit, commune),
        })
        .await?;
    }
    // One red zone each province knows of, so that the rules about zones can be tried: Cà Mau.
    let red = Zone {
        name: "Vùng đỏ (mẫu)".into(),
        risk: 3,
        unit: unit(96, 0),
        from_at: workflows.clock.now().plus_minutes(-1),
        until_at: None,
    };
    tx.add_zone(workflows.clock.uuid(), &red).await?;
    tx.commit().await?;
    Ok(())
}

async fn add_account(workflows: &Workflows, province: &ProvinceId, role: Role) -> Result<Account> {
    let (word, name) = match role {
        Role::Officer => ("canbo", "Cán bộ trực chốt"),
        Role::Medical => ("yte", "Cán bộ y tế"),
        Role::Committee => ("banchidao", "Ban Chỉ đạo"),
        Role::Admin => ("quantri", "Quản trị"),
        Role::Hotline => ("tongdai", "Trực đường dây nóng"),
    };
    let login = format!("{word}-{province}");
    let password = password(&workflows.clock);
    workflows
        .add_officer(province, (&login, name), role, &password)
        .await?;
    Ok(Account {
        role,
        province: province.to_string(),
        login,
        password,
    })
}

async fn add_member(
    workflows: &Workflows,
    province: &ProvinceId,
    name: &str,
    address: &str,
) -> Result<()> {
    let id = workflows.clock.uuid();
    let key = workflows
        .sealing
        .key(province, workflows.clock.now())
        .await?;
    let member = MemberRow {
        id,
        name: name.into(),
        address: workflows
            .sealing
            .seal(&key, ADDRESS, id.as_bytes(), &address)?,
        language: "vi".into(),
        active: true,
    };
    let mut tx = workflows.store.write(&Scope::of(province)).await?;
    tx.add_member(&member).await?;
    tx.commit().await?;
    Ok(())
}

/// Sixteen symbols without look-alikes: about 78 bits.
fn password(clock: &Clock) -> String {
    const SYMBOLS: &[u8; 30] = b"abcdefghjkmnpqrstuvwxyz2345678";
    clock
        .random::<16>()
        .iter()
        .map(|b| char::from(SYMBOLS[usize::from(*b) % SYMBOLS.len()]))
        .collect()
}
