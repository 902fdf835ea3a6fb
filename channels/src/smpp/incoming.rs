//! What a delivery says: a receipt, a text or one part of it.

use workflows::message::{Event, Inbound, PartOf};

use super::coding::Codings;
use super::receipt;
use super::settings::ReceiptId;
use super::wire::{Delivery, tag};

const UDH_INDICATOR: u8 = 0x40;
/// Concatenation with an 8-bit and with a 16-bit reference (TS 23.040 §9.2.3.24.1, .8).
const CONCATENATED_8: u8 = 0x00;
const CONCATENATED_16: u8 = 0x08;

/// The event of a delivery.
///
/// A text has an `event_id` only where the SMSC names the message. The sender's
/// `user_message_reference` is no such name: phones count to 255 and begin again, and a person's
/// second declaration must not be taken for the first.
pub(super) fn event(delivery: &Delivery, codings: Codings, ids: ReceiptId) -> Event {
    let (header, octets) = split_header(delivery);
    let text = codings.decode(delivery.data_coding, octets);
    if let Some(receipt) = receipt::read(delivery, text.as_deref(), ids) {
        return Event::Receipt(receipt);
    }
    let Some(text) = text else {
        return Event::Ignored("no text".into());
    };
    if delivery.from.is_empty() {
        return Event::Ignored("no sender".into());
    }
    Event::Message(Inbound {
        event_id: delivery.string(tag::RECEIPTED_MESSAGE_ID),
        from: delivery.from.clone(),
        to: delivery.to.clone(),
        text,
        part: header
            .and_then(part_in_header)
            .or_else(|| part_in_parameters(delivery)),
        ..Inbound::default()
    })
}

/// The user data header, if there is one, and the rest. A header that is longer than the message
/// is none.
fn split_header(delivery: &Delivery) -> (Option<&[u8]>, &[u8]) {
    let octets = delivery.octets.as_slice();
    let split = octets
        .split_first()
        .filter(|_| delivery.esm_class & UDH_INDICATOR != 0)
        .and_then(|(length, rest)| rest.split_at_checked(usize::from(*length)));
    match split {
        Some((header, rest)) => (Some(header), rest),
        None => (None, octets),
    }
}

fn part_in_header(mut header: &[u8]) -> Option<PartOf> {
    while let [kind, length, rest @ ..] = header {
        let (value, next) = rest.split_at_checked(usize::from(*length))?;
        let (reference, total, number) = match (*kind, value) {
            (CONCATENATED_8, &[reference, total, number]) => (u16::from(reference), total, number),
            (CONCATENATED_16, &[high, low, total, number]) => {
                (u16::from_be_bytes([high, low]), total, number)
            }
            _ => {
                header = next;
                continue;
            }
        };
        return part(reference, number, total);
    }
    None
}

fn part_in_parameters(delivery: &Delivery) -> Option<PartOf> {
    let small = |tag| delivery.number(tag).and_then(|n| u8::try_from(n).ok());
    let reference = delivery.number(tag::SAR_REFERENCE)?;
    part(
        u16::try_from(reference & 0xffff).ok()?,
        small(tag::SAR_NUMBER)?,
        small(tag::SAR_TOTAL)?,
    )
}

/// A text of one part is whole; a place outside of the text is none (TS 23.040 has both ignored).
fn part(reference: u16, number: u8, total: u8) -> Option<PartOf> {
    (total > 1 && (1..=total).contains(&number)).then_some(PartOf {
        reference,
        number,
        total,
    })
}

#[cfg(test)]
mod tests {
    use bytes::{BufMut, BytesMut};
    use proptest::prelude::*;

    use super::*;
    use crate::smpp::settings::SmppSettings;
    use crate::smpp::{ussd, wire};

    const ACCOUNT: &str = r#"{"address": "127.0.0.1:2775", "system_id": "k", "password": "p",
        "ussd": {"end_flag": true}}"#;

    fn understand(id: u32, body: &[u8]) {
        let settings: SmppSettings = serde_json::from_str(ACCOUNT).unwrap();
        let mut buffer = BytesMut::new();
        buffer.put_u32(16 + u32::try_from(body.len()).unwrap());
        buffer.put_u32(id);
        buffer.put_u64(7);
        buffer.extend_from_slice(body);
        let heard = wire::cut(&mut buffer).unwrap().unwrap();
        assert!(buffer.is_empty());
        let _ = heard.message_id();
        if let Some(delivery) = heard.delivery() {
            let codings = Codings::of(&settings);
            let _ = event(&delivery, codings, ReceiptId::HexToDec);
            let _ = ussd::turn(&delivery, settings.ussd.as_ref().unwrap(), codings);
        }
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_strange(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            understand(wire::id::DELIVER_SM, &body);
            understand(wire::id::DATA_SM, &body);
            let mut buffer = BytesMut::from(body.as_slice());
            while let Ok(Some(_)) = wire::cut(&mut buffer) {}
        }

        #[test]
        fn no_text_and_no_parameter_is_too_strange(
            class in any::<u8>(),
            coding in any::<u8>(),
            octets in proptest::collection::vec(any::<u8>(), 0..255),
            parameters in proptest::collection::vec(
                (prop_oneof![Just(0x1e_u16), Just(0x427), Just(0x423), Just(0x501), Just(0x1383), Just(0x20c), any::<u16>()],
                 proptest::collection::vec(any::<u8>(), 0..20)), 0..6),
        ) {
            let mut body = b"\0\x01\x0184912345678\0\x01\x018066\0".to_vec();
            body.extend([class, 0, 0, 0, 0, 0, 0, coding, 0]);
            body.push(u8::try_from(octets.len()).unwrap());
            body.extend(octets);
            for (tag, value) in parameters {
                body.extend(tag.to_be_bytes());
                body.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
                body.extend(value);
            }
            understand(wire::id::DELIVER_SM, &body);
        }

        #[test]
        fn any_text_makes_a_receipt_or_none(text in "(id:|stat:|err:|ID: |\\PC| ){0,20}") {
            let body = [b"\0\x01\x011\0\x01\x012\0\x04\0\0\0\0\0\0\x08\0".as_slice(), &[0]].concat();
            understand(wire::id::DELIVER_SM, &body);
            let mut heard = delivery();
            heard.esm_class = 4;
            let _ = receipt::read(&heard, Some(&text), ReceiptId::DecToHex);
        }
    }

    fn delivery() -> Delivery {
        Delivery {
            service_type: String::new(),
            from: "84912345678".into(),
            to: "8066".into(),
            esm_class: 0,
            data_coding: 0,
            octets: Vec::new(),
            parameters: Vec::new(),
        }
    }
}
