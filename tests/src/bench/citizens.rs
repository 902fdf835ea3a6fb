//! Made-up citizens who declare, and officers who scan their passes.

use std::sync::Mutex;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use workflows::clock::Clock;

use crate::http::{Connection, Traffic, post};
use crate::served::Site;

const FAMILY: [&str; 8] = ["Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi"];
const MIDDLE: [&str; 5] = ["Văn", "Đức", "Minh", "Quốc", "Hữu"];
const GIVEN: [&str; 7] = ["An", "Bình", "Cường", "Dũng", "Hùng", "Nam", "Sơn"];

/// Numbers from here on belong to nobody in the demo's registry.
const UNREGISTERED: u64 = 1_000;

/// Distinct citizens declaring over the API, each with an idempotency key of its own.
pub(crate) struct Declaring {
    clock: Clock,
    today: String,
    passes: Mutex<Vec<String>>,
}

impl Declaring {
    /// Citizens numbered from 0: one run for one database.
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            today: clock.today().iso(),
            clock,
            passes: Mutex::default(),
        }
    }

    /// The QR texts that were answered.
    pub(crate) fn passes(&self) -> Vec<String> {
        self.passes.lock().map(|p| p.clone()).unwrap_or_default()
    }
}

/// A man of Hà Nội, born 1960–1999, who comes home from Quảng Ninh for work.
fn body(citizen: u64, today: &str) -> Value {
    let pick = |words: &[&'static str], by: u64| words[(citizen / by) as usize % words.len()];
    let name = [pick(&FAMILY, 35), pick(&MIDDLE, 7), pick(&GIVEN, 1)].join(" ");
    let (year, number) = (60 + citizen % 40, UNREGISTERED + citizen / 40);
    let home = json!({"unit": "2025-1-4", "house": format!("{} Phố Huế", 1 + citizen % 300)});
    json!({
        "province": "ha-noi", "language": "vi", "checkpoint": 1,
        "person": {
            "name": name,
            "document": {"kind": "cccd", "number": format!("0010{year}{number:06}")},
            "birth": format!("19{year}-{:02}-{:02}", 1 + citizen % 12, 1 + citizen % 28),
            "gender": "male", "nationality": "VN",
            "phone": format!("09{:08}", 10_000_000 + citizen),
        },
        "permanent": home, "staying": home,
        "journey": {
            "origin": {"unit": "2025-22-6688"}, "destination": {"unit": "2025-1-4"},
            "transport": "road", "travels_on": today, "plate": format!("29A-{:03}.{:02}", citizen / 100 % 1_000, citizen % 100),
        },
        "answers": {
            "1": "no", "2": "no", "3": "no", "4": "no", "5": "no", "6": "no", "7": "no",
            "20": "no", "21": "no", "22": "no", "50": "0", "100": "yes", "101": "yes", "102": "0",
        },
        "commitment": true,
    })
}

impl Traffic for Declaring {
    fn request(&self, nth: u64) -> Vec<u8> {
        let head = format!("idempotency-key: {}\r\n", self.clock.uuid());
        post(
            "/api/v1/declarations",
            &head,
            &body(nth, &self.today).to_string(),
        )
    }

    fn answered(&self, _: u64, status: u16, body: &str) -> Result<()> {
        ensure!(status == 201, "a declaration was answered {status}: {body}");
        // Reading the whole JSON would cost as much as some of what is measured.
        let pass = body
            .split_once(r#""qr":""#)
            .and_then(|(_, rest)| rest.split_once('"'));
        let (pass, _) = pass.context("a declaration without a pass")?;
        if let Ok(mut passes) = self.passes.lock() {
            passes.push(pass.to_owned());
        }
        Ok(())
    }
}

/// Officers who scan passes and record the crossings, in one request each.
pub(crate) struct Scanning {
    clock: Clock,
    tokens: Vec<String>,
    passes: Vec<String>,
}

impl Scanning {
    /// Logs the officers in and puts them on duty at Hà Nội's first post.
    pub(crate) async fn new(site: &Site, officers: usize, passes: Vec<String>) -> Result<Self> {
        ensure!(!passes.is_empty(), "nothing to scan");
        let mut connection = Connection::open(site.address).await?;
        let mut tokens = Vec::with_capacity(officers);
        for number in 0..officers {
            let login = format!("{}-{number}", site.officer.0);
            site.add_officer(&login)?;
            let who = json!({"login": login, "password": site.officer.1}).to_string();
            let (status, body) = connection.send(&post("/api/v1/login", "", &who)).await?;
            ensure!(status == 200, "a log-in was answered {status}: {body}");
            let token: Value = serde_json::from_str(body)?;
            let token = token["token"].as_str().context("no token")?.to_owned();
            let head = format!("authorization: Bearer {token}\r\n");
            let duty = json!({"checkpoint": 1, "direction": "entry"}).to_string();
            let (status, body) = connection.send(&post("/api/v1/duty", &head, &duty)).await?;
            ensure!(status == 204, "a duty was answered {status}: {body}");
            tokens.push(token);
        }
        Ok(Self {
            clock: Clock::system(),
            tokens,
            passes,
        })
    }
}

impl Traffic for Scanning {
    fn request(&self, nth: u64) -> Vec<u8> {
        let nth = nth as usize;
        let token = &self.tokens[nth % self.tokens.len()];
        let scan = json!({
            "code": self.passes[nth % self.passes.len()],
            "direction": "entry", "record": true, "crossing": self.clock.uuid(),
        });
        let head = format!("authorization: Bearer {token}\r\n");
        post("/api/v1/scans", &head, &scan.to_string())
    }

    fn answered(&self, _: u64, status: u16, body: &str) -> Result<()> {
        ensure!(status == 200, "a scan was answered {status}: {body}");
        ensure!(
            body.contains(r#""repeated":false"#) && !body.contains(r#""recorded":null"#),
            "a scan was not recorded: {body}"
        );
        ensure!(
            body.contains(r#""status":"VALID""#),
            "a pass was not valid: {body}"
        );
        Ok(())
    }
}
