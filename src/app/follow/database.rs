//! What a follower asks its database.
//!
//! Knows no figure. A newcomer may ask why the number of the last line stands in the database: books
//! that were put back from a copy know nothing of the lines that were frozen since, and would give
//! their `rev`s to other values.

use crate::sink::influx::{Fault, Influx, Value};

/// The number of the last line that the database has of a follower; 0 when it has none.
///
/// # Errors
/// What the database says.
pub async fn told_id(influx: &Influx, name: &str) -> Result<u64, Fault> {
    let question = format!(
        "SELECT max(\"frozen_id\") FROM \"llm_follower\" WHERE \"follower\" = '{}'",
        quoted(&crate::series::tag_value(name))
    );
    let rows = influx.query(&question).await?;
    let values = rows.series.iter().flat_map(|series| &series.values);
    let number = |row: &Vec<Value>| match row.last() {
        Some(Value::Integer(number)) => u64::try_from(*number).ok(),
        Some(Value::None | Value::Float(_) | Value::Text(_) | Value::Bool(_)) | None => None,
    };
    Ok(values.filter_map(number).max().unwrap_or(0))
}

/// A text as it stands between single quotes in a question.
pub(super) fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\'', "\\'")
}
