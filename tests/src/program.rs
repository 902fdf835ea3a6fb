//! The real binary as a process, for tests that kill it, read its log or run two of it.

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use serde_json::Value;
use tokio::sync::oneshot;

use crate::{Browser, Home, tools};

/// A running `khaibao serve`; killed when dropped.
#[derive(Debug)]
pub struct Program {
    child: Child,
    url: String,
    log: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

/// A command of the binary on a server's data, with settings by their environment names.
fn command(home: &Home, settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(tools::variable("KHAIBAO_TEST_BINARY"));
    command
        .env("KHAIBAO_CONFIG", home.configuration_file())
        .env("KHAIBAO_DATABASE", home.url())
        .env("KHAIBAO_LISTEN", "127.0.0.1:0")
        .env("KHAIBAO_MAIL__DOMAIN", home.mail_domain())
        .envs(settings.iter().copied());
    command
}

impl Program {
    /// Starts serving and waits until the log names the address.
    pub async fn start(home: &Home, settings: &[(&str, &str)]) -> Self {
        let mut command = command(home, settings);
        let mut child = command
            .arg("serve")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr = child.stderr.take().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let (found, address) = oneshot::channel();
        let kept = Arc::clone(&log);
        let reader = std::thread::spawn(move || {
            let mut found = Some(found);
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let address = serving_at(&line);
                if let Some(address) = address
                    && let Some(found) = found.take()
                {
                    let _ = found.send(address);
                }
                let mut kept = kept.lock().unwrap();
                kept.push_str(&line);
                kept.push('\n');
            }
        });
        let address = address
            .await
            .unwrap_or_else(|_| panic!("not serving: {}", log.lock().unwrap()));
        Self {
            child,
            url: format!("http://{address}"),
            log,
            reader: Some(reader),
        }
    }

    /// Runs another command of the binary to its end: what it printed, and how it ended.
    pub fn run(home: &Home, arguments: &[&str]) -> (String, ExitStatus) {
        let output = command(home, &[]).args(arguments).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        (
            text + &String::from_utf8_lossy(&output.stderr),
            output.status,
        )
    }

    /// A visitor of this process.
    pub fn browser(&self) -> Browser {
        Browser::of(&self.url)
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        let status = self.child.wait().unwrap();
        assert_eq!(status.signal(), Some(9));
    }

    /// SIGTERM, then everything it logged and how it ended.
    pub fn stop(mut self) -> (String, ExitStatus) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", "TERM", &id]).status();
        assert!(sent.unwrap().success());
        let status = self.child.wait().unwrap();
        self.reader.take().unwrap().join().unwrap();
        let log = self.log.lock().unwrap().clone();
        (log, status)
    }
}

fn serving_at(line: &str) -> Option<String> {
    let line: Value = serde_json::from_str(line).ok()?;
    let serving = line["message"] == "serving";
    serving.then(|| line["address"].as_str().unwrap_or_default().to_owned())
}

impl Drop for Program {
    fn drop(&mut self) {
        // One that ended already is what was wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
