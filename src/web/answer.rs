//! What each path answers.
//!
//! Knows no socket and no figure. A newcomer may ask why every answer closes its connection: a
//! handful of probes a minute gain nothing from an open one, and a forgotten one would hold a place.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::Board;
use super::answers::{Asked, Failed, Refused, Wrong};
use super::events::Changes;
use super::page::{self, csv};

/// The paths that are always served, and what for.
pub const PATHS: [(&str, &str); 3] = [
    ("/metrics", "the daemon's own metrics, for Prometheus"),
    (
        "/healthz",
        "200 while every thread moves, else 503 with those that stand still",
    ),
    ("/readyz", "200 when ready, else 503 with a reason a line"),
];

const PLAIN: &str = "text/plain; charset=utf-8";
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";
const JSON: &str = "application/json";
const CSV: &str = "text/csv; charset=utf-8; header=present";

/// Nothing from elsewhere, no script or style in the text, no frame around it.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// How long an answer may take to be made.
const PATIENCE: Duration = Duration::from_secs(20);

/// All paths.
pub(super) fn router(board: Board) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/style.css", get(style))
        .route("/script.js", get(script))
        .route("/icon.svg", get(icon))
        .route("/events", get(events))
        .route("/api/v1/{*name}", get(api))
        .fallback(get(shown))
        .method_not_allowed_fallback(not_allowed)
        .layer(middleware::from_fn(guarded))
        .with_state(board)
}

async fn metrics(State(board): State<Board>) -> Response {
    let alive = board.health.alive(Instant::now()).is_ok();
    let page = board.figures.page(board.clock.now(), alive);
    answer(StatusCode::OK, METRICS, page)
}

async fn healthz(State(board): State<Board>) -> Response {
    match board.health.alive(Instant::now()) {
        Ok(()) => answer(StatusCode::OK, PLAIN, "ok\n".to_owned()),
        Err(reason) => answer(StatusCode::SERVICE_UNAVAILABLE, PLAIN, reason + "\n"),
    }
}

async fn readyz(State(board): State<Board>) -> Response {
    let reasons = board.health.reasons(Instant::now());
    if reasons.is_empty() {
        return answer(StatusCode::OK, PLAIN, "ready\n".to_owned());
    }
    let lines = reasons.join("\n") + "\n";
    answer(StatusCode::SERVICE_UNAVAILABLE, PLAIN, lines)
}

async fn style(headers: HeaderMap) -> Response {
    let text = include_str!("../../dashboards/web/style.css").to_owned();
    tagged("text/css; charset=utf-8", text, &headers)
}

async fn script(headers: HeaderMap) -> Response {
    let text = include_str!("../../dashboards/web/script.js").to_owned();
    tagged("text/javascript; charset=utf-8", text, &headers)
}

async fn icon(headers: HeaderMap) -> Response {
    let text = include_str!("../../dashboards/web/icon.svg").to_owned();
    tagged("image/svg+xml", text, &headers)
}

/// A page, or one of its tables as CSV.
async fn shown(State(board): State<Board>, request: Request) -> Response {
    let (path, query) = (request.uri().path(), request.uri().query().unwrap_or(""));
    let (path, query) = (path.to_owned(), query.to_owned());
    let headers = request.headers().clone();
    let Some(pages) = board.pages.clone() else {
        return unknown(&board);
    };
    if path.starts_with("/api/") {
        return failed(&Refused::Unknown);
    }
    let made = made(move || {
        let asked = Asked::parse(&query)?;
        let (path, table) = match path
            .strip_suffix(".csv")
            .and_then(|rest| rest.rsplit_once('/'))
        {
            Some(("/overview", table)) => ("/", Some(table)),
            Some((path, table)) => (path, Some(table)),
            None => (path.as_str(), None),
        };
        let page = pages.page(path, &asked)?;
        match table {
            None => Ok((HTML, page::full(&page, pages.places(), path))),
            Some(name) => {
                let table = page.table(name).ok_or(Refused::Unknown)?;
                Ok((CSV, csv(table)))
            }
        }
    });
    match made.await {
        Ok((kind, text)) => tagged(kind, text, &headers),
        Err(Refused::Unknown) => missing(&board, &headers),
        Err(refused) => {
            let (status, _, text) = said(&refused);
            let places = board.pages.as_ref().map_or(&[][..], |pages| pages.places());
            let title = "This cannot be shown";
            answer(status, HTML, page::message(title, &text, places))
        }
    }
}

/// An answer of the API.
async fn api(State(board): State<Board>, request: Request) -> Response {
    let name = request
        .uri()
        .path()
        .trim_start_matches("/api/v1/")
        .to_owned();
    let query = request.uri().query().unwrap_or("").to_owned();
    let headers = request.headers().clone();
    let Some(pages) = board.pages.clone() else {
        return unknown(&board);
    };
    let made = made(move || {
        if name == "openapi.json" {
            return Ok(pages.openapi());
        }
        pages.api(&name, &Asked::parse(&query)?)
    });
    match made.await {
        Ok(text) => tagged(JSON, text, &headers),
        Err(refused) => failed(&refused),
    }
}

/// A refusal as the API tells it.
fn failed(refused: &Refused) -> Response {
    let (status, code, message) = said(refused);
    let (parameter, expected) = match refused {
        Refused::Unknown => (
            None,
            "an address that /api/v1/openapi.json lists".to_owned(),
        ),
        Refused::Parameter(name, right) => (Some(name.clone()), right.clone()),
        Refused::Unavailable(_) => (None, "the same later, or for fewer days".to_owned()),
    };
    wrong(
        status,
        Wrong {
            code,
            message,
            parameter,
            expected,
        },
    )
}

fn wrong(status: StatusCode, error: Wrong) -> Response {
    let text = serde_json::to_string(&Failed { error }).unwrap_or_default();
    answer(status, JSON, text + "\n")
}

/// Status, code of the API and words of a refusal.
fn said(refused: &Refused) -> (StatusCode, &'static str, String) {
    match refused {
        Refused::Unknown => {
            let text = "there is no such answer; /api/v1/openapi.json lists them";
            (StatusCode::NOT_FOUND, "not_found", text.to_owned())
        }
        Refused::Parameter(name, right) => {
            let text = format!("`{name}` must be {right}");
            (StatusCode::BAD_REQUEST, "bad_parameter", text)
        }
        Refused::Unavailable(why) => {
            let status = StatusCode::SERVICE_UNAVAILABLE;
            (
                status,
                "unavailable",
                format!("the books cannot be read now: {why}"),
            )
        }
    }
}

/// What is made on a thread of its own: the books may be slow, and the listener must not be.
async fn made<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refused> + Send + 'static,
) -> Result<T, Refused> {
    let unavailable = |why: &str| Err(Refused::Unavailable(why.to_owned()));
    match tokio::time::timeout(PATIENCE, tokio::task::spawn_blocking(work)).await {
        Ok(Ok(made)) => made,
        Ok(Err(_)) => unavailable("a fault of the program; its log tells more"),
        Err(_) => unavailable("they take too long; ask for a shorter span"),
    }
}

/// Tells when the books have changed; for less than a connection may last.
async fn events(State(board): State<Board>) -> Response {
    let Some(pages) = board.pages.clone() else {
        return unknown(&board);
    };
    let changes = Changes::new(move || pages.version(), board.limits.lifetime);
    let event = |version: u64| {
        let event = Event::default().event("books").data(version.to_string());
        Ok::<Event, Infallible>(event.retry(Duration::from_secs(2)))
    };
    let mut response = Sse::new(changes.map_each(event)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// What is not there: a page to a browser, a list to whoever reads plain text.
fn missing(board: &Board, asked: &HeaderMap) -> Response {
    let accept = asked
        .get(header::ACCEPT)
        .and_then(|kinds| kinds.to_str().ok());
    if !accept.is_some_and(|kinds| kinds.contains("text/html")) {
        return unknown(board);
    }
    let places = board.pages.as_ref().map_or(&[][..], |pages| pages.places());
    let text = "Nothing stands at this address. What there is stands above.";
    let page = page::message("There is no such page", text, places);
    answer(StatusCode::NOT_FOUND, HTML, page)
}

fn unknown(board: &Board) -> Response {
    let places = board.pages.as_ref().map_or(&[][..], |pages| pages.places());
    let pages = places.iter().map(|(path, _, what)| (*path, *what));
    let list = pages
        .chain(PATHS)
        .map(|(path, what)| format!("{path}  {what}\n"));
    let text = format!("not found; there are:\n{}", list.collect::<String>());
    answer(StatusCode::NOT_FOUND, PLAIN, text)
}

async fn not_allowed(request: Request) -> Response {
    let text = "only GET and HEAD are answered";
    let status = StatusCode::METHOD_NOT_ALLOWED;
    if request.uri().path().starts_with("/api/") {
        let error = Wrong {
            code: "not_allowed",
            message: text.to_owned(),
            parameter: None,
            expected: "GET".to_owned(),
        };
        return wrong(status, error);
    }
    answer(status, PLAIN, format!("{text}\n"))
}

/// Nobody but this machine may name this listener: a page elsewhere whose name leads here must not
/// read it. Every answer says what a browser may do with it.
async fn guarded(request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).map(HeaderValue::to_str);
    let ours = match host {
        None => true,
        Some(Ok(host)) => is_local(host),
        Some(Err(_)) => false,
    };
    let mut response = if ours {
        next.run(request).await
    } else {
        let text = "asked by a name that is not this machine's\n".to_owned();
        answer(StatusCode::MISDIRECTED_REQUEST, PLAIN, text)
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Whether a `Host` header names this machine's loopback.
fn is_local(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        // An address of IPv6 without brackets has no port.
        Some((name, _)) if name.contains(':') && !name.ends_with(']') => host,
        Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => name,
        Some(_) | None => host,
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    let address = name.parse::<std::net::IpAddr>();
    name.eq_ignore_ascii_case("localhost")
        || address.is_ok_and(|address| address.to_canonical().is_loopback())
}

/// An answer with a mark of its content; 304 to whoever has it.
fn tagged(kind: &'static str, text: String, asked: &HeaderMap) -> Response {
    let tag = format!(
        "\"{:016x}\"",
        twox_hash::XxHash3_64::oneshot(text.as_bytes())
    );
    let known = asked
        .get(header::IF_NONE_MATCH)
        .and_then(|known| known.to_str().ok());
    let same = known.is_some_and(|known| known.split(',').any(|one| one.trim() == tag));
    let (status, text) = if same {
        (StatusCode::NOT_MODIFIED, String::new())
    } else {
        (StatusCode::OK, text)
    };
    let mut response = answer(status, kind, text);
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

fn answer(status: StatusCode, kind: &'static str, text: String) -> Response {
    let headers: [(HeaderName, &str); 3] = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONNECTION, "close"),
    ];
    (status, headers, text).into_response()
}

#[cfg(test)]
mod tests {
    use super::is_local;

    #[test]
    fn only_this_machine_is_local() {
        for host in [
            "localhost",
            "LOCALHOST:8080",
            "127.0.0.1:1",
            "127.8.0.1",
            "[::1]:80",
            "::1",
        ] {
            assert!(is_local(host), "{host}");
        }
        for host in [
            "example.com",
            "localhost.example",
            "10.0.0.1",
            "",
            "127.0.0.1.example:1",
        ] {
            assert!(!is_local(host), "{host}");
        }
    }
}
