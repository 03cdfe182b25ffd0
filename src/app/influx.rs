//! The databases of a configuration: made, and looked at.
//!
//! Knows no series and no terminal. A newcomer may ask why setting up one database goes on after
//! another has failed: two databases are two, and a person wants to hear of both.

use crate::config::InfluxDb;
use crate::sink::Worker;
use crate::sink::influx::{Fault, Influx, Made};

use super::Failure;

/// What became of one database.
#[derive(Debug)]
pub struct SetUp<'a> {
    /// Which.
    pub database: &'a InfluxDb,
    /// What was done, or why not.
    pub result: Result<Made, Fault>,
}

/// Makes the bucket or database of each, where it is not there.
///
/// # Errors
/// No runtime can be had from the system.
pub fn setup(databases: &[InfluxDb]) -> Result<Vec<SetUp<'_>>, Failure> {
    let worker = Worker::new()?;
    let one = |database| {
        let made = Influx::new(database).and_then(|influx| worker.run(influx.setup()));
        SetUp {
            database,
            result: made,
        }
    };
    Ok(databases.iter().map(one).collect())
}
