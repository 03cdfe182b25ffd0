//! A mail as the bytes that travel: headers, text, HTML and picture, in ASCII lines of at most 76 letters.
//!
//! Knows no server. A newcomer may ask why no library builds them: boundaries and identities must be the same at
//! every try, and these are two hundred lines.

use super::Mail;

/// Letters of a line of an encoded body (RFC 2045).
const BODY_LINE: usize = 76;
/// Bytes of one encoded word, so that the first beside the longest name stays within a line (RFC 2047).
const WORD_BYTES: usize = 30;
/// Letters of a header's line before it is folded.
const HEADER_LINE: usize = 76;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn digit(bits: u32) -> char {
    let place = usize::try_from(bits & 63).unwrap_or(0);
    char::from(ALPHABET.get(place).copied().unwrap_or(b'='))
}

fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |place: usize| u32::from(chunk.get(place).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4_usize {
            if place <= chunk.len() {
                text.push(digit(bits >> (18 - 6 * place)));
            } else {
                text.push('=');
            }
        }
    }
    text
}

/// Base64 in lines.
fn base64_lines(bytes: &[u8]) -> String {
    let mut text = String::new();
    for line in bytes.chunks(BODY_LINE / 4 * 3) {
        text.push_str(&base64(line));
        text.push_str("\r\n");
    }
    text
}

fn escaped(byte: u8) -> String {
    format!("={byte:02X}")
}

/// Quoted-printable (RFC 2045, section 6.7) with CRLF at line ends.
fn quoted_printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 5 / 4);
    for line in text.split('\n') {
        let line = line.trim_end_matches('\r');
        let mut used = 0;
        let bytes = line.as_bytes();
        for (place, byte) in bytes.iter().enumerate() {
            let last = place + 1 == bytes.len();
            let blank = matches!(byte, b' ' | b'\t');
            let plain = byte.is_ascii_graphic() && *byte != b'=' || blank && !last;
            // A line that is a full stop alone would end the message on a careless server.
            let dot = *byte == b'.' && used == 0;
            let piece = if plain && !dot {
                char::from(*byte).to_string()
            } else {
                escaped(*byte)
            };
            if used + piece.len() > BODY_LINE - 1 {
                out.push_str("=\r\n");
                used = 0;
            }
            used += piece.len();
            out.push_str(&piece);
        }
        out.push_str("\r\n");
    }
    out
}

/// A header's value: as it is where it is plain ASCII, else in encoded words; no line end can be in it.
fn header_value(value: &str) -> String {
    let value: String = value
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if value.bytes().all(|b| b.is_ascii_graphic() || b == b' ') && !value.contains("=?") {
        return value;
    }
    let mut words = Vec::new();
    let mut chunk = String::new();
    for letter in value.chars() {
        if chunk.len() + letter.len_utf8() > WORD_BYTES {
            words.push(std::mem::take(&mut chunk));
        }
        chunk.push(letter);
    }
    words.push(chunk);
    let words = words
        .iter()
        .map(|word| format!("=?UTF-8?B?{}?=", base64(word.as_bytes())));
    words.collect::<Vec<_>>().join(" ")
}

/// A header in folded lines.
fn header(name: &str, value: &str) -> String {
    let mut text = format!("{name}:");
    let mut used = text.len();
    for word in header_value(value)
        .split(' ')
        .filter(|word| !word.is_empty())
    {
        if used + 1 + word.len() > HEADER_LINE && used > name.len() + 1 {
            text.push_str("\r\n");
            used = 0;
        }
        text.push(' ');
        text.push_str(word);
        used += 1 + word.len();
    }
    text.push_str("\r\n");
    text
}

/// A mailbox for a header: `Name <user@host>` with the name encoded; the bare address where there is no name.
fn mailbox(text: &str) -> String {
    let (name, address) = match text.rsplit_once('<') {
        Some((name, rest)) => (name.trim().trim_matches('"'), rest.trim_end_matches('>')),
        None => ("", text),
    };
    let address: String = address
        .chars()
        .filter(|c| c.is_ascii_graphic() && !matches!(c, '<' | '>' | ',' | ';' | '"' | '(' | ')'))
        .collect();
    if name.is_empty() {
        return address;
    }
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b' ');
    let name = if plain {
        name.to_owned()
    } else if name.is_ascii() {
        let quoted = name.replace(['"', '\\'], "");
        format!("\"{quoted}\"")
    } else {
        header_value(name)
    };
    format!("{name} <{address}>")
}

fn part(out: &mut String, boundary: &str, headers: &[(&str, &str)], body: &str) {
    out.extend(["--", boundary, "\r\n"]);
    for (name, value) in headers {
        out.extend([*name, ": ", *value, "\r\n"]);
    }
    out.push_str("\r\n");
    out.push_str(body);
}

fn picture(out: &mut String, boundary: &str, (cid, name): (&str, &str), png: &[u8]) {
    let headers = [
        ("Content-Type", "image/png"),
        ("Content-Transfer-Encoding", "base64"),
        ("Content-ID", &format!("<{cid}>")),
        (
            "Content-Disposition",
            &format!("inline; filename=\"{name}\""),
        ),
    ];
    part(out, boundary, &headers, &base64_lines(png));
}

/// The whole mail, from that mailbox to that one.
pub(super) fn bytes(mail: &Mail, from: &str, to: &str) -> Vec<u8> {
    let mark = twox_hash::XxHash3_64::oneshot(mail.message_id.as_bytes());
    // No encoded body can hold `=_`.
    let (alternative, related) = (format!("=_{mark:016x}_a"), format!("=_{mark:016x}_r"));
    let mut out = String::new();
    out.push_str(&header("From", &mailbox(from)));
    out.push_str(&header("To", &mailbox(to)));
    out.push_str(&header("Subject", &mail.subject));
    for (name, value) in &mail.headers {
        out.push_str(&header(name, value));
    }
    out.push_str("MIME-Version: 1.0\r\n");
    out.push_str("Content-Type: multipart/alternative;\r\n boundary=\"");
    out.extend([alternative.as_str(), "\"\r\n\r\n"]);
    let quoted = ("Content-Transfer-Encoding", "quoted-printable");
    part(
        &mut out,
        &alternative,
        &[("Content-Type", "text/plain; charset=utf-8"), quoted],
        &quoted_printable(&mail.text),
    );
    let html = [("Content-Type", "text/html; charset=utf-8"), quoted];
    match &mail.png {
        Some(png) => {
            let kind = format!("multipart/related; type=\"text/html\";\r\n boundary=\"{related}\"");
            part(&mut out, &alternative, &[("Content-Type", &kind)], "");
            part(&mut out, &related, &html, &quoted_printable(&mail.html));
            let narrow = format!("narrow-{}", mail.cid);
            picture(&mut out, &related, (&mail.cid, "chart.png"), png);
            if let Some(png) = &mail.png_narrow {
                picture(&mut out, &related, (&narrow, "chart-narrow.png"), png);
            }
            out.extend(["--", &related, "--\r\n"]);
        }
        None => part(&mut out, &alternative, &html, &quoted_printable(&mail.html)),
    }
    out.extend(["--", &alternative, "--\r\n"]);
    out.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_as_the_standards_say() {
        let cases = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
        ];
        for (plain, encoded) in cases {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
        assert_eq!(quoted_printable("a=b ¢ "), "a=3Db =C2=A2=20\r\n");
        assert_eq!(quoted_printable("."), "=2E\r\n");
        for line in quoted_printable(&"ü.".repeat(300)).lines() {
            assert!(line.len() <= BODY_LINE, "{line}");
        }
    }

    #[test]
    fn headers_hold_one_value() {
        let hostile = "a\r\nBcc: x@y.example\r\n\r\nbody";
        assert_eq!(
            header("Subject", hostile),
            "Subject: a Bcc: x@y.example body\r\n"
        );
        let long = header("Subject", &"Zusammenfassung über alles ".repeat(20));
        for line in long.trim_end().split("\r\n") {
            assert!(line.len() <= 78, "{line}");
            assert!(
                line.starts_with("Subject:") || line.starts_with(' '),
                "{line}"
            );
        }
        let boxes = [
            ("a@b.example", "a@b.example"),
            ("toll watch <a@b.example>", "toll watch <a@b.example>"),
            ("On, call <a@b.example>", "\"On, call\" <a@b.example>"),
            (
                "a@b.example\r\nBcc: c@d.example",
                "a@b.exampleBcc:c@d.example",
            ),
        ];
        for (written, sent) in boxes {
            assert_eq!(mailbox(written), sent);
        }
    }
}
