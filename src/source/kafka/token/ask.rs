//! Asks a token endpoint for a token: OAuth 2.0, client credentials (RFC 6749, 4.4).
//!
//! Knows no broker and keeps nothing. A newcomer may ask why of a refusal so little is told: what a
//! server says may repeat what it was asked, so only its status and a word of a closed list pass.

use std::error::Error;
use std::time::Duration;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use reqwest::header::ACCEPT;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder, Response, StatusCode, Url};
use serde::Deserialize;
use tokio::runtime::Builder;

use crate::config::TokenFrom;
use crate::secret::Secret;
use crate::units::UnixMillis;

use super::super::client;
use super::super::fault::{Fault, FaultKind};
use super::{LIFETIME_MAX_MS, LIFETIME_MS, Token};

/// So much of an answer is read. Brokers take half a megabyte (`sasl.server.max.receive.size`); a
/// token that lists hundreds of groups has some ten kilobytes.
const ANSWER_BYTES: usize = 64 << 10;

/// What is written otherwise in a client's secret. By RFC 6749, 2.3.1, a name and a secret are form-encoded
/// before they become `Basic`; many servers do not undo it. So no more is encoded than what those that do
/// would misread: most secrets then read alike to both.
const IN_SECRET: &AsciiSet = &CONTROLS.add(b' ').add(b'%').add(b'+');
/// The same for a name, which ends at the first colon.
const IN_NAME: &AsciiSet = &IN_SECRET.add(b':');

/// How long an endpoint is waited for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// For a connection.
    pub(super) connect: Duration,
    /// For everything, to the last byte of the answer.
    pub(super) request: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience {
            connect: Duration::from_secs(5),
            request: Duration::from_secs(10),
        }
    }
}

/// A token as an endpoint told it.
pub(super) struct Told {
    text: Secret,
    /// How long it holds, in milliseconds.
    life: i64,
}

impl Told {
    /// The token that was asked for `at` this time; `None` for what can be none.
    pub(super) fn from(self, at: UnixMillis) -> Option<Token> {
        Token::checked(self.text, at.saturating_add(self.life))
    }
}

/// What a token endpoint says when it refuses (RFC 6749, 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    InvalidRequest,
    InvalidClient,
    InvalidGrant,
    UnauthorizedClient,
    UnsupportedGrantType,
    InvalidScope,
}

impl Refusal {
    const ALL: [Refusal; 6] = [
        Refusal::InvalidRequest,
        Refusal::InvalidClient,
        Refusal::InvalidGrant,
        Refusal::UnauthorizedClient,
        Refusal::UnsupportedGrantType,
        Refusal::InvalidScope,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Refusal::InvalidRequest => "invalid_request",
            Refusal::InvalidClient => "invalid_client",
            Refusal::InvalidGrant => "invalid_grant",
            Refusal::UnauthorizedClient => "unauthorized_client",
            Refusal::UnsupportedGrantType => "unsupported_grant_type",
            Refusal::InvalidScope => "invalid_scope",
        }
    }

    fn hint(self) -> &'static str {
        match self {
            Refusal::InvalidRequest => {
                "check `url` and `scope` of `token_from`: the server misses something, or does not know it"
            }
            Refusal::InvalidClient | Refusal::InvalidGrant => {
                "check `client_id` and `client_secret` of `token_from`; a secret may have run out"
            }
            Refusal::UnauthorizedClient | Refusal::UnsupportedGrantType => {
                "check `client_id` of `token_from`, and that the server lets this client have tokens by `client_credentials`"
            }
            Refusal::InvalidScope => {
                "check `scope` of `token_from`, and that the server lets this client have it"
            }
        }
    }
}

/// The answer, as far as it is looked at (RFC 6749, 5.1 and 5.2). No `Debug`: a token stands in it.
#[derive(Deserialize)]
struct Answer {
    access_token: Option<String>,
    token_type: Option<String>,
    /// Seconds; a text at some servers.
    expires_in: Option<serde_json::Value>,
    error: Option<String>,
}

/// Asks for a token, on this thread.
///
/// # Errors
/// Why there is none: what cannot be read here, who does not answer, what the server says. No secret.
pub(super) fn token(from: &TokenFrom, patience: Patience) -> Result<Told, Fault> {
    let secret = client::secret(&from.client_secret)?;
    let client = client_of(from, patience)?;
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| {
            let message = format!("no runtime can be made: {error}");
            Fault::new(FaultKind::Other, message)
        })?;
    let told = runtime.block_on(async {
        match tokio::time::timeout(patience.request, posted(&client, from, &secret)).await {
            Ok(answer) => answer,
            Err(_) => Err(silent(from)),
        }
    });
    // A name that is still looked up is not waited for.
    runtime.shutdown_background();
    told
}

async fn posted(client: &Client, from: &TokenFrom, secret: &Secret) -> Result<Told, Fault> {
    let name = utf8_percent_encode(&from.client_id, IN_NAME);
    let secret = utf8_percent_encode(secret.open(), IN_SECRET);
    let mut form = vec![("grant_type", "client_credentials")];
    if let Some(scope) = &from.scope {
        form.push(("scope", scope));
    }
    let request = client
        .post(&from.url)
        .basic_auth(name, Some(secret))
        .header(ACCEPT, "application/json")
        .form(&form);
    let failed = |error: reqwest::Error| unreachable(from, &error);
    let answer = request.send().await.map_err(failed)?;
    let status = answer.status();
    let body = bytes(answer).await.map_err(failed)?;
    heard(from, status, body.as_deref())
}

/// The body; `None` when it is longer than one is read.
async fn bytes(mut answer: Response) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(more) = answer.chunk().await? {
        if body.len().saturating_add(more.len()) > ANSWER_BYTES {
            return Ok(None);
        }
        body.extend_from_slice(&more);
    }
    Ok(Some(body))
}

/// What an answer means.
fn heard(from: &TokenFrom, status: StatusCode, body: Option<&[u8]>) -> Result<Told, Fault> {
    // Its own words of what is wrong with it would repeat it.
    let answer = body.and_then(|body| serde_json::from_slice::<Answer>(body).ok());
    if !status.is_success() {
        let word = answer.and_then(|answer| answer.error).unwrap_or_default();
        return Err(refused(from, status, &word));
    }
    let answer = answer.ok_or_else(|| no_token(from))?;
    let kind = answer.token_type.as_deref().unwrap_or("Bearer");
    let text = answer.access_token.ok_or_else(|| no_token(from))?;
    if !kind.eq_ignore_ascii_case("Bearer") {
        return Err(no_token(from));
    }
    let life = match answer.expires_in {
        None | Some(serde_json::Value::Null) => LIFETIME_MS,
        Some(said) => seconds(&said).ok_or_else(|| no_token(from))?,
    };
    Ok(Told {
        text: Secret::new(text),
        life,
    })
}

/// A lifetime in milliseconds; `None` for what is none, or is over.
fn seconds(said: &serde_json::Value) -> Option<i64> {
    let number = match said {
        serde_json::Value::Number(number) => number.as_u64()?,
        serde_json::Value::String(text) => text.trim().parse().ok()?,
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Array(_)
        | serde_json::Value::Object(_) => return None,
    };
    let life = i64::try_from(number).unwrap_or(i64::MAX);
    let life = life.saturating_mul(1000).min(LIFETIME_MAX_MS);
    (life > 0).then_some(life)
}

/// The client of an endpoint: made anew for each token, so that certificates that were replaced count.
///
/// # Errors
/// [`FaultKind::Settings`] when the file of authorities cannot be read or holds none.
pub(super) fn client_of(from: &TokenFrom, patience: Patience) -> Result<Client, Fault> {
    let builder = Client::builder()
        .user_agent(concat!("tollwatch/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(patience.connect)
        .redirect(Policy::none())
        .no_proxy();
    let Some(path) = &from.ca else {
        return builder.build().map_err(|error| {
            let message = format!("no HTTP client can be made: {}", innermost(&error));
            Fault::new(FaultKind::Other, message)
        });
    };
    let cannot = |reason: String| {
        let message = format!("`{}` cannot be read: {reason}", path.display());
        Fault::new(FaultKind::Settings, message).advised("check `ca` of `token_from`")
    };
    let pem = std::fs::read(path).map_err(|error| cannot(error.to_string()))?;
    let all = Certificate::from_pem_bundle(&pem).map_err(|error| cannot(innermost(&error)))?;
    if all.is_empty() {
        return Err(cannot("it holds no certificate".to_owned()));
    }
    let builder = all
        .into_iter()
        .fold(builder, ClientBuilder::add_root_certificate);
    // What is no certificate in there shows only now.
    builder.build().map_err(|error| cannot(innermost(&error)))
}

/// The endpoint by scheme, host and port: a query says more than need be.
fn endpoint(from: &TokenFrom) -> String {
    let origin = Url::parse(&from.url).map(|url| url.origin().ascii_serialization());
    format!("token endpoint {}", origin.unwrap_or_default())
}

/// Nobody has answered yet.
pub(super) fn silent(from: &TokenFrom) -> Fault {
    let message = format!("{} does not answer in time", endpoint(from));
    Fault::new(FaultKind::Unreachable, message).advised(REACH)
}

const REACH: &str =
    "check `url` of `token_from`, and that this machine may go there: no proxy is asked";

fn unreachable(from: &TokenFrom, error: &reqwest::Error) -> Fault {
    if error.is_timeout() {
        return silent(from);
    }
    let reason = innermost(error);
    let hint = if reason.contains("certificate") {
        "the endpoint's certificate is not trusted: `ca` of `token_from` must name the authority that signed it, and the certificate the host in `url`"
    } else {
        REACH
    };
    let message = format!("{} cannot be asked: {reason}", endpoint(from));
    Fault::new(FaultKind::Unreachable, message).advised(hint)
}

fn refused(from: &TokenFrom, status: StatusCode, word: &str) -> Fault {
    let passing = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS];
    let status_code = status.as_u16();
    let endpoint = endpoint(from);
    let known = Refusal::ALL.iter().find(|known| known.as_str() == word);
    if let Some(known) = known {
        let message = format!("{endpoint} answered {status_code}, `{}`", known.as_str());
        return Fault::new(FaultKind::Denied, message).advised(known.hint());
    }
    let (kind, hint) = if status.is_server_error() || passing.contains(&status) {
        let hint = "it is asked again; the server's own log says why";
        (FaultKind::Unreachable, hint)
    } else if status.is_redirection() {
        let hint =
            "`url` of `token_from` must be the endpoint itself: nobody is followed elsewhere";
        (FaultKind::Settings, hint)
    } else if [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&status) {
        (FaultKind::Denied, Refusal::InvalidClient.hint())
    } else {
        (FaultKind::Settings, NO_TOKEN)
    };
    Fault::new(kind, format!("{endpoint} answered {status_code}")).advised(hint)
}

const NO_TOKEN: &str = "check `url` of `token_from`: it must be the token endpoint, which the issuer's `/.well-known/openid-configuration` names";

/// An answer that is none.
pub(super) fn no_token(from: &TokenFrom) -> Fault {
    let message = format!(
        "{} answers without a bearer token that can be used",
        endpoint(from)
    );
    Fault::new(FaultKind::Settings, message).advised(NO_TOKEN)
}

/// The last cause, which names no address.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
