//! The demo's network: feature phones kept in memory, for the page `/demo/phone`. It takes text
//! parts as a gateway does, and holds the receipt of each until the phone is looked at.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use workflows::clock::{Clock, Moment};
use workflows::message::{PartOf, Receipt, ReceiptState, Screen};

use crate::{Content, Outbound, Sender, Sent};

/// Phones and texts kept; the one that was not used for longest gives way.
const PHONES: usize = 200;
const TEXTS: usize = 40;

/// Every phone of the demo, by number in E.164. Clones share them.
#[derive(Clone)]
pub struct DemoNetwork {
    clock: Clock,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    phones: HashMap<String, Handset>,
    /// Counts uses: orders phones by their last one, and names messages.
    uses: u64,
}

/// One phone: what is on it and what it has cost.
#[derive(Clone, Default)]
pub struct Handset {
    /// Texts in and out, oldest first.
    pub texts: Vec<HandsetText>,
    /// The USSD dialogue that is open or was just answered.
    pub dialogue: Option<Dialogue>,
    /// Parts that it sent, in all.
    pub parts_sent: u64,
    /// Parts that reached it, in all.
    pub parts_received: u64,
    /// USSD screens shown, in all.
    pub screens: u64,
    receipts: Vec<Receipt>,
    used: u64,
}

/// A text on a phone, put together as far as its parts have come.
#[derive(Clone)]
pub struct HandsetText {
    /// Written on this phone; otherwise it came in.
    pub is_own: bool,
    /// Its parts with their numbers, from 1.
    pub parts: Vec<(u8, String)>,
    /// How many parts it has.
    pub total: u8,
    /// When its first part came.
    pub at: Moment,
    /// A number that grows from text to text.
    pub order: u64,
    reference: Option<u16>,
}

impl HandsetText {
    /// The whole of it, as far as it has come.
    pub fn text(&self) -> String {
        self.parts.iter().map(|(_, text)| text.as_str()).collect()
    }
}

/// A USSD dialogue as the phone shows it.
#[derive(Clone)]
pub struct Dialogue {
    /// The network's name of it.
    pub session: String,
    /// What was dialled.
    pub code: String,
    /// Everything typed so far, joined by `*`, as gateways of the history style tell it: nothing
    /// is answered twice, and the same answer may be given twice in a row.
    pub typed: String,
    /// The screen that shows.
    pub screen: Screen,
}

impl fmt::Debug for DemoNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DemoNetwork(…)")
    }
}

impl DemoNetwork {
    /// A network without phones.
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            inner: Arc::default(),
        }
    }

    /// A phone as it is now; a new one if nobody has used the number.
    pub fn handset(&self, number: &str) -> Handset {
        let inner = self.lock();
        inner.phones.get(number).cloned().unwrap_or_default()
    }

    /// Puts a text that was written on a phone among its messages.
    pub fn wrote(&self, number: &str, parts: &[String]) {
        self.with(number, |phone, at| {
            phone.parts_sent = phone.parts_sent.saturating_add(count(parts.len()));
            let parts: Vec<_> = (1..).zip(parts.iter().cloned()).collect();
            phone.keep(HandsetText {
                is_own: true,
                total: u8::try_from(parts.len()).unwrap_or(u8::MAX),
                parts,
                at,
                order: phone.used,
                reference: None,
            });
        });
    }

    /// Shows a screen of a dialogue.
    pub fn shows(&self, number: &str, dialogue: Dialogue) {
        self.with(number, |phone, _| {
            phone.screens = phone.screens.saturating_add(1);
            phone.dialogue = Some(dialogue);
        });
    }

    /// Takes the dialogue off the screen.
    pub fn hang_up(&self, number: &str) -> Option<Dialogue> {
        self.with(number, |phone, _| phone.dialogue.take())
    }

    /// The receipts of what has come since the phone was looked at: it counts as delivered once
    /// somebody holds the phone.
    pub fn take_receipts(&self, number: &str) -> Vec<Receipt> {
        let mut inner = self.lock();
        let phone = inner.phones.get_mut(number);
        phone.map_or_else(Vec::new, |phone| std::mem::take(&mut phone.receipts))
    }

    /// A name for a dialogue or a message: unique in this process.
    pub fn name(&self) -> String {
        let mut inner = self.lock();
        inner.uses += 1;
        format!("demo-{:08x}-{}", self.draw(), inner.uses)
    }

    /// What joins the parts of one text.
    pub fn reference(&self) -> u16 {
        u16::from_be_bytes(self.clock.random())
    }

    /// Messages of an earlier process must not share a name with this one's.
    fn draw(&self) -> u32 {
        u32::from_be_bytes(self.clock.random())
    }

    fn with<T>(&self, number: &str, change: impl FnOnce(&mut Handset, Moment) -> T) -> T {
        let mut inner = self.lock();
        inner.uses += 1;
        let used = inner.uses;
        if !inner.phones.contains_key(number) && inner.phones.len() >= PHONES {
            let oldest = inner.phones.iter().min_by_key(|(_, phone)| phone.used);
            if let Some(oldest) = oldest.map(|(number, _)| number.clone()) {
                inner.phones.remove(&oldest);
            }
        }
        let phone = inner.phones.entry(number.to_owned()).or_default();
        phone.used = used;
        change(phone, self.clock.now())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Handset {
    fn keep(&mut self, text: HandsetText) {
        if self.texts.len() >= TEXTS {
            self.texts.remove(0);
        }
        self.texts.push(text);
    }

    /// Puts a part where it belongs: parts of one text may come in any order.
    fn receive(&mut self, text: &str, part: Option<PartOf>, at: Moment) {
        self.parts_received = self.parts_received.saturating_add(1);
        let (reference, number, total) = part.map_or((None, 1, 1), |p| {
            (Some(p.reference), p.number, p.total.max(1))
        });
        let begun = self.texts.iter_mut().rev().find(|kept| {
            reference.is_some()
                && kept.reference == reference
                && kept.total == total
                && kept.parts.iter().all(|(known, _)| *known != number)
        });
        if let Some(begun) = begun {
            begun.parts.push((number, text.to_owned()));
            begun.parts.sort_by_key(|(number, _)| *number);
            return;
        }
        self.keep(HandsetText {
            is_own: false,
            parts: vec![(number, text.to_owned())],
            total,
            at,
            order: self.used,
            reference,
        });
    }
}

#[async_trait]
impl Sender for DemoNetwork {
    async fn send(&self, message: &Outbound) -> Sent {
        let Content::Text(part) = &message.content else {
            return Sent::Refused {
                code: "not a text".into(),
            };
        };
        let id = self.name();
        self.with(&message.to, |phone, at| {
            phone.receive(&part.text, part.part, at);
            phone.receipts.push(Receipt {
                provider_id: id.clone(),
                to: Some(message.to.clone()),
                state: ReceiptState::Delivered,
                code: None,
            });
        });
        Sent::Accepted { id }
    }
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use workflows::ids::OutboundId;
    use workflows::message::TextPart;

    use super::*;

    const AN: &str = "+84912345678";
    const BINH: &str = "+84987654321";

    fn network() -> DemoNetwork {
        DemoNetwork::new(Clock::fixed(Moment(0), 7))
    }

    async fn deliver(network: &DemoNetwork, to: &str, text: &str, part: Option<PartOf>) -> String {
        let message = Outbound {
            id: OutboundId(network.clock.uuid()),
            to: to.into(),
            content: Content::Text(TextPart {
                text: text.into(),
                part,
            }),
        };
        match network.send(&message).await {
            Sent::Accepted { id } => id,
            other => panic!("{other:?}"),
        }
    }

    fn part(number: u8) -> PartOf {
        PartOf {
            reference: 9,
            number,
            total: 3,
        }
    }

    #[tokio::test]
    async fn parts_that_come_in_any_order_become_one_text() {
        let network = network();
        for (number, text) in [(3, "c"), (1, "a"), (2, "b")] {
            deliver(&network, AN, text, Some(part(number))).await;
        }
        deliver(&network, AN, "a again", Some(part(1))).await;
        let phone = network.handset(AN);
        let texts: Vec<String> = phone.texts.iter().map(HandsetText::text).collect();
        assert_eq!(texts, ["abc", "a again"]);
        assert_eq!((phone.texts[0].total, phone.parts_received), (3, 4));
    }

    #[tokio::test]
    async fn no_phone_sees_the_texts_of_another() {
        let network = network();
        deliver(&network, AN, "for An", None).await;
        network.wrote(BINH, &["from Binh".into()]);
        assert_eq!(network.handset(AN).texts.len(), 1);
        assert_eq!(network.handset(BINH).texts[0].text(), "from Binh");
        assert_eq!(network.handset(BINH).parts_received, 0);
    }

    #[tokio::test]
    async fn each_part_is_reported_as_delivered_once_when_its_phone_is_looked_at() {
        let network = network();
        let id = deliver(&network, AN, "hello", None).await;
        assert!(network.take_receipts(BINH).is_empty());
        let receipts = network.take_receipts(AN);
        assert_eq!(receipts[0].provider_id, id);
        assert_eq!(receipts[0].state, ReceiptState::Delivered);
        assert!(network.take_receipts(AN).is_empty());
    }

    #[tokio::test]
    async fn the_phone_that_was_not_used_for_longest_gives_way() {
        let network = network();
        for number in 0..=PHONES {
            network.wrote(&format!("+8490{number:07}"), &["x".into()]);
        }
        assert!(network.handset("+84900000000").texts.is_empty());
        assert_eq!(network.handset("+84900000001").texts.len(), 1);
    }
}
