//! Mails to a real mail server: TLS, login, certificates, and every way in which a server can refuse or break.
//!
//! Skips loudly where the machine cannot have one. A newcomer may ask why each row starts its own server: a fault
//! belongs to a server's whole life, and the next row must not inherit it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[path = "common/aloud.rs"]
mod aloud;
#[path = "common/launched.rs"]
mod launched;

use std::fs;
use std::time::{Duration, Instant};

use launched::Server;
use mail_parser::MessageParser;
use tollwatch::message::{Around, Templates, test_mail};
use tollwatch::notify::{OutboxMail, Refusal, Sent, Smtp, SmtpSettings, Tls, Transport};
use tollwatch::secret::Secret;
use tollwatch::units::UnixMillis;

const PASSWORD: &str = "s3cret-of-the-mail";

fn bytes() -> (String, Vec<u8>) {
    let templates = Templates::default();
    let around = Around {
        zone: chrono_tz::UTC,
        public_url: None,
        sign: &|_, _| None,
        templates: &templates,
        from: "tollwatch <tollwatch@example.org>",
        realm: "7f3a",
        route: "test",
        why: "this is a test",
        topic: None,
        prices_of: None,
        unsubscribe: None,
    };
    let mail = test_mail(UnixMillis(1_795_225_860_000), &around);
    let bytes = mail.bytes(around.from, "oncall@example.org");
    (mail.message_id, bytes)
}

/// How a row reaches its server.
#[derive(Clone, Copy)]
struct Way {
    host: &'static str,
    tls: Tls,
    password: Option<&'static str>,
    trusts: bool,
}

const STARTTLS: Way = Way {
    host: "localhost",
    tls: Tls::Starttls,
    password: None,
    trusts: true,
};

/// Certificates take seconds to make: who needs none has none.
const PLAIN: Way = Way {
    host: "localhost",
    tls: Tls::None,
    password: None,
    trusts: false,
};

fn transport(server: &Server, way: Way) -> Smtp {
    let address = server.address();
    let (_, port) = address.rsplit_once(':').unwrap();
    let ca = server.path("tls/ca.pem");
    Smtp::new(&SmtpSettings {
        host: way.host.to_owned(),
        port: port.parse().unwrap(),
        tls: way.tls,
        plain_allowed: false,
        login: way
            .password
            .map(|word| ("mailer".to_owned(), Secret::new(word))),
        ca_pem: way.trusts.then(|| fs::read(ca).ok()).flatten(),
        timeout: Some(Duration::from_secs(3)),
    })
    .unwrap()
}

fn send(transport: &Smtp, to: &str) -> Result<Sent, Refusal> {
    let (message_id, bytes) = bytes();
    transport.send(&OutboxMail {
        message_id: &message_id,
        from: "tollwatch <tollwatch@example.org>",
        to,
        bytes: &bytes,
        stem: "x",
    })
}

fn word(answer: &Result<Sent, Refusal>) -> &'static str {
    match answer {
        Ok(_) => "sent",
        Err(refusal) => refusal.as_str(),
    }
}

/// The mails that a server has kept.
fn kept(server: &Server) -> Vec<Vec<u8>> {
    let Ok(entries) = fs::read_dir(server.path("mail")) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "eml"));
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// One server, one way to it, and what becomes of each try: its word, and a part of what was said.
struct Row {
    name: &'static str,
    options: &'static [&'static str],
    way: Way,
    tries: &'static [(&'static str, &'static str, &'static str)],
    kept: usize,
}

const ONCALL: &str = "oncall@example.org";

#[expect(clippy::too_many_lines, reason = "a table")]
fn rows() -> Vec<Row> {
    let login = Way {
        password: Some(PASSWORD),
        ..STARTTLS
    };
    vec![
        Row {
            name: "STARTTLS and AUTH, one connection for two mails",
            options: &["--auth", "mailer:s3cret-of-the-mail"],
            way: login,
            tries: &[
                (ONCALL, "sent", "250"),
                ("On call <oncall@example.org>", "sent", "250"),
            ],
            kept: 2,
        },
        Row {
            name: "TLS from the first byte",
            options: &["--tls", "implicit", "--auth", "mailer:s3cret-of-the-mail"],
            way: Way {
                tls: Tls::Implicit,
                ..login
            },
            tries: &[(ONCALL, "sent", "250")],
            kept: 1,
        },
        Row {
            name: "plainly to this machine",
            options: &["--tls", "none"],
            way: Way {
                tls: Tls::None,
                trusts: false,
                ..STARTTLS
            },
            tries: &[(ONCALL, "sent", "250")],
            kept: 1,
        },
        Row {
            name: "a wrong password says nothing about the recipient",
            options: &["--auth", "mailer:another"],
            way: login,
            tries: &[(ONCALL, "again", "535")],
            kept: 0,
        },
        Row {
            name: "a server without TLS gets neither mail nor password",
            options: &["--tls", "none", "--auth", "mailer:s3cret-of-the-mail"],
            way: Way {
                trusts: false,
                ..login
            },
            tries: &[(ONCALL, "again", "")],
            kept: 0,
        },
        Row {
            name: "an expired certificate",
            options: &["--certificate", "expired"],
            way: STARTTLS,
            tries: &[(ONCALL, "again", "xpired")],
            kept: 0,
        },
        Row {
            name: "a certificate of another name",
            options: &["--certificate", "name"],
            way: STARTTLS,
            tries: &[(ONCALL, "again", "not valid for")],
            kept: 0,
        },
        Row {
            name: "a certificate of an unknown authority",
            options: &["--certificate", "authority"],
            way: STARTTLS,
            tries: &[(ONCALL, "again", "ertificate")],
            kept: 0,
        },
        Row {
            name: "an authority that nobody named",
            options: &[],
            way: Way {
                trusts: false,
                ..STARTTLS
            },
            tries: &[(ONCALL, "again", "ertificate")],
            kept: 0,
        },
        Row {
            name: "greylisting",
            options: &["--tls", "none", "--greylist", "2"],
            way: PLAIN,
            tries: &[
                (ONCALL, "again", "451"),
                (ONCALL, "again", "451"),
                (ONCALL, "sent", "250"),
            ],
            kept: 1,
        },
        Row {
            name: "a mailbox that is not there, and one that is",
            options: &["--tls", "none", "--refuse", "gone@example.org"],
            way: PLAIN,
            tries: &[
                ("gone@example.org", "never", "550"),
                (ONCALL, "sent", "250"),
            ],
            kept: 1,
        },
        Row {
            name: "refused for good after DATA",
            options: &["--tls", "none", "--refuse-data", "554"],
            way: PLAIN,
            tries: &[(ONCALL, "never", "554")],
            kept: 0,
        },
        Row {
            name: "refused for now after DATA",
            options: &["--tls", "none", "--refuse-data", "452"],
            way: PLAIN,
            tries: &[(ONCALL, "again", "452")],
            kept: 0,
        },
        Row {
            name: "too large",
            options: &["--tls", "none", "--max-size", "2000"],
            way: PLAIN,
            tries: &[(ONCALL, "never", "552")],
            kept: 0,
        },
        Row {
            name: "slower than the time limit",
            options: &["--tls", "none", "--slow", "8"],
            way: PLAIN,
            tries: &[(ONCALL, "again", "in time")],
            kept: 0,
        },
        Row {
            name: "slow, but in time",
            options: &["--tls", "none", "--slow", "1"],
            way: PLAIN,
            tries: &[(ONCALL, "sent", "250")],
            kept: 1,
        },
        Row {
            name: "dies in DATA once",
            options: &["--tls", "none", "--die-in-data", "1"],
            way: PLAIN,
            tries: &[(ONCALL, "again", ""), (ONCALL, "sent", "250")],
            kept: 1,
        },
        Row {
            name: "no address at all",
            options: &["--tls", "none"],
            way: Way {
                tls: Tls::None,
                trusts: false,
                ..STARTTLS
            },
            tries: &[
                ("nobody", "never", "`nobody`"),
                ("a@b\r\nRCPT TO:<c@d>", "never", "address"),
            ],
            kept: 0,
        },
    ]
}

fn check(row: &Row) -> bool {
    let Some(server) = Server::start("smtp", row.options) else {
        return false;
    };
    let transport = transport(&server, row.way);
    let begun = Instant::now();
    for (number, (to, expected, said)) in row.tries.iter().enumerate() {
        let answer = send(&transport, to);
        let text = match &answer {
            Ok(sent) => sent.said.clone(),
            Err(refusal) => refusal.to_string(),
        };
        assert_eq!(
            word(&answer),
            *expected,
            "{}, try {number}: {text}",
            row.name
        );
        assert!(text.contains(said), "{}, try {number}: {text}", row.name);
        assert!(!text.contains(PASSWORD), "{}: {text}", row.name);
    }
    assert!(begun.elapsed() < Duration::from_secs(40), "{}", row.name);
    let kept = kept(&server);
    assert_eq!(kept.len(), row.kept, "{}", row.name);
    let (message_id, sent) = bytes();
    for mail in kept {
        let message = MessageParser::default().parse(&mail).unwrap();
        assert_eq!(
            message.message_id().unwrap(),
            message_id.trim_matches(['<', '>']),
            "{}",
            row.name
        );
        let (got, sent) = (mail.trim_ascii_end(), sent.trim_ascii_end());
        assert!(got == sent, "{}: byte for byte", row.name);
    }
    true
}

#[test]
fn a_real_server_s_answers_mean_what_they_say() {
    for row in rows() {
        if !check(&row) {
            return;
        }
    }
}

#[test]
fn nobody_listens() {
    let transport = Smtp::new(&SmtpSettings {
        host: "127.0.0.1".to_owned(),
        port: 9,
        tls: Tls::Starttls,
        plain_allowed: false,
        login: Some(("mailer".to_owned(), Secret::new(PASSWORD))),
        ca_pem: None,
        timeout: Some(Duration::from_secs(2)),
    })
    .unwrap();
    let refused = send(&transport, ONCALL).unwrap_err();
    assert!(refused.is_again(), "{refused}");
    assert!(refused.to_string().contains("127.0.0.1:9"), "{refused}");
}

/// What `doctor` finds without a mail: how it was let in, or why not and what to do.
#[test]
fn a_server_is_looked_at_without_a_mail() {
    let login = Way {
        password: Some(PASSWORD),
        ..STARTTLS
    };
    let implicit = Way {
        tls: Tls::Implicit,
        ..login
    };
    let auth = "mailer:s3cret-of-the-mail";
    let bare = Way {
        trusts: false,
        ..login
    };
    // Options, the way, what is found, and what to do; nothing to do where it works.
    let cases: [(&[&'static str], Way, &str, &str); 6] = [
        (&["--auth", auth], login, "by STARTTLS, logged in", ""),
        (
            &["--tls", "implicit", "--auth", auth],
            implicit,
            "by TLS, logged in",
            "",
        ),
        (&["--tls", "none"], PLAIN, "in clear, without a login", ""),
        (
            &["--auth", "mailer:another"],
            login,
            "does not let us in: 535",
            "`password`",
        ),
        (&["--certificate", "expired"], STARTTLS, "xpired", "`ca`"),
        (
            &["--tls", "none", "--auth", auth],
            bare,
            "STARTTLS",
            "`port`",
        ),
    ];
    for (options, way, found, hint) in cases {
        let Some(server) = Server::start("smtp", options) else {
            return;
        };
        let (text, told) = match transport(&server, way).probe() {
            Ok(text) => (text, ""),
            Err(unready) => (unready.why, unready.hint),
        };
        assert!(text.contains(found), "{options:?}: {text}");
        assert!(
            told.contains(hint) && told.is_empty() == hint.is_empty(),
            "{text}: {told}"
        );
        assert!(!text.contains(PASSWORD), "{text}");
        assert_eq!(kept(&server).len(), 0, "{options:?}");
    }
}
