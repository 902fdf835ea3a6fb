//! From a sealed row to what a sender takes.

use std::sync::Arc;

use anyhow::{Context, Result};
use channels::{ChatMessage, Content, Mail, Outbound, Picture};
use sha2::{Digest, Sha256};
use workflows::clock::Moment;
use workflows::ids::{OutboundId, ProvinceId};
use workflows::message::{ChannelId, ChatText, Class, PictureBy, TemplateText};
use workflows::store::ClaimedMessage;

use crate::config::Kind;
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
    if message.channel == crate::mail::channel().as_str() {
        let body: MailBody = sealing.open(&province, BODY, row, &message.body).await?;
        let content = Content::Mail(mail(app, message, &province, body));
        return Ok(Outbound { id, to, content });
    }
    let channel = ChannelId::parse(&message.channel);
    let channel = channel.and_then(|channel| app.config.channel.get(&channel));
    let content = match channel {
        Some(channel) if channel.kind == Kind::Chat => {
            let words: ChatText = sealing.open(&province, BODY, row, &message.body).await?;
            let provider = channel.provider(&app.providers);
            let fetches = provider.is_some_and(|p| p.fits.picture == PictureBy::Fetch);
            let url = fetches.then(|| picture_url(app, message, &province));
            Content::Chat(Box::new(chat(message, words, url)?))
        }
        Some(channel) if channel.carries_templates() => {
            let text: TemplateText = sealing.open(&province, BODY, row, &message.body).await?;
            Content::Template(text.values)
        }
        _ => Content::Text(sealing.open(&province, BODY, row, &message.body).await?),
    };
    Ok(Outbound { id, to, content })
}

/// A message in a chat; the picture of a pass is drawn now, and is nowhere kept.
fn chat(message: &ClaimedMessage, words: ChatText, url: Option<String>) -> Result<ChatMessage> {
    let class = Class::parse(&message.class).context("a class")?;
    let qr = words.qr.as_deref();
    let picture = qr.map(|text| picture(text, url)).transpose()?;
    Ok(ChatMessage {
        words,
        picture,
        class,
    })
}

/// Where the provider may fetch the picture of this attempt.
fn picture_url(app: &App, message: &ClaimedMessage, province: &ProvinceId) -> String {
    let id = OutboundId(message.id);
    let now = app.workflows.clock.now();
    let name = app.workflows.picture_name(province, id, message.epoch, now);
    format!("{}/once/{name}.png", app.config.public_url)
}

fn picture(text: &str, url: Option<String>) -> Result<Picture> {
    let digest: [u8; 32] = Sha256::digest(text).into();
    let name = digest
        .first_chunk()
        .map_or(0, |half| u128::from_be_bytes(*half));
    Ok(Picture {
        name: format!("{name:032x}"),
        png: Arc::new(crate::qr::png(text)?),
        url,
    })
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
