//! Channels against other people's ends of the wire.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod peers;
mod registry;
mod smpp;
mod smtp_tls;
