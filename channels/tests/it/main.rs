//! Channels against other people's ends of the wire.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod bodies;
mod calls;
mod kannel;
mod peers;
mod registry;
mod smpp;
mod smtp_tls;
mod telegram;
mod template;
mod twilio;
mod ussd;
mod zalo;
mod zalo_bot;
mod zalo_events;
mod zalo_oa;
mod zalo_tokens;
mod zns;
