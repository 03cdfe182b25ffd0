//! Transports as the configuration describes them, with their secrets read.
//!
//! Knows no protocol. A newcomer may ask why secrets are read here and not with the configuration: a password
//! that changes is found the next time a transport is opened, and `check` needs none.

use crate::config::{Mail, MailWay, SmtpTls, UrlRef};
use crate::secret::Secret;

use super::{Folder, Heartbeat, Sendmail, Smtp, SmtpSettings, Tls, Transport, Webhook};

fn address(from: &UrlRef) -> Result<Secret, String> {
    match from {
        UrlRef::Written(text) => Ok(Secret::new(text.clone())),
        UrlRef::Secret(from) => from.read(),
    }
}

fn server(written: &crate::config::Smtp) -> Result<Smtp, String> {
    let login = match &written.login {
        Some((user, from)) => Some((user.clone(), from.read()?)),
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
        Some((name, from)) => Webhook::new(&url, Some((name, &from.read()?))),
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
