//! The settings of alerts, ready for use: rules, who is told, and how.
//!
//! Knows no transport and no evaluation. A newcomer may ask why there are settings without any
//! `[alerts]` in the file: the shipped rules hold all the same, and commands and pages show what they
//! find.

mod declared;
mod matcher;
mod ready;
mod transport;
pub(super) mod written;

use std::path::PathBuf;

use crate::alert::Settings;

use super::{Rules, SecretRef};

pub(super) use declared::{Dates, declared};
pub(super) use ready::ready;

/// The settings of alerts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alerts {
    /// The shipped rules with the user's laid over them; those that are off are among them.
    pub rules: Rules,
    /// What the lifecycle goes by: budgets of mails, digests, routes, excused hours.
    pub settings: Settings,
    /// Templates of mails that take the place of shipped ones.
    pub templates: Vec<Template>,
    /// Scheme, host, port and path of the pages, without a slash at the end.
    pub public_url: Option<String>,
    /// The company's budget of a calendar month, in nano-dollars.
    pub budget_nanousd: Option<i64>,
    /// How mail is sent; `None`: it is not.
    pub mail: Option<Mail>,
    /// Who is told of every step besides.
    pub webhook: Option<Webhook>,
    /// What is asked for each minute while all is well.
    pub heartbeat: Option<UrlRef>,
}

/// A user's template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// Its file's name without the folder.
    pub name: String,
    /// The whole path, for messages.
    pub path: PathBuf,
    /// What it holds.
    pub text: String,
}

/// How mail is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// By what.
    pub way: MailWay,
    /// The address that mails come from.
    pub from: String,
    /// Who is told where nobody else is.
    pub fallback_to: Option<String>,
}

/// By what mail is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailWay {
    /// A server.
    Smtp(Smtp),
    /// A program, by its whole path.
    Sendmail(PathBuf),
    /// A folder of files, joined to the configuration's directory.
    Folder(PathBuf),
}

/// A server that takes mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Smtp {
    /// Its host name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way there is kept secret; [`SmtpTls::None`] only where that was allowed.
    pub tls: SmtpTls,
    /// Who sends, and the password; `None` where nobody asks.
    pub login: Option<(String, SecretRef)>,
    /// Authorities besides the system's, PEM.
    pub ca: Option<PathBuf>,
}

/// How the way to a server is kept secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SmtpTls {
    /// Begins plainly and turns to TLS before anything is said.
    #[default]
    Starttls,
    /// TLS from the first byte.
    Tls,
    /// Plainly.
    None,
}

/// An address that is told of every step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Where.
    pub url: UrlRef,
    /// A header and what it holds.
    pub header: Option<(String, SecretRef)>,
}

/// An address, or where it is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UrlRef {
    /// As written; `http` or `https`.
    Written(String),
    /// A secret itself.
    Secret(SecretRef),
}
