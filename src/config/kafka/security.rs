//! Turns written TLS and SASL settings into ready ones.
//!
//! Knows no socket, and no secret's value: certificates are looked at, files of secrets are only
//! looked for. A newcomer may ask why files are looked at here at all: a missing one otherwise shows
//! when the client starts, and a bad one as a broker that hangs up.

use std::io::ErrorKind;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::problem::Problem;
use crate::secret::looks_secret;

use super::super::Read;
use super::super::at::{At, AtText};
use super::super::names;
use super::super::read::FileText;
use super::written::{self, SecretText};
use super::{Mechanism, Sasl, SecretRef, Tls, token};

/// Where things are and how they are read.
#[derive(Clone, Copy)]
pub(in crate::config) struct Around<'a> {
    /// The file that is read.
    pub(in crate::config) file: &'a FileText,
    /// Its directory, which paths are relative to.
    pub(in crate::config) dir: &'a Path,
    /// How further files are read.
    pub(in crate::config) read: Read<'a>,
    /// What the secrets are for, for the examples in hints.
    pub(in crate::config) what: &'static str,
}

/// What a named file holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    Authorities,
    Certificate,
    Key,
    /// Nothing that can be looked at.
    Other,
}

impl<'a> Around<'a> {
    /// Files beside `file`, and secrets for `what`.
    pub(in crate::config) fn new(
        file: &'a FileText,
        dir: &'a Path,
        read: Read<'a>,
        what: &'static str,
    ) -> Around<'a> {
        Around {
            file,
            dir,
            read,
            what,
        }
    }
}

impl Around<'_> {
    fn wrong(&self, span: Range<usize>, code: &'static str, message: impl Into<String>) -> Problem {
        self.file.problem(span, code, message)
    }

    /// The path, joined; a file that cannot be read or holds something else is reported.
    fn path(
        &self,
        written: Option<&AtText>,
        holds: Holds,
        faults: &mut Vec<Problem>,
    ) -> Option<PathBuf> {
        let name = written?;
        if name.get().contains("-----BEGIN") {
            let message = "the name of a file is asked for, not what is in it";
            let problem = self.wrong(name.span(), "secret_in_file", message);
            let hint = "if it was a key, replace the key: it stood in a file";
            faults.push(self.file.hide(problem.hint(hint), name.span()));
            return None;
        }
        let path = self.dir.join(name.get());
        let word = match holds {
            Holds::Authorities | Holds::Certificate => "CERTIFICATE-----",
            Holds::Key => "PRIVATE KEY-----",
            Holds::Other => "",
        };
        let text = match (self.read)(&path) {
            Ok(text) => Some(text),
            // Binary: right for PKCS#12, wrong for PEM.
            Err(error) if error.kind() == ErrorKind::InvalidData => None,
            Err(error)
                if holds == Holds::Authorities && error.kind() == ErrorKind::IsADirectory =>
            {
                return Some(path);
            }
            Err(error) => {
                let message = format!("`{}` cannot be read: {error}", path.display());
                faults.push(self.wrong(name.span(), "unreadable_file", message));
                return Some(path);
            }
        };
        let fits = word.is_empty() || text.is_some_and(|text| text.contains(word));
        if !fits {
            let what = if holds == Holds::Key {
                "key"
            } else {
                "certificate"
            };
            let message = format!("`{}` holds no {what} in PEM form", path.display());
            faults.push(
                self.wrong(name.span(), "bad_tls", message)
                    .hint(format!("PEM is text; a line of it ends in `{word}`")),
            );
        }
        Some(path)
    }

    /// A file of authorities.
    pub(in crate::config) fn authorities(
        &self,
        written: Option<&AtText>,
        faults: &mut Vec<Problem>,
    ) -> Option<PathBuf> {
        self.path(written, Holds::Authorities, faults)
    }

    /// A file of a certificate.
    pub(in crate::config) fn certificate(
        &self,
        written: Option<&AtText>,
        faults: &mut Vec<Problem>,
    ) -> Option<PathBuf> {
        self.path(written, Holds::Certificate, faults)
    }

    /// A file of a key.
    pub(in crate::config) fn key(
        &self,
        written: Option<&AtText>,
        faults: &mut Vec<Problem>,
    ) -> Option<PathBuf> {
        self.path(written, Holds::Key, faults)
    }

    /// The reference to a secret; what is none is reported, and never repeated.
    pub(in crate::config) fn secret(
        &self,
        key: &str,
        written: Option<&At<SecretText>>,
        faults: &mut Vec<Problem>,
    ) -> Option<SecretRef> {
        let at = written?;
        let mut refuse = |code, message: String, hint: String| {
            let problem = self.wrong(at.span(), code, message).hint(hint);
            faults.push(self.file.hide(problem, at.span()));
            None
        };
        match at.get() {
            SecretText::Env(name) if is_variable(name) => Some(SecretRef::Env(name.clone())),
            SecretText::Env(_) => refuse(
                "bad_secret",
                format!("`env` of `{key}` is not the name of a variable"),
                format!(
                    "letters, digits and `_`, like `{}_PASSWORD`; never the secret itself",
                    self.what.to_uppercase()
                ),
            ),
            SecretText::File(path) if !path.is_empty() && !looks_secret(path) => {
                let path = self.dir.join(path);
                if let Err(error) = (self.read)(&path)
                    && error.kind() != ErrorKind::InvalidData
                {
                    let message = format!("`{}` cannot be read: {error}", path.display());
                    faults.push(self.wrong(at.span(), "unreadable_file", message));
                }
                Some(SecretRef::File(path))
            }
            SecretText::File(_) => refuse(
                "bad_secret",
                format!("`file` of `{key}` is not the name of a file"),
                format!(
                    "a path like `secrets/{}`; never the secret itself",
                    self.what
                ),
            ),
            SecretText::Unclear => refuse(
                "bad_secret",
                format!("`{key}` needs one of `env` and `file`"),
                self.reference(key),
            ),
            SecretText::Literal => refuse(
                "secret_in_file",
                format!("`{key}` must name where the secret is found, not be it"),
                format!(
                    "{}; replace the secret: it stood in a file",
                    self.reference(key)
                ),
            ),
        }
    }

    /// How a reference to the secret under `key` is written.
    fn reference(&self, key: &str) -> String {
        let (what, name) = (self.what.to_uppercase(), key.to_uppercase());
        format!("write `{key} = {{ env = \"{what}_{name}\" }}` or `{{ file = \"secrets/{key}\" }}`")
    }

    /// TLS, its parts held against each other.
    pub(super) fn tls(&self, written: &At<written::Tls>, faults: &mut Vec<Problem>) -> Tls {
        let tls = written.get();
        self.both(tls.certificate.as_ref(), tls.key.as_ref(), "key", faults);
        self.both(
            tls.key.as_ref(),
            tls.certificate.as_ref(),
            "certificate",
            faults,
        );
        let mut needless = |value: Option<Range<usize>>, why: &str| {
            if let Some(span) = value {
                let fault = self.wrong(span, "bad_tls", why);
                faults.push(fault.hint("leave out the one that is not meant"));
            }
        };
        if tls.certificate.is_some() || tls.key.is_some() {
            let why = "`pkcs12` stands beside `certificate` and `key`, and holds the same";
            needless(tls.pkcs12.as_ref().map(At::span), why);
        }
        if tls.key.is_none() {
            let why = "`key_password` without a `key`";
            needless(tls.key_password.as_ref().map(At::span), why);
        }
        if tls.pkcs12.is_none() {
            let why = "`pkcs12_password` without `pkcs12`";
            needless(tls.pkcs12_password.as_ref().map(At::span), why);
        }
        Tls {
            ca: self.path(tls.ca.as_ref(), Holds::Authorities, faults),
            certificate: self.path(tls.certificate.as_ref(), Holds::Certificate, faults),
            key: self.path(tls.key.as_ref(), Holds::Key, faults),
            key_password: self.secret("key_password", tls.key_password.as_ref(), faults),
            pkcs12: self.path(tls.pkcs12.as_ref(), Holds::Other, faults),
            pkcs12_password: self.secret("pkcs12_password", tls.pkcs12_password.as_ref(), faults),
            verify_host: tls.verify_host.unwrap_or(true),
        }
    }

    /// Reports one half that stands without the other.
    fn both(
        &self,
        one: Option<&AtText>,
        other: Option<&AtText>,
        key: &str,
        faults: &mut Vec<Problem>,
    ) {
        if let (Some(one), None) = (one, other) {
            names::missing(self.file, one.span(), key, faults);
        }
    }

    /// SASL; each mechanism needs its own keys and no others. `None` when no mechanism is named.
    pub(super) fn sasl(
        &self,
        written: &At<written::Sasl>,
        faults: &mut Vec<Problem>,
    ) -> Option<Sasl> {
        let sasl = written.get();
        let Some(mechanism) = &sasl.mechanism else {
            names::missing(self.file, written.span(), "mechanism", faults);
            return None;
        };
        let mechanism = match mechanism.get() {
            written::Mechanism::Plain => Mechanism::Plain,
            written::Mechanism::ScramSha256 => Mechanism::ScramSha256,
            written::Mechanism::ScramSha512 => Mechanism::ScramSha512,
            written::Mechanism::OauthBearer => Mechanism::OauthBearer,
        };
        let by_token = mechanism == Mechanism::OauthBearer;
        let keys = [
            ("username", sasl.username.as_ref().map(At::span), !by_token),
            ("password", sasl.password.as_ref().map(At::span), !by_token),
            ("token", sasl.token.as_ref().map(At::span), by_token),
            (
                "token_from",
                sasl.token_from.as_ref().map(At::span),
                by_token,
            ),
        ];
        for (key, span, takes) in keys {
            match (span, takes) {
                (None, true) if !by_token => {
                    names::missing(self.file, written.span(), key, faults);
                }
                (Some(span), false) => {
                    let message = format!("`{}` takes no `{key}`", mechanism.as_str());
                    let problem = self.wrong(span.clone(), "bad_sasl", message);
                    let hint = "`token` or `token_from` is for `OAUTHBEARER`, name and password for all others";
                    faults.push(self.file.hide(problem.hint(hint), span));
                }
                (None, _) | (Some(_), true) => {}
            }
        }
        if by_token {
            self.one_token(written, faults);
        }
        let token_from = sasl.token_from.as_ref();
        Some(Sasl {
            mechanism,
            username: sasl
                .username
                .as_ref()
                .map_or_else(String::new, |name| name.get().clone()),
            password: self.secret("password", sasl.password.as_ref(), faults),
            token: self.secret("token", sasl.token.as_ref(), faults),
            token_from: token_from.and_then(|from| token::from(self, from, faults)),
        })
    }

    /// Reports a bearer token that is to come from nowhere, or from two places.
    fn one_token(&self, written: &At<written::Sasl>, faults: &mut Vec<Problem>) {
        match (&written.get().token, &written.get().token_from) {
            (None, None) => {
                let message = "one of `token` and `token_from` is missing";
                let hint = "`token` names where somebody else puts it, `token_from` an endpoint that is asked for it";
                let problem = self.wrong(written.span(), "missing_key", message);
                faults.push(problem.hint(hint));
            }
            (Some(_), Some(from)) => {
                let message = "`token_from` beside `token`, which says where the token is found";
                let problem = self.wrong(from.span(), "bad_sasl", message);
                let problem = problem.hint("keep one of them");
                faults.push(self.file.hide(problem, from.span()));
            }
            (Some(_), None) | (None, Some(_)) => {}
        }
    }
}

/// Whether a text can be the name of an environment variable and does not look like a secret.
fn is_variable(name: &str) -> bool {
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    starts && name.chars().all(fits) && !looks_secret(name)
}
