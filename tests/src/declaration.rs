//! A declaration that is valid until told otherwise, whatever a province's form asks.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use workflows::clock::Day;
use workflows::form::{Form, Kind, national};

/// A person as documents show them.
#[derive(Clone, Debug)]
pub struct Person {
    /// Full name.
    pub name: String,
    /// CCCD number.
    pub number: String,
    /// `YYYY-MM-DD`.
    pub birth: String,
    /// `male` or `female`.
    pub gender: &'static str,
}

macro_rules! people {
    ($($(#[$doc:meta])* $name:ident = $full:literal $number:literal $birth:literal $gender:literal;)+) => {$(
        $(#[$doc])*
        pub fn $name() -> Person {
            Person {
                name: $full.into(),
                number: $number.into(),
                birth: $birth.into(),
                gender: $gender,
            }
        }
    )+};
}

people! {
    /// In the demo's registry.
    an = "Nguyễn Văn An" "001090000017" "1990-02-14" "male";
    /// In the demo's registry.
    binh = "Trần Thị Bình" "001190000025" "1990-07-01" "female";
    /// In the demo's registry.
    cuong = "Lê Văn Cường" "022085000033" "1985-11-20" "male";
    /// In the demo's registry.
    dao = "Phạm Thị Ánh Đào" "022304000041" "2004-03-09" "female";
}

/// Somebody the registry does not know; another number, another person.
pub fn stranger(number: u32) -> Person {
    Person {
        name: "Đỗ Quốc Khánh".into(),
        number: format!("001090{number:06}"),
        birth: "1990-02-14".into(),
        gender: "male",
    }
}

/// What a citizen is going to send.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Whose form it answers.
    pub province: String,
    person: Person,
    phone: String,
    origin: Value,
    destination: Value,
    home: Value,
    plate: String,
    answers: BTreeMap<u16, String>,
    changes: Vec<(Vec<String>, Value)>,
}

/// A healthy person of the registry on the way into the province, every answer in order.
pub fn a_declaration(province: &str) -> Draft {
    const HA_NOI: &str = "2025-1-4";
    const QUANG_NINH: &str = "2025-22-6688";
    const BAC_NINH: &str = "2025-24-0";
    let (origin, destination) = match province {
        "quang-ninh" => (HA_NOI, QUANG_NINH),
        "base" => (HA_NOI, BAC_NINH),
        _ => (QUANG_NINH, HA_NOI),
    };
    Draft {
        province: province.into(),
        person: an(),
        phone: "0912345678".into(),
        origin: json!({ "unit": origin }),
        destination: json!({ "unit": destination }),
        home: json!({ "unit": HA_NOI, "house": "12 Phố Huế" }),
        plate: "29A-123.45".into(),
        answers: BTreeMap::new(),
        changes: Vec::new(),
    }
}

impl Draft {
    /// Another person.
    #[must_use]
    pub fn by(mut self, person: Person) -> Self {
        self.person = person;
        self
    }

    /// Another start of the journey, as a unit.
    #[must_use]
    pub fn from(mut self, unit: &str) -> Self {
        self.origin = json!({ "unit": unit });
        self
    }

    /// Another end of the journey, as a unit.
    #[must_use]
    pub fn to(mut self, unit: &str) -> Self {
        self.destination = json!({ "unit": unit });
        self
    }

    /// Another answer to a question.
    #[must_use]
    pub fn answering(mut self, question: u16, answer: impl ToString) -> Self {
        self.answers.insert(question, answer.to_string());
        self
    }

    /// Another value at a path of the body, such as `person.phone`.
    #[must_use]
    pub fn with(mut self, path: &str, value: impl Into<Value>) -> Self {
        let path = path.split('.').map(str::to_owned).collect();
        self.changes.push((path, value.into()));
        self
    }

    /// The body for the API, with the answers that the form asks for.
    pub fn body(&self, form: &Form, today: Day) -> Value {
        let mut answers: BTreeMap<String, Value> = BTreeMap::new();
        for item in &form.items {
            let given = self.answers.get(&item.id).cloned();
            let answer = given.or_else(|| usual(item.id, item.kind, today));
            answers.extend(answer.map(|a| (item.id.to_string(), a.into())));
        }
        let person = &self.person;
        let mut body = json!({
            "province": self.province, "language": "vi", "checkpoint": 1,
            "person": {
                "name": person.name, "document": {"kind": "cccd", "number": person.number},
                "birth": person.birth, "gender": person.gender, "nationality": "VN",
                "phone": self.phone
            },
            "permanent": self.home, "staying": self.home,
            "journey": {
                "origin": self.origin, "destination": self.destination, "transport": "road",
                "plate": self.plate, "travels_on": today.iso(), "returns_on": today.plus(3).iso()
            },
            "answers": answers, "commitment": true
        });
        for (path, value) in &self.changes {
            let mut at = &mut body;
            for key in path {
                at = &mut at[key.as_str()];
            }
            *at = value.clone();
        }
        body
    }

    /// The same as the fields of the web form.
    pub fn fields(&self, form: &Form, today: Day) -> Vec<(String, String)> {
        let body = self.body(form, today);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut fields = vec![
            ("province".to_owned(), self.province.clone()),
            ("checkpoint".into(), "1".into()),
            ("commitment".into(), "yes".into()),
            (
                "document_kind".into(),
                text(&body["person"]["document"]["kind"]),
            ),
            (
                "document".into(),
                text(&body["person"]["document"]["number"]),
            ),
        ];
        for name in ["name", "birth", "gender", "nationality", "phone"] {
            fields.push((name.into(), text(&body["person"][name])));
        }
        for name in ["transport", "plate", "travels_on", "returns_on"] {
            fields.push((name.into(), text(&body["journey"][name])));
        }
        let places = [
            ("permanent", &body["permanent"]),
            ("staying", &body["staying"]),
            ("origin", &body["journey"]["origin"]),
            ("destination", &body["journey"]["destination"]),
        ];
        for (name, place) in places {
            fields.push((name.into(), text(&place["text"])));
            fields.push((format!("{name}_unit"), text(&place["unit"])));
            fields.push((format!("{name}_house"), text(&place["house"])));
        }
        for (question, answer) in body["answers"].as_object().unwrap() {
            fields.push((format!("q{question}"), text(answer)));
        }
        fields
    }
}

/// The answer of somebody healthy with a paper for everything.
fn usual(question: u16, kind: Kind, today: Day) -> Option<String> {
    Some(match (question, kind) {
        (national::SAMPLED_ON, _) => today.plus(-1).iso(),
        (national::DOSES, _) => "2".into(),
        // Option 0 is work in Hà Nội, which asks for a permit.
        (national::PURPOSE, _) => "1".into(),
        (_, Kind::YesNo) => "no".into(),
        (_, Kind::Number | Kind::Choice | Kind::Choices) => "0".into(),
        (_, Kind::Day) => today.plus(-30).iso(),
        (_, Kind::Text) => return None,
    })
}

/// What a citizen holds after declaring.
#[derive(Clone, Debug)]
pub struct Declared {
    /// Level of the verdict.
    pub level: String,
    /// Codes of its reasons.
    pub reasons: Vec<u64>,
    /// Spoken code.
    pub code: String,
    /// The same in digits.
    pub digits: String,
    /// QR text; empty for a refused declaration.
    pub qr: String,
    /// Path of the Vietnamese pass page.
    pub page: String,
    /// End of the pass, RFC 3339.
    pub expires_at: String,
    /// Whether it had been declared before.
    pub repeated: bool,
    /// Id of the declaration.
    pub id: String,
}

impl Declared {
    /// Reads the API's answer.
    pub fn of(body: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Self {
            level: text(&body["level"]),
            reasons: reason_codes(body),
            code: text(&body["pass"]["code"]),
            digits: text(&body["pass"]["digits"]),
            qr: text(&body["pass"]["qr"]),
            page: format!("/vi/pass/{}", text(&body["pass"]["link"])),
            expires_at: text(&body["pass"]["expires_at"]),
            repeated: body["repeated"].as_bool().unwrap(),
            id: text(&body["declaration"]),
        }
    }
}

/// Codes of a body's reasons.
pub(crate) fn reason_codes(body: &Value) -> Vec<u64> {
    let reasons = body["reasons"].as_array().unwrap();
    reasons
        .iter()
        .map(|r| r["code"].as_u64().unwrap())
        .collect()
}
