//! Turns a written token endpoint into a ready one.
//!
//! Knows no socket. A newcomer may ask why a server on this machine may be asked without TLS: nobody
//! else hears it, and a helper that answers there for a cloud's own identities has no certificate.

use std::net::IpAddr;

use crate::attribute::BaseUrl;
use crate::problem::Problem;
use crate::secret::looks_secret;

use super::super::at::{At, AtText};
use super::super::names;
use super::super::read::FileText;
use super::security::Around;
use super::{TokenFrom, written};

/// The endpoint; `None` when a part is missing or not sound.
pub(super) fn from(
    around: &Around<'_>,
    at: &At<written::TokenFrom>,
    faults: &mut Vec<Problem>,
) -> Option<TokenFrom> {
    let (file, written) = (around.file, at.get());
    let needed = [
        ("url", written.url.is_some()),
        ("client_id", written.client_id.is_some()),
        ("client_secret", written.client_secret.is_some()),
    ];
    for (key, _) in needed.into_iter().filter(|(_, there)| !there) {
        names::missing(file, at.span(), key, faults);
    }
    let address = written.url.as_ref();
    let address = address.and_then(|text| url(file, text, faults));
    let client_id = word(file, "client_id", written.client_id.as_ref(), faults);
    let scope = word(file, "scope", written.scope.as_ref(), faults);
    let ca = around.authorities(written.ca.as_ref(), faults);
    let client_secret = around.secret("client_secret", written.client_secret.as_ref(), faults);
    Some(TokenFrom {
        url: address?,
        client_id: client_id?,
        client_secret: client_secret?,
        scope,
        ca,
    })
}

/// The address as it is written; what cannot be asked, or not safely, is reported.
fn url(file: &FileText, text: &AtText, faults: &mut Vec<Problem>) -> Option<String> {
    let written = text.get().as_str();
    // A query belongs to the address (RFC 6749, 3.2).
    let (plain, query) = written.split_once('?').unwrap_or((written, ""));
    let mut refuse = |code, message: String, hint: &str| {
        let problem = file.problem(text.span(), code, message).hint(hint);
        // A password may stand in it.
        faults.push(file.hide(problem, text.span()));
        None
    };
    let fault = match BaseUrl::parse(plain) {
        _ if written.contains('#') => "has a fragment",
        Err(fault) => fault,
        Ok(_) if query.contains(char::is_whitespace) => "has a blank in it",
        Ok(_) if query.split(['&', '=']).any(looks_secret) => {
            let message = "`url` has what looks like a secret in its query".to_owned();
            let hint =
                "only `client_secret` is kept secret; replace the secret: it stood in a file";
            return refuse("secret_in_file", message, hint);
        }
        Ok(base) if base.scheme.as_str() != "https" && !is_here(&base.host) => {
            let host = &base.host;
            let message = format!("the client's secret would go to `{host}` in clear text");
            let hint = "`https://`; `http://` is for a server on this machine: `localhost`, `127.0.0.1`, `[::1]`";
            return refuse("bad_url", message, hint);
        }
        Ok(_) => return Some(written.to_owned()),
    };
    let like = "like `https://login.example.com/oauth2/v2.0/token`";
    refuse("bad_url", format!("`url` {fault}"), like)
}

/// Whether a host can only be this machine.
fn is_here(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// A name of the server's; one that is empty or has control characters is reported.
fn word(
    file: &FileText,
    key: &str,
    written: Option<&AtText>,
    faults: &mut Vec<Problem>,
) -> Option<String> {
    let text = written?;
    if text.get().trim().is_empty() || text.get().contains(char::is_control) {
        let message = format!("`{key}` is empty or has a control character");
        faults.push(file.problem(text.span(), "bad_name", message));
        return None;
    }
    Some(text.get().clone())
}
