//! The tokens of an Official Account. A refresh token buys one pair and is dead then, as is the
//! access token beside it: so one node renews at a time, and a new pair is durable before its
//! first use.

use std::sync::Arc;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::HeaderValue;
use reqwest::{Client, RequestBuilder, Url};
use serde_json::Value;
use sha2::Sha256;
use tokio::sync::Mutex;
use workflows::clock::{Clock, Moment};

use super::codes::{away, is_dead};
use crate::Sent;
use crate::chat::{NewTokens, Shared, Tokens, Turn};
use crate::fields::leaf;
use crate::http::{self, exchange};
use crate::settings::{Secret, SettingsError};

const OAUTH: &str = "https://oauth.zaloapp.com";
const ANSWER_BYTES: usize = 16 * 1024;
/// Somebody must do something first.
const LONG_SECONDS: i64 = 60;
/// Another node is at it, or our database is away.
const SHORT_SECONDS: i64 = 3;
/// How often, and how many times, it is looked for a pair that another node is buying.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
const LOOKS: u32 = 30;
/// What an access token lives if Zalo does not say.
const ACCESS_SECONDS: i64 = 90_000;
/// Zalo's word for too many requests: a refusal that passes by itself.
const RATE: &str = "-32";

/// The application that acts for an account.
pub(crate) struct AccountSettings {
    /// The application's id.
    pub(crate) app_id: String,
    /// The application's secret key; renewals need it.
    pub(crate) app_secret: Secret,
    /// Another address of the token service than Zalo's own.
    pub(crate) oauth_url: Option<String>,
    /// Whether requests prove that they know the secret key, as some applications must.
    pub(crate) appsecret_proof: bool,
    /// How long before its end a token is renewed.
    pub(crate) renew_minutes: Option<i64>,
}

/// How long before its end a token is renewed unless the settings say otherwise.
const RENEW_MINUTES: i64 = 30;

/// The tokens of one account, as this process uses them.
pub(crate) struct Account(Arc<Inner>);

struct Inner {
    client: Client,
    url: Url,
    app_id: String,
    secret: String,
    proves: bool,
    ahead_seconds: i64,
    clock: Clock,
    shared: Arc<dyn Shared>,
    held: Mutex<Held>,
}

/// One token to call with.
#[derive(Clone)]
pub(crate) struct Access {
    version: i64,
    token: String,
    until: Moment,
}

#[derive(Default)]
struct Held {
    access: Option<Access>,
    /// A pair that was bought and could not be kept yet: without it the account is locked out.
    bought: Option<(Turn, NewTokens)>,
    /// Until when nobody asks: another node is at it, or the token service is away.
    rests_until: Option<Moment>,
}

/// What became of a renewal.
enum Bought {
    Pair(NewTokens),
    /// The refresh token buys nothing any more.
    Dead(String),
    /// No answer, or not now.
    Nothing,
}

impl Account {
    pub(crate) fn open(
        settings: &AccountSettings,
        client: Client,
        clock: &Clock,
        shared: Arc<dyn Shared>,
    ) -> Result<Self, SettingsError> {
        let secret = settings.app_secret.reveal()?;
        if secret.is_empty() || HeaderValue::from_str(&secret).is_err() {
            return Err(SettingsError::invalid("app_secret", "is no key"));
        }
        if settings.app_id.is_empty() {
            return Err(SettingsError::invalid("app_id", "is empty"));
        }
        let oauth = settings.oauth_url.as_deref().unwrap_or(OAUTH);
        Ok(Self(Arc::new(Inner {
            client,
            url: http::url("oauth_url", &format!("{oauth}/v4/oa/access_token"))?,
            app_id: settings.app_id.clone(),
            secret,
            proves: settings.appsecret_proof,
            ahead_seconds: settings
                .renew_minutes
                .unwrap_or(RENEW_MINUTES)
                .clamp(1, 600)
                * 60,
            clock: clock.clone(),
            shared,
            held: Mutex::default(),
        })))
    }

    /// Puts a token on a request.
    pub(crate) fn sign(&self, request: RequestBuilder, access: &Access) -> RequestBuilder {
        let request = request.header("access_token", &access.token);
        // An HMAC takes a key of any length.
        let mac = Hmac::<Sha256>::new_from_slice(self.0.secret.as_bytes());
        match (self.0.proves, mac) {
            (true, Ok(mut mac)) => {
                mac.update(access.token.as_bytes());
                let proof = crate::gate::hex(&mac.finalize().into_bytes());
                request.header("appsecret_proof", proof)
            }
            _ => request,
        }
    }

    /// A token that is good for a while, renewed if it must be.
    pub(crate) async fn access(&self) -> Result<Access, Sent> {
        if let Some(access) = self.0.held.lock().await.fresh(&self.0) {
            return Ok(access);
        }
        self.take(None).await
    }

    /// Another token than this one, which was refused.
    pub(crate) async fn instead_of(&self, refused: &Access) -> Result<Access, Sent> {
        self.take(Some(refused.version)).await
    }

    /// In a task of its own: whoever waits for it may be broken off, and must not take a pair
    /// along that was bought and is not kept yet.
    async fn take(&self, refused: Option<i64>) -> Result<Access, Sent> {
        let inner = Arc::clone(&self.0);
        let taking = tokio::spawn(async move {
            let mut held = inner.held.lock().await;
            inner.take(&mut held, refused).await
        });
        taking.await.unwrap_or_else(|_| Err(away(SHORT_SECONDS)))
    }
}

impl Held {
    fn fresh(&self, of: &Inner) -> Option<Access> {
        self.access.clone().filter(|a| of.is_fresh(a.until))
    }
}

impl Inner {
    fn is_fresh(&self, until: Moment) -> bool {
        self.clock.now().plus_seconds(self.ahead_seconds) < until
    }

    async fn take(&self, held: &mut Held, refused: Option<i64>) -> Result<Access, Sent> {
        self.keep_bought(held).await?;
        if let Some(access) = held.fresh(self)
            && refused != Some(access.version)
        {
            // Somebody was faster.
            return Ok(access);
        }
        held.access = None;
        let stored = self.shared.tokens().await;
        let stored = stored.map_err(|_| away(SHORT_SECONDS))?;
        let Some(tokens) = stored else {
            tracing::warn!("the account has no tokens: give a refresh token");
            return Err(away(LONG_SECONDS));
        };
        let is_good = refused != Some(tokens.version) && self.clock.now() < tokens.access_until;
        if is_good && self.is_fresh(tokens.access_until) {
            let access = access(&tokens);
            held.access = Some(access.clone());
            return Ok(access);
        }
        match self.renew(held, &tokens).await {
            // Near its end, but good while another node renews or nobody can.
            Err(_) if is_good => Ok(access(&tokens)),
            renewed => renewed,
        }
    }

    async fn renew(&self, held: &mut Held, tokens: &Tokens) -> Result<Access, Sent> {
        if tokens.locked {
            return Err(away(LONG_SECONDS));
        }
        let now = self.clock.now();
        if let Some(until) = held.rests_until.filter(|until| now < *until) {
            return Err(away((until.0 - now.0) / 1_000_000 + 1));
        }
        let turn = self.shared.claim_renewal(tokens.version).await;
        let Some(turn) = turn.map_err(|_| away(SHORT_SECONDS))? else {
            return self.others(held, tokens.version).await;
        };
        match self.buy(&tokens.refresh).await {
            Bought::Pair(pair) => {
                held.bought = Some((turn, pair));
                self.keep_bought(held).await?;
                held.access.clone().ok_or(away(SHORT_SECONDS))
            }
            Bought::Dead(code) => {
                // A failure to note it is no harm: the next turn finds the same.
                let _ = self.shared.locked_out(turn, &code).await;
                Err(away(LONG_SECONDS))
            }
            // The turn is left to run out, so that nobody asks again at once.
            Bought::Nothing => Err(self.rest(held, LONG_SECONDS)),
        }
    }

    /// Waits a little for the pair that another node is buying.
    async fn others(&self, held: &mut Held, version: i64) -> Result<Access, Sent> {
        for _ in 0..LOOKS {
            tokio::time::sleep(LOOK_AGAIN).await;
            let stored = self.shared.tokens().await;
            let Some(tokens) = stored.map_err(|_| away(SHORT_SECONDS))? else {
                break;
            };
            if tokens.locked {
                return Err(away(LONG_SECONDS));
            }
            if tokens.version != version && self.is_fresh(tokens.access_until) {
                let access = access(&tokens);
                held.access = Some(access.clone());
                return Ok(access);
            }
        }
        Err(self.rest(held, SHORT_SECONDS))
    }

    fn rest(&self, held: &mut Held, seconds: i64) -> Sent {
        held.rests_until = Some(self.clock.now().plus_seconds(seconds));
        away(seconds)
    }

    /// Makes a bought pair durable, and only then lets it be used.
    async fn keep_bought(&self, held: &mut Held) -> Result<(), Sent> {
        let Some((turn, pair)) = &held.bought else {
            return Ok(());
        };
        match self.shared.renewed(*turn, pair).await {
            Ok(true) => {
                held.access = Some(Access {
                    version: turn.version + 1,
                    token: pair.access.clone(),
                    until: pair.access_until,
                });
                held.bought = None;
                Ok(())
            }
            Ok(false) => {
                tracing::error!("a new pair of tokens came too late: somebody gave another");
                held.bought = None;
                Ok(())
            }
            Err(_) => Err(away(SHORT_SECONDS)),
        }
    }

    async fn buy(&self, refresh: &str) -> Bought {
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("refresh_token", refresh)
            .append_pair("app_id", &self.app_id)
            .append_pair("grant_type", "refresh_token")
            .finish();
        let request = self
            .client
            .post(self.url.clone())
            .header("secret_key", &self.secret)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form);
        let Ok(answer) = exchange(request, ANSWER_BYTES).await else {
            tracing::warn!("the token service did not answer");
            return Bought::Nothing;
        };
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        match (leaf(&body, "access_token"), leaf(&body, "refresh_token")) {
            (Some(access), Some(refresh)) if answer.is_success() => {
                let seconds = leaf(&body, "expires_in").and_then(|s| s.parse().ok());
                Bought::Pair(NewTokens {
                    access,
                    refresh,
                    access_until: self
                        .clock
                        .now()
                        .plus_seconds(seconds.unwrap_or(ACCESS_SECONDS)),
                })
            }
            _ => not_bought(answer.status, &body),
        }
    }
}

fn not_bought(status: u16, body: &Value) -> Bought {
    let name = leaf(body, "error_name").unwrap_or_default();
    match leaf(body, "error").filter(|error| error != RATE) {
        Some(error) if status < 500 && is_dead(&error, &name) => Bought::Dead(http::code(&error)),
        Some(error) if status < 500 => {
            let code = http::code(&error);
            tracing::error!(
                code,
                "the token service refuses us: look at app_id and app_secret"
            );
            Bought::Nothing
        }
        _ => {
            tracing::warn!(status, "the tokens were not renewed");
            Bought::Nothing
        }
    }
}

fn access(tokens: &Tokens) -> Access {
    Access {
        version: tokens.version,
        token: tokens.access.clone(),
        until: tokens.access_until,
    }
}

/// How often it is looked whether the tokens must be renewed, so that an account on which nobody
/// writes keeps its refresh token alive.
pub(crate) const LOOK: Duration = Duration::from_mins(5);
