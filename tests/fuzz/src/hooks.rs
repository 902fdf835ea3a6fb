//! Requests at the hooks of gateways. The caller has shown the secret of each: what is tried is
//! what stands behind the gate.

use std::sync::{Arc, LazyLock};

use channels::inbound::{EventHook, HookRequest, UssdHook};
use channels::{Place, sms, ussd};
use workflows::message::{ChannelId, Screen};

const GATE: &str = "gate = { header = { name = \"x-secret\", secret = \"known-to-us\" } }\n";
const KANNEL: &str = "url = \"http://127.0.0.1:13013/cgi-bin/sendsms\"\nusername = \"u\"\n\
    password = \"p\"\nsender = \"8066\"\nsecret = \"known-to-us\"\n";
const AFRICAS_TALKING: &str = "profile = \"africas-talking\"\nsecrets = { api_key = \"k\" }\n\
    values = { username = \"u\", sender = \"s\" }\n";
const ESMS: &str = "profile = \"esms-vn\"\nsecrets = { api_key = \"k\", secret_key = \"s\" }\n\
    values = { brandname = \"b\" }\n";

static USSD: LazyLock<Vec<Arc<dyn UssdHook>>> = LazyLock::new(|| {
    let open = |style| {
        let settings = format!("style = \"{style}\"\n{GATE}");
        ussd::open(&settings.parse().expect("TOML")).expect("these settings open")
    };
    ["africas-talking", "latest", "boolean"].map(open).into()
});

static SMS: LazyLock<Vec<Arc<dyn EventHook>>> = LazyLock::new(|| {
    let open = |(kind, settings): (&str, String)| {
        let place = Place {
            channel: &ChannelId::parse("a").expect("a name"),
            public_url: "https://khaibao.example",
        };
        let channel = sms::open(kind, &settings.parse().expect("TOML"), &place);
        channel.expect("these settings open").hook
    };
    [
        ("kannel", KANNEL.to_owned()),
        ("template", format!("{AFRICAS_TALKING}{GATE}")),
        ("template", format!("{ESMS}{GATE}")),
    ]
    .into_iter()
    .filter_map(open)
    .collect()
});

/// A request: its first line is what stands in the query, the rest its body. It comes in every
/// method and kind.
fn requests(octets: &[u8], mut each: impl FnMut(&HookRequest<'_>)) {
    let end = octets.iter().position(|o| *o == b'\n');
    let (query, body) = octets.split_at(end.unwrap_or(octets.len()));
    let query = format!("secret=known-to-us&{}", String::from_utf8_lossy(query));
    let url = format!("https://khaibao.example/hooks/a?{query}");
    for (method, kind) in [
        ("GET", ""),
        ("POST", "application/x-www-form-urlencoded"),
        ("POST", "application/json"),
    ] {
        each(&HookRequest {
            method,
            url: &url,
            query: &query,
            header: &|name| match name {
                "x-secret" => Some("known-to-us"),
                "content-type" => Some(kind),
                _ => None,
            },
            body: body.get(1..).unwrap_or_default(),
            source: Some(std::net::Ipv4Addr::LOCALHOST.into()),
        });
    }
}

/// Bodies of the three styles of USSD, and the answers to them.
pub fn ussd_hooks(octets: &[u8]) {
    for hook in USSD.iter() {
        requests(octets, |request| {
            let Ok(turn) = hook.turn(request) else { return };
            for continues in [true, false] {
                let text = turn.session.clone();
                hook.screen(&turn, &Screen { text, continues });
            }
        });
    }
}

/// Messages and receipts of SMS gateways.
pub fn sms_hooks(octets: &[u8]) {
    for hook in SMS.iter() {
        requests(octets, |request| {
            let _ = hook.events(request);
        });
    }
}
