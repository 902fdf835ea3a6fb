//! The main job by people at screens: Chromium on the real server.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod looks;
mod phone;
mod steps;
mod window;

use std::io::Cursor;

use image::{GrayImage, ImageFormat, Luma, imageops};
use serde_json::json;
use tests::{Database, Received, Role, TestApp, a_declaration, on_both, tools};
use workflows::ids::ProvinceId;
use workflows::sealing::Column;

use self::steps::{NAME, NUMBER, fill_in, go_on_duty, scan};
use self::window::{DESKTOP, PHONE, Window};

/// A figure's value in a report's text.
fn figure(report: &str, label: &str) -> u64 {
    let start = format!("{label}: ");
    let line = report.lines().find_map(|l| l.strip_prefix(&start));
    line.unwrap_or_else(|| panic!("no {label} in {report}"))
        .parse()
        .unwrap()
}

/// The report of Hà Nội that one member got.
fn report_to(app: &TestApp, recipient: &str) -> Received {
    let mut mails = app.received_mails();
    mails.retain(|m| m.to == recipient);
    assert_eq!(mails.len(), 1, "one mail to {recipient}");
    mails.remove(0)
}

on_both! {
    async fn a_citizen_declares_in_vietnamese_and_crosses_a_checkpoint(database) {
        let app = TestApp::setup(database).with_smtp().start().await;
        let citizen = Window::open(&app, PHONE).await;
        citizen.goto("/").await;
        assert_eq!(citizen.text("h1").await, "Khai báo y tế khi đi lại");
        citizen.click("details:has([value=ha-noi]) summary").await;
        citizen.click("details[open] option[value='1']").await;
        citizen.follow("details[open] button").await;
        fill_in(&citizen, NAME, NUMBER).await;
        citizen.follow("form button.primary").await;
        assert_eq!(citizen.text("h1").await, "Xem lại tờ khai");
        let read_back = citizen.words().await;
        for typed in [NAME, NUMBER, "14/02/1990", "12 Phố Huế, Phường Ba Đình, Hà Nội", "29A-123.45"] {
            assert!(read_back.contains(typed), "{typed} in {read_back}");
        }
        citizen.follow("form button.primary").await;
        let pass = citizen.path().await;
        assert!(pass.starts_with("/vi/pass/ha-noi."), "{pass}");
        let picture = citizen.attribute("a[href$='png']", "href").await;
        let picture = app.browser().get(&picture).await;
        assert_eq!(picture.header("content-type"), "image/png");
        let qr = tools::read_qr(&picture.body);

        let officer = Window::open(&app, PHONE).await;
        go_on_duty(&officer, &app, Role::Officer, "ha-noi").await;
        scan(&officer, &qr).await;
        assert_eq!(officer.text("h1").await, "Kiểm tra thêm");
        let verdict = officer.words().await;
        assert!(verdict.contains("NGUYỄN VĂN AN") && verdict.contains("0017"), "{verdict}");
        assert!(!verdict.contains(NUMBER), "only the number's end is shown");
        officer.follow("button[value=let-through]").await;
        assert!(officer.text(".flash").await.contains("Cho qua"));

        app.set_clock("2026-11-23 11:03");
        app.run_jobs().await;
        let mail = report_to(&app, "truong-ban@ha-noi.bcd.example");
        assert_eq!(figure(&mail.text, "Lượt người qua chốt"), 1);
        assert_eq!(figure(&mail.text, "Lượt cho qua"), 1);
        assert!(!mail.raw.contains(NUMBER) && !mail.text.contains("An"), "counts only");
        citizen.close().await;
        officer.close().await;
        app.finish().await;
    }
}

/// A film of one still: the pass held before a camera of 1280 × 720 (YUV4MPEG2).
fn film(picture: &[u8]) -> Vec<u8> {
    let qr = image::load_from_memory(picture).unwrap().to_luma8();
    let qr = imageops::resize(&qr, 560, 560, imageops::FilterType::Triangle);
    let mut frame = GrayImage::from_pixel(1280, 720, Luma([140]));
    imageops::overlay(&mut frame, &qr, 360, 80);
    let mut film = b"YUV4MPEG2 W1280 H720 F10:1 Ip A1:1 C420jpeg\nFRAME\n".to_vec();
    film.extend_from_slice(frame.as_raw());
    film.extend(vec![128_u8; 640 * 360 * 2]);
    film
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_camera_reads_the_pass() {
    let app = TestApp::on(Database::Sqlite).await;
    let declared = app.declare(&a_declaration("ha-noi")).await;
    let page = app.browser().get(&declared.page).await.text();
    let link = page.split('"').find(|w| w.ends_with("png")).unwrap();
    let picture = app.browser().get(link).await.body;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pass.y4m");
    std::fs::write(&file, film(&picture)).unwrap();
    let camera = [
        "--use-fake-device-for-media-stream".to_owned(),
        "--use-fake-ui-for-media-stream".into(),
        format!("--use-file-for-fake-video-capture={}", file.display()),
    ];
    let officer = Window::open_with(&app, PHONE, &camera).await;
    go_on_duty(&officer, &app, Role::Officer, "ha-noi").await;
    officer.click("[data-camera]").await;
    officer.find(".banner").await;
    assert_eq!(officer.path().await, "/officer/scan");
    assert!(officer.words().await.contains("NGUYỄN VĂN AN"));
    officer.follow("button[value=let-through]").await;
    assert!(officer.has(".flash").await);
    officer.close().await;
    app.finish().await;
}

/// What a camera hides in a file, and what must not be kept.
const HIDDEN: &[u8] = b"GPSLatitude 21.0285";

/// A photographed sheet.
fn photo() -> Vec<u8> {
    let sheet = GrayImage::from_fn(900, 1_300, |x, y| {
        Luma([if (x / 7 + y / 11) % 5 == 0 { 20 } else { 240 }])
    });
    let mut png = Vec::new();
    sheet
        .write_to(&mut Cursor::new(&mut png), ImageFormat::Png)
        .unwrap();
    png.extend_from_slice(HIDDEN);
    png
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_officer_keys_a_paper_form_with_its_picture() {
    let app = TestApp::on(Database::Sqlite).await;
    let officer = Window::open(&app, DESKTOP).await;
    go_on_duty(&officer, &app, Role::Officer, "ha-noi").await;
    officer.goto("/officer/paper").await;
    officer.fill("[name=serial]", "HN-000123").await;
    officer.click("[name=documents][value=identity]").await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sheet.png");
    std::fs::write(&file, photo()).unwrap();
    let field = officer.find("[name=picture]").await;
    field.send_keys(file.to_str().unwrap()).await.unwrap();
    fill_in(&officer, NAME, NUMBER).await;
    officer.follow("main form button.primary").await;
    assert!(
        officer.path().await.ends_with("/print"),
        "{}",
        officer.words().await
    );
    assert!(officer.has("[data-print]:not([hidden])").await);
    let printed = officer
        .client
        .print(fantoccini::wd::PrintConfiguration::default())
        .await;
    assert!(printed.unwrap().starts_with(b"%PDF"));

    let kept = kept_picture(&app).await;
    assert!(kept.starts_with(&[0xff, 0xd8, 0xff]), "kept as JPEG");
    assert_eq!(image::load_from_memory(&kept).unwrap().width(), 900);
    assert!(
        !kept.windows(HIDDEN.len()).any(|w| w == HIDDEN),
        "encoded anew"
    );

    scan(&officer, NUMBER).await;
    let verdict = officer.words().await;
    assert!(
        verdict.contains("NGUYỄN VĂN AN") && verdict.contains("Tờ khai giấy"),
        "{verdict}"
    );
    officer.follow("button[value=let-through]").await;
    officer.close().await;
    app.finish().await;
}

/// The picture of the only sheet: sealed in the database, opened with the server's keys.
async fn kept_picture(app: &TestApp) -> Vec<u8> {
    let mut connection = app.home().sqlite().await;
    let (row, sealed): (Vec<u8>, Vec<u8>) =
        sqlx::query_as("SELECT declaration, picture FROM paper_sheets")
            .fetch_one(&mut connection)
            .await
            .unwrap();
    assert!(image::guess_format(&sealed).is_err(), "sealed");
    let province = ProvinceId::parse("ha-noi").unwrap();
    let column = Column::new("paper_sheets", "picture");
    let sealing = &app.parts().workflows.sealing;
    let opened = sealing.open_bytes(&province, column, &row, &sealed).await;
    opened.unwrap()
}

on_both! {
    async fn a_medical_officer_marks_f0_and_the_post_sees_the_hold(database) {
        let app = TestApp::setup(database).with_smtp().start().await;
        let declared = app.declare(&a_declaration("ha-noi")).await;
        let medical = Window::open(&app, PHONE).await;
        go_on_duty(&medical, &app, Role::Medical, "ha-noi").await;
        scan(&medical, &declared.qr).await;
        assert!(!medical.has("body.stop").await);
        medical.follow("a[href^='/officer/mark']").await;
        medical.click("[name=class][value=f0]").await;
        medical.fill("[action='/officer/mark'] [name=evidence]", "PCR 1204 dương tính").await;
        medical.follow("[action='/officer/mark'] button").await;
        assert!(medical.text(".entry").await.contains("PCR 1204"));

        let officer = Window::open(&app, PHONE).await;
        go_on_duty(&officer, &app, Role::Officer, "ha-noi").await;
        scan(&officer, &declared.code).await;
        assert!(officer.has("body.stop").await);
        let verdict = officer.words().await;
        assert!(verdict.contains("Cần gặp cán bộ y tế trước khi đi tiếp."), "{verdict}");
        assert!(!verdict.contains("F0") && !verdict.contains("PCR"), "a neutral reason: {verdict}");
        assert!(!officer.has("a[href^='/officer/mark']").await);
        officer.follow("button[value=isolate]").await;
        assert!(officer.text(".flash").await.contains("Cách ly"));

        app.set_clock("2026-11-23 11:03");
        app.run_jobs().await;
        let mail = report_to(&app, "thu-ky@ha-noi.bcd.example");
        assert_eq!(figure(&mail.text, "F0 mới"), 1);
        assert_eq!(figure(&mail.text, "Thẻ tạm giữ gặp ở chốt"), 1);
        assert_eq!(figure(&mail.text, "Lượt cách ly"), 1);
        medical.close().await;
        officer.close().await;
        app.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_works_without_javascript() {
    let app = TestApp::on(Database::Sqlite).await;
    let citizen = Window::open(&app, PHONE).await;
    let off = json!({ "value": true });
    citizen
        .devtools("Emulation.setScriptExecutionDisabled", off)
        .await;
    citizen
        .goto("/vi/declare?province=ha-noi&checkpoint=1")
        .await;
    assert!(!citizen.has("[role=combobox]").await, "no script ran");
    citizen.follow("main form button.primary").await;
    assert!(citizen.text("#errors").await.contains("Họ và tên"));
    type_plainly(&citizen).await;
    citizen.follow("main form button.primary").await;
    // Several communes are called so: the server asks which, and everything typed is still there.
    citizen.click("[type=radio][name=origin_unit]").await;
    citizen.follow("main form button.primary").await;
    assert_eq!(citizen.text("h1").await, "Xem lại tờ khai");
    citizen.follow("button[name=edit]").await;
    assert_eq!(citizen.attribute("[name=name]", "value").await, NAME);
    citizen.follow("main form button.primary").await;
    citizen.follow("main form button.primary").await;
    assert!(citizen.path().await.starts_with("/vi/pass/"));
    assert!(citizen.has("img.qr").await);
    citizen.close().await;
    app.finish().await;
}

/// Every field of Hà Nội's form, typed and ticked as the page without script shows it.
async fn type_plainly(citizen: &Window) {
    let typed = [
        ("name", NAME),
        ("document", NUMBER),
        ("birth", "14/02/1990"),
        ("permanent", "Ba Đình, Hà Nội"),
        ("staying", "Ba Đình, Hà Nội"),
        ("origin", "Tân Tiến"),
        ("destination", "Ba Đình, Hà Nội"),
        ("plate", "29A-123.45"),
    ];
    for (name, text) in typed {
        citizen.fill(&format!("[name={name}]"), text).await;
    }
    let chosen = [
        ("document_kind", "cccd"),
        ("gender", "male"),
        ("transport", "road"),
        ("commitment", "yes"),
    ];
    for (name, value) in chosen {
        citizen
            .click(&format!("[name={name}][value={value}]"))
            .await;
    }
    citizen.click("[name=q50] option[value='1']").await;
    for question in [1, 2, 3, 4, 5, 6, 7, 20, 21, 22, 101] {
        citizen
            .click(&format!("[name=q{question}][value=no]"))
            .await;
    }
}
