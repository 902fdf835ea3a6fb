use tests::*;
on_both! {
    async fn smoke(database) {
        let t = std::time::Instant::now();
        let app = TestApp::on(database).await;
        eprintln!("start {:?}", t.elapsed());
        for p in ["ha-noi","quang-ninh","base"] {
            let d = app.declare(&a_declaration(p)).await;
            eprintln!("{d:?}");
            let page = app.browser().get(&d.page).await;
            assert_eq!(page.status, 200, "{}", page.text());
            let o = app.on_duty(p).await;
            let s = o.scan(&d.qr).await;
            eprintln!("{s:?}");
        }
        eprintln!("all {:?}", t.elapsed());
        app.finish().await;
        eprintln!("end {:?}", t.elapsed());
    }
}
