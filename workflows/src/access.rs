//! Officers' accounts: passwords, log-ins, duty. Log-ins are rows; the browser holds a random
//! token, the database only its SHA-256.

use std::sync::{Arc, Mutex, OnceLock, PoisonError, mpsc};

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::{PasswordHasher, PasswordVerifier};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::sync::oneshot;

use crate::Workflows;
use crate::attempts::Allowance;
use crate::audit::{AuditEntry, Purpose};
use crate::clock::Moment;
use crate::ids::{CheckpointId, OfficerId, ProvinceId};
use crate::rules::Direction;
use crate::store::{LoginRow, OfficerRow, Scope, StoreError};
use crate::verification::{direction_word, parse_direction};

/// What an account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Scans, records, keys paper.
    Officer,
    /// The same, and enters classes.
    Medical,
    /// Reads the province's reports.
    Committee,
    /// Runs the province's posts, accounts and plugins.
    Admin,
    /// Declares for people who call, by their one-time code; nothing else, and at no post.
    Hotline,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] = [
        Self::Officer,
        Self::Medical,
        Self::Committee,
        Self::Admin,
        Self::Hotline,
    ];

    /// The word stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Officer => "officer",
            Self::Medical => "medical",
            Self::Committee => "committee",
            Self::Admin => "admin",
            Self::Hotline => "hotline",
        }
    }

    /// The role of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.as_str() == word)
    }

    /// Works at posts.
    pub fn scans(self) -> bool {
        matches!(self, Self::Officer | Self::Medical)
    }

    /// Declares for others by their one-time code.
    pub fn assists(self) -> bool {
        self.scans() || self == Self::Hotline
    }
}

/// A log-in that is in force.
#[derive(Clone, Debug)]
pub struct Login {
    /// Province of the account.
    pub province: ProvinceId,
    /// Account.
    pub officer: OfficerId,
    /// Shown name.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// Post on duty at.
    pub checkpoint: Option<CheckpointId>,
    /// Direction last chosen.
    pub direction: Direction,
    row: LoginRow,
}

/// Why a log-in was refused.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// Name or password is wrong, or the account is not active: which, is not said.
    #[error("name or password is wrong")]
    Wrong,
    /// Too many wrong tries; wait.
    #[error("too many tries")]
    TooMany,
    /// The password is too short.
    #[error("a password has at least 10 characters")]
    TooShort,
    /// Hashing failed.
    #[error("the password could not be hashed")]
    Hash,
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Wrong tries per account and quarter of an hour.
const LOG_IN: Allowance = Allowance {
    kind: "log-in",
    purpose: Purpose::Administer,
    minutes: 15,
    most: 8,
};
/// A log-in ends after this long without use,
const IDLE_MINUTES: i64 = 60;
/// and in any case after a long shift.
const SHIFT_MINUTES: i64 = 14 * 60;
/// The idle end is moved at most this often, so that a scan does not cost a write.
const SEEN_SECONDS: i64 = 120;
const PASSWORD_MIN: usize = 10;

impl Workflows {
    /// Adds an account.
    pub async fn add_officer(
        &self,
        province: &ProvinceId,
        (login, name): (&str, &str),
        role: Role,
        password: &str,
    ) -> Result<OfficerId, LoginError> {
        let now = self.clock.now();
        let id = self.clock.uuid();
        let officer = OfficerRow {
            province: province.to_string(),
            id,
            login: normal(login),
            name: name.trim().to_owned(),
            role: role.as_str().into(),
            password_hash: self.hash_password(password).await?,
            active: true,
        };
        let mut tx = self.store.write(&Scope::of(province)).await?;
        tx.add_officer(&officer, now).await?;
        tx.audit(
            province,
            entry("system", "officer-added", id.to_string(), now),
        );
        tx.commit().await?;
        Ok(OfficerId(id))
    }

    /// Logs an officer in and returns the token for the browser.
    pub async fn log_in(&self, login: &str, password: &str) -> Result<String, LoginError> {
        let now = self.clock.now();
        let login = normal(login);
        let subject = Sha256::digest(login.as_bytes());
        let scope = Scope::National(Purpose::Administer);
        // Before the password is looked at.
        if !self.may_try(&LOG_IN, &subject, now).await? {
            return Err(LoginError::TooMany);
        }
        let mut tx = self.store.read(&scope).await?;
        let officer = tx.officer_by_login(&login).await?;
        drop(tx);
        let officer = self.verified(officer, password).await?;
        let officer = officer.ok_or(LoginError::Wrong)?;
        let mut tx = self.store.write(&scope).await?;
        let token = hex(&self.clock.random::<32>());
        tx.clear_attempts(LOG_IN.kind, &subject).await?;
        tx.add_login(&new_login(&officer, &token, now)).await?;
        let logged_in = entry(&officer.id.to_string(), "logged-in", String::new(), now);
        tx.audit(&officer.province_id()?, logged_in);
        tx.commit().await?;
        Ok(token)
    }

    /// The log-in of a browser's token.
    pub async fn login(&self, token: &str) -> Result<Option<Login>, StoreError> {
        let now = self.clock.now();
        let hash = token_hash(token);
        let scope = Scope::National(Purpose::Administer);
        let mut tx = self.store.read(&scope).await?;
        let Some(row) = tx.login(&hash, now).await? else {
            return Ok(None);
        };
        drop(tx);
        if now >= Moment(row.seen_at).plus_seconds(SEEN_SECONDS) {
            let mut tx = self.store.write(&scope).await?;
            tx.set_login_seen(&hash, now, idle_end(&row, now)).await?;
            tx.commit().await?;
        }
        read_login(row).map(Some)
    }

    /// Ends a log-in.
    pub async fn log_out(&self, login: &Login) -> Result<(), StoreError> {
        let mut tx = self.store.write(&Scope::of(&login.province)).await?;
        tx.void_login(&login.row.token_hash).await?;
        let now = self.clock.now();
        tx.audit(
            &login.province,
            entry(&login.officer.to_string(), "logged-out", String::new(), now),
        );
        tx.commit().await
    }

    /// Puts an officer on duty at a post of the own province. `false`: there is no such post.
    pub async fn take_duty(
        &self,
        login: &Login,
        checkpoint: CheckpointId,
        direction: Direction,
    ) -> Result<bool, StoreError> {
        if self
            .places
            .checkpoint(&login.province, checkpoint)
            .is_none()
        {
            return Ok(false);
        }
        let now = self.clock.now();
        let mut tx = self.store.write(&Scope::of(&login.province)).await?;
        tx.set_duty(&login.row, checkpoint, direction_word(direction))
            .await?;
        if login.checkpoint != Some(checkpoint) {
            tx.add_duty(self.clock.uuid(), login.officer, checkpoint, now)
                .await?;
            let detail = format!("post {}", checkpoint.0);
            tx.audit(
                &login.province,
                entry(&login.officer.to_string(), "duty-taken", detail, now),
            );
        }
        tx.commit().await?;
        Ok(true)
    }

    /// An Argon2id hash in PHC form.
    async fn hash_password(&self, password: &str) -> Result<String, LoginError> {
        if password.chars().count() < PASSWORD_MIN {
            return Err(LoginError::TooShort);
        }
        let (password, salt) = (password.to_owned(), self.clock.random::<16>());
        hashing(move || {
            Argon2::default()
                .hash_password_with_salt(password.as_bytes(), &salt)
                .map(|h| h.to_string())
                .map_err(|_| LoginError::Hash)
        })
        .await?
    }

    /// The officer if the password is right. An unknown name costs the same hash, so that
    /// nobody can tell from the time which names exist.
    async fn verified(
        &self,
        officer: Option<OfficerRow>,
        password: &str,
    ) -> Result<Option<OfficerRow>, LoginError> {
        let Some(officer) = officer.filter(|o| o.active) else {
            let padded = format!("{password}{}", " ".repeat(PASSWORD_MIN));
            self.hash_password(&padded).await?;
            return Ok(None);
        };
        let password = password.to_owned();
        hashing(move || {
            let right = PasswordHash::new(&officer.password_hash).is_ok_and(|h| {
                Argon2::default()
                    .verify_password(password.as_bytes(), &h)
                    .is_ok()
            });
            right.then_some(officer)
        })
        .await
    }
}

/// A hash to make, on one of the hashing threads.
type Hashing = Box<dyn FnOnce() + Send>;

/// Argon2id takes 19 MiB and a core for 20 ms. Two threads of its own leave the machine to the
/// scans, and keep the memory of two hashes instead of one for every thread of a pool.
fn hashers() -> &'static mpsc::Sender<Hashing> {
    static HASHERS: OnceLock<mpsc::Sender<Hashing>> = OnceLock::new();
    HASHERS.get_or_init(|| {
        let (sender, receiver) = mpsc::channel::<Hashing>();
        let waiting = Arc::new(Mutex::new(receiver));
        for _ in 0..2 {
            let waiting = Arc::clone(&waiting);
            std::thread::spawn(move || {
                loop {
                    let next = waiting
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .recv();
                    match next {
                        Ok(hashing) => hashing(),
                        Err(_) => return,
                    }
                }
            });
        }
        sender
    })
}

async fn hashing<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, LoginError> {
    let (reply, answer) = oneshot::channel();
    let hashing: Hashing = Box::new(move || {
        let _ = reply.send(work());
    });
    hashers().send(hashing).map_err(|_| LoginError::Hash)?;
    answer.await.map_err(|_| LoginError::Hash)
}

fn normal(login: &str) -> String {
    login.trim().to_lowercase()
}

fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

fn new_login(officer: &OfficerRow, token: &str, now: Moment) -> LoginRow {
    LoginRow {
        token_hash: token_hash(token).to_vec(),
        province: officer.province.clone(),
        officer: officer.id,
        checkpoint: None,
        direction: direction_word(Direction::Entry).into(),
        created_at: now.0,
        seen_at: now.0,
        expires_at: now.plus_minutes(IDLE_MINUTES).0,
        login: officer.login.clone(),
        name: officer.name.clone(),
        role: officer.role.clone(),
    }
}

/// The idle end after a use now, never beyond the shift.
fn idle_end(row: &LoginRow, now: Moment) -> Moment {
    let shift_end = Moment(row.created_at).plus_minutes(SHIFT_MINUTES);
    now.plus_minutes(IDLE_MINUTES).min(shift_end)
}

fn read_login(row: LoginRow) -> Result<Login, StoreError> {
    let corrupt = |column| StoreError::Corrupt {
        table: "logins",
        column,
    };
    Ok(Login {
        province: ProvinceId::parse(&row.province).ok_or_else(|| corrupt("province"))?,
        officer: OfficerId(row.officer),
        name: row.name.clone(),
        role: Role::parse(&row.role).ok_or_else(|| corrupt("role"))?,
        checkpoint: row.checkpoint.map(CheckpointId),
        direction: parse_direction(&row.direction).ok_or_else(|| corrupt("direction"))?,
        row,
    })
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut s, b| {
        let _ = write!(s, "{b:02x}");
        s
    })
}

fn entry(actor: &str, action: &'static str, detail: String, now: Moment) -> AuditEntry {
    AuditEntry {
        at: now,
        actor: actor.to_owned().into(),
        role: "account".into(),
        purpose: Purpose::Administer,
        action: action.into(),
        subject: None,
        detail,
        request_id: String::new(),
    }
}
