//! What each path answers.
//!
//! Knows no socket and no figure. A newcomer may ask why every answer closes its connection: a
//! handful of probes a minute gain nothing from an open one, and a forgotten one would hold a place.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use super::access::Identity;
use super::answers::{Answers, Asked, Failed, Refused, Wrong};
use super::events::Changes;
use super::page::{self, csv};
use super::{Board, changes, pace, who};

/// The paths that are always served, and what for.
pub const PATHS: [(&str, &str); 3] = [
    ("/metrics", "the daemon's own metrics, for Prometheus"),
    (
        "/healthz",
        "200 while every thread moves, else 503 with those that stand still",
    ),
    ("/readyz", "200 when ready, else 503 with a reason a line"),
];

pub(super) const PLAIN: &str = "text/plain; charset=utf-8";
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";
pub(super) const HTML: &str = "text/html; charset=utf-8";
pub(super) const JSON: &str = "application/json";
const CSV: &str = "text/csv; charset=utf-8; header=present";

/// A page with a frame for a mail: what every page may, and frames of our own.
const POLICY_OF_MAILS: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A mail in its frame: its own styles and pictures, and nothing else, whoever opens it.
const POLICY_OF_A_MAIL: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'";

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
        .route("/login", get(changes::login_form).post(changes::log_in))
        .route("/logout", post(changes::log_out))
        .route(
            "/a/{episode}/{act}",
            get(changes::linked).post(changes::follow),
        )
        .fallback(get(shown).post(changes::change))
        .method_not_allowed_fallback(not_allowed)
        .layer(middleware::from_fn_with_state(board.clone(), who::guarded))
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
    let reader = changes::reader(&board, request.extensions().get::<Identity>());
    let Some(pages) = board.pages.clone() else {
        return unknown(&board);
    };
    if path.starts_with("/api/") {
        return failed(&Refused::Unknown);
    }
    let mails = path == "/mails";
    let mail = path.strip_prefix("/mails/");
    if let Some(name) = mail.and_then(|name| name.strip_suffix(".html")) {
        return a_mail(&board, pages, name.to_owned()).await;
    }
    let arrived = Instant::now();
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
        let page = pages.page(path, &asked, arrived)?;
        match table {
            None => Ok((HTML, page::full(&page, pages.places(), path, &reader))),
            Some(name) => {
                let table = page.table(name).ok_or(Refused::Unknown)?;
                Ok((CSV, csv(table)))
            }
        }
    });
    match made.await {
        Ok((kind, text)) => {
            let mut response = tagged(kind, text, &headers);
            if mails {
                let policy = HeaderValue::from_static(POLICY_OF_MAILS);
                let headers = response.headers_mut();
                headers.insert(header::CONTENT_SECURITY_POLICY, policy);
            }
            response
        }
        Err(Refused::Unknown) => missing(&board, &headers),
        Err(refused) => {
            let (status, _, text) = said(&refused);
            let places = board.pages.as_ref().map_or(&[][..], |pages| pages.places());
            let title = "This cannot be shown";
            let page = page::message(title, &text, places);
            again(&refused, answer(status, HTML, page))
        }
    }
}

/// A mail's HTML, for the frame of its page: it may run nothing, fetch nothing and lead nowhere.
async fn a_mail(board: &Board, pages: Arc<dyn Answers>, name: String) -> Response {
    let Ok(text) = made(move || pages.framed(&name)).await else {
        return unknown(board);
    };
    let mut response = answer(StatusCode::OK, HTML, text);
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY_OF_A_MAIL),
        (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
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
        Refused::Busy => (None, "the same a little later".to_owned()),
    };
    let error = Wrong {
        code,
        message,
        parameter,
        expected,
    };
    again(refused, wrong(status, error))
}

/// Says when to come again, to whoever was sent away because too many wait.
pub(super) fn again(refused: &Refused, mut response: Response) -> Response {
    if *refused == Refused::Busy {
        let seconds = HeaderValue::from(pace::AGAIN_SECS);
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    response
}

fn wrong(status: StatusCode, error: Wrong) -> Response {
    let text = serde_json::to_string(&Failed { error }).unwrap_or_default();
    answer(status, JSON, text + "\n")
}

/// Status, code of the API and words of a refusal.
pub(super) fn said(refused: &Refused) -> (StatusCode, &'static str, String) {
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
        Refused::Busy => {
            let text = "too many ask at once; come again in a moment";
            (StatusCode::SERVICE_UNAVAILABLE, "busy", text.to_owned())
        }
    }
}

/// What is made on a thread of its own: the books may be slow, and the listener must not be.
pub(super) async fn made<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refused> + Send + 'static,
) -> Result<T, Refused> {
    let unavailable = |why: &str| Err(Refused::Unavailable(why.to_owned()));
    let Some(place) = pace::place() else {
        return Err(Refused::Busy);
    };
    // The place is taken as long as there is work, also where nobody waits for it any more.
    let mut working = tokio::task::spawn_blocking(move || {
        let made = work();
        drop(place);
        made
    });
    match tokio::time::timeout(PATIENCE, &mut working).await {
        Ok(Ok(made)) => made,
        Ok(Err(_)) => unavailable("a fault of the program; its log tells more"),
        Err(_) => {
            // What has not begun is not begun for nobody.
            working.abort();
            unavailable("they take too long; ask for a shorter span")
        }
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

/// What is answered to a change where nothing can be changed.
pub(super) fn no_change(path: &str) -> Response {
    let text = "only GET and HEAD are answered";
    let status = StatusCode::METHOD_NOT_ALLOWED;
    if path.starts_with("/api/") {
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

async fn not_allowed(request: Request) -> Response {
    no_change(request.uri().path())
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

pub(super) fn answer(status: StatusCode, kind: &'static str, text: String) -> Response {
    let headers: [(HeaderName, &str); 3] = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONNECTION, "close"),
    ];
    (status, headers, text).into_response()
}
