//! The release binary as its operator runs it: a seeded folder, a process, its memory.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::Options;

const PATIENCE: Duration = Duration::from_secs(20);
/// Linux counts processor time for programs in these, whatever it uses inside.
const TICKS_A_SECOND: f64 = 100.0;

/// A seeded data folder.
pub(crate) struct Site {
    binary: PathBuf,
    /// The file of its settings.
    pub(crate) config: PathBuf,
    log: PathBuf,
    /// Where it is served.
    pub(crate) address: SocketAddr,
    /// Log-in name and password of Hà Nội's first officer, as the demo printed them.
    pub(crate) officer: (String, String),
}

/// A running server; dropping it ends it.
pub(crate) struct Served {
    child: Child,
}

impl Site {
    /// Seeds `folder` with demo data on a database.
    pub(crate) fn seed(options: &Options, folder: &Path, database: &str) -> Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut demo = Command::new(&options.binary);
        demo.arg("demo").arg("--data").arg(folder);
        demo.arg("--plugins").arg(&options.plugins);
        demo.args(["--listen", &address.to_string(), "--database", database]);
        let said = demo.stderr(Stdio::inherit()).output()?;
        ensure!(said.status.success(), "the demo data were not made");
        let said = String::from_utf8(said.stdout)?;
        let officer = said
            .lines()
            .find_map(|line| line.strip_prefix("officer ")?.split_once(' '))
            .context("the demo printed no officer")?;
        Ok(Self {
            binary: options.binary.clone(),
            config: folder.join("khaibao.toml"),
            log: folder.join("server.log"),
            address,
            officer: (officer.0.to_owned(), officer.1.to_owned()),
        })
    }

    /// Adds sections to its settings.
    pub(crate) fn add_settings(&self, text: &str) -> Result<()> {
        let mut file = OpenOptions::new().append(true).open(&self.config)?;
        file.write_all(text.as_bytes())?;
        Ok(())
    }

    /// Adds an officer of Hà Nội with the first one's password.
    pub(crate) fn add_officer(&self, login: &str) -> Result<()> {
        let mut add = Command::new(&self.binary);
        add.args([
            "officer",
            "add",
            "--province",
            "ha-noi",
            "--role",
            "officer",
        ]);
        add.args(["--login", login, "--name", login, "--config"]);
        let mut child = add
            .arg(&self.config)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        let mut input = child.stdin.take().context("no standard input")?;
        writeln!(input, "{}", self.officer.1)?;
        drop(input);
        ensure!(child.wait()?.success(), "no officer was added");
        Ok(())
    }

    /// Starts the server; also how long it took until it said it was ready. Its log goes to a
    /// file of the folder, as an operator's would.
    pub(crate) fn serve(&self) -> Result<(Served, Duration)> {
        let log = std::fs::File::create(&self.log)?;
        let began = Instant::now();
        let mut serve = Command::new(&self.binary);
        serve.arg("serve").arg("--config").arg(&self.config);
        let child = serve.stdout(Stdio::null()).stderr(log).spawn()?;
        let mut served = Served { child };
        while !ready(self.address) {
            if served.child.try_wait()?.is_some() || began.elapsed() > PATIENCE {
                bail!("the server did not start; see {}", self.log.display());
            }
            sleep(Duration::from_millis(1));
        }
        Ok((served, began.elapsed()))
    }
}

fn ready(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(address)?;
        stream
            .write_all(b"GET /health/ready HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.starts_with("HTTP/1.1 200"))
    };
    ask().unwrap_or(false)
}

impl Served {
    /// The most memory the process ever had resident, MiB.
    pub(crate) fn peak_memory(&self) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .context("no VmHWM")?;
        let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kib / 1_024.0)
    }

    /// Processor time the process has used, in seconds. Unlike a rate it does not change with
    /// what else the machine does.
    pub(crate) fn cpu_seconds(&self) -> Result<f64> {
        cpu_seconds(self.child.id())
    }
}

/// Processor time that a process has used, in seconds.
pub(crate) fn cpu_seconds(process: u32) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let (_, after_name) = stat.rsplit_once(") ").context("no process name")?;
    // proc(5): fields 14 and 15, utime and stime; the first here is field 3.
    let ticks: Vec<f64> = after_name
        .split(' ')
        .skip(11)
        .take(2)
        .map(str::parse)
        .collect::<Result<_, _>>()?;
    Ok(ticks.iter().sum::<f64>() / TICKS_A_SECOND)
}

impl Drop for Served {
    fn drop(&mut self) {
        // Whoever drops it has read what it wanted; how the process ends is no figure.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How long the bare process takes to start and end.
pub(crate) fn bare_start(options: &Options) -> Result<Duration> {
    let began = Instant::now();
    let said = Command::new(&options.binary).arg("--version").output()?;
    ensure!(said.status.success(), "the binary does not run");
    Ok(began.elapsed())
}
