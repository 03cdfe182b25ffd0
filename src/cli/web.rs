//! `tollwatch web`: hashes of passwords, and tokens.
//!
//! Knows no door. A newcomer may ask why the token is shown once and kept nowhere: its digest is all
//! that the door needs.

use std::io::{self, BufRead, IsTerminal};

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use super::Terminal;
use super::args::WebCommand;
use crate::app::Failure;
use crate::secret::password::{BYTES_MAX, PasswordHash};
use crate::secret::seal::{digest_hex, random, random_hex};

/// Does what the command says.
pub(super) fn web(command: &WebCommand, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    match command {
        WebCommand::HashPassword => {
            let password = password(terminal)?;
            let hash = PasswordHash::make(&password, &random::<16>()?).map_err(Failure::Usage)?;
            writeln!(terminal.out, "{}", hash.as_text())?;
        }
        WebCommand::Token => {
            let token = random_hex()?;
            writeln!(terminal.out, "{token}\nsha256:{}", digest_hex(&token))?;
            terminal.out.flush()?;
            terminal.note("the first line is the program's, and is not kept; the second is for `hash` of `[[web.token]]`")?;
        }
    }
    Ok(0)
}

/// A password: typed twice without being shown, or a line of what is piped in.
fn password(terminal: &mut Terminal<'_>) -> Result<String, Failure> {
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        return Ok(line()?);
    }
    let shown = tcgetattr(&stdin).map_err(io::Error::from)?;
    let mut hidden = shown.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&stdin, OptionalActions::Flush, &hidden).map_err(io::Error::from)?;
    let typed = twice(terminal);
    tcsetattr(&stdin, OptionalActions::Flush, &shown).map_err(io::Error::from)?;
    let (one, other) = typed?;
    if one != other {
        let text = "the two passwords are not the same";
        return Err(Failure::Usage(text.to_owned()));
    }
    Ok(one)
}

fn twice(terminal: &mut Terminal<'_>) -> Result<(String, String), Failure> {
    let mut ask = |what: &str| -> Result<String, Failure> {
        write!(terminal.err, "{what}: ")?;
        terminal.err.flush()?;
        let typed = line()?;
        writeln!(terminal.err)?;
        Ok(typed)
    };
    Ok((ask("password")?, ask("once more")?))
}

fn line() -> io::Result<String> {
    let mut line = String::new();
    let most = u64::try_from(BYTES_MAX)
        .unwrap_or(u64::MAX)
        .saturating_add(2);
    io::Read::take(io::stdin().lock(), most).read_line(&mut line)?;
    let line = line.trim_end_matches(['\r', '\n']);
    Ok(line.to_owned())
}
