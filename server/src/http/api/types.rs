//! Bodies of the JSON API.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use workflows::declaration::RawForm;
use workflows::verdict::Level;

/// An error (RFC 9457).
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Problem {
    /// HTTP status.
    status: u16,
    /// Stable code, such as `fields` or `key-reused`.
    code: String,
    /// What to do, in words.
    title: String,
    /// Fields to correct.
    fields: Vec<ProblemField>,
    /// Name of the request in the server's log.
    request_id: String,
}

/// A field to correct.
#[derive(Serialize, ToSchema)]
struct ProblemField {
    field: String,
    code: String,
    message: String,
}

/// Log-in.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"login": "canbo-ha-noi", "password": "as printed by the demo"}))]
pub(in crate::http) struct Credentials {
    pub(super) login: String,
    pub(super) password: String,
}

/// A token for `Authorization: Bearer`.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Token {
    pub(super) token: String,
}

/// Duty at a post.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"checkpoint": 1, "direction": "entry"}))]
pub(in crate::http) struct DutyRequest {
    /// Post's number in the officer's province.
    pub(super) checkpoint: i64,
    /// `entry` or `exit`.
    pub(super) direction: String,
}

/// A declaration.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "province": "ha-noi", "language": "vi", "checkpoint": 1,
    "person": {"name": "Nguyễn Văn An", "document": {"kind": "cccd", "number": "001090000017"},
        "birth": "1990-02-14", "gender": "male", "nationality": "VN", "phone": "0912345678"},
    "permanent": {"unit": "2025-1-4", "house": "12 Phố Huế"}, "staying": {"unit": "2025-1-4"},
    "journey": {"origin": {"unit": "2025-22-6652"}, "destination": {"unit": "2025-1-4"},
        "transport": "road", "plate": "29A-123.45"},
    "answers": {"50": "1", "101": "no", "1": "no", "2": "no", "3": "no", "4": "no", "5": "no",
        "6": "no", "7": "no", "20": "no", "21": "no", "22": "no"},
    "commitment": true
}))]
pub(in crate::http) struct DeclarationRequest {
    pub(super) province: String,
    #[serde(default)]
    pub(super) language: String,
    /// Post the person heads for.
    checkpoint: Option<i64>,
    person: PersonBody,
    permanent: Option<AddressBody>,
    temporary: Option<AddressBody>,
    staying: Option<AddressBody>,
    journey: JourneyBody,
    /// Answers by question number; several values for a multiple choice.
    #[serde(default)]
    answers: BTreeMap<u16, AnswerBody>,
    /// The person vouches for the truth.
    commitment: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
enum AnswerBody {
    One(String),
    Several(Vec<String>),
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PersonBody {
    name: String,
    document: DocumentBody,
    /// `YYYY-MM-DD` or `YYYY`.
    birth: String,
    /// `male`, `female`, `other`.
    gender: String,
    /// ISO 3166 alpha-2, `VN` if absent.
    #[serde(default)]
    nationality: String,
    #[serde(default)]
    phone: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DocumentBody {
    /// `cccd`, `cmnd`, `passport`.
    kind: String,
    number: String,
}

/// A unit (`epoch-province-commune`), or its name in words, and the house.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AddressBody {
    #[serde(default)]
    unit: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    house: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct JourneyBody {
    origin: AddressBody,
    destination: AddressBody,
    /// `road`, `freight`, `rail`, `air`, `water`, `foot`.
    transport: String,
    #[serde(default)]
    plate: String,
    #[serde(default)]
    seat: String,
    /// `YYYY-MM-DD`; today if absent.
    #[serde(default)]
    travels_on: String,
    #[serde(default)]
    returns_on: String,
}

impl DeclarationRequest {
    /// The same fields that the web form sends, so that one set of rules checks both.
    pub(super) fn into_raw(self) -> RawForm {
        let mut raw = RawForm::default();
        let person = self.person;
        let journey = self.journey;
        for (name, value) in [
            ("province", self.province),
            (
                "checkpoint",
                self.checkpoint.map_or_else(String::new, |c| c.to_string()),
            ),
            ("name", person.name),
            ("document_kind", person.document.kind),
            ("document", person.document.number),
            ("birth", person.birth),
            ("gender", person.gender),
            ("nationality", person.nationality),
            ("phone", person.phone),
            ("transport", journey.transport),
            ("plate", journey.plate),
            ("seat", journey.seat),
            ("travels_on", journey.travels_on),
            ("returns_on", journey.returns_on),
            (
                "commitment",
                if self.commitment {
                    "yes".into()
                } else {
                    String::new()
                },
            ),
        ] {
            raw.add(name, value);
        }
        for (name, address) in [
            ("permanent", self.permanent),
            ("temporary", self.temporary),
            ("staying", self.staying),
            ("origin", Some(journey.origin)),
            ("destination", Some(journey.destination)),
        ] {
            let Some(address) = address else { continue };
            raw.add(name, address.text);
            raw.add(format!("{name}_unit"), address.unit);
            raw.add(format!("{name}_house"), address.house);
        }
        for (question, answer) in self.answers {
            match answer {
                AnswerBody::One(value) => raw.add(format!("q{question}"), value),
                AnswerBody::Several(values) => {
                    for value in values {
                        raw.add(format!("q{question}"), value);
                    }
                }
            }
        }
        raw
    }
}

/// What was stored.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct DeclarationResponse {
    pub(super) declaration: Uuid,
    /// `clear`, `caution`, `unsure`, `hold`, `refuse`.
    pub(super) level: &'static str,
    pub(super) reasons: Vec<ReasonBody>,
    pub(super) pass: PassBody,
    /// Whether the same request had been stored before.
    pub(super) repeated: bool,
}

/// Why, in words.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct ReasonBody {
    pub(super) code: u16,
    pub(super) text: String,
}

/// The pass.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct PassBody {
    /// Spoken code, `ABCD-EFGH`.
    pub(super) code: String,
    /// The same in digits, `123 456 7890`; none for a pass of before there were any.
    pub(super) digits: Option<String>,
    /// QR text; none for a refused declaration.
    pub(super) qr: Option<String>,
    pub(super) link: String,
    pub(super) page: String,
    /// RFC 3339.
    pub(super) expires_at: String,
}

/// A scan.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "ABCD-EFGH", "direction": "entry", "record": false}))]
pub(in crate::http) struct ScanRequest {
    /// QR text, code in letters or digits, card or document number.
    pub(super) code: String,
    /// `entry` or `exit`.
    pub(super) direction: String,
    /// Record the crossing in the same step.
    #[serde(default)]
    pub(super) record: bool,
    /// UUID version 7 made by the device; the same id records once.
    pub(super) crossing: Option<Uuid>,
    /// `let-through`, `isolate`, `turn-back`; empty follows the advice.
    #[serde(default)]
    pub(super) gate: String,
    /// Reason of an override.
    #[serde(default)]
    pub(super) note: String,
    #[serde(default)]
    pub(super) language: String,
}

/// What a scan shows.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct ScanResponse {
    pub(super) crossing: Uuid,
    pub(super) reference: String,
    pub(super) status: String,
    pub(super) advice: String,
    pub(super) reasons: Vec<ReasonBody>,
    pub(super) holder: Option<HolderBody>,
    pub(super) expires_at: Option<String>,
    /// What was recorded, if it was.
    pub(super) recorded: Option<String>,
    pub(super) repeated: bool,
}

/// Whom to compare with a document.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct HolderBody {
    pub(super) name: String,
    pub(super) birth_year: u16,
    pub(super) document_kind: String,
    pub(super) document_tail: String,
    pub(super) plate: Option<String>,
}

/// An administrative unit.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct UnitBody {
    /// 2004 (until 2025-06-30) or 2025.
    pub(super) epoch: i64,
    pub(super) province: u16,
    /// 0 for the whole province.
    pub(super) commune: u32,
    /// The three joined, as addresses name them.
    pub(super) unit: String,
    pub(super) label: String,
}

/// The word of a level.
pub(super) fn word(level: Level) -> &'static str {
    match level {
        Level::Clear => "clear",
        Level::Caution => "caution",
        Level::Unsure => "unsure",
        Level::Hold => "hold",
        Level::Refuse => "refuse",
    }
}
