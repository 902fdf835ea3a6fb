//! Phone numbers (DOMAIN.md §5.6).

use serde::{Deserialize, Serialize};

use super::PersonError;

/// A phone number in E.164.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(String);

/// What the person should know about a number that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PhoneNotice {
    /// The leading 0 was missing and was added: check the number.
    ZeroAdded,
    /// An 11-digit mobile number of before 2019 was changed into its present form.
    Renumbered,
    /// A landline gets no messages.
    Landline,
    /// A foreign number gets no messages.
    Foreign,
    /// No network is known to use these first digits: check the number.
    UnknownPrefix,
}

impl PhoneNotice {
    /// The stable name of its sentence in the locales.
    pub fn code(self) -> &'static str {
        match self {
            Self::ZeroAdded => "phone-zero-added",
            Self::Renumbered => "phone-renumbered",
            Self::Landline => "phone-landline",
            Self::Foreign => "phone-foreign",
            Self::UnknownPrefix => "phone-unknown-prefix",
        }
    }
}

impl Phone {
    /// Reads a number as people write it; see [`Phone::read`].
    pub fn parse(text: &str) -> Result<Self, PersonError> {
        Self::read(text).map(|(phone, _)| phone)
    }

    /// Reads a number as people write it: with 0, 84, +84, 0084 or nothing in front, spaces,
    /// dots, dashes and brackets; old 11-digit mobiles are renumbered; foreign ones need `+`.
    pub fn read(text: &str) -> Result<(Self, Option<PhoneNotice>), PersonError> {
        let (abroad, digits) = compact(text)?;
        if abroad && !digits.starts_with("84") {
            let fits = (8..=15).contains(&digits.len()) && !digits.starts_with('0');
            let phone = fits
                .then(|| Self(format!("+{digits}")))
                .ok_or(PersonError::PhoneLength)?;
            return Ok((phone, Some(PhoneNotice::Foreign)));
        }
        // Without a sign in front, 84 is the country's code only where the length leaves no doubt:
        // 084 is also a mobile prefix.
        let dialled = abroad || (digits.starts_with("84") && matches!(digits.len(), 11..=13));
        let rest = if dialled {
            digits.get(2..).unwrap_or_default()
        } else {
            &digits
        };
        let national = rest.strip_prefix('0').unwrap_or(rest);
        let bare = !dialled && national.len() == rest.len();
        let (number, notice) = number(national)?;
        let notice = notice.or(bare.then_some(PhoneNotice::ZeroAdded));
        Ok((Self(format!("+84{number}")), notice))
    }

    /// `+84912345678`.
    pub fn e164(&self) -> &str {
        &self.0
    }

    /// The number as dialled at home: `0912345678`; foreign ones with their `+`.
    pub fn local_text(&self) -> String {
        self.0
            .strip_prefix("+84")
            .map_or_else(|| self.0.clone(), |rest| format!("0{rest}"))
    }

    /// Whether it can get SMS: Vietnamese mobile numbers only.
    pub fn is_textable(&self) -> bool {
        self.0.strip_prefix("+84").is_some_and(is_mobile)
    }

    /// The normal form that a blind index is made of.
    pub fn index_key(&self) -> String {
        format!("phone:{}", self.0)
    }
}

impl TryFrom<String> for Phone {
    type Error = PersonError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Phone> for String {
    fn from(phone: Phone) -> Self {
        phone.0
    }
}

/// Its digits, and whether an international sign (`+` or `00`) stood in front.
fn compact(text: &str) -> Result<(bool, String), PersonError> {
    let separator = |c: &char| {
        c.is_whitespace() || c.is_control() || matches!(c, '.' | '-' | '(' | ')' | '\u{feff}')
    };
    let text: String = text.chars().filter(|c| !separator(c)).collect();
    let signed = text.strip_prefix('+').or_else(|| text.strip_prefix("00"));
    let digits = signed.unwrap_or(&text);
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(PersonError::PhoneDigits);
    }
    Ok((signed.is_some(), digits.to_owned()))
}

/// The present form of a number without its leading 0.
fn number(national: &str) -> Result<(String, Option<PhoneNotice>), PersonError> {
    match (national.len(), national.as_bytes().first()) {
        (9, _) if is_mobile(national) => {
            let known = MOBILE.split(' ').any(|prefix| national.starts_with(prefix));
            Ok((
                national.to_owned(),
                (!known).then_some(PhoneNotice::UnknownPrefix),
            ))
        }
        (10, Some(b'2')) => Ok((national.to_owned(), Some(PhoneNotice::Landline))),
        (10, Some(b'1')) => RENUMBERED
            .iter()
            .find_map(|(old, new)| Some(format!("{new}{}", national.strip_prefix(old)?)))
            .map(|number| (number, Some(PhoneNotice::Renumbered)))
            .ok_or(PersonError::PhonePrefix),
        (9, _) => Err(PersonError::PhonePrefix),
        _ => Err(PersonError::PhoneLength),
    }
}

fn is_mobile(national: &str) -> bool {
    national.len() == 9 && national.starts_with(['3', '5', '7', '8', '9'])
}

/// Prefixes in use, without the 0. Numbers are portable, so they do not tell the network.
const MOBILE: &str = "32 33 34 35 36 37 38 39 52 55 56 58 59 70 76 77 78 79 81 82 83 84 85 86 87 \
    88 89 90 91 92 93 94 96 97 98 99";

/// Prefixes of the 11-digit mobiles that ended in June 2019, and what they became.
const RENUMBERED: [(&str, &str); 21] = [
    ("162", "32"),
    ("163", "33"),
    ("164", "34"),
    ("165", "35"),
    ("166", "36"),
    ("167", "37"),
    ("168", "38"),
    ("169", "39"),
    ("120", "70"),
    ("121", "79"),
    ("122", "77"),
    ("126", "76"),
    ("128", "78"),
    ("123", "83"),
    ("124", "84"),
    ("125", "85"),
    ("127", "81"),
    ("129", "82"),
    ("186", "56"),
    ("188", "58"),
    ("199", "59"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(String, Option<PhoneNotice>), PersonError> {
        Phone::read(text).map(|(phone, notice)| (phone.e164().to_owned(), notice))
    }

    #[test]
    fn every_way_of_writing_a_mobile_number_gives_the_same_number() {
        for text in [
            "0912345678",
            "84 912 345 678",
            "+84 912.345.678",
            "+84 (0) 912-345-678",
            "0084912345678",
            "840912345678",
            "(091) 234 5678",
        ] {
            assert_eq!(read(text), Ok(("+84912345678".into(), None)), "{text}");
        }
        assert_eq!(read("0841234567"), Ok(("+84841234567".into(), None)));
    }

    #[test]
    fn nine_digits_are_accepted_with_a_notice() {
        let added = Some(PhoneNotice::ZeroAdded);
        assert_eq!(read("912345678"), Ok(("+84912345678".into(), added)));
        assert_eq!(read("841234567"), Ok(("+84841234567".into(), added)));
    }

    #[test]
    fn an_old_eleven_digit_number_is_renumbered() {
        let renumbered = Some(PhoneNotice::Renumbered);
        assert_eq!(
            read("0169 933 3999"),
            Ok(("+84399333999".into(), renumbered))
        );
        assert_eq!(
            read("+84 123 456 7890"),
            Ok(("+84834567890".into(), renumbered))
        );
        assert_eq!(
            read("84199 123 4567"),
            Ok(("+84591234567".into(), renumbered))
        );
        assert_eq!(read("01811234567"), Err(PersonError::PhonePrefix));
    }

    #[test]
    fn landlines_and_foreign_numbers_are_kept_but_not_texted() {
        for (text, notice) in [
            ("02438 123 456", PhoneNotice::Landline),
            ("+82 10 1234 5678", PhoneNotice::Foreign),
        ] {
            let (phone, given) = Phone::read(text).unwrap();
            assert_eq!(given, Some(notice));
            assert!(!phone.is_textable());
        }
        assert!(Phone::parse("0912345678").unwrap().is_textable());
        assert_eq!(
            read("0571234567").unwrap().1,
            Some(PhoneNotice::UnknownPrefix)
        );
    }

    #[test]
    fn what_is_no_number_says_why() {
        assert_eq!(read("09123x5678"), Err(PersonError::PhoneDigits));
        assert_eq!(read("091234567"), Err(PersonError::PhoneLength));
        assert_eq!(read("0112345678"), Err(PersonError::PhonePrefix));
        assert_eq!(read("+"), Err(PersonError::PhoneLength));
        assert_eq!(read(""), Err(PersonError::PhoneLength));
    }
}
