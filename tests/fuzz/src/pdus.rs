//! What an SMSC sends.

use std::sync::LazyLock;

use channels::smpp::{SmppSettings, understand};

/// Accounts that read the same octets differently.
static ACCOUNTS: LazyLock<Vec<SmppSettings>> = LazyLock::new(|| {
    let open = |more: &str| {
        let common = "address = \"127.0.0.1:2775\"\nsystem_id = \"k\"\npassword = \"p\"\n";
        toml::from_str(&format!("{common}{more}")).expect("these settings open")
    };
    [
        "",
        "receipt_id = \"hex-to-dec\"\ngsm_coding = 1\nussd = { end_flag = true }\n",
        "receipt_id = \"dec-to-hex\"\ndefault_alphabet = \"latin1\"\n\
            ussd = { code = \"destination\", session = \"session-number\" }\n",
    ]
    .map(open)
    .into()
});

/// PDUs one after the other, in every account's reading; and the input once more as the body of a
/// delivery, whose header no chance would hit.
pub fn pdus(octets: &[u8]) {
    const DELIVER_SM: u32 = 0x05;
    const DATA_SM: u32 = 0x103;
    for account in ACCOUNTS.iter() {
        let _ = understand(octets, account);
        for id in [DELIVER_SM, DATA_SM] {
            let length = u32::try_from(octets.len() + 16).unwrap_or(u32::MAX);
            let mut pdu = [length, id, 0, 7].map(u32::to_be_bytes).concat();
            pdu.extend_from_slice(octets);
            let _ = understand(&pdu, account);
        }
    }
}
