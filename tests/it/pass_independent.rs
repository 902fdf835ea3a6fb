//! A pass is verified by a library that is not ours, with nothing but its text and the published
//! keys (`tests/peers/verify_pass.py`, package `cwt`).

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use workflows::clock::Clock;
use workflows::ids::{PassId, ProvinceId};
use workflows::pass::{Holder, LARGEST, PREFIX, PassClaims, PassKind, PassSigner};
use workflows::vault::KeyFile;

/// What the independent library answers about one text.
#[derive(Debug, PartialEq)]
enum Answer {
    Claims(serde_json::Value),
    Refused,
}

struct Peer {
    python: String,
    folder: tempfile::TempDir,
}

impl Peer {
    #[expect(
        clippy::disallowed_methods,
        reason = "xtask says here where it put the peers"
    )]
    fn with_keys_of(signer: &PassSigner) -> Result<Self> {
        let python = std::env::var("KHAIBAO_PEERS_PYTHON")
            .context("KHAIBAO_PEERS_PYTHON must name a Python that has the package cwt")?;
        let folder = tempfile::tempdir()?;
        let keys = serde_json::to_vec(&signer.published_keys())?;
        std::fs::write(folder.path().join("keys.json"), keys)?;
        Ok(Self { python, folder })
    }

    fn verify(&self, text: &str) -> Result<Answer> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/verify_pass.py");
        let keys = self.folder.path().join("keys.json");
        let output = Command::new(&self.python)
            .arg(script)
            .arg(keys)
            .arg(text)
            .output()?;
        match output.status.code() {
            Some(0) => Ok(Answer::Claims(serde_json::from_slice(&output.stdout)?)),
            Some(1) => {
                println!("{}", String::from_utf8_lossy(&output.stderr));
                Ok(Answer::Refused)
            }
            other => bail!("{other:?}: {}", String::from_utf8_lossy(&output.stderr)),
        }
    }
}

/// The other library reads the machine's clock, so these passes are of the present.
fn claims(clock: &Clock, holder: Option<Holder>) -> Result<PassClaims> {
    Ok(PassClaims {
        id: PassId(clock.random()),
        province: ProvinceId::parse("quang-ninh").context("a slug")?,
        issued_at: clock.now(),
        expires_at: clock.now().plus_minutes(72 * 60),
        kind: PassKind::Person,
        class: 'C',
        holder,
    })
}

fn signer(clock: &Clock) -> PassSigner {
    PassSigner::new(&KeyFile::generate(clock))
}

const BASE45: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/// The same text with one bit of one byte changed; `None` behind the last byte. Base45 (RFC 9285)
/// writes two bytes as three characters, lowest first, and a last single byte as two.
fn altered(text: &str, byte: usize) -> Option<String> {
    let start = PREFIX.len() + byte / 2 * 3;
    let end = text.len().min(start + 3);
    // Two characters hold one byte only, so an odd one needs all three.
    let group = text.get(start..end).filter(|g| g.len() >= 2 + byte % 2)?;
    let value = group.bytes().rev().try_fold(0, |sum, symbol| {
        Some(sum * 45 + BASE45.iter().position(|s| *s == symbol)?)
    })?;
    let high = group.len() == 3 && byte.is_multiple_of(2);
    let mut value = value ^ if high { 0x100 } else { 1 };
    let mut symbols = String::new();
    for _ in 0..group.len() {
        symbols.push(char::from(BASE45[value % 45]));
        value /= 45;
    }
    Some(format!("{}{symbols}{}", &text[..start], &text[end..]))
}

#[test]
fn an_independent_library_verifies_the_pass() -> Result<()> {
    let clock = Clock::system();
    let signer = signer(&clock);
    let peer = Peer::with_keys_of(&signer)?;
    for holder in [None, Some(Holder::of("Đỗ Thị Bưởi", 1948))] {
        let said = claims(&clock, holder)?;
        let Answer::Claims(read) = peer.verify(&signer.seal(&said)?)? else {
            bail!("refused");
        };
        assert_eq!(read["iss"], "khaibao");
        assert_eq!(
            read["cti"],
            format!("{:032x}", u128::from_be_bytes(said.id.0))
        );
        assert_eq!(read["iat"], said.issued_at.seconds());
        assert_eq!(read["exp"], said.expires_at.seconds());
        assert_eq!(read["province"], "quang-ninh");
        assert_eq!(read["kind"], 1);
        assert_eq!(read["class"], "C");
        let about = said
            .holder
            .as_ref()
            .map(|h| (h.initials(), u64::from(h.birth_year())));
        assert_eq!(
            read["initials"].as_str().zip(read["birth_year"].as_u64()),
            about
        );
    }
    Ok(())
}

#[test]
fn an_independent_library_refuses_the_pass_with_one_byte_changed() -> Result<()> {
    let clock = Clock::system();
    let signer = signer(&clock);
    let peer = Peer::with_keys_of(&signer)?;
    let text = signer.seal(&claims(&clock, Some(Holder::of("Lê A", 1990)))?)?;
    assert!(matches!(peer.verify(&text)?, Answer::Claims(_)));
    // Header, key id, every part of the claims, the signature: each thirteenth byte and the last.
    let bytes: Vec<usize> = (0..LARGEST)
        .filter(|at| altered(&text, *at).is_some())
        .collect();
    let last = bytes.last().copied().context("no bytes")?;
    for at in (0..last).step_by(13).chain([last]) {
        let changed = altered(&text, at).context("inside the text")?;
        assert_eq!(peer.verify(&changed)?, Answer::Refused, "byte {at}");
    }
    Ok(())
}

#[test]
fn an_independent_library_refuses_another_signers_pass_and_an_expired_one() -> Result<()> {
    let clock = Clock::system();
    let (signer, other) = (signer(&clock), signer(&clock));
    let peer = Peer::with_keys_of(&signer)?;
    let now = claims(&clock, None)?;
    assert_eq!(peer.verify(&other.seal(&now)?)?, Answer::Refused);
    // The library forgives a minute of clock difference.
    let past = PassClaims {
        expires_at: clock.now().plus_minutes(-10),
        ..now
    };
    assert_eq!(peer.verify(&signer.seal(&past)?)?, Answer::Refused);
    Ok(())
}
