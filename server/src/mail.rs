//! Mails rendered from templates, and the sealed columns they are kept in.

use anyhow::Result;
use serde::{Deserialize, Serialize};
use workflows::clock::Moment;
use workflows::message::ChannelId;
use workflows::phrase::Language;
use workflows::reporting::Report;
use workflows::sealing::Column;

use crate::http::report_view::ReportView;
use crate::state::App;

/// Sealed address of a committee member.
pub(crate) const ADDRESS: Column = Column::new("committee_members", "address");
pub(crate) use workflows::inbox::{BODY, RECIPIENT};

/// The channel of mail, which needs no section of its own.
#[expect(clippy::expect_used, reason = "a constant")]
pub(crate) fn channel() -> ChannelId {
    ChannelId::parse("mail").expect("a channel id")
}

/// What a mail says, as it is sealed in the outbox.
#[derive(Serialize, Deserialize)]
pub(crate) struct MailBody {
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
    /// Name of the series, part of its List-Id.
    pub(crate) list: String,
}

/// The daily report as a mail: counts only, and a link to the page.
pub(crate) fn report(
    app: &App,
    report: &Report,
    language: Language,
    now: Moment,
) -> Result<MailBody> {
    let view = ReportView::of(app, report, language, (now, 0));
    let render = |template: &str| app.pages.mail(language, template, &view);
    Ok(MailBody {
        subject: render("mail/report.subject.txt")?.trim().to_owned(),
        text: render("mail/report.txt")?,
        html: render("mail/report.html")?,
        list: "daily".into(),
    })
}
