//! The door of the pages, asked over TCP: who is let in, what they may change, what links of mails do,
//! and what nobody can do to it.
//!
//! Knows no figure. A newcomer may ask why most rows are refusals: a door is what it keeps out.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[path = "../common/aloud.rs"]
mod aloud;
mod bounds;
#[path = "../web_support/browser.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod browser;
mod changes;
mod door;
mod links;
mod sealed;

use door::{Door, PASSWORD, TOKENS, users};

const HTML: (&str, &str) = ("Accept", "text/html");

#[test]
fn nothing_is_shown_to_whoever_has_not_said_who_they_are() {
    let door = Door::new(&users());
    let cases = [
        ("/healthz", 200),
        ("/readyz", 200),
        ("/style.css", 200),
        ("/login", 200),
        ("/", 303),
        ("/spend?from=2026-11-01", 303),
        ("/alerts/1", 303),
        ("/nothing", 303),
        ("/spend/features.csv", 401),
        ("/api", 303),
        ("/api/v1/spend", 401),
        ("/api/v1/openapi.json", 401),
        ("/events", 401),
    ];
    for (path, status) in cases {
        let answer = door.get(path, &[HTML]);
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        assert!(answer.head.contains("default-src 'none'"), "{path}");
        if status == 303 {
            let to = answer.header("location").unwrap();
            assert!(to.starts_with("/login?next=/"), "{path}: {to}");
        }
        // Whoever is no browser is told, and not led to a form.
        let plain = door.get(path, &[]).status;
        assert_eq!(plain, if status == 303 { 401 } else { status }, "{path}");
    }
    let next = door
        .get("/spend?from=2026-11-01", &[HTML])
        .header("location");
    assert_eq!(next.unwrap(), "/login?next=/spend%3Ffrom%3D2026-11-01");
}

#[test]
fn roles_see_what_is_theirs() {
    let door = Door::new(&users());
    let (anna, ben) = (door.log_in("anna"), door.log_in("ben"));
    let bearer = |role: &str| {
        let token = TOKENS.iter().find(|(one, _)| *one == role).unwrap().1;
        format!("Bearer {token}")
    };
    let (scraper, script) = (bearer("metrics"), bearer("viewer"));
    // Path; as nobody, metrics token, viewer token, ben (viewer), anna (operator), a wrong token.
    let cases = [
        ("/metrics", [200, 200, 200, 200, 200, 401]),
        ("/spend", [401, 403, 200, 200, 200, 401]),
        ("/api/v1/spend", [401, 403, 200, 200, 200, 401]),
        ("/alerts/episodes.csv", [401, 403, 200, 200, 200, 401]),
        ("/healthz", [200, 200, 200, 200, 200, 200]),
    ];
    for (path, statuses) in cases {
        let asked: [&[(&str, &str)]; 6] = [
            &[],
            &[("Authorization", &scraper)],
            &[("Authorization", &script)],
            &[("Cookie", &ben)],
            &[("Cookie", &anna)],
            &[("Authorization", "Bearer guess"), ("Cookie", &anna)],
        ];
        for (headers, status) in asked.iter().zip(statuses) {
            let answer = door.get(path, headers);
            assert_eq!(answer.status, status, "{path} {headers:?}: {}", answer.body);
        }
    }
    // Metrics are for this machine; who comes by a proxy or another name shows a token.
    for header in [
        ("X-Forwarded-For", "10.0.0.1"),
        ("Host", "tollwatch.contoso.example"),
    ] {
        assert_eq!(door.get("/metrics", &[header]).status, 401, "{header:?}");
    }
    let page = door.get("/alerts", &[("Cookie", &ben)]).body;
    assert!(
        page.contains("<bdi>ben</bdi>") && page.contains("Log out"),
        "{page}"
    );
    for secret in ["argon2", "sha256:", PASSWORD] {
        assert!(!page.contains(secret), "{secret}");
    }
}

#[test]
fn names_that_are_not_ours_are_sent_away() {
    let (asks, open) = (Door::new(&users()), Door::new(""));
    let cases = [
        ("localhost:9464", 303, 200),
        ("tollwatch.contoso.example", 303, 200),
        ("evil.example", 421, 421),
        ("127.0.0.1.evil.example:80", 421, 421),
        ("192.0.2.1:9464", 303, 421),
    ];
    for (host, of_asking, of_open) in cases {
        let headers = [("Host", host), HTML];
        assert_eq!(asks.get("/spend", &headers).status, of_asking, "{host}");
        assert_eq!(open.get("/spend", &headers).status, of_open, "{host}");
    }
}

#[test]
fn a_session_begins_with_the_right_password_and_ends() {
    let door = Door::new(&users());
    let right = format!(
        "user=anna&password={}&next=/spend",
        PASSWORD.replace(' ', "+")
    );
    let answer = door.post("/login", &[], &right);
    assert_eq!(answer.header("location").unwrap(), "/spend");
    let cookie = answer.header("set-cookie").unwrap();
    for part in [
        "; HttpOnly",
        "; SameSite=Lax",
        "; Path=/",
        "; Max-Age=43200",
    ] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let kept = std::fs::read_to_string(door.folder().join("sessions")).unwrap();
    let name = cookie.split(';').next().unwrap().split('=').nth(1).unwrap();
    assert_eq!(name.len(), 64);
    assert!(!kept.contains(name), "its digest alone is kept");
    // Nobody is told whether it was the name or the password.
    let wrong = [
        "user=anna&password=wrong",
        "user=nobody&password=wrong",
        "user=&password=",
        "",
    ];
    let said = wrong.map(|form| {
        let answer = door.post("/login", &[], form);
        assert_eq!(answer.status, 401, "{form}");
        answer.body
    });
    assert!(said.iter().all(|body| *body == said[0]));
    let elsewhere = door.post("/login", &[("Origin", "https://evil.example")], &right);
    assert_eq!(elsewhere.status, 403);
    let led = door.post("/login", &[], &right.replace("/spend", "//evil.example"));
    assert_eq!(led.header("location").unwrap(), "/");
    // Out again: not by a link, not without the page's own word.
    let anna = door.log_in("anna");
    let page = door.get("/alerts", &[("Cookie", &anna)]).body;
    let header = page.split("</header>").next().unwrap();
    let token = header.split("name=\"token\" value=\"").nth(1).unwrap();
    let token = token.split('"').next().unwrap();
    assert_eq!(door.get("/logout", &[("Cookie", &anna)]).status, 405);
    assert_eq!(
        door.post("/logout", &[("Cookie", &anna)], "token=x").status,
        403
    );
    assert_eq!(door.get("/spend", &[("Cookie", &anna)]).status, 200);
    let out = door.post("/logout", &[("Cookie", &anna)], &format!("token={token}"));
    assert!(out.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert_eq!(door.get("/spend", &[("Cookie", &anna)]).status, 401);
}

#[test]
fn passwords_are_not_guessed_for_long() {
    let door = Door::new(&users());
    let mut statuses = Vec::new();
    for i in 0..12 {
        let form = format!("user=user{i}&password=guess");
        statuses.push(door.post("/login", &[], &form));
    }
    let [.., late] = statuses.as_slice() else {
        unreachable!()
    };
    assert_eq!(statuses[0].status, 401);
    assert_eq!(late.status, 429);
    assert_eq!(late.header("retry-after").unwrap(), "301");
    let right = format!("user=anna&password={}", PASSWORD.replace(' ', "+"));
    assert_eq!(
        door.post("/login", &[], &right).status,
        429,
        "not even the right one"
    );
    door.clock.set(door::NOW.saturating_add(300_000));
    assert_eq!(door.post("/login", &[], &right).status, 303);
}

#[test]
fn a_trusted_proxy_says_who_asks_and_nobody_else_does() {
    let config = |from: &str| {
        format!(
            "[web]\n[web.proxy]\nheader = \"X-Forwarded-User\"\nfrom = [\"{from}\"]\noperators = [\"carla\"]\n"
        )
    };
    let (trusted, other) = (
        Door::new(&config("127.0.0.0/8")),
        Door::new(&config("10.0.0.0/8")),
    );
    let carla: &[(&str, &str)] = &[("X-Forwarded-User", "carla")];
    let dora: &[(&str, &str)] = &[("X-Forwarded-User", "dora")];
    let twice: &[(&str, &str)] = &[carla[0], ("X-Forwarded-User", "dora")];
    for (headers, status) in [(carla, 200), (dora, 200), (twice, 401), (&[], 401)] {
        assert_eq!(
            trusted.get("/alerts", headers).status,
            status,
            "{headers:?}"
        );
        assert_eq!(other.get("/alerts", headers).status, 401, "{headers:?}");
    }
    assert!(
        trusted
            .get("/alerts/1", carla)
            .body
            .contains("action=\"/alerts/1/ack\"")
    );
    assert!(
        !trusted
            .get("/alerts/1", dora)
            .body
            .contains("action=\"/alerts/1/ack\"")
    );
    let form = format!("token={}", trusted.token(carla));
    assert_eq!(trusted.post("/alerts/1/ack", dora, &form).status, 403);
    assert_eq!(trusted.post("/alerts/1/ack", carla, &form).status, 303);
    assert_eq!(trusted.done()[0].author, "carla");
}

#[test]
fn a_page_that_is_kept_holds_nobody_s_name_or_token() {
    let door = Door::new(&users());
    let (anna, ben, again) = (door.log_in("anna"), door.log_in("ben"), door.log_in("anna"));
    let seen = |cookie: &str| door.get("/alerts/1", &[("Cookie", cookie), HTML]).body;
    // The books stand still, and so does the clock: from the second on, the page is one that was made for another.
    for round in 0..3 {
        let pages = [&anna, &ben, &again].map(|cookie| seen(cookie));
        let [anna, ben, again] = &pages;
        assert!(
            anna.contains(">anna<") && !anna.contains(">ben<"),
            "{round}: {anna}"
        );
        assert!(
            ben.contains(">ben<") && !ben.contains(">anna<"),
            "{round}: {ben}"
        );
        let tokens = [anna, again].map(|page| door::token_of(page).unwrap());
        assert_ne!(tokens[0], tokens[1], "{round}: a token of each session");
        // A viewer may change nothing, and is shown no form that does.
        assert_eq!(door::token_of(ben), None, "{round}");
        for token in &tokens {
            assert!(!ben.contains(token.as_str()), "{round}");
        }
    }
    let token = door.token(&[("Cookie", &again)]);
    let form = format!("token={token}&note=");
    let headers = [("Cookie", again.as_str()), ("Origin", "http://localhost")];
    let done = door.post("/alerts/1/ack", &headers, &form);
    assert_eq!(done.status, 303, "{done:?}");
    let after = seen(&anna);
    assert!(after.contains("takes care of it since"), "{after}");
}
