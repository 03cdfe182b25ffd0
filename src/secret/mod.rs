//! Secrets that cannot be printed, how they look, and what stands in their place: fingerprints,
//! hashes, seals.
//!
//! Knows no configuration file. A newcomer may ask why [`Secret`] has no `Serialize`: what cannot
//! be written cannot leak into a configuration dump.

pub mod password;
pub mod seal;

use std::fmt;
use std::hash::Hasher;

use crate::ids::Fingerprint;

/// A secret text. `Debug` and `Display` show `***`; [`Secret::open`] shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The secret itself, for the one who must send it.
    #[must_use]
    pub fn open(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Beginnings of credentials that are never names.
const BEGINNINGS: [&str; 12] = [
    "sk-",
    "sk_",
    "AKIA",
    "ASIA",
    "AIza",
    "eyJ",
    "Bearer ",
    "Basic ",
    "ghp_",
    "glpat-",
    "xox",
    "-----BEGIN",
];

/// A run of letters and digits longer than this is no name that a person gave.
pub(crate) const RUN_MAX: usize = 32;

/// Whether `text` looks like a credential and not like the name of one. A plain 32-digit
/// hexadecimal text does: it is how a `sys_id` looks and also how an Azure key looks, and only a
/// person can tell.
#[must_use]
pub fn looks_secret(text: &str) -> bool {
    if BEGINNINGS.iter().any(|start| text.starts_with(start)) {
        return true;
    }
    let longest = text
        .split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '/' | '='))
        .filter(|run| run.bytes().any(|b| b.is_ascii_digit()))
        .map(str::len)
        .max()
        .unwrap_or(0);
    let hexadecimal = text.len() == RUN_MAX && text.bytes().all(|b| b.is_ascii_hexdigit());
    longest > RUN_MAX || hexadecimal
}

/// The 128-bit key of fingerprints of people and conversations.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct FingerprintKey([u8; 16]);

impl FingerprintKey {
    /// A key from raw bytes, as the ledger made it at its birth.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> FingerprintKey {
        FingerprintKey(bytes)
    }

    /// The fingerprint of `value` in a `domain` (`user`, `conversation`, `credential`), so that equal
    /// texts of two domains differ. Empty values have none.
    #[must_use]
    pub fn fingerprint(&self, domain: &str, value: &str) -> Option<Fingerprint> {
        if value.is_empty() {
            return None;
        }
        let mut hasher = siphasher::sip::SipHasher13::new_with_key(&self.0);
        hasher.write(domain.as_bytes());
        hasher.write_u8(0);
        hasher.write(value.as_bytes());
        Some(Fingerprint(hasher.finish()))
    }
}

impl fmt::Debug for FingerprintKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_prints() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret} {secret:?}"), "*** ***");
        assert_eq!(secret.open(), "hunter2");
    }

    #[test]
    fn tells_credentials_from_names() {
        let secret = [
            "sk-proj-abc",
            "Bearer abc",
            "0123456789abcdef0123456789abcdef",
            "5Wq0aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789AAABBBCCC",
            "eyJhbGciOi.x.y",
        ];
        let names = [
            "azure-weu-key",
            "sys_auth_credential:0123456789abcdef0123456789abcdef",
            "kv/contoso/openai",
            "",
        ];
        for text in secret {
            assert!(looks_secret(text), "{text}");
        }
        for text in names {
            assert!(!looks_secret(text), "{text}");
        }
    }

    #[test]
    fn fingerprints_hang_on_key_and_domain() {
        let one = FingerprintKey::from_bytes([1; 16]);
        let two = FingerprintKey::from_bytes([2; 16]);
        assert_ne!(one.fingerprint("user", "u"), two.fingerprint("user", "u"));
        assert_ne!(
            one.fingerprint("user", "u"),
            one.fingerprint("conversation", "u")
        );
        assert_eq!(one.fingerprint("user", ""), None);
    }
}
