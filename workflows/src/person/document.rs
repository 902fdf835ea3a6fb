//! Identity documents and what a CCCD number says (DOMAIN.md §5.5).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::PersonError;
use crate::rules::Gender;

/// Kinds of identity document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DocumentKind {
    /// Căn cước công dân, also the personal number.
    Cccd,
    /// Chứng minh nhân dân, the card before it.
    Cmnd,
    /// A passport of any country.
    Passport,
}

impl DocumentKind {
    /// `cccd`, `cmnd` or `passport`, as forms and the API name it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Cccd => "cccd",
            Self::Cmnd => "cmnd",
            Self::Passport => "passport",
        }
    }

    /// The kind of a [`DocumentKind::code`].
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Cccd, Self::Cmnd, Self::Passport]
            .into_iter()
            .find(|kind| kind.code() == code)
    }
}

/// An identity document by its number. Numbers are text: leading zeros count.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub enum Document {
    /// 12 digits.
    Cccd(String),
    /// 9 digits.
    Cmnd(String),
    /// 5 to 20 capital letters and digits.
    Passport(String),
}

#[derive(Serialize, Deserialize)]
struct Written {
    kind: DocumentKind,
    number: String,
}

/// What a CCCD number says about its holder.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CccdFacts {
    /// The first three digits.
    pub prefix: u16,
    /// Province (until 2025) of birth registration, if the prefix is one; the name that time.
    pub province: Option<&'static str>,
    /// Female or male.
    pub gender: Gender,
    /// Year of birth; may be implausible (21xx), as nothing checks the number.
    pub birth_year: u16,
}

impl Document {
    /// Reads a number of a known kind. Spaces, dots and dashes are ignored. The 12-digit CMND of
    /// 2012–2015 carries the personal number, so it is taken as a CCCD.
    pub fn parse(kind: DocumentKind, text: &str) -> Result<Self, PersonError> {
        let number = compact(text);
        let digits = number.bytes().all(|b| b.is_ascii_digit());
        match kind {
            DocumentKind::Cccd if !digits => Err(PersonError::CccdDigits),
            DocumentKind::Cccd if number.len() != 12 => Err(PersonError::CccdLength),
            DocumentKind::Cmnd if !digits => Err(PersonError::CmndDigits),
            DocumentKind::Cmnd if number.len() == 9 => Ok(Self::Cmnd(number)),
            DocumentKind::Cmnd if number.len() != 12 => Err(PersonError::CmndLength),
            DocumentKind::Cccd | DocumentKind::Cmnd => Ok(Self::Cccd(number)),
            DocumentKind::Passport if !is_passport(&number) => Err(PersonError::PassportForm),
            DocumentKind::Passport => Ok(Self::Passport(number)),
        }
    }

    /// Reads a number whose kind was not said: 12 digits are a CCCD, 9 a CMND, letters with
    /// digits a passport.
    pub fn guess(text: &str) -> Result<Self, PersonError> {
        let number = compact(text);
        let digits = number.bytes().all(|b| b.is_ascii_digit());
        match (digits, number.len()) {
            (_, 0) => Err(PersonError::DocumentUnknown),
            (true, 9) => Self::parse(DocumentKind::Cmnd, &number),
            (true, _) => Self::parse(DocumentKind::Cccd, &number),
            (false, _) => Self::parse(DocumentKind::Passport, &number)
                .map_err(|_| PersonError::DocumentUnknown),
        }
    }

    /// Which kind it is.
    pub fn kind(&self) -> DocumentKind {
        match self {
            Self::Cccd(_) => DocumentKind::Cccd,
            Self::Cmnd(_) => DocumentKind::Cmnd,
            Self::Passport(_) => DocumentKind::Passport,
        }
    }

    /// Its number.
    pub fn number(&self) -> &str {
        match self {
            Self::Cccd(number) | Self::Cmnd(number) | Self::Passport(number) => number,
        }
    }

    /// The normal form that a blind index is made of: `cccd:087084000999`.
    pub fn index_key(&self) -> String {
        format!("{}:{}", self.kind().code(), self.number())
    }

    /// What the number says; only a CCCD says anything.
    pub fn facts(&self) -> Option<CccdFacts> {
        let Self::Cccd(number) = self else {
            return None;
        };
        let prefix = number.get(..3)?.parse().ok()?;
        let century = u16::from(number.as_bytes().get(3)?.checked_sub(b'0')?);
        let year: u16 = number.get(4..6)?.parse().ok()?;
        Some(CccdFacts {
            prefix,
            province: province(prefix),
            gender: if century % 2 == 0 {
                Gender::Male
            } else {
                Gender::Female
            },
            birth_year: 1900 + century / 2 * 100 + year,
        })
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}(…)", self.kind())
    }
}

impl fmt::Debug for CccdFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CccdFacts(…)")
    }
}

impl TryFrom<Written> for Document {
    type Error = PersonError;
    fn try_from(written: Written) -> Result<Self, Self::Error> {
        Self::parse(written.kind, &written.number)
    }
}

impl From<Document> for Written {
    fn from(document: Document) -> Self {
        Self {
            kind: document.kind(),
            number: document.number().to_owned(),
        }
    }
}

fn compact(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace() && !c.is_control() && !matches!(c, '.' | '-' | '\u{feff}'))
        .flat_map(char::to_uppercase)
        .collect()
}

fn is_passport(number: &str) -> bool {
    (5..=20).contains(&number.len())
        && number.bytes().all(|b| b.is_ascii_alphanumeric())
        && number.bytes().any(|b| b.is_ascii_digit())
}

fn province(prefix: u16) -> Option<&'static str> {
    let found = PREFIXES
        .binary_search_by_key(&prefix, |(code, _)| *code)
        .ok()?;
    PREFIXES.get(found).map(|(_, name)| *name)
}

/// Annex of Circular 59/2021/TT-BCA: the provinces' codes before 2025.
const PREFIXES: [(u16, &str); 63] = [
    (1, "Hà Nội"),
    (2, "Hà Giang"),
    (4, "Cao Bằng"),
    (6, "Bắc Kạn"),
    (8, "Tuyên Quang"),
    (10, "Lào Cai"),
    (11, "Điện Biên"),
    (12, "Lai Châu"),
    (14, "Sơn La"),
    (15, "Yên Bái"),
    (17, "Hòa Bình"),
    (19, "Thái Nguyên"),
    (20, "Lạng Sơn"),
    (22, "Quảng Ninh"),
    (24, "Bắc Giang"),
    (25, "Phú Thọ"),
    (26, "Vĩnh Phúc"),
    (27, "Bắc Ninh"),
    (30, "Hải Dương"),
    (31, "Hải Phòng"),
    (33, "Hưng Yên"),
    (34, "Thái Bình"),
    (35, "Hà Nam"),
    (36, "Nam Định"),
    (37, "Ninh Bình"),
    (38, "Thanh Hóa"),
    (40, "Nghệ An"),
    (42, "Hà Tĩnh"),
    (44, "Quảng Bình"),
    (45, "Quảng Trị"),
    (46, "Huế"),
    (48, "Đà Nẵng"),
    (49, "Quảng Nam"),
    (51, "Quảng Ngãi"),
    (52, "Bình Định"),
    (54, "Phú Yên"),
    (56, "Khánh Hòa"),
    (58, "Ninh Thuận"),
    (60, "Bình Thuận"),
    (62, "Kon Tum"),
    (64, "Gia Lai"),
    (66, "Đắk Lắk"),
    (67, "Đắk Nông"),
    (68, "Lâm Đồng"),
    (70, "Bình Phước"),
    (72, "Tây Ninh"),
    (74, "Bình Dương"),
    (75, "Đồng Nai"),
    (77, "Bà Rịa - Vũng Tàu"),
    (79, "Hồ Chí Minh"),
    (80, "Long An"),
    (82, "Tiền Giang"),
    (83, "Bến Tre"),
    (84, "Trà Vinh"),
    (86, "Vĩnh Long"),
    (87, "Đồng Tháp"),
    (89, "An Giang"),
    (91, "Kiên Giang"),
    (92, "Cần Thơ"),
    (93, "Hậu Giang"),
    (94, "Sóc Trăng"),
    (95, "Bạc Liêu"),
    (96, "Cà Mau"),
];
