//! The demo's feature phone: texts and USSD against this very server, through the same inlets and
//! the same outbox as a gateway's. The number is personal data even here: it travels in bodies
//! only, never in an address.

use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use channels::demo::{Dialogue, Handset, HandsetText};
use serde::{Deserialize, Serialize};
use workflows::message::{Event, Inbound, Turn, TurnInput};
use workflows::person::Phone;
use workflows::phrase;

use super::error::Error;
use super::page::{Page, Reader};
use crate::demo::{self, DemoLines};
use crate::state::App;

/// `demo_phone.html`.
#[derive(Serialize)]
struct PhonePage {
    number: String,
    /// `home`, `texts` or `ussd`.
    view: View,
    entry: String,
    texts: Vec<TextView>,
    ussd: Option<UssdView>,
    counters: Counters,
    /// Changes with what the phone holds, so that a script knows when to draw it anew.
    version: String,
    time: String,
    /// Number to write to, and code to dial.
    short_number: String,
    code: String,
    keys: [Key; 12],
    examples: Vec<String>,
    error: Option<String>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum View {
    #[default]
    Home,
    Texts,
    Ussd,
}

#[derive(Serialize)]
struct TextView {
    own: bool,
    text: String,
    time: String,
    came: usize,
    total: u8,
    /// `GSM` or `UCS-2`.
    alphabet: &'static str,
    /// Septets, or UTF-16 units, of all parts.
    units: usize,
}

#[derive(Serialize)]
struct UssdView {
    text: String,
    continues: bool,
    septets: usize,
}

#[derive(Serialize)]
struct Counters {
    parts_sent: u64,
    parts_received: u64,
    screens: u64,
    /// What the parts received cost the service, in đồng.
    cost: u64,
}

#[derive(Clone, Copy, Serialize)]
struct Key {
    sign: &'static str,
    letters: &'static str,
}

const KEYS: [Key; 12] = [
    key("1", ". , ?"),
    key("2", "ABC"),
    key("3", "DEF"),
    key("4", "GHI"),
    key("5", "JKL"),
    key("6", "MNO"),
    key("7", "PQRS"),
    key("8", "TUV"),
    key("9", "WXYZ"),
    key("*", "+"),
    key("0", "␣"),
    key("#", "Aa1"),
];

const fn key(sign: &'static str, letters: &'static str) -> Key {
    Key { sign, letters }
}

impl Page for PhonePage {
    const TEMPLATE: &'static str = "demo_phone.html";
}

/// Longest text that the phone sends, in characters: about ten parts.
const TEXT_MAX: usize = 1_000;
const DIAL_MAX: usize = 60;

/// What a press sends.
#[derive(Default, Deserialize)]
pub(super) struct Press {
    #[serde(default)]
    number: String,
    #[serde(default)]
    view: View,
    #[serde(default)]
    entry: String,
    /// The key: `call end send answer texts home look`, or `key` with a sign of the keypad.
    #[serde(default, rename = "do")]
    action: String,
    /// A sign of the keypad.
    #[serde(default)]
    key: String,
    /// An example to put on the screen.
    #[serde(default, rename = "try")]
    example: String,
}

/// What shows after a press.
struct Shown {
    view: View,
    entry: String,
    error: Option<&'static str>,
}

impl Shown {
    fn of(view: View) -> Self {
        Self {
            view,
            entry: String::new(),
            error: None,
        }
    }

    fn wrong(view: View, entry: String, error: &'static str) -> Self {
        Self {
            view,
            entry,
            error: Some(error),
        }
    }
}

/// A phone fresh from the box, with a number of its own.
pub(super) async fn page(State(app): State<App>, reader: Reader) -> Result<Response, Error> {
    let lines = demo::lines(&app).ok_or(Error::NotFound)?;
    let drawn = u32::from_be_bytes(app.workflows.clock.random()) % 10_000_000;
    let number = format!("090{drawn:07}");
    let number = Phone::parse(&number).map_err(|_| Error::NotFound)?;
    Ok(show(
        &app,
        &lines,
        &reader,
        (&number, Shown::of(View::Home)),
    ))
}

/// One press of a key.
pub(super) async fn press(
    State(app): State<App>,
    reader: Reader,
    Form(press): Form<Press>,
) -> Result<Response, Error> {
    let lines = demo::lines(&app).ok_or(Error::NotFound)?;
    let number = Phone::parse(&press.number)
        .ok()
        .filter(Phone::is_textable)
        .ok_or_else(|| Error::Invalid("phone-demo", Vec::new()))?;
    let hand = Hand {
        lines: &lines,
        number: &number,
        now: app.workflows.clock.now(),
    };
    let shown = hand.press(&press).await;
    hand.report_deliveries().await;
    let failed = shown.error.is_some();
    let mut response = show(&app, &lines, &reader, (&number, shown));
    if failed {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// Whoever holds a phone.
struct Hand<'a> {
    lines: &'a DemoLines,
    number: &'a Phone,
    now: workflows::clock::Moment,
}

impl Hand<'_> {
    async fn press(&self, press: &Press) -> Shown {
        let entry = press.entry.trim();
        if !press.example.is_empty() {
            return example(&press.example);
        }
        if !press.key.is_empty() {
            return Shown {
                entry: format!("{}{}", press.entry, press.key),
                ..Shown::of(press.view)
            };
        }
        match (press.action.as_str(), press.view) {
            ("call", View::Home) => self.dial(entry).await,
            ("send", _) => self.write(entry).await,
            ("answer" | "call", View::Ussd) => self.answer(entry).await,
            ("end", _) => {
                self.hang_up().await;
                Shown::of(View::Home)
            }
            ("home", _) => Shown::of(View::Home),
            ("texts", _) => Shown::of(View::Texts),
            _ => Shown {
                entry: press.entry.clone(),
                ..Shown::of(press.view)
            },
        }
    }

    async fn write(&self, text: &str) -> Shown {
        if text.is_empty() {
            return Shown::of(View::Texts);
        }
        let keep = |error| Shown::wrong(View::Texts, text.to_owned(), error);
        if text.chars().count() > TEXT_MAX {
            return keep("too-long");
        }
        let parts = demo::cut(text);
        self.lines.network.wrote(self.number.e164(), &parts);
        let reference = self.lines.network.reference();
        for (part, text) in demo::numbered(reference, &parts).zip(&parts) {
            let taken = self.lines.sms.take(Event::Message(Inbound {
                event_id: Some(self.lines.network.name()),
                from: self.number.e164().to_owned(),
                to: self.lines.short_number.clone(),
                text: text.clone(),
                part,
                sent_at: Some(self.now),
                ..Inbound::default()
            }));
            if taken.await.is_err() {
                return keep("demo-network");
            }
        }
        Shown::of(View::Texts)
    }

    async fn dial(&self, code: &str) -> Shown {
        let is_code = code.starts_with('*')
            && code.ends_with('#')
            && code.len() <= DIAL_MAX
            && code.chars().all(|c| c.is_ascii_digit() || "*#".contains(c));
        if !is_code {
            return Shown::wrong(View::Home, code.to_owned(), "demo-dial");
        }
        self.hang_up().await;
        let dialogue = (self.lines.network.name(), code.to_owned());
        self.turn(dialogue, String::new()).await
    }

    async fn answer(&self, text: &str) -> Shown {
        let open = self.lines.network.handset(self.number.e164()).dialogue;
        let Some(open) = open.filter(|d| d.screen.continues) else {
            return Shown::of(View::Home);
        };
        let text: String = text.chars().take(DIAL_MAX).collect();
        let typed = match open.typed.as_str() {
            "" => text,
            before => format!("{before}*{text}"),
        };
        self.turn((open.session, open.code), typed).await
    }

    async fn turn(&self, (session, code): (String, String), typed: String) -> Shown {
        let number = self.number.e164();
        let turn = Turn {
            session: session.clone(),
            from: number.to_owned(),
            code: code.clone(),
            input: TurnInput::History(typed.clone()),
        };
        let Ok(screen) = self.lines.ussd.turn(turn).await else {
            return Shown::wrong(View::Home, code, "demo-network");
        };
        let dialogue = Dialogue {
            session,
            code,
            typed,
            screen,
        };
        self.lines.network.shows(number, dialogue);
        Shown::of(View::Ussd)
    }

    /// The network tells the service when a caller leaves an open dialogue.
    async fn hang_up(&self) {
        let number = self.number.e164();
        let left = self.lines.network.hang_up(number);
        let Some(left) = left.filter(|d| d.screen.continues) else {
            return;
        };
        let ended = Turn {
            session: left.session,
            from: number.to_owned(),
            code: left.code,
            input: TurnInput::Ended,
        };
        if self.lines.ussd.turn(ended).await.is_err() {
            tracing::warn!("the end of a dialogue was not stored");
        }
    }

    async fn report_deliveries(&self) {
        for receipt in self.lines.network.take_receipts(self.number.e164()) {
            if self.lines.sms.take(Event::Receipt(receipt)).await.is_err() {
                tracing::warn!("a receipt was not stored");
            }
        }
    }
}

/// Puts an example on the screen where it belongs.
fn example(example: &str) -> Shown {
    let view = if example.starts_with('*') {
        View::Home
    } else {
        View::Texts
    };
    Shown {
        entry: example.chars().take(TEXT_MAX).collect(),
        ..Shown::of(view)
    }
}

fn show(
    app: &App,
    lines: &DemoLines,
    reader: &Reader,
    (number, shown): (&Phone, Shown),
) -> Response {
    let handset = lines.network.handset(number.e164());
    let error = shown.error.map(|code| {
        let key = format!("error-{code}");
        phrase::text(reader.language, &key)
    });
    let page = PhonePage {
        number: number.local_text(),
        // A dialogue that is gone has no screen.
        view: match handset.dialogue {
            None if shown.view == View::Ussd => View::Home,
            _ => shown.view,
        },
        entry: shown.entry,
        ussd: handset.dialogue.as_ref().map(ussd_view),
        texts: handset.texts.iter().map(text_view).collect(),
        version: version(&handset),
        counters: Counters {
            parts_sent: handset.parts_sent,
            parts_received: handset.parts_received,
            screens: handset.screens,
            cost: handset.parts_received.saturating_mul(lines.part_cost),
        },
        time: app.workflows.clock.now().local_time_text(),
        short_number: lines.short_number.clone(),
        code: lines.code.clone(),
        keys: KEYS,
        examples: demo::examples(&lines.code),
        error,
    };
    app.pages
        .respond(reader.language, &reader.path, None, &page)
}

fn version(handset: &Handset) -> String {
    let Handset {
        parts_sent,
        parts_received,
        screens,
        ..
    } = handset;
    format!("{parts_sent}.{parts_received}.{screens}")
}

fn text_view(kept: &HandsetText) -> TextView {
    let text = kept.text();
    let (alphabet, units) = demo::measure(&text);
    TextView {
        own: kept.is_own,
        text,
        time: kept.at.local_time_text(),
        came: kept.parts.len(),
        total: kept.total,
        alphabet,
        units,
    }
}

fn ussd_view(dialogue: &Dialogue) -> UssdView {
    UssdView {
        text: dialogue.screen.text.clone(),
        continues: dialogue.screen.continues,
        septets: demo::measure(&dialogue.screen.text).1,
    }
}
