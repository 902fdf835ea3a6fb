//! How often codes are sent, whoever asks for them, and the code of a chat.

use uuid::Uuid;

use super::{CODE_MINUTES, Counted, Message, PER_NUMBER, PER_PROVINCE, TextWay, everywhere};
use crate::Workflows;
use crate::ids::ProvinceId;
use crate::message::Class;
use crate::person::Phone;
use crate::sealing::SealError;
use crate::store::{OutboxRow, Scope, StoreError};
use crate::vault::DataKey;

impl Workflows {
    /// Counts a code that a chat asks for; whether it may be sent.
    pub(in crate::declaration) async fn counts_chat_code(
        &self,
        province: &ProvinceId,
        chat: [u8; 16],
        phone: &Phone,
    ) -> Result<bool, StoreError> {
        let number = self.address(&everywhere(), phone);
        let counted: [Counted<'_>; 3] = [
            ("assist-number", &number, &PER_NUMBER),
            ("chat-code", &chat, &PER_NUMBER),
            ("chat-province", province.as_str().as_bytes(), &PER_PROVINCE),
        ];
        self.is_counted(province, &counted, self.clock.uuid()).await
    }

    /// Counts something before it is done, and takes the count back when it is one too many;
    /// whether it may be done.
    pub(super) async fn is_counted(
        &self,
        province: &ProvinceId,
        counted: &[Counted<'_>],
        id: Uuid,
    ) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let scope = Scope::of(province);
        let mut tx = self.store.write(&scope).await?;
        for (kind, subject, _) in counted {
            tx.add_attempt(kind, subject, id, now).await?;
        }
        tx.commit().await?;
        let mut is_over = false;
        let mut tx = self.store.read(&scope).await?;
        for (kind, subject, limits) in counted {
            for (minutes, most) in *limits {
                let since = now.plus_minutes(-minutes);
                is_over |= tx.attempt_count(kind, subject, since).await? > *most;
            }
        }
        drop(tx);
        if is_over {
            let mut tx = self.store.write(&scope).await?;
            for (kind, subject, _) in counted {
                tx.void_attempt(kind, subject, id).await?;
            }
            tx.commit().await?;
        }
        Ok(!is_over)
    }

    /// The text of a one-time code for a chat's number; `None` when the channel cannot carry it.
    pub(in crate::declaration) fn code_rows(
        &self,
        province: &ProvinceId,
        way: &TextWay,
        (phone, key): (&Phone, &DataKey),
        (cause, text): (&str, &str),
    ) -> Result<Option<Vec<OutboxRow>>, SealError> {
        let message = Message {
            province,
            phone,
            way,
            cause: cause.to_owned(),
            class: Class::Reply,
            deadline_at: self.clock.now().plus_minutes(CODE_MINUTES),
        };
        self.text_rows(&message, key, text)
    }
}
