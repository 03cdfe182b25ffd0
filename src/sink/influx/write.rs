//! Sends lines, and hears what becomes of them.
//!
//! Knows no outbox. A newcomer may ask why a body is packed apart from being sent: it is sent until
//! it is through, and must be the same bytes each time.

use std::io::Write;
use std::time::Duration;

use chrono::DateTime;
use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, DATE, HeaderMap, RETRY_AFTER};
use reqwest::{RequestBuilder, Response};

use crate::config::InfluxVersion;
use crate::telemetry::FollowerError;

use super::super::answer::{Answer, Heard, classify};
use super::{ANSWER_BYTES, Influx, plain};

/// Fast: packing must not be slower than the server.
const LEVEL: Compression = Compression::new(1);
/// Bodies below this are not worth packing.
const PACKED_MIN: usize = 1 << 10;

/// Lines as one request, ready to be sent again and again.
#[derive(Debug)]
pub struct Packed(RequestBuilder);

impl Influx {
    /// Makes a request of whole lines.
    #[must_use]
    pub fn pack(&self, body: Vec<u8>) -> Packed {
        let settings = &self.settings;
        let (path, query) = match settings.version {
            InfluxVersion::V1 => ("/write", vec![("db", settings.bucket.as_str())]),
            InfluxVersion::V2 => {
                let query = vec![("org", settings.org.as_str()), ("bucket", &settings.bucket)];
                ("/api/v2/write", query)
            }
            InfluxVersion::V3 => ("/api/v2/write", vec![("bucket", settings.bucket.as_str())]),
        };
        let request = self
            .client
            .post(self.url(path))
            .query(&query)
            .query(&[("precision", "s")])
            .header(CONTENT_TYPE, "text/plain; charset=utf-8");
        let zipped = (settings.gzip && body.len() >= PACKED_MIN).then(|| zip(&body));
        Packed(match zipped.flatten() {
            Some(zipped) => request.header(CONTENT_ENCODING, "gzip").body(zipped),
            None => request.body(body),
        })
    }

    /// Sends a request once.
    pub async fn write(&self, packed: &Packed) -> Answer {
        let Some(request) = packed.0.try_clone() else {
            return unreachable("the request cannot be sent again".to_owned());
        };
        let heard = match self.signed(request).send().await {
            Ok(response) => self.heard(response).await,
            Err(error) => Err(error),
        };
        let answer = heard.unwrap_or_else(|error| unreachable(plain_or_late(&error)));
        if let Answer::Stop(_) = answer {
            self.renew_credential();
        }
        answer
    }

    /// What a response says, its body read.
    async fn heard(&self, response: Response) -> Result<Answer, reqwest::Error> {
        let status = response.status().as_u16();
        let retry_after = retry_after(response.headers());
        // Nothing that could still come changes a 204.
        let body = if status == 204 {
            String::new()
        } else {
            text(response, ANSWER_BYTES).await?
        };
        Ok(classify(Heard {
            version: self.settings.version,
            status,
            retry_after,
            body: &body,
        }))
    }
}

/// Nobody knows whether it was written.
fn unreachable(said: String) -> Answer {
    Answer::Again {
        kind: FollowerError::Unreachable,
        said,
    }
}

pub(super) fn plain_or_late(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        "no answer in time".to_owned()
    } else {
        plain(error)
    }
}

/// The start of a response's body.
pub(super) async fn text(mut response: Response, limit: usize) -> Result<String, reqwest::Error> {
    let mut body = Vec::new();
    while body.len() < limit
        && let Some(bytes) = response.chunk().await?
    {
        body.extend_from_slice(&bytes);
    }
    Ok(String::from_utf8_lossy(&body).into_owned())
}

/// How long the server wants to be left alone: seconds, or a date against the server's own.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = DateTime::parse_from_rfc2822(value).ok()?;
    let date = headers.get(DATE)?.to_str().ok()?;
    let now = DateTime::parse_from_rfc2822(date).ok()?;
    (until - now).to_std().ok()
}

/// The body as gzip. The header has no time in it, so equal bodies are equal bytes.
fn zip(body: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 8), LEVEL);
    // Neither fails: memory takes what it is given.
    encoder.write_all(body).ok()?;
    encoder.finish().ok()
}
