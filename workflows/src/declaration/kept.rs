//! What the owner of a proven number let us keep, for whoever declares for them.

use uuid::Uuid;

use super::RawForm;
use super::assist::{Assist, AssistError, Helper, TextWay, entry};
use super::conversation::{self, Medium, Profile, World};
use crate::Workflows;
use crate::audit::AuditEntry;
use crate::inbox::PROFILE;
use crate::store::Scope;
use crate::vault::Field;

/// Questions from here on belong to one province.
const OWN_QUESTIONS: u16 = 100;

impl Workflows {
    /// The fields that the owner of a proven number let us keep: of whoever was declared last, and
    /// only what every province asks. Empty without consent. Opening it enters the audit, with
    /// the person concerned.
    pub async fn assist_fields(
        &self,
        helper: &Helper,
        assist: &Assist,
        way: &TextWay,
    ) -> Result<RawForm, AssistError> {
        let address = self.address(&way.province, &assist.phone);
        let mut tx = self.store.read(&Scope::of(&way.province)).await?;
        let Some(kept) = tx.profile(address).await?.filter(|_| assist.is_proven) else {
            return Ok(RawForm::default());
        };
        drop(tx);
        let sealed = &kept.sealed;
        let opened = self.sealing.open(&way.province, PROFILE, &address, sealed);
        let profile: Profile = opened.await?;
        let person = profile.persons.iter().max_by_key(|p| p.declared_at());
        let served = self.places.province(&helper.province);
        let Some(((person, province), form)) =
            person.zip(served).zip(self.form(&helper.province).ok())
        else {
            return Ok(RawForm::default());
        };
        let now = self.clock.now();
        let world = World {
            province: &province,
            form: &form,
            checkpoints: &[],
            medium: Medium::Sms,
            is_private: true,
            phone: Some(&assist.phone),
            profile: None,
            limits: &conversation::Limits::default(),
            now,
        };
        let is_common = |name: &str| {
            let question = name.strip_prefix('q').and_then(|n| n.parse().ok());
            question.is_none_or(|n: u16| n < OWN_QUESTIONS) && name != "commitment"
        };
        let raw = conversation::raw_form(&world, person.draft());
        let mut kept = RawForm::default();
        for (name, value) in raw.pairs().filter(|(name, _)| is_common(name)) {
            kept.add(name, value);
        }
        let key = person.index_key();
        let subject = key.map(|k| self.sealing.index(&helper.province, Field::Document, &k));
        let mut tx = self.store.write(&Scope::of(&helper.province)).await?;
        let opened = AuditEntry {
            subject,
            ..entry(helper, "profile-opened", address, Uuid::nil(), now)
        };
        tx.audit(&helper.province, opened);
        tx.commit().await?;
        Ok(kept)
    }
}
