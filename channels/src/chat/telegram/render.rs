//! A message as Telegram's payloads. Without a parse mode: what a person wrote is shown as it is.

use reqwest::Url;
use teloxide_core::payloads::{EditMessageText, SendMessage, SendPhoto};
use teloxide_core::types::{
    ButtonRequest, ChatId, InlineKeyboardButton, InlineKeyboardMarkup, InputFile, KeyboardButton,
    KeyboardMarkup, KeyboardRemove, LinkPreviewOptions, MessageId, ReplyMarkup,
};
use workflows::message::{Button, ChatText, Does};

/// The button that shares the number; it stands in the keyboard's place, where the language of
/// the chat is not known.
const SHARE: &str = "📱 Gửi số của tôi / Share my number";
/// Labels this short stand beside each other.
const SHORT: usize = 8;
/// At most so many.
const BESIDE: usize = 4;

pub(super) fn message(chat: ChatId, words: &ChatText) -> SendMessage {
    let mut message = SendMessage::new(chat, words.text.clone());
    message.link_preview_options = Some(no_preview());
    message.reply_markup = Some(markup(words));
    message
}

/// The same in the place of an earlier message; none where it cannot stand there.
pub(super) fn edit(chat: ChatId, words: &ChatText) -> Option<EditMessageText> {
    let earlier = words.replaces.as_deref()?.parse().ok()?;
    // A keyboard for the number can only come with a new message.
    if words.asks_number {
        return None;
    }
    let mut edit = EditMessageText::new(chat, MessageId(earlier), words.text.clone());
    edit.link_preview_options = Some(no_preview());
    if !words.buttons.is_empty() {
        edit.reply_markup = Some(inline(&words.buttons));
    }
    Some(edit)
}

pub(super) fn photo(chat: ChatId, words: &ChatText, picture: InputFile) -> SendPhoto {
    let mut photo = SendPhoto::new(chat, picture);
    photo.caption = Some(words.text.clone()).filter(|text| !text.is_empty());
    photo.reply_markup = Some(markup(words));
    photo
}

/// A preview would be fetched by Telegram, and a link that opens once would be spent.
fn no_preview() -> LinkPreviewOptions {
    LinkPreviewOptions {
        is_disabled: true,
        url: None,
        prefer_small_media: false,
        prefer_large_media: false,
        show_above_text: false,
    }
}

/// A message without buttons takes the keyboard for the number away again.
fn markup(words: &ChatText) -> ReplyMarkup {
    if words.asks_number {
        let share = KeyboardButton::new(SHARE).request(ButtonRequest::Contact);
        let typed = words
            .buttons
            .iter()
            .filter(|b| matches!(b.does, Does::Say(_)));
        let typed = typed.map(|button| vec![KeyboardButton::new(button.label.clone())]);
        let rows = std::iter::once(vec![share]).chain(typed);
        let keyboard = KeyboardMarkup::new(rows);
        keyboard.resize_keyboard().one_time_keyboard().into()
    } else if words.buttons.is_empty() {
        KeyboardRemove::new().into()
    } else {
        inline(&words.buttons).into()
    }
}

fn inline(buttons: &[Button]) -> InlineKeyboardMarkup {
    let mut rows: Vec<Vec<&Button>> = Vec::new();
    for button in buttons {
        let beside = rows.last_mut().filter(|row| {
            row.len() < BESIDE && is_short(button) && row.iter().all(|other| is_short(other))
        });
        match beside {
            Some(row) => row.push(button),
            None => rows.push(vec![button]),
        }
    }
    let rows = rows
        .into_iter()
        .map(|row| row.into_iter().filter_map(pressed));
    InlineKeyboardMarkup::new(rows)
}

fn is_short(button: &Button) -> bool {
    button.label.chars().count() <= SHORT
}

/// None for an address that is none: Telegram would refuse the whole message with it.
fn pressed(button: &Button) -> Option<InlineKeyboardButton> {
    let label = button.label.clone();
    match &button.does {
        Does::Say(token) => Some(InlineKeyboardButton::callback(label, token.clone())),
        Does::Open(address) => {
            let url = Url::parse(address).ok()?;
            Some(InlineKeyboardButton::url(label, url))
        }
    }
}
