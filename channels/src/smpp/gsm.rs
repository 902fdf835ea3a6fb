//! Stand-in for `workflows::text::gsm`.

const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u{1b}ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const EXTENSION: &[(u8, char)] = &[
    (0x0a, '\u{c}'), (0x14, '^'), (0x28, '{'), (0x29, '}'), (0x2f, '\\'),
    (0x3c, '['), (0x3d, '~'), (0x3e, ']'), (0x40, '|'), (0x65, '€'),
];

pub(super) fn encode(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    for c in text.chars() {
        if let Some((code, _)) = EXTENSION.iter().find(|(_, e)| *e == c) {
            out.extend([0x1b, *code]);
        } else {
            let at = BASIC.chars().position(|b| b == c && b != '\u{1b}')?;
            out.push(u8::try_from(at).ok()?);
        }
    }
    Some(out)
}

pub(super) fn decode(septets: &[u8]) -> String {
    let basic: Vec<char> = BASIC.chars().collect();
    let mut out = String::new();
    let mut septets = septets.iter();
    while let Some(code) = septets.next() {
        if *code == 0x1b {
            let Some(code) = septets.next() else { break };
            let extended = EXTENSION.iter().find(|(e, _)| e == code).map(|(_, c)| *c);
            out.push(extended.or_else(|| basic.get(usize::from(*code)).copied()).unwrap_or('\u{fffd}'));
        } else {
            out.push(basic.get(usize::from(*code)).copied().unwrap_or('\u{fffd}'));
        }
    }
    out
}
