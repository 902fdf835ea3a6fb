//! What scanners read from an identity card's QR or a personal QR (DOMAIN.md §5.5). Neither is
//! signed: it identifies, it does not prove.

use super::{Birth, Document, DocumentKind, FullName, PersonError};
use crate::clock::Day;
use crate::rules::Gender;
use crate::text;

/// A scanned document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentScan {
    /// The document.
    pub document: Document,
    /// The older CMND that a chip card names, to find old records by.
    pub former: Option<Document>,
    /// The name; without marks and in capitals from a personal QR.
    pub name: FullName,
    /// Birth, unless hidden.
    pub birth: Option<Birth>,
    /// Sex, from the card's words or the number; unknown when neither says.
    pub gender: Gender,
}

impl DocumentScan {
    /// Reads a chip card's QR (`CCCD|CMND or empty|name|ddMMyyyy|Nam/Nữ|address|ddMMyyyy`, six
    /// fields or more) or the national personal QR of decision 1405/QĐ-BTTTT
    /// (`number|NAME|YYYY-MM-DD|0 or 1|id|more`).
    pub fn parse(text: &str, today: Day) -> Result<Self, PersonError> {
        let fields: Vec<String> = text.split('|').map(text::clean).collect();
        match fields.as_slice() {
            [number, name, birth, whose, _, _, ..] if matches!(whose.as_str(), "0" | "1") => {
                personal(number, name, birth, today)
            }
            [_, _, _, _, _, _, ..] => card(&fields, today),
            _ => Err(PersonError::ScanForm),
        }
    }
}

fn personal(
    number: &str,
    name: &str,
    birth: &str,
    today: Day,
) -> Result<DocumentScan, PersonError> {
    if number.contains('*') {
        return Err(PersonError::ScanMasked);
    }
    let document = Document::guess(number).map_err(|_| PersonError::ScanForm)?;
    Ok(DocumentScan {
        gender: document
            .facts()
            .map_or(Gender::Unknown, |facts| facts.gender),
        document,
        former: None,
        name: FullName::parse(name).map_err(|_| PersonError::ScanForm)?,
        birth: Birth::parse(birth, today).ok(),
    })
}

/// Fields are found by their look, in the card's order: some cards leave one out or add more.
fn card(fields: &[String], today: Day) -> Result<DocumentScan, PersonError> {
    let mut rest = fields.iter();
    let number = |kind| move |f: &String| Document::parse(kind, f).ok();
    let document = rest.by_ref().find_map(number(DocumentKind::Cccd));
    let mut former = None;
    let name = rest.by_ref().find_map(|field| {
        former = former.take().or_else(|| number(DocumentKind::Cmnd)(field));
        FullName::parse(field).ok()
    });
    let birth = rest.by_ref().find_map(|field| {
        let digits = field.len() == 8 && field.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| Birth::parse(field, today).ok()).flatten()
    });
    let gender = rest.find_map(|field| match text::fold(field).as_str() {
        "nam" => Some(Gender::Male),
        "nu" => Some(Gender::Female),
        _ => None,
    });
    let (Some(document), Some(name), Some(birth)) = (document, name, birth) else {
        return Err(PersonError::ScanForm);
    };
    let by_number = || {
        document
            .facts()
            .map_or(Gender::Unknown, |facts| facts.gender)
    };
    Ok(DocumentScan {
        gender: gender.unwrap_or_else(by_number),
        document,
        former,
        name,
        birth: Some(birth),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<DocumentScan, PersonError> {
        DocumentScan::parse(text, Day::parse("2026-11-23").unwrap())
    }

    #[test]
    fn a_chip_card_is_read_with_and_without_the_older_number() {
        let address = "Số 1, Hàng Bông, Hoàn Kiếm, Hà Nội|25122021";
        let with = read(&format!(
            "001304012345|012345678|Nguyễn Thị Ánh Đào|12082004|Nữ|{address}"
        ))
        .unwrap();
        assert_eq!(with.document, Document::Cccd("001304012345".into()));
        assert_eq!(with.former, Some(Document::Cmnd("012345678".into())));
        assert_eq!(with.name.as_str(), "Nguyễn Thị Ánh Đào");
        assert_eq!(with.birth.unwrap().local_text(), "12/08/2004");
        assert_eq!(with.gender, Gender::Female);
        let without = read(&format!(
            "087084000999||Trần Văn Bé|01011984|Nam|{address}||x|y|z"
        ));
        assert_eq!(without.as_ref().map(|scan| scan.gender), Ok(Gender::Male));
        assert_eq!(without.unwrap().former, None);
        let six = read("087084000999|Trần Văn Bé|01011984|Nam|Sa Đéc|25122021").unwrap();
        assert_eq!(six.birth.unwrap().year(), 1984);
    }

    #[test]
    fn a_personal_qr_is_read_unless_its_number_is_hidden() {
        let scan = read("087084000999|TRAN VAN BE|1984-01-01|0|Q123|").unwrap();
        assert_eq!(scan.name.upper(), "TRAN VAN BE");
        assert_eq!(
            (scan.birth.unwrap().year(), scan.gender),
            (1984, Gender::Male)
        );
        let hidden = read("087084000999|TRAN VAN BE|****-**-**|1|Q123|P<1<<<").unwrap();
        assert_eq!(hidden.birth, None);
        assert_eq!(
            read("******000999|TRAN VAN BE|1984-01-01|0|Q|"),
            Err(PersonError::ScanMasked)
        );
    }

    #[test]
    fn other_codes_are_refused_without_a_panic() {
        for text in [
            "",
            "KB1:ABC",
            "|||||||",
            "1|2|3|4|5|6|7",
            "087084000999|||||||",
        ] {
            assert_eq!(read(text), Err(PersonError::ScanForm), "{text}");
        }
    }
}
