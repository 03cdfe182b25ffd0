//! Transports as the configuration describes them, with their secrets read.
//!
//! Knows no protocol. A newcomer may ask why secrets are read here and not with the configuration: a password
//! that changes is found the next time a transport is opened, and `check` needs none.

use crate::config::{Mail, MailWay, SecretRef, SmtpTls, UrlRef};
use crate::secret::Secret;

use super::{Folder, Heartbeat, Sendmail, Smtp, SmtpSettings, Tls, Transport, Webhook};

/// Reads a secret where the configuration says it is; white space at its end is not part of it.
fn secret(from: &SecretRef) -> Result<Secret, String> {
    match from {
        SecretRef::Env(name) => std::env::var(name)
            .map(Secret::new)
            .map_err(|_| format!("the environment variable `{name}` is not set")),
        SecretRef::File(path) => std::fs::read_to_string(path)
            .map(|text| Secret::new(text.trim_end()))
            .map_err(|error| format!("the secret `{}` cannot be read: {error}", path.display())),
    }
}

fn address(from: &UrlRef) -> Result<Secret, String> {
    match from {
        UrlRef::Written(text) => Ok(Secret::new(text.clone())),
        UrlRef::Secret(from) => secret(from),
    }
}

fn server(written: &crate::config::Smtp) -> Result<Smtp, String> {
    let login = match &written.login {
        Some((user, from)) => Some((user.clone(), secret(from)?)),
        None => None,
    };
    let ca_pem = match &written.ca {
        Some(path) => Some(
            std::fs::read(path)
                .map_err(|error| format!("`{}` cannot be read: {error}", path.display()))?,
        ),
        None => None,
    };
    Smtp::new(&SmtpSettings {
        host: written.host.clone(),
        port: written.port,
        tls: match written.tls {
            SmtpTls::Starttls => Tls::Starttls,
            SmtpTls::Tls => Tls::Implicit,
            SmtpTls::None => Tls::None,
        },
        // The configuration refuses it where it was not allowed by name.
        plain_allowed: written.tls == SmtpTls::None,
        login,
        ca_pem,
        timeout: None,
    })
}

/// The way by which mails go.
///
/// # Errors
/// A secret or certificate that cannot be read, settings that do not fit; no secret in it.
pub fn open(mail: &Mail) -> Result<Box<dyn Transport>, String> {
    Ok(match &mail.way {
        MailWay::Smtp(written) => Box::new(server(written)?),
        MailWay::Sendmail(path) => Box::new(Sendmail::new(path)),
        MailWay::Folder(path) => Box::new(Folder::new(path)),
    })
}

/// The webhook.
///
/// # Errors
/// As [`open`].
pub fn webhook(written: &crate::config::Webhook) -> Result<Webhook, String> {
    let url = address(&written.url)?;
    match &written.header {
        Some((name, from)) => Webhook::new(&url, Some((name, &secret(from)?))),
        None => Webhook::new(&url, None),
    }
}

/// The heartbeat.
///
/// # Errors
/// As [`open`].
pub fn heartbeat(written: &UrlRef) -> Result<Heartbeat, String> {
    Heartbeat::new(&address(written)?)
}
