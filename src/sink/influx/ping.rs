//! Looks whether a database is there and may be written, without writing.
//!
//! Knows no terminal. A newcomer may ask how that is seen without a point: every version looks at the
//! credential, the bucket and the right to write before it looks for lines, and a comment is none.

use reqwest::header::HeaderMap;

use crate::telemetry::FollowerError;

use super::super::answer::Answer;
use super::write::plain_or_late;
use super::{Fault, Influx};

/// A line that no version makes a point of.
const COMMENT: &[u8] = b"# tollwatch looks whether it may write\n";

/// A server that answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alive {
    /// Its version, in its own words; empty where it does not say.
    pub version: String,
}

impl Influx {
    /// Asks for a sign of life.
    ///
    /// # Errors
    /// Nobody answers, or somebody else.
    pub async fn ping(&self) -> Result<Alive, Fault> {
        let request = self.client.get(self.url("/ping"));
        let response = self.signed(request).send().await.map_err(|error| {
            let hint = "check `url`, and that the server runs";
            Fault::server(FollowerError::Unreachable, plain_or_late(&error), hint)
        })?;
        let version = version(response.headers());
        let status = response.status().as_u16();
        match status {
            200 | 204 => Ok(Alive { version }),
            status => Err(self.fault_of(status, "")),
        }
    }

    /// Whether lines would be taken: who we are, what may be written, where.
    ///
    /// # Errors
    /// As a write would fail.
    pub async fn may_write(&self) -> Result<(), Fault> {
        match self.write(&self.pack(COMMENT.to_vec())).await {
            Answer::Written => Ok(()),
            // All is well but that there is no point: the words of InfluxDB 2 and of 3.
            Answer::Stop(stopped) if stopped.said.starts_with("answers 400") => Ok(()),
            Answer::Stop(stopped) => Err(Fault::server(stopped.kind, stopped.said, stopped.hint)),
            Answer::Again { kind, said } => Err(Fault::server(kind, said, "")),
            Answer::Wait { said, .. } => Err(Fault::server(FollowerError::Busy, said, "")),
            Answer::TooLarge => {
                let said = "answers 413 to a single comment".to_owned();
                let hint = "look at what stands between here and the server";
                Err(Fault::server(FollowerError::Unexpected, said, hint))
            }
            Answer::Refused(_) => Ok(()),
        }
    }
}

/// The header that versions 1 to 3 send.
fn version(headers: &HeaderMap) -> String {
    let text = headers.get("x-influxdb-version");
    let text = text
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    crate::units::clean_name(text).to_string()
}
