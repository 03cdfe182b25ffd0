//! A server that a script of `tests/servers` starts, and stops with this process at the latest.
//!
//! Knows no protocol. A newcomer may ask why it is stopped before its folder goes: where nothing is left,
//! nobody knows whom to stop.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// A running server.
pub(crate) struct Server {
    script: &'static str,
    folder: tempfile::TempDir,
    arguments: Vec<&'static str>,
}

impl Server {
    /// Starts one; `None` where the machine cannot have it.
    pub(crate) fn start(script: &'static str, arguments: &[&'static str]) -> Option<Server> {
        let server = Server {
            script,
            folder: tempfile::tempdir().unwrap(),
            arguments: arguments.to_vec(),
        };
        server.begin().then_some(server)
    }

    fn run(&self, arguments: &[&str]) -> (i32, String) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/servers")
            .join(self.script);
        let done = Command::new(path).args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        (done.status.code().unwrap_or(-1), said)
    }

    /// Starts it; whether the machine can have it.
    fn begin(&self) -> bool {
        let folder = self.folder.path().to_str().unwrap();
        let id = std::process::id().to_string();
        let mut arguments = vec!["start", folder, "--with", &id];
        arguments.extend(&self.arguments);
        let (code, said) = self.run(&arguments);
        if code == 77 {
            crate::aloud::skipped(said.trim());
            return false;
        }
        assert_eq!(code, 0, "{said}");
        true
    }

    /// Starts it again after it was killed.
    pub(crate) fn restart(&self) {
        let folder = self.folder.path().to_str().unwrap();
        let (code, said) = self.run(&["restart", folder]);
        assert_eq!(code, 0, "{said}");
    }

    pub(crate) fn kill(&self) {
        let folder = self.folder.path().to_str().unwrap();
        let (code, said) = self.run(&["kill", folder]);
        assert_eq!(code, 0, "{said}");
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn address(&self) -> String {
        let text = std::fs::read_to_string(self.path("address")).unwrap();
        text.trim().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let folder = self.folder.path().to_str().unwrap();
        drop(self.run(&["stop", folder]));
    }
}
