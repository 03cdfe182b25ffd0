//! Secrets that cannot be printed, and keyed fingerprints made with them.
//!
//! Knows no configuration file. A newcomer may ask why [`Secret`] has no `Serialize`: what cannot
//! be written cannot leak into a configuration dump.

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
