//! What is changed by forms: by whom, and by whom not.
//!
//! Knows no browser but in its last case. A newcomer may ask why the books are asked after each row: an
//! answer that says no and does it is the worst.

use std::process::Command;

use super::browser::Browser;
use super::door::{Door, PASSWORD, users};

/// Headers, form and status.
type Refused<'a> = (&'a [(&'a str, &'a str)], String, u16);

#[test]
#[expect(clippy::too_many_lines, reason = "two tables of cases")]
fn forms_change_what_an_operator_sends_from_a_page() {
    let door = Door::new(&users());
    let (anna, ben) = (door.log_in("anna"), door.log_in("ben"));
    let token = door.token(&[("Cookie", &anna)]);
    let other = door.token(&[("Cookie", &door.log_in("anna"))]);
    assert!(
        super::door::token_of(&door.get("/alerts/1", &[("Cookie", &ben)]).body).is_none(),
        "a viewer has no forms"
    );
    let evil = ("Origin", "https://evil.example");
    let cross = ("Sec-Fetch-Site", "cross-site");
    let (by_anna, by_ben) = (("Cookie", anna.as_str()), ("Cookie", ben.as_str()));
    let ours = format!("token={token}");
    let refused: [Refused<'_>; 8] = [
        (&[], ours.clone(), 401),
        (&[by_ben], ours.clone(), 403),
        (&[by_anna], String::new(), 403),
        (&[by_anna], format!("token={other}"), 403),
        (&[by_anna], "token=guess".to_owned(), 403),
        (&[by_anna, evil], ours.clone(), 403),
        (&[by_anna, cross], ours.clone(), 403),
        (&[by_anna, ("Host", "evil.example")], ours.clone(), 421),
    ];
    for (headers, form, status) in refused {
        let answer = door.post("/alerts/1/ack", headers, &form);
        assert_eq!(answer.status, status, "{headers:?} {form}: {}", answer.body);
    }
    for path in ["/alerts/1/ack", "/alerts/1/feedback?was=noise", "/alerts/1"] {
        let got = door.get(path, &[by_anna]).status;
        assert!(got == 404 || got == 200, "{path}: {got}");
    }
    assert_eq!(door.done().len(), 0, "nothing was changed by any of them");
    // Path, form; status, and what stands in the books then.
    let cases = [
        (
            "/alerts/1/ack",
            "reason=looking+into+it",
            303,
            "episode 1 is taken care of by anna: looking into it",
        ),
        ("/alerts/1/silence", "hours=4", 400, ""),
        ("/alerts/1/silence", "hours=5&reason=x", 400, ""),
        (
            "/alerts/1/silence",
            "hours=4&reason=a+move",
            303,
            "silence 1 until 2026-11-20T13:14:31.500Z: a move",
        ),
        ("/alerts/1/feedback", "was=nothing", 400, ""),
        (
            "/alerts/1/feedback",
            "was=planned",
            303,
            "episode 1 was planned",
        ),
        ("/alerts/7/ack", "", 409, ""),
        ("/alerts/7/silence", "hours=4&reason=x", 404, ""),
        ("/alerts/silences", "what=weu&hours=1&reason=x", 400, ""),
        (
            "/alerts/silences",
            "what=endpoint%3Dweu+rule%3Dlatency*&hours=1&reason=%3Cb%3E",
            303,
            "silence 2 until 2026-11-20T10:14:31.500Z: <b>",
        ),
        ("/alerts/silences/1/end", "", 303, "silence 1 is over"),
        ("/alerts/silences/1/end", "", 409, ""),
        ("/alerts/1/drop", "", 405, ""),
        ("/spend", "", 405, ""),
    ];
    for (path, form, status, what) in cases {
        let before = door.done().len();
        let answer = door.post(path, &[by_anna], &format!("{ours}&{form}"));
        assert_eq!(answer.status, status, "{path} {form}: {}", answer.body);
        let done = door.done();
        assert_eq!(done.len() > before, !what.is_empty(), "{path} {form}");
        if !what.is_empty() {
            let (told, author) = (&done[0].what, &done[0].author);
            assert!(
                told.starts_with(what) && author == "anna",
                "{told} by {author}"
            );
        }
    }
    shows_what_was_done(&door, &anna);
}

/// The page and the command line say who did what.
fn shows_what_was_done(door: &Door, anna: &str) {
    let page = door.get("/alerts/1", &[("Cookie", anna)]).body;
    for part in [
        "Who did what?",
        "taken care of by anna: looking into it",
        "a move",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(
        !page.contains("latency*"),
        "another's silence is not this alert's"
    );
    let list = door.get("/alerts", &[("Cookie", anna)]).body;
    assert!(
        list.contains("rule=latency* endpoint=weu") && !list.contains("<b>"),
        "{list}"
    );
    let show = Command::new(env!("CARGO_BIN_EXE_tollwatch"))
        .args(["alerts", "show", "1", "--ledger"])
        .arg(door.ledger())
        .output()
        .unwrap();
    let text = String::from_utf8(show.stdout).unwrap();
    for part in ["anna", "episode 1 was planned", "silence 1 until"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn programs_and_whoever_is_here_change_by_their_own_sign() {
    let door = Door::new(&users());
    for (token, status) in [("a script", 403), ("a robot", 303)] {
        let bearer = format!("Bearer token of {token}");
        let answer = door.post("/alerts/1/ack", &[("Authorization", &bearer)], "");
        assert_eq!(answer.status, status, "{token}: {}", answer.body);
    }
    assert_eq!(door.done()[0].author, "the operator");
    let open = Door::new("");
    let token = format!("token={}", open.token(&[]));
    let forwarded = ("X-Forwarded-For", "10.0.0.1");
    let named = ("Host", "tollwatch.contoso.example");
    assert_eq!(
        open.post("/alerts/1/ack", &[], "").status,
        403,
        "another page could send it"
    );
    assert_eq!(open.post("/alerts/1/ack", &[forwarded], &token).status, 403);
    assert_eq!(open.post("/alerts/1/ack", &[named], &token).status, 403);
    assert_eq!(open.post("/alerts/1/ack", &[], &token).status, 303);
    assert_eq!(open.done()[0].author, "this machine");
}

/// Sends a form of the page, and waits until the next page stands.
fn send(browser: &mut Browser, form: &str, fill: &str) {
    let script = format!(
        "(() => {{ const form = document.querySelector('{form}'); {fill} window.before = true; form.requestSubmit(); return true; }})()"
    );
    browser.value(&script);
    browser.wait("window.before === undefined && document.readyState === 'complete'");
}

#[test]
fn somebody_logs_in_acknowledges_and_leaves() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let door = Door::new(&users());
    let base = format!("http://{}", door.address());
    let headline = "document.querySelector('h1').textContent";
    for (width, dark) in [(360, false), (1280, true)] {
        browser.open(&format!("{base}/alerts/1"), width, dark);
        assert_eq!(browser.value(headline), "Log in");
        let fill = format!("form.user.value = 'anna'; form.password.value = '{PASSWORD}';");
        send(&mut browser, "form.login", &fill);
        assert_eq!(browser.value("location.pathname"), "/alerts/1");
        assert_eq!(
            browser.value("document.cookie"),
            "",
            "no script reads the session"
        );
        let fill = format!("form.reason.value = 'on it at {width}';");
        send(&mut browser, "form[action$=\"/ack\"]", &fill);
        let told = format!("document.body.textContent.includes('anna: on it at {width}')");
        assert_eq!(browser.value(&told), true);
        let wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
        assert_eq!(browser.value(wide), 0, "at {width}");
        assert_eq!(browser.faults(&base), [""; 0]);
        send(&mut browser, ".who form", "");
        assert_eq!(browser.value(headline), "Log in");
        browser.open(&format!("{base}/alerts/1"), width, dark);
        assert_eq!(browser.value(headline), "Log in");
    }
    assert_eq!(door.done().len(), 2);
}
