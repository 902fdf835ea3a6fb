//! PDUs on the wire: strict in what we say, through rusmpp; tolerant in what we hear.
//!
//! SMSCs leave the zero off strings in parameters, send parameters of odd lengths and addresses
//! longer than the standard's; a decoder that insists would refuse a person's message. So frames
//! are cut here, by their length alone, and a bad one never spoils the next.

use std::fmt;

use bytes::{Buf, Bytes, BytesMut};
use rusmpp::encode::{Length, owned::Encode};
use rusmpp::{Command, CommandStatus, Pdu};
use workflows::text::latin1;

/// What a PDU is for (SMPP 3.4 §5.1.2.1).
pub(super) mod id {
    pub(in super::super) const DELIVER_SM: u32 = 0x05;
    pub(in super::super) const UNBIND: u32 = 0x06;
    pub(in super::super) const ENQUIRE_LINK: u32 = 0x15;
    pub(in super::super) const ALERT_NOTIFICATION: u32 = 0x102;
    pub(in super::super) const DATA_SM: u32 = 0x103;
    pub(in super::super) const REPLY: u32 = 0x8000_0000;
    pub(in super::super) const UNBIND_RESP: u32 = REPLY | UNBIND;
}

/// Optional parameters (SMPP 3.4 §5.3.2).
pub(super) mod tag {
    pub(in super::super) const RECEIPTED_MESSAGE_ID: u16 = 0x001e;
    pub(in super::super) const SAR_REFERENCE: u16 = 0x020c;
    pub(in super::super) const SAR_TOTAL: u16 = 0x020e;
    pub(in super::super) const SAR_NUMBER: u16 = 0x020f;
    pub(in super::super) const NETWORK_ERROR: u16 = 0x0423;
    pub(in super::super) const MESSAGE_PAYLOAD: u16 = 0x0424;
    pub(in super::super) const MESSAGE_STATE: u16 = 0x0427;
    pub(in super::super) const USSD_OPERATION: u16 = 0x0501;
    pub(in super::super) const ITS_SESSION: u16 = 0x1383;
}

const HEADER: usize = 16;
/// A `message_payload` has up to 65,535 octets.
const LONGEST: usize = 70_000;
/// Longer than any address or id of the standard.
const LONGEST_STRING: usize = 255;

/// The bytes are not SMPP; where the next PDU begins cannot be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not SMPP")]
pub(super) struct NotSmpp;

/// A PDU as it came: its header, and a body that is yet to be read.
pub(super) struct Heard {
    pub(super) id: u32,
    pub(super) status: u32,
    pub(super) sequence: u32,
    pub(super) body: Bytes,
}

/// What an SMSC delivers by `deliver_sm` or `data_sm`.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Delivery {
    pub(super) service_type: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) esm_class: u8,
    pub(super) data_coding: u8,
    /// `short_message`, or `message_payload` where that is given.
    pub(super) octets: Vec<u8>,
    pub(super) parameters: Vec<(u16, Vec<u8>)>,
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Delivery(…)")
    }
}

/// A PDU as bytes.
pub(super) fn encode(sequence: u32, status: CommandStatus, pdu: impl Into<Pdu>) -> Bytes {
    let command = Command::new(status, sequence, pdu);
    let length = 4 + command.length();
    let mut bytes = BytesMut::with_capacity(length);
    bytes.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
    command.encode(&mut bytes);
    bytes.freeze()
}

/// Takes one whole PDU off the front, if there is one.
pub(super) fn cut(buffer: &mut BytesMut) -> Result<Option<Heard>, NotSmpp> {
    let Some(head) = buffer.first_chunk::<4>() else {
        return Ok(None);
    };
    let length = usize::try_from(u32::from_be_bytes(*head)).unwrap_or(usize::MAX);
    if !(HEADER..=LONGEST).contains(&length) {
        return Err(NotSmpp);
    }
    if buffer.len() < length {
        buffer.reserve(length - buffer.len());
        return Ok(None);
    }
    let mut frame = buffer.split_to(length).freeze();
    frame.advance(4);
    Ok(Some(Heard {
        id: frame.get_u32(),
        status: frame.get_u32(),
        sequence: frame.get_u32(),
        body: frame,
    }))
}

impl Heard {
    /// The `message_id` of an answer; empty where an answer has no body.
    pub(super) fn message_id(&self) -> String {
        let mut body = self.body.clone();
        string(&mut body).unwrap_or_default()
    }

    /// Reads a `deliver_sm` or a `data_sm`; none if its mandatory part is broken off.
    pub(super) fn delivery(&self) -> Option<Delivery> {
        let mut body = self.body.clone();
        let body = &mut body;
        let service_type = string(body)?;
        let from = address(body)?;
        let to = address(body)?;
        let esm_class = octet(body)?;
        let mut octets = Vec::new();
        let data_coding;
        if self.id == id::DELIVER_SM {
            skip(body, 2)?;
            string(body)?;
            string(body)?;
            skip(body, 2)?;
            data_coding = octet(body)?;
            skip(body, 1)?;
            let length = usize::from(octet(body)?);
            octets = take(body, length)?;
        } else {
            skip(body, 1)?;
            data_coding = octet(body)?;
        }
        let parameters = parameters(body);
        let payload = parameters.iter().find(|p| p.0 == tag::MESSAGE_PAYLOAD);
        if let Some((_, payload)) = payload.filter(|_| octets.is_empty()) {
            octets.clone_from(payload);
        }
        Some(Delivery {
            service_type,
            from,
            to,
            esm_class,
            data_coding,
            octets,
            parameters,
        })
    }
}

impl Delivery {
    /// The bytes of a parameter.
    pub(super) fn parameter(&self, tag: u16) -> Option<&[u8]> {
        let found = self.parameters.iter().find(|(found, _)| *found == tag);
        found.map(|(_, value)| value.as_slice())
    }

    /// A parameter that is a number, whatever its width.
    pub(super) fn number(&self, tag: u16) -> Option<u64> {
        let value = self.parameter(tag).filter(|value| value.len() <= 8)?;
        (!value.is_empty()).then(|| value.iter().fold(0, |n, byte| n << 8 | u64::from(*byte)))
    }

    /// A parameter that is a string, with or without its final zero.
    pub(super) fn string(&self, tag: u16) -> Option<String> {
        let value = self.parameter(tag)?;
        let value = value.split(|byte| *byte == 0).next().unwrap_or(value);
        (!value.is_empty()).then(|| latin1::decode(value))
    }
}

/// Parameters up to the first that is broken off.
fn parameters(body: &mut Bytes) -> Vec<(u16, Vec<u8>)> {
    let mut found = Vec::new();
    while body.len() >= 4 {
        let tag = body.get_u16();
        let length = usize::from(body.get_u16());
        let Some(value) = take(body, length) else {
            break;
        };
        found.push((tag, value));
    }
    found
}

fn address(body: &mut Bytes) -> Option<String> {
    skip(body, 2)?;
    string(body)
}

fn string(body: &mut Bytes) -> Option<String> {
    let end = body.iter().take(LONGEST_STRING).position(|b| *b == 0)?;
    let text = latin1::decode(&body.split_to(end));
    body.advance(1);
    Some(text)
}

fn octet(body: &mut Bytes) -> Option<u8> {
    (!body.is_empty()).then(|| body.get_u8())
}

fn skip(body: &mut Bytes, octets: usize) -> Option<()> {
    (body.len() >= octets).then(|| body.advance(octets))
}

fn take(body: &mut Bytes, octets: usize) -> Option<Vec<u8>> {
    (body.len() >= octets).then(|| body.split_to(octets).to_vec())
}
