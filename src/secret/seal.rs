//! What proves that a text is ours: keyed seals, digests of tokens, random names.
//!
//! Knows no link and no session. A newcomer may ask why everything here is 32 bytes: one size for
//! keys, digests and random names leaves no length to mix up.

use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;

use ring::rand::SecureRandom;
use ring::{digest, hmac, rand};

/// Bytes of keys, digests and random names.
pub const BYTES: usize = 32;
/// Shortest text that a key is made of.
const KEY_LETTERS_MIN: usize = 32;

/// A key that seals texts. `Debug` shows nothing of it.
#[derive(Clone)]
pub struct SealKey(hmac::Key);

impl SealKey {
    /// The key of a secret text, of 32 letters at least.
    ///
    /// # Errors
    /// In words that hold nothing of it.
    pub fn of_text(text: &str) -> Result<SealKey, String> {
        let text = text.trim();
        if text.len() < KEY_LETTERS_MIN {
            return Err(format!("a key has {KEY_LETTERS_MIN} letters at least"));
        }
        Ok(SealKey(hmac::Key::new(hmac::HMAC_SHA256, text.as_bytes())))
    }

    /// The key in a file, which is made for its owner alone where it is not there.
    ///
    /// # Errors
    /// What the system says; a file that others may read.
    pub fn of_file(path: &Path) -> io::Result<SealKey> {
        match owners_file(path) {
            Ok(text) => SealKey::of_text(&text).map_err(io::Error::other),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let text = random_hex()?;
                write_owners_file(path, text.as_bytes())?;
                SealKey::of_text(&text).map_err(io::Error::other)
            }
            Err(error) => Err(error),
        }
    }

    /// A key that ends with the process.
    ///
    /// # Errors
    /// What the system says.
    pub fn random() -> io::Result<SealKey> {
        SealKey::of_text(&random_hex()?).map_err(io::Error::other)
    }

    /// A key for another use, which tells nothing of this one.
    #[must_use]
    pub fn derived(&self, name: &str) -> SealKey {
        let tag = hmac::sign(&self.0, name.as_bytes());
        SealKey(hmac::Key::new(hmac::HMAC_SHA256, tag.as_ref()))
    }

    /// The seal of parts: HMAC-SHA256 over each with its length, as 43 letters of an address.
    #[must_use]
    pub fn seal(&self, parts: &[&str]) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
            context.update(&length.to_be_bytes());
            context.update(part.as_bytes());
        }
        url_letters(context.sign().as_ref())
    }

    /// Whether a seal is that of these parts; tells nothing by how long it takes.
    #[must_use]
    pub fn is_seal(&self, parts: &[&str], seal: &str) -> bool {
        same(&self.seal(parts), seal)
    }
}

impl std::fmt::Debug for SealKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// What a file holds that its owner alone may read.
fn owners_file(path: &Path) -> io::Result<String> {
    use std::os::unix::fs::MetadataExt;
    let mut file = std::fs::File::open(path)?;
    if file.metadata()?.mode() & 0o077 != 0 {
        let text = format!("{} may be read by others; `chmod 600` it", path.display());
        return Err(io::Error::new(ErrorKind::PermissionDenied, text));
    }
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    Ok(text)
}

/// Writes a file for its owner alone, whole or not at all.
///
/// # Errors
/// What the system says.
pub fn write_owners_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}", std::process::id()));
    let beside = Path::new(&beside);
    let written = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(beside)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        });
    written
        .and_then(|()| std::fs::rename(beside, path))
        .inspect_err(|_| drop(std::fs::remove_file(beside)))
}

/// Whether two texts are the same; takes as long wherever they differ.
#[must_use]
pub fn same(one: &str, other: &str) -> bool {
    // Digests of a key that nobody knows are as equal as what they are of, and say nothing of it.
    let differ = digest_hex(one)
        .bytes()
        .zip(digest_hex(other).bytes())
        .fold(0_u8, |differ, (one, other)| differ | (one ^ other));
    std::hint::black_box(differ) == 0 && one.len() == other.len()
}

/// The SHA-256 of a text, as 64 letters.
#[must_use]
pub fn digest_hex(text: &str) -> String {
    hex(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
}

/// Bytes that nobody can guess.
///
/// # Errors
/// What the system says.
pub fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    rand::SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| io::Error::other("the system has no random numbers"))?;
    Ok(bytes)
}

/// A name that nobody can guess, as 64 letters.
///
/// # Errors
/// What the system says.
pub fn random_hex() -> io::Result<String> {
    Ok(hex(&random::<BYTES>()?))
}

fn hex(bytes: &[u8]) -> String {
    let halves = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    let digits = halves.filter_map(|half| char::from_digit(u32::from(half), 16));
    digits.collect()
}

/// Bytes in the letters of addresses (RFC 4648, section 5, without padding).
fn url_letters(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let mut bits = 0_u32;
        for place in 0..3 {
            bits = bits << 8 | u32::from(three.get(place).copied().unwrap_or(0));
        }
        for place in 0..=three.len() {
            let six = bits >> (18 - 6 * place) & 0x3f;
            let letter = usize::try_from(six).ok().and_then(|six| LETTERS.get(six));
            text.extend(letter.map(|letter| char::from(*letter)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seals_hold_for_their_key_and_parts_alone() {
        let key = SealKey::of_text(&"k".repeat(32)).unwrap();
        let seal = key.seal(&["1", "ack", "99"]);
        assert_eq!(seal.len(), 43);
        assert!(key.is_seal(&["1", "ack", "99"], &seal));
        for parts in [
            ["1", "ack", "98"],
            ["2", "ack", "99"],
            ["1a", "ck", "99"],
            ["1", "ac", "k99"],
        ] {
            assert!(!key.is_seal(&parts, &seal), "{parts:?}");
        }
        let other = SealKey::of_text(&"l".repeat(32)).unwrap();
        for key in [other, key.derived("a"), key.derived("b")] {
            assert!(!key.is_seal(&["1", "ack", "99"], &seal));
        }
        assert!(!key.is_seal(&["1", "ack", "99"], &seal.replacen(|_| true, "", 1)));
        assert!(!key.is_seal(&["1", "ack", "99"], ""));
        assert!(SealKey::of_text("short").is_err());
        assert_eq!(format!("{key:?}"), "***");
    }

    #[test]
    fn letters_of_addresses_are_those_of_the_standard() {
        let cases: [(&[u8], &str); 5] = [
            (b"", ""),
            (b"f", "Zg"),
            (b"fo", "Zm8"),
            (b"foobar", "Zm9vYmFy"),
            (&[0xfb, 0xff], "-_8"),
        ];
        for (bytes, letters) in cases {
            assert_eq!(url_letters(bytes), letters);
        }
        assert_eq!(
            digest_hex("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn a_key_in_a_file_is_made_once_and_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("k");
        let made = SealKey::of_file(&path).unwrap().seal(&["x"]);
        assert_eq!(SealKey::of_file(&path).unwrap().seal(&["x"]), made);
        let rights = std::fs::metadata(&path).unwrap().permissions();
        assert_eq!(rights.mode() & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(SealKey::of_file(&path).is_err());
    }
}
