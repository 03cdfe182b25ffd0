//! One line of the line protocol, field by field.
//!
//! Knows no figure's meaning. A newcomer may ask why no crate writes it: those that do let line
//! breaks, empty tags or trailing backslashes through, and this is forty lines.

use super::key::SeriesKey;
use crate::units::UnixMillis;

/// A line that is being written at the end of a list of bytes. Without [`Line::end`], or without a
/// field, it leaves nothing.
pub struct Line<'a> {
    bytes: &'a mut Vec<u8>,
    begin: usize,
    fields: usize,
}

impl<'a> Line<'a> {
    /// Begins a line of a series, with its tags sorted and `rev` in its place.
    #[must_use]
    pub fn begin(bytes: &'a mut Vec<u8>, key: &SeriesKey, rev: u32) -> Line<'a> {
        let begin = bytes.len();
        bytes.extend_from_slice(key.measurement().as_str().as_bytes());
        let mut rev = Some(rev);
        for (name, value) in key.tags() {
            if name > "rev" {
                put_rev(bytes, rev.take());
            }
            bytes.push(b',');
            bytes.extend_from_slice(name.as_bytes());
            bytes.push(b'=');
            put_tag(bytes, value);
        }
        put_rev(bytes, rev);
        Line {
            bytes,
            begin,
            fields: 0,
        }
    }

    fn name(&mut self, name: &str) {
        self.bytes.push(if self.fields == 0 { b' ' } else { b',' });
        self.fields += 1;
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.push(b'=');
    }

    /// An integer.
    pub fn int(&mut self, name: &str, value: i64) {
        self.name(name);
        put_int(self.bytes, value);
        self.bytes.push(b'i');
    }

    /// An amount of nano-dollars in dollars, as a decimal number with all its digits.
    pub fn dollars(&mut self, name: &str, nanousd: i64) {
        const NANO: u64 = 1_000_000_000;
        self.name(name);
        if nanousd < 0 {
            self.bytes.push(b'-');
        }
        let amount = nanousd.unsigned_abs();
        let digits = format!("{}.{:09}", amount / NANO, amount % NANO);
        let digits = digits.trim_end_matches('0').trim_end_matches('.');
        self.bytes.extend_from_slice(digits.as_bytes());
    }

    /// A text.
    pub fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        self.bytes.push(b'"');
        for c in value.chars() {
            match c {
                '"' | '\\' => {
                    self.bytes.push(b'\\');
                    put_char(self.bytes, c);
                }
                c if c.is_control() => self.bytes.push(b' '),
                c => put_char(self.bytes, c),
            }
        }
        self.bytes.push(b'"');
    }

    /// Ends the line with its time in whole seconds, without a line break; whether there is one.
    pub fn end(mut self, at: UnixMillis) -> bool {
        if self.fields == 0 {
            return false;
        }
        self.bytes.push(b' ');
        put_int(self.bytes, at.0.div_euclid(1_000));
        self.begin = self.bytes.len();
        true
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        self.bytes.truncate(self.begin);
    }
}

fn put_rev(bytes: &mut Vec<u8>, rev: Option<u32>) {
    if let Some(rev) = rev {
        bytes.extend_from_slice(b",rev=");
        put_int(bytes, i64::from(rev));
    }
}

/// A tag's value, in which comma, equals sign and blank have a backslash before them.
fn put_tag(bytes: &mut Vec<u8>, value: &str) {
    for byte in value.bytes() {
        if matches!(byte, b',' | b'=' | b' ') {
            bytes.push(b'\\');
        }
        bytes.push(byte);
    }
}

fn put_char(bytes: &mut Vec<u8>, c: char) {
    bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

fn put_int(bytes: &mut Vec<u8>, value: i64) {
    let mut digits = [0_u8; 20];
    let mut first = digits.len();
    let mut rest = value.unsigned_abs();
    loop {
        first -= 1;
        if let Some(digit) = digits.get_mut(first) {
            *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        }
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        bytes.push(b'-');
    }
    bytes.extend_from_slice(digits.get(first..).unwrap_or_default());
}
