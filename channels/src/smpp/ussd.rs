//! USSD over SMPP: `ussd_service_op` carries a dialogue over `deliver_sm` and `submit_sm`
//! (SMPP 3.4 §5.3.2.44).
//!
//! Somebody dials: deliver with operation 1. We ask: submit with 2; the answer is delivered with
//! 18. We end: submit with 17. The rest is each gateway's own, see [`UssdProfile`].

use std::fmt::Write;

use rusmpp::pdus::SubmitSm;
use rusmpp::tlvs::{MessageSubmissionRequestTlvValue as Parameter, TlvTag};
use rusmpp::types::AnyOctetString;
use workflows::message::{Screen, Turn, TurnInput};

use super::coding::Codings;
use super::outgoing::{Letterhead, Unfit};
use super::settings::{DialledCode, UssdProfile, UssdSession};
use super::wire::{Delivery, tag};

const PSSD_INDICATION: u64 = 0;
const PSSR_INDICATION: u64 = 1;
const USSR_REQUEST: u8 = 2;
const PSSR_RESPONSE: u8 = 17;
const USSR_CONFIRM: u64 = 18;
const END_BIT: u8 = 1;

/// Whether a delivery belongs to a dialogue.
pub(super) fn is_ussd(delivery: &Delivery) -> bool {
    delivery.parameter(tag::USSD_OPERATION).is_some()
        || delivery.service_type.eq_ignore_ascii_case("USSD")
}

/// The turn of a delivery; none where it asks for nothing, such as a confirmed notice.
pub(super) fn turn(delivery: &Delivery, profile: &UssdProfile, codings: Codings) -> Option<Turn> {
    let text = codings.decode(delivery.data_coding, &delivery.octets);
    let text = text.unwrap_or_default();
    let typed = text.trim_matches(['\0', '\r', '\n']);
    let operation = delivery.number(tag::USSD_OPERATION);
    let ended = profile.end_flag
        && session_bytes(delivery, profile).is_some_and(|b| b.last().is_some_and(|b| b & 1 == 1));
    let dialled = typed.starts_with('*') && typed.ends_with('#');
    let input = match operation {
        _ if ended => TurnInput::Ended,
        Some(op) if op == u64::from(profile.abort_op) => TurnInput::Ended,
        Some(PSSD_INDICATION | PSSR_INDICATION) => TurnInput::Begin,
        None if dialled => TurnInput::Begin,
        Some(USSR_CONFIRM) | None => TurnInput::Latest(typed.to_owned()),
        Some(_) => return None,
    };
    let code = match profile.code {
        DialledCode::Message if input == TurnInput::Begin => typed.to_owned(),
        DialledCode::Message => String::new(),
        DialledCode::Destination => delivery.to.clone(),
    };
    Some(Turn {
        session: session_name(delivery, profile),
        from: delivery.from.clone(),
        code,
        input,
    })
}

/// The screen that answers a delivery.
pub(super) fn answer(
    delivery: &Delivery,
    profile: &UssdProfile,
    letterhead: &Letterhead,
    screen: &Screen,
) -> Result<SubmitSm, Unfit> {
    let mut submit = letterhead.screen(delivery, &screen.text, &profile.service_type)?;
    let operation = if screen.continues {
        USSR_REQUEST
    } else {
        PSSR_RESPONSE
    };
    submit.push_tlv(Parameter::UssdServiceOp(operation.into()));
    if let Some(bytes) = session_bytes(delivery, profile) {
        let mut bytes = bytes.to_vec();
        if let Some(last) = bytes.last_mut().filter(|_| profile.end_flag) {
            *last = (*last & !END_BIT) | u8::from(!screen.continues);
        }
        submit.push_tlv(Parameter::Other {
            tag: TlvTag::from(session_tag(profile.session)),
            value: AnyOctetString::from_vec(bytes),
        });
    }
    Ok(submit)
}

fn session_tag(session: UssdSession) -> u16 {
    match session {
        UssdSession::Tlv(tag) => tag,
        UssdSession::ItsSessionInfo | UssdSession::SessionNumber | UssdSession::Caller => {
            tag::ITS_SESSION
        }
    }
}

/// What is sent back, even where it does not tell dialogues apart.
fn session_bytes<'a>(delivery: &'a Delivery, profile: &UssdProfile) -> Option<&'a [u8]> {
    delivery.parameter(session_tag(profile.session))
}

/// The dialogue's name: its bytes in hexadecimal. Gateways use them again, so a dialogue is
/// known by its name together with its caller.
fn session_name(delivery: &Delivery, profile: &UssdProfile) -> String {
    let mut bytes = session_bytes(delivery, profile)
        .unwrap_or_default()
        .to_vec();
    match profile.session {
        UssdSession::Caller => bytes.clear(),
        UssdSession::SessionNumber => bytes.truncate(1),
        UssdSession::ItsSessionInfo | UssdSession::Tlv(_) => {
            if let Some(last) = bytes.last_mut().filter(|_| profile.end_flag) {
                *last &= !END_BIT;
            }
        }
    }
    bytes.iter().fold(String::from("s"), |mut name, byte| {
        // Writing into a string does not fail.
        let _ = write!(name, "{byte:02x}");
        name
    })
}
