//! Walks the bytes of a JSON object from key to value without building anything.
//!
//! Knows no keys. A newcomer may ask why nested values are only counted through: the decoder finds
//! their faults when a record is worth decoding.

use memchr::memchr2;

/// Deepest nesting of arrays and objects that is skipped; one bit each.
const MAX_DEPTH: u32 = 64;

/// A value as far as the scan tells it.
#[derive(Clone, Copy)]
pub(super) enum Value<'a> {
    /// The inside of a string without escapes.
    String(&'a [u8]),
    /// A string with escapes, quotes included.
    Escaped(&'a [u8]),
    /// An array or object, brackets included.
    Nested(&'a [u8]),
    /// `null`.
    Null,
    /// A number or truth value.
    Scalar(&'a [u8]),
}

#[derive(Clone, Copy)]
pub(super) struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    /// A scanner that has read the byte order mark, if one stands there.
    pub(super) fn new(bytes: &'a [u8]) -> Scanner<'a> {
        let at = if bytes.starts_with(b"\xEF\xBB\xBF") {
            3
        } else {
            0
        };
        Scanner { bytes, at }
    }

    /// The next byte that is no white space; the place moves behind it.
    pub(super) fn next(&mut self) -> Option<u8> {
        loop {
            let byte = *self.bytes.get(self.at)?;
            self.at += 1;
            if !is_white(byte) {
                return Some(byte);
            }
        }
    }

    /// The same, the place left before it.
    pub(super) fn peek(&mut self) -> Option<u8> {
        let byte = self.next()?;
        self.at -= 1;
        Some(byte)
    }

    pub(super) fn expect(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then_some(())
    }

    /// A key without escapes, its colon read.
    pub(super) fn name(&mut self) -> Option<&'a [u8]> {
        self.expect(b'"')?;
        let name = self.plain_string()?;
        self.expect(b':')?;
        Some(name)
    }

    /// The name, where the next key is written so, with its quotes and colon; else nothing is read.
    pub(super) fn name_written(&mut self, written: &[u8]) -> Option<&'a [u8]> {
        self.peek()?;
        let (key, _) = self.bytes.get(self.at..)?.split_at_checked(written.len())?;
        if !same(key, written) {
            return None;
        }
        self.at += written.len();
        key.get(1..written.len().saturating_sub(2))
    }

    /// Whether an object goes on behind a value, the comma or bracket read.
    pub(super) fn goes_on(&mut self) -> Option<bool> {
        match self.next()? {
            b',' => Some(true),
            b'}' => Some(false),
            _ => None,
        }
    }

    pub(super) fn only_white_is_left(&self) -> bool {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        rest.iter().all(|byte| is_white(*byte))
    }

    /// The inside of a string whose opening quote was read; `None` when it has escapes.
    pub(super) fn plain_string(&mut self) -> Option<&'a [u8]> {
        let rest = self.bytes.get(self.at..)?;
        let end = string_end(rest)?;
        let (inside, after) = rest.split_at_checked(end)?;
        self.at += end + 1;
        (after.first() == Some(&b'"')).then_some(inside)
    }

    /// The same, and nothing is read of one with escapes.
    pub(super) fn text(&mut self) -> Option<&'a [u8]> {
        let begun = *self;
        let inside = self.plain_string();
        if inside.is_none() {
            *self = begun;
        }
        inside
    }

    /// Moves behind the closing quote of a string that has begun.
    fn skip_string(&mut self) -> Option<()> {
        loop {
            let rest = self.bytes.get(self.at..)?;
            let end = string_end(rest)?;
            self.at += end + 1;
            if rest.get(end) == Some(&b'"') {
                return Some(());
            }
            // The byte after a backslash never ends the string.
            self.at += 1;
        }
    }

    pub(super) fn value(&mut self) -> Option<Value<'a>> {
        let first = self.next()?;
        self.value_from(first)
    }

    /// The value whose first byte was read.
    pub(super) fn value_from(&mut self, first: u8) -> Option<Value<'a>> {
        match first {
            b'"' => {
                let start = self.at;
                if let Some(inside) = self.plain_string() {
                    return Some(Value::String(inside));
                }
                self.at = start;
                self.skip_string()?;
                self.bytes.get(start - 1..self.at).map(Value::Escaped)
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
            truth @ (b"true" | b"false") => Some(Value::Scalar(truth)),
            number => is_number(number).then_some(Value::Scalar(number)),
        }
    }
}

/// Whether two keys are the same: eight bytes at a time, where calling a comparison of any length would
/// take longer than comparing.
pub(super) fn same(one: &[u8], other: &[u8]) -> bool {
    let (Some(last), Some(other_last)) = (one.last_chunk::<8>(), other.last_chunk::<8>()) else {
        return one == other;
    };
    let (words, _) = one.as_chunks::<8>();
    let (other_words, _) = other.as_chunks::<8>();
    one.len() == other.len() && last == other_last && words == other_words
}

/// So many words are looked through before a vector search begins: most strings of a row end within
/// them, row ids of 32 bytes among them.
const WORDS: usize = 5;

/// Where the first quote or backslash stands.
fn string_end(rest: &[u8]) -> Option<usize> {
    const QUOTES: u64 = u64::from_le_bytes([b'"'; 8]);
    const BACKSLASHES: u64 = u64::from_le_bytes([b'\\'; 8]);
    let (words, _) = rest.as_chunks::<8>();
    let mut passed = 0_usize;
    for word in words.iter().take(WORDS) {
        let word = u64::from_le_bytes(*word);
        let hits = zero_bytes(word ^ QUOTES) | zero_bytes(word ^ BACKSLASHES);
        if hits != 0 {
            let byte = usize::try_from(hits.trailing_zeros() / 8).ok()?;
            return Some(passed + byte);
        }
        passed += 8;
    }
    memchr2(b'"', b'\\', rest.get(passed..)?).map(|at| passed + at)
}

/// A word whose lowest set bit lies in the first zero byte of `word`; 0 when it has none.
fn zero_bytes(word: u64) -> u64 {
    const LOW: u64 = u64::from_le_bytes([0x01; 8]);
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    word.wrapping_sub(LOW) & !word & HIGH
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
