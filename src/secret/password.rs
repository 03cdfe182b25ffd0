//! Passwords as their argon2 hashes: made once, checked at every login.
//!
//! Knows no user. A newcomer may ask why a hash has a ceiling on what it costs: who may write the
//! configuration chooses it, and a slip of a digit must not take the memory that the books need.

use argon2::password_hash::phc::PasswordHash as Phc;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};

/// Shortest password that is hashed.
pub const LETTERS_MIN: usize = 12;
/// Longest text that is taken for a password, in bytes.
pub const BYTES_MAX: usize = 512;
/// Most memory that checking may take, in KiB.
const MEMORY_MAX: u32 = 256 * 1024;
/// Most passes over it.
const PASSES_MAX: u32 = 16;
/// Most lanes.
const LANES_MAX: u32 = 8;

/// The hash of a password, in the form of the Password Hashing Competition: `$argon2id$…`.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Reads a hash.
    ///
    /// # Errors
    /// What is wrong with it, in words that do not repeat it.
    pub fn parse(text: &str) -> Result<PasswordHash, &'static str> {
        let text = text.trim();
        if !text.starts_with("$argon2id$") {
            return Err("is no hash of argon2id");
        }
        let read = Phc::new(text).map_err(|_| "is no whole hash of argon2id")?;
        if read.salt.is_none() || read.hash.is_none() {
            return Err("is no whole hash of argon2id");
        }
        let costs = Params::try_from(&read).map_err(|_| "has costs that argon2 does not know")?;
        let dear = costs.m_cost() > MEMORY_MAX
            || costs.t_cost() > PASSES_MAX
            || costs.p_cost() > LANES_MAX;
        if dear {
            return Err("costs more than 256 MiB, 16 passes or 8 lanes");
        }
        Ok(PasswordHash(text.to_owned()))
    }

    /// The hash of a password with a salt that nobody has used, at the cost that OWASP's Password
    /// Storage Cheat Sheet names (19 MiB, two passes).
    ///
    /// # Errors
    /// In words: too short, too long.
    pub fn make(password: &str, salt: &[u8; 16]) -> Result<PasswordHash, String> {
        if password.chars().count() < LETTERS_MIN || password.len() > BYTES_MAX {
            return Err(format!(
                "a password has {LETTERS_MIN} letters at least and {BYTES_MAX} bytes at most"
            ));
        }
        let made: Result<Phc, _> = argon2().hash_password_with_salt(password.as_bytes(), salt);
        let made = made.map_err(|error| format!("cannot be hashed: {error}"))?;
        Ok(PasswordHash(made.to_string()))
    }

    /// A hash that no password is known for, as costly as those that are made here.
    #[must_use]
    pub fn nobody() -> PasswordHash {
        let zeros = "A".repeat(43);
        PasswordHash(format!(
            "$argon2id$v=19$m={},t={},p={}$AAAAAAAAAAAAAAAAAAAAAA${zeros}",
            Params::DEFAULT_M_COST,
            Params::DEFAULT_T_COST,
            Params::DEFAULT_P_COST
        ))
    }

    /// Whether this is the password; takes as long either way.
    #[must_use]
    pub fn fits(&self, password: &str) -> bool {
        let Ok(read) = Phc::new(&self.0) else {
            return false;
        };
        password.len() <= BYTES_MAX && argon2().verify_password(password.as_bytes(), &read).is_ok()
    }

    /// The hash as text. It is no password, and no page shows it either.
    #[must_use]
    pub fn as_text(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_its_own_hash_alone() {
        let hash = PasswordHash::make("correct horse battery", &[7; 16]).unwrap();
        assert!(
            hash.as_text()
                .starts_with("$argon2id$v=19$m=19456,t=2,p=1$")
        );
        let read = PasswordHash::parse(hash.as_text()).unwrap();
        let cases = [
            ("correct horse battery", true),
            ("correct horse batterz", false),
            ("", false),
        ];
        for (password, fits) in cases {
            assert_eq!(read.fits(password), fits, "{password}");
        }
        assert!(!PasswordHash::nobody().fits("correct horse battery"));
        assert!(PasswordHash::parse(PasswordHash::nobody().as_text()).is_ok());
        assert_eq!(format!("{hash:?}"), "***");
    }

    #[test]
    fn what_is_no_hash_is_refused() {
        let salted = "$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let with = |head: &str| format!("$argon2id$v=19${head}{salted}");
        let cases = [
            ("hunter2hunter2".to_owned(), "is no hash of argon2id"),
            (
                "$argon2id$v=19$m=19456,t=2,p=1".to_owned(),
                "is no whole hash of argon2id",
            ),
            (
                with("m=4194304,t=2,p=1"),
                "costs more than 256 MiB, 16 passes or 8 lanes",
            ),
            (
                with("m=19456,t=99,p=1"),
                "costs more than 256 MiB, 16 passes or 8 lanes",
            ),
        ];
        for (text, why) in cases {
            assert_eq!(PasswordHash::parse(&text).unwrap_err(), why, "{text}");
        }
        let (short, long) = ("short".to_owned(), "x".repeat(600));
        for password in [short, long] {
            assert!(PasswordHash::make(&password, &[1; 16]).is_err());
        }
    }
}
