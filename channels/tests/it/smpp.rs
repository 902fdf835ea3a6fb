//! SMPP against two SMSCs that are not ours, npm's `smpp` and `smpp34` for Python; Python's
//! `smpplib` judges the parts of long texts.

mod delivered;
mod dialogue;
mod faults;
mod peers;
mod storm;
mod submitted;
