//! The settings of alerts as people write them: the shape and nothing else.
//!
//! Knows no rule beyond names and types of keys. A newcomer may ask why the three ways of mail are
//! keys of one table: exactly one is meant, and which of two wins must not be a riddle.

use schemars::JsonSchema;
use serde::Deserialize;

use super::super::at::{At, AtText};
use super::super::kafka::written::SecretText;
use super::super::rules::written::{Kind, Severity};

/// Alerts: rules, who is told, and how.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::config) struct Alerts {
    /// A file of rules of your own, or a folder of such files (`*.toml`), beside the shipped ones.
    pub(in crate::config) rules: Option<AtText>,
    /// A folder of templates of mails that take the place of the shipped ones.
    pub(in crate::config) templates: Option<AtText>,
    /// Where people reach this daemon's pages: `https://tollwatch.contoso.example`. Without it mails
    /// say what to type.
    pub(in crate::config) public_url: Option<AtText>,
    /// The company's budget of a calendar month, US dollars, a decimal as text: `"12000"`.
    pub(in crate::config) budget_usd_per_month: Option<AtText>,
    /// Mails that a person gets in a day at most; the rest comes in the next digest. Default 20.
    pub(in crate::config) mails_per_person_per_day: Option<At<u64>>,
    /// Days from the first record on in which first sights come as one inventory. Default 7.
    pub(in crate::config) quiet_first_days: Option<At<u64>>,
    /// When digests go, and to whom.
    pub(in crate::config) digest: Digest,
    /// Who is told of what; the first that fits.
    pub(in crate::config) route: Vec<At<Route>>,
    /// How mail is sent.
    pub(in crate::config) mail: Option<At<Mail>>,
    /// An address that is told of every step, for whoever wakes people.
    pub(in crate::config) webhook: Option<At<Webhook>>,
    /// An address that is asked for each minute while all is well.
    pub(in crate::config) heartbeat: Option<At<Heartbeat>>,
    /// Hours in which alerts are excused.
    pub(in crate::config) maintenance: Vec<At<Maintenance>>,
}

/// When digests go, in the time zone of days, and to whom.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::config) struct Digest {
    /// The time of the daily one. Default `07:30`.
    pub(in crate::config) daily: Option<AtText>,
    /// Day and time of the weekly one on residency. Default `mon 07:30`.
    pub(in crate::config) weekly_residency: Option<AtText>,
    /// Who gets the daily one on spend.
    pub(in crate::config) finops: Vec<AtText>,
    /// Who gets the weekly one on residency.
    pub(in crate::config) security: Vec<AtText>,
}

/// Who is told of what. Each list with values must hold the alert's; a value that ends in `*` fits
/// whatever begins so.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("required" = ["to"]))]
pub(in crate::config) struct Route {
    /// Rules by name.
    pub(in crate::config) rule: Vec<AtText>,
    /// Kinds of rules.
    pub(in crate::config) kind: Vec<Kind>,
    /// How urgent.
    pub(in crate::config) severity: Vec<Severity>,
    /// `application/skill`.
    pub(in crate::config) feature: Vec<AtText>,
    /// Applications.
    pub(in crate::config) application: Vec<AtText>,
    /// Registered endpoints, or hosts.
    pub(in crate::config) endpoint: Vec<AtText>,
    /// Sources of records.
    pub(in crate::config) source: Vec<AtText>,
    /// Addresses of mail.
    pub(in crate::config) to: Vec<AtText>,
}

/// How mail is sent: by one of `smtp`, `sendmail` and `folder`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("required" = ["from"]))]
pub(in crate::config) struct Mail {
    /// A server that takes mail.
    pub(in crate::config) smtp: Option<At<Smtp>>,
    /// A program that takes mail, with its whole path: `/usr/sbin/sendmail`.
    pub(in crate::config) sendmail: Option<AtText>,
    /// A folder where each mail becomes a file `.eml`.
    pub(in crate::config) folder: Option<AtText>,
    /// The address that mails come from.
    pub(in crate::config) from: Option<AtText>,
    /// Who is told where nobody else is, and of mails that cannot be delivered.
    pub(in crate::config) fallback_to: Option<AtText>,
}

/// A server that takes mail.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("required" = ["host"]))]
pub(in crate::config) struct Smtp {
    /// Its host name, without scheme and port.
    pub(in crate::config) host: Option<AtText>,
    /// Default 587, with `tls = "tls"` 465, with `"none"` 25.
    pub(in crate::config) port: Option<At<u64>>,
    /// How the way there is kept secret. Default `starttls`.
    pub(in crate::config) tls: Option<At<SmtpTls>>,
    /// Who sends, where the server asks.
    pub(in crate::config) username: Option<AtText>,
    /// The password.
    pub(in crate::config) password: Option<At<SecretText>>,
    /// A file of authorities, PEM, that its certificate is held against besides the system's.
    pub(in crate::config) ca: Option<AtText>,
    /// The host once more, to allow `tls = "none"` to one that is not this machine.
    pub(in crate::config) plain_to: Option<AtText>,
}

/// How the way to a server is kept secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::config) enum SmtpTls {
    /// Begins plainly and turns to TLS before anything is said; without it nothing is sent.
    Starttls,
    /// TLS from the first byte.
    Tls,
    /// Plainly: to this machine, or where `plain_to` allows it.
    None,
}

/// An address that is told of every step of an alert.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::config) struct Webhook {
    /// The address; one of `url` and `url_from`.
    pub(in crate::config) url: Option<AtText>,
    /// Where the address is found, if it is a secret itself.
    pub(in crate::config) url_from: Option<At<SecretText>>,
    /// The name of a header that says who asks: `Authorization`.
    pub(in crate::config) header: Option<AtText>,
    /// What it holds.
    pub(in crate::config) secret: Option<At<SecretText>>,
}

/// An address that is asked for each minute while all is well.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::config) struct Heartbeat {
    /// The address; one of `url` and `url_from`.
    pub(in crate::config) url: Option<AtText>,
    /// Where the address is found, if it is a secret itself.
    pub(in crate::config) url_from: Option<At<SecretText>>,
}

/// Hours in which alerts are excused: nobody is told, and nothing is learned.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("required" = ["from", "to", "author", "reason"]))]
pub(in crate::config) struct Maintenance {
    /// From when: `2026-12-05T20:00:00+01:00`.
    pub(in crate::config) from: Option<AtText>,
    /// Up to when.
    pub(in crate::config) to: Option<AtText>,
    /// Rules by name. Without any list, every alert is excused.
    pub(in crate::config) rule: Vec<AtText>,
    /// Kinds of rules.
    pub(in crate::config) kind: Vec<Kind>,
    /// How urgent.
    pub(in crate::config) severity: Vec<Severity>,
    /// `application/skill`.
    pub(in crate::config) feature: Vec<AtText>,
    /// Applications.
    pub(in crate::config) application: Vec<AtText>,
    /// Registered endpoints, or hosts.
    pub(in crate::config) endpoint: Vec<AtText>,
    /// Sources of records.
    pub(in crate::config) source: Vec<AtText>,
    /// Who says so.
    pub(in crate::config) author: Option<AtText>,
    /// Why.
    pub(in crate::config) reason: Option<AtText>,
}
