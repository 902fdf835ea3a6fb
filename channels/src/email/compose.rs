//! Builds the message, and lets nothing that came from outside become a header.

use std::time::{Duration, SystemTime};

use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};

use crate::{Mail, Outbound};

/// What makes a mail unfit to send. Its text is the code of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Malformed {
    #[error("invalid-address")]
    Address,
    #[error("invalid-message-id")]
    MessageId,
    #[error("invalid-list-id")]
    ListId,
    #[error("invalid-message")]
    Message,
}

/// Writes one message to one recipient.
pub(super) fn message(
    from: &Mailbox,
    outbound: &Outbound,
    mail: &Mail,
) -> Result<Message, Malformed> {
    let to = address(&outbound.to).ok_or(Malformed::Address)?;
    let list = mail.list_id.as_deref();
    if !is_message_id(&mail.message_id) {
        return Err(Malformed::MessageId);
    }
    if list.is_some_and(|list| !is_dotted_name(list)) {
        return Err(Malformed::ListId);
    }
    let micros = u64::try_from(mail.written_at.0).unwrap_or(0);
    let mut builder = Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to))
        .subject(one_line(&mail.subject))
        .date(SystemTime::UNIX_EPOCH + Duration::from_micros(micros))
        .message_id(Some(mail.message_id.clone()))
        .header(AutoSubmitted);
    if let Some(list) = list {
        builder = builder.header(ListId(format!("<{list}>")));
    }
    let plain = SinglePart::plain(mail.text.clone());
    match &mail.html {
        None => builder.singlepart(plain),
        Some(html) => builder.multipart(
            MultiPart::alternative()
                // lettre would draw a boundary; the row's id makes attempts equal to the byte.
                .boundary(format!("=_{}", outbound.id))
                .singlepart(plain)
                .singlepart(
                    SinglePart::builder()
                        .header(ContentType::TEXT_HTML)
                        .body(html.clone()),
                ),
        ),
    }
    .map_err(|_| Malformed::Message)
}

/// Parses `name@host` or `Words <name@host>`.
pub(super) fn mailbox(text: &str) -> Option<Mailbox> {
    match text
        .trim()
        .strip_suffix('>')
        .and_then(|t| t.rsplit_once('<'))
    {
        None => address(text.trim()).map(|a| Mailbox::new(None, a)),
        Some((words, bare)) => {
            let words = one_line(words.trim().trim_matches('"'));
            address(bare).map(|a| Mailbox::new(Some(words).filter(|w| !w.is_empty()), a))
        }
    }
}

/// Parses a bare address. Quoted local parts and non-ASCII addresses are not taken: both need
/// care in every server on the way, and no committee has one.
fn address(text: &str) -> Option<Address> {
    let plain = text
        .bytes()
        .all(|b| b.is_ascii_graphic() && !b"<>\"(),:;\\[]".contains(&b));
    if plain { text.parse().ok() } else { None }
}

/// The text with every control character and line separator made a space.
pub(super) fn one_line(text: &str) -> String {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    text.chars()
        .map(|c| if breaks(c) { ' ' } else { c })
        .collect()
}

/// Whether a text is ASCII letters, digits, dashes and underscores in parts between dots.
pub(super) fn is_dotted_name(text: &str) -> bool {
    let word = |w: &str| {
        !w.is_empty()
            && w.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    };
    text.len() <= 255 && text.split('.').all(word)
}

fn is_message_id(text: &str) -> bool {
    text.strip_prefix('<')
        .and_then(|t| t.strip_suffix('>'))
        .and_then(|t| t.split_once('@'))
        .is_some_and(|(local, domain)| is_dotted_name(local) && is_dotted_name(domain))
}

/// RFC 3834: keeps holiday notices from answering a report.
#[derive(Clone)]
struct AutoSubmitted;

/// RFC 2919: what a mail reader sorts the series by.
#[derive(Clone)]
struct ListId(String);

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".into())
    }
}

impl Header for ListId {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Id")
    }

    fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self(text.into()))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_with_room_for_a_header_is_none() {
        for bad in [
            "",
            "nobody",
            "a b@c.vn",
            "a@b.vn\r\nBcc: c@d.vn",
            "a@b.vn, c@d.vn",
            "<a@b.vn>",
            "\"a\nb\"@c.vn",
            "a@[127.0.0.1]",
            "ban@hà-nội.vn",
        ] {
            assert_eq!(address(bad), None, "{bad:?}");
        }
        assert!(address("ban.chi-dao+bao.cao@hanoi.gov.vn").is_some());
    }

    #[test]
    fn a_sender_may_carry_words_but_no_line_break() {
        let from = mailbox("Khai báo\r\nBcc: x <tin@khaibao.example>").unwrap();
        assert_eq!(from.name.as_deref(), Some("Khai báo  Bcc: x"));
        assert_eq!(mailbox("tin@khaibao.example").unwrap().name, None);
        assert_eq!(mailbox("Khai báo"), None);
    }

    #[test]
    fn a_message_id_is_one_plain_word_at_a_name() {
        assert!(is_message_id("<0198-ab@khaibao.example>"));
        for bad in [
            "0198@x",
            "<0198>",
            "<a b@x>",
            "<a@x>\r\nBcc: y@z",
            "<@x>",
            "<a@x..y>",
        ] {
            assert!(!is_message_id(bad), "{bad:?}");
        }
    }
}
