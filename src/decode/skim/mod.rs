//! Tells outbound calls to other hosts by one pass over the bytes, without decoding.
//!
//! Knows only the keys by which a `sys_outbound_http_log` row is told and its destination found;
//! whatever looks unusual it leaves to the decoder. A newcomer may ask why it exists: a topic of
//! outbound calls is nine tenths calls to others, and building a tree of each to throw it away
//! would cost most of the time.
//!
//! What it promises: a valid record that is ignored here would be ignored by the decoder. Of a
//! broken record it may miss a fault inside nested values, numbers or keys that it does not read.

use std::borrow::Cow;

use memchr::memchr2;

use crate::call::Format;
use crate::outcome::IgnoreReason;

use super::json::Json;
use super::servicenow_outbound::{HOST, PATH, URL, address};
use super::{Context, Settings, fields};

/// Deepest nesting of arrays and objects that is skipped; one bit each.
const MAX_DEPTH: u32 = 64;

/// The outcome of a record that needs no decoding; `None` leaves it to the decoder.
pub(super) fn skim(bytes: &[u8], context: Context<'_>) -> Option<IgnoreReason> {
    let settings = context.settings;
    match settings.format {
        None | Some(Format::ServicenowOutbound) => {}
        Some(_) => return None,
    }
    let row = scan(bytes, settings)?;
    if !row.is_outbound(settings.format.is_some()) {
        return None;
    }
    let (host, path) = address(row.host.as_deref(), row.url.as_deref(), row.path.as_deref())?;
    if context.gate.might_admit(host, &path) {
        return None;
    }
    // The tree reader refuses what is not UTF-8, in whatever value it stands.
    std::str::from_utf8(bytes).ok()?;
    Some(IgnoreReason::OtherCall)
}

/// The host of an outbound call, found by the skimmer's scan alone; `None` where it would leave
/// the record to the decoder. For measuring the scan.
#[must_use]
pub fn skim_host(bytes: &[u8]) -> Option<String> {
    let row = scan(bytes, &Settings::default())?;
    if !row.is_outbound(false) {
        return None;
    }
    let (host, _) = address(row.host.as_deref(), row.url.as_deref(), None)?;
    Some(host.to_owned())
}

/// Keys that the scan reads, as bits of [`Row::seen`].
mod key {
    pub(super) const HOSTNAME: u32 = 1;
    pub(super) const URL_HOSTNAME: u32 = 1 << 1;
    pub(super) const HOST: u32 = 1 << 2;
    pub(super) const URL: u32 = 1 << 3;
    pub(super) const PATH: u32 = 1 << 4;
    pub(super) const URL_PATH: u32 = 1 << 5;
    pub(super) const HTTP_METHOD: u32 = 1 << 6;
    pub(super) const METHOD: u32 = 1 << 7;
    pub(super) const RESPONSE_STATUS: u32 = 1 << 8;
    pub(super) const HTTP_STATUS: u32 = 1 << 9;
    pub(super) const STATUS: u32 = 1 << 10;
    pub(super) const STATUS_CODE: u32 = 1 << 11;
    pub(super) const SYS_CREATED_ON: u32 = 1 << 12;
    pub(super) const SYS_ID: u32 = 1 << 13;
    /// A key by which another format could claim the record.
    pub(super) const FOREIGN: u32 = 1 << 14;
    /// Keys that the settings name as the destination's host, URL and path.
    pub(super) const OWN_HOST: u32 = 1 << 15;
    pub(super) const OWN_URL: u32 = 1 << 16;
    pub(super) const OWN_PATH: u32 = 1 << 17;

    pub(super) const ANY_DESTINATION: u32 = HOSTNAME | URL_HOSTNAME | HOST | URL;
    pub(super) const ANY_CALL: u32 =
        HTTP_METHOD | METHOD | RESPONSE_STATUS | HTTP_STATUS | STATUS | STATUS_CODE;
    pub(super) const HTTP_MARKS: u32 = HTTP_METHOD | RESPONSE_STATUS | HTTP_STATUS;

    /// The bit of a key; 0 for those that the scan does not read.
    pub(super) fn bit(name: &[u8]) -> u32 {
        match name {
            b"hostname" => HOSTNAME,
            b"url_hostname" => URL_HOSTNAME,
            b"host" => HOST,
            b"url" => URL,
            b"path" => PATH,
            b"url_path" => URL_PATH,
            b"http_method" => HTTP_METHOD,
            b"method" => METHOD,
            b"response_status" => RESPONSE_STATUS,
            b"http_status" => HTTP_STATUS,
            b"status" => STATUS,
            b"status_code" => STATUS_CODE,
            b"sys_created_on" => SYS_CREATED_ON,
            b"sys_id" => SYS_ID,
            b"tollwatch"
            | b"prompt_token_count"
            | b"response_token_count"
            | b"skill_config_id"
            | b"output_metadata"
            | b"model_name" => FOREIGN,
            _ => 0,
        }
    }
}

/// What one pass finds of a row.
#[derive(Default)]
struct Row<'a> {
    seen: u32,
    host: Option<Cow<'a, str>>,
    url: Option<Cow<'a, str>>,
    path: Option<Cow<'a, str>>,
}

impl Row<'_> {
    /// Whether the decoder would take this for a `sys_outbound_http_log` row. Without a fixed
    /// format only a row that has a key of every `ServiceNow` table and none of another format.
    fn is_outbound(&self, fixed: bool) -> bool {
        let has = |bits: u32| self.seen & bits != 0;
        let created = has(key::SYS_CREATED_ON);
        let outbound = if has(key::ANY_DESTINATION) {
            created || has(key::ANY_CALL)
        } else {
            // A destination under a name of the user's own.
            has(key::OWN_HOST | key::OWN_URL) && (fixed || (created && has(key::HTTP_MARKS)))
        };
        outbound && (fixed || ((created || has(key::SYS_ID)) && !has(key::FOREIGN)))
    }
}

/// The part that a key plays for the destination.
#[derive(Clone, Copy)]
enum Part {
    Host,
    Url,
    Path,
}

/// Scans a whole record; `None` for anything that is no plain object, or unusual.
fn scan<'a>(bytes: &'a [u8], settings: &Settings) -> Option<Row<'a>> {
    let own = OwnNames::new(settings)?;
    let mut row = Row::default();
    let start = if bytes.starts_with(b"\xEF\xBB\xBF") {
        3
    } else {
        0
    };
    let mut scanner = Scanner { bytes, at: start };
    scanner.expect(b'{')?;
    loop {
        scanner.expect(b'"')?;
        let name = scanner.plain_string()?;
        scanner.expect(b':')?;
        let value = scanner.value()?;
        let mut bit = key::bit(name);
        let mut part = part_of(bit);
        if !own.is_empty()
            && let Some(named) = own.part(name)
        {
            bit |= match named {
                Part::Host => key::OWN_HOST,
                Part::Url => key::OWN_URL,
                Part::Path => key::OWN_PATH,
            };
            part = Some(named);
        }
        // Twice the same key is for the decoder to refuse.
        if row.seen & bit & !key::FOREIGN != 0 {
            return None;
        }
        row.seen |= bit;
        if let Some(part) = part {
            row.keep(part, value)?;
        }
        match scanner.next()? {
            b',' => {}
            b'}' => break,
            _ => return None,
        }
    }
    scanner.only_white_is_left().then_some(row)
}

fn part_of(bit: u32) -> Option<Part> {
    match bit {
        key::HOSTNAME | key::URL_HOSTNAME | key::HOST => Some(Part::Host),
        key::URL => Some(Part::Url),
        key::PATH | key::URL_PATH => Some(Part::Path),
        _ => None,
    }
}

impl<'a> Row<'a> {
    /// Keeps a part of the destination; `None` when two columns tell the same part, because
    /// which of them counts is the decoder's knowledge.
    fn keep(&mut self, part: Part, value: Value<'a>) -> Option<()> {
        let slot = match part {
            Part::Host => &mut self.host,
            Part::Url => &mut self.url,
            Part::Path => &mut self.path,
        };
        let text = match value {
            Value::String(raw) => Cow::Borrowed(std::str::from_utf8(raw).ok()?.trim()),
            Value::Nested(raw) => wrapped(raw)?,
            Value::Null => return Some(()),
            Value::Escaped | Value::Scalar => return None,
        };
        if text.is_empty() {
            return Some(());
        }
        slot.replace(text).is_none().then_some(())
    }
}

/// The text inside `{value, display_value, link}`.
fn wrapped(raw: &[u8]) -> Option<Cow<'_, str>> {
    let value = Json::parse(raw).ok()?;
    let plain = fields::plain(&value);
    if plain.is_blank() {
        return Some(Cow::Borrowed(""));
    }
    let text = fields::text(plain)?.into_owned();
    Some(Cow::Owned(text))
}

/// The destination's column names of the settings.
struct OwnNames<'s> {
    parts: [(Part, &'s [String]); 3],
}

impl<'s> OwnNames<'s> {
    /// `None` when one is a path into nested objects, which the scan does not open.
    fn new(settings: &'s Settings) -> Option<OwnNames<'s>> {
        let names = |column: fields::Column| -> &'s [String] {
            settings.fields.get(column.name).map_or(&[], Vec::as_slice)
        };
        let parts = [
            (Part::Host, names(HOST)),
            (Part::Url, names(URL)),
            (Part::Path, names(PATH)),
        ];
        let mut all = parts.iter().flat_map(|(_, names)| names.iter());
        (!all.any(|name| name.contains('.'))).then_some(OwnNames { parts })
    }

    fn is_empty(&self) -> bool {
        self.parts.iter().all(|(_, names)| names.is_empty())
    }

    fn part(&self, name: &[u8]) -> Option<Part> {
        self.parts
            .iter()
            .find(|(_, names)| names.iter().any(|own| own.as_bytes() == name))
            .map(|(part, _)| *part)
    }
}

/// A value as far as the scan tells it.
enum Value<'a> {
    /// The inside of a string without escapes.
    String(&'a [u8]),
    /// A string with escapes.
    Escaped,
    /// An array or object, brackets included.
    Nested(&'a [u8]),
    /// `null`.
    Null,
    /// A number or truth value.
    Scalar,
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    /// The next byte that is no white space; the place moves behind it.
    fn next(&mut self) -> Option<u8> {
        loop {
            let byte = *self.bytes.get(self.at)?;
            self.at += 1;
            if !is_white(byte) {
                return Some(byte);
            }
        }
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then_some(())
    }

    fn only_white_is_left(&self) -> bool {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        rest.iter().all(|byte| is_white(*byte))
    }

    /// The inside of a string whose opening quote was read; `None` when it has escapes.
    fn plain_string(&mut self) -> Option<&'a [u8]> {
        let rest = self.bytes.get(self.at..)?;
        let end = memchr2(b'"', b'\\', rest)?;
        let (inside, after) = rest.split_at_checked(end)?;
        self.at += end + 1;
        (after.first() == Some(&b'"')).then_some(inside)
    }

    /// Moves behind the closing quote of a string that has begun.
    fn skip_string(&mut self) -> Option<()> {
        loop {
            let rest = self.bytes.get(self.at..)?;
            let end = memchr2(b'"', b'\\', rest)?;
            self.at += end + 1;
            if rest.get(end) == Some(&b'"') {
                return Some(());
            }
            // The byte after a backslash never ends the string.
            self.at += 1;
        }
    }

    fn value(&mut self) -> Option<Value<'a>> {
        match self.next()? {
            b'"' => {
                let start = self.at;
                if let Some(inside) = self.plain_string() {
                    return Some(Value::String(inside));
                }
                self.at = start;
                self.skip_string()?;
                Some(Value::Escaped)
            }
            open @ (b'{' | b'[') => {
                let start = self.at - 1;
                self.skip_nested(open)?;
                self.bytes.get(start..self.at).map(Value::Nested)
            }
            _ => self.scalar(),
        }
    }

    /// Moves behind the bracket that closes `open`: every bracket with its own kind.
    fn skip_nested(&mut self, open: u8) -> Option<()> {
        let mut kinds = u64::from(open == b'{');
        let mut depth = 1_u32;
        while depth > 0 {
            let byte = *self.bytes.get(self.at)?;
            self.at += 1;
            match byte {
                b'"' => self.skip_string()?,
                b'{' | b'[' => {
                    depth += 1;
                    if depth > MAX_DEPTH {
                        return None;
                    }
                    kinds = (kinds << 1) | u64::from(byte == b'{');
                }
                b'}' | b']' => {
                    if (kinds & 1 == 1) != (byte == b'}') {
                        return None;
                    }
                    kinds >>= 1;
                    depth -= 1;
                }
                _ => {}
            }
        }
        Some(())
    }

    /// A number, truth value or null whose first byte was read.
    fn scalar(&mut self) -> Option<Value<'a>> {
        let start = self.at - 1;
        while let Some(byte) = self.bytes.get(self.at)
            && !matches!(byte, b',' | b'}' | b']')
            && !is_white(*byte)
        {
            self.at += 1;
        }
        match self.bytes.get(start..self.at)? {
            b"null" => Some(Value::Null),
            b"true" | b"false" => Some(Value::Scalar),
            number => is_number(number).then_some(Value::Scalar),
        }
    }
}

fn is_white(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// A whole number or plain decimal; anything rarer is for the decoder.
fn is_number(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let mut parts = digits.splitn(2, |byte| *byte == b'.');
    let whole = parts.next().unwrap_or_default();
    let is_digits = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    let leading_zero = whole.len() > 1 && whole.first() == Some(&b'0');
    is_digits(whole) && !leading_zero && parts.next().is_none_or(is_digits)
}

#[cfg(test)]
mod tests;
