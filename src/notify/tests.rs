//! Transports without a mail server: a folder, programs that fail, and an HTTP listener of our own.
//!
//! Knows no SMTP: real servers are asked by `tests/smtp.rs`.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use crate::secret::Secret;

use super::*;

fn mail<'a>(to: &'a str, bytes: &'a [u8]) -> OutboxMail<'a> {
    OutboxMail {
        message_id: "<episode-1.1@example.org>",
        from: "tollwatch <t@example.org>",
        to,
        bytes,
        stem: "20261121T015100Z-000001-01",
    }
}

fn names_in(folder: &std::path::Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_folder_keeps_whole_mails_once() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("new/outbox");
    let transport = Folder::new(&folder);
    for to in ["On call <a@x.example>", "a@y.example", "a@x.example"] {
        transport.send(&mail(to, b"hello")).unwrap();
    }
    let names = names_in(&folder);
    assert_eq!(names.len(), 2, "{names:?}");
    for name in &names {
        assert!(name.starts_with("20261121T015100Z-000001-01-a-"), "{name}");
        assert_eq!(fs::read(folder.join(name)).unwrap(), b"hello");
    }
    let hostile = OutboxMail {
        stem: "../../x",
        ..mail("../../y@x.example", b"x")
    };
    transport.send(&hostile).unwrap();
    assert_eq!(names_in(&folder).len(), 3);
    let file = root.path().join("file");
    fs::write(&file, "").unwrap();
    let refused = Folder::new(&file)
        .send(&mail("a@x.example", b"x"))
        .unwrap_err();
    assert!(refused.is_again(), "{refused}");
}

/// A shell script as `sendmail`.
fn program(folder: &std::path::Path, script: &str) -> PathBuf {
    let path = folder.join("sendmail");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[test]
fn a_program_s_end_says_what_became_of_it() {
    let rows = [
        ("cat >/dev/null", "sent"),
        ("cat >/dev/null; exit 75", "again"),
        ("echo no such user >&2; exit 67", "never"),
        ("exit 68", "never"),
        ("exit 1", "again"),
        ("sleep 20", "again"),
    ];
    for (script, expected) in rows {
        let folder = tempfile::tempdir().unwrap();
        let transport =
            Sendmail::new(program(folder.path(), script)).within(Duration::from_millis(500));
        let big = vec![b'x'; 300_000];
        let word = match transport.send(&mail("a@x.example", &big)) {
            Ok(_) => "sent",
            Err(refusal) => refusal.as_str(),
        };
        assert_eq!(word, expected, "{script}");
    }
    let gone = Sendmail::new("/no/such/program").send(&mail("a@x.example", b"x"));
    assert!(gone.unwrap_err().is_again());
}

#[test]
fn a_program_gets_the_recipient_and_the_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let said = folder.path().join("said");
    let script = format!("echo \"$@\" >{0}; cat >>{0}", said.display());
    let transport = Sendmail::new(program(folder.path(), &script));
    transport
        .send(&mail("A <a@x.example>", b"body\r\n"))
        .unwrap();
    let heard = fs::read_to_string(&said).unwrap();
    assert_eq!(heard, "-i -f t@example.org -- a@x.example\nbody\r\n");
    for bad in ["-oQ/tmp", "-X/tmp/log@x.example", "nobody"] {
        let refused = transport.send(&mail(bad, b"x")).unwrap_err();
        assert!(!refused.is_again(), "{bad}: {refused}");
    }
}

/// A listener that answers one request with these bytes; its address, and what it heard.
fn listener(answer: &'static str) -> (String, thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let heard = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        let mut heard = Vec::new();
        let mut chunk = [0; 4096];
        while !String::from_utf8_lossy(&heard).ends_with("{}") && !heard.starts_with(b"GET") {
            let read = stream.read(&mut chunk).unwrap();
            heard.extend_from_slice(&chunk[..read]);
        }
        stream.write_all(answer.as_bytes()).unwrap();
        String::from_utf8(heard).unwrap()
    });
    (address, heard)
}

#[test]
fn a_webhook_s_answer_says_what_became_of_it() {
    let rows = [
        ("HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n", "sent"),
        (
            "HTTP/1.1 400 Bad\r\ncontent-length: 12\r\n\r\nhunter2 bad!",
            "never",
        ),
        ("HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n", "never"),
        ("HTTP/1.1 404 None\r\ncontent-length: 0\r\n\r\n", "never"),
        ("HTTP/1.1 408 Late\r\ncontent-length: 0\r\n\r\n", "again"),
        (
            "HTTP/1.1 302 There\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
            "again",
        ),
        ("HTTP/1.1 429 Slow\r\ncontent-length: 0\r\n\r\n", "again"),
        ("HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n", "again"),
    ];
    let secret = Secret::new("hunter2");
    for (answer, expected) in rows {
        let (address, heard) = listener(answer);
        let url = Secret::new(format!("http://{address}/hook?key=topsecret"));
        let hook = Webhook::new(&url, Some(("authorization", &secret))).unwrap();
        let answer = hook.send(&mail("", b"{}"));
        let (word, said) = match &answer {
            Ok(sent) => ("sent", sent.said.clone()),
            Err(refusal) => (refusal.as_str(), refusal.to_string()),
        };
        assert_eq!(word, expected, "{said}");
        let heard = heard.join().unwrap();
        assert!(heard.starts_with("POST /hook?key=topsecret "), "{heard}");
        assert!(heard.contains("authorization: hunter2"), "{heard}");
        assert!(
            heard.contains("idempotency-key: <episode-1.1@example.org>"),
            "{heard}"
        );
        for text in [
            said,
            hook.about(),
            format!("{hook:?}").replace("topsecret", ""),
        ] {
            assert!(
                !text.contains("hunter2") && !text.contains("topsecret"),
                "{text}"
            );
        }
    }
}

#[test]
fn nobody_at_the_address_is_no_secret_told() {
    let url = Secret::new("http://127.0.0.1:9/beat/topsecret");
    let error = Heartbeat::new(&url).unwrap().beat().unwrap_err();
    assert!(!error.contains("topsecret") && !error.is_empty(), "{error}");
    let refused = Webhook::new(&url, None).unwrap().send(&mail("", b"{}"));
    let refused = refused.unwrap_err();
    assert!(
        refused.is_again() && !refused.to_string().contains("topsecret"),
        "{refused}"
    );
    for bad in ["ftp://x.example/topsecret", "topsecret"] {
        let error = Heartbeat::new(&Secret::new(bad)).unwrap_err();
        assert!(!error.contains("topsecret"), "{error}");
    }
    let (address, heard) = listener("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let url = Secret::new(format!("http://{address}/beat"));
    assert_eq!(Heartbeat::new(&url).unwrap().beat(), Ok(()));
    assert!(heard.join().unwrap().starts_with("GET /beat "));
}

#[test]
fn plain_smtp_goes_to_this_machine_alone() {
    let settings = |host: &str, plain_allowed| SmtpSettings {
        host: host.to_owned(),
        port: 25,
        tls: Tls::None,
        plain_allowed,
        login: None,
        ca_pem: None,
        timeout: None,
    };
    for host in ["localhost", "127.0.0.1", "::1"] {
        assert!(Smtp::new(&settings(host, false)).is_ok(), "{host}");
    }
    let refused = Smtp::new(&settings("mail.example", false)).err().unwrap();
    assert!(refused.contains("`mail.example`"), "{refused}");
    assert!(Smtp::new(&settings("mail.example", true)).is_ok());
}
