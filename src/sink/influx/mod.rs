//! The client of InfluxDB 1, 2 and 3: the one place that speaks HTTP to them.
//!
//! Knows no line and no ledger. A newcomer may ask why `influxdb2` does not write: its errors keep no
//! header, so a server that asks for time would not be heard, and it packs no ready-made lines. It
//! makes buckets; writes and InfluxQL go through the `reqwest` that it brings, set up once for both.

mod login;
mod ping;
mod query;
mod setup;
mod write;

use std::sync::Mutex;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder, RequestBuilder};

use crate::config::InfluxDb;
use crate::telemetry::FollowerError;

use login::Credential;

pub use ping::Alive;
pub use query::{Rows, Series, Value};
pub use setup::Made;
pub use write::Packed;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a request may take; InfluxDB 3 answers when an object store has it.
const REQUEST: Duration = Duration::from_mins(1);
/// So much of an answer is read at most, where it is no answer to a question.
const ANSWER_BYTES: usize = 64 << 10;

/// One database, and how it is reached. All its requests belong on one [`super::Worker`]: connections
/// that are kept open live there, and stand still where nobody drives them.
#[derive(Debug)]
pub struct Influx {
    settings: InfluxDb,
    client: Client,
    /// Read again when the server does not take it: a file may hold a newer one by then.
    credential: Mutex<Credential>,
}

/// Why a question could not be asked or answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// What kind.
    pub kind: FaultKind,
    /// What happened, in the server's words where it said something; no secret.
    pub message: String,
    /// What to do; empty where waiting is all.
    pub hint: &'static str,
}

/// The kinds of [`Fault`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// A secret or certificate that cannot be read; nothing was asked.
    Settings,
    /// As a write would have failed.
    Server(FollowerError),
    /// The server answered a question with a fault of the question.
    Question,
}

impl Fault {
    fn settings(message: String) -> Fault {
        Fault {
            kind: FaultKind::Settings,
            message,
            hint: "see `token`, `password` and `ca` of the `[[influxdb]]`",
        }
    }

    fn server(kind: FollowerError, message: String, hint: &'static str) -> Fault {
        Fault {
            kind: FaultKind::Server(kind),
            message,
            hint,
        }
    }
}

impl Influx {
    /// A client; the server is not asked yet.
    ///
    /// # Errors
    /// [`FaultKind::Settings`] where a secret or certificate cannot be read.
    pub fn new(settings: &InfluxDb) -> Result<Influx, Fault> {
        let client = builder(settings)?.build().map_err(|error| {
            let reason = plain(&error);
            Fault::settings(format!("no client can be made: {reason}"))
        })?;
        Ok(Influx {
            credential: Mutex::new(Credential::read(&settings.login)?),
            settings: settings.clone(),
            client,
        })
    }

    /// What it was made from.
    #[must_use]
    pub fn settings(&self) -> &InfluxDb {
        &self.settings
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.settings.url.trim_end_matches('/'))
    }

    /// The request with the credential in force.
    fn signed(&self, request: RequestBuilder) -> RequestBuilder {
        self.with_credential(|credential| credential.sign(request))
    }

    /// Reads the credential again; one that cannot be read leaves the old one.
    fn renew_credential(&self) {
        if let Ok(credential) = Credential::read(&self.settings.login) {
            self.with_credential(|old| *old = credential);
        }
    }

    fn with_credential<T>(&self, work: impl FnOnce(&mut Credential) -> T) -> T {
        let mut credential = self
            .credential
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        work(&mut credential)
    }
}

/// How requests are made, by us and by `influxdb2`: never a redirect (a write that is turned into a
/// question is lost), and no proxy but the address itself.
fn builder(settings: &InfluxDb) -> Result<ClientBuilder, Fault> {
    let mut builder = Client::builder()
        .user_agent(concat!("tollwatch/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT)
        .timeout(REQUEST)
        .redirect(Policy::none())
        .no_proxy()
        .tcp_nodelay(true);
    if let Some(path) = &settings.ca {
        let cannot = |reason: String| {
            Fault::settings(format!("`{}` cannot be read: {reason}", path.display()))
        };
        let pem = std::fs::read(path).map_err(|error| cannot(error.to_string()))?;
        let all = Certificate::from_pem_bundle(&pem).map_err(|error| cannot(plain(&error)))?;
        for one in all {
            builder = builder.add_root_certificate(one);
        }
    }
    Ok(builder)
}

/// What went wrong below HTTP, to the innermost cause; the address is left out, because questions
/// stand in it.
fn plain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
