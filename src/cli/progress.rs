//! A bar with rate and time left, on a terminal only.
//!
//! Knows no job. A newcomer may ask why nothing shows in a pipe: a log file of carriage returns
//! helps nobody.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::app::Progress;

/// Shows progress on standard error where that is a terminal.
pub(super) struct Bar {
    bar: ProgressBar,
    quiet: bool,
}

impl Bar {
    pub(super) fn new(quiet: bool) -> Bar {
        Bar {
            bar: ProgressBar::hidden(),
            quiet,
        }
    }
}

impl Progress for Bar {
    fn begin(&mut self, what: &str, total: u64) {
        if self.quiet || total == 0 {
            return;
        }
        let form = match what {
            // Bytes.
            "reading" => {
                "{prefix:>9} [{bar:30}] {percent:>3} %  {binary_bytes_per_sec}, {eta} left  {msg}"
            }
            // Milliseconds, which go by themselves.
            "listening" => "{prefix:>9} [{bar:30}] {percent:>3} %  {msg}",
            _ => "{prefix:>9} [{bar:30}] {percent:>3} %  {eta} left  {msg}",
        };
        let style =
            ProgressStyle::with_template(form).unwrap_or_else(|_| ProgressStyle::default_bar());
        self.bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
        self.bar.set_style(style.progress_chars("#- "));
        self.bar.set_prefix(what.to_owned());
    }

    fn at(&mut self, done: u64, records: u64) {
        self.bar.set_position(done);
        if records > 0 {
            let seconds = self.bar.elapsed().as_secs().max(1);
            let rate = super::words::count(i64::try_from(records / seconds).unwrap_or(i64::MAX));
            self.bar.set_message(format!("{rate} records/s"));
        }
    }

    fn end(&mut self) {
        self.bar.finish_and_clear();
    }
}
