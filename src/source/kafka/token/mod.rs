//! Bearer tokens for brokers: read where somebody else puts them, or asked of a token endpoint.
//!
//! Knows no broker and no clock. A newcomer may ask why an endpoint is asked on a thread of its own:
//! the client wants its token from whoever polls, and records must not wait for a server that is slow.

mod ask;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Builder;
use std::time::Duration;

use crate::config::{KafkaSource, SecretRef, TokenFrom};
use crate::secret::Secret;
use crate::units::UnixMillis;

use super::client;
use super::fault::{Fault, FaultKind};

use ask::Patience;

/// How long a token is believed that nobody says the end of.
const LIFETIME_MS: i64 = 5 * 60 * 1000;
/// How long any token is believed: a client that was shut out at its server shall not go on for ever.
const LIFETIME_MAX_MS: i64 = 24 * 60 * 60 * 1000;
/// How long whoever polls waits for an endpoint while there is no token, and while there is one.
const WAIT_WITHOUT: Duration = Duration::from_secs(3);
const WAIT_WITH: Duration = Duration::from_millis(200);
/// A token that is to be renewed and is not yet is handed out for so long: the client asks again when
/// four fifths of it have passed.
const AGAIN_MS: i64 = 12_500;

/// A bearer token.
#[derive(Clone, Debug)]
pub(super) struct Token {
    /// What is shown to the brokers.
    pub(super) text: Secret,
    /// When it ends.
    pub(super) end: UnixMillis,
}

impl Token {
    /// A token of which the client would not complain: its complaint repeats the token
    /// (`rdkafka_sasl_oauthbearer.c`, `check_oauthbearer_extension_value`).
    fn checked(text: Secret, end: UnixMillis) -> Option<Token> {
        // RFC 6750, 2.1, and whatever else can be seen.
        let seen = |byte: u8| byte.is_ascii_graphic();
        let fits = !text.open().is_empty() && text.open().bytes().all(seen);
        fits.then_some(Token { text, end })
    }
}

/// Where tokens come from.
#[derive(Clone, Debug)]
enum Origin {
    Place(SecretRef),
    Endpoint(TokenFrom),
}

/// What is known of an endpoint's tokens.
#[derive(Debug, Default)]
struct Kept {
    /// The newest, and from when on it is to be renewed.
    token: Option<(Token, UnixMillis)>,
    /// Somebody asks the endpoint.
    asking: bool,
    /// Why there is no newer one, until somebody is told.
    untold: Option<Fault>,
    /// What was told last, unless a token came since.
    told: Option<Fault>,
}

/// The tokens of a source, shared by its clients.
#[derive(Debug)]
pub(super) struct Tokens {
    origin: Origin,
    patience: Patience,
    kept: Mutex<Kept>,
    changed: Condvar,
}

/// Somebody asks, until this is dropped, in whichever way.
struct Asking(Arc<Tokens>);

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.kept().asking = false;
        self.0.changed.notify_all();
    }
}

impl Tokens {
    /// The tokens of a source; `None` where it needs none.
    ///
    /// # Errors
    /// [`FaultKind::Settings`] where an endpoint cannot be asked: its secret or its authorities cannot
    /// be read.
    pub(super) fn of(source: &KafkaSource) -> Result<Option<Arc<Tokens>>, Fault> {
        let Some(sasl) = &source.sasl else {
            return Ok(None);
        };
        let origin = match (&sasl.token, &sasl.token_from) {
            (_, Some(from)) => {
                client::secret(&from.client_secret)?;
                ask::client_of(from, Patience::default())?;
                Origin::Endpoint(from.clone())
            }
            (Some(place), None) => Origin::Place(place.clone()),
            (None, None) => return Ok(None),
        };
        Ok(Some(Tokens::new(origin, Patience::default())))
    }

    fn new(origin: Origin, patience: Patience) -> Arc<Tokens> {
        Arc::new(Tokens {
            origin,
            patience,
            kept: Mutex::default(),
            changed: Condvar::new(),
        })
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Whoever panicked while holding it left what it knew.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A token that holds `now`. One that is to be renewed is renewed meanwhile.
    ///
    /// # Errors
    /// Why there is none, or no newer one, in words that hold no secret.
    pub(super) fn token(self: &Arc<Tokens>, now: UnixMillis) -> Result<Token, Fault> {
        let token = match &self.origin {
            Origin::Place(place) => read(place, now),
            Origin::Endpoint(from) => self.renewed(from, now),
        };
        self.kept().told = token.as_ref().err().cloned();
        token
    }

    /// Why clients have no token that holds `now`; `None` while they have one, or nobody has asked.
    pub(super) fn lacking(&self, now: UnixMillis) -> Option<Fault> {
        let kept = self.kept();
        let holds = |(token, _): &(Token, UnixMillis)| token.end > now;
        kept.told
            .clone()
            .filter(|_| !kept.token.as_ref().is_some_and(holds))
    }

    fn renewed(self: &Arc<Tokens>, from: &TokenFrom, now: UnixMillis) -> Result<Token, Fault> {
        let mut kept = self.kept();
        if let Some(token) = kept.fresh(now) {
            return Ok(token);
        }
        // Told once before the endpoint is asked again: the client lets ten seconds pass.
        if let Some(fault) = kept.untold.take() {
            return Err(fault);
        }
        if !kept.asking {
            kept.asking = true;
            drop(kept);
            self.ask(from.clone(), now)?;
            kept = self.kept();
        }
        let wait = if kept.held(now).is_some() {
            WAIT_WITH
        } else {
            WAIT_WITHOUT
        };
        let waited = self
            .changed
            .wait_timeout_while(kept, wait, |kept| kept.asking);
        let (mut kept, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if let Some(token) = kept.fresh(now) {
            return Ok(token);
        }
        if let Some(fault) = kept.untold.take() {
            return Err(fault);
        }
        match kept.held(now) {
            Some(mut token) => {
                token.end = token.end.min(now.saturating_add(AGAIN_MS));
                Ok(token)
            }
            None => Err(ask::silent(from)),
        }
    }

    /// Asks the endpoint, on a thread of its own.
    fn ask(self: &Arc<Tokens>, from: TokenFrom, now: UnixMillis) -> Result<(), Fault> {
        let asking = Asking(Arc::clone(self));
        let started = Builder::new().name("token".to_owned()).spawn(move || {
            let Asking(tokens) = &asking;
            let told = ask::token(&from, tokens.patience);
            let mut kept = tokens.kept();
            match told.and_then(|told| told.from(now).ok_or_else(|| ask::no_token(&from))) {
                Ok(token) => {
                    let life = token.end.0.saturating_sub(now.0);
                    // Before the client asks for the next one, after four fifths.
                    let renew = now.saturating_add(life / 4 * 3);
                    kept.token = Some((token, renew));
                    kept.untold = None;
                }
                Err(fault) => kept.untold = Some(fault),
            }
        });
        match started {
            Ok(_) => Ok(()),
            Err(error) => Err(Fault::new(FaultKind::Other, error.to_string())),
        }
    }
}

impl Kept {
    /// The token, unless it is to be renewed.
    fn fresh(&self, now: UnixMillis) -> Option<Token> {
        let (token, renew) = self.token.as_ref()?;
        (now < *renew).then(|| token.clone())
    }

    /// The token, if it holds.
    fn held(&self, now: UnixMillis) -> Option<Token> {
        let (token, _) = self.token.as_ref()?;
        (now < token.end).then(|| token.clone())
    }
}

/// Reads the token that somebody else renews.
fn read(place: &SecretRef, now: UnixMillis) -> Result<Token, Fault> {
    let text = client::secret(place)?;
    Token::checked(text, now.saturating_add(LIFETIME_MS)).ok_or_else(|| {
        let place = match place {
            SecretRef::Env(name) => format!("the environment variable `{name}`"),
            SecretRef::File(path) => format!("`{}`", path.display()),
        };
        let message = format!("{place} holds no bearer token: one is not empty and has no blanks");
        Fault::new(FaultKind::Settings, message)
    })
}
