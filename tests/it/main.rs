//! The one test binary: a module for each behaviour that somebody outside can see.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accounts;
mod answering;
mod architecture;
mod assist;
mod bots;
mod browser;
mod chat;
mod conversations;
mod crash;
mod crash_sending;
mod crowd;
mod declare;
mod declare_web;
mod exposure;
mod fallback;
mod forgetting;
mod handover;
mod hooks;
mod inbox;
mod kannel;
mod limits;
mod mail;
mod nodes;
mod notices;
mod once;
mod openapi;
mod outbox;
mod paper;
mod pass_independent;
mod privacy;
mod provinces;
mod receipts;
mod repeats;
mod report;
mod scan;
mod silence;
mod sms;
mod sms_parts;
mod store;
mod telegram;
mod texts;
mod too_fast;
mod ussd;
mod zalo;
