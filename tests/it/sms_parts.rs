//! Alphabet, coding and parts of text messages agree with a library that is not ours
//! (`tests/peers/sms_parts.py`, package `smpplib`).

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use workflows::phrase::{self, Language};
use workflows::text::{Charset, Limits, gsm, split, ucs2};

/// How the library sends a text.
struct Theirs {
    charset: Charset,
    parts: Vec<Vec<u8>>,
}

impl Theirs {
    /// Whether it cut an escape from its septet or a pair of UTF-16, which ours never does.
    fn broke_a_pair(&self) -> bool {
        let (_, cut) = self.parts.split_last().expect("at least one part");
        cut.iter().any(|part| match self.charset {
            Charset::Gsm => part.ends_with(&[0x1b]),
            Charset::Ucs2 => matches!(part[part.len() - 2], 0xd8..=0xdb),
        })
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "xtask says here where it put the peers"
)]
fn sent_by_smpplib(texts: &[String]) -> Vec<Theirs> {
    let python = std::env::var("KHAIBAO_PEERS_PYTHON")
        .expect("KHAIBAO_PEERS_PYTHON must name a Python that has the package smpplib");
    let folder = tempfile::tempdir().unwrap();
    let asked = folder.path().join("texts");
    let mut lines = String::new();
    for text in texts {
        writeln!(lines, "{}", serde_json::to_string(text).unwrap()).unwrap();
    }
    std::fs::write(&asked, lines).unwrap();
    let output = Command::new(python)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/sms_parts.py"))
        .stdin(Stdio::from(std::fs::File::open(asked).unwrap()))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let answers: Vec<_> = output
        .stdout
        .split(|b| *b == b'\n')
        .filter(|l| !l.is_empty())
        .map(theirs)
        .collect();
    assert_eq!(answers.len(), texts.len());
    answers
}

fn theirs(line: &[u8]) -> Theirs {
    let (coding, parts): (u8, Vec<String>) = serde_json::from_slice(line).unwrap();
    let octets = |hex: &String| {
        (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
            .collect()
    };
    Theirs {
        charset: match coding {
            0 => Charset::Gsm,
            8 => Charset::Ucs2,
            other => panic!("data_coding {other}"),
        },
        parts: parts.iter().map(octets).collect(),
    }
}

fn octets(charset: Charset, text: &str) -> Vec<u8> {
    match charset {
        Charset::Gsm => gsm::encode(text).expect("it was found to be in the alphabet"),
        Charset::Ucs2 => ucs2::encode(text),
    }
}

fn accented() -> Limits {
    Limits {
        charset: Charset::Ucs2,
        max_parts: 255,
        ..Limits::default()
    }
}

/// Our own sentences, alone and joined to every length up to some parts, and mixtures of
/// characters of one and two units with borders everywhere.
fn corpus() -> Vec<String> {
    let mut texts = Vec::new();
    for language in Language::ALL {
        let sentences: Vec<&str> = phrase::source(language)
            .lines()
            .filter_map(|line| Some(line.split_once(" = ")?.1))
            .collect();
        for length in 1..8 {
            for several in sentences.chunks(length).take(60) {
                let text = several.join(" ");
                texts.push(workflows::text::plain(&text));
                texts.push(text);
            }
        }
    }
    for filling in ["a", "{", "ế", "😷", "à{", "ế😷", "€b"] {
        for length in [
            1, 66, 67, 68, 70, 71, 76, 77, 80, 81, 152, 153, 154, 160, 161, 306, 307,
        ] {
            for lead in ["", "x", "[", "đ"] {
                texts.push(format!("{lead}{}", filling.repeat(length)));
            }
        }
    }
    // A final space is not worth a part, so ours is never sent.
    for text in &mut texts {
        text.truncate(text.trim_end().len());
    }
    texts
}

#[test]
fn coding_and_parts_are_those_of_another_library() {
    let texts = corpus();
    assert!(texts.len() > 800, "{}", texts.len());
    let (mut alike, mut spared) = (0, 0);
    for (text, theirs) in texts.iter().zip(sent_by_smpplib(&texts)) {
        assert_eq!(Charset::of(text), theirs.charset, "{text}");
        let ours: Vec<_> = split(text, &accented())
            .unwrap()
            .iter()
            .map(|part| octets(theirs.charset, part))
            .collect();
        assert_eq!(ours.concat(), theirs.parts.concat(), "{text}");
        if theirs.broke_a_pair() {
            spared += 1;
            assert!(ours.len() >= theirs.parts.len(), "{text}");
        } else {
            alike += 1;
            assert_eq!(ours, theirs.parts, "{text}");
        }
    }
    assert!(alike > 700 && spared > 20, "{alike} alike, {spared} spared");
}

#[test]
fn the_alphabet_is_that_of_another_library_but_for_its_known_faults() {
    let characters: Vec<char> = ('\0'..='\u{ffff}').collect();
    let texts: Vec<String> = characters.iter().map(char::to_string).collect();
    let apart: BTreeSet<char> = characters
        .iter()
        .zip(&texts)
        .zip(sent_by_smpplib(&texts))
        .filter(|((_, text), theirs)| {
            let ours = gsm::encode(text).unwrap_or_else(|| ucs2::encode(text));
            let read = match theirs.charset {
                Charset::Gsm => gsm::decode(&ours),
                Charset::Ucs2 => ucs2::decode(&ours),
            };
            // The mark of the byte order is no character of a text.
            let marked = text.as_str() == "\u{feff}";
            Charset::of(text) != theirs.charset
                || ours != theirs.parts[0]
                || (read != **text && !marked)
        })
        .map(|((c, _), _)| *c)
        .collect();
    // It has a backtick at the place of the section sign, no form feed, and sends an escape.
    assert_eq!(apart, BTreeSet::from(['\u{c}', '\u{1b}', '`', '§']));
}
