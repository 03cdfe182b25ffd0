//! Every page in a real browser: no fault, nothing asked from elsewhere, nothing beyond the edge,
//! letters that can be read, keys that reach everything, figures that refresh.
//!
//! Knows no figure. A newcomer may ask what happens without a browser: the test says aloud that it
//! was skipped.

#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]

mod ledger_support;
mod web_support;

use serde_json::{Value, json};
use tollwatch::app::pages::PLACES;

use web_support::Served;
use web_support::browser::Browser;

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

#[test]
fn pages_stand_in_a_browser() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let served = Served::new(ledger_support::traffic(5, 3000, 6), "");
    let base = format!("http://{}", served.address());
    for (path, ..) in PLACES {
        for (width, dark) in [(360, false), (1280, false), (1280, true), (2560, false)] {
            let what = format!("{path} at {width}, dark {dark}");
            browser.open(&format!("{base}{path}{}", served.whole()), width, dark);
            let wide = browser.value(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth",
            );
            assert_eq!(wide, json!(0), "{what}");
            assert_eq!(browser.value(STUMBLES), json!([]), "{what}");
            assert_eq!(browser.faults(&base), [""; 0], "{what}");
        }
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
