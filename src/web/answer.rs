//! What each path answers.
//!
//! Knows no socket. A newcomer may ask why every answer closes its connection: a handful of probes
//! a minute gain nothing from an open one, and a forgotten one would hold a place.

use std::time::Instant;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::Board;

/// The paths that are served, and what for.
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

/// All paths.
pub(super) fn router(board: Board) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .fallback(unknown)
        .method_not_allowed_fallback(not_allowed)
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

async fn unknown() -> Response {
    let list = PATHS.map(|(path, what)| format!("{path}  {what}\n"));
    let text = format!("not found; there are:\n{}", list.concat());
    answer(StatusCode::NOT_FOUND, PLAIN, text)
}

async fn not_allowed() -> Response {
    let text = "only GET and HEAD are answered\n".to_owned();
    answer(StatusCode::METHOD_NOT_ALLOWED, PLAIN, text)
}

fn answer(status: StatusCode, kind: &'static str, text: String) -> Response {
    let headers: [(HeaderName, &str); 4] = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONNECTION, "close"),
    ];
    (status, headers, text).into_response()
}
