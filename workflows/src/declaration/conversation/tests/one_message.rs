//! `KB <document> <name> <place> <symptoms>` from both ends.

use super::*;

#[test]
fn a_whole_declaration_is_read_however_it_is_written() {
    let decomposed = "KB 001084000999 Nguye\u{302}\u{303}n Va\u{306}n An Ha\u{309}i Pho\u{300}ng 0";
    for text in [
        "KB 001084000999 Nguyen Van An Hai Phong 0",
        "kb 001084000999 nguyen van an hai phong 0",
        "Khai báo 001084000999 Nguyễn Văn An Hải Phòng 0",
        "dang ky 001084000999 Nguyen Van An Hai Phong 0",
        "ddawng kys 001084000999 Nguyen Van An Hai Phong 0",
        "KB,001084000999,Nguyen Van An,Hai Phong,0",
        "KB 001084000999;Nguyen Van An;Hai Phong;0",
        "KB\n001084000999\nNguyen Van An\nHai Phong\n0",
        "  KB   001084000999\u{a0}Nguyen  Van An   Hai Phong   0 ",
        "KB 001 084 000 999 Nguyen Van An Hai Phong 0",
        "KB 001084000999 Nguyen Van An Hai Phong khong",
        "KB ００１０８４０００９９９ Nguyen Van An Hai Phong ０",
        "001084000999 Nguyen Van An Hai Phong 0",
        "KB: 001084000999 Nguyen Van An, TP Hai Phong, 0.",
        decomposed,
    ] {
        let mut phone = Handset::sms();
        let said = phone.text(text);
        assert!(said.contains("ABCD-EFGH"), "{text}: {said}");
        let raw = phone.last();
        assert_eq!(raw.one("document"), "001084000999", "{text}");
        assert_eq!(raw.one("origin_unit"), "2025-31-0", "{text}");
        let name = crate::text::fold(raw.one("name"));
        assert_eq!(name, "nguyen van an", "{text}");
    }
}

#[test]
fn places_are_told_from_names() {
    for (text, name, origin) in [
        ("Tran Thi Bac Ninh", "Tran Thi", "2025-24-0"),
        ("Nguyen Van An Giang", "Nguyen Van", "2025-91-0"),
        ("Le Van Hai Nam Dinh", "Le Van Hai", "2004-36-0"),
        ("Tran Van A Ba Dinh Ha Noi", "Tran Van A", "2025-1-4"),
        ("Tran Van A, Ba Dinh, Ha Noi", "Tran Van A", "2025-1-4"),
        ("Le Thi Hoa tinh Quang Ninh", "Le Thi Hoa", "2025-22-0"),
        ("Le Thi Hoa HCM", "Le Thi Hoa", "2025-79-0"),
        ("Le Thi Hoa Hue", "Le Thi Hoa", "2025-46-0"),
    ] {
        let mut phone = Handset::sms();
        phone.text(&format!("KB 001084000999 {text} 0"));
        assert_eq!(phone.last().one("name"), name, "{text}");
        assert_eq!(phone.last().one("origin_unit"), origin, "{text}");
    }
}

#[test]
fn a_plate_and_a_post_may_stand_anywhere() {
    for text in [
        "KB 29A-123.45 001084000999 Tran Van An Hai Phong 0",
        "KB 001084000999 Tran Van An 29A12345 Hai Phong 0",
        "KB 001084000999 Tran Van An Hai Phong 29A 12345 0",
        "KB 001084000999 Tran Van An Hai Phong 0 29A 123.45",
    ] {
        let mut phone = Handset::sms();
        phone.text(text);
        assert_eq!(phone.last().one("plate"), "29A12345", "{text}");
        assert_eq!(phone.last().one("name"), "Tran Van An", "{text}");
    }
    for text in ["C5", "chot 5", "chốt5"] {
        let mut phone = Handset::sms();
        phone.text(&format!("KB 001084000999 Tran Van An {text} Hai Phong 0"));
        assert_eq!(phone.last().one("checkpoint"), "5", "{text}");
    }
}

#[test]
fn what_is_missing_is_asked_and_what_was_said_is_kept() {
    for (text, asked, rest) in [
        (
            "KB 001084000999",
            "Ho va ten",
            &["Tran Van An", "Hai Phong", "0", "0"][..],
        ),
        (
            "KB 001084000999 Tran Van An",
            "Di tu",
            &["Hai Phong", "0", "0"],
        ),
        ("KB 001084000999 Tran Van An Hai Phong", "sot", &["0", "0"]),
        ("KB Tran Van An Hai Phong 0", "CCCD", &["001084000999"]),
        ("KB 001084000999 Hai Phong 0", "Ho va ten", &["Tran Van An"]),
        // Symptoms were said, contacts were not.
        ("KB 001084000999 Tran Van An Hai Phong 13", "F0", &["0"]),
    ] {
        let mut phone = Handset::sms();
        let said = phone.text(text);
        assert!(said.contains(asked), "{text}: {said}");
        assert!(phone.texts(rest).contains("ABCD-EFGH"), "{text}");
        assert_eq!(phone.last().one("name"), "Tran Van An", "{text}");
        assert_eq!(phone.last().one("origin_unit"), "2025-31-0", "{text}");
        assert_eq!(phone.sent, 1 + rest.len());
    }
}

#[test]
fn a_place_of_several_is_chosen_from_a_list() {
    let mut phone = Handset::sms();
    phone.texts(&["KB", "001084000999", "Tran Van An"]);
    let list = phone.text("quang n");
    assert!(
        list.contains("1=Quang N") && list.contains("2=Quang N"),
        "{list}"
    );
    let asked = phone.text("1");
    assert!(asked.contains("sot"), "{asked}");
}

#[test]
fn a_post_alone_goes_to_the_summary() {
    let mut phone = Handset::known(Medium::Sms, 1);
    assert!(phone.text("KB 5").starts_with("TVA"));
    phone.text("1");
    assert_eq!(phone.last().one("checkpoint"), "5");
    assert!(phone.text("KB 77").starts_with("Khong co chot"));
    phone.text("KB 5 1");
    assert_eq!(phone.last().one("checkpoint"), "5");
    assert_eq!(phone.declared.len(), 2);
}
