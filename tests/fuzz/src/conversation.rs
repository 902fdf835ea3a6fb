//! A telephone that says anything, one line of the input after the other.

use std::sync::Arc;

use workflows::answers::Reply;
use workflows::clock::Moment;
use workflows::declaration::conversation::{
    self, Effect, Frame, Input, Limits, Medium, Outcome, State, Step, Voice, World,
};
use workflows::form::{Form, QuestionId, TextCode};
use workflows::ids::{CheckpointId, ProvinceId};
use workflows::message::{ChatFits, Does, PictureBy};
use workflows::person::Phone;
use workflows::phrase::Language;
use workflows::place::{Checkpoint, Epoch, Province, UnitCode};
use workflows::rules::{Context, Count, Facts, Rules, RulesError, RulesVersion, Scan, Section};
use workflows::text::gsm;
use workflows::verdict::{Decision, Level, Reason, Verdict};

/// Messages of one conversation: enough to answer every question of the form twice.
const LINES: usize = 64;

/// What every provider of chats takes at least.
const FITS: ChatFits = ChatFits {
    text: 2_000,
    caption: 1_000,
    buttons: 12,
    label: 20,
    picture: PictureBy::Upload,
    beside_picture: true,
    asks_number: true,
    replaces: true,
};

/// The one-shot syntax and every answer after it, by SMS, by USSD or in a chat, as the first octet
/// says. In a chat a line that begins with `!` is a button that was pressed, with `+` a number that
/// was shared. A form that is complete is declared or refused, by turns.
pub fn conversation(octets: &[u8]) {
    let Some((first, rest)) = octets.split_first() else {
        return;
    };
    let text = String::from_utf8_lossy(rest);
    let (medium, is_private) = match first % 4 {
        0 => (Medium::Sms, true),
        1 => (Medium::Ussd, true),
        2 => (Medium::Chat, true),
        _ => (Medium::Chat, false),
    };
    let mut phone = Handset::new(medium);
    phone.is_private = is_private;
    for (nth, line) in text.lines().take(LINES).enumerate() {
        let begins = nth == 0 && phone.medium == Medium::Ussd;
        phone.hear(if begins {
            Input::Begin(conversation::dialled(line, Some("*123#")))
        } else {
            phone.heard(line)
        });
    }
}

struct Handset {
    medium: Medium,
    is_private: bool,
    province: Province,
    form: Form,
    posts: Vec<Checkpoint>,
    number: Option<Phone>,
    profile: Option<conversation::Profile>,
    limits: Limits,
    now: Moment,
    state: State,
    declared: usize,
}

impl Handset {
    fn new(medium: Medium) -> Self {
        let unit = UnitCode {
            epoch: Epoch::Since2025,
            province: 1,
            commune: 0,
        };
        let id = ProvinceId::parse("ha-noi").expect("a slug");
        Self {
            medium,
            is_private: true,
            posts: vec![Checkpoint {
                id: CheckpointId(5),
                province: id.clone(),
                name: "Pháp Vân".into(),
                zone: "x".into(),
                unit,
            }],
            province: Province {
                id,
                name_vi: "Hà Nội".into(),
                name_en: "Hanoi".into(),
                unit,
                cutoff_minute: 660,
                served_from: Moment(0),
            },
            form: conversation::for_text(&Form::national()),
            number: Phone::parse("0912345678").ok(),
            profile: None,
            limits: Limits::default(),
            now: Moment(1_795_000_000_000_000),
            state: State::default(),
            declared: 0,
        }
    }

    fn heard(&self, line: &str) -> Input {
        if self.medium != Medium::Chat {
            return Input::Text(line.to_owned());
        }
        let number = line.strip_prefix('+').map(Phone::parse);
        match (line.strip_prefix('!'), number) {
            (Some(token), _) => Input::Pressed(token.to_owned()),
            (None, Some(Ok(phone))) => Input::Number(phone, line.len() % 2 == 0),
            (None, _) => Input::Text(line.to_owned()),
        }
    }

    fn hear(&mut self, mut input: Input) {
        self.now = self.now.plus_minutes(1);
        loop {
            let step = self.step(&input);
            self.state = step.state;
            if let Some(say) = &step.say {
                self.show(say);
            }
            match step.effect {
                Effect::None | Effect::Notices(_) => return,
                Effect::HandOver(raw) => {
                    assert!(raw.one("q1").is_empty(), "health is no part of a chat");
                }
                Effect::Link(phone) => self.number = Some(phone),
                Effect::Prove(phone) => {
                    input = Input::CodeSent(phone, "123456".into());
                    continue;
                }
                Effect::Forget => self.profile = None,
                Effect::Keep(profile) => self.profile = Some(profile),
                Effect::Declare(_) => {
                    self.declared += 1;
                    input = self.verdict();
                    continue;
                }
            }
            return;
        }
    }

    fn step(&self, input: &Input) -> Step {
        let world = World {
            province: &self.province,
            form: &self.form,
            checkpoints: &self.posts,
            medium: self.medium,
            is_private: self.is_private,
            phone: self.number.as_ref(),
            profile: self.profile.as_ref(),
            limits: &self.limits,
            now: self.now,
        };
        conversation::step(&world, &self.state, input)
    }

    fn verdict(&self) -> Input {
        match self.declared % 3 {
            0 => Input::Failed,
            1 => Input::Declared(Outcome {
                level: Level::Clear,
                code: "105V-D10T".into(),
                digits: Some("300 000 0001".into()),
                expires_at: self.now.plus_minutes(72 * 60),
                link: (self.medium == Medium::Chat).then(|| "base.x".into()),
                kept: None,
            }),
            _ => Input::TooMany,
        }
    }

    /// Whatever was said, the answer is one part or one screen.
    fn show(&self, say: &conversation::Say) {
        for language in Language::ALL {
            let voice = Voice {
                rules: &Wordless,
                province: &self.province,
                language,
                medium: self.medium,
            };
            let longest = match self.medium {
                Medium::Sms => conversation::TEXT_SEPTETS,
                Medium::Ussd => conversation::SCREEN_SEPTETS,
                Medium::Chat => {
                    self.show_in_chat(&voice, say);
                    continue;
                }
            };
            let text = voice.render(say);
            let septets = gsm::septets(&text).expect("plain text");
            assert!(septets <= longest, "{septets} septets");
        }
    }
}

impl Handset {
    /// One message that the provider takes, whose buttons say what it carries.
    fn show_in_chat(&self, voice: &Voice<'_>, say: &conversation::Say) {
        let frame = Frame {
            fits: &FITS,
            asked: self.state.asked(),
            link: say.opens.as_ref().map(|_| "https://khaibao.example/x"),
        };
        let shown = voice.chat(say, &frame);
        assert!(shown.text.encode_utf16().count() <= FITS.text);
        assert!(shown.buttons.len() <= FITS.buttons);
        for button in &shown.buttons {
            assert!(button.label.chars().count() <= FITS.label);
            if let Does::Say(token) = &button.does {
                let fits = token.len() <= 64 && token.bytes().all(|b| b.is_ascii_graphic());
                assert!(fits, "{token:?}");
            }
        }
    }
}

/// The national form needs no words of a province.
struct Wordless;

impl Rules for Wordless {
    fn form(&self, _: &ProvinceId, _: &Context) -> Result<Arc<Form>, RulesError> {
        Err(RulesError::Unavailable)
    }
    fn check(
        &self,
        _: &ProvinceId,
        _: &Context,
        _: &[Reply],
    ) -> Result<Vec<(QuestionId, Reason)>, RulesError> {
        Err(RulesError::Unavailable)
    }
    fn assess(&self, _: &ProvinceId, _: &Context, _: &Facts) -> Result<Verdict, RulesError> {
        Err(RulesError::Unavailable)
    }
    fn decide(&self, _: &ProvinceId, _: &Context, _: &Scan) -> Result<Decision, RulesError> {
        Err(RulesError::Unavailable)
    }
    fn sections(
        &self,
        _: &ProvinceId,
        _: &Context,
        _: &[Count],
    ) -> Result<Vec<Section>, RulesError> {
        Err(RulesError::Unavailable)
    }
    fn text(&self, _: &ProvinceId, _: &str, _: TextCode) -> Option<Arc<str>> {
        None
    }
    fn version(&self, _: &ProvinceId) -> Option<RulesVersion> {
        None
    }
}
