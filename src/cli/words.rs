//! What the command line says of figures, files and paths.
//!
//! Knows no report. A newcomer may ask where figures are put into words: in [`crate::figure`], as
//! pages say them as well.

use std::io;
use std::path::Path;

pub(crate) use crate::figure::{bytes, cents, count, dollars, duration, plural, share, times};

/// The text of a file; a fault names the file.
pub(crate) fn read(path: &Path) -> io::Result<String> {
    std::fs::read_to_string(path).map_err(|error| of_file(&error, path))
}

/// A fault of a file with the file's name in front.
pub(crate) fn of_file(error: &io::Error, path: &Path) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// A path as a shell takes it: quoted where it holds more than plain letters.
pub(crate) fn argument(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-+:,@%=".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_for_a_shell() {
        let cases = [
            ("books.db", "books.db"),
            ("/var/lib/tollwatch/books.db", "/var/lib/tollwatch/books.db"),
            ("my books.db", "'my books.db'"),
            ("it's.db", r"'it'\''s.db'"),
        ];
        for (path, text) in cases {
            assert_eq!(argument(Path::new(path)), text);
        }
    }
}
