//! Every page in a real browser: no fault, nothing asked from elsewhere, nothing beyond the edge,
//! letters that can be read, keys that reach everything, figures that refresh.
//!
//! Knows no figure. A newcomer may ask what happens without a browser: the test says aloud that it
//! was skipped.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[path = "common/aloud.rs"]
mod aloud;
mod common;
mod ledger_support;
mod web_support;

use serde_json::{Value, json};
use tollwatch::app::pages::PLACES;
use tollwatch::figure;
use tollwatch::money::NanoUsd;

use web_support::Served;
use web_support::browser::Browser;

/// What reaches beyond the window's right edge, where the page can be pushed aside.
const WIDER: &str = r#"(() => {
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth <= clientWidth) return [];
  const beyond = [...document.querySelectorAll("body *")].filter((node) =>
    node.getBoundingClientRect().right > clientWidth + 1 && !node.closest(".scroll"));
  return [`${scrollWidth} in ${clientWidth}`, ...beyond.slice(-3).map((node) => node.outerHTML.slice(0, 160))];
})()"#;

/// What a reader who sees little, or uses no mouse, would stumble on.
const STUMBLES: &str = r#"(() => {
  const found = [];
  const say = (what, node) => found.push(`${what}: ${node.outerHTML.slice(0, 120)}`);
  if (document.querySelectorAll("h1").length !== 1) found.push("not one h1");
  if (!document.documentElement.lang) found.push("no language");
  for (const node of document.querySelectorAll("a, button"))
    if (!node.textContent.trim() && !node.getAttribute("aria-label")) say("no words", node);
  for (const node of document.querySelectorAll("input:not([type=hidden]), select"))
    if (!node.labels.length) say("no label", node);
  for (const node of document.querySelectorAll("svg:not([aria-hidden])"))
    if (!node.getAttribute("aria-label")) say("a picture without words", node);
  const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
  if (new Set(ids).size !== ids.length) found.push("an id twice");
  const numbers = (color) => (color.match(/[\d.]+/g) ?? []).map(Number);
  const light = (color) => {
    const [r, g, b] = numbers(color).map((v) => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const color = getComputedStyle(node).backgroundColor;
      const alpha = numbers(color)[3];
      if (alpha === undefined || alpha > .99) return color;
    }
    return "rgb(255,255,255)";
  };
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !node.getClientRects().length || node.closest("title, option, script, style")) continue;
    const style = getComputedStyle(node);
    const ink = node.closest("svg") ? style.fill : style.color;
    const [a, b] = [light(ink), light(ground(node))].sort((x, y) => y - x);
    if ((a + .05) / (b + .05) < 4.49) say(`contrast ${((a + .05) / (b + .05)).toFixed(2)}`, node);
    if (parseFloat(style.fontSize) < 11) say("small letters", node);
  }
  return found;
})()"#;

/// The rules of axe-core; `None`, said aloud, where they cannot be had.
fn rules() -> Option<String> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/axe");
    let output = std::process::Command::new(script).arg("fetch").output();
    let output = output.unwrap();
    if output.status.code() == Some(77) {
        let said = String::from_utf8_lossy(&output.stderr);
        aloud::skipped(said.trim_end());
        return None;
    }
    let path = String::from_utf8(output.stdout).unwrap();
    Some(std::fs::read_to_string(path.trim()).unwrap())
}

/// Pages, and what they lead to.
fn paths(served: &Served) -> Vec<String> {
    let whole = served.whole_or_nothing();
    let alone = ["/api".to_owned(), "/alerts/1".to_owned()];
    let pages = PLACES.iter().map(|(path, ..)| format!("{path}{whole}"));
    pages.chain(alone).collect()
}

/// Opens each page at each width and looks for faults; those of axe-core where there are rules.
fn stands(
    browser: &mut Browser,
    served: &Served,
    looks: &[(u32, bool)],
    rules: Option<&str>,
) -> Vec<String> {
    let base = format!("http://{}", served.address());
    let mut found = Vec::new();
    for path in paths(served) {
        for (width, dark) in looks {
            browser.open(&format!("{base}{path}"), *width, *dark);
            let mut say = |what: &str, fault: Value| {
                found.push(format!("{path} at {width}, dark {dark}: {what} {fault}"));
            };
            let wide = browser.value(WIDER);
            if wide != json!([]) {
                say("wider than the window", wide);
            }
            let stumbles = browser.value(STUMBLES);
            if stumbles != json!([]) {
                say("stumbles", stumbles);
            }
            let faults = browser.faults(&base);
            // An alert that is not there is told as such.
            let missing = path == "/alerts/1" && faults.len() == 1;
            if !missing && !faults.is_empty() {
                say("faults", json!(faults));
            }
            if let Some(rules) = rules {
                let serious = browser.accessibility(rules);
                if serious != json!([]) {
                    say("axe", serious);
                }
            }
        }
    }
    found
}

#[test]
fn pages_of_the_demo_stand_in_a_browser_and_say_what_reports_say() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let served = Served::demo(common::program());
    let rules = rules();
    let rules = rules.as_deref();
    let some = [(360, false), (1280, true)];
    let others = [(360, true), (1280, false), (2560, false), (2560, true)];
    let mut found = stands(&mut browser, &served, &some, rules);
    found.extend(stands(&mut browser, &served, &others, None));
    assert!(found.is_empty(), "{}", found.join("\n"));
    headlines(&mut browser, &served);
}

/// The numbers of headlines are those of `report --json`.
fn headlines(browser: &mut Browser, served: &Served) {
    let report = |question: &str| -> Value {
        let mut command = common::program();
        command.args(["report", question, "--json", "--ledger"]);
        let command = command.arg(served.ledger()).arg("--config");
        let output = command.arg(served.config()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let (daily, residency) = (report("daily"), report("residency"));
    let n = |value: &Value| value.as_i64().unwrap();
    let dollars = |nano: &Value| figure::dollars(NanoUsd(n(nano)));
    let total = &daily["total"];
    let days = daily["days"].as_array().unwrap();
    let most = days.iter().map(|day| n(&day["requests"])).max().unwrap();
    // The present day has only begun.
    let whole = |day: &&Value| n(&day["requests"]) * 2 > most;
    let last = days.iter().rev().find(whole);
    let asked: Value =
        serde_json::from_str(&web_support::ask(served, "/api/v1/health").body).unwrap();
    let received: i64 = asked["sources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| n(&one["received"]))
        .sum();
    let p95 = total["latency_ms_p95"].as_u64().unwrap();
    let rows = [
        ("/", dollars(&last.unwrap()["cost_nanousd"])),
        ("/spend", dollars(&total["cost_nanousd"])),
        ("/residency", figure::count(n(&residency["violated"]))),
        ("/residency", figure::count(n(&residency["total"]["held"]))),
        ("/latency", figure::duration(p95)),
        ("/health", figure::count(received)),
    ];
    for (path, figure) in rows {
        let address = format!("http://{}{path}{}", served.address(), served.whole());
        browser.open(&address, 1280, false);
        let headline = browser.value("document.querySelector('h1').innerText");
        let headline = headline.as_str().unwrap();
        assert!(headline.contains(&figure), "{path}: {headline}: {figure}");
    }
}

#[test]
fn pages_stand_whatever_the_books_hold() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let rules = rules();
    let one = vec![ledger_support::entry(1_795_132_800_000, 1)];
    let cases = [
        ("nothing", Vec::new(), false),
        ("one call", one, false),
        ("500 features", web_support::hostile(500, 2), false),
        ("hostile names", web_support::hostile(8, 3), true),
    ];
    let mut found = Vec::new();
    for (what, entries, alert) in cases {
        let mut served = Served::new(entries, "");
        if alert {
            served.alert(1..=3);
        }
        let looks = [(360, false), (1280, false)];
        let faults = stands(&mut browser, &served, &looks, rules.as_deref());
        found.extend(faults.iter().map(|fault| format!("{what}: {fault}")));
        assert_eq!(browser.value("window.alerted ?? null"), json!(null));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn pages_are_there_without_a_script() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let served = Served::new(ledger_support::traffic(5, 300, 3), "");
    let disabled = json!({ "value": true });
    browser.call("Emulation.setScriptExecutionDisabled", disabled);
    for (path, ..) in PLACES {
        let address = format!("http://{}{path}{}", served.address(), served.whole());
        browser.open(&address, 1280, false);
        let height = browser.value("document.querySelector('h1').getBoundingClientRect().height");
        assert!(height.as_f64().unwrap() > 10.0, "{path}");
        let class = browser.value("document.documentElement.className");
        assert_eq!(class, json!(""), "{path}: no script ran");
    }
}

#[test]
fn keys_reach_what_a_mouse_reaches() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let served = Served::new(ledger_support::traffic(5, 3000, 6), "");
    browser.open(
        &format!("http://{}/spend{}", served.address(), served.whole()),
        1280,
        false,
    );
    browser.press("Tab");
    assert_eq!(
        browser.value("document.activeElement.className"),
        json!("skip")
    );
    let mut reached = Vec::new();
    for _ in 0..60 {
        browser.press("Tab");
        let name = browser.value(
            "document.activeElement.closest('svg,a,select,input,button,.scroll')?.tagName ?? ''",
        );
        reached.push(name);
        if reached.last() == Some(&json!("svg")) {
            break;
        }
    }
    for wanted in ["A", "INPUT", "SELECT", "BUTTON", "svg"] {
        assert!(reached.contains(&json!(wanted)), "{wanted}: {reached:?}");
    }
    browser.press("ArrowRight");
    let tip = browser.value(
        "(({hidden, textContent}) => hidden ? '' : textContent)(document.querySelector('.tip'))",
    );
    assert!(tip.as_str().unwrap().contains('$'), "{tip}");
    browser.press("Escape");
    assert_eq!(
        browser.value("document.querySelector('.tip').hidden"),
        json!(true)
    );
}

#[test]
fn figures_refresh_without_a_jump() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let mut served = Served::new(ledger_support::traffic(5, 300, 3), "");
    let base = format!("http://{}", served.address());
    browser.open(&format!("{base}/health{}", served.whole()), 1280, false);
    let headline = "document.querySelector('h1').textContent";
    let before: Value = browser.value(headline);
    browser.value("scrollTo(0, 120)");
    // The stream tells the books' number first, and then each other one.
    std::thread::sleep(std::time::Duration::from_secs(1));
    served.book(ledger_support::traffic(77, 40, 3));
    browser.wait(&format!("{headline} !== {before}"));
    assert_eq!(browser.value("scrollY"), json!(120));
    assert_eq!(browser.faults(&base), [""; 0]);
}
