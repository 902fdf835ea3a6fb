//! What a chat waits for beside answers, a number, a code, a page, and how to leave it.

use super::chat::{BARE, WIDE};
use super::*;

#[test]
fn a_number_is_the_chats_only_by_proof() {
    let mut chat = Handset::chat(false, WIDE);
    let number = Phone::parse("0987654321").unwrap();
    let said = chat.text("/sdt 0987654321");
    assert!(chat.chat.linked.is_none(), "{said}");
    assert!(chat.text("111111").contains("chưa đúng"));
    assert!(chat.chat.linked.is_none());
    chat.text("123456");
    assert_eq!(chat.chat.linked.as_ref(), Some(&number));
    let own = Phone::parse("0912345678").unwrap();
    chat.step(Input::Number(own.clone(), true));
    assert_eq!(chat.chat.linked.as_ref(), Some(&own));
}

#[test]
fn a_code_is_tried_five_times_and_for_ten_minutes() {
    let mut chat = Handset::chat(false, WIDE);
    chat.text("/sdt 0987654321");
    let said = chat.texts(&["1", "2", "3", "4", "5"]);
    assert!(said.contains("không còn dùng được"), "{said}");
    chat.text("123456");
    assert!(chat.chat.linked.is_none());
    chat.text("/sdt 0987654321");
    chat.wait(11);
    assert!(chat.text("123456").contains("không còn dùng được"));
    assert!(chat.chat.linked.is_none());
}

#[test]
fn who_gives_no_number_after_all_goes_on_where_they_were() {
    let mut chat = Handset::chat(true, WIDE);
    chat.texts(&["/khaibao", "001084000999", "/sdt"]);
    let said = chat.press("Hủy");
    assert!(said.contains("không ghi số điện thoại"), "{said}");
    assert!(chat.press("Tiếp tục").contains("Họ và tên"));
    let mut chat = Handset::chat(false, BARE);
    let said = chat.text("/sdt");
    assert!(said.contains("/huy – Hủy"), "{said}");
    assert!(chat.text("/huy").contains("không ghi số điện thoại"));
    assert!(chat.text("0987654321").contains("Bạn muốn làm gì"));
}

#[test]
fn who_waits_for_a_code_can_have_another_one_or_leave() {
    let mut chat = Handset::chat(false, WIDE);
    chat.text("/sdt 0987654321");
    chat.text("111111");
    assert!(
        chat.press("Nhận mã khác")
            .contains("Số điện thoại của bạn?")
    );
    assert!(chat.text("0987654322").contains("mã 6 chữ số"));
    assert!(chat.press("Hủy").contains("không ghi số điện thoại"));
    chat.text("123456");
    assert!(chat.chat.linked.is_none());
}

#[test]
fn a_page_is_said_to_wait_only_as_long_as_it_does() {
    let mut chat = Handset::chat(false, WIDE);
    chat.text("/khaibao");
    chat.text("Hai Phong");
    for (minutes, words) in [
        (14, "vẫn đang chờ"),
        (2, "chỉ mở được trong 15 phút"),
        (30, "đã hết hạn"),
    ] {
        chat.wait(minutes);
        let said = chat.text("alô");
        assert!(said.contains(words), "{said}");
    }
    let handed = chat.chat.handed.len();
    let said = chat.press("Lấy trang khác");
    assert!(said.contains("Bấm nút để nhập"), "{said}");
    assert_eq!(chat.chat.handed.len(), handed + 1);
    assert!(chat.text("alô").contains("vẫn đang chờ"));
}
