//! What people do in the browser, step by step.

use tests::{Role, TestApp};

use super::window::Window;

/// The person whose data every form here is filled with.
pub(crate) const NAME: &str = "Nguyễn Văn An";
pub(crate) const NUMBER: &str = "001090000017";

/// Fills Hà Nội's form by hand, with the type-ahead; the way is into the province.
pub(crate) async fn fill_in(window: &Window, name: &str, number: &str) {
    window.fill("[name=name]", name).await;
    window.click("[name=document_kind][value=cccd]").await;
    window.fill("[name=document]", number).await;
    window.fill("[name=birth]", "14/02/1990").await;
    window.click("[name=gender][value=male]").await;
    window.fill("[name=phone]", "0912345678").await;
    window.pick_unit("permanent", "ba dinh").await;
    window.fill("[name=permanent_house]", "12 Phố Huế").await;
    window.click("[data-field=staying] [data-same-as]").await;
    window.pick_unit("origin", "Hồng Gai").await;
    window.pick_unit("destination", "Ba Đình").await;
    window.click("[name=transport][value=road]").await;
    window.fill("[name=plate]", "29A-123.45").await;
    // The second purpose needs no permit.
    window.click("[name=q50] option[value='1']").await;
    answer_all(window).await;
    window.click("[name=commitment]").await;
}

/// "No" to every question that shows, the first choice where there are several.
async fn answer_all(window: &Window) {
    const OPEN: &str = "return [...document.querySelectorAll('fieldset[data-field^=q]')]\
        .filter(f => f.checkVisibility() && f.querySelector('[type=radio]') \
            && !f.querySelector(':checked')).map(f => f.dataset.field)";
    // Questions open as others are answered.
    loop {
        let open = window.script(OPEN).await;
        let Some(name) = open.get(0).and_then(|n| n.as_str()) else {
            return;
        };
        window.click(&format!("[name={name}]")).await;
    }
}

/// Logs in through the page.
pub(crate) async fn log_in(window: &Window, app: &TestApp, role: Role, province: &str) {
    let (login, password) = app.home().account(role, province);
    window.goto("/officer").await;
    window.fill("[name=username]", &login).await;
    window.fill("[name=password]", &password).await;
    window.follow("main button.primary").await;
}

/// Logs in and goes on duty at the first post, letting people in.
pub(crate) async fn go_on_duty(window: &Window, app: &TestApp, role: Role, province: &str) {
    log_in(window, app, role, province).await;
    take_post(window).await;
}

/// Goes on duty at the first post, on the page that shows after the log-in.
pub(crate) async fn take_post(window: &Window) {
    assert_eq!(window.path().await, "/officer/duty");
    window.click("[name=checkpoint][value='1']").await;
    window.follow("main button.primary").await;
    assert_eq!(window.path().await, "/officer/scan");
}

/// Scans by a wedge scanner and gets the verdict.
pub(crate) async fn scan(window: &Window, code: &str) {
    window.goto("/officer/scan").await;
    window.wedge(code).await;
    window.find(".banner").await;
}
