//! How a text becomes a `submit_sm`, and what the answer to it means.

use std::str::FromStr;
use std::time::Duration;

use rusmpp::pdus::SubmitSm;
use rusmpp::tlvs::MessageSubmissionRequestTlvValue as Parameter;
use rusmpp::types::{AnyOctetString, COctetString, OctetString};
use rusmpp::values::{EsmClass, MessagePayload, ServiceType};
use workflows::message::{PartOf, TextPart};
use workflows::text::Charset;

use super::coding::Codings;
use super::settings::{LongText, NumberFormat, SmppSettings};
use super::wire::Delivery;

/// The longest `short_message` (SMPP 3.4 §5.2.22).
const SHORT_MESSAGE: usize = 254;
/// What one short message holds: 160 septets, one in an octet; 140 octets of UCS-2.
const ONE_GSM: usize = 160;
const ONE_UCS2: usize = 140;

/// Why a text cannot be submitted, as the code of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unfit(pub(super) &'static str);

/// What every submission of an account has in common.
pub(super) struct Letterhead {
    base: SubmitSm,
    codings: Codings,
    long: LongText,
    format: NumberFormat,
}

impl Letterhead {
    /// Of settings that were checked; what does not fit is left empty.
    pub(super) fn of(settings: &SmppSettings) -> Self {
        let base = SubmitSm::builder()
            .service_type(service_type(&settings.service_type))
            .source_addr_ton(settings.source_ton.into())
            .source_addr_npi(settings.source_npi.into())
            .source_addr(string(&settings.source).unwrap_or_default())
            .dest_addr_ton(settings.destination_ton.into())
            .dest_addr_npi(settings.destination_npi.into())
            .registered_delivery(settings.registered().into())
            .esm_class(EsmClass::from(0))
            .build();
        Self {
            base,
            codings: Codings::of(settings),
            long: settings.long,
            format: settings.number_format,
        }
    }

    /// A part of a text message, or a whole one.
    pub(super) fn text(&self, to: &str, text: &TextPart) -> Result<SubmitSm, Unfit> {
        let mut submit = self.addressed(&number(to, self.format))?;
        let coded = self.codings.encode(&text.text);
        submit.data_coding = coded.data_coding.into();
        let one = match coded.charset {
            Charset::Gsm => ONE_GSM,
            Charset::Ucs2 => ONE_UCS2,
        };
        let octets = coded.octets;
        match (text.part, self.long) {
            (None, LongText::Payload) if octets.len() > one => {
                let payload = MessagePayload::new(AnyOctetString::from_vec(octets));
                submit.push_tlv(Parameter::MessagePayload(payload));
            }
            (None, _) if octets.len() > one => return Err(Unfit("too long")),
            (None, _) => set_message(&mut submit, octets)?,
            (Some(part), LongText::Sar) => {
                submit.push_tlv(Parameter::SarMsgRefNum(part.reference));
                submit.push_tlv(Parameter::SarTotalSegments(part.total));
                submit.push_tlv(Parameter::SarSegmentSeqnum(part.number));
                set_message(&mut submit, octets)?;
            }
            (Some(part), LongText::Udh | LongText::Payload) => {
                submit.esm_class = EsmClass::from(0x40);
                set_message(&mut submit, with_header(part, &octets))?;
            }
        }
        Ok(submit)
    }

    /// A USSD screen that answers a delivery; its parameters are the dialogue's.
    pub(super) fn screen(
        &self,
        asked: &Delivery,
        text: &str,
        service: &str,
    ) -> Result<SubmitSm, Unfit> {
        let mut submit = self.addressed(&asked.from)?;
        if submit.source_addr.is_empty() {
            submit.source_addr = string(&asked.to).unwrap_or_default();
        }
        submit.service_type = service_type(service);
        submit.registered_delivery = 0.into();
        let coded = self.codings.encode(text);
        submit.data_coding = coded.data_coding.into();
        set_message(&mut submit, coded.octets)?;
        Ok(submit)
    }

    fn addressed(&self, to: &str) -> Result<SubmitSm, Unfit> {
        let mut submit = self.base.clone();
        submit.destination_addr = string(to).ok_or(Unfit("not a number"))?;
        Ok(submit)
    }
}

fn set_message(submit: &mut SubmitSm, octets: Vec<u8>) -> Result<(), Unfit> {
    if octets.len() > SHORT_MESSAGE {
        return Err(Unfit("too long"));
    }
    let octets = OctetString::from_vec(octets).map_err(|_| Unfit("too long"))?;
    submit.set_short_message(octets);
    Ok(())
}

/// The header of 6 octets; its reference has 8 bits.
fn with_header(part: PartOf, octets: &[u8]) -> Vec<u8> {
    let [_, reference] = part.reference.to_be_bytes();
    let mut message = vec![0x05, 0x00, 0x03, reference, part.total, part.number];
    message.extend_from_slice(octets);
    message
}

fn string<const MOST: usize>(text: &str) -> Option<COctetString<1, MOST>> {
    COctetString::from_str(text).ok()
}

fn service_type(text: &str) -> ServiceType {
    ServiceType::new(string(text).unwrap_or_default())
}

/// A number in E.164 as the provider wants it.
fn number(to: &str, format: NumberFormat) -> String {
    let digits = to.strip_prefix('+').unwrap_or(to);
    match format {
        NumberFormat::International => digits.to_owned(),
        NumberFormat::Plus => format!("+{digits}"),
        NumberFormat::National => match digits.strip_prefix("84") {
            Some(rest) => format!("0{rest}"),
            None => digits.to_owned(),
        },
    }
}

/// What an answer to a submission means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Accepted,
    /// Too fast; slower.
    Throttled,
    /// The provider, or its queue for this recipient, is full.
    Full,
    /// Not now, whatever the reason: the provider's trouble or our account's.
    Later(Duration),
    /// Never.
    Refused,
}

const SHORTLY: Duration = Duration::from_secs(5);
/// Our account or our settings are wrong: that must not turn passes into dead letters.
const OUR_FAULT: Duration = Duration::from_mins(1);

/// Classes a status (SMPP 3.4 §5.1.3). Codes of a provider's own, and codes that say nothing,
/// are taken for temporary: a part that is refused is never sent again.
pub(super) fn verdict(status: u32) -> Verdict {
    match status {
        0x00 => Verdict::Accepted,
        0x58 => Verdict::Throttled,
        0x14 => Verdict::Full,
        // Length, priority, delivery flag, source, destination, service type, number plans,
        // class, schedule and expiry, an application's permanent error, parameters.
        0x01
        | 0x06
        | 0x07
        | 0x0a
        | 0x0b
        | 0x15
        | 0x40
        | 0x42
        | 0x43
        | 0x48..=0x51
        | 0x61
        | 0x62
        | 0x65
        | 0xc0..=0xc4 => Verdict::Refused,
        // Bind state, log-in, a prohibited operation.
        0x03 | 0x04 | 0x05 | 0x0d | 0x0e | 0x0f | 0x101 | 0x102 => Verdict::Later(OUR_FAULT),
        _ => Verdict::Later(SHORTLY),
    }
}
