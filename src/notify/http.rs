//! One HTTP request: a message to a webhook, or a sign of life to a heartbeat's address.
//!
//! Knows no message. A newcomer may ask why addresses never stand in an error: such addresses are secrets, whoever
//! knows one can wake people.

use std::sync::Mutex;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url};
use tokio::runtime::{Builder, Runtime};

use crate::secret::Secret;

use super::{OutboxMail, Reached, Refusal, Sent, Transport, Unready, spoken};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a request may take.
const REQUEST: Duration = Duration::from_secs(30);
/// Bytes of an answer that are read.
const ANSWER_BYTES: usize = 2048;

/// Answers that blame the request, but may pass all the same: it took too long, or there were too many.
const PASSING: [StatusCode; 2] = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS];

/// A client for one address, with a runtime of its own: whoever sends is a plain thread.
#[derive(Debug)]
struct Line {
    url: Url,
    client: Client,
    runtime: Mutex<Runtime>,
}

impl Line {
    fn new(url: &Secret, timeout: Duration) -> Result<Line, String> {
        let parsed =
            Url::parse(url.open()).map_err(|error| format!("the address is none: {error}"))?;
        if !matches!(parsed.scheme(), "http" | "https") || parsed.host_str().is_none() {
            return Err("the address must begin with `http://` or `https://`".to_owned());
        }
        let client = Client::builder()
            .user_agent(concat!("tollwatch/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .timeout(timeout)
            .redirect(Policy::none())
            .no_proxy()
            .build()
            .map_err(|error| format!("no client can be made: {}", plain(error)))?;
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| format!("no runtime can be made: {error}"))?;
        Ok(Line {
            url: parsed,
            client,
            runtime: Mutex::new(runtime),
        })
    }

    /// The address without whatever may be secret in it.
    fn host(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        match self.url.port() {
            Some(port) => format!("{}://{host}:{port}", self.url.scheme()),
            None => format!("{}://{host}", self.url.scheme()),
        }
    }

    /// Asks what may be asked there (RFC 9110, 9.3.7): neither a message nor a sign of life.
    fn reach(&self, header: Option<&(HeaderName, HeaderValue)>) -> Result<Reached, String> {
        let mut request = self.client.request(Method::OPTIONS, self.url.clone());
        if let Some((name, value)) = header {
            request = request.header(name.clone(), value.clone());
        }
        let (status, _) = self.ask(request)?;
        Ok(Reached {
            status: status.as_u16(),
        })
    }

    /// Status and the beginning of the answer.
    fn ask(&self, request: RequestBuilder) -> Result<(StatusCode, String), String> {
        let runtime = self
            .runtime
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        runtime.block_on(async {
            let response = request.send().await.map_err(plain)?;
            let status = response.status();
            Ok((status, text(response).await))
        })
    }
}

/// What happened, without the address.
fn plain(error: reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    let error = error.without_url();
    let mut said = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        said = inner.to_string();
        cause = inner.source();
    }
    spoken(&said)
}

async fn text(mut response: Response) -> String {
    let mut body = Vec::new();
    while body.len() < ANSWER_BYTES
        && let Ok(Some(bytes)) = response.chunk().await
    {
        body.extend_from_slice(&bytes);
    }
    body.truncate(ANSWER_BYTES);
    spoken(&String::from_utf8_lossy(&body))
}

/// An address that takes messages as JSON.
#[derive(Debug)]
pub struct Webhook {
    line: Line,
    header: Option<(HeaderName, HeaderValue)>,
    /// The header's text, to keep it out of what a server says.
    secret: Option<Secret>,
}

impl Webhook {
    /// The address, and a header that lets us in.
    ///
    /// # Errors
    /// What is wrong with the address or the header; neither's text is in it.
    pub fn new(url: &Secret, header: Option<(&str, &Secret)>) -> Result<Webhook, String> {
        Webhook::within(url, header, REQUEST)
    }

    /// The same with another time limit.
    ///
    /// # Errors
    /// As [`Webhook::new`].
    pub fn within(
        url: &Secret,
        header: Option<(&str, &Secret)>,
        timeout: Duration,
    ) -> Result<Webhook, String> {
        let pair = match header {
            Some((name, value)) => {
                let value = value.open().trim();
                let bytes = HeaderName::from_bytes(name.as_bytes());
                let name = bytes.map_err(|_| format!("`{name}` is no header's name"))?;
                let mut value = HeaderValue::from_str(value).map_err(|_| {
                    format!("the secret of header `{name}` cannot stand in a header")
                })?;
                value.set_sensitive(true);
                Some((name, value))
            }
            None => None,
        };
        Ok(Webhook {
            line: Line::new(url, timeout)?,
            header: pair,
            secret: header.map(|(_, value)| value.clone()),
        })
    }

    /// Asks what may be asked there, which tells nobody anything.
    ///
    /// # Errors
    /// What happened, without the address.
    pub fn reach(&self) -> Result<Reached, String> {
        self.line.reach(self.header.as_ref())
    }

    fn hidden(&self, said: &str) -> String {
        match &self.secret {
            Some(secret) if !secret.open().trim().is_empty() => {
                said.replace(secret.open().trim(), "***")
            }
            Some(_) | None => said.to_owned(),
        }
    }
}

impl Transport for Webhook {
    /// Posts the JSON. The identity goes along as `Idempotency-Key`, so that a second try can be told.
    fn send(&self, mail: &OutboxMail<'_>) -> Result<Sent, Refusal> {
        let mut request = self
            .line
            .client
            .post(self.line.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .body(mail.bytes.to_vec());
        if let Ok(id) = HeaderValue::from_str(mail.message_id) {
            request = request.header("idempotency-key", id);
        }
        if let Some((name, value)) = &self.header {
            request = request.header(name.clone(), value.clone());
        }
        let (status, said) = self.line.ask(request).map_err(Refusal::again)?;
        let said = self.hidden(&said);
        let answer = if said.is_empty() {
            format!("{} answered {status}", self.line.host())
        } else {
            format!("{} answered {status}: {said}", self.line.host())
        };
        match status {
            _ if status.is_success() => Ok(Sent {
                said: spoken(&answer),
            }),
            _ if status.is_client_error() && !PASSING.contains(&status) => {
                Err(Refusal::never(answer))
            }
            _ => Err(Refusal::again(answer)),
        }
    }

    fn about(&self) -> String {
        format!("webhook {}", self.line.host())
    }

    fn probe(&self) -> Result<String, Unready> {
        let hint = "check the address, and that this machine may go there";
        match self.reach() {
            Ok(reached) => Ok(format!("answers {}", reached.status)),
            Err(why) => Err(Unready { why, hint }),
        }
    }
}

/// An address that is asked for while all is well, and that calls for help when nobody asks.
#[derive(Debug)]
pub struct Heartbeat(Line);

impl Heartbeat {
    /// The address.
    ///
    /// # Errors
    /// What is wrong with it; its text is not in it.
    pub fn new(url: &Secret) -> Result<Heartbeat, String> {
        Line::new(url, CONNECT).map(Heartbeat)
    }

    /// Asks what may be asked there, which is no sign of life.
    ///
    /// # Errors
    /// What happened, without the address.
    pub fn reach(&self) -> Result<Reached, String> {
        self.0.reach(None)
    }

    /// What it is, for tables; no secret.
    #[must_use]
    pub fn about(&self) -> String {
        self.0.host()
    }

    /// Asks once.
    ///
    /// # Errors
    /// What happened, without the address.
    pub fn beat(&self) -> Result<(), String> {
        let request = self.0.client.get(self.0.url.clone());
        let (status, said) = self.0.ask(request)?;
        if status.is_success() {
            Ok(())
        } else {
            Err(spoken(&format!(
                "{} answered {status} {said}",
                self.0.host()
            )))
        }
    }
}
