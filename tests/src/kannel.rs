//! A real Kannel between a test's server and a phone: bearerbox, smsbox and, as the network, its
//! own `fakesmsc` or an SMSC that speaks SMPP. Ended by the test's end.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::smsc::Smsc;

/// What the hook of a channel on this Kannel must see.
pub const SECRET: &str = "kannel-secret";

const TEMPLATE: &str = include_str!("../peers/kannel.conf");
const FAKE_NETWORK: &str = "/usr/lib/kannel/test/fakesmsc";
const SMPP: &str = "
group = smsc
smsc = smpp
smsc-id = smpp
host = @host@
port = @port@
transceiver-mode = true
smsc-username = @user@
smsc-password = @password@
system-type = \"\"
";

/// A running Kannel.
#[derive(Debug)]
pub struct Kannel {
    core: Running,
    _smsbox: Running,
    folder: TempDir,
    ports: [u16; 4],
}

impl Kannel {
    /// Starts one that calls `hook` and waits until its two halves know each other. It binds to
    /// the SMSC, if there is one, beside its fake one.
    pub async fn start(hook: &str, smsc: Option<&Smsc>) -> Self {
        let kannel = Self::with(hook, 0, smsc.map(|smsc| group(smsc, ""))).await;
        kannel.until("smsbox:").await;
        kannel
    }

    /// One that sends back, by itself, what `service` answers to a message, with a window of its
    /// SMSC's; bound when this returns.
    pub async fn answering(service: &str, smsc: &Smsc, window: usize) -> Self {
        let own = format!("max-pending-submits = {window}\n");
        let kannel = Self::with(service, 1, Some(group(smsc, &own))).await;
        kannel.until("smsbox:").await;
        kannel.until("online").await;
        kannel
    }

    async fn with(hook: &str, replies: usize, smsc: Option<String>) -> Self {
        let folder = TempDir::new().unwrap();
        let ports = free_ports();
        let [admin, core, fake, sendsms] = ports.map(|port| port.to_string());
        let mut text = TEMPLATE
            .replace("@folder@", &folder.path().display().to_string())
            .replace("@hook@", hook)
            .replace("@replies@", &replies.to_string())
            .replace("@secret@", SECRET);
        for (name, port) in [
            ("admin", admin),
            ("core", core),
            ("fake", fake),
            ("sendsms", sendsms),
        ] {
            text = text.replace(&format!("@{name}@"), &port);
        }
        text += smsc.as_deref().unwrap_or_default();
        fs::write(folder.path().join("kannel.conf"), text).unwrap();
        let core = Running::start("bearerbox", &["-v", "2", "kannel.conf"], folder.path());
        reachable(ports[1], &core).await;
        let smsbox = Running::start("smsbox", &["-v", "2", "kannel.conf"], folder.path());
        reachable(ports[3], &smsbox).await;
        Self {
            core,
            _smsbox: smsbox,
            folder,
            ports,
        }
    }

    /// The address of `sendsms`.
    pub fn sendsms(&self) -> String {
        format!("http://127.0.0.1:{}/cgi-bin/sendsms", self.ports[3])
    }

    /// Settings of a channel on it whose receipts come to `hook`.
    pub fn settings(&self, hook: &str) -> toml::Table {
        let text = format!(
            "url = \"{}\"\nusername = \"khaibao\"\npassword = \"kannel-password\"\n\
             sender = \"8066\"\nsecret = \"{SECRET}\"\nhook_url = \"{hook}\"\ndlr_mask = 31\n\
             timeout_milliseconds = 2000",
            self.sendsms()
        );
        text.parse().unwrap()
    }

    /// A phone in the fake network that sends one message and then shows what it gets.
    pub async fn phone(&self, from: &str, text: &str) -> Phone {
        // Texts of this type are sent as they are; only data would be decoded.
        let message = format!("{from} 8066 text {text}");
        let port = self.ports[2].to_string();
        let arguments = ["-H", "127.0.0.1", "-r", &port, "-m", "1", &message];
        let phone = Running::start(FAKE_NETWORK, &arguments, self.folder.path());
        self.until("FAKE").await;
        Phone(phone)
    }

    /// Waits until the status page holds a word.
    pub async fn until(&self, word: &str) {
        let url = format!(
            "http://127.0.0.1:{}/status.txt?password=kannel-admin",
            self.ports[0]
        );
        let client = client();
        eventually(async || {
            let page = client.get(&url).send().await.ok()?.text().await.ok()?;
            page.contains(word).then_some(())
        })
        .await;
    }

    /// `kill -9` for its core; the smsbox stays.
    pub fn kill_core(&mut self) {
        self.core.end();
    }
}

/// A phone in Kannel's fake network.
#[derive(Debug)]
pub struct Phone(Running);

impl Phone {
    /// What it got so far, one line for each message, as `fakesmsc` prints it.
    pub fn got(&self) -> Vec<String> {
        let printed = self.0.printed();
        let lines = printed.lines().filter(|line| line.contains("Got message"));
        lines.map(str::to_owned).collect()
    }

    /// Waits for a number of messages.
    pub async fn wait_for(&self, count: usize) -> Vec<String> {
        eventually(async || Some(self.got()).filter(|got| got.len() >= count)).await
    }
}

/// Kannel's settings for an SMSC, with some of their own.
fn group(smsc: &Smsc, own: &str) -> String {
    let (host, port) = smsc.address.rsplit_once(':').unwrap();
    let group = SMPP.replace("@host@", host).replace("@port@", port);
    group
        .replace("@user@", "khaibao")
        .replace("@password@", "secret08")
        + own
}

pub(crate) fn client() -> reqwest::Client {
    // Another test may have installed it before.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// Asks until there is an answer, for 20 s: what happens elsewhere can only be waited for.
pub async fn eventually<T>(probe: impl AsyncFn() -> Option<T>) -> T {
    for _ in 0..400 {
        if let Some(found) = probe().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("still waiting after 20 s")
}

/// A program with its output in a file; killed when dropped, or when this process is gone.
/// bearerbox may ignore a polite signal while it has messages.
#[derive(Debug)]
struct Running {
    child: Child,
    log: std::path::PathBuf,
}

impl Running {
    fn start(program: &str, arguments: &[&str], folder: &Path) -> Self {
        let name = Path::new(program).file_name().unwrap().to_string_lossy();
        let log = folder.join(format!("{name}.log"));
        let output = File::create(&log).unwrap();
        let path = format!(
            "{}:/usr/sbin",
            crate::tools::variable_or("PATH", "/usr/bin")
        );
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "--", program])
            .args(arguments)
            .env("PATH", path)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap();
        Self { child, log }
    }

    fn printed(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    fn end(&mut self) {
        // One that ended already is what was wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

async fn reachable(port: u16, of: &Running) {
    for _ in 0..400 {
        if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("not reachable: {}", of.printed());
}

/// Four ports that nobody has now. Kannel takes no port 0, so another program could be faster.
fn free_ports() -> [u16; 4] {
    let held = [(); 4].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
    held.map(|listener| listener.local_addr().unwrap().port())
}
