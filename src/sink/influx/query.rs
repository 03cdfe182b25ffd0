//! Asks InfluxQL, which all three versions answer.
//!
//! Knows no measurement. A newcomer may ask why numbers keep two kinds: sums are compared with the
//! books to the unit, and a float would round them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Number;

use super::write::plain_or_late;
use super::{Fault, FaultKind, Influx};
use crate::sink::answer::{Answer, Heard, classify};
use crate::telemetry::FollowerError;

/// So much of an answer is read at most; a question for more should be asked in parts.
const ROWS_BYTES: usize = 256 << 20;

/// What a question was answered with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// The series, as the server sorted them.
    pub series: Vec<Series>,
}

/// The rows of one measurement and, with `GROUP BY`, one set of tags.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Series {
    /// The measurement.
    pub name: String,
    /// The tags grouped by.
    pub tags: BTreeMap<String, String>,
    /// Names of the columns; the first is `time` where rows have one, in seconds.
    pub columns: Vec<String>,
    /// A row each.
    pub values: Vec<Vec<Value>>,
}

/// A value of a row.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(from = "serde_json::Value")]
pub enum Value {
    /// There is none.
    None,
    /// A whole number, exact.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// A text.
    Text(String),
    /// True or false.
    Bool(bool),
}

impl From<serde_json::Value> for Value {
    fn from(value: serde_json::Value) -> Value {
        let number = |number: &Number| {
            let float = || number.as_f64().map_or(Value::None, Value::Float);
            number.as_i64().map_or_else(float, Value::Integer)
        };
        match value {
            serde_json::Value::Null => Value::None,
            serde_json::Value::Bool(bool) => Value::Bool(bool),
            serde_json::Value::Number(value) => number(&value),
            serde_json::Value::String(text) => Value::Text(text),
            // No InfluxQL has such a value; shown as it is.
            other @ (serde_json::Value::Array(_) | serde_json::Value::Object(_)) => {
                Value::Text(other.to_string())
            }
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Body {
    results: Vec<Statement>,
    error: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Statement {
    series: Vec<Series>,
    partial: bool,
    error: Option<String>,
}

impl Influx {
    /// Asks the database; times are in seconds.
    ///
    /// # Errors
    /// As a write would fail; [`FaultKind::Question`] where the server refuses the question, or
    /// answers a part of it.
    pub async fn query(&self, influxql: &str) -> Result<Rows, Fault> {
        let request = self.client.get(self.url("/query")).query(&[
            ("db", self.settings.bucket.as_str()),
            ("epoch", "s"),
            ("q", influxql),
        ]);
        self.asked(request).await
    }

    /// Gives an order of InfluxDB 1: it has to be posted.
    pub(super) async fn order(&self, influxql: &str) -> Result<Rows, Fault> {
        let request = self.client.post(self.url("/query"));
        self.asked(request.query(&[("q", influxql)])).await
    }

    async fn asked(&self, request: reqwest::RequestBuilder) -> Result<Rows, Fault> {
        let (status, body) = self.text_of(request, ROWS_BYTES).await?;
        let question = |message: String| Fault {
            kind: FaultKind::Question,
            message,
            hint: "",
        };
        match status {
            200 => {}
            400 => return Err(question(self.fault_of(status, &body).message)),
            status => return Err(self.fault_of(status, &body)),
        }
        let body: Body = serde_json::from_str(&body)
            .map_err(|error| question(format!("the answer cannot be read: {error}")))?;
        let mut rows = Rows::default();
        if let Some(error) = body.error {
            return Err(question(error));
        }
        for statement in body.results {
            if let Some(error) = statement.error {
                return Err(question(error));
            }
            if statement.partial {
                return Err(question("the server answers only a part".to_owned()));
            }
            rows.series.extend(statement.series);
        }
        Ok(rows)
    }

    /// Status and body of a request that asks.
    pub(super) async fn text_of(
        &self,
        request: reqwest::RequestBuilder,
        limit: usize,
    ) -> Result<(u16, String), Fault> {
        let unreachable = |error: reqwest::Error| {
            let hint = "check `url`, and that the server runs";
            Fault::server(FollowerError::Unreachable, plain_or_late(&error), hint)
        };
        let response = self.signed(request).send().await.map_err(unreachable)?;
        let status = response.status().as_u16();
        let body = super::write::text(response, limit)
            .await
            .map_err(unreachable)?;
        Ok((status, body))
    }

    /// What a status that is no success means; as for a write.
    pub(super) fn fault_of(&self, status: u16, body: &str) -> Fault {
        let heard = Heard {
            version: self.settings.version,
            status,
            retry_after: None,
            body,
        };
        match classify(heard) {
            Answer::Stop(stopped) => Fault::server(stopped.kind, stopped.said, stopped.hint),
            Answer::Again { kind, said } => Fault::server(kind, said, ""),
            Answer::Wait { said, .. } => Fault::server(FollowerError::Busy, said, ""),
            Answer::Written | Answer::TooLarge | Answer::Refused(_) => {
                Fault::server(FollowerError::Unexpected, format!("answers {status}"), "")
            }
        }
    }
}
