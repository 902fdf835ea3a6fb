//! A telephone that says anything, one line of the input after the other.

use std::sync::Arc;

use workflows::answers::Reply;
use workflows::clock::Moment;
use workflows::declaration::conversation::{
    self, Effect, Input, Limits, Medium, Outcome, State, Step, Voice, World,
};
use workflows::form::{Form, QuestionId, TextCode};
use workflows::ids::{CheckpointId, ProvinceId};
use workflows::person::Phone;
use workflows::phrase::Language;
use workflows::place::{Checkpoint, Epoch, Province, UnitCode};
use workflows::rules::{Context, Count, Facts, Rules, RulesError, RulesVersion, Scan, Section};
use workflows::text::gsm;
use workflows::verdict::{Decision, Level, Reason, Verdict};

/// Messages of one conversation: enough to answer every question of the form twice.
const LINES: usize = 64;

/// The one-shot syntax and every answer after it, by SMS (the first octet is even) or by USSD. A
/// form that is complete is declared or refused, by turns.
pub fn conversation(octets: &[u8]) {
    let Some((first, rest)) = octets.split_first() else {
        return;
    };
    let text = String::from_utf8_lossy(rest);
    let mut phone = Handset::new(if first % 2 == 0 {
        Medium::Sms
    } else {
        Medium::Ussd
    });
    for (nth, line) in text.lines().take(LINES).enumerate() {
        let begins = nth == 0 && phone.medium == Medium::Ussd;
        phone.hear(if begins {
            Input::Begin(conversation::dialled(line, Some("*123#")))
        } else {
            Input::Text(line.to_owned())
        });
    }
}

struct Handset {
    medium: Medium,
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

    fn hear(&mut self, mut input: Input) {
        self.now = self.now.plus_minutes(1);
        loop {
            let step = self.step(&input);
            self.state = step.state;
            if let Some(say) = &step.say {
                self.show(say);
            }
            match step.effect {
                Effect::None => return,
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
            is_private: true,
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
            let text = voice.render(say);
            let longest = match self.medium {
                Medium::Sms => conversation::TEXT_SEPTETS,
                Medium::Ussd => conversation::SCREEN_SEPTETS,
            };
            let septets = gsm::septets(&text).expect("plain text");
            assert!(septets <= longest, "{septets} septets");
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
