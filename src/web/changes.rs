//! What changes something: logging in and out, forms of pages, links of mails.
//!
//! Knows no alert: whoever has the answers does what a form says. A newcomer may ask why a form is
//! refused that came from nowhere we know: a browser says where a form stood, and only a page of ours has
//! a reason to send one.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;

use crate::config::Role;

use super::Board;
use super::access::{How, Identity, Late, Signs};
use super::answer::{HTML, PLAIN, again, answer, made, said};
use super::answers::{Answers, Asked, Refused, Unchanged};
use super::page::{self, Page, Reader};
use super::who::{COOKIES, moved, signs};

/// Longest body of a request, in bytes.
const BODY_MAX: usize = 16 * 1024;
/// How long a whole session lasts, as cookies say it.
const COOKIE_SECONDS: u32 = 12 * 3_600;

/// A form that came, or why it was not taken.
async fn form(request: Request, patience: Duration) -> Result<(Asked, HeaderMap), Box<Response>> {
    let headers = request.headers().clone();
    let plain = |status, text: &str| Box::new(answer(status, PLAIN, format!("{text}\n")));
    if !is_from_here(&headers) {
        let text = "this form did not stand on a page of ours; nothing was changed";
        return Err(plain(StatusCode::FORBIDDEN, text));
    }
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let is_form = kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    if !is_form {
        let text = "a form is sent as application/x-www-form-urlencoded";
        return Err(plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, text));
    }
    let body: Body = request.into_body();
    let read = tokio::time::timeout(patience, axum::body::to_bytes(body, BODY_MAX));
    let bytes = match read.await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(_)) => {
            let text = "a form has at most 16,384 bytes";
            return Err(plain(StatusCode::PAYLOAD_TOO_LARGE, text));
        }
        Err(_) => return Err(plain(StatusCode::REQUEST_TIMEOUT, "the form did not come")),
    };
    let text = std::str::from_utf8(&bytes).unwrap_or("%ff");
    match Asked::parse_within(text, BODY_MAX) {
        Ok(asked) => Ok((asked, headers)),
        Err(refused) => Err(plain(StatusCode::BAD_REQUEST, &said(&refused).2)),
    }
}

/// Whether a form stood on a page of this door, as browsers say; programs say nothing.
fn is_from_here(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site");
    if site.is_some_and(|site| site != "same-origin" && site != "none") {
        return false;
    }
    let Some(origin) = headers.get(header::ORIGIN) else {
        return true;
    };
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let origin = origin
        .to_str()
        .ok()
        .and_then(|origin| origin.split_once("://"));
    match (origin, host) {
        (Some((_, origin)), Some(host)) => origin.eq_ignore_ascii_case(host),
        (None | Some(_), _) => false,
    }
}

/// A path of this door that somebody may be led to; `/` for another text.
fn local(next: Option<&str>) -> String {
    let fits = |next: &&str| {
        next.starts_with('/')
            && !next.starts_with("//")
            && !next.contains(['\\', '\r', '\n'])
            && next.bytes().all(|byte| byte.is_ascii_graphic())
    };
    next.filter(fits).unwrap_or("/").to_owned()
}

/// The form to log in.
pub(super) async fn login_form(State(board): State<Board>, request: Request) -> Response {
    let asked = Asked::parse(request.uri().query().unwrap_or("")).unwrap_or_default();
    let next = local(asked.get("next"));
    if !board.access.has_users() || request.extensions().get::<Identity>().is_some() {
        return moved(&next);
    }
    answer(StatusCode::OK, HTML, page::login(&next, ""))
}

/// Name and password, and a session for them.
pub(super) async fn log_in(State(board): State<Board>, request: Request) -> Response {
    if !board.access.has_users() {
        return moved("/");
    }
    let peer = signs(&request).peer;
    let forwarded_for = signs(&request).forwarded_for.map(str::to_owned);
    let (form, _) = match form(request, board.limits.patience).await {
        Ok(form) => form,
        Err(refused) => return *refused,
    };
    let signs = Signs {
        peer,
        forwarded_for: forwarded_for.as_deref(),
        ..Signs::default()
    };
    let next = local(form.get("next"));
    let user = form.get("user").unwrap_or_default().to_owned();
    let password = form.get("password").unwrap_or_default().to_owned();
    let address = board.access.address(signs);
    if let Err(Late(seconds)) = board.access.try_now(signs, &user) {
        tracing::warn!(address, "too many tries to log in");
        let text = format!("Too many tries. It can be tried again in {seconds} seconds.");
        let page = page::login(&next, &text);
        let mut response = answer(StatusCode::TOO_MANY_REQUESTS, HTML, page);
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        return response;
    }
    let (is_user, hash) = board.access.hash_of(&user);
    // The semaphore is never closed.
    let turn = board.access.checking.acquire().await.ok();
    let checked = hash.clone();
    let fits = made(move || Ok(checked.fits(&password))).await;
    drop(turn);
    let fits = match fits {
        Ok(fits) => fits,
        // Nobody looked at the password, so nobody may be told that it is wrong.
        Err(refused) => {
            let (status, _, text) = said(&refused);
            return again(&refused, answer(status, HTML, page::login(&next, &text)));
        }
    };
    if !(is_user && fits) {
        tracing::warn!(
            address,
            "somebody tried to log in, and name and password did not fit"
        );
        let page = page::login(&next, "Name and password do not fit.");
        return answer(StatusCode::UNAUTHORIZED, HTML, page);
    }
    match board.access.log_in(signs, (&user, &hash)) {
        Err(why) => answer(StatusCode::SERVICE_UNAVAILABLE, PLAIN, format!("{why}\n")),
        Ok(name) => {
            tracing::info!(user, address, "logged in");
            let mut response = moved(&next);
            cookie(&board, &mut response, &name, COOKIE_SECONDS);
            response
        }
    }
}

/// Gives a browser its cookie. `Lax`, not `Strict`: whoever comes from a mail is logged in, and what
/// changes something is asked for by a form with a token of its own.
fn cookie(board: &Board, response: &mut Response, value: &str, seconds: u32) {
    let [sealed, plain] = COOKIES;
    let (name, secure) = if board.access.is_sealed() {
        (sealed, "; Secure")
    } else {
        (plain, "")
    };
    let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    if let Ok(text) = HeaderValue::from_str(&text) {
        response.headers_mut().append(header::SET_COOKIE, text);
    }
}

/// Ends a session.
pub(super) async fn log_out(State(board): State<Board>, request: Request) -> Response {
    let who = request.extensions().get::<Identity>().cloned();
    let form = match form(request, board.limits.patience).await {
        Ok((form, _)) => form,
        Err(refused) => return *refused,
    };
    let Some(who) = who else {
        return moved("/login");
    };
    if let How::Session(digest) = &who.how {
        if !board
            .access
            .is_form(&who, form.get("token").unwrap_or_default())
        {
            return old_form(&board);
        }
        board.access.log_out(digest);
        tracing::info!(user = %who.name, "logged out");
    }
    let mut response = moved("/login");
    cookie(&board, &mut response, "", 0);
    response
}

fn old_form(board: &Board) -> Response {
    let text = "This form is from before, or from elsewhere, and nothing was changed. Open the page once more and send it from there.";
    told(board, StatusCode::FORBIDDEN, "Nothing was changed", text)
}

fn told(board: &Board, status: StatusCode, title: &str, text: &str) -> Response {
    let places = board.pages.as_ref().map_or(&[][..], |pages| pages.places());
    answer(status, HTML, page::message(title, text, places))
}

/// A form of a page: done by whoever may, and back to the page.
pub(super) async fn change(State(board): State<Board>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let who = request.extensions().get::<Identity>().cloned();
    let (Some(pages), Some(who)) = (board.pages.clone(), who) else {
        return super::answer::no_change(&path);
    };
    if !pages.takes(&path) {
        return super::answer::no_change(&path);
    }
    let form = match form(request, board.limits.patience).await {
        Ok((form, _)) => form,
        Err(refused) => return *refused,
    };
    if who.role < Role::Operator {
        let text = format!("{} may look, and an operator may change.", who.name);
        return told(&board, StatusCode::FORBIDDEN, "Nothing was changed", &text);
    }
    let token = form.get("token").unwrap_or_default();
    if who.how != How::Token && !board.access.is_form(&who, token) {
        return old_form(&board);
    }
    let (form, name) = (form.with("token", ""), who.name.clone());
    match made_of(move || pages.change(&path, &form, &name)).await {
        Ok(to) => moved(&to),
        Err(unchanged) => refused(&board, &unchanged),
    }
}

/// What a link of a mail would do.
pub(super) async fn linked(State(board): State<Board>, request: Request) -> Response {
    by_link(board, request.uri(), |pages, path, key| {
        pages.linked(path, key)
    })
    .await
}

/// Does what a link of a mail says. The address itself is the proof that a form's token is elsewhere.
pub(super) async fn follow(State(board): State<Board>, request: Request) -> Response {
    let uri = request.uri().clone();
    if let Err(refused) = form(request, board.limits.patience).await {
        return *refused;
    }
    by_link(board, &uri, |pages, path, key| pages.follow(path, key)).await
}

async fn by_link(
    board: Board,
    uri: &axum::http::Uri,
    work: impl FnOnce(&dyn Answers, &str, &str) -> Result<Page, Unchanged> + Send + 'static,
) -> Response {
    let path = uri.path().to_owned();
    let Some(pages) = board.pages.clone() else {
        return super::answer::no_change(&path);
    };
    let asked = Asked::parse(uri.query().unwrap_or("")).unwrap_or_default();
    let key = asked.get("k").unwrap_or_default().to_owned();
    match made_of(move || work(pages.as_ref(), &path, &key)).await {
        // No navigation: whoever comes by a link may not be let in elsewhere.
        Ok(page) => answer(
            StatusCode::OK,
            HTML,
            page::full(&page, &[], "", &Reader::LINK),
        ),
        Err(unchanged) => refused(&board, &unchanged),
    }
}

/// What changes something, on a thread of its own.
async fn made_of<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Unchanged> + Send + 'static,
) -> Result<T, Unchanged> {
    match made(move || Ok(work())).await {
        Ok(done) => done,
        Err(refused) => Err(Unchanged::Refused(refused)),
    }
}

fn refused(board: &Board, unchanged: &Unchanged) -> Response {
    let title = "Nothing was changed";
    match unchanged {
        Unchanged::Not(why) => told(board, StatusCode::CONFLICT, title, why),
        Unchanged::Invalid(why) => told(board, StatusCode::FORBIDDEN, title, why),
        Unchanged::Refused(refused) => {
            let (status, _, text) = said(refused);
            let text = match refused {
                Refused::Unknown => "There is no such alert or silence.".to_owned(),
                Refused::Parameter(..) | Refused::Unavailable(_) | Refused::Busy => text,
            };
            told(board, status, title, &text)
        }
    }
}

/// What a page shows to somebody: their name, and forms where they may change something.
pub(super) fn reader(board: &Board, who: Option<&Identity>) -> Reader {
    let Some(who) = who else {
        return Reader::default();
    };
    let token = board.access.form(who);
    let is_session = matches!(who.how, How::Session(_));
    Reader {
        name: if who.how == How::Here {
            String::new()
        } else {
            who.name.to_string()
        },
        token: (who.role >= Role::Operator).then(|| token.clone()),
        log_out: is_session.then_some(token),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_stand_on_pages_of_this_door() {
        let cases: [(&[(&'static str, &'static str)], bool); 7] = [
            (&[], true),
            (&[("host", "a:1"), ("origin", "http://a:1")], true),
            (&[("host", "a:1"), ("origin", "http://b:1")], false),
            (&[("host", "a:1"), ("origin", "null")], false),
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "same-site")], false),
        ];
        for (headers, from_here) in cases {
            let mut map = HeaderMap::new();
            for (name, value) in headers {
                map.insert(*name, HeaderValue::from_static(value));
            }
            assert_eq!(is_from_here(&map), from_here, "{headers:?}");
        }
    }

    #[test]
    fn nobody_is_led_elsewhere() {
        let cases = [
            (Some("/spend?from=2026-11-20"), "/spend?from=2026-11-20"),
            (Some("//evil.example"), "/"),
            (Some("/\\evil.example"), "/"),
            (Some("https://evil.example"), "/"),
            (Some("/a\r\nSet-Cookie: x"), "/"),
            (None, "/"),
        ];
        for (next, to) in cases {
            assert_eq!(local(next), to, "{next:?}");
        }
    }
}
