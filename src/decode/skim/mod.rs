//! Tells outbound calls to other hosts by one pass over the bytes, without decoding; of a call that
//! may be ours it takes the columns that are read, and no others.
//!
//! Knows only the keys by which a `sys_outbound_http_log` row is told, its destination found and its
//! columns read; whatever looks unusual it leaves to the tree reader. A newcomer may ask why it
//! exists: a topic of outbound calls is nine tenths calls to others, and half the columns of the
//! rest are nobody's; building a tree of each to throw it away would cost most of the time.
//!
//! What it promises: a valid record that is ignored here would be ignored by the decoder. Of a
//! broken record to somebody else it may miss a fault inside nested values, numbers or keys that it
//! does not read; of a call that may be ours it misses none.

mod columns;
mod scanner;
mod shape;

use std::borrow::Cow;

use crate::call::Format;
use crate::outcome::IgnoreReason;

use super::fields::Picked;
use super::json::Json;
use super::servicenow_outbound::{HOST, PATH, URL, address, key};
use super::{Context, Settings, Watcher, fields};

use scanner::{Scanner, Value};

/// So many keys may stand before a row's host without being read twice.
const FIRST: usize = 12;

/// What the skimmer made of a record.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Skimmed<'a> {
    /// It needs no decoding.
    Ignored(IgnoreReason),
    /// A row of a call that may be ours, with the columns that its decoder reads.
    Row(Picked<'a>),
}

/// Looks through a record; `None` leaves it to the tree reader, as all calls that may be ours are
/// left when the watcher reads calls.
pub(super) fn skim<'a>(
    bytes: &'a [u8],
    context: Context<'_>,
    watcher: &mut dyn Watcher,
) -> Option<Skimmed<'a>> {
    let settings = context.settings;
    match settings.format {
        None | Some(Format::ServicenowOutbound) => {}
        Some(_) => return None,
    }
    let build = |begun: &Begun<'a>, watcher: &dyn Watcher| {
        let row = || columns::row(bytes, settings, begun).map(Skimmed::Row);
        (!watcher.reads_calls()).then(row).flatten()
    };
    let ours = |row: &Row<'_>| {
        let host = row.host.as_deref().and_then(fields::split_url);
        host.is_some_and(|named| context.gate.might_admit(named.host, ""))
    };
    let mut begun = Begun::at(bytes)?;
    let Scan::Row(row) = scan(&mut begun, settings, ours)? else {
        return build(&begun, watcher);
    };
    if !row.is_outbound(settings.format.is_some()) {
        return None;
    }
    let (host, path) = address(row.host.as_deref(), row.url.as_deref(), row.path.as_deref())?;
    if context.gate.might_admit(host, &path) {
        return build(&Begun::at(bytes)?, watcher);
    }
    // The tree reader refuses what is not UTF-8, in whatever value it stands.
    std::str::from_utf8(bytes).ok()?;
    watcher.skimmed(host, &path);
    Some(Skimmed::Ignored(IgnoreReason::OtherCall))
}

/// The host of an outbound call, found by the skimmer's scan alone; `None` where it would leave
/// the record to the decoder. For measuring the scan.
#[must_use]
pub fn skim_host(bytes: &[u8]) -> Option<String> {
    let mut begun = Begun::at(bytes)?;
    let Scan::Row(row) = scan(&mut begun, &Settings::default(), |_| false)? else {
        return None;
    };
    if !row.is_outbound(false) {
        return None;
    }
    let (host, _) = address(row.host.as_deref(), row.url.as_deref(), None)?;
    Some(host.to_owned())
}

/// What one pass finds of a row.
#[derive(Default)]
struct Row<'a> {
    seen: u64,
    host: Option<Cow<'a, str>>,
    url: Option<Cow<'a, str>>,
    path: Option<Cow<'a, str>>,
}

impl Row<'_> {
    /// Whether the decoder would take this for a `sys_outbound_http_log` row. Without a fixed
    /// format only a row that has a key of every `ServiceNow` table and none of another format.
    fn is_outbound(&self, fixed: bool) -> bool {
        let has = |bits: u64| self.seen & bits != 0;
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

/// A key with its bit and its value, as far as the scan tells them.
#[derive(Clone, Copy)]
struct Passed<'a> {
    name: &'a [u8],
    bit: u64,
    value: Value<'a>,
}

/// A record whose scan has begun: so far the scan has come, and so much it has passed.
struct Begun<'a> {
    scanner: Scanner<'a>,
    first: [Passed<'a>; FIRST],
    /// How many were passed; past [`FIRST`] not all of them are known.
    count: usize,
}

impl<'a> Begun<'a> {
    /// Before the first key of an object.
    fn at(bytes: &'a [u8]) -> Option<Begun<'a>> {
        const NONE: Passed<'_> = Passed {
            name: &[],
            bit: 0,
            value: Value::Null,
        };
        let mut scanner = Scanner::new(bytes);
        scanner.expect(b'{')?;
        Some(Begun {
            scanner,
            first: [NONE; FIRST],
            count: 0,
        })
    }

    fn note(&mut self, passed: Passed<'a>) {
        if let Some(slot) = self.first.get_mut(self.count) {
            *slot = passed;
        }
        self.count += 1;
    }

    /// All that was passed, where it is known.
    fn passed(&self) -> Option<&[Passed<'a>]> {
        self.first.get(..self.count)
    }
}

/// How a scan ended.
enum Scan<'a> {
    /// At the end of the record.
    Row(Row<'a>),
    /// Behind a part of the destination that is ours.
    Ours,
}

/// Scans a whole record; `None` for anything that is no plain object, or unusual, or another
/// format's by a key. `ours` is asked whenever a part of the destination was found.
fn scan<'a>(
    begun: &mut Begun<'a>,
    settings: &Settings,
    ours: impl Fn(&Row<'a>) -> bool,
) -> Option<Scan<'a>> {
    let own = OwnNames::new(settings)?;
    let fixed = settings.format.is_some();
    let mut row = Row::default();
    loop {
        let name = begun.scanner.name()?;
        let value = begun.scanner.value()?;
        let bit = row.see(name, &own)?;
        begun.note(Passed { name, bit, value });
        if let Some(part) = part_of(bit) {
            row.keep(part, &value)?;
            if ours(&row) {
                return Some(Scan::Ours);
            }
        }
        if !fixed && row.seen & key::FOREIGN != 0 {
            return None;
        }
        if !begun.scanner.goes_on()? {
            break;
        }
    }
    let at_end = begun.scanner.only_white_is_left();
    at_end.then_some(Scan::Row(row))
}

/// The part that a key plays: by the settings, or by its name.
fn part_of(bit: u64) -> Option<Part> {
    let own = bit & (key::OWN_HOST | key::OWN_URL | key::OWN_PATH);
    match if own == 0 { bit } else { own } {
        key::HOSTNAME | key::URL_HOSTNAME | key::HOST | key::OWN_HOST => Some(Part::Host),
        key::URL | key::OWN_URL => Some(Part::Url),
        key::PATH | key::URL_PATH | key::OWN_PATH => Some(Part::Path),
        _ => None,
    }
}

impl<'a> Row<'a> {
    /// Takes note of a key, and tells its bits; `None` when it stands there twice, which is for the
    /// tree reader to refuse.
    fn see(&mut self, name: &[u8], own: &OwnNames<'_>) -> Option<u64> {
        let mut bit = key::bit(name);
        if own.any {
            bit |= own.bit(name);
        }
        if self.seen & bit & !key::FOREIGN != 0 {
            return None;
        }
        self.seen |= bit;
        Some(bit)
    }

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
            Value::Escaped(_) | Value::Scalar(_) => return None,
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
    parts: [(u64, &'s [String]); 3],
    any: bool,
}

impl<'s> OwnNames<'s> {
    /// `None` when one is a path into nested objects, which the scan does not open.
    fn new(settings: &'s Settings) -> Option<OwnNames<'s>> {
        let names = |column: fields::Column| -> &'s [String] {
            settings.fields.get(column.name).map_or(&[], Vec::as_slice)
        };
        let parts = [
            (key::OWN_HOST, names(HOST)),
            (key::OWN_URL, names(URL)),
            (key::OWN_PATH, names(PATH)),
        ];
        let any = parts.iter().any(|(_, names)| !names.is_empty());
        let mut all = parts.iter().flat_map(|(_, names)| names.iter());
        (!all.any(|name| name.contains('.'))).then_some(OwnNames { parts, any })
    }

    /// The bit of the part that they name this key for; 0 for none.
    fn bit(&self, name: &[u8]) -> u64 {
        let is = |names: &[String]| names.iter().any(|own| own.as_bytes() == name);
        let part = self.parts.iter().find(|(_, names)| is(names));
        part.map_or(0, |(bit, _)| *bit)
    }
}

#[cfg(test)]
mod tests;
