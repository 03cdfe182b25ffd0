//! Mails by SMTP: STARTTLS or TLS with checked certificates, login, time limits, connections that are kept.
//!
//! Knows no mail: bytes go as they are. A newcomer may ask why the connection is tried before the mail is handed
//! over: a server that does not let us in says nothing about the recipient, whatever its code is.

use std::error::Error as _;
use std::io::ErrorKind;
use std::net::IpAddr;
use std::time::Duration;

use lettre::address::Envelope;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls as LettreTls, TlsParameters};
use lettre::transport::smtp::{Error, PoolConfig, SmtpTransport};
use lettre::{Address, Transport as _};

use crate::secret::Secret;

use super::{OutboxMail, Refusal, Sent, Transport, Unready, address, spoken};

/// How long each answer may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How long a connection is kept that nobody uses.
const IDLE: Duration = Duration::from_mins(1);
/// Connections that are kept.
const KEPT: u32 = 2;

/// How the way to the server is kept secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// Begins plainly and turns to TLS before anything is said; a server that cannot is refused.
    Starttls,
    /// TLS from the first byte.
    Implicit,
    /// Plainly: to loopback, or where the one who runs it says so by name.
    None,
}

/// A server and how it is reached.
#[derive(Clone, Debug)]
pub struct SmtpSettings {
    /// Its name, which its certificate must have.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way is kept secret.
    pub tls: Tls,
    /// Whether [`Tls::None`] is allowed to a host that is not this machine.
    pub plain_allowed: bool,
    /// User and password.
    pub login: Option<(String, Secret)>,
    /// Authorities besides the system's, PEM.
    pub ca_pem: Option<Vec<u8>>,
    /// How long each answer may take; `None`: 30 seconds.
    pub timeout: Option<Duration>,
}

/// A mail server.
pub struct Smtp {
    transport: SmtpTransport,
    host: String,
    port: u16,
    /// What must not be repeated from what a server says.
    hidden: Vec<String>,
    /// How the way there is kept secret, and whether somebody logs in.
    how: &'static str,
}

/// Whether a host is this machine.
fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || bare
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// Whether time ran out: a socket whose time limit has passed says that it would block.
fn is_late(error: &Error) -> bool {
    let mut cause = error.source();
    while let Some(one) = cause {
        if let Some(io) = one.downcast_ref::<std::io::Error>() {
            return matches!(io.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock);
        }
        cause = one.source();
    }
    false
}

/// Every certificate of a PEM file.
fn authorities(pem: &[u8]) -> Result<Vec<Certificate>, String> {
    const END: &str = "-----END CERTIFICATE-----";
    let text = String::from_utf8_lossy(pem);
    let mut found = Vec::new();
    for block in text.split_inclusive(END) {
        let Some(begin) = block.find("-----BEGIN CERTIFICATE-----") else {
            continue;
        };
        let block = block.get(begin..).unwrap_or_default();
        let made = Certificate::from_pem(block.as_bytes()).map_err(|error| {
            format!("the authorities' file has a malformed certificate: {error}")
        })?;
        found.push(made);
    }
    if found.is_empty() {
        return Err("the authorities' file has no certificate in it".to_owned());
    }
    Ok(found)
}

fn parameters(settings: &SmtpSettings) -> Result<TlsParameters, String> {
    let mut builder = TlsParameters::builder(settings.host.clone());
    if let Some(pem) = &settings.ca_pem {
        for certificate in authorities(pem)? {
            builder = builder.add_root_certificate(certificate);
        }
    }
    builder
        .build()
        .map_err(|error| format!("TLS cannot be set up for `{}`: {error}", settings.host))
}

impl Smtp {
    /// A server; it is not asked yet.
    ///
    /// # Errors
    /// What is wrong with the settings; no secret.
    pub fn new(settings: &SmtpSettings) -> Result<Smtp, String> {
        let host = &settings.host;
        let tls = match settings.tls {
            Tls::Starttls => LettreTls::Required(parameters(settings)?),
            Tls::Implicit => LettreTls::Wrapper(parameters(settings)?),
            Tls::None if settings.plain_allowed || is_loopback(host) => LettreTls::None,
            Tls::None => {
                return Err(format!(
                    "mail to `{host}` would go without TLS: only this machine is reached plainly, \
                     unless that is allowed by name"
                ));
            }
        };
        let timeout = settings.timeout.unwrap_or(TIMEOUT);
        let pool = PoolConfig::new().max_size(KEPT).idle_timeout(IDLE);
        let mut builder = SmtpTransport::builder_dangerous(host)
            .port(settings.port)
            .tls(tls)
            .timeout(Some(timeout))
            .pool_config(pool);
        let mut hidden = Vec::new();
        if let Some((user, password)) = &settings.login {
            let password = password.open();
            builder = builder.credentials(Credentials::new(user.clone(), password.to_owned()));
            hidden.push(password.to_owned());
        }
        let how = match (settings.tls, settings.login.is_some()) {
            (Tls::Starttls, true) => "by STARTTLS, logged in",
            (Tls::Starttls, false) => "by STARTTLS, without a login",
            (Tls::Implicit, true) => "by TLS, logged in",
            (Tls::Implicit, false) => "by TLS, without a login",
            (Tls::None, true) => "in clear, logged in",
            (Tls::None, false) => "in clear, without a login",
        };
        Ok(Smtp {
            how,
            transport: builder.build(),
            host: host.clone(),
            port: settings.port,
            hidden,
        })
    }

    /// What happened in one line, without a secret.
    fn why(&self, error: &Error) -> String {
        let mut said = String::new();
        if let Some(code) = error.status() {
            said = format!("{code} ");
        }
        let mut cause = error.source();
        let mut inner = String::new();
        while let Some(one) = cause {
            inner = one.to_string();
            cause = one.source();
        }
        said.push_str(if inner.is_empty() {
            "no answer"
        } else {
            &inner
        });
        for secret in self.hidden.iter().filter(|secret| !secret.is_empty()) {
            said = said.replace(secret.as_str(), "***");
        }
        said
    }

    fn away(&self, error: &Error) -> Refusal {
        let (host, port, why) = (&self.host, self.port, self.why(error));
        let tls = error.is_tls() || why.contains("certificate") || why.contains("STARTTLS");
        Refusal::again(match () {
            () if is_late(error) => format!("`{host}:{port}` gives no answer in time"),
            () if error.status().is_some() => format!("`{host}:{port}` does not let us in: {why}"),
            () if tls => format!("no TLS with `{host}:{port}`: {why}"),
            () => format!("cannot reach `{host}:{port}`: {why}"),
        })
    }

    fn refused(&self, error: &Error) -> Refusal {
        let (host, why) = (&self.host, self.why(error));
        if error.is_permanent() {
            return Refusal::never(format!("`{host}` refuses it: {why}"));
        }
        if error.is_transient() {
            return Refusal::again(format!("`{host}` asks to come again: {why}"));
        }
        Refusal::again(if is_late(error) {
            format!("`{host}` gives no answer in time")
        } else {
            format!("`{host}` broke off: {why}")
        })
    }
}

fn parsed(mailbox: &str) -> Result<Address, Refusal> {
    let text = if mailbox.contains(|c: char| c.is_control()) {
        mailbox
    } else {
        address(mailbox)
    };
    text.parse()
        .map_err(|_| Refusal::never(format!("`{text}` is not a mail address")))
}

impl Transport for Smtp {
    fn send(&self, mail: &OutboxMail<'_>) -> Result<Sent, Refusal> {
        let (from, to) = (parsed(mail.from)?, parsed(mail.to)?);
        let envelope = Envelope::new(Some(from), vec![to])
            .map_err(|error| Refusal::never(format!("no envelope can be made: {error}")))?;
        let alive = self.transport.test_connection();
        alive.map_err(|error| self.away(&error))?;
        match self.transport.send_raw(&envelope, mail.bytes) {
            Ok(response) => {
                let lines: Vec<&str> = response.message().collect();
                Ok(Sent {
                    said: spoken(&format!("{} {}", response.code(), lines.join(" "))),
                })
            }
            Err(error) => Err(self.refused(&error)),
        }
    }

    /// Connects, turns to TLS, logs in, and says goodbye.
    fn probe(&self) -> Result<String, Unready> {
        let answer = self.transport.test_connection();
        let hint = match &answer {
            Ok(true) => return Ok(format!("lets us in {}", self.how)),
            Ok(false) => "the server hung up; its log says why",
            Err(error) if error.is_tls() || self.why(error).contains("certificate") => {
                "check `tls`, and `ca` where the certificate is of an authority of your own"
            }
            Err(error) if self.why(error).contains("STARTTLS") => {
                "the server offers no STARTTLS at this port: check `port`, or `tls = \"tls\"`"
            }
            Err(error) if error.status().is_some() => "check `username` and `password`",
            Err(error) if is_late(error) => {
                "check `host` and `port`; where a firewall drops it, nobody answers"
            }
            Err(_) => "check `host` and `port`, and that the server runs",
        };
        let refusal = match answer {
            Err(error) => self.away(&error).to_string(),
            Ok(_) => format!("`{}:{}` hangs up", self.host, self.port),
        };
        Err(Unready { why: refusal, hint })
    }

    fn about(&self) -> String {
        format!("smtp {}:{}", self.host, self.port)
    }
}
