//! A throw-away `PostgreSQL` 15 cluster with full durability, reachable by TCP on loopback only.

use std::fs::{self, File};
use std::io::Read;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::Peer;
use super::process::{Process, Start};
use crate::setup::POSTGRES_PROGRAMS;
use crate::shell;

/// What the server is told; the fsync settings are `PostgreSQL`'s own defaults, said aloud because
/// tests rely on them. The last lets two nodes, their pools and the tests connect at once.
const SETTINGS: &[&str] = &[
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "fsync=on",
    "synchronous_commit=on",
    "full_page_writes=on",
    "timezone=UTC",
    "max_connections=400",
];

/// `PostgreSQL` refuses to run as root; Debian's package brings this user.
const UNPRIVILEGED: &str = "postgres";

/// Creates the cluster and the role that tests connect as: it may create databases, and row-level
/// security binds it. Sets `KHAIBAO_TEST_POSTGRES`.
pub(super) fn start(_root: &Path, folder: &Path) -> Result<Peer> {
    let user = shell::is_superuser().then_some(UNPRIVILEGED);
    let password = password()?;
    let data = create_cluster(folder, user, &password)?;
    // Another process may take the free port before PostgreSQL does.
    let mut attempt = 0;
    let (process, port) = loop {
        attempt += 1;
        match launch(folder, &data, user) {
            Ok(started) => break started,
            Err(error) if attempt == 3 => return Err(error),
            Err(_) => {}
        }
    };
    let role = format!(
        "CREATE ROLE khaibao LOGIN NOSUPERUSER CREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD '{password}'"
    );
    let mut psql = Command::new(program("psql"));
    psql.env("PGPASSWORD", &password)
        .args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()]);
    psql.args([
        "-U",
        "postgres",
        "-d",
        "postgres",
        "-v",
        "ON_ERROR_STOP=1",
        "-c",
        &role,
    ]);
    shell::output(&mut psql)?;
    let url = format!("postgres://khaibao:{password}@127.0.0.1:{port}/postgres");
    Ok(Peer {
        process,
        variables: vec![("KHAIBAO_TEST_POSTGRES", url)],
    })
}

fn create_cluster(folder: &Path, user: Option<&str>, password: &str) -> Result<String> {
    let home = folder.join("postgres");
    fs::create_dir(&home)?;
    let password_file = home.join("password");
    fs::write(&password_file, password)?;
    if let Some(user) = user {
        shell::output(Command::new("chown").args(["-R", user]).arg(&home))?;
    }
    let data = home.join("data").display().to_string();
    let mut initdb = Command::new("setpriv");
    if let Some(user) = user {
        initdb.args(["--reuid", user, "--regid", user, "--init-groups"]);
    }
    // Only the creation skips fsync; nothing is worth keeping before the first start.
    initdb
        .arg("--")
        .arg(program("initdb"))
        .args(["-D", &data, "-U", "postgres", "--no-sync"]);
    initdb.args([
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
    ]);
    initdb
        .arg(format!("--pwfile={}", password_file.display()))
        .current_dir(&home);
    shell::output(&mut initdb)?;
    fs::remove_file(password_file)?;
    Ok(data)
}

fn launch(folder: &Path, data: &str, user: Option<&'static str>) -> Result<(Process, u16)> {
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let mut command = vec![program("postgres"), "-D".to_owned(), data.to_owned()];
    command.extend(["-p".to_owned(), port.to_string()]);
    command.extend(
        SETTINGS
            .iter()
            .flat_map(|setting| ["-c".to_owned(), (*setting).to_owned()]),
    );
    let start = Start {
        name: "postgres",
        signal: "INT",
        user,
        command: &command,
        folder,
    };
    let mut process = Process::start(&start)?;
    process.wait_for(|_| {
        let mut ready = Command::new(program("pg_isready"));
        ready.args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()]);
        shell::output(&mut ready).ok()
    })?;
    Ok((process, port))
}

fn program(name: &str) -> String {
    format!("{POSTGRES_PROGRAMS}/{name}")
}

fn password() -> Result<String> {
    let mut bytes = [0_u8; 16];
    File::open("/dev/urandom")?
        .read_exact(&mut bytes)
        .context("no random bytes")?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}
