//! Pictures of passes for providers that fetch them: an address that serves one picture, once and
//! soon. It is made from the message that it goes with, and nothing of it is kept until somebody
//! comes for it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::Workflows;
use crate::clock::Moment;
use crate::ids::{OutboundId, ProvinceId};
use crate::inbox::BODY;
use crate::message::ChatText;
use crate::sealing::SealError;
use crate::store::Scope;
use crate::vault::Field;

/// A picture is served for this long after its message was handed over.
pub const PICTURE_MINUTES: i64 = 10;

/// Which picture: of a message, for one attempt to send it.
#[derive(Clone, Copy)]
struct Claim {
    message: OutboundId,
    attempt: i64,
    until: i64,
}

/// What somebody wants who comes with the name of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// To know that it is there.
    Glance,
    /// The picture. Nobody else gets it afterwards.
    Picture,
}

impl Workflows {
    /// The name under which the picture of a message is served, from now on. `attempt` is the
    /// fencing number of the claim that hands the message over: each attempt has its own name.
    pub fn picture_name(
        &self,
        province: &ProvinceId,
        message: OutboundId,
        attempt: i64,
        now: Moment,
    ) -> String {
        let claim = Claim {
            message,
            attempt,
            until: now.plus_minutes(PICTURE_MINUTES).0,
        };
        let mut bytes = message.0.into_bytes().to_vec();
        bytes.extend_from_slice(&claim.attempt.to_be_bytes());
        bytes.extend_from_slice(&claim.until.to_be_bytes());
        bytes.extend_from_slice(&self.picture_check(province, claim));
        format!("{province}.{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The QR text that is drawn under a name. None for a name that is not genuine, too old, or
    /// was served.
    pub async fn picture(&self, name: &str, wanted: Wanted) -> Result<Option<String>, SealError> {
        let Some((province, claim)) = self.read_picture_name(name) else {
            return Ok(None);
        };
        let now = self.clock.now();
        if now.0 >= claim.until {
            return Ok(None);
        }
        let scope = Scope::of(&province);
        let mut tx = self.store.read(&scope).await?;
        let served = tx.is_picture_served(claim.message, claim.attempt).await?;
        let body = tx.outbox_body(claim.message).await?;
        drop(tx);
        let Some(body) = body.filter(|_| !served) else {
            return Ok(None);
        };
        let row = claim.message.0.as_bytes();
        let words: ChatText = self.sealing.open(&province, BODY, row, &body).await?;
        let Some(text) = words.qr else {
            return Ok(None);
        };
        if wanted == Wanted::Picture {
            let mut tx = self.store.write(&scope).await?;
            let first = tx.claim_picture(claim.message, claim.attempt, now).await?;
            tx.commit().await?;
            return Ok(first.then_some(text));
        }
        Ok(Some(text))
    }

    fn read_picture_name(&self, name: &str) -> Option<(ProvinceId, Claim)> {
        let (province, rest) = name.split_once('.')?;
        let province = ProvinceId::parse(province)?;
        let bytes = URL_SAFE_NO_PAD.decode(rest).ok()?;
        let (message, rest) = bytes.split_first_chunk::<16>()?;
        let (attempt, rest) = rest.split_first_chunk::<8>()?;
        let (until, check) = rest.split_first_chunk::<8>()?;
        let claim = Claim {
            message: OutboundId(Uuid::from_bytes(*message)),
            attempt: i64::from_be_bytes(*attempt),
            until: i64::from_be_bytes(*until),
        };
        let genuine = self.picture_check(&province, claim).ct_eq(check);
        bool::from(genuine).then_some((province, claim))
    }

    fn picture_check(&self, province: &ProvinceId, claim: Claim) -> [u8; 16] {
        let Claim {
            message,
            attempt,
            until,
        } = claim;
        let text = format!("picture {message} {attempt} {until}");
        self.sealing.index(province, Field::Link, &text)
    }
}
