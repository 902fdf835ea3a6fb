//! Words that always work, in any case, with or without marks.

use crate::phrase::Language;
use crate::text;

/// What a keyword asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// KB: declare; with what followed the word.
    Start(String),
    /// HUY.
    Cancel,
    /// LAI, or `00` where letters are slow.
    Back,
    /// TROGIUP.
    Help,
    /// VI, EN.
    Language(Language),
    /// THE: my pass again; THE 2: that one of several.
    Pass(Option<usize>),
    /// QUEN: forget me.
    Forget,
    /// DY: you may keep it.
    Agree,
    /// /start: what there is to do; with what a link to the bot said, such as a post.
    Menu(String),
    /// /ngonngu: which language.
    Languages,
    /// /aixem: who looked at my record.
    Looks,
    /// /sdt: this is my number.
    Number(String),
    /// /nhac, /tatnhac: reminders and notices, or none.
    Notices(bool),
}

/// Words that begin a declaration; the longer first.
const START: [&str; 8] = [
    "khai bao y te",
    "khai bao",
    "khaibao",
    "dang ky",
    "dangky",
    "khai",
    "kb",
    "dk",
];

/// Input as it is read: composed, trimmed, full-width letters and digits as plain ones.
pub(super) fn plain(text: &str, most: usize) -> String {
    let narrow = |c: char| match u32::from(c) {
        code @ 0xff01..=0xff5e => char::from_u32(code - 0xfee0).unwrap_or(c),
        _ => c,
    };
    // Line ends part fields; `clean` would make spaces of them.
    let lines = text.replace(['\r', '\n'], ";");
    let narrowed: String = lines.chars().take(most).map(narrow).collect();
    text::clean(narrowed.trim_matches([';', ' ']))
}

/// The command of a cleaned text, if it is one.
pub fn command(text: &str) -> Option<Command> {
    if text.trim() == "?" {
        return Some(Command::Help);
    }
    let key = text::fold(text);
    let key = key.as_str();
    whole(key)
        .or_else(|| whole(&untelex(key)))
        .or_else(|| start(text))
}

/// The command of a chat's text: `/word`, perhaps with the bot's name and something behind it.
pub(super) fn slash(text: &str) -> Option<Command> {
    let text = text.trim().strip_prefix('/')?;
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let word = word.split_once('@').map_or(word, |(word, _)| word);
    let rest = rest.trim().to_owned();
    let word = text::fold(word);
    if let Some(pass) = pass(&word) {
        return Some(pass);
    }
    Some(match word.as_str() {
        "start" => Command::Menu(rest),
        "khaibao" | "declare" => Command::Start(rest),
        "the" | "pass" => Command::Pass(number(&rest)),
        "ngonngu" | "language" => Command::Languages,
        "xoa" | "delete" => Command::Forget,
        "aixem" | "whosaw" => Command::Looks,
        "sdt" | "phone" => Command::Number(rest),
        "nhac" | "remind" => Command::Notices(true),
        "tatnhac" | "mute" => Command::Notices(false),
        "huy" | "cancel" => Command::Cancel,
        "lai" | "back" => Command::Back,
        _ => Command::Help,
    })
}

fn whole(key: &str) -> Option<Command> {
    Some(match key {
        "huy" | "stop" | "cancel" | "huy bo" => Command::Cancel,
        "lai" | "back" | "quay lai" | "00" => Command::Back,
        "trogiup" | "tro giup" | "help" | "hd" | "huong dan" => Command::Help,
        "vi" | "tieng viet" => Command::Language(Language::Vi),
        "en" | "english" => Command::Language(Language::En),
        "the" | "pass" => Command::Pass(None),
        "quen" | "forget" => Command::Forget,
        "dy" | "dong y" | "agree" => Command::Agree,
        _ => return pass(key),
    })
}

/// `the 2`, `the2`; a button's token has no space.
fn pass(key: &str) -> Option<Command> {
    let which = key
        .strip_prefix("the")
        .or_else(|| key.strip_prefix("pass"))?;
    number(which.trim_start()).map(|which| Command::Pass(Some(which)))
}

/// One or two digits; of a range, which the list of passes may name, its first number.
fn number(text: &str) -> Option<usize> {
    let (first, _) = text.split_once('-').unwrap_or((text, ""));
    let short = (1..=2).contains(&first.len()) && first.bytes().all(|b| b.is_ascii_digit());
    short.then(|| first.parse().ok()).flatten()
}

/// The command of a text that may as well be a name, a place or a sentence: Khải and Đặng Kỳ are
/// names. A word that begins a declaration stands alone there or before a number, and is written
/// with its own marks if with any.
pub(super) fn among_words(text: &str) -> Option<Command> {
    let command = command(text)?;
    let Command::Start(rest) = &command else {
        return Some(command);
    };
    let short = text::fold(text);
    let short = ["kb", "dk"].iter().any(|word| short.starts_with(word));
    let alone = rest.is_empty() || rest.starts_with(|c: char| c.is_ascii_digit());
    let word = text.strip_suffix(rest.as_str()).unwrap_or(text);
    (short || (alone && is_marked_as(word, "đăng ký khai báo y tế"))).then_some(command)
}

/// Whether every letter with a mark stands in one of these words, at its place.
fn is_marked_as(text: &str, words: &str) -> bool {
    let lower = text.to_lowercase();
    let fits = |typed: &str, word: &str| {
        typed.chars().count() == word.chars().count()
            && typed
                .chars()
                .zip(word.chars())
                .all(|(t, w)| t == w || t.is_ascii())
    };
    let typed = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|t| !t.is_ascii());
    typed
        .into_iter()
        .all(|typed| words.split(' ').any(|word| fits(typed, word)))
}

fn start(text: &str) -> Option<Command> {
    let separators = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | ':' | '.');
    // Three words at most make the keyword.
    let ends: Vec<usize> = text
        .char_indices()
        .filter(|(_, c)| separators(*c))
        .map(|(at, _)| at)
        .chain([text.len()])
        .take(4)
        .collect();
    ends.into_iter().rev().find_map(|end| {
        let (word, rest) = text.split_at_checked(end)?;
        let key = text::fold(word);
        let known = START.contains(&key.as_str()) || START.contains(&untelex(&key).as_str());
        known.then(|| Command::Start(rest.trim_start_matches(separators).to_owned()))
    })
}

/// A folded text without what the Telex and VNI ways of typing leave behind when the phone did
/// not understand them: `ddang kys` is `dang ky`. Only for words that are compared with known
/// ones, never for names.
pub(super) fn untelex(key: &str) -> String {
    let words = key.split(' ').map(|word| {
        let mut plain = word
            .replace("dd", "d")
            .replace("aa", "a")
            .replace("aw", "a")
            .replace("ee", "e")
            .replace("oo", "o")
            .replace("ow", "o")
            .replace("uw", "u");
        if plain.len() > 2
            && let Some(bare) =
                plain.strip_suffix(['s', 'f', 'r', 'x', 'j', '1', '2', '3', '4', '5'])
            && bare.ends_with(|c: char| c.is_ascii_lowercase())
        {
            plain = bare.to_owned();
        }
        plain
    });
    words.collect::<Vec<_>>().join(" ")
}
