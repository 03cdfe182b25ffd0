//! What nobody can do to the door: hold it, fill it, drown it.
//!
//! Knows no page. A newcomer may ask why times are short here: what is tried is that there is an end, and
//! how long it takes is a setting.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use tollwatch::web::Limits;

use super::door::{Door, answer, ask, connect, users};

const SHORT: Limits = Limits {
    connections: 64,
    lifetime: Duration::from_secs(3),
    patience: Duration::from_millis(500),
};

#[test]
fn what_is_too_long_is_refused() {
    let door = Door::new(&users());
    let long = "x".repeat(100_000);
    let many = "X-A: b\r\n".repeat(100);
    let requests = [
        (
            "a long head",
            format!("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: {long}\r\n\r\n"),
            431,
        ),
        (
            "many lines",
            format!("GET /healthz HTTP/1.1\r\nHost: localhost\r\n{many}\r\n"),
            431,
        ),
        (
            "a long address",
            format!("GET /{long} HTTP/1.1\r\nHost: localhost\r\n\r\n"),
            431,
        ),
        ("nonsense", "\u{1}\u{2}\r\n\r\n".to_owned(), 400),
    ];
    for (what, request, status) in requests {
        let mut stream = connect(door.address());
        stream.write_all(request.as_bytes()).unwrap();
        let told = answer(stream);
        assert!(
            told.status == status || told.status == 414,
            "{what}: {told:?}"
        );
    }
    let form = format!("user=anna&password={}", "x".repeat(20_000));
    assert_eq!(door.post("/login", &[], &form).status, 413);
    let json = ask(
        door.address(),
        "POST",
        ("/login", &[("Content-Length", "0")]),
        None,
    );
    assert_eq!(json.status, 415, "a form is a form");
    let days = door.get(
        "/spend?from=2020-01-01&to=2026-01-01",
        &[("Cookie", &door.log_in("ben"))],
    );
    assert_eq!(days.status, 400, "at most 800 days");
}

#[test]
fn whoever_dawdles_is_left() {
    let door = Door::with(&users(), SHORT);
    let beginnings = [
        ("says nothing", ""),
        ("half a head", "GET /healthz HTTP/1.1\r\nHost: loc"),
        (
            "half a form",
            "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nuser=",
        ),
    ];
    for (what, beginning) in beginnings {
        let begun = Instant::now();
        let mut stream = connect(door.address());
        stream.write_all(beginning.as_bytes()).unwrap();
        let told = answer(stream);
        assert!([0, 408].contains(&told.status), "{what}: {told:?}");
        assert!(
            begun.elapsed() < SHORT.lifetime,
            "{what}: {:?}",
            begun.elapsed()
        );
    }
    // A letter at a time is no way to go on.
    let mut stream = connect(door.address());
    let begun = Instant::now();
    let is_cut = "GET / HTTP/1.1\r\n".repeat(100).bytes().any(|byte| {
        std::thread::sleep(Duration::from_millis(50));
        stream.write_all(&[byte]).is_err() || begun.elapsed() > Duration::from_secs(20)
    });
    assert!(
        is_cut && begun.elapsed() < Duration::from_secs(10),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn a_thousand_connections_keep_nobody_out() {
    let door = Door::new(&users());
    let mut silent = Vec::new();
    for _ in 0..1_000 {
        let stream = std::net::TcpStream::connect_timeout(&door.address(), Duration::from_secs(5));
        silent.extend(stream.ok());
    }
    assert!(silent.len() >= 500, "{}", silent.len());
    let begun = Instant::now();
    assert_eq!(door.get("/healthz", &[]).status, 200);
    // At once, however slow the machine is: a silent connection could stay five seconds.
    assert!(
        begun.elapsed() < Duration::from_secs(2),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(door.get("/style.css", &[]).status, 200);
    let ours = std::fs::read_dir("/proc/self/fd").unwrap().count();
    assert!(
        ours < silent.len() + 500,
        "{ours} descriptors for {} clients",
        silent.len()
    );
    let mut byte = [0];
    let first = &mut silent[0];
    first
        .set_read_timeout(Some(Duration::from_secs(5)))
        .unwrap();
    assert!(
        matches!(first.read(&mut byte), Ok(0) | Err(_)),
        "it was left"
    );
}
