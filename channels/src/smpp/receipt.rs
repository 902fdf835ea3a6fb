//! Receipts: what an SMSC says became of a message (SMPP 3.4 appendix B, §5.3.2.35).
//!
//! The text is the provider's own; the usual one is
//! `id:… sub:… dlvrd:… submit date:… done date:… stat:… err:… text:…`.

use workflows::message::{Receipt, ReceiptState};

use super::settings::ReceiptId;
use super::wire::{Delivery, tag};

const MESSAGE_TYPE: u8 = 0b0011_1100;
const RECEIPT: u8 = 0b0000_0100;
const INTERMEDIATE: u8 = 0b0010_0000;

/// Reads a delivery as a receipt: by its parameters, else by its class, else by its text.
///
/// A citizen can write a text like a receipt's. It names the sender as the one to whom the
/// message went, so it can only lie about messages to the liar.
pub(super) fn read(delivery: &Delivery, text: Option<&str>, ids: ReceiptId) -> Option<Receipt> {
    let text = text.unwrap_or_default();
    let kind = delivery.esm_class & MESSAGE_TYPE;
    let by_parameter = delivery.string(tag::RECEIPTED_MESSAGE_ID);
    let state_parameter = delivery.number(tag::MESSAGE_STATE);
    let state_word = field(text, "stat:");
    let is_receipt = (by_parameter.is_some() && state_parameter.is_some())
        || kind == RECEIPT
        || kind == INTERMEDIATE
        || (kind == 0 && state_word.is_some() && field(text, "id:").is_some());
    if !is_receipt {
        return None;
    }
    let provider_id = by_parameter.or_else(|| field(text, "id:").map(str::to_owned))?;
    let state = match state_parameter {
        Some(number) => by_number(number),
        None => state_word.map_or(ReceiptState::Underway, by_word),
    };
    let error = delivery.number(tag::NETWORK_ERROR);
    let error = error.map(|code| (code & 0xffff).to_string());
    Some(Receipt {
        provider_id: rewritten(provider_id, ids),
        to: (!delivery.from.is_empty()).then(|| delivery.from.clone()),
        state,
        code: field(text, "err:").map(str::to_owned).or(error),
    })
}

/// What follows a name, up to the next blank. Names are found in any case, at the beginning or
/// after a blank, so that `id:` is not found in `submitid:`.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut from = 0;
    loop {
        let at = from + find_ignoring_case(text.get(from..)?, name)?;
        let end = at + name.len();
        let begins = text[..at]
            .chars()
            .next_back()
            .is_none_or(char::is_whitespace);
        if begins {
            let value = text[end..].trim_start_matches([' ', '\t']);
            let value = value.split(char::is_whitespace).next().unwrap_or_default();
            return (!value.is_empty()).then_some(value);
        }
        from = end;
    }
}

fn find_ignoring_case(text: &str, name: &str) -> Option<usize> {
    let name = name.as_bytes();
    let mut windows = text.as_bytes().windows(name.len());
    // `name` is ASCII, so where it is found, a character begins and one ends.
    windows.position(|window| window.eq_ignore_ascii_case(name))
}

fn by_number(state: u64) -> ReceiptState {
    match state {
        2 => ReceiptState::Delivered,
        3..=5 | 8 | 9 => ReceiptState::Failed,
        _ => ReceiptState::Underway,
    }
}

/// Spellings differ (UNDELIV, UNDELIVERABLE), beginnings do not.
fn by_word(word: &str) -> ReceiptState {
    const FAILED: [&str; 6] = ["EXPIR", "DELET", "UNDEL", "REJEC", "FAIL", "SKIP"];
    let word = word.to_ascii_uppercase();
    if word.starts_with("DELIV") || word.starts_with("READ") {
        ReceiptState::Delivered
    } else if FAILED.iter().any(|failed| word.starts_with(failed)) {
        ReceiptState::Failed
    } else {
        ReceiptState::Underway
    }
}

fn rewritten(id: String, ids: ReceiptId) -> String {
    let other = match ids {
        ReceiptId::Same => None,
        ReceiptId::HexToDec => u128::from_str_radix(&id, 16).ok().map(|n| n.to_string()),
        ReceiptId::DecToHex => id.parse::<u128>().ok().map(|n| format!("{n:x}")),
    };
    other.unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_text(esm_class: u8) -> Delivery {
        Delivery {
            service_type: String::new(),
            from: "84912345678".into(),
            to: "8066".into(),
            esm_class,
            data_coding: 0,
            octets: Vec::new(),
            parameters: Vec::new(),
        }
    }

    fn state_of(text: &str) -> Option<(String, ReceiptState, Option<String>)> {
        let receipt = read(&with_text(RECEIPT), Some(text), ReceiptId::Same)?;
        Some((receipt.provider_id, receipt.state, receipt.code))
    }

    #[test]
    fn every_state_of_the_standard_is_known_in_its_spellings() {
        for (word, state) in [
            ("DELIVRD", ReceiptState::Delivered),
            ("delivered", ReceiptState::Delivered),
            ("EXPIRED", ReceiptState::Failed),
            ("DELETED", ReceiptState::Failed),
            ("UNDELIV", ReceiptState::Failed),
            ("UNDELIVERABLE", ReceiptState::Failed),
            ("REJECTD", ReceiptState::Failed),
            ("REJECTED", ReceiptState::Failed),
            ("ACCEPTD", ReceiptState::Underway),
            ("ENROUTE", ReceiptState::Underway),
            ("UNKNOWN", ReceiptState::Underway),
        ] {
            let text = format!("id:7 sub:001 dlvrd:001 stat:{word} err:000 text:KB");
            assert_eq!(
                state_of(&text),
                Some(("7".into(), state, Some("000".into()))),
                "{word}"
            );
        }
    }

    #[test]
    fn a_receipt_is_read_with_blanks_other_cases_and_missing_fields() {
        let found = state_of("submitid:9 ID: 00Ab-c  STAT: deliVRD");
        assert_eq!(
            found,
            Some(("00Ab-c".into(), ReceiptState::Delivered, None))
        );
        assert_eq!(state_of("stat:DELIVRD"), None);
    }

    #[test]
    fn parameters_come_before_the_text() {
        let mut delivery = with_text(0);
        delivery.parameters = vec![
            (tag::RECEIPTED_MESSAGE_ID, b"3e9".to_vec()),
            (tag::MESSAGE_STATE, vec![5]),
            (tag::NETWORK_ERROR, vec![3, 0, 34]),
        ];
        let text = "id:1001 stat:DELIVRD";
        let receipt = read(&delivery, Some(text), ReceiptId::HexToDec).unwrap();
        assert_eq!(receipt.provider_id, "1001");
        assert_eq!(receipt.state, ReceiptState::Failed);
        assert_eq!(receipt.code.as_deref(), Some("34"));
    }

    #[test]
    fn what_a_citizen_writes_is_no_receipt() {
        for text in ["KB 001090000001 An", "id:7", "stat: tot", ""] {
            assert!(read(&with_text(0), Some(text), ReceiptId::Same).is_none());
        }
    }
}
