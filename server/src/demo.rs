//! The demo's two lines: where its feature phone writes to and dials.

use std::sync::Arc;

use anyhow::Result;
use channels::demo::DemoNetwork;
use channels::inbound::Inlet;
use workflows::message::PartOf;
use workflows::text::{self, Charset, Limits};

use crate::config::Kind;
use crate::state::App;

/// The demo's phones and the channels they reach.
pub(crate) struct DemoLines {
    /// The phones.
    pub(crate) network: DemoNetwork,
    /// Where texts go.
    pub(crate) sms: Arc<dyn Inlet>,
    /// Where codes are dialled.
    pub(crate) ussd: Arc<dyn Inlet>,
    /// What a part costs the service, in đồng.
    pub(crate) part_cost: u64,
    /// The number that texts are sent to.
    pub(crate) short_number: String,
    /// The code that begins a dialogue.
    pub(crate) code: String,
}

/// The number that the demo's texts are sent to, and the code that it dials.
const SHORT_NUMBER: &str = "8066";
const CODE: &str = "*123#";

/// Connects the demo's phones to the channels of kind `demo`: the one that copies its codes to
/// another is for USSD. None without both.
pub(crate) fn plug(app: &App) -> Result<Option<Arc<DemoLines>>> {
    let mut demo = app
        .config
        .channel
        .iter()
        .filter(|(_, c)| c.kind == Kind::Demo);
    let ussd = demo.clone().find(|(_, c)| c.copies_to.is_some());
    let Some(((sms, config), (ussd, _))) = demo.find(|(_, c)| c.copies_to.is_none()).zip(ussd)
    else {
        return Ok(None);
    };
    let network = DemoNetwork::new(app.workflows.clock.clone());
    app.plug(sms, Arc::new(network.clone()))?;
    Ok(Some(Arc::new(DemoLines {
        network,
        sms: app.inlet(sms)?,
        ussd: app.inlet(ussd)?,
        part_cost: u64::try_from(config.cost).unwrap_or(0),
        short_number: SHORT_NUMBER.into(),
        code: CODE.into(),
    })))
}

/// The demo's lines; none outside a demo.
pub(crate) fn lines(app: &App) -> Option<Arc<DemoLines>> {
    app.demo.clone()
}

/// The parts in which a phone sends a text.
pub(crate) fn cut(text: &str) -> Vec<String> {
    let limits = Limits {
        charset: Charset::Ucs2,
        max_parts: usize::from(u8::MAX),
        ..Limits::default()
    };
    text::split(text, &limits).unwrap_or_else(|_| vec![text.to_owned()])
}

/// The place of each part; none for a text of one part.
pub(crate) fn numbered(reference: u16, parts: &[String]) -> impl Iterator<Item = Option<PartOf>> {
    let total = u8::try_from(parts.len()).unwrap_or(u8::MAX);
    (1..=total).map(move |number| {
        (total > 1).then_some(PartOf {
            reference,
            number,
            total,
        })
    })
}

/// The alphabet of a text, and what the text takes of it: septets or UTF-16 units.
pub(crate) fn measure(text: &str) -> (&'static str, usize) {
    match text::gsm::septets(text) {
        Some(septets) => ("GSM", septets),
        None => ("UCS-2", text::ucs2::units(text)),
    }
}

/// What a new user may try: a repeat, a whole first declaration in one text, both ways to dial.
pub(crate) fn examples(code: &str) -> Vec<String> {
    let direct = code.trim_end_matches('#');
    vec![
        "KB".into(),
        "KB 001090000017 NGUYEN VAN AN HAI PHONG 0".into(),
        code.to_owned(),
        format!("{direct}*1#"),
    ]
}
