//! Text in UTF-16, as some spreadsheets and shells write it, as UTF-8.
//!
//! Knows no record. A newcomer may ask why the byte order mark decides alone: without one it is not
//! what such programs write, and a guess would garble what it gets wrong.

use std::io::{self, Read};

use super::stream::read_up_to;

/// How much is read at once.
const CHUNK: usize = 1 << 16;

/// Which byte of a unit comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// The lower one, as on Windows.
    Little,
    /// The higher one.
    Big,
}

impl Order {
    /// The order that a byte order mark tells.
    pub(super) fn of(first: &[u8]) -> Option<Order> {
        match first {
            [0xff, 0xfe, ..] => Some(Order::Little),
            [0xfe, 0xff, ..] => Some(Order::Big),
            _ => None,
        }
    }
}

/// Reads UTF-16 as UTF-8, without its byte order mark. What is no letter becomes U+FFFD; half a
/// letter at the end is not there yet.
pub(super) struct Utf16<R> {
    reader: R,
    order: Order,
    /// Bytes that are no whole letter yet.
    rest: Vec<u8>,
    letters: io::Cursor<Vec<u8>>,
    begun: bool,
}

impl<R: Read> Utf16<R> {
    pub(super) fn new(reader: R, order: Order) -> Utf16<R> {
        Utf16 {
            reader,
            order,
            rest: Vec::new(),
            letters: io::Cursor::default(),
            begun: false,
        }
    }

    /// Turns the next bytes into letters; whether there were any bytes.
    fn more(&mut self) -> io::Result<bool> {
        let read = read_up_to(&mut self.reader, CHUNK)?;
        let ended = read.is_empty();
        self.rest.extend_from_slice(&read);
        let (pairs, _) = self.rest.as_chunks::<2>();
        let mut units: Vec<u16> = pairs
            .iter()
            .map(|pair| match self.order {
                Order::Little => u16::from_le_bytes(*pair),
                Order::Big => u16::from_be_bytes(*pair),
            })
            .collect();
        // The first half of a letter waits for the second.
        if units
            .last()
            .is_some_and(|unit| matches!(unit, 0xd800..0xdc00))
        {
            units.pop();
        }
        self.rest.drain(..units.len() * 2);
        let mark = usize::from(!self.begun && units.first() == Some(&0xfeff));
        self.begun |= !units.is_empty();
        let text: String = char::decode_utf16(units.into_iter().skip(mark))
            .map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect();
        self.letters = io::Cursor::new(text.into_bytes());
        Ok(!ended)
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.letters.read(buffer)?;
            if read > 0 || buffer.is_empty() || !self.more()? {
                return Ok(read);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_orders_are_read() {
        let texts = [
            "",
            "Sys ID\tURL\r\n",
            "Zürich – 北京 😀",
            &"x😀".repeat(40_000),
        ];
        for text in texts {
            for order in [Order::Little, Order::Big] {
                let bytes: Vec<u8> = "\u{feff}"
                    .encode_utf16()
                    .chain(text.encode_utf16())
                    .flat_map(|unit| match order {
                        Order::Little => unit.to_le_bytes(),
                        Order::Big => unit.to_be_bytes(),
                    })
                    .collect();
                assert_eq!(Order::of(&bytes), Some(order));
                let mut read = String::new();
                let mut reader = Utf16::new(&bytes[..], order);
                reader.read_to_string(&mut read).unwrap();
                assert!(read == text, "{order:?}");
                // Half of a letter is not there yet.
                let half = &bytes[..bytes.len() - 1];
                let mut read = Vec::new();
                Utf16::new(half, order).read_to_end(&mut read).unwrap();
                assert!(text.as_bytes().starts_with(&read), "{order:?}");
            }
        }
        let mut read = String::new();
        let lone: &[u8] = &[0xff, 0xfe, 0x00, 0xdc, b'x', 0];
        Utf16::new(lone, Order::Little)
            .read_to_string(&mut read)
            .unwrap();
        assert_eq!(read, "\u{fffd}x");
    }
}
