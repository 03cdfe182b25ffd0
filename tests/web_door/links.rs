//! What links of mails do: what they were signed for, for seven days, when somebody sends the form.
//!
//! Knows no mail. A newcomer may ask why looking is tried so often here: programs that guard mailboxes
//! follow every link.

use tollwatch::app::alert::{LASTS_MS, sign};
use tollwatch::message::Act;
use tollwatch::secret::seal::SealKey;

use super::door::{Door, NOW, ask, users};

fn link(door: &Door, act: Act) -> String {
    let key = sign(&door.key, (&door.steps[0], 0), (1, act)).unwrap();
    format!("/a/1/{}?k={key}", act.as_str())
}

#[test]
fn a_link_does_what_it_was_signed_for_and_looking_does_nothing() {
    for (act, what) in [
        (
            Act::Ack,
            "episode 1 is taken care of by oncall@contoso.example: by the link of a mail",
        ),
        (
            Act::Silence,
            "silence 1 until 2026-11-20T13:14:31.500Z: by the link of a mail",
        ),
        (Act::Planned, "episode 1 was planned"),
        (Act::Noise, "episode 1 was noise"),
        (Act::Real, "episode 1 was real"),
    ] {
        let door = Door::new(&users());
        let link = link(&door, act);
        for method in ["GET", "HEAD", "GET"] {
            let page = ask(door.address(), method, (&link, &[]), None);
            assert_eq!(page.status, 200, "{}", page.body);
            assert!(
                method == "HEAD" || page.body.contains("method=\"post\""),
                "{}",
                page.body
            );
        }
        assert_eq!(door.done().len(), 0, "looking changes nothing");
        let elsewhere = [("Origin", "https://evil.example")];
        assert_eq!(door.post(&link, &elsewhere, "").status, 403);
        assert_eq!(door.done().len(), 0);
        let done = door.post(&link, &[], "");
        assert_eq!(done.status, 200, "{}", done.body);
        assert!(done.body.contains("It is done."), "{}", done.body);
        let row = &door.done()[0];
        assert!(row.what.starts_with(what), "{}", row.what);
        assert_eq!(row.author, "oncall@contoso.example");
        assert_eq!(row.episode, Some(1));
        // And nothing else opens by it.
        let with = format!("/spend?{}", link.split('?').nth(1).unwrap());
        assert_eq!(door.get(&with, &[]).status, 401);
    }
}

#[test]
fn a_link_that_is_not_whole_does_nothing() {
    let door = Door::new(&users());
    let good = link(&door, Act::Ack);
    let key = good.split("?k=").nth(1).unwrap().to_owned();
    let parts: Vec<&str> = key.split('.').collect();
    let [step, place, until, seal] = parts.as_slice() else {
        unreachable!()
    };
    let later = i64::from_str_radix(until, 16).unwrap() + 1;
    let other = SealKey::of_text(&"l".repeat(40)).unwrap();
    let stranger = sign(&other, (&door.steps[0], 0), (1, Act::Ack)).unwrap();
    let mut letters = seal.to_string();
    letters.replace_range(0..1, if seal.starts_with('A') { "B" } else { "A" });
    let cases = [
        ("another act", format!("/a/1/silence?k={key}")),
        ("another episode", format!("/a/2/ack?k={key}")),
        (
            "another step",
            format!("/a/1/ack?k=2.{place}.{until}.{seal}"),
        ),
        (
            "another reader",
            format!("/a/1/ack?k={step}.1.{until}.{seal}"),
        ),
        (
            "a later end",
            format!("/a/1/ack?k={step}.{place}.{later:x}.{seal}"),
        ),
        (
            "a letter",
            format!("/a/1/ack?k={step}.{place}.{until}.{letters}"),
        ),
        ("a part", format!("/a/1/ack?k={step}.{place}.{until}")),
        ("nothing", "/a/1/ack".to_owned()),
        ("another key", format!("/a/1/ack?k={stranger}")),
        ("long", format!("/a/1/ack?k={}", "1.".repeat(900))),
    ];
    let mut said = Vec::new();
    for (what, path) in cases {
        for answer in [door.get(&path, &[]), door.post(&path, &[], "")] {
            assert_eq!(answer.status, 403, "{what}: {}", answer.body);
            said.push(answer.body);
        }
    }
    assert!(
        said.iter().all(|body| *body == said[0]),
        "nobody is told what was wrong"
    );
    for path in ["/a/1/drop?k=1", "/a/x/ack?k=1"] {
        assert_eq!(door.get(path, &[]).status, 404, "{path}");
    }
    // Up to its last second, and not after it.
    for (at, status) in [
        (LASTS_MS - 1_501, 200),
        (LASTS_MS, 403),
        (10 * LASTS_MS, 403),
    ] {
        door.clock.set(NOW.saturating_add(at));
        assert_eq!(door.get(&good, &[]).status, status, "{at}");
    }
    assert_eq!(door.post(&good, &[], "").status, 403);
    assert_eq!(door.done().len(), 0);
}
