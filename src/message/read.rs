//! A mail of our own, read again: headers, text, HTML with its pictures inside.
//!
//! Knows no folder. A newcomer may ask why it reads so little of MIME: it reads what `mime` writes, and
//! whatever else lies in a folder is shown as the text that it is.

/// A mail as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Letter {
    /// Headers in order, unfolded and decoded.
    pub headers: Vec<(String, String)>,
    /// The text part.
    pub text: String,
    /// The HTML part, its pictures as `data:` addresses; empty where there is none.
    pub html: String,
}

impl Letter {
    /// The first header of a name; empty where there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        let mut headers = self.headers.iter();
        let found = headers.find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value)
    }
}

/// Reads a mail; one of another making gives its headers and its body as text.
#[must_use]
pub fn read(bytes: &[u8]) -> Letter {
    let whole = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
    let (head, body) = whole.split_once("\n\n").unwrap_or((&whole, ""));
    let headers: Vec<(String, String)> = unfolded(head)
        .into_iter()
        .map(|(name, value)| (name, words(&value)))
        .collect();
    let mut letter = Letter {
        headers,
        ..Letter::default()
    };
    let mut pictures = Vec::new();
    let kind = letter.header("Content-Type").to_owned();
    walk(body, &kind, 0, &mut letter, &mut pictures);
    if letter.text.is_empty() && letter.html.is_empty() {
        body.clone_into(&mut letter.text);
    }
    for (id, data) in pictures {
        letter.html = letter.html.replace(&format!("cid:{id}"), &data);
    }
    letter
}

fn unfolded(head: &str) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in head.lines() {
        if line.starts_with([' ', '\t']) {
            if let Some(last) = headers.last_mut() {
                last.1.push(' ');
                last.1.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            headers.push((name.to_owned(), value.trim().to_owned()));
        }
    }
    headers
}

/// Deepest nesting of parts that is read.
const DEPTH_MAX: u8 = 4;

fn walk(
    body: &str,
    kind: &str,
    depth: u8,
    letter: &mut Letter,
    pictures: &mut Vec<(String, String)>,
) {
    let boundary = kind.split_once("boundary=\"").and_then(|(_, rest)| {
        let (boundary, _) = rest.split_once('"')?;
        (!boundary.is_empty()).then(|| format!("--{boundary}"))
    });
    let Some(boundary) = boundary.filter(|_| depth < DEPTH_MAX) else {
        return;
    };
    for part in body.split(&boundary).skip(1) {
        let Some(part) = part.strip_prefix('\n') else {
            break;
        };
        let (head, inside) = part.split_once("\n\n").unwrap_or((part, ""));
        let headers = unfolded(head);
        let of = |name: &str| {
            let mut all = headers.iter();
            let found = all.find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map_or("", |(_, value)| value.as_str())
        };
        let kind = of("Content-Type");
        if kind.starts_with("multipart/") {
            walk(inside, kind, depth + 1, letter, pictures);
        } else if kind.starts_with("text/plain") {
            letter.text = unquoted(inside);
        } else if kind.starts_with("text/html") {
            letter.html = unquoted(inside);
        } else if kind.starts_with("image/png") {
            let data: String = inside.split_whitespace().collect();
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
            if data.chars().all(plain) {
                let id = of("Content-ID").trim_matches(['<', '>']).to_owned();
                pictures.push((id, format!("data:image/png;base64,{data}")));
            }
        }
    }
    // The name of the narrow picture holds that of the other.
    pictures.sort_by_key(|(id, _)| std::cmp::Reverse(id.len()));
}

/// Quoted-printable as text.
fn unquoted(body: &str) -> String {
    let joined = body.replace("=\n", "");
    let mut bytes = Vec::with_capacity(joined.len());
    let mut rest = joined.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after
            .get(..2)
            .filter(|_| *first == b'=')
            .and_then(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok());
        if let (Some(byte), Some(behind)) = (hex, after.get(2..)) {
            bytes.push(byte);
            rest = behind;
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A header's value without its encoded words.
fn words(value: &str) -> String {
    let mut out = String::new();
    let mut last_encoded = false;
    for word in value.split(' ') {
        let encoded = word
            .strip_prefix("=?UTF-8?B?")
            .and_then(|rest| rest.strip_suffix("?="))
            .and_then(unbase64);
        // The blank between two encoded words belongs to neither.
        let joins = last_encoded && encoded.is_some();
        if !joins && !out.is_empty() {
            out.push(' ');
        }
        last_encoded = encoded.is_some();
        match encoded {
            Some(bytes) => out.push_str(&String::from_utf8_lossy(&bytes)),
            None => out.push_str(word),
        }
    }
    out
}

fn unbase64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut bits, mut held) = (0_u32, 0_u32);
    for letter in text.trim_end_matches('=').bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(value)) & 0xff_ffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::super::{Mail, mime};
    use super::*;

    #[test]
    fn what_is_written_can_be_read() {
        let long = "Zusammenfassung über alle Fälle, größer als gedacht ".repeat(3);
        let cases = [
            ("plain", "Hello.\n\n= 14 ¢ a call", "<b>14 ¢</b>", None),
            (
                long.trim_end(),
                ".\n..",
                "<img src=\"cid:c@x\"><img src=\"cid:narrow-c@x\">",
                Some(vec![1, 2, 250]),
            ),
        ];
        for (subject, text, html, png) in cases {
            let mail = Mail {
                subject: subject.to_owned(),
                text: text.to_owned(),
                html: html.to_owned(),
                cid: "c@x".to_owned(),
                png_narrow: png.clone(),
                png,
                message_id: "<m@x>".to_owned(),
                thread_root: None,
                topic: String::new(),
                headers: Vec::new(),
                stem: String::new(),
            };
            let letter = read(&mime::bytes(&mail, "a@b.example", "c@d.example"));
            assert_eq!(letter.header("subject"), subject);
            assert_eq!(letter.header("To"), "c@d.example");
            assert_eq!(letter.text.trim_end(), text.trim_end());
            let pictures = if mail.png.is_some() { 2 } else { 0 };
            assert_eq!(
                letter.html.matches("data:image/png;base64,AQL6").count(),
                pictures
            );
            assert!(!letter.html.contains("cid:"), "{}", letter.html);
        }
    }

    #[test]
    fn another_mail_is_text() {
        for other in [
            "",
            "no headers",
            "A: b\n\nbody",
            "Content-Type: multipart/x; boundary=\"\"\n\nb",
        ] {
            let letter = read(other.as_bytes());
            assert_eq!(letter.html, "", "{other}");
        }
        assert_eq!(read(b"A: b\n\nbody").text, "body");
    }
}
