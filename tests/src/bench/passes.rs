//! Sealing and opening a pass, beside the bare signature over as many bytes.

use std::hint::black_box;
use std::time::Instant;

use anyhow::{Context, Result};
use ed25519_dalek::{Signer, SigningKey};
use workflows::clock::Clock;
use workflows::ids::{PassId, ProvinceId};
use workflows::pass::{Holder, PassClaims, PassKind, PassSigner, PassVerifier};
use workflows::vault::KeyFile;

use crate::figure::{Figure, Goal, median};

const ROUNDS: usize = 40;
const BATCH: u32 = 200;
/// What is signed of a pass: COSE's frame around about as many bytes of claims.
const SIGNED_BYTES: usize = 110;

/// `pass_seal` and `pass_open`.
pub(crate) fn figures() -> Result<[Figure; 2]> {
    let clock = Clock::system();
    let folder = tempfile::tempdir()?;
    let keys = KeyFile::create(&folder.path().join("keys.toml"), &clock)?;
    let signer = PassSigner::new(&keys);
    let verifier = PassVerifier::from_signer(&signer);
    let now = clock.now();
    let claims = PassClaims {
        id: PassId(clock.random()),
        province: ProvinceId::parse("ha-noi").context("a valid id")?,
        issued_at: now,
        expires_at: now.plus_minutes(72 * 60),
        kind: PassKind::Person,
        class: 'A',
        holder: Some(Holder::of("Nguyễn Văn An", 1990)),
    };
    let text = signer.seal(&claims)?;
    verifier.open(&text)?;
    let bare = SigningKey::from_bytes(&clock.random());
    let message = [7_u8; SIGNED_BYTES];
    let signature = bare.sign(&message);
    let public = bare.verifying_key();
    let sealed = microseconds(|| signer.seal(black_box(&claims)).is_ok());
    let signed = microseconds(|| bare.sign(black_box(&message)).to_bytes()[0] < 128);
    let opened = microseconds(|| verifier.open(black_box(&text)).is_ok());
    let verified = microseconds(|| {
        public
            .verify_strict(black_box(&message), &signature)
            .is_ok()
    });
    let figure = |name: &str, value, limit, beside| Figure {
        name: name.into(),
        value,
        unit: "us",
        limit,
        beside,
        goal: Goal::Open,
        extra: Vec::new(),
    };
    Ok([
        figure("pass_seal", sealed, signed, "bare Ed25519 sign"),
        figure("pass_open", opened, verified, "bare Ed25519 verify_strict"),
    ])
}

/// The median over rounds of one call's time.
fn microseconds(mut call: impl FnMut() -> bool) -> f64 {
    let round = |_| {
        let began = Instant::now();
        for _ in 0..BATCH {
            black_box(call());
        }
        began.elapsed().as_secs_f64() * 1e6 / f64::from(BATCH)
    };
    median((0..ROUNDS).map(round).collect())
}
