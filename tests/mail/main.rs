//! Mails of every kind, read by a real parser: golden texts, threads, equal figures in both parts, hostile names.
//!
//! Knows no server. `UPDATE_MAIL=1` writes the golden files anew; they are then read by a person.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod digests;
mod table;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use mail_parser::{Message, MessageParser, MimeHeaders};
use tollwatch::alert::Notice;
use tollwatch::message::{Act, Around, MAIL_BYTES, Mail, Templates, render};
use tollwatch::units::{Text, UnixMillis};

#[expect(clippy::unnecessary_wraps, reason = "the shape that a signer has")]
fn sign(episode: u64, act: Act) -> Option<Text> {
    Some(format!("{episode}-{}-sig", act.as_str()).into())
}

fn around(templates: &Templates) -> Around<'_> {
    Around {
        zone: chrono_tz::Europe::Berlin,
        public_url: Some("https://tollwatch.example"),
        sign: &sign,
        templates,
        from: "tollwatch <tollwatch@example.org>",
        realm: "7f3a",
        route: "csm",
        why: "you are on call for customer service features",
        topic: None,
        prices_of: Some(UnixMillis(1_794_614_400_000)),
        unsubscribe: None,
    }
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden/mail")
        .join(name)
}

/// Holds a text to its golden file, or writes it.
fn hold(name: &str, text: &str) -> Option<String> {
    let path = golden(name);
    if std::env::var_os("UPDATE_MAIL").is_some() {
        fs::write(path, text).unwrap();
        return None;
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    (kept != text).then(|| format!("{name} differs; UPDATE_MAIL=1 writes it anew:\n{text}"))
}

fn bytes(mail: &Mail) -> Vec<u8> {
    mail.bytes("tollwatch <tollwatch@example.org>", "oncall@example.org")
}

fn parsed(bytes: &[u8]) -> Message<'_> {
    MessageParser::default().parse(bytes).unwrap()
}

/// Writes everything to a folder for a look, when `MAIL_FOLDER` names one.
fn lay_out(name: &str, mail: &Mail) {
    let Some(folder) = std::env::var_os("MAIL_FOLDER").map(PathBuf::from) else {
        return;
    };
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(format!("{name}.eml")), bytes(mail)).unwrap();
    let mut html = mail.html.clone();
    for (png, kind) in [(&mail.png, "broad"), (&mail.png_narrow, "narrow")] {
        if let (Some(png), Some(at)) = (png, html.find("\"cid:")) {
            fs::write(folder.join(format!("{name}-{kind}.png")), png).unwrap();
            let end = at + 1 + html.split_at(at + 1).1.find('"').unwrap();
            html.replace_range(at + 1..end, &format!("{name}-{kind}.png"));
        }
    }
    fs::write(folder.join(format!("{name}.html")), html).unwrap();
}

#[test]
fn texts_are_as_a_person_approved_them() {
    let templates = Templates::default();
    let mut faults = Vec::new();
    for (name, notice) in table::all() {
        let mail = render(&notice, &around(&templates));
        lay_out(name, &mail);
        let text = format!("Subject: {}\n\n{}", mail.subject, mail.text);
        faults.extend(hold(&format!("{name}.txt"), &text));
    }
    let bare = Around {
        public_url: None,
        prices_of: None,
        ..around(&templates)
    };
    let mail = render(&table::retry_loop(), &bare);
    lay_out("no-pages", &mail);
    let text = format!("Subject: {}\n\n{}", mail.subject, mail.text);
    faults.extend(hold("no-pages.txt", &text));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The text of an HTML part as it is read: without tags, styles and entities.
fn read(html: &str) -> String {
    let (_, body) = html.split_once("<body").unwrap();
    let mut text = String::new();
    let mut inside = true;
    for letter in body.chars() {
        match letter {
            '<' => inside = true,
            '>' if inside => {
                inside = false;
                text.push(' ');
            }
            _ if inside => {}
            other => text.push(other),
        }
    }
    let text = text.replace("&#x27;", "'").replace("&#x2f;", "/");
    let text = text.replace("&quot;", "\"").replace("&nbsp;", " ");
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

/// Every number in a text, as written.
fn numbers(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_digit() || c == ',' || c == '.' || c == ':'));
    words
        .map(|word| word.trim_matches([',', '.', ':']).to_owned())
        .filter(|word| word.contains(|c: char| c.is_ascii_digit()))
        .collect()
}

#[test]
fn both_parts_say_the_same_figures() {
    let templates = Templates::default();
    for (name, notice) in table::all() {
        let mail = render(&notice, &around(&templates));
        // Addresses and the ends of the sparkline stand in the text alone: HTML has links and a picture.
        let shown = |line: &str| line.split("https://").next().unwrap_or_default().to_owned();
        let lines = mail
            .text
            .lines()
            .filter(|line| !line.contains(|c| ('▁'..='█').contains(&c)));
        let caption = |line: &&str| !line.starts_with("      ") || line.starts_with("            ");
        let text: Vec<String> = lines.filter(caption).map(shown).collect();
        let (text, html) = (numbers(&text.join("\n")), numbers(&read(&mail.html)));
        let missing: Vec<_> = text.difference(&html).collect();
        assert!(missing.is_empty(), "{name}: HTML lacks {missing:?}");
        let more: Vec<_> = html.difference(&text).collect();
        assert!(more.is_empty(), "{name}: text lacks {more:?}");
        assert!(!text.is_empty(), "{name}");
    }
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one mail is read from its head to its end"
)]
fn a_parser_reads_what_was_written() {
    let templates = Templates::default();
    let around = around(&templates);
    for (name, notice) in table::all() {
        let mail = render(&notice, &around);
        let bytes = bytes(&mail);
        assert!(bytes.len() <= MAIL_BYTES, "{name}: {} bytes", bytes.len());
        assert!(bytes.is_ascii(), "{name}");
        for line in bytes.split(|byte| *byte == b'\n') {
            assert!(line.ends_with(b"\r") || line.is_empty(), "{name}");
            assert!(
                line.len() <= 79,
                "{name}: {}",
                String::from_utf8_lossy(line)
            );
        }
        let message = parsed(&bytes);
        assert_eq!(
            message.subject().unwrap(),
            mail.subject.replace('\u{A0}', " "),
            "{name}"
        );
        assert_eq!(
            message
                .body_text(0)
                .unwrap()
                .replace("\r\n", "\n")
                .trim_end(),
            mail.text.trim_end(),
            "{name}"
        );
        assert_eq!(
            message
                .body_html(0)
                .unwrap()
                .replace("\r\n", "\n")
                .trim_end(),
            mail.html.trim_end(),
            "{name}"
        );
        assert_eq!(message.text_body.len(), 1, "{name}");
        assert_eq!(message.html_body.len(), 1, "{name}");
        let pictures: Vec<_> = message
            .parts
            .iter()
            .filter(|part| part.is_content_type("image", "png"))
            .map(|part| (part.content_id().unwrap(), part.contents()))
            .collect();
        let sent: Vec<&[u8]> = [&mail.png, &mail.png_narrow]
            .into_iter()
            .flatten()
            .map(Vec::as_slice)
            .collect();
        assert_eq!(
            pictures.iter().map(|(_, png)| *png).collect::<Vec<_>>(),
            sent,
            "{name}"
        );
        for (cid, _) in pictures {
            assert!(mail.html.contains(&format!("\"cid:{cid}\"")), "{name}");
        }
        let date = message.date().unwrap();
        assert_eq!(date.to_timestamp() * 1000, notice.told.0, "{name}");
        assert_eq!(
            message.from().unwrap().first().unwrap().address().unwrap(),
            "tollwatch@example.org"
        );
        assert_eq!(
            message.to().unwrap().first().unwrap().address().unwrap(),
            "oncall@example.org"
        );
        assert_eq!(
            bytes,
            self::bytes(&render(&notice, &around)),
            "{name}: the same again"
        );
    }
}

#[test]
fn text_stays_in_its_columns() {
    let templates = Templates::default();
    for (name, notice) in table::all() {
        let mail = render(&notice, &around(&templates));
        for line in mail.text.lines().filter(|line| !line.contains("://")) {
            assert!(line.chars().count() <= 72, "{name}: {line}");
            assert_eq!(line.trim_end(), line, "{name}: blanks at an end");
        }
        assert!(!mail.text.contains("\n\n\n"), "{name}: two empty lines");
        let subject = mail.subject.chars().count();
        assert!((20..=160).contains(&subject), "{name}: {}", mail.subject);
    }
}

/// What a mail program compares to find out whether two subjects are one: without brackets (RFC 5256, 2.1).
fn base(subject: &str) -> &str {
    subject.split_once("] ").unwrap().1
}

#[test]
fn an_episode_is_one_thread() {
    let templates = Templates::default();
    let first = render(&table::retry_loop(), &around(&templates));
    let topic = first.topic.clone();
    let with_topic = Around {
        topic: Some(&topic),
        ..around(&templates)
    };
    let names = [
        "anomaly-2-changed",
        "anomaly-3-still-firing",
        "anomaly-4-resolved",
    ];
    let table = table::all();
    let mut mails = vec![first];
    for name in names {
        let (_, notice) = table.iter().find(|(own, _)| *own == name).unwrap();
        mails.push(render(notice, &with_topic));
    }
    let root = mails[0].thread_root.clone().unwrap();
    let mut identities = BTreeSet::new();
    for mail in &mails {
        let bytes = bytes(mail);
        let message = parsed(&bytes);
        let root = root.trim_matches(['<', '>']);
        assert_eq!(message.references().as_text_list().unwrap(), [root]);
        assert_eq!(message.in_reply_to().as_text_list().unwrap(), [root]);
        assert_eq!(
            base(message.subject().unwrap()),
            base(&mails[0].subject.replace('\u{A0}', " "))
        );
        assert_eq!(
            message.header_raw("Auto-Submitted").unwrap().trim(),
            "auto-generated"
        );
        assert_eq!(message.header_raw("Importance").unwrap().trim(), "high");
        identities.insert(message.message_id().unwrap().to_owned());
    }
    assert_eq!(identities.len(), mails.len());
    assert!(!identities.contains(root.trim_matches(['<', '>'])));
    assert!(
        mails[3].subject.starts_with("[RESOLVED]"),
        "{}",
        mails[3].subject
    );
}

fn sum_of_why(text: &str) -> (i64, i64) {
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (_, why) = flat.split_once("Why ").unwrap();
    let (total, parts) = why.split_once(" an hour = ").unwrap();
    let cents = |text: &str| {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let value: i64 = digits.parse().unwrap();
        let value = if text.contains('.') {
            value
        } else {
            value * 100
        };
        if text.starts_with('-') { -value } else { value }
    };
    let dollar = |word: &&str| word.contains('$') && word.starts_with(['+', '-']);
    let parts = parts
        .split(" Looks")
        .next()
        .unwrap()
        .split(" Where")
        .next()
        .unwrap();
    let sum = parts.split(' ').filter(dollar).map(cents).sum();
    (cents(total), sum)
}

#[test]
fn the_drivers_that_are_shown_add_up() {
    let templates = Templates::default();
    let mut notice = table::retry_loop();
    let cuts = [
        (1_740_400_000, 92_400_000, -22_800_000),
        (333_333_333, 333_333_333, 333_333_334),
    ];
    for (one, two, three) in cuts {
        for (driver, nano) in notice.explained.drivers.iter_mut().zip([one, two, three]) {
            driver.nanousd_per_hour = nano;
        }
        let mail = render(&notice, &around(&templates));
        let (total, sum) = sum_of_why(&mail.text);
        assert_eq!(total, sum, "{}", mail.text);
        let exact: i64 = one + two + three;
        assert!(
            (total * 10_000_000 - exact).abs() <= 5_000_000,
            "{}",
            mail.text
        );
    }
}

#[test]
fn hostile_names_stay_names() {
    let templates = Templates::default();
    let notice: Notice = table::hostile();
    let mail = render(&notice, &around(&templates));
    let bytes = bytes(&mail);
    let message = parsed(&bytes);
    assert!(message.bcc().is_none());
    assert_eq!(message.to().unwrap().iter().count(), 1);
    assert_eq!(message.parts.len(), 3, "both parts and what holds them");
    for bad in [
        "<script",
        "javascript:",
        "token=",
        "u:p@",
        "sk-live",
        "\u{202E}",
    ] {
        let (text, html) = (message.body_text(0).unwrap(), message.body_html(0).unwrap());
        assert!(!html.contains(bad), "{bad} in HTML");
        assert!(bad == "<script" || !text.contains(bad), "{bad} in text");
        let raw = String::from_utf8_lossy(&bytes).into_owned();
        assert!(bad == "<script" || !raw.contains(bad), "{bad} in bytes");
    }
    let head = bytes
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap();
    let head = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let names: Vec<&str> = head
        .lines()
        .filter(|line| !line.starts_with(' '))
        .map(|line| line.split(':').next().unwrap())
        .collect();
    let unique: BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(names.len(), unique.len(), "{names:?}");
    assert!(
        !unique.contains("Bcc") && !unique.contains("HELO"),
        "{names:?}"
    );
}

#[test]
fn the_manual_shows_a_real_mail() {
    let manual = include_str!("../../docs/MAIL.md");
    let shown = fs::read_to_string(golden("anomaly-1-firing.txt")).unwrap();
    assert!(manual.contains(shown.trim_end()));
}
