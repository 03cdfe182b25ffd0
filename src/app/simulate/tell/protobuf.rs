//! Writes protobuf wire format, field by field.
//!
//! Knows no message. A newcomer may ask why not the crate that reads it: a writer that shared the
//! reader's message types would share their faults, and no test could find them.

/// A protobuf message that is being written.
#[derive(Default)]
pub(super) struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(u8::try_from(number & 0x7f).unwrap_or(0) | 0x80);
            number >>= 7;
        }
        self.0.push(u8::try_from(number).unwrap_or(0));
    }

    pub(super) fn number(mut self, field: u64, value: u64) -> Message {
        self.varint(field << 3);
        self.varint(value);
        self
    }

    pub(super) fn fixed64(mut self, field: u64, value: u64) -> Message {
        self.varint(field << 3 | 1);
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    pub(super) fn bytes(mut self, field: u64, value: &[u8]) -> Message {
        self.varint(field << 3 | 2);
        self.varint(u64::try_from(value.len()).unwrap_or(0));
        self.0.extend_from_slice(value);
        self
    }

    pub(super) fn message(self, field: u64, value: &Message) -> Message {
        self.bytes(field, &value.0)
    }

    pub(super) fn done(self) -> Vec<u8> {
        self.0
    }
}
