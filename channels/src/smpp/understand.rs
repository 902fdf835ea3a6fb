//! What the octets of an SMSC mean, without a connection.

use bytes::BytesMut;
use workflows::message::{Event, Turn};

use super::coding::Codings;
use super::settings::SmppSettings;
use super::{incoming, ussd, wire};

/// One delivery of an SMSC, understood.
pub enum Understood {
    /// A text or a receipt.
    Event(Event),
    /// A request of a USSD dialogue.
    Turn(Turn),
}

/// Reads what an account's SMSC sends, PDU after PDU, up to one that is none or broken off, as a
/// bind reads it. What is no delivery or asks for nothing is left out.
pub fn understand(octets: &[u8], settings: &SmppSettings) -> Vec<Understood> {
    let codings = Codings::of(settings);
    let mut buffer = BytesMut::from(octets);
    let mut all = Vec::new();
    while let Ok(Some(heard)) = wire::cut(&mut buffer) {
        let _ = heard.message_id();
        let is_handed_over = matches!(heard.id, wire::id::DELIVER_SM | wire::id::DATA_SM);
        let Some(delivery) = heard.delivery().filter(|_| is_handed_over) else {
            continue;
        };
        if !ussd::is_ussd(&delivery) {
            let event = incoming::event(&delivery, codings, settings.receipt_id);
            all.push(Understood::Event(event));
        } else if let Some(profile) = &settings.ussd {
            all.extend(ussd::turn(&delivery, profile, codings).map(Understood::Turn));
        }
    }
    all
}
