//! A report in words, for its page and its mail.

use serde::Serialize;
use workflows::clock::Moment;
use workflows::phrase::{self, Language};
use workflows::reporting::{Report, figures};
use workflows::rules::Line;

use super::start::province_name;
use crate::state::App;

/// `report.html` and `mail/report.*`.
#[derive(Serialize)]
pub(crate) struct ReportView {
    pub(crate) lang: &'static str,
    pub(crate) province_name: String,
    pub(crate) day: String,
    pub(crate) day_iso: String,
    pub(crate) from: String,
    pub(crate) until: String,
    pub(crate) made_at: String,
    /// First digits of the content's SHA-256, to tell copies apart.
    pub(crate) fingerprint: String,
    pub(crate) figures: Vec<FigureView>,
    /// Labels of the columns of `posts`.
    pub(crate) post_columns: Vec<String>,
    pub(crate) posts: Vec<PostView>,
    pub(crate) silent_posts: Vec<String>,
    pub(crate) sections: Vec<SectionView>,
    pub(crate) sections_failed: bool,
    pub(crate) url: String,
}

#[derive(Serialize)]
pub(crate) struct FigureView {
    key: u16,
    label: String,
    value: i64,
}

#[derive(Serialize)]
pub(crate) struct PostView {
    name: String,
    values: Vec<i64>,
}

#[derive(Serialize)]
pub(crate) struct SectionView {
    title: String,
    lines: Vec<LineView>,
}

#[derive(Serialize)]
struct LineView {
    text: String,
    value: Option<i64>,
}

/// The order in which a committee reads the totals.
const ORDER: [u16; 24] = [
    figures::POSTS,
    figures::CROSSINGS,
    figures::PERSONS,
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
    figures::SILENT_POSTS,
];

impl ReportView {
    /// The report in a language.
    pub(crate) fn of(app: &App, report: &Report, language: Language, made_at: Moment) -> Self {
        let places = &app.workflows.places;
        let province = places.province(&report.province);
        let posts = places.checkpoints(&report.province);
        let label = |key: u16| phrase::text(language, &format!("figure-{key}"));
        let silent = posts.iter().filter(|p| !report.posts.contains_key(&p.id.0));
        let (_, hash) = report.content();
        Self {
            lang: language.as_str(),
            province_name: province.map_or_else(String::new, |p| province_name(&p, language)),
            day: report.day.local_text(),
            day_iso: report.day.iso(),
            from: report.from_at.local_text(),
            until: report.until_at.local_text(),
            made_at: made_at.local_text(),
            fingerprint: hash.iter().take(4).map(|b| format!("{b:02x}")).collect(),
            figures: ORDER
                .iter()
                .map(|key| FigureView { key: *key, label: label(*key), value: report.total(*key) })
                .collect(),
            post_columns: figures::BY_POST.iter().map(|key| label(*key)).collect(),
            posts: report
                .posts
                .iter()
                .map(|(id, counts)| PostView {
                    name: posts
                        .iter()
                        .find(|p| p.id.0 == *id)
                        .map_or_else(|| id.to_string(), |p| p.name.clone()),
                    values: figures::BY_POST
                        .iter()
                        .map(|key| counts.get(key).copied().unwrap_or(0))
                        .collect(),
                })
                .collect(),
            silent_posts: silent.map(|p| p.name.clone()).collect(),
            sections: sections(app, report, language),
            sections_failed: report.sections_failed,
            url: format!("{}/committee/{}", app.config.public_url, report.day.iso()),
        }
    }
}

fn sections(app: &App, report: &Report, language: Language) -> Vec<SectionView> {
    let rules = &*app.workflows.rules;
    let words = |code| phrase::form_text(rules, &report.province, language, code);
    let line = |line: &Line| match line {
        Line::Text(code) => LineView { text: words(*code), value: None },
        Line::Figure(code, value) => LineView { text: words(*code), value: Some(*value) },
    };
    report
        .sections
        .iter()
        .map(|s| SectionView {
            title: words(s.title),
            lines: s.lines.iter().map(line).collect(),
        })
        .collect()
}
