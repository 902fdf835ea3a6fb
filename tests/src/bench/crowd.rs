//! People who declare in chats at the same time: each says the next thing some seconds after it
//! was asked, or at once.

use std::net::SocketAddr;
use std::ops::Range;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;

use crate::bot_api::{BotApi, Shown};
use crate::http::{Connection, SILENCE};
use crate::ussd::has_code;

/// Turns of a dialogue: the command, the document, the name, the place, three pages of questions.
pub(crate) const TURNS: u32 = 7;
/// Telegram calls a hook by so many connections at a time.
const CONNECTIONS: usize = 40;
/// Who hears nothing for so long has lost a reply.
const PATIENCE: Duration = Duration::from_secs(60);

/// All of them.
pub(crate) struct Crowd {
    /// Where our hook is.
    address: SocketAddr,
    /// The hook's path and secret header.
    hook: &'static str,
    api: BotApi,
    idle: Mutex<Vec<(Instant, Connection)>>,
    calls: Semaphore,
    updates: AtomicI64,
    /// What the first person was asked: everybody is asked the same.
    asked: OnceLock<Vec<String>>,
}

/// When people speak.
#[derive(Clone, Copy)]
pub(crate) enum Pace {
    /// At a rate of turns a second in all, evenly spread, whatever became of others' turns.
    Open(u32),
    /// As soon as they are asked.
    Closed,
}

/// Milliseconds of each turn.
pub(crate) struct Heard {
    /// All turns.
    pub(crate) turns: Vec<f64>,
    /// Only those that end with a pass.
    pub(crate) passes: Vec<f64>,
    /// Seconds from the first word to the last pass.
    pub(crate) seconds: f64,
}

impl Crowd {
    pub(crate) fn new(address: SocketAddr, hook: &'static str, api: BotApi) -> Arc<Self> {
        Arc::new(Self {
            address,
            hook,
            api,
            idle: Mutex::default(),
            calls: Semaphore::new(CONNECTIONS),
            updates: AtomicI64::new(1),
            asked: OnceLock::new(),
        })
    }

    /// Has these people declare, each in a chat of its own; fails if one is answered out of
    /// order, not at all, or once too often.
    pub(crate) async fn declare(self: &Arc<Self>, people: Range<i64>, pace: Pace) -> Result<Heard> {
        let begin = Instant::now();
        let count = u32::try_from(people.end - people.start)?;
        let mut talking = JoinSet::new();
        for (place, person) in (0..).zip(people) {
            let crowd = Arc::clone(self);
            let dues = (0..TURNS).map(move |turn| match pace {
                Pace::Open(rate) => {
                    Some(begin + Duration::from_secs(1) * (turn * count + place) / rate)
                }
                Pace::Closed => None,
            });
            talking.spawn(async move { crowd.dialogue(person, dues).await });
        }
        let (mut turns, mut passes, mut chats) = (Vec::new(), Vec::new(), Vec::new());
        while let Some(ended) = talking.join_next().await {
            let (times, chat) = ended??;
            passes.extend(times.last());
            turns.extend(times);
            chats.push(chat);
        }
        let seconds = begin.elapsed().as_secs_f64();
        // What came too often came in the meantime, or comes now.
        tokio::time::sleep(Duration::from_millis(500)).await;
        ensure!(
            chats.iter_mut().all(|chat| chat.try_recv().is_err()),
            "a chat was shown more than it asked for"
        );
        turns.sort_by(f64::total_cmp);
        passes.sort_by(f64::total_cmp);
        Ok(Heard {
            turns,
            passes,
            seconds,
        })
    }

    /// One person's; milliseconds of each turn, from when it was due.
    async fn dialogue(
        &self,
        person: i64,
        dues: impl Iterator<Item = Option<Instant>>,
    ) -> Result<(Vec<f64>, UnboundedReceiver<Shown>)> {
        let mut chat = self.api.chat(person);
        let mut times = Vec::with_capacity(TURNS as usize);
        let mut shown: Vec<Shown> = Vec::with_capacity(TURNS as usize);
        for due in dues {
            if let Some(due) = due {
                tokio::time::sleep_until(due.into()).await;
            }
            let due = due.unwrap_or_else(Instant::now);
            let update = self.update(person, shown.len(), shown.last());
            self.post(&update).await?;
            let next = tokio::time::timeout(PATIENCE, chat.recv()).await;
            let next = next.context("a reply was lost")?.context("no reply")?;
            times.push((next.at - due).as_secs_f64() * 1_000.0);
            shown.push(next);
        }
        self.check(&shown)?;
        Ok((times, chat))
    }

    fn check(&self, shown: &[Shown]) -> Result<()> {
        let (pass, asked) = shown.split_last().context("no replies")?;
        ensure!(
            pass.has_picture && has_code(&pass.text),
            "the last reply is no pass: {}",
            pass.text
        );
        let asked: Vec<String> = asked.iter().map(|s| s.text.clone()).collect();
        ensure!(
            shown.iter().filter(|s| s.has_picture).count() == 1,
            "more than one picture"
        );
        let first = self.asked.get_or_init(|| asked.clone());
        ensure!(*first == asked, "asked {asked:?} in the place of {first:?}");
        Ok(())
    }

    /// What a person does in a turn: types, or presses the last button under a page of questions,
    /// which says that nothing of it is so.
    fn update(&self, person: i64, turn: usize, asked: Option<&Shown>) -> Value {
        let document = format!("001090{:06}", person % 1_000_000);
        let typed = match turn {
            0 => "/khaibao",
            1 => &document,
            2 => "Nguyễn Văn An",
            3 => "Bắc Ninh",
            _ => "0",
        };
        let id = self.updates.fetch_add(1, Ordering::Relaxed);
        let from = json!({"id": person, "is_bot": false, "language_code": "vi"});
        let chat = json!({"id": person, "type": "private"});
        let pressed = asked.filter(|_| turn > 3);
        if let Some((shown, data)) = pressed.and_then(|s| Some((s, s.button.as_ref()?))) {
            let under = json!({"message_id": shown.message, "chat": chat});
            let press = json!({"id": id.to_string(), "from": from, "message": under, "data": data});
            return json!({"update_id": id, "callback_query": press});
        }
        let message = json!({"message_id": id, "chat": chat, "from": from, "text": typed});
        json!({"update_id": id, "message": message})
    }

    async fn post(&self, update: &Value) -> Result<()> {
        let _call = self.calls.acquire().await?;
        let kept = self.idle.lock().ok().and_then(|mut kept| kept.pop());
        let mut connection = match kept {
            Some((used, connection)) if used.elapsed() < SILENCE => connection,
            _ => Connection::open(self.address).await?,
        };
        let body = update.to_string();
        let request = format!(
            "POST {}content-type: application/json\r\nhost: bench\r\ncontent-length: {}\r\n\r\n{body}",
            self.hook,
            body.len()
        );
        let (status, said) = connection.send(request.as_bytes()).await?;
        ensure!(status == 200, "an update was answered {status}: {said}");
        if let Ok(mut kept) = self.idle.lock() {
            kept.push((Instant::now(), connection));
        }
        Ok(())
    }
}
