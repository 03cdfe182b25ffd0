//! Tells outbound calls to other hosts by one pass over the bytes, without decoding.
//!
//! Knows only the keys by which a `sys_outbound_http_log` row is told and its destination found;
//! whatever looks unusual it leaves to the decoder. A newcomer may ask why it exists: a topic of
//! outbound calls is nine tenths calls to others, and building a tree of each to throw it away
//! would cost most of the time.
//!
//! What it promises: a valid record that is ignored here would be ignored by the decoder. Of a
//! broken record it may miss a fault inside nested values, numbers or keys that it does not read.

mod key;
mod scanner;

use std::borrow::Cow;

use crate::call::Format;
use crate::outcome::IgnoreReason;

use super::json::Json;
use super::servicenow_outbound::{HOST, PATH, URL, address};
use super::{Context, Settings, Watcher, fields};

use scanner::{Scanner, Value};

/// The outcome of a record that needs no decoding; `None` leaves it to the decoder.
pub(super) fn skim(
    bytes: &[u8],
    context: Context<'_>,
    watcher: &mut dyn Watcher,
) -> Option<IgnoreReason> {
    let settings = context.settings;
    match settings.format {
        None | Some(Format::ServicenowOutbound) => {}
        Some(_) => return None,
    }
    // Neither a key of another format nor a host that is ours leaves anything to skim.
    let fixed = settings.format.is_some();
    let goes_on = |row: &Row<'_>| {
        let ours = |host: &str| context.gate.might_admit(host, "");
        let host = row.host.as_deref().and_then(fields::split_url);
        (fixed || row.seen & key::FOREIGN == 0) && !host.is_some_and(|named| ours(named.host))
    };
    let row = scan(bytes, settings, goes_on)?;
    if !row.is_outbound(fixed) {
        return None;
    }
    let (host, path) = address(row.host.as_deref(), row.url.as_deref(), row.path.as_deref())?;
    if context.gate.might_admit(host, &path) {
        return None;
    }
    // The tree reader refuses what is not UTF-8, in whatever value it stands.
    std::str::from_utf8(bytes).ok()?;
    watcher.skimmed(host, &path);
    Some(IgnoreReason::OtherCall)
}

/// The host of an outbound call, found by the skimmer's scan alone; `None` where it would leave
/// the record to the decoder. For measuring the scan.
#[must_use]
pub fn skim_host(bytes: &[u8]) -> Option<String> {
    let row = scan(bytes, &Settings::default(), |_| true)?;
    if !row.is_outbound(false) {
        return None;
    }
    let (host, _) = address(row.host.as_deref(), row.url.as_deref(), None)?;
    Some(host.to_owned())
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

/// Scans a whole record; `None` for anything that is no plain object, or unusual, and once `goes_on`
/// says no: it is asked whenever a key of another format or a part of the destination was found.
fn scan<'a>(
    bytes: &'a [u8],
    settings: &Settings,
    goes_on: impl Fn(&Row<'a>) -> bool,
) -> Option<Row<'a>> {
    let own = OwnNames::new(settings)?;
    let mut row = Row::default();
    let mut scanner = Scanner::new(bytes);
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
            row.keep(part, &value)?;
        }
        if (part.is_some() || bit & key::FOREIGN != 0) && !goes_on(&row) {
            return None;
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
    fn keep(&mut self, part: Part, value: &Value<'a>) -> Option<()> {
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

#[cfg(test)]
mod tests;
