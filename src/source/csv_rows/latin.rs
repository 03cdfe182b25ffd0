//! Text of Western Windows machines, which spreadsheets still write.
//!
//! Knows no table. A newcomer may ask why not refuse: the letters outside ASCII stand in names of
//! people, which are looked at as fingerprints alone, and the row's figures are plain digits.

use std::borrow::Cow;

/// Windows code page 1252, bytes 0x80 to 0x9f; what the page leaves out stays a control character.
const HIGH: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The text of a cell: UTF-8, else code page 1252.
pub(super) fn text(cell: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(cell) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(cell.iter().map(|byte| letter(*byte)).collect()),
    }
}

fn letter(byte: u8) -> char {
    let place = usize::from(byte.wrapping_sub(0x80));
    match HIGH.get(place) {
        Some(letter) if byte >= 0x80 => *letter,
        Some(_) | None => char::from(byte),
    }
}
