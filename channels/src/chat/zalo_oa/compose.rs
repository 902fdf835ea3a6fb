//! A message as Zalo takes it.

use serde_json::{Value, json};
use workflows::message::{Button, ChatText, Does};

use super::MARK;

/// Longest words of the form that asks for the number, in UTF-16 units; a longer text is sent as
/// it is, and the number is typed.
const FORM_MAX: usize = 500;

/// The form in which Zalo asks for the number of the account.
pub(super) struct Form {
    pub(super) title: String,
    pub(super) picture: Option<String>,
}

/// The request's body. `picture` is Zalo's name of an uploaded picture.
pub(super) fn body(to: &str, words: &ChatText, picture: Option<&str>, form: &Form) -> Value {
    let message = match picture {
        Some(id) => with_picture(words, id),
        None if words.asks_number && words.text.encode_utf16().count() <= FORM_MAX => {
            asking(words, form)
        }
        None if words.buttons.is_empty() => json!({ "text": words.text }),
        None => json!({
            "text": words.text,
            "attachment": { "type": "template", "payload": {
                "buttons": words.buttons.iter().map(button).collect::<Vec<_>>(),
            } },
        }),
    };
    json!({ "recipient": { "user_id": to }, "message": message })
}

/// Zalo has no buttons beside a picture: the words hold what they would offer.
fn with_picture(words: &ChatText, id: &str) -> Value {
    json!({
        "text": words.text,
        "attachment": { "type": "template", "payload": {
            "template_type": "media",
            "elements": [{ "media_type": "image", "attachment_id": id }],
        } },
    })
}

fn asking(words: &ChatText, form: &Form) -> Value {
    let mut element = json!({ "title": form.title, "subtitle": words.text });
    if let (Some(picture), Some(fields)) = (&form.picture, element.as_object_mut()) {
        fields.insert("image_url".into(), picture.as_str().into());
    }
    json!({ "attachment": { "type": "template", "payload": {
        "template_type": "request_user_info",
        "elements": [element],
    } } })
}

fn button(button: &Button) -> Value {
    match &button.does {
        Does::Say(token) => json!({
            "title": button.label,
            "type": "oa.query.hide",
            "payload": format!("{MARK}{token}"),
        }),
        Does::Open(address) => json!({
            "title": button.label,
            "type": "oa.open.url",
            "payload": { "url": address },
        }),
    }
}
