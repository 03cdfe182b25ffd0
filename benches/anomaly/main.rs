//! The anomaly detector on real traffic: how many alerts, what of injected incidents it finds, whether the promise
//! holds, and how fast it is; beside reference figures and two rules that are in use elsewhere.
//!
//! Knows no figure of the file it reads. A newcomer may ask why the limits are counts and shares and no times: all but
//! the last table is the same on every machine.
//!
//! `cargo bench --bench anomaly`, or `make bench-anomaly`; `DATA=FILE` for another file of the same shape. Ends with 1
//! when a limit is missed.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a bench prints")]
#![allow(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "figures to be read by people, from counts far below 2^53"
)]

mod calibration;
mod data;
mod dice;
mod fleet;
mod growing;
mod limit;
mod rules;
mod speed;
mod synthetic;
mod traffic;

use std::path::PathBuf;
use std::process::ExitCode;

use limit::Limits;

/// Where the traces lie beside a checkout; `make bench-anomaly` names it.
fn path() -> Option<PathBuf> {
    let named = std::env::var_os("DATA").filter(|name| !name.is_empty());
    named.map(PathBuf::from)
}

fn main() -> ExitCode {
    let mut limits = Limits::default();
    match path().map(|path| (data::read(&path), path)) {
        Some((Ok(series), path)) => {
            println!("{}: {} clients of two weeks", path.display(), series.len());
            traffic::measure(&series, &mut limits);
            calibration::real(&series, &mut limits);
            traffic::thinned(&series);
            traffic::growth(&series, &mut limits);
        }
        Some((Err(error), path)) => {
            eprintln!("SKIPPED: real traffic: {}: {error}", path.display());
        }
        None => eprintln!("SKIPPED: real traffic: name a file by DATA=FILE"),
    }
    calibration::synthetic(&mut limits);
    speed::measure(&mut limits);
    limits.told()
}
