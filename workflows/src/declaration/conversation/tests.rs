//! A telephone in the hand: what it sends, what it shows.

mod buttons;
mod chat;
mod keywords;
mod one_message;
mod passes;
mod paths;
mod props;
mod ussd;
mod ways_out;

use std::sync::Arc;

use super::*;
use crate::answers::Reply;
use crate::clock::Day;
use crate::form::{QuestionId, TextCode};
use crate::ids::{CheckpointId, ProvinceId};
use crate::message::{Screen, Turn, TurnInput};
use crate::phrase::Language;
use crate::place::{Epoch, UnitCode};
use crate::rules::{Context, Count, Facts, Rules, RulesError, RulesVersion, Scan, Section};
use crate::verdict::{Decision, Reason, Verdict};

/// Rules that know no words: the national form needs none.
struct Silent;

impl Rules for Silent {
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

fn unit(province: u16, commune: u32) -> UnitCode {
    UnitCode {
        epoch: Epoch::Since2025,
        province,
        commune,
    }
}

fn ha_noi() -> Province {
    Province {
        id: ProvinceId::parse("ha-noi").unwrap(),
        name_vi: "Hà Nội".into(),
        name_en: "Hanoi".into(),
        unit: unit(1, 0),
        cutoff_minute: 660,
        served_from: Moment(0),
    }
}

/// A telephone, and the service at the other end of it.
struct Handset {
    medium: Medium,
    province: Province,
    form: Form,
    posts: Vec<Checkpoint>,
    number: Phone,
    limits: Limits,
    now: Moment,
    state: State,
    profile: Option<Profile>,
    /// Level of the next verdict.
    level: Level,
    /// What came back, the newest last.
    shown: Vec<String>,
    /// Messages sent.
    sent: usize,
    declared: Vec<RawForm>,
    session: usize,
    history: String,
    /// What a chat has beside.
    chat: chat::Chat,
}

impl Handset {
    fn new(medium: Medium) -> Self {
        let province = ha_noi();
        let post = Checkpoint {
            id: CheckpointId(5),
            province: province.id.clone(),
            name: "Pháp Vân".into(),
            zone: "x".into(),
            unit: unit(1, 0),
        };
        Self {
            medium,
            province,
            form: for_text(&Form::national()),
            posts: vec![post],
            number: Phone::parse("0912345678").unwrap(),
            limits: Limits::default(),
            now: Day::parse("20/11/2026").unwrap().at_minute(600),
            state: State::default(),
            profile: None,
            level: Level::Clear,
            shown: Vec::new(),
            sent: 0,
            declared: Vec::new(),
            session: 0,
            history: String::new(),
            chat: chat::Chat::default(),
        }
    }

    fn sms() -> Self {
        Self::new(Medium::Sms)
    }

    fn ussd() -> Self {
        Self::new(Medium::Ussd)
    }

    /// A household that has declared before.
    fn known(medium: Medium, persons: usize) -> Self {
        let mut phone = Self::new(Medium::Sms);
        let people = [
            "KB 001084000999 Tran Van An Hai Phong 0",
            "KB 001184000123 Le Thi Binh Nam Dinh 0",
        ];
        for text in people.into_iter().take(persons) {
            phone.text(text);
            phone.text("DY");
            phone.wait(1);
        }
        assert_eq!(phone.profile.as_ref().unwrap().persons.len(), persons);
        Self {
            profile: phone.profile,
            ..Self::new(medium)
        }
    }

    fn wait(&mut self, minutes: i64) {
        self.now = self.now.plus_minutes(minutes);
    }

    fn step(&mut self, input: Input) -> (Option<String>, bool) {
        let mut input = input;
        loop {
            let world = World {
                province: &self.province,
                form: &self.form,
                checkpoints: &self.posts,
                medium: self.medium,
                is_private: self.medium != Medium::Chat || self.chat.is_private,
                phone: match self.medium {
                    Medium::Chat => self.chat.linked.as_ref(),
                    Medium::Sms | Medium::Ussd => Some(&self.number),
                },
                profile: self.profile.as_ref(),
                limits: &self.limits,
                now: self.now,
            };
            let step = step(&world, &self.state, &input);
            self.state = step.state;
            match step.effect {
                Effect::None => {}
                Effect::Keep(profile) => self.profile = Some(profile),
                Effect::Forget => self.profile = None,
                Effect::HandOver(raw) => self.chat.handed.push(raw),
                Effect::Link(phone) => self.chat.linked = Some(phone),
                Effect::Notices(on) => self.chat.notices = Some(on),
                Effect::Prove(phone) => {
                    input = Input::CodeSent(phone, "123456".into());
                    continue;
                }
                Effect::Declare(raw) => {
                    assert!(step.say.is_none(), "words before the verdict");
                    let checked = crate::declaration::submission::parse(
                        &self.province.id,
                        &raw,
                        &self.form,
                        self.now.day(),
                    );
                    input = match checked {
                        Ok(_) => {
                            self.declared.push(raw);
                            Input::Declared(Outcome {
                                level: self.level,
                                code: "ABCD-EFGH".into(),
                                digits: None,
                                expires_at: self.now.plus_minutes(72 * 60),
                                link: (self.medium == Medium::Chat).then(|| "L1".into()),
                                kept: None,
                            })
                        }
                        Err(errors) => Input::Refused(errors),
                    };
                    continue;
                }
            }
            return (step.say.map(|say| self.render(&say)), step.ended);
        }
    }

    fn render(&mut self, say: &Say) -> String {
        if self.medium == Medium::Chat {
            return self.show_in_chat(say);
        }
        let province = &self.province;
        let voice = Voice {
            rules: &Silent,
            province,
            language: self.state.language.unwrap_or_default(),
            medium: self.medium,
        };
        voice.render(say)
    }

    /// Sends a text; what comes back, empty for silence.
    fn text(&mut self, text: &str) -> String {
        self.sent += 1;
        let (said, _) = self.step(Input::Text(text.into()));
        self.shown.extend(said.clone());
        said.unwrap_or_default()
    }

    fn texts(&mut self, texts: &[&str]) -> String {
        texts
            .iter()
            .map(|text| self.text(text))
            .last()
            .unwrap_or_default()
    }

    fn turn(&mut self, input: TurnInput, code: &str) -> Screen {
        let turn = Turn {
            session: format!("s{}", self.session),
            from: "84912345678".into(),
            code: code.into(),
            input,
        };
        let input = match self
            .state
            .heard(&turn, Some("*123#"), &self.limits, self.now)
        {
            Heard::Again(screen) => return screen,
            Heard::Begin(dialled) => Input::Begin(dialled),
            Heard::Text(text) => Input::Text(text),
            Heard::Gone => {
                return Screen {
                    text: String::new(),
                    continues: false,
                };
            }
        };
        let (said, ended) = self.step(input);
        let screen = Screen {
            text: said.unwrap_or_default(),
            continues: !ended,
        };
        self.state.answered(&turn, &screen, self.now);
        self.shown.push(screen.text.clone());
        screen
    }

    /// Dials; the first screen.
    fn dial(&mut self, code: &str) -> Screen {
        self.session += 1;
        self.history.clear();
        self.turn(TurnInput::History(String::new()), code)
    }

    /// Types into the open dialogue, as a gateway that tells the whole history.
    fn key(&mut self, typed: &str) -> Screen {
        if !self.history.is_empty() {
            self.history.push('*');
        }
        self.history.push_str(typed);
        self.turn(TurnInput::History(self.history.clone()), "*123#")
    }

    fn last(&self) -> &RawForm {
        self.declared.last().expect("something was declared")
    }
}
