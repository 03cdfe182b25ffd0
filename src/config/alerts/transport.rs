//! How mail is sent, who else is told, and what is asked for while all is well.
//!
//! Knows no socket. A newcomer may ask why a plain way must be allowed by the host's name: a mail
//! names features, dollars and people, and a forgotten `none` must not survive a change of server.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use crate::attribute::BaseUrl;
use crate::problem::Problem;

use super::super::Read;
use super::super::at::{At, AtText};
use super::super::kafka::Around;
use super::super::names;
use super::super::read::FileText;
use super::super::settings::bounded;
use super::ready::address;
use super::{Mail, MailWay, Smtp, SmtpTls, UrlRef, Webhook, written};

type Place<'a> = (&'a FileText, &'a Path, Read<'a>);

/// How mail is sent.
pub(super) fn mail(
    place: Place<'_>,
    at: &At<written::Mail>,
    faults: &mut Vec<Problem>,
) -> Option<Mail> {
    let (file, dir, _) = place;
    let written = at.get();
    let from = written.from.as_ref();
    if from.is_none() {
        names::missing(file, at.span(), "from", faults);
    }
    let from = from.and_then(|text| address(file, text, faults));
    let fallback = written.fallback_to.as_ref();
    let fallback_to = fallback.and_then(|text| address(file, text, faults));
    let ways = [
        written.smtp.as_ref().map(At::span),
        written.sendmail.as_ref().map(At::span),
        written.folder.as_ref().map(At::span),
    ];
    match ways.iter().flatten().count() {
        0 => names::missing(file, at.span(), "smtp", faults),
        1 => {}
        _ => {
            let second = ways
                .into_iter()
                .flatten()
                .nth(1)
                .unwrap_or_else(|| at.span());
            let message = "mail is sent by one of `smtp`, `sendmail` and `folder`";
            faults.push(
                file.problem(second, "bad_mail", message)
                    .hint("keep one of them"),
            );
        }
    }
    let smtp = written.smtp.as_ref().and_then(|at| smtp(place, at, faults));
    let sendmail = written.sendmail.as_ref().and_then(|text| {
        let path = PathBuf::from(text.get());
        if !path.is_absolute() {
            let message = format!("`{}` is no whole path of a program", text.get());
            let problem = file.problem(text.span(), "bad_mail", message);
            faults
                .push(problem.hint("like `/usr/sbin/sendmail`; arguments are given by tollwatch"));
        }
        path.is_absolute().then_some(path)
    });
    let folder = written.folder.as_ref().map(|text| dir.join(text.get()));
    let way = smtp
        .map(MailWay::Smtp)
        .or(sendmail.map(MailWay::Sendmail))
        .or(folder.map(MailWay::Folder));
    Some(Mail {
        way: way?,
        from: from?.to_string(),
        fallback_to: fallback_to.map(|text| text.to_string()),
    })
}

fn smtp(place: Place<'_>, at: &At<written::Smtp>, faults: &mut Vec<Problem>) -> Option<Smtp> {
    let (file, dir, read) = place;
    let written = at.get();
    let around = Around::new(file, dir, read, "smtp");
    let tls = match written.tls.as_ref().map(At::get) {
        None | Some(written::SmtpTls::Starttls) => SmtpTls::Starttls,
        Some(written::SmtpTls::Tls) => SmtpTls::Tls,
        Some(written::SmtpTls::None) => SmtpTls::None,
    };
    let usual = match tls {
        SmtpTls::Starttls => 587,
        SmtpTls::Tls => 465,
        SmtpTls::None => 25,
    };
    let port = bounded(file, written.port.as_ref(), 1..=65_535, faults).unwrap_or(usual);
    let Some(host) = &written.host else {
        names::missing(file, at.span(), "host", faults);
        return None;
    };
    let fits = |c: char| c.is_ascii_alphanumeric() || ".-_:".contains(c);
    let is_name = !host.get().is_empty() && host.get().chars().all(fits);
    let is_ip = host.get().parse::<IpAddr>().is_ok();
    let is_host = is_name && (is_ip || !host.get().contains(':'));
    if !is_host {
        let message = format!("`{}` is no host name", host.get());
        let problem = file.problem(host.span(), "bad_mail", message);
        let hint = "like `smtp.contoso.example`; the port has a key of its own";
        faults.push(problem.hint(hint));
    }
    if tls == SmtpTls::None && is_host {
        plain(file, written, host, faults);
    } else if let Some(allowed) = written.plain_to.as_ref().filter(|_| tls != SmtpTls::None) {
        let message = "`plain_to` allows what is not asked for";
        let problem = file.problem(allowed.span(), "bad_mail", message);
        faults.push(problem.hint("it goes with `tls = \"none\"`"));
    }
    let password = around.secret("password", written.password.as_ref(), faults);
    match (&written.username, &written.password) {
        (Some(name), None) => names::missing(file, name.span(), "password", faults),
        (None, Some(password)) => names::missing(file, password.span(), "username", faults),
        (None, None) | (Some(_), Some(_)) => {}
    }
    let name = written.username.as_ref().map(|name| name.get().clone());
    Some(Smtp {
        host: host.get().clone(),
        port,
        tls,
        login: name.zip(password),
        ca: around.authorities(written.ca.as_ref(), faults),
    })
}

/// Reports a plain way to another machine that is not allowed by name.
fn plain(file: &FileText, written: &written::Smtp, host: &AtText, faults: &mut Vec<Problem>) {
    let name = host.get().as_str();
    let here = name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    let allowed = written.plain_to.as_ref().map(|text| text.get().as_str()) == Some(name);
    if here || allowed {
        return;
    }
    let at = written.tls.as_ref().map_or_else(|| host.span(), At::span);
    let message = format!("mail would go to `{name}` in clear");
    let hint = format!("`starttls` or `tls`; where it must be, allow it: `plain_to = \"{name}\"`");
    faults.push(file.problem(at, "clear_text_mail", message).hint(hint));
}

/// Who is told of every step besides.
pub(super) fn webhook(
    place: Place<'_>,
    at: &At<written::Webhook>,
    faults: &mut Vec<Problem>,
) -> Option<Webhook> {
    let (file, dir, read) = place;
    let written = at.get();
    let around = Around::new(file, dir, read, "webhook");
    let url = url(
        &around,
        (written.url.as_ref(), written.url_from.as_ref()),
        at,
        faults,
    );
    let secret = around.secret("secret", written.secret.as_ref(), faults);
    if let Some(header) = &written.header {
        let is_token = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        if header.get().is_empty() || !header.get().chars().all(is_token) {
            let message = format!("`{}` is no name of a header", header.get());
            let problem = file.problem(header.span(), "bad_name", message);
            faults.push(file.hide(problem.hint("like `Authorization`"), header.span()));
        }
        if written.secret.is_none() {
            names::missing(file, header.span(), "secret", faults);
        }
    } else if let Some(secret) = &written.secret {
        names::missing(file, secret.span(), "header", faults);
    }
    let name = written.header.as_ref().map(|header| header.get().clone());
    Some(Webhook {
        url: url?,
        header: name.zip(secret),
    })
}

/// What is asked for each minute while all is well.
pub(super) fn heartbeat(
    (file, dir, read): Place<'_>,
    at: &At<written::Heartbeat>,
    faults: &mut Vec<Problem>,
) -> Option<UrlRef> {
    let around = Around::new(file, dir, read, "heartbeat");
    let written = at.get();
    url(
        &around,
        (written.url.as_ref(), written.url_from.as_ref()),
        at,
        faults,
    )
}

/// The address: as written, or where it is found.
fn url<T>(
    around: &Around<'_>,
    (text, from): (
        Option<&AtText>,
        Option<&At<super::super::kafka::written::SecretText>>,
    ),
    at: &At<T>,
    faults: &mut Vec<Problem>,
) -> Option<UrlRef> {
    let file = around.file;
    match (text, from) {
        (Some(text), Some(_)) => {
            let message = "`url` beside `url_from`, which says the same";
            let problem = file.problem(text.span(), "bad_url", message);
            faults.push(file.hide(problem.hint("keep one of them"), text.span()));
            None
        }
        (None, None) => {
            names::missing(file, at.span(), "url", faults);
            None
        }
        (None, Some(_)) => around.secret("url_from", from, faults).map(UrlRef::Secret),
        (Some(text), None) => {
            // A query may stand behind an address that is asked for; nothing else differs.
            let plain = text.get().split('?').next().unwrap_or_default();
            let fault = match BaseUrl::parse(plain) {
                Ok(_) if !text.get().contains(char::is_whitespace) => {
                    return Some(UrlRef::Written(text.get().clone()));
                }
                Ok(_) => "has a blank in it",
                Err(fault) => fault,
            };
            let problem = file.problem(text.span(), "bad_url", format!("`url` {fault}"));
            let problem = problem.hint("like `https://hooks.contoso.example/llm`");
            faults.push(file.hide(problem, text.span()));
            None
        }
    }
}
