//! Mails through the machine's own program, as `sendmail` of Postfix, Exim, msmtp and their like.
//!
//! Knows no server. A newcomer may ask why the recipient stands on the command line and not only in the mail: a
//! program that reads recipients from headers tells all of them to all.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::{OutboxMail, Refusal, Sent, Transport, Unready, address, spoken};

/// How long the program may take.
const TIMEOUT: Duration = Duration::from_mins(1);
/// How often it is asked whether it has ended.
const PAUSE: Duration = Duration::from_millis(20);
/// Bytes of its complaint that are read.
const COMPLAINT_BYTES: u64 = 4096;

/// Exit codes of `sysexits.h` that no second try changes.
const LASTING: [(i32, &str); 4] = [
    (64, "does not understand its arguments"),
    (65, "finds the mail malformed"),
    (67, "knows no such recipient"),
    (68, "knows no such host"),
];

/// A program that takes a mail at its standard input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sendmail {
    path: PathBuf,
    timeout: Duration,
}

impl Sendmail {
    /// The program of that path.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Sendmail {
        Sendmail {
            path: path.into(),
            timeout: TIMEOUT,
        }
    }

    /// The same with another time limit.
    #[must_use]
    pub fn within(self, timeout: Duration) -> Sendmail {
        Sendmail { timeout, ..self }
    }

    fn start(&self, mail: &OutboxMail<'_>) -> std::io::Result<Child> {
        Command::new(&self.path)
            .args(["-i", "-f", address(mail.from), "--", address(mail.to)])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
    }

    /// Waits for the end; `None` when there was none in time, and then the program is gone.
    fn wait(&self, child: &mut Child) -> std::io::Result<Option<ExitStatus>> {
        let begun = Instant::now();
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(Some(status));
            }
            if begun.elapsed() > self.timeout {
                child.kill()?;
                child.wait()?;
                return Ok(None);
            }
            thread::sleep(PAUSE);
        }
    }

    fn judge(&self, status: Option<ExitStatus>, complaint: &str) -> Result<Sent, Refusal> {
        let program = self.path.display();
        let said = if complaint.is_empty() {
            String::new()
        } else {
            format!(": {complaint}")
        };
        let Some(status) = status else {
            let seconds = self.timeout.as_secs();
            return Err(Refusal::again(format!(
                "`{program}` did not end within {seconds} s"
            )));
        };
        if status.success() {
            return Ok(Sent {
                said: spoken(complaint),
            });
        }
        let lasting = LASTING
            .iter()
            .find(|(code, _)| status.code() == Some(*code));
        Err(match lasting {
            Some((_, what)) => Refusal::never(format!("`{program}` {what}{said}")),
            None => Refusal::again(format!("`{program}` failed ({status}){said}")),
        })
    }
}

impl Transport for Sendmail {
    fn send(&self, mail: &OutboxMail<'_>) -> Result<Sent, Refusal> {
        for text in [mail.from, mail.to] {
            let address = address(text);
            if !address.contains('@') || address.starts_with('-') {
                return Err(Refusal::never(format!("`{address}` is not a mail address")));
            }
        }
        let mut child = self.start(mail).map_err(|error| {
            Refusal::again(format!("cannot start `{}`: {error}", self.path.display()))
        })?;
        let (stdin, stderr) = (child.stdin.take(), child.stderr.take());
        // A program that reads nothing must not hold us: both ends are served beside the wait.
        let (status, complaint) = thread::scope(|scope| {
            scope.spawn(move || {
                // One that ends early tells why by its exit code.
                stdin.map(|mut input| input.write_all(mail.bytes))
            });
            let complaint = scope.spawn(move || {
                let mut text = Vec::new();
                if let Some(mut from) = stderr {
                    drop(from.by_ref().take(COMPLAINT_BYTES).read_to_end(&mut text));
                    drop(std::io::copy(&mut from, &mut std::io::sink()));
                }
                String::from_utf8_lossy(&text).into_owned()
            });
            let status = self.wait(&mut child);
            (status, complaint.join().unwrap_or_default())
        });
        let status = status
            .map_err(|error| Refusal::again(format!("lost `{}`: {error}", self.path.display())))?;
        self.judge(status, &spoken(&complaint))
    }

    fn probe(&self) -> Result<String, Unready> {
        use std::os::unix::fs::PermissionsExt as _;
        const HINT: &str = "check the path in `sendmail`, and that the daemon's user may run it";
        let why = match std::fs::metadata(&self.path) {
            Ok(found) if found.is_file() && found.permissions().mode() & 0o111 != 0 => {
                return Ok("is a program".to_owned());
            }
            Ok(_) => "is no program".to_owned(),
            Err(error) => error.to_string(),
        };
        Err(Unready { why, hint: HINT })
    }

    fn about(&self) -> String {
        format!("program {}", self.path.display())
    }
}
