//! `ChromeDriver` on a port of its own choice.

use std::path::Path;

use anyhow::Result;

use super::Peer;
use super::process::{Process, Start};

/// The driver alone would end and leave its browsers behind; this shell ends the whole group.
const SUPERVISED: &str = "trap 'kill -s KILL 0' TERM; chromedriver --port=0 & wait $!";

/// Starts `ChromeDriver`. Sets `KHAIBAO_TEST_WEBDRIVER`.
pub(super) fn start(_root: &Path, folder: &Path) -> Result<Peer> {
    let command = ["sh".to_owned(), "-c".to_owned(), SUPERVISED.to_owned()];
    let start = Start {
        name: "chromedriver",
        signal: "TERM",
        user: None,
        command: &command,
        folder,
    };
    let mut process = Process::start(&start)?;
    let port = process.wait_for(|process| announced_port(&process.printed()))?;
    let url = format!("http://127.0.0.1:{port}");
    Ok(Peer {
        process,
        variables: vec![("KHAIBAO_TEST_WEBDRIVER", url)],
    })
}

/// Reads `ChromeDriver was started successfully on port 12345.`
fn announced_port(printed: &str) -> Option<u16> {
    let line = printed
        .lines()
        .find(|line| line.contains("started successfully"))?;
    line.trim_end_matches('.').rsplit(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::announced_port;

    #[test]
    fn the_port_is_read_from_the_driver_s_greeting() {
        let greeting = "Starting ChromeDriver 156.0\nOnly local connections are allowed.\n\
                        ChromeDriver was started successfully on port 41234.\n";
        assert_eq!(announced_port(greeting), Some(41_234));
        assert_eq!(announced_port("Starting ChromeDriver 156.0\n"), None);
    }
}
