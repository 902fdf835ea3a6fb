//! A province's form as fields for the page, and complaints as sentences.

use serde::Serialize;
use workflows::clock::Day;
use workflows::declaration::{Complaint, FieldError, RawForm, unit_text};
use workflows::form::{Form, Item, Kind, Need, Part, TextCode};
use workflows::ids::ProvinceId;
use workflows::phrase::{self, Language};
use workflows::units::Units;

use crate::state::App;

/// A group of fields.
#[derive(Serialize)]
pub(super) struct Section {
    title: String,
    fields: Vec<Field>,
}

impl Section {
    /// Leaves a field out.
    pub(super) fn without(&mut self, name: &str) {
        self.fields.retain(|field| field.name != name);
    }
}

/// One field, whatever its kind; `field.html` chooses the element.
#[derive(Default, Serialize)]
pub(super) struct Field {
    name: String,
    label: String,
    help: Option<String>,
    /// `text tel date number choice choices yes-no address checkbox`.
    kind: &'static str,
    value: String,
    values: Vec<String>,
    options: Vec<Choice>,
    required: bool,
    error: Option<String>,
    autocomplete: Option<&'static str>,
    inputmode: Option<&'static str>,
    maxlength: Option<u16>,
    min: Option<String>,
    max: Option<String>,
    /// Index into the form's tests.
    shown_when: Option<u16>,
    /// Shown while another field has one of these values.
    only_with: Option<&'static str>,
    address: Option<AddressView>,
}

/// What an address field has besides its typed text.
#[derive(Serialize)]
struct AddressView {
    unit: String,
    house: Option<String>,
    candidates: Vec<Choice>,
    same_as: Option<&'static str>,
}

/// A group of answers, read back.
#[derive(Serialize)]
pub(super) struct Answers {
    title: String,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    label: String,
    value: String,
}

#[derive(Serialize)]
struct Choice {
    value: String,
    label: String,
}

/// A line of the summary above the form.
#[derive(Serialize)]
pub(super) struct ErrorLine {
    field: String,
    label: String,
    message: String,
}

impl ErrorLine {
    pub(super) fn new(field: &str, label: String, message: String) -> Self {
        Self {
            field: field.to_owned(),
            label,
            message,
        }
    }
}

/// Builds the fields of one form for one reader.
pub(super) struct FormView<'a> {
    pub(super) app: &'a App,
    pub(super) province: &'a ProvinceId,
    pub(super) language: Language,
    pub(super) form: &'a Form,
    pub(super) raw: &'a RawForm,
    pub(super) errors: &'a [FieldError],
}

impl FormView<'_> {
    /// All sections, the core's and the province's.
    pub(super) fn sections(&self) -> Vec<Section> {
        let mut sections = vec![self.person(), self.homes(), self.journey()];
        sections.extend(self.form.pages.iter().map(|page| {
            Section {
                title: self.words(page.title),
                fields: page
                    .items
                    .iter()
                    .filter_map(|id| self.form.item(*id))
                    .map(|item| self.question(item))
                    .collect(),
            }
        }));
        sections.push(Section {
            title: self.text("section-commitment"),
            fields: vec![self.field("commitment", "checkbox", true)],
        });
        sections.retain(|s| !s.fields.is_empty());
        sections
    }

    /// Complaints in the order of the form.
    pub(super) fn error_lines(&self) -> Vec<ErrorLine> {
        let line = |e: &FieldError| ErrorLine {
            field: e.field.clone(),
            label: self.label_of(&e.field),
            message: complaint_text(self.app, Some(self.province), self.language, e),
        };
        self.errors.iter().map(line).collect()
    }

    fn text(&self, key: &str) -> String {
        phrase::text(self.language, key)
    }

    fn words(&self, code: TextCode) -> String {
        phrase::form_text(
            &*self.app.workflows.rules,
            self.province,
            self.language,
            code,
        )
    }

    fn label_of(&self, field: &str) -> String {
        let question = field.strip_prefix('q').and_then(|n| n.parse().ok());
        match question.and_then(|id| self.form.item(id)) {
            Some(item) => self.words(item.label),
            None => self.text(&format!("field-{field}")),
        }
    }

    fn field(&self, name: &str, kind: &'static str, required: bool) -> Field {
        let help = format!("field-{name}-help");
        let error = self.errors.iter().find(|e| e.field == name);
        let typed = self.raw.one(name);
        // Browsers show a day only in their own form of it; chats and texts write it as people do.
        let day = Day::parse(typed).filter(|_| kind == "date");
        Field {
            name: name.to_owned(),
            label: self.label_of(name),
            help: phrase::has(self.language, &help).then(|| self.text(&help)),
            kind,
            value: day.map_or_else(|| typed.to_owned(), Day::iso),
            values: self.raw.all(name).to_vec(),
            required,
            error: error.map(|e| complaint_text(self.app, Some(self.province), self.language, e)),
            ..Field::default()
        }
    }

    fn choices(&self, name: &str, prefix: &str, codes: &[&str]) -> Field {
        let option = |code: &&str| Choice {
            value: (*code).to_owned(),
            label: self.text(&format!("{prefix}-{code}")),
        };
        Field {
            options: codes.iter().map(option).collect(),
            ..self.field(name, "choice", true)
        }
    }

    fn person(&self) -> Section {
        let mut birth = self.field("birth", "text", true);
        birth.autocomplete = Some("bday");
        birth.inputmode = Some("numeric");
        let mut name = self.field("name", "text", true);
        (name.autocomplete, name.maxlength) = (Some("name"), Some(100));
        let mut phone = self.field("phone", "tel", false);
        phone.autocomplete = Some("tel");
        let mut number = self.field("document", "text", true);
        number.maxlength = Some(20);
        let countries = self.text("country-list");
        let countries: Vec<&str> = countries.split_whitespace().collect();
        let mut nationality = self.choices("nationality", "country", &countries);
        if nationality.value.is_empty() {
            nationality.value = "VN".into();
        }
        let fields = vec![
            name,
            self.choices(
                "document_kind",
                "document-kind",
                &["cccd", "cmnd", "passport"],
            ),
            number,
            birth,
            self.choices("gender", "gender", &["male", "female", "other"]),
            nationality,
            phone,
        ];
        Section {
            title: self.text("section-person"),
            fields,
        }
    }

    fn homes(&self) -> Section {
        let parts = [
            (Part::Permanent, "permanent"),
            (Part::Temporary, "temporary"),
            (Part::Staying, "staying"),
        ];
        let fields = parts
            .into_iter()
            .filter_map(|(part, name)| {
                let need = self.form.need(part)?;
                Some(self.address(name, need == Need::Required, true))
            })
            .collect();
        Section {
            title: self.text("section-homes"),
            fields,
        }
    }

    /// An address; when several units fit what was typed, they become candidates.
    fn address(&self, name: &str, required: bool, house: bool) -> Field {
        let mut field = self.field(name, "address", required);
        let several = self.errors.iter().find(|e| e.field == name).map(|e| &e.why);
        let candidates = match several {
            Some(Complaint::Several(codes)) => codes
                .iter()
                .map(|code| Choice {
                    value: unit_text(*code),
                    label: Units::embedded().label(*code),
                })
                .collect(),
            _ => Vec::new(),
        };
        field.address = Some(AddressView {
            unit: self.raw.one(&format!("{name}_unit")).to_owned(),
            house: house.then(|| self.raw.one(&format!("{name}_house")).to_owned()),
            candidates,
            same_as: matches!(name, "temporary" | "staying").then_some("permanent"),
        });
        field
    }

    fn journey(&self) -> Section {
        let transports = ["road", "freight", "rail", "air", "water", "foot"];
        let mut fields = vec![
            self.address("origin", true, false),
            self.address("destination", true, false),
            self.field("travels_on", "date", true),
            self.choices("transport", "transport", &transports),
        ];
        let optional = [
            (Part::Vehicle, "plate", "text"),
            (Part::Seat, "seat", "text"),
            (Part::Return, "returns_on", "date"),
        ];
        for (part, name, kind) in optional {
            // A plate is needed only on the road, which the page cannot know beforehand.
            let need = self.form.need(part);
            let required = need == Some(Need::Required) && part != Part::Vehicle;
            let only_with = (part == Part::Vehicle).then_some("transport=road,freight");
            fields.extend(need.map(|_| Field {
                only_with,
                ..self.field(name, kind, required)
            }));
        }
        Section {
            title: self.text("section-journey"),
            fields,
        }
    }

    fn question(&self, item: &Item) -> Field {
        let kind = match item.kind {
            Kind::YesNo => "yes-no",
            Kind::Number => "number",
            Kind::Choice => "choice",
            Kind::Choices => "choices",
            Kind::Day => "date",
            Kind::Text => "text",
        };
        let option = |(at, code): (usize, &TextCode)| Choice {
            value: at.to_string(),
            label: self.words(*code),
        };
        let mut field = self.field(&format!("q{}", item.id), kind, item.required);
        field.help = item.help.map(|code| self.words(code));
        field.options = item.options.iter().enumerate().map(option).collect();
        field.shown_when = item.shown_when;
        field
    }
}

/// The sentence of a complaint; without a province its own sentences stay numbers.
pub(super) fn complaint_text(
    app: &App,
    province: Option<&ProvinceId>,
    language: Language,
    error: &FieldError,
) -> String {
    match &error.why {
        Complaint::Code(code) => phrase::text(language, &format!("error-{code}")),
        Complaint::Several(_) => phrase::text(language, "error-several"),
        Complaint::Province(reason) => match province {
            Some(p) => phrase::reason_text(&*app.workflows.rules, p, language, reason),
            None => format!("province-{}", reason.code),
        },
    }
}

impl FormView<'_> {
    /// Label and answer of every field that was filled in, in the order of the form.
    pub(super) fn answers(&self) -> Vec<Answers> {
        let row = |field: &Field| {
            Some(Row {
                label: field.label.clone(),
                value: self.answer(field)?,
            })
        };
        let group = |section: Section| Answers {
            rows: section.fields.iter().filter_map(row).collect(),
            title: section.title,
        };
        self.sections()
            .into_iter()
            .map(group)
            .filter(|g| !g.rows.is_empty())
            .collect()
    }

    fn answer(&self, field: &Field) -> Option<String> {
        let chosen = |value: &String| {
            field
                .options
                .iter()
                .find(|o| o.value == *value)
                .map(|o| o.label.clone())
        };
        let text = match field.kind {
            "address" => {
                let unit = super::declare::unit_words(self.raw, &field.name);
                match field.address.as_ref().and_then(|a| a.house.as_deref()) {
                    None | Some("") => unit,
                    Some(house) => format!("{house}, {unit}"),
                }
            }
            "checkbox" => return None,
            "choice" => chosen(&field.value)?,
            "choices" => field
                .values
                .iter()
                .filter_map(chosen)
                .collect::<Vec<_>>()
                .join(", "),
            "yes-no" if field.value.is_empty() => String::new(),
            "yes-no" => self.text(&field.value),
            "date" => Day::parse(&field.value).map_or_else(|| field.value.clone(), Day::local_text),
            _ => field.value.clone(),
        };
        (!text.is_empty()).then_some(text)
    }
}
