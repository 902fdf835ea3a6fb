//! Officers, their log-ins, their duty, and counted attempts.

use uuid::Uuid;

use super::StoreError;
use super::conn::{Tx, on, row, statements};
use crate::clock::Moment;
use crate::ids::{CheckpointId, OfficerId, ProvinceId};

macro_rules! officer {
    () => {
        "SELECT province, id, login, name, role, password_hash, active FROM officers "
    };
}

statements! {
    ADD = "INSERT INTO officers (province, id, login, name, role, password_hash, active, \
        created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    BY_LOGIN = concat!(officer!(), "WHERE login = $1");
    ALL_OFFICERS = concat!(officer!(), "WHERE province = $1 ORDER BY login");
    ADD_LOGIN = "INSERT INTO logins (token_hash, province, officer, checkpoint, direction, \
        created_at, seen_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    LOGIN = "SELECT l.token_hash, l.province, l.officer, l.checkpoint, l.direction, l.created_at, l.seen_at, \
        l.expires_at, o.login, o.name, o.role FROM logins l JOIN officers o \
        ON o.province = l.province AND o.id = l.officer AND o.active \
        WHERE l.token_hash = $1 AND l.expires_at > $2";
    SEEN = "UPDATE logins SET seen_at = $2, expires_at = $3 WHERE token_hash = $1";
    SET_DUTY = "UPDATE logins SET checkpoint = $2, direction = $3 WHERE token_hash = $1";
    ADD_DUTY = "INSERT INTO duties (province, id, officer, checkpoint, from_at) \
        VALUES ($1, $2, $3, $4, $5)";
    VOID_LOGIN = "DELETE FROM logins WHERE token_hash = $1";
    ADD_ATTEMPT = "INSERT INTO attempts (kind, subject, id, at) VALUES ($1, $2, $3, $4)";
    ATTEMPTS = "SELECT COUNT(*) FROM attempts WHERE kind = $1 AND subject = $2 AND at > $3";
    VOID_ATTEMPT = "DELETE FROM attempts WHERE kind = $1 AND subject = $2 AND id = $3";
    CLEAR_ATTEMPTS = "DELETE FROM attempts WHERE kind = $1 AND subject = $2";
    FORGET_ATTEMPTS = "DELETE FROM attempts WHERE at < $1";
    FORGET_LOGINS = "DELETE FROM logins WHERE expires_at < $1";
}

row! {
    /// An officer's account.
    #[derive(Clone)]
    pub struct OfficerRow {
        /// Province.
        pub province: String,
        /// Id.
        pub id: Uuid,
        /// Log-in name.
        pub login: String,
        /// Shown name.
        pub name: String,
        /// Role.
        pub role: String,
        /// Argon2id in PHC form.
        pub password_hash: String,
        /// Whether it may log in.
        pub active: bool,
    }
}

row! {
    /// A browser's log-in with its officer.
    #[derive(Clone, Debug)]
    pub struct LoginRow {
        /// SHA-256 of the cookie's token.
        pub token_hash: Vec<u8>,
        /// Province.
        pub province: String,
        /// Officer.
        pub officer: Uuid,
        /// Post on duty at.
        pub checkpoint: Option<i64>,
        /// Direction last chosen.
        pub direction: String,
        /// Start.
        pub created_at: i64,
        /// Last use.
        pub seen_at: i64,
        /// End.
        pub expires_at: i64,
        /// Log-in name.
        pub login: String,
        /// Shown name.
        pub name: String,
        /// Role.
        pub role: String,
    }
}

impl Tx {
    /// Adds an account.
    pub async fn add_officer(&mut self, o: &OfficerRow, at: Moment) -> Result<(), StoreError> {
        on!(self, c => sqlx::query(ADD).bind(o.province.as_str()).bind(o.id)
            .bind(o.login.as_str()).bind(o.name.as_str()).bind(o.role.as_str())
            .bind(o.password_hash.as_str()).bind(o.active).bind(at.0)
            .execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// The account with this log-in name.
    pub async fn officer_by_login(
        &mut self,
        login: &str,
    ) -> Result<Option<OfficerRow>, StoreError> {
        Ok(on!(self, c => sqlx::query_as(BY_LOGIN).bind(login).fetch_optional(c).await?))
    }

    /// The province's accounts.
    pub async fn officers(&mut self) -> Result<Vec<OfficerRow>, StoreError> {
        let province = self.province();
        Ok(on!(self, c => sqlx::query_as(ALL_OFFICERS).bind(province).fetch_all(c).await?))
    }

    /// Adds a log-in.
    pub async fn add_login(&mut self, l: &LoginRow) -> Result<(), StoreError> {
        on!(self, c => sqlx::query(ADD_LOGIN).bind(l.token_hash.as_slice())
            .bind(l.province.as_str()).bind(l.officer).bind(l.checkpoint)
            .bind(l.direction.as_str()).bind(l.created_at).bind(l.seen_at).bind(l.expires_at)
            .execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// The log-in of a token, if it has not ended and its officer is active.
    pub async fn login(
        &mut self,
        token_hash: &[u8; 32],
        now: Moment,
    ) -> Result<Option<LoginRow>, StoreError> {
        Ok(
            on!(self, c => sqlx::query_as(LOGIN).bind(token_hash.as_slice()).bind(now.0)
            .fetch_optional(c).await?),
        )
    }

    /// Notes a use and moves the idle end.
    pub async fn set_login_seen(
        &mut self,
        token_hash: &[u8],
        seen_at: Moment,
        expires_at: Moment,
    ) -> Result<(), StoreError> {
        on!(self, c => sqlx::query(SEEN).bind(token_hash).bind(seen_at.0).bind(expires_at.0)
            .execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Puts a log-in on duty at a post.
    pub async fn set_duty(
        &mut self,
        login: &LoginRow,
        checkpoint: CheckpointId,
        direction: &str,
    ) -> Result<(), StoreError> {
        on!(self, c => sqlx::query(SET_DUTY).bind(login.token_hash.as_slice())
            .bind(checkpoint.0).bind(direction).execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Records who stands where since when.
    pub async fn add_duty(
        &mut self,
        id: Uuid,
        officer: OfficerId,
        checkpoint: CheckpointId,
        from_at: Moment,
    ) -> Result<(), StoreError> {
        let province = self.province();
        on!(self, c => sqlx::query(ADD_DUTY).bind(province).bind(id).bind(officer.0)
            .bind(checkpoint.0).bind(from_at.0).execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Ends a log-in.
    pub async fn void_login(&mut self, token_hash: &[u8]) -> Result<(), StoreError> {
        on!(self, c => sqlx::query(VOID_LOGIN).bind(token_hash).execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Counts one more attempt of a kind by a subject (a keyed hash).
    pub async fn add_attempt(
        &mut self,
        kind: &str,
        subject: &[u8],
        id: Uuid,
        at: Moment,
    ) -> Result<(), StoreError> {
        on!(self, c => sqlx::query(ADD_ATTEMPT).bind(kind).bind(subject).bind(id).bind(at.0)
            .execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Attempts of a kind by a subject since an instant.
    pub async fn attempt_count(
        &mut self,
        kind: &str,
        subject: &[u8],
        since: Moment,
    ) -> Result<i64, StoreError> {
        Ok(
            on!(self, c => sqlx::query_scalar(ATTEMPTS).bind(kind).bind(subject).bind(since.0)
            .fetch_one(c).await?),
        )
    }

    /// Takes one counted attempt back.
    pub async fn void_attempt(
        &mut self,
        kind: &str,
        subject: &[u8],
        id: Uuid,
    ) -> Result<(), StoreError> {
        on!(self, c => sqlx::query(VOID_ATTEMPT).bind(kind).bind(subject).bind(id)
            .execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Forgets a subject's attempts, after it succeeded.
    pub async fn clear_attempts(&mut self, kind: &str, subject: &[u8]) -> Result<(), StoreError> {
        on!(self, c => sqlx::query(CLEAR_ATTEMPTS).bind(kind).bind(subject)
            .execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Forgets attempts older than `before` and log-ins that ended before it.
    pub async fn forget_access_before(&mut self, before: Moment) -> Result<(), StoreError> {
        on!(self, c => sqlx::query(FORGET_ATTEMPTS).bind(before.0).execute(c).await.map(|_| ()))?;
        on!(self, c => sqlx::query(FORGET_LOGINS).bind(before.0).execute(c).await.map(|_| ()))?;
        Ok(())
    }
}

impl OfficerRow {
    /// The account's province.
    pub fn province_id(&self) -> Result<ProvinceId, StoreError> {
        ProvinceId::parse(&self.province).ok_or(StoreError::Corrupt {
            table: "officers",
            column: "province",
        })
    }
}
