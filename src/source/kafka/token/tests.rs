//! Tokens from an endpoint on the loopback, which answers well, badly, late or not at all.

#![expect(
    clippy::string_slice,
    reason = "what does not begin as it should fails the test"
)]

#[path = "../../../../tests/token_server/mod.rs"]
mod token_server;

use std::sync::mpsc;
use std::time::Instant;

use super::*;
use token_server::{Reply, TokenServer};

const NOW: UnixMillis = UnixMillis(1_780_000_000_000);
/// Stands in whatever must not be told.
const HUSH: &str = "hush-";

/// A folder with the client's secret, and how the endpoint is asked.
fn from(url: &str, client_id: &str, secret: &str) -> (tempfile::TempDir, TokenFrom) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    std::fs::write(&path, format!("{secret}\n")).unwrap();
    let from = TokenFrom {
        url: url.to_owned(),
        client_id: client_id.to_owned(),
        client_secret: SecretRef::File(path),
        scope: Some("api://kafka/.default".to_owned()),
        ca: None,
    };
    (folder, from)
}

fn impatient() -> Patience {
    Patience {
        connect: Duration::from_millis(400),
        request: Duration::from_millis(400),
    }
}

/// What a server that answers so leads to: the token and how long it holds, or the fault.
fn asked(reply: Reply) -> Result<(String, i64), Fault> {
    let server = TokenServer::start(move |_| reply.clone());
    let (_folder, from) = from(&server.url(), "tollwatch", "hush-secret");
    let tokens = Tokens::new(Origin::Endpoint(from), Patience::default());
    let token = tokens.token(NOW)?;
    Ok((token.text.open().to_owned(), token.end.0 - NOW.0))
}

#[test]
fn what_is_asked() {
    let server = TokenServer::start(|_| Reply::token("t", ""));
    let (_folder, mut from) = from(&server.url(), "a:b", "p%q+r s~/=");
    ask::token(&from, Patience::default()).unwrap();
    from.scope = None;
    ask::token(&from, Patience::default()).unwrap();
    let all = server.asked();
    let [asked, bare] = all.as_slice() else {
        panic!("{all:?}")
    };
    assert!(
        asked.head.starts_with("POST /oauth2/token HTTP/1.1\r\n"),
        "{asked:?}"
    );
    let head = asked.head.to_lowercase();
    // "a%3Ab:p%25q%2Br%20s~/="
    let login = "authorization: basic YSUzQWI6cCUyNXElMkJyJTIwc34vPQ==";
    assert!(head.contains(&login.to_lowercase()), "{head}");
    assert!(asked.head.contains(&login[21..]), "{asked:?}");
    for field in [
        "content-type: application/x-www-form-urlencoded",
        "accept: application/json",
    ] {
        assert!(head.contains(field), "{head}");
    }
    assert_eq!(
        asked.body,
        "grant_type=client_credentials&scope=api%3A%2F%2Fkafka%2F.default"
    );
    assert_eq!(bare.body, "grant_type=client_credentials");
}

#[test]
fn good_answers() {
    let rows = [
        (", \"expires_in\": 60", 60_000),
        (", \"expires_in\": \"3599\"", 3_599_000),
        ("", LIFETIME_MS),
        (", \"expires_in\": null", LIFETIME_MS),
        (", \"expires_in\": 1000000000000000000", LIFETIME_MAX_MS),
        (", \"scope\": \"x\", \"expires_in\": 1, \"more\": {}", 1_000),
    ];
    for (more, life) in rows {
        let told = asked(Reply::token("a.b.c", more)).unwrap();
        assert_eq!(told, ("a.b.c".to_owned(), life), "{more}");
    }
    let small = Reply::new(
        "200 OK",
        "",
        r#"{"access_token":"t","token_type":"bearer"}"#,
    );
    assert!(asked(small).is_ok());
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of answers")]
fn refusals_say_what_to_do_and_nothing_that_was_secret() {
    use FaultKind::{Denied, Settings, Unreachable};
    let unknown = "check `url` of `token_from`: it must be";
    let rows = [
        (
            "401 X",
            "invalid_client",
            "401, `invalid_client`",
            Denied,
            "check `client_id` and `client_secret`",
        ),
        (
            "400 X",
            "invalid_client",
            "400, `invalid_client`",
            Denied,
            "check `client_id` and `client_secret`",
        ),
        (
            "400 X",
            "invalid_grant",
            "400, `invalid_grant`",
            Denied,
            "check `client_id` and `client_secret`",
        ),
        (
            "400 X",
            "unauthorized_client",
            "400, `unauthorized_client`",
            Denied,
            "by `client_credentials`",
        ),
        (
            "400 X",
            "unsupported_grant_type",
            "400, `unsupported_grant_type`",
            Denied,
            "by `client_credentials`",
        ),
        (
            "400 X",
            "invalid_scope",
            "400, `invalid_scope`",
            Denied,
            "check `scope`",
        ),
        (
            "400 X",
            "invalid_request",
            "400, `invalid_request`",
            Denied,
            "check `url` and `scope`",
        ),
        (
            "401 X",
            "hush-word",
            "answered 401",
            Denied,
            "check `client_id` and `client_secret`",
        ),
        (
            "403 X",
            "hush-word",
            "answered 403",
            Denied,
            "check `client_id` and `client_secret`",
        ),
        ("400 X", "hush-word", "answered 400", Settings, unknown),
        ("404 X", "hush-word", "answered 404", Settings, unknown),
        (
            "408 X",
            "hush-word",
            "answered 408",
            Unreachable,
            "it is asked again",
        ),
        (
            "429 X",
            "hush-word",
            "answered 429",
            Unreachable,
            "it is asked again",
        ),
        (
            "500 X",
            "hush-word",
            "answered 500",
            Unreachable,
            "it is asked again",
        ),
        (
            "503 X",
            "hush-word",
            "answered 503",
            Unreachable,
            "it is asked again",
        ),
    ];
    for (status, word, message, kind, hint) in rows {
        let fault = asked(Reply::refusal(status, word)).unwrap_err();
        assert!(fault.message.ends_with(message), "{fault:?}");
        assert!(
            fault
                .message
                .starts_with("token endpoint http://127.0.0.1:"),
            "{fault:?}"
        );
        assert_eq!(fault.kind, kind, "{fault:?}");
        assert!(fault.hint().contains(hint), "{fault:?}");
        assert!(!format!("{fault:?}").contains(HUSH), "{fault:?}");
    }
}

#[test]
fn answers_that_are_none() {
    let json = |body: &str| Reply::new("200 OK", "", body);
    let huge = format!(
        r#"{{"access_token": "t", "more": "{}"}}"#,
        "x".repeat(70_000)
    );
    let replies = [
        json("<html>hush-page</html>"),
        json(""),
        json("[]"),
        json(r#"{"token": "hush-token"}"#),
        json(r#"{"access_token": 7}"#),
        json(r#"{"access_token": ""}"#),
        json(r#"{"access_token": "hush-a\nb"}"#),
        json(r#"{"access_token": "hush-a b"}"#),
        json(r#"{"access_token": "hush-ü"}"#),
        json(r#"{"access_token": "hush-t", "token_type": "mac"}"#),
        json(&huge),
        Reply::token("hush-t", ", \"expires_in\": 0"),
        Reply::token("hush-t", ", \"expires_in\": -1"),
        Reply::token("hush-t", ", \"expires_in\": \"hush-soon\""),
        Reply::token("hush-t", ", \"expires_in\": {}"),
    ];
    for reply in replies {
        let shown = String::from_utf8_lossy(&reply.bytes).into_owned();
        let fault = asked(reply).unwrap_err();
        assert!(
            fault.message.contains("without a bearer token"),
            "{shown}: {fault:?}"
        );
        assert_eq!(fault.kind, FaultKind::Settings, "{shown}");
        assert!(!format!("{fault:?}").contains(HUSH), "{fault:?}");
    }
    // Nobody is followed elsewhere: what stands there would be a token.
    let other = TokenServer::start(|_| Reply::token("t", ""));
    for status in ["301", "302", "303", "307", "308"] {
        let to = format!("Location: {}\r\n", other.url());
        let fault = asked(Reply::new(&format!("{status} X"), &to, "")).unwrap_err();
        assert!(fault.message.ends_with(status), "{fault:?}");
        assert!(fault.hint().contains("the endpoint itself"), "{fault:?}");
    }
    assert!(other.asked().is_empty());
    let hung_up = Reply {
        bytes: Vec::new(),
        after: Duration::ZERO,
    };
    let fault = asked(hung_up).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Unreachable, "{fault:?}");
}

#[test]
fn who_is_slow_is_not_waited_for() {
    let slow = Duration::from_secs(20);
    let server = TokenServer::start(move |_| Reply::token("t", "").after(slow));
    let (_folder, mut from) = from(&server.url(), "tollwatch", "s");
    let begun = Instant::now();
    let fault = ask::token(&from, impatient()).err().unwrap();
    assert!(
        fault.message.ends_with("does not answer in time"),
        "{fault:?}"
    );
    // Nor is one that never ends.
    server.answers(|_| Reply {
        bytes: b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{".to_vec(),
        after: Duration::ZERO,
    });
    assert!(ask::token(&from, impatient()).is_err());
    assert!(begun.elapsed() < slow / 2);
    // Nobody listens there.
    from.url = "http://127.0.0.1:1/".to_owned();
    let fault = ask::token(&from, impatient()).err().unwrap();
    assert_eq!(fault.kind, FaultKind::Unreachable);
    assert!(
        fault.message.contains("127.0.0.1:1 cannot be asked: "),
        "{fault:?}"
    );
    assert!(fault.hint().contains("check `url`"), "{fault:?}");
}

#[test]
fn what_cannot_be_read_is_said() {
    let (folder, mut from) = from("http://127.0.0.1:1/", "tollwatch", "s");
    let ca = folder.path().join("ca.pem");
    from.ca = Some(ca.clone());
    for bytes in [
        "",
        "no certificate",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        std::fs::write(&ca, bytes).unwrap();
        let fault = ask::token(&from, impatient()).err();
        let fault = fault.unwrap_or_else(|| panic!("{bytes}"));
        assert!(fault.message.contains("ca.pem"), "{bytes}: {fault:?}");
        assert_eq!(fault.kind, FaultKind::Settings, "{fault:?}");
    }
    from.ca = None;
    from.client_secret = SecretRef::Env("NOBODY_SETS_IT".to_owned());
    let fault = ask::token(&from, impatient()).err().unwrap();
    assert_eq!(fault.kind, FaultKind::Settings);
    assert!(
        fault.message.contains("`NOBODY_SETS_IT` is not set"),
        "{fault:?}"
    );
}

#[test]
fn tokens_are_renewed_before_they_end() {
    let server = TokenServer::start(|_| Reply::token("first", ", \"expires_in\": 100"));
    let (_folder, from) = from(&server.url(), "tollwatch", "s");
    let tokens = Tokens::new(Origin::Endpoint(from), Patience::default());
    let at = |seconds: i64| NOW.saturating_add(seconds * 1000);
    let shown = |seconds: i64| {
        let token = tokens.token(at(seconds))?;
        Ok((token.text.open().to_owned(), (token.end.0 - NOW.0) / 1000))
    };
    let first = || Ok::<_, Fault>(("first".to_owned(), 100));
    assert_eq!(shown(0), first());
    // A second client of the source shares it.
    assert_eq!(shown(74), first());
    assert_eq!(server.asked().len(), 1);

    // The endpoint fails: that is said, and the token is good until it ends.
    server.answers(|_| Reply::refusal("500 X", ""));
    assert!(shown(80).unwrap_err().message.ends_with("answered 500"));
    assert_eq!(tokens.lacking(at(80)), None);
    assert!(tokens.lacking(at(100)).is_some());
    assert!(shown(100).is_err());
    assert!(shown(110).is_err());
    assert!(server.asked().len() >= 3, "it goes on trying");

    // And is there again.
    server.answers(|_| Reply::token("second", ", \"expires_in\": 50"));
    assert_eq!(shown(120), Ok(("second".to_owned(), 170)));
    assert_eq!(tokens.lacking(at(120)), None);
}

#[test]
fn a_slow_endpoint_holds_nobody_up_who_has_a_token() {
    let server = TokenServer::start(|_| Reply::token("first", ", \"expires_in\": 100"));
    let (_folder, from) = from(&server.url(), "tollwatch", "s");
    let tokens = Tokens::new(Origin::Endpoint(from), Patience::default());
    tokens.token(NOW).unwrap();
    let (go, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    server.answers(move |_| {
        wait.lock().unwrap().recv().unwrap();
        Reply::token("second", ", \"expires_in\": 100")
    });
    let late = NOW.saturating_add(80_000);
    let begun = Instant::now();
    for _ in 0..2 {
        let token = tokens.token(late).unwrap();
        assert_eq!(token.text.open(), "first");
        assert_eq!(token.end, late.saturating_add(AGAIN_MS), "asked again soon");
    }
    assert!(begun.elapsed() < WAIT_WITHOUT);
    go.send(()).unwrap();
    let asking = |kept: &mut Kept| kept.asking;
    drop(tokens.changed.wait_while(tokens.kept(), asking).unwrap());
    assert_eq!(tokens.token(late).unwrap().text.open(), "second");
    assert_eq!(server.asked().len(), 2);
}

#[test]
fn a_token_that_somebody_else_renews() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    let tokens = Tokens::new(
        Origin::Place(SecretRef::File(path.clone())),
        Patience::default(),
    );
    let fault = tokens.token(NOW).unwrap_err();
    assert!(fault.message.contains("cannot be read"), "{fault:?}");
    assert_eq!(tokens.lacking(NOW), Some(fault));
    std::fs::write(&path, "a.b.c\n").unwrap();
    let token = tokens.token(NOW).unwrap();
    assert_eq!(
        (token.text.open(), token.end.0 - NOW.0),
        ("a.b.c", LIFETIME_MS)
    );
    assert_eq!(tokens.lacking(NOW), None);
    // The client itself would repeat such a token in its complaint.
    for text in ["", "hush-a b", "\u{feff}hush-a", "hush-a\nb"] {
        std::fs::write(&path, text).unwrap();
        let fault = tokens.token(NOW).unwrap_err();
        assert!(fault.message.contains("holds no bearer token"), "{fault:?}");
        assert!(!format!("{fault:?}").contains(HUSH), "{fault:?}");
    }
    assert!(!format!("{tokens:?} {token:?}").contains("a.b.c"));
}
