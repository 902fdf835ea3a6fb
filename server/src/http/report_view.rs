//! A report in words, for its page and its mail.

use serde::Serialize;
use workflows::clock::Moment;
use workflows::phrase::{self, Language};
use workflows::reporting::{Report, figures};
use workflows::rules::Line;

use super::page::Page;
use super::start::{ProvinceView, province_view};
use crate::state::App;

/// `report.html` and `mail/report.*`.
#[derive(Serialize)]
pub(crate) struct ReportView {
    province: ProvinceView,
    day: String,
    from: String,
    until: String,
    made_at: String,
    revision: i64,
    /// SHA-256 of the stored content, hexadecimal: tells copies apart.
    hash: String,
    figures: Vec<Figure>,
    /// Keys of the figures shown for each post.
    columns: [u16; 8],
    posts: Vec<Post>,
    sections: Vec<Section>,
    sections_failed: bool,
    rules: Option<Rules>,
    url: String,
}

#[derive(Serialize)]
struct Figure {
    key: u16,
    value: i64,
}

#[derive(Serialize)]
struct Post {
    name: String,
    values: Vec<i64>,
    silent: bool,
}

#[derive(Serialize)]
struct Section {
    title: String,
    lines: Vec<LineView>,
}

#[derive(Serialize)]
struct LineView {
    text: String,
    value: Option<i64>,
}

#[derive(Serialize)]
struct Rules {
    name: String,
    digest: String,
}

impl Page for ReportView {
    const TEMPLATE: &'static str = "report.html";
}

/// The order in which a committee reads the totals.
const ORDER: [u16; 25] = [
    figures::POSTS,
    figures::SILENT_POSTS,
    figures::CROSSINGS,
    figures::PERSONS,
    figures::RIDERS,
    figures::VEHICLES,
    figures::ENTRIES,
    figures::EXITS,
    figures::LET_THROUGH,
    figures::CHECKED,
    figures::UNSURE,
    figures::ISOLATED,
    figures::TURNED_BACK,
    figures::OVERRIDES,
    figures::HOLDS_MET,
    figures::EXPIRED_MET,
    figures::FORGED_MET,
    figures::DECLARATIONS,
    figures::PAPER,
    figures::SYMPTOMS,
    figures::SUSPECTED,
    figures::F0,
    figures::F1,
    figures::F2,
    figures::RELEASED,
];

impl ReportView {
    /// The report in a language. `made_at` is when it was stored.
    pub(crate) fn of(
        app: &App,
        report: &Report,
        language: Language,
        (made_at, revision): (Moment, i64),
    ) -> Self {
        let (_, hash) = report.content();
        Self {
            province: province_view(app, &report.province, language),
            day: report.day.local_text(),
            from: report.from_at.local_text(),
            until: report.until_at.local_text(),
            made_at: made_at.local_text(),
            revision,
            hash: hex(&hash),
            figures: ORDER
                .iter()
                .map(|key| Figure {
                    key: *key,
                    value: report.total(*key),
                })
                .collect(),
            columns: figures::BY_POST,
            posts: posts(app, report),
            sections: sections(app, report, language),
            sections_failed: report.sections_failed,
            rules: report.rules.as_ref().map(|r| Rules {
                name: r.name.clone(),
                digest: r.digest.clone(),
            }),
            url: format!("{}/committee/{}", app.config.public_url, report.day.iso()),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Every post of the province, the silent ones named too, and posts closed since.
fn posts(app: &App, report: &Report) -> Vec<Post> {
    let known = app.workflows.places.checkpoints(&report.province);
    let values = |id: i64| {
        let counts = report.posts.get(&id);
        let count = |key: &u16| counts.and_then(|c| c.get(key)).copied().unwrap_or(0);
        figures::BY_POST.iter().map(count).collect()
    };
    let closed = report
        .posts
        .keys()
        .filter(|id| !known.iter().any(|p| p.id.0 == **id));
    let closed = closed.map(|id| Post {
        name: id.to_string(),
        values: values(*id),
        silent: false,
    });
    let open = known.iter().map(|post| Post {
        name: post.name.clone(),
        values: values(post.id.0),
        silent: !report.posts.contains_key(&post.id.0),
    });
    open.chain(closed).collect()
}

fn sections(app: &App, report: &Report, language: Language) -> Vec<Section> {
    let rules = &*app.workflows.rules;
    let words = |code| phrase::form_text(rules, &report.province, language, code);
    let line = |line: &Line| match line {
        Line::Text(code) => LineView {
            text: words(*code),
            value: None,
        },
        Line::Figure(code, value) => LineView {
            text: words(*code),
            value: Some(*value),
        },
    };
    report
        .sections
        .iter()
        .map(|s| Section {
            title: words(s.title),
            lines: s.lines.iter().map(line).collect(),
        })
        .collect()
}
