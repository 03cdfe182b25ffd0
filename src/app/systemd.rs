//! Tells the service manager what the daemon does: ready, reloading, stopping, alive.
//!
//! Knows no job; the only file that names `sd_notify`. A newcomer may ask why the socket is our
//! own: that crate asks the environment each time and knows no abstract socket, and a test hands
//! the socket in.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::net::UnixDatagram;
use std::time::{Duration, Instant};

use sd_notify::NotifyState;

/// Longest status line; `systemctl status` shows one line of a terminal.
const STATUS_MAX_BYTES: usize = 200;

/// What the service manager put into the environment; see `sd_notify(3)` and `sd_watchdog_enabled(3)`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// `NOTIFY_SOCKET`: where messages go.
    pub socket: Option<OsString>,
    /// `WATCHDOG_USEC`: how long it waits for a sign of life.
    pub watchdog: Option<Duration>,
}

impl Asked {
    /// What stands in the environment of this process.
    #[must_use]
    pub fn from_environment() -> Asked {
        let number = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
        let pid = std::env::var("WATCHDOG_PID").ok();
        let for_us = pid.is_none_or(|pid| pid == std::process::id().to_string());
        let micros = number("WATCHDOG_USEC").filter(|micros| for_us && *micros > 0);
        Asked {
            socket: std::env::var_os("NOTIFY_SOCKET").filter(|path| !path.is_empty()),
            watchdog: micros.map(Duration::from_micros),
        }
    }
}

/// The service manager; silent where there is none.
#[derive(Debug, Default)]
pub struct Manager {
    socket: Option<UnixDatagram>,
    watchdog: Option<Duration>,
    pinged: Option<Instant>,
    status: String,
}

impl Manager {
    /// Connects as asked; without a socket everything is a no-op.
    ///
    /// # Errors
    /// What the system says about the socket.
    pub fn connect(asked: &Asked) -> io::Result<Manager> {
        let socket = asked.socket.as_deref().map(connect).transpose()?;
        Ok(Manager {
            watchdog: asked.watchdog.filter(|_| socket.is_some()),
            socket,
            pinged: None,
            status: String::new(),
        })
    }

    /// The manager of this process's environment; one that cannot be reached is said and left.
    #[must_use]
    pub fn of_environment() -> Manager {
        Manager::connect(&Asked::from_environment()).unwrap_or_else(|error| {
            tracing::warn!(%error, "the service manager of `NOTIFY_SOCKET` cannot be reached");
            Manager::default()
        })
    }

    /// Whether somebody listens.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.socket.is_some()
    }

    /// The daemon is ready, for the first time or after reading its configuration again.
    pub fn ready(&self) {
        self.send(&[NotifyState::Ready]);
    }

    /// The configuration is being read again; [`Manager::ready`] follows, taken or refused.
    pub fn reloading(&self) {
        // Newer managers demand the time of the message, to tell it from an earlier one.
        match NotifyState::monotonic_usec_now() {
            Ok(now) => self.send(&[NotifyState::Reloading, now]),
            Err(_) => self.send(&[NotifyState::Reloading]),
        }
    }

    /// The daemon ends.
    pub fn stopping(&self) {
        self.send(&[NotifyState::Stopping]);
    }

    /// One line for `systemctl status`; said only when it changed.
    pub fn status(&mut self, line: &str) {
        let line = line.replace('\n', " ");
        let line = line.get(..line.floor_char_boundary(STATUS_MAX_BYTES));
        let line = line.unwrap_or_default();
        if self.status != line {
            line.clone_into(&mut self.status);
            self.send(&[NotifyState::Status(line)]);
        }
    }

    /// A sign of life at half of the time that the manager waits, while `alive`; called at least
    /// that often, see [`Manager::interval`].
    pub fn tick(&mut self, alive: bool, now: Instant) {
        let Some(interval) = self.interval() else {
            return;
        };
        let due = self
            .pinged
            .is_none_or(|last| now.saturating_duration_since(last) >= interval);
        if alive && due {
            self.pinged = Some(now);
            self.send(&[NotifyState::Watchdog]);
        }
    }

    /// How often a sign of life is due; `None` where nobody waits for one.
    #[must_use]
    pub fn interval(&self) -> Option<Duration> {
        self.watchdog.map(|wait| wait / 2)
    }

    fn send(&self, states: &[NotifyState<'_>]) {
        if let Some(socket) = &self.socket {
            let lines: Vec<String> = states.iter().map(ToString::to_string).collect();
            // A manager that is gone or slow must not stop the books; the watchdog tells it.
            drop(socket.send(lines.join("\n").as_bytes()));
        }
    }
}

fn connect(path: &OsStr) -> io::Result<UnixDatagram> {
    let socket = UnixDatagram::unbound()?;
    // A manager that does not read must not hold the daemon up.
    socket.set_nonblocking(true)?;
    #[cfg(target_os = "linux")]
    if let Some(name) = path.as_encoded_bytes().strip_prefix(b"@") {
        use std::os::linux::net::SocketAddrExt;
        let address = std::os::unix::net::SocketAddr::from_abstract_name(name)?;
        socket.connect_addr(&address)?;
        return Ok(socket);
    }
    socket.connect(path)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything that lies in the socket, a message each.
    fn messages(socket: &UnixDatagram) -> Vec<String> {
        let mut buffer = [0; 1_000];
        std::iter::from_fn(|| {
            let length = socket.recv(&mut buffer).ok()?;
            Some(String::from_utf8(buffer[..length].to_vec()).unwrap())
        })
        .collect()
    }

    /// A manager with a watchdog of ten seconds, and the other end.
    fn pair() -> (tempfile::TempDir, UnixDatagram, Manager) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("notify");
        let end = UnixDatagram::bind(&path).unwrap();
        end.set_nonblocking(true).unwrap();
        let manager = Manager::connect(&Asked {
            socket: Some(path.into_os_string()),
            watchdog: Some(Duration::from_secs(10)),
        });
        (dir, end, manager.unwrap())
    }

    #[test]
    fn each_step_of_a_life_is_told() {
        let (_dir, end, mut manager) = pair();
        manager.ready();
        manager.status("12 records\nbooked");
        manager.status("12 records booked");
        manager.stopping();
        let told = ["READY=1", "STATUS=12 records booked", "STOPPING=1"];
        assert_eq!(messages(&end), told);

        manager.reloading();
        let [message] = &messages(&end)[..] else {
            panic!("one message");
        };
        let micros = message.strip_prefix("RELOADING=1\nMONOTONIC_USEC=");
        assert!(micros.unwrap().parse::<u64>().unwrap() > 0, "{message}");

        manager.status(&"ü".repeat(500));
        assert_eq!(messages(&end), [format!("STATUS={}", "ü".repeat(100))]);
    }

    #[test]
    fn signs_of_life_come_at_half_the_time_and_only_from_the_living() {
        let (_dir, end, mut manager) = pair();
        let start = Instant::now();
        let cases = [
            (0, true, 1),
            (1, true, 0),
            (4, true, 0),
            (5, true, 1),
            (9, true, 0),
            (10, false, 0),
            (60, false, 0),
            (61, true, 1),
        ];
        for (seconds, alive, wanted) in cases {
            manager.tick(alive, start + Duration::from_secs(seconds));
            assert_eq!(messages(&end), vec!["WATCHDOG=1"; wanted], "{seconds} s");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn abstract_sockets_are_known() {
        use std::os::linux::net::SocketAddrExt;
        use std::os::unix::net::SocketAddr;
        let name = format!("tollwatch-test-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let end = UnixDatagram::bind_addr(&address).unwrap();
        end.set_nonblocking(true).unwrap();
        let asked = Asked {
            socket: Some(format!("@{name}").into()),
            watchdog: None,
        };
        Manager::connect(&asked).unwrap().ready();
        assert_eq!(messages(&end), ["READY=1"]);
    }

    #[test]
    fn without_a_manager_nothing_happens() {
        let mut manager = Manager::connect(&Asked::default()).unwrap();
        manager.ready();
        manager.reloading();
        manager.status("a");
        manager.tick(true, Instant::now());
        manager.stopping();
        assert!(!manager.is_there());
        assert_eq!(manager.interval(), None);
        let gone = Asked {
            socket: Some("/nonexistent/notify".into()),
            watchdog: None,
        };
        assert!(Manager::connect(&gone).is_err());
    }
}
