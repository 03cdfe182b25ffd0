//! The first thing that happens to a request: by which name it came, and who asks.
//!
//! Knows no page. A newcomer may ask why a stranger is sent to log in and a program is refused: a
//! browser shows what it is sent to, and a script must not take a form for an answer.

use std::net::SocketAddr;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::config::Role;

use super::Board;
use super::access::{Identity, Signs, is_local};
use super::answer::{JSON, PLAIN, answer};

/// Where a connection comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub(super) SocketAddr);

/// Paths that are answered to whoever asks: whether it lives, and how pages look.
const OPEN: [&str; 6] = [
    "/healthz",
    "/readyz",
    "/style.css",
    "/script.js",
    "/icon.svg",
    "/login",
];
/// Below it lie what mails lead to; each address proves itself.
const SIGNED: &str = "/a/";
const METRICS: &str = "/metrics";

/// Nothing from elsewhere, no script or style in the text, no frame around it.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Headers by which proxies tell that they passed something on.
const FORWARDED: [&str; 4] = [
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-real-ip",
];

/// Lets through whoever may ask, with what is known of them. Every answer says what a browser may do
/// with it.
pub(super) async fn guarded(
    State(board): State<Board>,
    mut request: Request,
    next: Next,
) -> Response {
    let mut response = match admitted(&board, &request) {
        Ok(who) => {
            if let Some(who) = who {
                request.extensions_mut().insert(who);
            }
            next.run(request).await
        }
        Err(refused) => *refused,
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        // Forms tell where they come from, to this door alone.
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ] {
        // A mail in its frame has a stricter policy of its own.
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    if board.access.tls().is_some() {
        let long = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, long);
    }
    response
}

/// Who asks, as far as the path has to know.
fn admitted(board: &Board, request: &Request) -> Result<Option<Identity>, Box<Response>> {
    let headers = request.headers();
    let access = &board.access;
    let host = headers.get(header::HOST).map(HeaderValue::to_str);
    let ours = match host {
        None => true,
        Some(Ok(host)) => access.is_ours(host),
        Some(Err(_)) => false,
    };
    if !ours {
        let text =
            "asked by a name that is not this machine's; `names` below `[web]` lists others\n";
        let answer = answer(StatusCode::MISDIRECTED_REQUEST, PLAIN, text.to_owned());
        return Err(Box::new(answer));
    }
    let path = request.uri().path();
    let known = access.who(signs(request), |name| single(headers, name));
    if OPEN.contains(&path) || path.starts_with(SIGNED) {
        return Ok(known.ok().flatten());
    }
    let who = match known {
        Err(()) => return Err(Box::new(unknown_token())),
        Ok(who) => who,
    };
    let least = if path == METRICS {
        Role::Metrics
    } else {
        Role::Viewer
    };
    match who {
        Some(who) if who.role >= least => Ok(Some(who)),
        Some(_) => Err(Box::new(refused(path, StatusCode::FORBIDDEN, "forbidden"))),
        // Whoever is on this machine may read its metrics.
        None if path == METRICS && is_here(request) => Ok(None),
        None => Err(Box::new(stranger(board, request))),
    }
}

/// What a request says of who asks.
pub(super) fn signs(request: &Request) -> Signs<'_> {
    let headers = request.headers();
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = text(&header::AUTHORIZATION).and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    let forwarded_for = headers
        .get_all("x-forwarded-for")
        .iter()
        .next_back()
        .and_then(|value| value.to_str().ok()?.rsplit(',').next());
    let mode = headers.get("sec-fetch-mode");
    Signs {
        peer: request.extensions().get::<Peer>().map(|peer| peer.0),
        bearer,
        session: session_of(headers),
        forwarded_for,
        is_forwarded: is_forwarded(headers),
        is_visit: mode.is_none_or(|mode| mode == "navigate"),
    }
}

/// Whether a proxy passed it on, or it came by a name that is not this machine's.
fn is_forwarded(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST);
    FORWARDED.iter().any(|name| headers.contains_key(*name))
        || host.is_some_and(|host| !host.to_str().is_ok_and(is_local))
}

fn is_here(request: &Request) -> bool {
    let peer = request.extensions().get::<Peer>();
    peer.is_some_and(|peer| peer.0.ip().to_canonical().is_loopback())
        && !is_forwarded(request.headers())
}

/// A header that stands there once; two are an attempt to be somebody else.
fn single(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut all = headers.get_all(name).iter();
    let one = all.next()?.to_str().ok()?.to_owned();
    all.next().is_none().then_some(one)
}

/// The names of the cookie: one that a browser takes by TLS alone, and one for plain doors.
pub(super) const COOKIES: [&str; 2] = ["__Host-tollwatch", "tollwatch"];

fn session_of(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter();
    let pairs = cookies
        .filter_map(|cookie| cookie.to_str().ok())
        .flat_map(|cookie| cookie.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    let ours = pairs.filter(|(name, _)| COOKIES.contains(name));
    ours.map(|(_, value)| value).next()
}

/// Somebody who has not said who they are.
fn stranger(board: &Board, request: &Request) -> Response {
    let path = request.uri().path();
    let wants_page = request.headers().get(header::ACCEPT).is_some_and(|accept| {
        accept
            .to_str()
            .is_ok_and(|accept| accept.contains("text/html"))
    });
    let is_page = !path.starts_with("/api/")
        && path
            .rsplit_once('.')
            .is_none_or(|(_, ending)| ending != "csv")
        && path != "/events"
        && path != METRICS;
    if !board.access.has_users() || !is_page || !wants_page {
        let mut response = refused(path, StatusCode::UNAUTHORIZED, "unauthorized");
        let scheme = HeaderValue::from_static("Bearer realm=\"tollwatch\"");
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, scheme);
        return response;
    }
    let asked = request.uri().path_and_query();
    let next = asked.map_or("/", hyper::http::uri::PathAndQuery::as_str);
    let to = super::answers::Asked::default().with("next", next).query();
    moved(&format!("/login{to}"))
}

/// Sends a browser elsewhere, to look.
pub(super) fn moved(to: &str) -> Response {
    let mut response = answer(StatusCode::SEE_OTHER, PLAIN, format!("go to {to}\n"));
    if let Ok(to) = HeaderValue::from_str(to) {
        response.headers_mut().insert(header::LOCATION, to);
    }
    response
}

fn unknown_token() -> Response {
    let text = "this token is not known\n".to_owned();
    let mut response = answer(StatusCode::UNAUTHORIZED, PLAIN, text);
    let scheme = HeaderValue::from_static("Bearer realm=\"tollwatch\", error=\"invalid_token\"");
    response
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, scheme);
    response
}

/// A refusal in the form of what was asked for.
fn refused(path: &str, status: StatusCode, code: &'static str) -> Response {
    let text = match status {
        StatusCode::UNAUTHORIZED => "say who you are: log in, or show a token",
        _ => "you may not do that",
    };
    if path.starts_with("/api/") {
        let error = serde_json::json!({ "error": { "code": code, "message": text } });
        return answer(status, JSON, error.to_string() + "\n");
    }
    answer(status, PLAIN, format!("{text}\n")).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_request_says_of_who_asks() {
        let request = |headers: &[(&'static str, &str)]| {
            let mut request = Request::new(axum::body::Body::empty());
            for (name, value) in headers {
                let value = HeaderValue::from_str(value).unwrap();
                request.headers_mut().append(*name, value);
            }
            request
        };
        let cookies = request(&[("cookie", "a=b; tollwatch=one"), ("cookie", "c=d")]);
        assert_eq!(signs(&cookies).session, Some("one"));
        let bearer = request(&[("authorization", "bearer  x ")]);
        assert_eq!(signs(&bearer).bearer, Some("x"));
        let basic = request(&[("authorization", "Basic eDp5")]);
        assert_eq!(signs(&basic).bearer, None);
        let twice = request(&[("x-forwarded-user", "a"), ("x-forwarded-user", "b")]);
        assert_eq!(single(twice.headers(), "x-forwarded-user"), None);
        let last = request(&[("x-forwarded-for", "1.1.1.1, 2.2.2.2")]);
        assert_eq!(signs(&last).forwarded_for.map(str::trim), Some("2.2.2.2"));
        assert!(signs(&last).is_forwarded);
        let named = request(&[("host", "tollwatch.contoso.example")]);
        assert!(signs(&named).is_forwarded);
        let here = request(&[("host", "localhost:9464"), ("sec-fetch-mode", "cors")]);
        assert!(!signs(&here).is_forwarded && !signs(&here).is_visit);
    }
}
