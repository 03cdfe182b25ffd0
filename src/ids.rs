//! Identities of reports and the hashes made of them.
//!
//! Knows no format and no ledger. A newcomer may ask why hashes of identities have no secret key:
//! the books must recognise a call after any restart, and a key that rotates would count every
//! call twice. People are another matter: they appear only as [`Fingerprint`]s with a key.

use std::fmt;

use crate::units::Text;

/// What kind of key names a call; the order is the order of trust.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdentityKind {
    /// The provider's response id (`chatcmpl-…`, `msg_…`, `responseId`).
    Response,
    /// The provider's request id (a response header, a requestId of a provider's own log).
    Request,
    /// A gateway's correlation id (`litellm_call_id`, APIM `correlationId`).
    Gateway,
    /// The producer's row id (`sys_id`, `id` of a native record).
    Row,
    /// Trace id and span id.
    Span,
    /// A hash of content, because nothing better was there; counted apart.
    Weak,
}

impl IdentityKind {
    /// The word for logs, lines and tests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            IdentityKind::Response => "response",
            IdentityKind::Request => "request",
            IdentityKind::Gateway => "gateway",
            IdentityKind::Row => "row",
            IdentityKind::Span => "span",
            IdentityKind::Weak => "weak",
        }
    }
}

/// One key per report: the first present in the order of [`IdentityKind`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// What kind of key it is.
    pub kind: IdentityKind,
    /// The key as told. Row ids carry their table in front (`sys_outbound_http_log:0b1c…`), spans
    /// are `trace/span`, weak ones are hex of a 128-bit hash.
    pub value: Text,
    /// Worked out where the value is made, while the processor still has it at hand.
    key: u64,
}

impl Identity {
    /// Makes one.
    #[must_use]
    pub fn new(kind: IdentityKind, value: impl Into<Text>) -> Identity {
        let value = value.into();
        let key = key_of(kind, &value);
        Identity { kind, value, key }
    }

    /// That of a row: its id, with its table in front.
    #[must_use]
    pub fn row(table: &str, id: &str) -> Identity {
        // Batches of them wait for the disk: no byte more than needed.
        let mut value = Text::with_capacity(table.len() + 1 + id.len());
        value.push_str(table);
        value.push(':');
        value.push_str(id);
        Identity::new(IdentityKind::Row, value)
    }

    /// A weak identity: the hash of every part, in order.
    #[must_use]
    pub fn weak(parts: &[&[u8]]) -> Identity {
        let mut bytes = Vec::with_capacity(128);
        for part in parts {
            bytes.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
            bytes.extend_from_slice(part);
        }
        let hash = twox_hash::XxHash3_128::oneshot(&bytes);
        Identity::new(IdentityKind::Weak, format!("{hash:032x}"))
    }

    /// The 64-bit key under which the ledger knows the call. Its two low bits are left zero: the
    /// ledger keeps the fact groups there.
    #[must_use]
    pub fn key(&self) -> u64 {
        self.key
    }
}

fn key_of(kind: IdentityKind, value: &str) -> u64 {
    let mut bytes = [0_u8; 256];
    let value = value.as_bytes();
    let kind = match kind {
        IdentityKind::Response => 1,
        IdentityKind::Request => 2,
        IdentityKind::Gateway => 3,
        IdentityKind::Row => 4,
        IdentityKind::Span => 5,
        IdentityKind::Weak => 6,
    };
    let hash = match bytes.get_mut(..=value.len()) {
        Some([first, rest @ ..]) => {
            *first = kind;
            rest.copy_from_slice(value);
            twox_hash::XxHash3_64::oneshot(bytes.get(..=value.len()).unwrap_or_default())
        }
        _ => twox_hash::XxHash3_64::oneshot_with_seed(u64::from(kind), value),
    };
    hash & !0b11
}

/// A keyed 64-bit fingerprint of a person or a conversation; the plain value is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub u64);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The number of a configuration the ledger has seen, from 1; 0 is "no configuration yet".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConfigNumber(pub u32);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_stable_and_apart() {
        let response = Identity::new(IdentityKind::Response, "chatcmpl-1");
        let row = Identity::new(IdentityKind::Row, "chatcmpl-1");
        assert_ne!(response.key(), row.key());
        assert_eq!(response.key() & 3, 0);
        // Written in ledgers: must never change between versions.
        assert_eq!(
            response.key(),
            Identity::new(IdentityKind::Response, "chatcmpl-1").key()
        );
        let long = Identity::new(IdentityKind::Row, "x".repeat(1000));
        assert_eq!(long.key(), long.key());
        assert_ne!(
            Identity::weak(&[b"ab", b"c"]),
            Identity::weak(&[b"a", b"bc"])
        );
    }
}
