//! Turns the written settings of the pages' door into ready ones.
//!
//! Knows no socket. A newcomer may ask why a network of all addresses is refused: whoever can say who
//! they are from anywhere is anybody.

use std::path::Path;

use crate::problem::Problem;
use crate::secret::password::PasswordHash;
use crate::units::Text;

use super::super::Read;
use super::super::at::{At, AtText};
use super::super::kafka::Around;
use super::super::kafka::written::SecretText;
use super::super::names;
use super::super::read::FileText;
use super::{Certificate, Hash, Network, Proxy, Role, Token, User, Web, token_digest, written};

/// Where things are and how they are read.
type Place<'a> = (&'a FileText, &'a Path, Read<'a>);

/// The settings; `None` written is what holds without any.
pub(in crate::config) fn ready(
    (file, dir, read): Place<'_>,
    written: Option<&At<written::Web>>,
    faults: &mut Vec<Problem>,
) -> Web {
    let Some(written) = written.map(At::get) else {
        return Web::default();
    };
    let around = Around::new(file, dir, read, "web");
    let mut seen = names::Seen::new("user or token");
    let users = written.user.iter();
    let users: Vec<User> = users
        .filter_map(|at| user((&around, read), at, &mut seen, faults))
        .collect();
    let tokens = written.token.iter();
    let tokens: Vec<Token> = tokens
        .filter_map(|at| token(&around, at, &mut seen, faults))
        .collect();
    let tls_by_proxy = written.tls_by_proxy.as_ref();
    if let (Some(by_proxy), Some(_)) = (tls_by_proxy.filter(|at| *at.get()), &written.tls) {
        let message = "`tls_by_proxy` beside `tls`, which says the other";
        let problem = file.problem(by_proxy.span(), "bad_tls", message);
        faults.push(problem.hint("leave out the one that is not meant"));
    }
    let hosts = written.names.iter();
    Web {
        users,
        tokens,
        proxy: written
            .proxy
            .as_ref()
            .and_then(|at| proxy(file, at, faults)),
        tls: written.tls.as_ref().and_then(|at| tls(&around, at, faults)),
        tls_by_proxy: tls_by_proxy.is_some_and(|at| *at.get()),
        names: hosts.filter_map(|name| host(file, name, faults)).collect(),
        link_key: around.secret("link_key", written.link_key.as_ref(), faults),
    }
}

fn name<T>(
    file: &FileText,
    at: &At<T>,
    name: Option<&AtText>,
    seen: &mut names::Seen,
    faults: &mut Vec<Problem>,
) -> Option<Text> {
    let Some(name) = name else {
        names::missing(file, at.span(), "name", faults);
        return None;
    };
    seen.note(file, name, faults);
    Some(Text::from(name.get().as_str()))
}

/// One of a hash and where it is found.
fn hash<T, V>(
    around: &Around<'_>,
    at: &At<V>,
    (written, from): (Option<&AtText>, Option<&At<SecretText>>),
    read: impl Fn(&str) -> Result<T, String>,
    faults: &mut Vec<Problem>,
) -> Option<Hash<T>> {
    let file = around.file;
    match (written, from) {
        (Some(written), Some(_)) => {
            let message = "`hash` beside `hash_from`, which says the same";
            let problem = file.problem(written.span(), "bad_hash", message);
            faults.push(file.hide(problem.hint("keep one of them"), written.span()));
            None
        }
        (None, None) => {
            names::missing(file, at.span(), "hash", faults);
            None
        }
        (None, Some(_)) => around.secret("hash_from", from, faults).map(Hash::From),
        (Some(written), None) => match read(written.get()) {
            Ok(hash) => Some(Hash::Written(hash)),
            Err(why) => {
                let problem = file.problem(written.span(), "bad_hash", why);
                faults.push(file.hide(problem, written.span()));
                None
            }
        },
    }
}

fn user(
    (around, read): (&Around<'_>, Read<'_>),
    at: &At<written::User>,
    seen: &mut names::Seen,
    faults: &mut Vec<Problem>,
) -> Option<User> {
    let written = at.get();
    let of = (written.hash.as_ref(), written.hash_from.as_ref());
    let parse = |text: &str| {
        let wrong = |why| format!("`hash` {why}; `tollwatch web hash-password` makes one");
        PasswordHash::parse(text).map_err(wrong)
    };
    let hash = hash(around, at, of, parse, faults);
    // A file that is there and holds something else would show at the first login.
    if let (Some(Hash::From(super::super::SecretRef::File(path))), Some(from)) =
        (&hash, &written.hash_from)
        && let Ok(text) = read(path)
        && let Err(why) = parse(&text)
    {
        let message = format!("in `{}`: {why}", path.display());
        faults.push(around.file.problem(from.span(), "bad_hash", message));
    }
    let role = match written.role.as_ref().map(At::get) {
        None | Some(written::UserRole::Viewer) => Role::Viewer,
        Some(written::UserRole::Operator) => Role::Operator,
    };
    let name = name(around.file, at, written.name.as_ref(), seen, faults);
    Some(User {
        name: name?,
        role,
        hash: hash?,
    })
}

fn token(
    around: &Around<'_>,
    at: &At<written::Token>,
    seen: &mut names::Seen,
    faults: &mut Vec<Problem>,
) -> Option<Token> {
    let written = at.get();
    let of = (written.hash.as_ref(), written.hash_from.as_ref());
    let digest = |text: &str| {
        let wrong = "`hash` is no digest of a token; `tollwatch web token` makes one";
        token_digest(text).ok_or_else(|| wrong.to_owned())
    };
    let hash = hash(around, at, of, digest, faults);
    let role = match written.role.as_ref().map(At::get) {
        Some(written::TokenRole::Metrics) => Role::Metrics,
        None | Some(written::TokenRole::Viewer) => Role::Viewer,
        Some(written::TokenRole::Operator) => Role::Operator,
    };
    let name = name(around.file, at, written.name.as_ref(), seen, faults);
    Some(Token {
        name: name?,
        role,
        hash: hash?,
    })
}

fn proxy(file: &FileText, at: &At<written::Proxy>, faults: &mut Vec<Problem>) -> Option<Proxy> {
    let written = at.get();
    let header = match &written.header {
        None => {
            names::missing(file, at.span(), "header", faults);
            None
        }
        Some(header) => {
            let fits = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
            let is_name = !header.get().is_empty() && header.get().chars().all(fits);
            if !is_name {
                let message = format!("`{}` is no name of a header", header.get());
                let problem = file.problem(header.span(), "bad_name", message);
                faults.push(problem.hint("like `X-Forwarded-User`"));
            }
            is_name.then(|| header.get().to_ascii_lowercase())
        }
    };
    if written.from.is_empty() {
        names::missing(file, at.span(), "from", faults);
    }
    let mut from = Vec::new();
    for text in &written.from {
        let (why, hint) = match Network::parse(text.get()) {
            Some(network) if !network.is_everywhere() => {
                from.push(network);
                continue;
            }
            Some(_) => (
                "is everywhere: anybody could say who they are",
                "name the proxy's own addresses",
            ),
            None => (
                "is no address and no network",
                "like `10.1.2.3` or `10.1.2.0/24`",
            ),
        };
        let message = format!("`{}` {why}", text.get());
        faults.push(file.problem(text.span(), "bad_network", message).hint(hint));
    }
    let operators = written.operators.iter();
    Some(Proxy {
        header: header?,
        from,
        operators: operators.map(|name| name.get().clone()).collect(),
    })
}

fn tls(
    around: &Around<'_>,
    at: &At<written::Tls>,
    faults: &mut Vec<Problem>,
) -> Option<Certificate> {
    let written = at.get();
    for (key, value) in [("certificate", &written.certificate), ("key", &written.key)] {
        if value.is_none() {
            names::missing(around.file, at.span(), key, faults);
        }
    }
    let certificate = around.certificate(written.certificate.as_ref(), faults);
    let key = around.key(written.key.as_ref(), faults);
    Some(Certificate {
        certificate: certificate?,
        key: key?,
    })
}

fn host(file: &FileText, name: &AtText, faults: &mut Vec<Problem>) -> Option<String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    if !name.get().is_empty() && name.get().chars().all(fits) {
        return Some(name.get().to_ascii_lowercase());
    }
    let message = format!("`{}` is no host name", name.get());
    let problem = file.problem(name.span(), "bad_name", message);
    faults.push(problem.hint("like `tollwatch.contoso.example`, without scheme and port"));
    None
}
