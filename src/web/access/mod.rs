//! Who asks, and what they may do.
//!
//! Knows no page and no HTTP. A newcomer may ask why a token that is not known is refused at once,
//! whoever else the request could be: somebody meant it, and it is wrong.

mod names;
mod sessions;
mod tries;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use tokio::sync::Semaphore;

use crate::clock::Clock;
use crate::config::{Hash, Role, Web, token_digest};
use crate::secret::password::PasswordHash;
use crate::secret::seal::{SealKey, digest_hex, same};
use crate::units::{Text, clean_name};

use super::tls::Tls;
use names::{bare, host_of};
use sessions::Sessions;
use tries::Tries;

pub(super) use names::is_local;
pub(super) use tries::Late;

/// Somebody who was asked who they are, or need not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    /// Their name; it stands beside what they change.
    pub(super) name: Text,
    pub(super) role: Role,
    pub(super) how: How,
}

/// How somebody is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// They are on this machine, or a proxy lets them through that says nothing of them.
    Here,
    /// They logged in; the digest of the session's name.
    Session(String),
    /// A trusted proxy says so.
    Proxy,
    /// They showed a token.
    Token,
}

/// What a request says of who asks.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Signs<'a> {
    pub(super) peer: Option<SocketAddr>,
    /// Behind `Authorization: Bearer`.
    pub(super) bearer: Option<&'a str>,
    /// The session's name.
    pub(super) session: Option<&'a str>,
    /// The last address of `X-Forwarded-For`.
    pub(super) forwarded_for: Option<&'a str>,
    /// Whether a proxy passed it on.
    pub(super) is_forwarded: bool,
    /// Whether somebody looks, and no stream or script asks by itself.
    pub(super) is_visit: bool,
}

/// The door: everything that decides who may look.
pub struct Access {
    rules: RwLock<Arc<Rules>>,
    sessions: Mutex<Sessions>,
    tries: Mutex<Tries>,
    /// One password is checked at a time: it takes a core and 19 MiB.
    pub(super) checking: Semaphore,
    forms: SealKey,
    tls: Option<Tls>,
    clock: Arc<dyn Clock>,
}

/// What the configuration says, with hashes at hand.
struct Rules {
    web: Web,
    users: Vec<(Text, Role, PasswordHash)>,
    tokens: Vec<(Text, Role, String)>,
    /// Host names besides this machine's.
    names: Vec<String>,
    /// The host of the pages' public address, which may reach a door that asks nobody.
    public: Option<String>,
}

impl Rules {
    /// # Errors
    /// A hash that cannot be read, in words.
    fn of(web: &Web, public_url: Option<&str>) -> Result<Rules, String> {
        let mut users = Vec::new();
        for user in &web.users {
            let hash = match &user.hash {
                Hash::Written(hash) => hash.clone(),
                Hash::From(place) => {
                    let wrong = |why| format!("the hash of user `{}` {why}", user.name);
                    PasswordHash::parse(place.read()?.open()).map_err(wrong)?
                }
            };
            users.push((user.name.clone(), user.role, hash));
        }
        let mut tokens = Vec::new();
        for token in &web.tokens {
            let digest = match &token.hash {
                Hash::Written(digest) => digest.clone(),
                Hash::From(place) => token_digest(place.read()?.open())
                    .ok_or_else(|| format!("the hash of token `{}` is no digest", token.name))?,
            };
            tokens.push((token.name.clone(), token.role, digest));
        }
        let public = public_url.and_then(host_of);
        let names = web.names.iter().cloned().chain(public.clone()).collect();
        Ok(Rules {
            web: web.clone(),
            users,
            tokens,
            names,
            public,
        })
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Access {
    /// A door by the configuration; sessions are kept in a file, where there is one.
    ///
    /// # Errors
    /// In words: a hash, a certificate or a key that cannot be read.
    pub fn new(
        (web, public_url): (&Web, Option<&str>),
        kept: Option<PathBuf>,
        clock: Arc<dyn Clock>,
    ) -> Result<Access, String> {
        let forms = SealKey::random().map_err(|error| error.to_string())?;
        Ok(Access {
            rules: RwLock::new(Arc::new(Rules::of(web, public_url)?)),
            sessions: Mutex::new(Sessions::new(kept, clock.now())),
            tries: Mutex::default(),
            checking: Semaphore::new(1),
            forms,
            tls: web.tls.as_ref().map(Tls::load).transpose()?,
            clock,
        })
    }

    /// A door that asks nobody, for whoever is on this machine.
    ///
    /// # Errors
    /// What the system says.
    pub fn open(clock: Arc<dyn Clock>) -> Result<Access, String> {
        Access::new((&Web::default(), None), None, clock)
    }

    /// Takes up another configuration, and certificates that were renewed. What is wrong changes
    /// nothing.
    ///
    /// # Errors
    /// See [`Access::new`]; TLS begins and ends with the listener.
    pub fn renew(&self, web: &Web, public_url: Option<&str>) -> Result<(), String> {
        let rules = Rules::of(web, public_url)?;
        if let (Some(tls), Some(certificate)) = (&self.tls, &web.tls) {
            tls.renew(certificate)?;
        }
        let mut now = self.rules.write().unwrap_or_else(PoisonError::into_inner);
        // A door that is open to this machine is not what others may reach.
        if now.web.asks_who() && !rules.web.asks_who() {
            return Err(
                "a door that asked who somebody is opens at the next start alone".to_owned(),
            );
        }
        *now = Arc::new(rules);
        Ok(())
    }

    fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.rules.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn tls(&self) -> Option<&Tls> {
        self.tls.as_ref()
    }

    /// Whether others than this machine may reach it.
    pub(super) fn may_be_reached(&self) -> bool {
        let rules = self.rules();
        rules.web.asks_who() && (self.tls.is_some() || rules.web.tls_by_proxy)
    }

    /// Whether people log in by name and password.
    pub(super) fn has_users(&self) -> bool {
        !self.rules().users.is_empty()
    }

    /// Whether a cookie goes by TLS alone.
    pub(super) fn is_sealed(&self) -> bool {
        self.tls.is_some() || self.rules().web.tls_by_proxy
    }

    /// Whether the door goes by that name: this machine's, one that was named, and where everybody
    /// says who they are, a bare address, to which no name elsewhere can lead.
    pub(super) fn is_ours(&self, host: &str) -> bool {
        let rules = self.rules();
        let name = bare(host).to_ascii_lowercase();
        is_local(host)
            || rules.web.asks_who()
                && (name.parse::<IpAddr>().is_ok() || rules.names.contains(&name))
            || rules.public.as_ref() == Some(&name)
    }

    /// Who asks; `Err` for a token that nobody knows, `None` for somebody who has not said.
    pub(super) fn who(
        &self,
        signs: Signs<'_>,
        header: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Identity>, ()> {
        let rules = self.rules();
        if let Some(bearer) = signs.bearer {
            return token(&rules, bearer).map(Some).ok_or(());
        }
        if !rules.web.asks_who() {
            let role = if signs.is_forwarded {
                Role::Viewer
            } else {
                Role::Operator
            };
            return Ok(Some(Identity {
                name: Text::from("this machine"),
                role,
                how: How::Here,
            }));
        }
        if let Some(proxy) = &rules.web.proxy
            && is_of(proxy, signs.peer)
            && let Some(name) = header(&proxy.header)
        {
            let name = clean_name(&name);
            if !name.is_empty() {
                let is_operator = proxy.operators.iter().any(|one| *one == name);
                let role = if is_operator {
                    Role::Operator
                } else {
                    Role::Viewer
                };
                let how = How::Proxy;
                return Ok(Some(Identity { name, role, how }));
            }
        }
        let Some(name) = signs.session else {
            return Ok(None);
        };
        let digest = digest_hex(name);
        let now = self.clock.now();
        let known = lock(&self.sessions).seen(&digest, now, signs.is_visit);
        Ok(known.and_then(|session| {
            // Whoever is no user any more, or has another password, is logged in no more.
            let (name, role, hash) = rules
                .users
                .iter()
                .find(|(name, ..)| *name == session.user)?;
            (mark(hash) == session.mark).then(|| Identity {
                name: name.clone(),
                role: *role,
                how: How::Session(digest.clone()),
            })
        }))
    }

    /// Whether somebody may try a password now; the try counts until it was right.
    pub(super) fn try_now(&self, signs: Signs<'_>, user: &str) -> Result<(), Late> {
        let address = self.address(signs);
        lock(&self.tries).begin(&address, user, self.clock.now())
    }

    /// Where somebody asks from, as far as a trusted proxy tells; a home's addresses are one.
    pub(super) fn address(&self, signs: Signs<'_>) -> String {
        let rules = self.rules();
        let peer = signs.peer.map(|peer| peer.ip().to_canonical());
        let told = signs
            .forwarded_for
            .and_then(|text| text.trim().parse::<IpAddr>().ok());
        let proxied = rules
            .web
            .proxy
            .as_ref()
            .is_some_and(|proxy| is_of(proxy, signs.peer));
        match told
            .filter(|_| proxied)
            .map(|told| told.to_canonical())
            .or(peer)
        {
            Some(IpAddr::V6(address)) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
            Some(IpAddr::V4(address)) => address.to_string(),
            None => "somewhere".to_owned(),
        }
    }

    /// The hash that a user's password must fit; for somebody who is no user one that nothing fits.
    pub(super) fn hash_of(&self, user: &str) -> (bool, PasswordHash) {
        let rules = self.rules();
        let known = rules.users.iter().find(|(name, ..)| name == user);
        match known.or(rules.users.first()) {
            Some((_, _, hash)) => (known.is_some(), hash.clone()),
            None => (false, PasswordHash::nobody()),
        }
    }

    /// Begins a session of a user whose password was right: its name, for their cookie.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn log_in(
        &self,
        signs: Signs<'_>,
        (user, hash): (&str, &PasswordHash),
    ) -> Result<String, String> {
        let name = crate::secret::seal::random_hex().map_err(|error| error.to_string())?;
        let now = self.clock.now();
        lock(&self.tries).right(&self.address(signs), user);
        let session = (Text::from(user), mark(hash));
        lock(&self.sessions).begin(digest_hex(&name), session, now);
        Ok(name)
    }

    /// Ends a session.
    pub(super) fn log_out(&self, digest: &str) {
        lock(&self.sessions).end(digest);
    }

    /// What a form of somebody must hold, so that no page elsewhere can send it.
    pub(super) fn form(&self, who: &Identity) -> String {
        let (how, name) = match &who.how {
            How::Session(digest) => ("session", digest.as_str()),
            How::Proxy => ("proxy", who.name.as_str()),
            How::Here | How::Token => ("here", ""),
        };
        self.forms.seal(&["form", how, name])
    }

    /// Whether a form is theirs.
    pub(super) fn is_form(&self, who: &Identity, told: &str) -> bool {
        same(&self.form(who), told)
    }
}

/// Whether the other side is the trusted proxy.
fn is_of(proxy: &crate::config::Proxy, peer: Option<SocketAddr>) -> bool {
    peer.is_some_and(|peer| proxy.from.iter().any(|network| network.holds(peer.ip())))
}

fn token(rules: &Rules, bearer: &str) -> Option<Identity> {
    let digest = digest_hex(bearer);
    // All are looked at, so that time does not tell which.
    let fits = rules
        .tokens
        .iter()
        .filter(|(.., known)| same(known, &digest));
    let last = fits.fold(None, |_, fit| Some(fit));
    last.map(|(name, role, _)| Identity {
        name: name.clone(),
        role: *role,
        how: How::Token,
    })
}

/// What tells a password's hash from the next one's; it opens nothing.
fn mark(hash: &PasswordHash) -> String {
    let mut digest = digest_hex(hash.as_text());
    digest.truncate(16);
    digest
}

#[cfg(test)]
mod tests;
