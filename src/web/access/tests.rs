//! Who is let in, as rows.

use super::sessions::{IDLE_MS, WHOLE_MS};
use super::tries::{KEPT, OF_ADDRESS, OF_NAME, WINDOW_MS};
use super::*;
use crate::clock::FixedClock;
use crate::config::{Network, Proxy, Token, User};
use crate::units::UnixMillis;

const TOKEN: &str = "a token that nobody guesses";

fn web() -> Web {
    let hash = PasswordHash::make("correct horse battery", &[7; 16]).unwrap();
    let user = |name: &str, role| User {
        name: Text::from(name),
        role,
        hash: Hash::Written(hash.clone()),
    };
    let token = |name: &str, role, text: &str| Token {
        name: Text::from(name),
        role,
        hash: Hash::Written(digest_hex(text)),
    };
    Web {
        users: vec![user("anna", Role::Operator), user("ben", Role::Viewer)],
        tokens: vec![
            token("scraper", Role::Metrics, "another token"),
            token("script", Role::Viewer, TOKEN),
        ],
        proxy: Some(Proxy {
            header: "x-forwarded-user".to_owned(),
            from: vec![Network::parse("10.0.0.0/8").unwrap()],
            operators: vec!["carla".to_owned()],
        }),
        names: vec!["spend.contoso.example".to_owned()],
        tls_by_proxy: true,
        ..Web::default()
    }
}

fn door(web: &Web, at: i64) -> Access {
    let clock = Arc::new(FixedClock::at(UnixMillis(at)));
    let public = Some("https://tollwatch.contoso.example:8443/");
    Access::new((web, public), None, clock).unwrap()
}

fn peer(address: &str) -> SocketAddr {
    SocketAddr::new(address.parse().unwrap(), 4000)
}

#[test]
fn names_of_the_door_are_those_that_were_told() {
    let cases = [
        ("localhost:9464", true, true),
        ("[::1]:9464", true, true),
        ("tollwatch.contoso.example", true, true),
        ("TOLLWATCH.contoso.example:8443", true, true),
        ("spend.contoso.example", true, false),
        ("10.1.2.3:9464", true, false),
        ("evil.example", false, false),
        ("localhost.evil.example", false, false),
        ("127.0.0.1.evil.example:1", false, false),
        ("", false, false),
    ];
    let (asks, open) = (door(&web(), 0), door(&Web::default(), 0));
    for (host, of_asking, of_open) in cases {
        assert_eq!(asks.is_ours(host), of_asking, "{host}");
        assert_eq!(open.is_ours(host), of_open, "{host}");
    }
}

/// Peer, bearer, session, name told by a header; who it is.
type Case<'a> = (&'a str, &'a str, &'a str, &'a str, Result<&'a str, ()>);

#[test]
fn whoever_asks_is_known_by_one_sign() {
    let door = door(&web(), 0);
    let hash = door.hash_of("anna").1;
    let session = door.log_in(Signs::default(), ("anna", &hash)).unwrap();
    let gone = door.log_in(Signs::default(), ("nobody", &hash)).unwrap();
    let cases: [Case<'_>; 9] = [
        ("127.0.0.1", "", "", "", Ok("")),
        ("127.0.0.1", TOKEN, "", "", Ok("script viewer")),
        ("127.0.0.1", "guess", &session, "carla", Err(())),
        ("127.0.0.1", "", &session, "", Ok("anna operator")),
        ("127.0.0.1", "", "guess", "", Ok("")),
        ("127.0.0.1", "", &gone, "", Ok("")),
        ("10.2.3.4", "", "", "carla", Ok("carla operator")),
        ("10.2.3.4", "", "", "dora", Ok("dora viewer")),
        ("11.2.3.4", "", "", "carla", Ok("")),
    ];
    for (from, bearer, session, header, expected) in cases {
        let signs = Signs {
            peer: Some(peer(from)),
            bearer: Some(bearer).filter(|text| !text.is_empty()),
            session: Some(session).filter(|text| !text.is_empty()),
            ..Signs::default()
        };
        let told = |_: &str| Some(header.to_owned()).filter(|text| !text.is_empty());
        let who = door.who(signs, told).map(|who| {
            who.map_or_else(String::new, |who| {
                format!("{} {}", who.name, who.role.as_str())
            })
        });
        assert_eq!(who, expected.map(str::to_owned), "{from} {bearer} {header}");
    }
}

#[test]
fn an_open_door_is_for_this_machine() {
    let door = door(&Web::default(), 0);
    for (is_forwarded, role) in [(false, Role::Operator), (true, Role::Viewer)] {
        let signs = Signs {
            is_forwarded,
            ..Signs::default()
        };
        let who = door.who(signs, |_| None).unwrap().unwrap();
        assert_eq!((who.role, who.how), (role, How::Here));
    }
    assert!(!door.may_be_reached());
}

#[test]
fn sessions_end_and_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sessions");
    let clock = Arc::new(FixedClock::at(UnixMillis(0)));
    let start = |web: &Web| {
        let clock: Arc<dyn Clock> = Arc::<FixedClock>::clone(&clock);
        Access::new((web, None), Some(file.clone()), clock).unwrap()
    };
    let is_in = |door: &Access, name: &str, is_visit: bool| {
        let signs = Signs {
            session: Some(name),
            is_visit,
            ..Signs::default()
        };
        door.who(signs, |_| None).unwrap().is_some()
    };
    let first = start(&web());
    let hash = first.hash_of("anna").1;
    let name = first.log_in(Signs::default(), ("anna", &hash)).unwrap();
    let kept = std::fs::read_to_string(&file).unwrap();
    assert!(!kept.contains(&name), "the name itself is nowhere");
    // After a restart the same name still opens.
    let door = start(&web());
    assert!(is_in(&door, &name, true));
    // Streams do not make it last, visits do, and nothing beyond its whole time.
    for (at, is_visit, lasts) in [
        (IDLE_MS - 1, false, true),
        (IDLE_MS - 1, true, true),
        (2 * IDLE_MS - 3, true, true),
        (3 * IDLE_MS, true, false),
    ] {
        clock.set(UnixMillis(at));
        assert_eq!(is_in(&door, &name, is_visit), lasts, "{at}");
    }
    let name = door.log_in(Signs::default(), ("anna", &hash)).unwrap();
    let begun = 3 * IDLE_MS;
    for step in 1..=12 {
        let at = begun + step * (IDLE_MS / 2);
        clock.set(UnixMillis(at));
        assert_eq!(is_in(&door, &name, true), at < begun + WHOLE_MS, "{step}");
    }
    let name = door.log_in(Signs::default(), ("ben", &hash)).unwrap();
    assert!(is_in(&door, &name, true));
    let mut fewer = web();
    fewer.users.pop();
    door.renew(&fewer, None).unwrap();
    assert!(!is_in(&door, &name, true), "no user any more");
    let name = door.log_in(Signs::default(), ("anna", &hash)).unwrap();
    fewer.users[0].hash = Hash::Written(PasswordHash::make("another password", &[8; 16]).unwrap());
    door.renew(&fewer, None).unwrap();
    assert!(!is_in(&door, &name, true), "another password");
    assert!(
        door.renew(&Web::default(), None).is_err(),
        "it opens for nobody"
    );
}

#[test]
fn tries_are_few_by_address_and_by_name_and_forgotten() {
    let mut tries = Tries::default();
    let at = UnixMillis;
    for _ in 0..OF_ADDRESS {
        tries.begin("a", "x", at(0)).unwrap();
    }
    assert_eq!(tries.begin("a", "y", at(1_000)), Err(Late(300)));
    assert!(tries.begin("b", "x", at(1_000)).is_ok());
    for i in 0..OF_NAME {
        assert!(tries.begin(&format!("c{i}"), "x", at(2_000)).is_ok() || i > 0);
    }
    assert!(
        tries.begin("d", "x", at(3_000)).is_err(),
        "the name is tried from everywhere"
    );
    assert!(tries.begin("a", "y", at(WINDOW_MS)).is_ok(), "forgotten");
    tries.right("d", "x");
    assert!(tries.begin("d", "x", at(3_000)).is_ok(), "it was right");
    for i in 0..2 * i64::try_from(KEPT).unwrap() {
        assert!(
            tries
                .begin(&format!("e{i}"), &format!("n{i}"), at(i))
                .is_ok()
        );
    }
    assert!(tries.len() <= KEPT);
}

#[test]
fn a_form_is_its_readers_own() {
    let door = door(&web(), 0);
    let who = |how| Identity {
        name: Text::from("anna"),
        role: Role::Operator,
        how,
    };
    let readers = [
        who(How::Session("1".to_owned())),
        who(How::Session("2".to_owned())),
        who(How::Proxy),
        who(How::Here),
    ];
    for (i, one) in readers.iter().enumerate() {
        for (j, other) in readers.iter().enumerate() {
            assert_eq!(
                door.is_form(one, &door.form(other)),
                i == j,
                "{one:?} {other:?}"
            );
        }
        assert!(!door.is_form(one, ""));
    }
}

#[test]
fn an_address_is_the_peers_unless_a_trusted_proxy_tells() {
    let door = door(&web(), 0);
    let cases = [
        ("192.0.2.7", Some("203.0.113.9"), "192.0.2.7"),
        ("10.2.3.4", Some("203.0.113.9"), "203.0.113.9"),
        ("10.2.3.4", Some("nonsense"), "10.2.3.4"),
        ("2001:db8:1:2:3:4:5:6", None, "2001:db8:1:2::/64"),
    ];
    for (from, forwarded_for, expected) in cases {
        let signs = Signs {
            peer: Some(peer(from)),
            forwarded_for,
            ..Signs::default()
        };
        assert_eq!(door.address(signs), expected);
    }
}
