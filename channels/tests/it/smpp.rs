//! SMPP against two SMSCs that are not ours: npm `smpp` and PyPI `smpp34`; PyPI `smpplib` judges
//! the parts of long texts.

mod delivered;
mod dialogue;
mod faults;
mod peers;
mod storm;
mod submitted;
