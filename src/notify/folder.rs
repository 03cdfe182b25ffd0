//! Mails as files in a folder: for a look at them, and for machines without a mail server.
//!
//! Knows no mail program. A newcomer may ask why a file is renamed to its place: whoever watches the folder never
//! sees half a mail.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{OutboxMail, Refusal, Sent, Transport, Unready, address};

/// Letters of a recipient in a file's name.
const NAME_LETTERS: usize = 24;

/// A folder that takes mails as `.eml` files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder(PathBuf);

impl Folder {
    /// A folder; it is made when the first mail comes.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Folder {
        Folder(path.into())
    }

    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        fs::create_dir_all(&self.0)?;
        let new = self.0.join(format!(".{name}.new"));
        let mut file = File::create(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        drop(file);
        fs::rename(&new, self.0.join(name))?;
        sync(&self.0)
    }
}

/// Makes a rename durable.
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// `oncall-3f9a`: whom a file is for, in letters that every file system takes; two of one name stay two.
fn recipient(to: &str) -> String {
    let address = address(to);
    let local = address.split('@').next().unwrap_or_default();
    let plain: String = local
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .take(NAME_LETTERS)
        .collect();
    let hash = twox_hash::XxHash3_64::oneshot(address.as_bytes());
    format!("{plain}-{:04x}", hash & 0xffff)
}

/// A name's beginning in letters that cannot leave the folder.
fn stem(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '_'
            }
        })
        .take(100)
        .collect()
}

impl Transport for Folder {
    /// Writes the mail whole; the same mail again takes its own place.
    fn send(&self, mail: &OutboxMail<'_>) -> Result<Sent, Refusal> {
        let name = format!("{}-{}.eml", stem(mail.stem), recipient(mail.to));
        match self.write(&name, mail.bytes) {
            Ok(()) => Ok(Sent { said: name }),
            Err(error) => Err(Refusal::again(format!(
                "cannot write `{name}` to `{}`: {error}",
                self.0.display()
            ))),
        }
    }

    fn probe(&self) -> Result<String, Unready> {
        const HINT: &str = "make the folder, and let the daemon's user write there";
        match fs::metadata(&self.0) {
            Ok(found) if !found.is_dir() => Err(Unready {
                why: "is no folder".to_owned(),
                hint: HINT,
            }),
            Ok(found) if found.permissions().readonly() => Err(Unready {
                why: "nobody may write there".to_owned(),
                hint: HINT,
            }),
            Ok(_) => Ok("takes files".to_owned()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Ok("not there yet; the first mail makes it".to_owned())
            }
            Err(error) => Err(Unready {
                why: error.to_string(),
                hint: HINT,
            }),
        }
    }

    fn about(&self) -> String {
        format!("folder {}", self.0.display())
    }
}
