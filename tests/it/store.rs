//! The store on both databases: one SQL, one schema, scopes that hold, appends that are whole,
//! audit chains that show what was done to them.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{AssertSqlSafe, Row};
use tests::{Database, Home, Program, Role, TestApp, a_declaration, binh, on_both};
use tokio::task::JoinSet;
use uuid::Uuid;
use workflows::audit::{AuditEntry, Purpose};
use workflows::ids::{CheckpointId, CrossingId, OfficerId, OutboundId, ProvinceId};
use workflows::message::{ChannelId, Class};
use workflows::store::{
    Appended, CrossingRow, JobDone, OutboxRow, Pace, Rows, Scope, Settled, Store,
};

const NATIONAL: Scope = Scope::National(Purpose::Administer);

fn id(text: &str) -> ProvinceId {
    ProvinceId::parse(text).unwrap()
}

fn crossing(app: &TestApp) -> CrossingRow {
    let now = app.clock.now();
    CrossingRow {
        province: id("base"),
        id: CrossingId(app.clock.uuid()),
        checkpoint: CheckpointId(1),
        officer: OfficerId(Uuid::nil()),
        direction: "entry".into(),
        status: "VALID".into(),
        advised: "let-through".into(),
        gate: "let-through".into(),
        overridden: false,
        note: None,
        reasons: "{}".into(),
        pass: None,
        person: Some([7; 16]),
        plate: None,
        scanned_at: now,
        recorded_at: now,
    }
}

fn mail() -> ChannelId {
    ChannelId::parse("mail").unwrap()
}

fn message(app: &TestApp, cause: &str) -> OutboxRow {
    let now = app.clock.now();
    OutboxRow {
        province: id("base"),
        id: OutboundId(app.clock.uuid()),
        channel: mail(),
        class: Class::Notice,
        cause: cause.into(),
        recipient: vec![1],
        body: vec![2],
        address: None,
        units: 1,
        part: None,
        due_at: now,
        deadline_at: now.plus_minutes(60),
        instead_of: None,
    }
}

on_both! {
    async fn every_statement_is_accepted_by_the_database(database) {
        let app = TestApp::on(database).await;
        let store = &app.parts().workflows.store;
        let mut count = 0;
        for sql in Store::statements() {
            store.prepares(sql).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
            count += 1;
        }
        assert!(count > 60, "{count} statements");
        app.finish().await;
    }

    async fn a_claim_is_one_nodes_until_its_lease_runs_out(database) {
        let app = TestApp::on(database).await;
        let store = &app.parts().workflows.store;
        let now = app.clock.now();
        let mut tx = store.write(&NATIONAL).await.unwrap();
        tx.add_job("base", "made-up", 1, now).await.unwrap();
        tx.add_job("base", "made-up", 1, now).await.unwrap();
        tx.commit().await.unwrap();
        // A lease of less than nothing has run out when it is given.
        let claim = async |seconds: i64| {
            let mut tx = store.write(&NATIONAL).await.unwrap();
            let job = tx.claim_job("me", now, seconds).await.unwrap();
            tx.commit().await.unwrap();
            job
        };
        let first = claim(-1).await.unwrap();
        let second = claim(60).await.unwrap();
        assert!(claim(60).await.is_none(), "it is taken");
        assert_eq!((first.epoch + 1, second.attempts), (second.epoch, 2));
        let mut tx = store.write(&NATIONAL).await.unwrap();
        assert!(!tx.finish_job(&first, &JobDone::Done, now).await.unwrap(), "shut out");
        assert!(tx.finish_job(&second, &JobDone::Done, now).await.unwrap());
        tx.commit().await.unwrap();
        assert!(claim(60).await.is_none());

        let rows = |m| Rows { outbox: vec![m], ..Rows::default() };
        store.append(rows(message(&app, "one"))).await.unwrap();
        store.append(rows(message(&app, "one"))).await.unwrap();
        let mut tx = store.write(&NATIONAL).await.unwrap();
        let (mail, pace) = (mail(), Pace::default());
        let claimed = tx.claim_outbox(&mail, &pace, now, (-1, 9)).await.unwrap().messages;
        assert_eq!(claimed.len(), 1, "a cause sends once");
        let again = tx.claim_outbox(&mail, &pace, now, (60, 9)).await.unwrap().messages;
        assert!(tx.claim_outbox(&mail, &pace, now, (60, 9)).await.unwrap().messages.is_empty());
        let refused = Settled::Refused { code: "550".into() };
        let [shut_out, held] = [claimed, again].map(|c| [(c[0].clone(), refused.clone())]);
        assert!(tx.settle_outbox(&mail, &pace, &shut_out, now).await.unwrap().is_empty());
        assert_eq!(tx.settle_outbox(&mail, &pace, &held, now).await.unwrap().len(), 1);
        tx.commit().await.unwrap();
        let mut tx = store.read(&Scope::of(&id("base"))).await.unwrap();
        let state = tx.outbox_of("mail", "on").await.unwrap();
        assert_eq!(state, [("refused".to_owned(), 2, Some("550".to_owned()))]);
        drop(tx);
        app.finish().await;
    }

    async fn a_scope_never_sees_another_provinces_rows(database) {
        let app = TestApp::on(database).await;
        let theirs = app.declare(&a_declaration("ha-noi")).await;
        app.declare(&a_declaration("base").by(binh())).await;
        app.on_duty("ha-noi").await.record(&theirs.qr, "let-through").await;
        let workflows = &app.parts().workflows;
        let link = theirs.page.rsplit_once('/').unwrap().1;
        let (_, pass) = workflows.sealing.read_pass_link(link).unwrap();
        let now = app.clock.now();
        let (from, until) = (now.plus_minutes(-60), now.plus_minutes(60));
        for (province, sees) in [("ha-noi", true), ("base", false)] {
            let mut tx = workflows.store.read(&Scope::of(&id(province))).await.unwrap();
            assert_eq!(tx.pass(pass).await.unwrap().is_some(), sees, "{province}");
            assert_eq!(!tx.passage_counts(from, until).await.unwrap().is_empty(), sees);
            let codes = tx.passes_by_code(&theirs.code.replace('-', ""), now).await.unwrap();
            assert_eq!(!codes.is_empty(), sees);
            let declared = tx.declared_counts(from, until).await.unwrap();
            assert_eq!(declared.iter().map(|d| d.declarations).sum::<i64>(), 1);
        }
        let mut tx = workflows.store.read(&NATIONAL).await.unwrap();
        assert!(tx.pass(pass).await.unwrap().is_none(), "a national scope binds no province");
        drop(tx);
        app.finish().await;
    }

    async fn many_appends_at_once_are_each_whole_and_answered_alone(database) {
        let app = TestApp::on(database).await;
        let store = app.parts().workflows.store.clone();
        let taken = message(&app, "taken");
        store.append(Rows { outbox: vec![taken.clone()], ..Rows::default() }).await.unwrap();
        let mut appending = JoinSet::new();
        let repeated = crossing(&app);
        for number in 0..200 {
            let row = if number % 20 == 0 { repeated.clone() } else { crossing(&app) };
            let audit = vec![(id("base"), passed(&app))];
            let mut rows = Rows { crossing: Some(row), audit, ..Rows::default() };
            if number == 77 {
                // The same id under another cause: the database refuses it.
                let other = OutboxRow { cause: "other".into(), ..taken.clone() };
                rows.outbox = vec![other];
            }
            let store = store.clone();
            appending.spawn(async move { (number, store.append(rows).await) });
        }
        let (mut stored, mut duplicates, mut failed) = (0, 0, Vec::new());
        for (number, outcome) in appending.join_all().await {
            match outcome {
                Ok(Appended::Stored) => stored += 1,
                Ok(Appended::Duplicate) => duplicates += 1,
                Ok(other) => panic!("{other:?}"),
                Err(_) => failed.push(number),
            }
        }
        assert_eq!((stored, duplicates, failed), (190, 9, vec![77]));
        assert_eq!(app.home().number("SELECT COUNT(*) FROM crossings").await, 190);
        let entries = "SELECT COUNT(*) FROM audit WHERE action = 'passed'";
        assert_eq!(app.home().number(entries).await, 190);
        assert!(verified(&app, "base").await.unwrap() >= 190, "one chain, whichever way they went");
        app.finish().await;
    }

    async fn an_audit_chain_shows_an_altered_a_removed_and_a_cut_entry(database) {
        let app = TestApp::on(database).await;
        for province in ["ha-noi", "quang-ninh", "base"] {
            app.declare(&a_declaration(province)).await;
            app.on_duty(province).await.scan("001090000017").await;
        }
        let app = app.restarted().await;
        for province in ["ha-noi", "quang-ninh", "base"] {
            app.on_duty(province).await;
            assert!(verified(&app, province).await.is_ok(), "{province}");
        }
        let chain = "SELECT writer FROM audit_chains WHERE opened_at = (SELECT MIN(opened_at) \
            FROM audit_chains c WHERE c.province = audit.province) AND province = audit.province";
        let altered = format!("UPDATE audit SET role = 'admin' WHERE province = 'ha-noi' \
            AND seq = 3 AND writer IN ({chain})");
        assert_eq!(app.home().execute(&altered).await, 1);
        let removed = format!("DELETE FROM audit WHERE province = 'quang-ninh' AND seq = 3 \
            AND writer IN ({chain})");
        assert_eq!(app.home().execute(&removed).await, 1);
        let cut = "DELETE FROM audit WHERE province = 'base' AND seq = (SELECT MAX(seq) FROM audit a \
            WHERE a.province = audit.province AND a.writer = audit.writer) \
            AND writer <> (SELECT writer FROM audit_chains c WHERE c.province = 'base' \
            ORDER BY opened_at DESC, writer DESC LIMIT 1)";
        assert!(app.home().execute(cut).await > 0);
        assert_eq!(verified(&app, "ha-noi").await.unwrap_err().1, 3);
        assert_eq!(verified(&app, "quang-ninh").await.unwrap_err().1, 3);
        assert_eq!(verified(&app, "base").await.unwrap_err().1, 1, "the next chain names the head");
        let admin = app.log_in(Role::Admin, "ha-noi").await;
        assert_eq!(admin.browser.get("/admin").await.status, 200);
        let home = app.stopped().await;
        let (said, status) = Program::run(&home, &["audit", "verify"]);
        assert!(!status.success() && said.contains("ha-noi: broken at"), "{said}");
        home.remove().await;
    }
}

fn passed(app: &TestApp) -> AuditEntry {
    AuditEntry {
        at: app.clock.now(),
        actor: "system".into(),
        role: "system".into(),
        purpose: Purpose::Administer,
        action: "passed".into(),
        subject: None,
        detail: String::new(),
        request_id: String::new(),
    }
}

async fn verified(app: &TestApp, province: &str) -> Result<u64, (String, i64)> {
    let store = &app.parts().workflows.store;
    let mut tx = store.read(&Scope::of(&id(province))).await.unwrap();
    tx.verify_audit(&id(province)).await.unwrap()
}

/// Whether a step of SQLite's plan reads every row: the index of the open or the dead ones holds
/// few of them.
fn reads_all(step: &str) -> bool {
    let few = ["outbox_open", "outbox_unknown", "inbox_open", "inbox_dead"];
    (step.starts_with("SCAN outbox") || step.starts_with("SCAN inbox"))
        && !few.iter().any(|index| step.contains(index))
}

#[tokio::test]
async fn counting_events_and_messages_and_forgetting_messages_reads_no_whole_table() {
    let app = TestApp::on(Database::Sqlite).await;
    let mut c = app.home().sqlite().await;
    let counts = |sql: &str| sql.contains("COUNT(*)") && sql.contains("GROUP BY");
    let about = |sql: &&str| {
        (counts(sql) && (sql.contains("FROM outbox") || sql.contains("FROM inbox")))
            || sql.starts_with("DELETE FROM outbox")
    };
    let statements: Vec<&str> = Store::statements().filter(about).collect();
    assert_eq!(statements.len(), 4, "{statements:?}");
    for sql in statements {
        let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
        let plan: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(explain).fetch_all(&mut c).await.unwrap();
        let scans = plan.iter().any(|(_, _, _, step)| reads_all(step));
        assert!(!scans, "{sql}: {plan:?}");
    }
    app.finish().await;
}

#[tokio::test]
async fn postgresql_shows_nothing_to_a_connection_without_a_province() {
    let app = TestApp::on(Database::Postgres).await;
    app.declare(&a_declaration("ha-noi")).await;
    app.declare(&a_declaration("base").by(binh())).await;
    let mut c = app.home().postgres().await;
    let forced = "SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity";
    let tables: Vec<String> = sqlx::query_scalar(forced).fetch_all(&mut c).await.unwrap();
    for big in [
        "declarations",
        "passes",
        "crossings",
        "marks",
        "marks_elsewhere",
        "contacts",
        "audit",
        "data_keys",
    ] {
        assert!(tables.iter().any(|t| t == big), "{big} is not walled");
    }
    for setting in [None, Some("")] {
        if let Some(empty) = setting {
            set_provinces(&mut c, empty).await;
        }
        for table in &tables {
            assert_eq!(count(&mut c, table).await, 0, "{table} {setting:?}");
        }
    }
    for (setting, declarations) in [
        ("ha-noi", 1),
        ("ha-noi,base", 2),
        ("quang-ninh", 0),
        ("*", 2),
    ] {
        set_provinces(&mut c, setting).await;
        assert_eq!(
            count(&mut c, "declarations").await,
            declarations,
            "{setting}"
        );
    }
    set_provinces(&mut c, "ha-noi").await;
    let smuggled = "UPDATE declarations SET province = 'base'";
    assert!(
        sqlx::query(smuggled).execute(&mut c).await.is_err(),
        "nor writes into another"
    );
    app.finish().await;
}

async fn set_provinces(c: &mut sqlx::PgConnection, setting: &str) {
    let sql = "SELECT set_config('khaibao.provinces', $1, false)";
    sqlx::query(sql).bind(setting).execute(c).await.unwrap();
}

async fn count(c: &mut sqlx::PgConnection, table: &str) -> i64 {
    let sql = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
    sqlx::query_scalar(sql).fetch_one(c).await.unwrap()
}

/// Column name → (kind, may be null), and keys and indexes as (unique, columns).
type Table = (BTreeMap<String, (String, bool)>, BTreeSet<(bool, String)>);

#[tokio::test]
async fn both_folders_of_migrations_make_the_same_schema() {
    let one = Home::fresh(Database::Sqlite).await;
    let other = Home::fresh(Database::Postgres).await;
    let (sqlite, postgres) = (sqlite_schema(&one).await, postgres_schema(&other).await);
    assert!(sqlite.len() > 20);
    let names: BTreeSet<_> = sqlite.keys().chain(postgres.keys()).collect();
    for name in names {
        assert_eq!(sqlite.get(name), postgres.get(name), "{name}");
    }
    one.remove().await;
    other.remove().await;
}

async fn sqlite_schema(home: &Home) -> BTreeMap<String, Table> {
    let mut c = home.sqlite().await;
    let mut schema: BTreeMap<String, Table> = BTreeMap::new();
    let columns = "SELECT m.name, c.name, c.type, c.\"notnull\" FROM sqlite_master m, \
        pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE '\\_sqlx%' ESCAPE '\\'";
    for row in sqlx::query(columns).fetch_all(&mut c).await.unwrap() {
        let table = schema.entry(row.get(0)).or_default();
        table
            .0
            .insert(row.get(1), (row.get(2), row.get::<i64, _>(3) == 0));
    }
    let keys = "SELECT m.name, i.\"unique\", (SELECT group_concat(name, ',') FROM \
        (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno)) FROM sqlite_master m, \
        pragma_index_list(m.name) i WHERE m.type = 'table' \
        AND m.name NOT LIKE '\\_sqlx%' ESCAPE '\\'";
    for row in sqlx::query(keys).fetch_all(&mut c).await.unwrap() {
        let table = schema.entry(row.get(0)).or_default();
        table.1.insert((row.get::<i64, _>(1) == 1, row.get(2)));
    }
    schema
}

async fn postgres_schema(home: &Home) -> BTreeMap<String, Table> {
    let mut c = home.postgres().await;
    let mut schema: BTreeMap<String, Table> = BTreeMap::new();
    let columns = "SELECT table_name::text, column_name::text, data_type::text, \
        is_nullable = 'YES' FROM information_schema.columns WHERE table_schema = 'public' \
        AND table_name NOT LIKE '\\_sqlx%'";
    for row in sqlx::query(columns).fetch_all(&mut c).await.unwrap() {
        let kind = match row.get::<&str, _>(2) {
            "bytea" | "uuid" => "BLOB",
            "bigint" => "BIGINT",
            "text" => "TEXT",
            "boolean" => "BOOLEAN",
            other => panic!("{other} is not in the portable subset"),
        };
        let table = schema.entry(row.get(0)).or_default();
        table.0.insert(row.get(1), (kind.into(), row.get(3)));
    }
    let keys = "SELECT t.relname::text, i.indisunique, string_agg(a.attname::text, ',' ORDER BY k.n) \
        FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid \
        JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = 'public' \
        CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY k(attnum, n) \
        JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum \
        WHERE t.relname NOT LIKE '\\_sqlx%' GROUP BY t.relname, i.indexrelid, i.indisunique";
    for row in sqlx::query(keys).fetch_all(&mut c).await.unwrap() {
        let table = schema.entry(row.get(0)).or_default();
        table.1.insert((row.get(1), row.get(2)));
    }
    schema
}
