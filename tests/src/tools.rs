//! The environment of the suite, and programs of others that judge what we make.

use std::path::Path;
use std::process::Command;

/// A variable that `cargo xtask test` sets.
#[expect(
    clippy::disallowed_methods,
    reason = "the suite's peers are named by the environment"
)]
pub fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run `cargo xtask test`"))
}

/// A variable that most machines set, or what serves without it.
#[expect(
    clippy::disallowed_methods,
    reason = "where programs are is the environment's to say"
)]
pub fn variable_or(name: &str, otherwise: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| otherwise.into())
}

/// What `zbarimg` reads in a picture.
pub fn read_qr(picture: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pass.png");
    std::fs::write(&file, picture).unwrap();
    let mut zbarimg = Command::new("zbarimg");
    zbarimg.args(["--quiet", "--raw", "-Sdisable", "-Sqrcode.enable"]);
    output(zbarimg.arg(&file)).trim_end().to_owned()
}

/// What a program prints; it must succeed.
pub fn output(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let problem = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {problem}");
    String::from_utf8(output.stdout).unwrap()
}

/// Every file below a folder, read as bytes.
pub fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    found
}

/// A port of this machine that nobody listens on.
pub fn free_port() -> u16 {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    free.local_addr().unwrap().port()
}
