//! Raw fields parsed once into a [`Submission`] that cannot be wrong.

use serde::{Deserialize, Serialize};

use super::raw::{Complaint, FieldError, RawForm};
use crate::answers::{self, AnswerError, Reply};
use crate::clock::Day;
use crate::form::{Form, Kind, Need, Part};
use crate::ids::{CheckpointId, ProvinceId};
use crate::person::{
    Birth, Document, DocumentKind, FullName, Identity, PersonError, Phone, parse_nationality,
};
use crate::place::{Address, Epoch, UnitCode};
use crate::rules::{Gender, Transport};
use crate::text;
use crate::units::{Resolved, Units};
use crate::vehicle::Plate;

/// Parsed answers, not yet stored.
#[derive(Clone, Debug)]
pub struct Submission {
    /// Whose form it answers.
    pub province: ProvinceId,
    /// The post the person heads for, if chosen.
    pub checkpoint: Option<CheckpointId>,
    /// Who declares.
    pub identity: Identity,
    /// Permanent, temporary and staying address, as far as asked.
    pub homes: Homes,
    /// The journey.
    pub journey: Journey,
    /// Answers to the province's questions.
    pub replies: Vec<Reply>,
}

/// The three addresses of DOMAIN.md §5.4.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Homes {
    /// Thường trú.
    pub permanent: Option<Address>,
    /// Tạm trú.
    pub temporary: Option<Address>,
    /// Lưu trú.
    pub staying: Option<Address>,
}

/// Where from, where to, when and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journey {
    /// Start.
    pub origin: UnitCode,
    /// End.
    pub destination: UnitCode,
    /// Means of travel.
    pub transport: Transport,
    /// Plate, if asked and given.
    pub plate: Option<Plate>,
    /// Seat or flight.
    #[serde(default)]
    pub seat: String,
    /// Day of travel.
    pub travels_on: Day,
    /// Day of return.
    pub returns_on: Option<Day>,
}

/// Journeys further ahead than this are a slip of the pen.
const DAYS_AHEAD: i32 = 30;
const SEAT_MAX: usize = 20;
const HOUSE_MAX: usize = 200;
const UNIT_MAX: usize = 300;

/// Parses a form's fields. Every complaint is collected, in the order of the form.
pub(super) fn parse(
    province: &ProvinceId,
    raw: &RawForm,
    form: &Form,
    today: Day,
) -> Result<Submission, Vec<FieldError>> {
    let mut reader = Reader {
        raw,
        errors: Vec::new(),
    };
    let identity = reader.identity(today);
    let homes = reader.homes(form);
    let journey = reader.journey(form, today);
    let replies = reader.replies(form);
    if raw.one("commitment").is_empty() {
        reader.complain("commitment", "commitment");
    }
    let checkpoint = raw.one("checkpoint").parse().ok().map(CheckpointId);
    match (identity, journey) {
        (Some(identity), Some(journey)) if reader.errors.is_empty() => Ok(Submission {
            province: province.clone(),
            checkpoint,
            identity,
            homes,
            journey,
            replies,
        }),
        _ => Err(reader.errors),
    }
}

struct Reader<'a> {
    raw: &'a RawForm,
    errors: Vec<FieldError>,
}

impl Reader<'_> {
    fn complain(&mut self, field: &str, code: &'static str) {
        self.errors.push(FieldError::code(field, code));
    }

    /// Keeps a parsed field or its complaint.
    fn keep<T>(&mut self, field: &str, parsed: Result<T, &'static str>) -> Option<T> {
        parsed.map_err(|code| self.complain(field, code)).ok()
    }

    fn identity(&mut self, today: Day) -> Option<Identity> {
        let raw = self.raw;
        let name = self.keep(
            "name",
            required(raw.one("name"), |t| {
                FullName::parse(t).map_err(PersonError::code)
            }),
        );
        let document = self.keep("document", document(raw));
        let birth = self.keep(
            "birth",
            required(raw.one("birth"), |t| {
                Birth::parse(t, today).map_err(PersonError::code)
            }),
        );
        let gender = self.keep("gender", required(raw.one("gender"), gender));
        let nationality = match raw.one("nationality") {
            "" => Some("VN".to_owned()),
            text => self.keep(
                "nationality",
                parse_nationality(text).map_err(PersonError::code),
            ),
        };
        let phone = match raw.one("phone") {
            "" => Some(None),
            text => self.keep(
                "phone",
                Phone::parse(text).map(Some).map_err(PersonError::code),
            ),
        };
        Some(Identity {
            name: name?,
            document: document?,
            birth: birth?,
            gender: gender?,
            nationality: nationality?,
            phone: phone?,
        })
    }

    fn homes(&mut self, form: &Form) -> Homes {
        Homes {
            permanent: self.home(form, Part::Permanent, "permanent"),
            temporary: self.home(form, Part::Temporary, "temporary"),
            staying: self.home(form, Part::Staying, "staying"),
        }
    }

    fn home(&mut self, form: &Form, part: Part, name: &str) -> Option<Address> {
        let need = form.need(part)?;
        let house = text::clean(self.raw.one(&format!("{name}_house")));
        if house.chars().count() > HOUSE_MAX {
            self.complain(name, "house-too-long");
        }
        let unit = self.unit(name, need == Need::Required)?;
        Some(Address { unit, house })
    }

    /// A unit picked from the list, or typed and found without ambiguity.
    fn unit(&mut self, name: &str, needed: bool) -> Option<UnitCode> {
        let typed = self.raw.one(name);
        if typed.chars().count() > UNIT_MAX {
            self.complain(name, "too-long");
            return None;
        }
        let picked = parse_unit(self.raw.one(&format!("{name}_unit")))
            .filter(|code| Units::embedded().unit(*code).is_some());
        if typed.is_empty() && picked.is_none() {
            if needed {
                self.complain(name, "missing");
            }
            return None;
        }
        if let Some(code) = picked
            && (typed.is_empty() || text::fold(&Units::embedded().label(code)) == text::fold(typed))
        {
            return Some(code);
        }
        match (Units::embedded().resolve(typed, None), picked) {
            (Resolved::One(code), _) => Some(code),
            (Resolved::Many(codes), Some(code)) if codes.contains(&code) => Some(code),
            (Resolved::Many(codes), _) => {
                self.errors.push(FieldError {
                    field: name.into(),
                    why: Complaint::Several(codes),
                });
                None
            }
            (Resolved::None, _) => {
                self.complain(name, "unit-unknown");
                None
            }
        }
    }

    fn journey(&mut self, form: &Form, today: Day) -> Option<Journey> {
        let raw = self.raw;
        let origin = self.unit("origin", true);
        let destination = self.unit("destination", true);
        let transport = self.keep("transport", required(raw.one("transport"), transport));
        let plate = self.plate(form, transport);
        let seat = text::clean(raw.one("seat"));
        if seat.len() > SEAT_MAX {
            self.complain("seat", "too-long");
        }
        if form.need(Part::Seat) == Some(Need::Required) && seat.is_empty() {
            self.complain("seat", "missing");
        }
        let travels_on = self.keep(
            "travels_on",
            required(raw.one("travels_on"), |t| day(t, today)),
        );
        let returns_on = self.return_day(form, travels_on);
        Some(Journey {
            origin: origin?,
            destination: destination?,
            transport: transport?,
            plate,
            seat,
            travels_on: travels_on?,
            returns_on,
        })
    }

    /// Asked of those who drive or ride on a road; a walker has no plate.
    fn plate(&mut self, form: &Form, transport: Option<Transport>) -> Option<Plate> {
        let need = form.need(Part::Vehicle)?;
        let on_road = matches!(transport, Some(Transport::Road | Transport::Freight));
        let plate = Plate::parse(self.raw.one("plate"));
        if plate.is_none() && on_road && need == Need::Required {
            self.complain("plate", "missing");
        }
        plate
    }

    fn return_day(&mut self, form: &Form, travels_on: Option<Day>) -> Option<Day> {
        let need = form.need(Part::Return)?;
        let typed = self.raw.one("returns_on");
        if typed.is_empty() {
            if need == Need::Required {
                self.complain("returns_on", "missing");
            }
            return None;
        }
        let day = self.keep("returns_on", Day::parse(typed).ok_or("date-form"))?;
        if travels_on.is_some_and(|start| day < start) {
            self.complain("returns_on", "return-before-travel");
        }
        Some(day)
    }

    fn replies(&mut self, form: &Form) -> Vec<Reply> {
        match answers::parse(form, &self.raw.replies()) {
            Ok(replies) => replies,
            Err(errors) => {
                for (id, why) in errors {
                    let kind = form.item(id).map(|i| i.kind);
                    self.complain(&format!("q{id}"), answer_code(why, kind));
                }
                Vec::new()
            }
        }
    }
}

fn answer_code(why: AnswerError, kind: Option<Kind>) -> &'static str {
    match (why, kind) {
        (AnswerError::Missing, Some(Kind::YesNo | Kind::Choice | Kind::Choices)) => "choose",
        (AnswerError::Missing, _) => "missing",
        (AnswerError::NotUnderstood, Some(Kind::Day)) => "date-form",
        (AnswerError::NotUnderstood, Some(Kind::Number)) => "number-form",
        (AnswerError::NotUnderstood, Some(Kind::Text)) => "too-long",
        (AnswerError::NotUnderstood, _) => "choose",
    }
}

fn required<T>(
    text: &str,
    parse: impl FnOnce(&str) -> Result<T, &'static str>,
) -> Result<T, &'static str> {
    if text.is_empty() {
        Err("missing")
    } else {
        parse(text)
    }
}

fn document(raw: &RawForm) -> Result<Document, &'static str> {
    required(raw.one("document"), |number| {
        let parsed = match DocumentKind::from_code(raw.one("document_kind")) {
            Some(kind) => Document::parse(kind, number),
            None => Document::guess(number),
        };
        parsed.map_err(PersonError::code)
    })
}

fn gender(code: &str) -> Result<Gender, &'static str> {
    match code {
        "female" => Ok(Gender::Female),
        "male" => Ok(Gender::Male),
        "other" => Ok(Gender::Other),
        "unknown" => Ok(Gender::Unknown),
        _ => Err("choose"),
    }
}

fn transport(code: &str) -> Result<Transport, &'static str> {
    match code {
        "road" => Ok(Transport::Road),
        "freight" => Ok(Transport::Freight),
        "rail" => Ok(Transport::Rail),
        "air" => Ok(Transport::Air),
        "water" => Ok(Transport::Water),
        "foot" => Ok(Transport::Foot),
        _ => Err("choose"),
    }
}

/// Yesterday is taken too: paper is keyed after the journey began.
fn day(text: &str, today: Day) -> Result<Day, &'static str> {
    let day = Day::parse(text).ok_or("date-form")?;
    let within = day >= today.plus(-1) && day <= today.plus(DAYS_AHEAD);
    within.then_some(day).ok_or("date-range")
}

/// Reads `2025-1-4` (epoch, province, commune), as the type-ahead writes it.
pub fn parse_unit(text: &str) -> Option<UnitCode> {
    let mut parts = text.split('-');
    let epoch = Epoch::from_number(parts.next()?.parse().ok()?)?;
    let province = parts.next()?.parse().ok()?;
    let commune = parts.next()?.parse().ok()?;
    parts.next().is_none().then_some(UnitCode {
        epoch,
        province,
        commune,
    })
}

/// Writes a unit as [`parse_unit`] reads it.
pub fn unit_text(code: UnitCode) -> String {
    format!("{}-{}-{}", code.epoch.number(), code.province, code.commune)
}
