//! The door by TLS, with certificates that openssl makes and curl looks at.
//!
//! Knows no cipher. A newcomer may ask why another program asks: a client of the same library would
//! agree with itself.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use super::door::{Door, answer, connect, users};

/// A certificate for `localhost`, and its key; `None`, said aloud, where openssl or curl is missing.
fn certificate(folder: &Path, name: &str) -> Option<()> {
    let mut command = Command::new("openssl");
    command.args([
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3",
    ]);
    command.args([
        "-subj",
        "/CN=localhost",
        "-addext",
        "subjectAltName=DNS:localhost",
    ]);
    command
        .arg("-keyout")
        .arg(folder.join(format!("{name}.key")));
    command.arg("-out").arg(folder.join(format!("{name}.pem")));
    let made = command.output().is_ok_and(|output| output.status.success());
    let curl = Command::new("curl").arg("--version").output().is_ok();
    if !made || !curl {
        crate::aloud::skipped("no openssl or no curl on the path");
        return None;
    }
    Some(())
}

fn curl(door: &Door, authority: &Path, arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--include", "--noproxy", "*"]);
    command.arg("--cacert").arg(authority).args(arguments);
    let output = command
        .arg(format!("https://localhost:{}/spend", door.address().port()))
        .output()
        .unwrap();
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    write!(text, "{}", String::from_utf8_lossy(&output.stderr)).unwrap();
    (output.status.success(), text)
}

#[test]
fn pages_go_by_tls_and_by_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    if certificate(folder.path(), "a").is_none() || certificate(folder.path(), "b").is_none() {
        return;
    }
    let at = |name: &str| folder.path().join(name);
    let tls = format!(
        "[web.tls]\ncertificate = \"{}\"\nkey = \"{}\"\n",
        at("a.pem").display(),
        at("a.key").display()
    );
    let door = Door::new(&format!("{}{tls}", users()));
    let token = ["--header", "Authorization: Bearer token of a script"];
    for version in ["--tlsv1.2", "--tlsv1.3"] {
        let (done, text) = curl(&door, &at("a.pem"), &[&token[..], &[version]].concat());
        assert!(
            done && text.starts_with("HTTP/1.1 200"),
            "{version}: {text}"
        );
        assert!(text.contains("strict-transport-security: "), "{text}");
    }
    let (done, text) = curl(&door, &at("b.pem"), &token);
    assert!(!done, "a certificate that nobody knows: {text}");
    let (done, text) = curl(&door, &at("a.pem"), &["--tls-max", "1.1"]);
    assert!(!done, "a protocol of yesterday: {text}");
    // In clear there is nothing.
    let mut stream = connect(door.address());
    std::io::Write::write_all(&mut stream, b"GET /healthz HTTP/1.0\r\n\r\n").unwrap();
    assert_eq!(answer(stream).status, 0);
    let login = [
        "--data",
        "user=anna&password=correct+horse+battery",
        "--request-target",
        "/login",
    ];
    let (_, text) = curl(&door, &at("a.pem"), &login);
    let cookie = text.lines().find(|line| line.starts_with("set-cookie: "));
    let cookie = cookie.unwrap_or_else(|| panic!("{text}"));
    assert!(
        cookie.contains("__Host-tollwatch=") && cookie.contains("; Secure"),
        "{cookie}"
    );
}

#[test]
fn certificate_and_key_belong_together() {
    let folder = tempfile::tempdir().unwrap();
    if certificate(folder.path(), "a").is_none() || certificate(folder.path(), "b").is_none() {
        return;
    }
    let web = |certificate: &str, key: &str| tollwatch::config::Web {
        tls: Some(tollwatch::config::Certificate {
            certificate: folder.path().join(certificate),
            key: folder.path().join(key),
        }),
        ..tollwatch::config::Web::default()
    };
    let clock = || std::sync::Arc::new(tollwatch::clock::FixedClock::default());
    let open = |web: &tollwatch::config::Web| {
        tollwatch::web::Access::new((web, None), None, clock()).map(drop)
    };
    assert_eq!(open(&web("a.pem", "a.key")), Ok(()));
    for (certificate, key, why) in [
        ("a.pem", "b.key", "is not the key of the certificate"),
        ("a.key", "a.key", "holds no certificate"),
        ("a.pem", "a.pem", "holds no key"),
        ("c.pem", "a.key", "cannot be read"),
    ] {
        let said = open(&web(certificate, key)).unwrap_err();
        assert!(said.contains(why), "{certificate} {key}: {said}");
    }
}
