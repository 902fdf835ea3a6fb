use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::clock::{Clock, Moment};
use crate::ids::{PassId, ProvinceId};
use crate::pass::{Holder, PassKind};

/// Characters of alphanumeric mode in QR version 9 at level M (ISO/IEC 18004 table 7).
const VERSION_9_M: usize = 262;

fn signer(seed: u64) -> PassSigner {
    PassSigner::new(&KeyFile::generate(&Clock::fixed(Moment(0), seed)))
}

fn claims(province: &str, holder: Option<Holder>) -> PassClaims {
    PassClaims {
        id: PassId([0xa5; 16]),
        province: ProvinceId::parse(province).unwrap(),
        issued_at: Moment(1_795_400_000_000_000),
        expires_at: Moment(1_795_659_200_000_000),
        kind: PassKind::Person,
        class: 'C',
        holder,
    }
}

fn bytes_of(text: &str) -> Vec<u8> {
    base45::decode(text.strip_prefix(PREFIX).unwrap()).unwrap()
}

fn text_of(bytes: &[u8]) -> String {
    format!("{PREFIX}{}", base45::encode(bytes))
}

#[test]
fn a_pass_fits_its_qr_code() {
    let wide = Holder::of("Đ Đ Đ Đ Đ", 1990);
    let provinces = ["ha-noi", "ba-ria-vung-tau", "of-twenty-characters"];
    for province in provinces {
        let text = signer(1)
            .seal(&claims(province, Some(wide.clone())))
            .unwrap();
        assert!(
            text.len() <= VERSION_9_M,
            "{province}: {} characters",
            text.len()
        );
    }
    let longest = "a".repeat(32);
    let text = signer(1).seal(&claims(&longest, Some(wide))).unwrap();
    assert!(bytes_of(&text).len() <= LARGEST && text.len() <= LONGEST_TEXT);
    let usual = signer(1)
        .seal(&claims("quang-ninh", Some(Holder::of("N V A", 1990))))
        .unwrap();
    assert_eq!((bytes_of(&usual).len(), usual.len()), (157, 240));
}

#[test]
fn every_altered_byte_is_refused() {
    let signer = signer(2);
    let verifier = PassVerifier::from_signer(&signer);
    for holder in [None, Some(Holder::of("Trần Thị Bé", 2001))] {
        let bytes = bytes_of(&signer.seal(&claims("da-nang", holder)).unwrap());
        for at in 0..bytes.len() {
            for flip in [1, 2, 4, 8, 16, 32, 64, 128, 255] {
                let mut altered = bytes.clone();
                altered[at] ^= flip;
                assert!(
                    verifier.open(&text_of(&altered)).is_err(),
                    "byte {at} ^ {flip}"
                );
            }
            assert!(
                verifier.open(&text_of(&bytes[..at])).is_err(),
                "cut at {at}"
            );
        }
        assert!(verifier.open(&text_of(&[bytes, vec![0]].concat())).is_err());
    }
}

#[test]
fn every_altered_character_is_refused() {
    let signer = signer(3);
    let verifier = PassVerifier::from_signer(&signer);
    let text = signer.seal(&claims("hai-phong", None)).unwrap();
    // An odd number of bytes ends in the pair that could wrap round.
    assert_eq!(bytes_of(&text).len() % 2, 1);
    for at in 0..text.len() {
        for symbol in b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:\n#" {
            let mut altered = text.clone().into_bytes();
            if altered[at] != *symbol {
                altered[at] = *symbol;
                let altered = String::from_utf8(altered).unwrap();
                assert!(verifier.open(&altered).is_err(), "character {at}: {symbol}");
            }
        }
    }
    let again = format!(" {}\r\n", text.to_lowercase());
    assert_eq!(verifier.open(&again), verifier.open(&text));
}

#[test]
fn a_pass_of_another_signer_or_form_is_refused_for_its_own_reason() {
    let (ours, theirs) = (signer(4), signer(5));
    let verifier = PassVerifier::from_signer(&ours);
    let foreign = theirs.seal(&claims("ha-noi", None)).unwrap();
    assert_eq!(verifier.open(&foreign), Err(PassError::UnknownKey));
    // Their signature under our key's id.
    let imposter = PassSigner {
        id: ours.id.clone(),
        ..theirs
    };
    let forged = imposter.seal(&claims("ha-noi", None)).unwrap();
    assert_eq!(verifier.open(&forged), Err(PassError::BadSignature));
    for other in ["", "KB1", "KB2:ABC", "HC1:6BF", "0123456789|…", "ĐĐĐ", "Ạ"] {
        assert_eq!(verifier.open(other), Err(PassError::NotAPass), "{other}");
    }
    for damaged in ["KB1:", "kb1:AB", "KB1:ĐĐ", &"KB1:A".repeat(100)] {
        assert_eq!(
            verifier.open(damaged),
            Err(PassError::Malformed),
            "{damaged}"
        );
    }
}

#[test]
fn another_algorithm_or_an_outer_header_is_refused_even_when_well_signed() {
    let signer = signer(6);
    let verifier = PassVerifier::from_signer(&signer);
    let sign = |protected: Header, outer: Header| {
        let cose = CoseSign1Builder::new()
            .protected(protected)
            .unprotected(outer)
            .payload(token::to_cwt(&claims("ha-noi", None)).unwrap())
            .create_signature(b"", |signed| signer.newest.sign(signed).to_bytes().to_vec())
            .build();
        verifier.open(&text_of(&cose.to_tagged_vec().unwrap()))
    };
    let good = signer.id.header();
    assert!(sign(good.clone(), Header::default()).is_ok());
    let es256 = Header {
        alg: Some(coset::Algorithm::Assigned(coset::iana::Algorithm::ES256)),
        ..good.clone()
    };
    let id_only = Header {
        alg: None,
        ..good.clone()
    };
    let with_iv = Header {
        iv: vec![1],
        ..good.clone()
    };
    for header in [es256, id_only, with_iv, Header::default()] {
        assert_eq!(sign(header, Header::default()), Err(PassError::Malformed));
    }
    assert_eq!(sign(good.clone(), good), Err(PassError::Malformed));
}

#[test]
fn published_keys_open_passes_of_the_newest_and_of_older_keys() {
    let clock = Clock::fixed(Moment(0), 7);
    let folder = std::env::temp_dir().join(format!("khaibao-pass-{}", Clock::system().uuid()));
    let path = folder.join("keys.toml");
    std::fs::create_dir(&folder).unwrap();
    let first = PassSigner::new(&KeyFile::create(&path, &clock).unwrap());
    clock.set(Moment(1));
    let second = PassSigner::new(&KeyFile::rotate_pass_key(&path, &clock).unwrap());
    std::fs::remove_dir_all(&folder).unwrap();
    assert_ne!(first.id, second.id);
    let verifier = PassVerifier::from_published(&second.published_keys()).unwrap();
    for signer in [&first, &second] {
        let said = claims("ha-noi", Some(Holder::of("Lê Văn Tám", 1950)));
        assert_eq!(verifier.open(&signer.seal(&said).unwrap()), Ok(said));
    }
}

#[test]
fn a_key_list_with_anything_odd_in_it_is_refused() {
    let good = signer(8).published_keys();
    assert!(PassVerifier::from_published(&good).is_ok());
    for (member, odd) in [
        ("kty", json!("EC")),
        ("crv", json!("X25519")),
        ("alg", json!("none")),
        ("use", json!("enc")),
        ("kid", json!("AAAAAAAA")),
        ("x", json!(URL_SAFE_NO_PAD.encode([1]))),
        // The neutral element: every signature could be made to fit.
        ("x", json!("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")),
    ] {
        let mut list = good.clone();
        list["keys"][0][member] = odd;
        assert!(PassVerifier::from_published(&list).is_err(), "{member}");
    }
    assert!(PassVerifier::from_published(&json!([])).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn a_pass_says_what_was_sealed(
        id: [u8; 16], province in "[a-z0-9]{1,32}", from in 0i64..1 << 40,
        hours in 0i64..200, vehicle: bool, class: char, year: u16,
        name in proptest::option::of("\\PC{0,40}"),
    ) {
        let signer = signer(9);
        let said = PassClaims {
            id: PassId(id),
            province: ProvinceId::parse(&province).unwrap(),
            issued_at: Moment(from * 1_000_000),
            expires_at: Moment((from + hours * 3_600) * 1_000_000),
            kind: if vehicle { PassKind::Vehicle } else { PassKind::Person },
            class,
            holder: name.map(|n| Holder::of(&n, year)),
        };
        let text = signer.seal(&said).unwrap();
        prop_assert!(bytes_of(&text).len() <= LARGEST);
        prop_assert_eq!(PassVerifier::from_signer(&signer).open(&text), Ok(said));
    }

    #[test]
    fn no_text_breaks_the_reader(body in "\\PC{0,320}", bytes: Vec<u8>) {
        let verifier = PassVerifier::from_signer(&signer(10));
        prop_assert!(verifier.open(&body).is_err());
        prop_assert!(verifier.open(&[PREFIX, &body].concat()).is_err());
        prop_assert!(verifier.open(&text_of(&bytes)).is_err());
    }
}
