//! From a sealed row to what a sender takes.

use anyhow::{Context, Result};
use channels::{Content, Mail, Outbound};
use workflows::clock::Moment;
use workflows::ids::{OutboundId, ProvinceId};
use workflows::message::TextPart;
use workflows::store::ClaimedMessage;

use crate::mail::{BODY, MailBody, RECIPIENT};
use crate::state::App;

pub(super) async fn outbound(app: &App, message: &ClaimedMessage) -> Result<Outbound> {
    let sealing = &app.workflows.sealing;
    let province = ProvinceId::parse(&message.province).context("a province id")?;
    let row = message.id.as_bytes();
    let to: String = sealing
        .open(&province, RECIPIENT, row, &message.recipient)
        .await?;
    let id = OutboundId(message.id);
    let content = if message.channel == crate::mail::channel().as_str() {
        let body: MailBody = sealing.open(&province, BODY, row, &message.body).await?;
        Content::Mail(mail(app, message, &province, body))
    } else {
        let part: TextPart = sealing.open(&province, BODY, row, &message.body).await?;
        Content::Text(part)
    };
    Ok(Outbound { id, to, content })
}

fn mail(app: &App, message: &ClaimedMessage, province: &ProvinceId, body: MailBody) -> Mail {
    let domain = &app.config.mail.domain;
    Mail {
        subject: body.subject,
        text: body.text,
        html: Some(body.html),
        message_id: channels::email::message_id(OutboundId(message.id), domain),
        list_id: Some(format!("{}.{province}.{domain}", body.list)),
        written_at: Moment(message.created_at),
    }
}
