//! What an SMPP account's settings say.

use std::path::PathBuf;

use serde::Deserialize;

use crate::settings::is_loopback;
use crate::{Secret, SettingsError};

/// How a provider's SMSC is reached and what it is told.
///
/// Providers agree on little beyond the frame, so what differs between them is a setting and
/// nothing is guessed from traffic.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmppSettings {
    /// `host:port` of the SMSC.
    pub address: String,
    /// TLS towards the SMSC; without it the connection is plain.
    #[serde(default)]
    pub tls: Option<SmppTls>,
    /// Says that a plain connection to another machine runs over a leased line or a VPN; without
    /// it a plain connection goes to this machine only.
    #[serde(default)]
    pub private_line: bool,
    /// The account, at most 15 characters.
    pub system_id: String,
    /// Its password, at most 8 characters.
    pub password: Secret,
    /// What the provider calls our kind of system, at most 12 characters.
    #[serde(default)]
    pub system_type: String,
    /// How each connection is bound.
    #[serde(default)]
    pub bind: BindMode,
    /// How many such binds; a pair counts as one.
    #[serde(default = "one")]
    pub binds: u8,
    /// The version that we claim to speak.
    #[serde(default)]
    pub version: Version,
    /// Our number: a short code or a brand name, at most 20 characters.
    #[serde(default)]
    pub source: String,
    /// Its type of number (SMPP 3.4 §5.2.5).
    #[serde(default)]
    pub source_ton: u8,
    /// Its numbering plan (SMPP 3.4 §5.2.6).
    #[serde(default)]
    pub source_npi: u8,
    /// The recipients' type of number.
    #[serde(default = "one")]
    pub destination_ton: u8,
    /// The recipients' numbering plan.
    #[serde(default = "one")]
    pub destination_npi: u8,
    /// How the recipients' numbers are written.
    #[serde(default)]
    pub number_format: NumberFormat,
    /// How many submissions may wait for their answer on one bind: a term of the account.
    #[serde(default = "ten")]
    pub window: u16,
    /// Parts a second over all binds of this process, evenly spread; none for as fast as the
    /// window lets. The provider's limit over all processes is kept by the outbox.
    #[serde(default)]
    pub parts_per_second: Option<u32>,
    /// After this much silence the other side is asked whether it is there.
    #[serde(default = "thirty")]
    pub enquire_link_seconds: u64,
    /// How long an answer is waited for.
    #[serde(default = "thirty")]
    pub response_seconds: u64,
    /// The first wait before another attempt to bind; half of each wait is random.
    #[serde(default = "two")]
    pub reconnect_min_seconds: u64,
    /// The longest such wait.
    #[serde(default = "fifteen")]
    pub reconnect_max_seconds: u64,
    /// The `data_coding` that this SMSC reads as the GSM alphabet, one octet a septet.
    #[serde(default)]
    pub gsm_coding: u8,
    /// The `data_coding` that it reads as UCS-2.
    #[serde(default = "eight")]
    pub ucs2_coding: u8,
    /// What the SMSC's default alphabet is in messages to us.
    #[serde(default)]
    pub default_alphabet: DefaultAlphabet,
    /// How the parts of long texts are told apart.
    #[serde(default)]
    pub long: LongText,
    /// Which receipts are asked for.
    #[serde(default)]
    pub receipts: Receipts,
    /// The exact `registered_delivery`, for providers that want other bits than `receipts` sets.
    #[serde(default)]
    pub registered_delivery: Option<u8>,
    /// How the ids of receipts must be rewritten to be those of the answers. The store tries
    /// the usual variants by itself.
    #[serde(default)]
    pub receipt_id: ReceiptId,
    /// The service type of text messages, at most 5 characters.
    #[serde(default)]
    pub service_type: String,
    /// USSD over this account; without it USSD is refused.
    #[serde(default)]
    pub ussd: Option<UssdProfile>,
}

/// TLS towards an SMSC.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmppTls {
    /// PEM file with the only authorities to trust; without it, those of the system.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// The name on the certificate; the host of `address` by default.
    #[serde(default)]
    pub server_name: Option<String>,
}

/// The roles of the connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BindMode {
    /// One connection for both ways.
    #[default]
    Transceiver,
    /// One transmitter and one receiver.
    Pair,
}

/// Versions of the protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Version {
    /// 3.4, `interface_version` 0x34.
    #[default]
    #[serde(rename = "3.4")]
    V34,
    /// 5.0, `interface_version` 0x50.
    #[serde(rename = "5.0")]
    V50,
}

/// How a Vietnamese number is written for the provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NumberFormat {
    /// `84912345678`.
    #[default]
    International,
    /// `+84912345678`.
    Plus,
    /// `0912345678`.
    National,
}

/// What `data_coding` 0 means in messages to us.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DefaultAlphabet {
    /// GSM 03.38.
    #[default]
    Gsm,
    /// ISO 8859-1.
    Latin1,
    /// ASCII.
    Ascii,
}

/// How the parts of long texts are told apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LongText {
    /// A user data header in each part (TS 23.040 §9.2.3.24.1).
    #[default]
    Udh,
    /// The `sar_*` parameters beside each part.
    Sar,
    /// One text in `message_payload`; the SMSC cuts it.
    Payload,
}

/// Which receipts are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Receipts {
    /// None.
    None,
    /// What finally became of each message.
    #[default]
    Final,
    /// Only that a message did not arrive.
    Failures,
}

/// How the ids of receipts are rewritten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReceiptId {
    /// Not at all.
    #[default]
    Same,
    /// Receipts say hexadecimal, answers decimal.
    HexToDec,
    /// Receipts say decimal, answers hexadecimal.
    DecToHex,
}

/// How a gateway speaks USSD over SMPP: `ussd_service_op` carries the dialogue, the rest differs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UssdProfile {
    /// Where the dialled code stands when a dialogue begins.
    #[serde(default)]
    pub code: DialledCode,
    /// What tells dialogues apart.
    #[serde(default)]
    pub session: UssdSession,
    /// The lowest bit of `its_session_info` says that the dialogue ends, as SMPP 3.4 §5.3.2.43
    /// has it.
    #[serde(default)]
    pub end_flag: bool,
    /// The operation by which the gateway reports that the caller hung up.
    #[serde(default = "abort_operation")]
    pub abort_op: u8,
    /// The service type of screens.
    #[serde(default = "ussd_service_type")]
    pub service_type: String,
}

/// Where the dialled code stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DialledCode {
    /// In the message.
    #[default]
    Message,
    /// In the destination address.
    Destination,
}

/// What tells dialogues apart. The gateway's bytes are sent back with each screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UssdSession {
    /// `its_session_info`, both octets but for the end flag.
    #[default]
    ItsSessionInfo,
    /// Its first octet; the second counts the turns, as SMPP 3.4 §5.3.2.43 has it.
    SessionNumber,
    /// A parameter of the gateway's own.
    Tlv(u16),
    /// Nothing but the caller's number.
    Caller,
}

const fn one() -> u8 {
    1
}

const fn two() -> u64 {
    2
}

const fn eight() -> u8 {
    8
}

const fn ten() -> u16 {
    10
}

const fn thirty() -> u64 {
    30
}

const fn fifteen() -> u64 {
    15
}

const fn abort_operation() -> u8 {
    0x81
}

fn ussd_service_type() -> String {
    "USSD".into()
}

impl SmppSettings {
    /// The host of the address, without brackets.
    pub(super) fn host(&self) -> &str {
        let host = self.address.rsplit_once(':').map_or("", |(host, _)| host);
        host.trim_start_matches('[').trim_end_matches(']')
    }

    /// Says what makes no sense.
    pub(super) fn check(&self) -> Result<(), SettingsError> {
        let port = self.address.rsplit_once(':').map(|(_, port)| port);
        if self.host().is_empty() || port.is_none_or(|port| port.parse::<u16>().is_err()) {
            return Err(SettingsError::invalid("address", "is not host:port"));
        }
        if self.tls.is_none() && !self.private_line && !is_loopback(self.host()) {
            return Err(SettingsError::invalid(
                "tls",
                "without it another machine is reached over a private_line only",
            ));
        }
        let ussd = self.ussd.as_ref();
        let service = ussd.map_or("USSD", |ussd| ussd.service_type.as_str());
        for (key, text, most) in [
            ("system_id", self.system_id.as_str(), 15),
            ("password", self.password.reveal()?.as_str(), 8),
            ("system_type", &self.system_type, 12),
            ("source", &self.source, 20),
            ("service_type", &self.service_type, 5),
            ("ussd.service_type", service, 5),
        ] {
            if text.len() > most || !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
                let why = format!("is longer than {most} characters or not ASCII");
                return Err(SettingsError::invalid(key, why));
            }
        }
        for (key, value, most) in [
            ("binds", u64::from(self.binds), 16),
            ("window", u64::from(self.window), 1_000),
            ("enquire_link_seconds", self.enquire_link_seconds, 3_600),
            // The outbox gives a part to somebody else after two minutes.
            ("response_seconds", self.response_seconds, 50),
            ("reconnect_min_seconds", self.reconnect_min_seconds, 3_600),
            ("reconnect_max_seconds", self.reconnect_max_seconds, 3_600),
            (
                "parts_per_second",
                self.parts_per_second.map_or(1, u64::from),
                10_000,
            ),
        ] {
            if !(1..=most).contains(&value) {
                let why = format!("is not between 1 and {most}");
                return Err(SettingsError::invalid(key, why));
            }
        }
        Ok(())
    }

    /// The `registered_delivery` of text messages (SMPP 3.4 §5.2.17).
    pub(super) fn registered(&self) -> u8 {
        self.registered_delivery.unwrap_or(match self.receipts {
            Receipts::None => 0,
            Receipts::Final => 1,
            Receipts::Failures => 2,
        })
    }
}
