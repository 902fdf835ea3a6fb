use super::*;
use DocumentKind::{Cccd, Cmnd, Passport};

fn today() -> Day {
    Day::parse("2026-11-23").unwrap()
}

fn identity(number: &str, birth: &str, gender: Gender) -> Identity {
    Identity {
        name: FullName::parse("Nguyễn Thị Ánh Đào").unwrap(),
        document: Document::parse(Cccd, number).unwrap(),
        birth: Birth::parse(birth, today()).unwrap(),
        gender,
        nationality: "VN".into(),
        phone: Some(Phone::parse("0912345678").unwrap()),
    }
}

#[test]
fn a_cccd_number_says_province_sex_and_year() {
    let facts = |number| Document::parse(Cccd, number).unwrap().facts().unwrap();
    let first = facts("087084000999");
    assert_eq!(
        (first.province, first.gender, first.birth_year),
        (Some("Đồng Tháp"), Gender::Male, 1984)
    );
    let second = facts("001 304 012 345");
    assert_eq!(
        (second.province, second.gender, second.birth_year),
        (Some("Hà Nội"), Gender::Female, 2004)
    );
}

#[test]
fn odd_cccd_numbers_are_flagged_and_taken() {
    let future = identity("079512345678", "2012", Gender::Female);
    assert_eq!(future.notices(today()), [IdentityNotice::CccdYear]);
    let nowhere = identity("003084000999", "1984", Gender::Male);
    assert_eq!(nowhere.notices(today()), [IdentityNotice::CccdPrefix]);
}

#[test]
fn a_declared_birth_or_sex_against_the_number_is_flagged() {
    let notices = |birth, gender| identity("087084000999", birth, gender).notices(today());
    assert_eq!(notices("12/08/1984", Gender::Male), []);
    assert_eq!(notices("1984", Gender::Other), []);
    assert_eq!(
        notices("1985", Gender::Female),
        [IdentityNotice::BirthDiffers, IdentityNotice::GenderDiffers]
    );
}

#[test]
fn wrong_document_numbers_say_what_to_do() {
    for eleven_or_thirteen in ["87084000999", "0870840009990", ""] {
        assert_eq!(
            Document::parse(Cccd, eleven_or_thirteen),
            Err(PersonError::CccdLength)
        );
    }
    assert_eq!(
        Document::parse(Cccd, "08708400O999"),
        Err(PersonError::CccdDigits)
    );
    assert_eq!(
        Document::parse(Cmnd, "12345678"),
        Err(PersonError::CmndLength)
    );
    assert_eq!(
        Document::parse(Passport, "ABCDEFG"),
        Err(PersonError::PassportForm)
    );
    assert_eq!(PersonError::CccdLength.code(), "cccd-length");
}

#[test]
fn the_kind_of_a_document_is_guessed_and_zeros_survive() {
    assert_eq!(
        Document::guess("001.084.000.999").unwrap().index_key(),
        "cccd:001084000999"
    );
    assert_eq!(
        Document::guess("012345678").unwrap().index_key(),
        "cmnd:012345678"
    );
    assert_eq!(
        Document::guess("c1234567").unwrap().index_key(),
        "passport:C1234567"
    );
    assert_eq!(Document::guess("87084000999"), Err(PersonError::CccdLength));
    assert_eq!(Document::guess("hello"), Err(PersonError::DocumentUnknown));
    let twelve = Document::parse(Cmnd, "001084000999").unwrap();
    assert_eq!(twelve.kind(), Cccd);
}

#[test]
fn a_name_is_cleaned_and_has_initials_and_a_key() {
    let name = FullName::parse("  Nguyễn  Thị Ánh\u{200b} Đào ").unwrap();
    assert_eq!(name.as_str(), "Nguyễn Thị Ánh Đào");
    assert_eq!(name.upper(), "NGUYỄN THỊ ÁNH ĐÀO");
    assert_eq!(name.initials(), "NTAD");
    assert_eq!(name.key(), "nguyen thi anh dao");
    assert!(FullName::parse("H’Hen Niê").is_ok());
    for (text, error) in [
        ("Đ", PersonError::NameLength),
        ("- .", PersonError::NameLetters),
        ("Nguyễn 2", PersonError::NameLetters),
        ("Trần <b>", PersonError::NameLetters),
    ] {
        assert_eq!(FullName::parse(text), Err(error));
    }
    assert_eq!(
        FullName::parse(&"a".repeat(101)),
        Err(PersonError::NameLength)
    );
}

#[test]
fn a_birth_is_a_day_or_a_year_within_reach() {
    let read = |text| Birth::parse(text, today()).map(Birth::local_text);
    for text in [
        "12/8/1984",
        "12-08-1984",
        "12.08.1984",
        "12081984",
        "1984-08-12",
        "12 / 8 / 1984",
    ] {
        assert_eq!(read(text), Ok("12/08/1984".into()), "{text}");
    }
    assert_eq!(read("1984"), Ok("1984".into()));
    for text in ["24/11/2026", "2027", "1900", "12/8/84"] {
        assert_eq!(read(text), Err(PersonError::BirthRange), "{text}");
    }
    for text in ["31/02/1984", "84", "", "tháng 8", "1é84à88"] {
        assert_eq!(read(text), Err(PersonError::BirthForm), "{text}");
    }
    let day = Birth::parse("12/8/1984", today()).unwrap();
    assert!(day.agrees(Birth::Year(1984)) && !day.agrees(Birth::Year(1985)));
}

#[test]
fn nothing_personal_is_printed_for_debugging() {
    let identity = identity("087084000999", "12/08/1984", Gender::Male);
    let printed = format!(
        "{identity:?} {:?} {:?} {:?} {:?} {:?}",
        identity.name,
        identity.document,
        identity.birth,
        identity.phone,
        identity.document.facts()
    );
    for secret in ["087084000999", "Ánh", "1984", "912345678", "Tháp", "5337"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

#[test]
fn an_identity_survives_storage_and_a_forged_one_does_not_load() {
    let identity = identity("087084000999", "12/08/1984", Gender::Male);
    let stored = serde_json::to_string(&identity).unwrap();
    assert!(serde_json::from_str::<Identity>(&stored).unwrap() == identity);
    let forged = stored.replace("087084000999", "87084000999");
    assert!(serde_json::from_str::<Identity>(&forged).is_err());
}

proptest::proptest! {
    #[test]
    fn whatever_is_typed_is_read_or_refused_and_reads_the_same_again(text in "\\PC{0,30}") {
        if let Ok(phone) = Phone::parse(&text) {
            assert_eq!(Phone::parse(phone.e164()).unwrap(), phone);
        }
        if let Ok(name) = FullName::parse(&text) {
            assert_eq!(FullName::parse(name.as_str()).unwrap(), name);
        }
        if let Ok(document) = Document::guess(&text) {
            assert_eq!(Document::parse(document.kind(), document.number()).unwrap(), document);
        }
        let _ = Birth::parse(&text, today());
        let _ = DocumentScan::parse(&text.replace(' ', "|"), today());
    }

    #[test]
    fn every_number_of_phone_length_is_read_the_same_again(text in "(\\+|00)?[0-9 ]{8,16}") {
        if let Ok(phone) = Phone::parse(&text) {
            assert_eq!(Phone::parse(phone.e164()).unwrap(), phone);
            assert_eq!(Phone::parse(&phone.local_text()).unwrap(), phone);
        }
    }
}
