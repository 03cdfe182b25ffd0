//! The mails of the demo's story.

use super::*;

#[test]
#[ignore = "looks at a ledger by hand"]
fn look() {
    let dir = std::path::PathBuf::from(std::env::var("TALE_DIR").unwrap());
    let clock = crate::clock::FixedClock::at(UnixMillis::parse("2026-11-30T00:00:00Z").unwrap());
    let setup = crate::app::setup::load(Some(&dir.join("tollwatch.toml")), &clock).unwrap();
    let ledger = crate::app::setup::open_read_only(&dir.join("tollwatch.db")).unwrap();
    let out = dir.join("outbox");
    std::fs::create_dir_all(&out).unwrap();
    let span = Past::new(&ledger).span().unwrap().unwrap();
    let mut n = 0;
    let started = std::time::Instant::now();
    tale(&setup, &ledger, span, &mut |told| {
        n += 1;
        eprintln!(
            "{:?} {} {:?} -> {:?}\n   {}",
            started.elapsed(),
            told.at,
            told.step.digest,
            told.to,
            told.mail.subject
        );
        let name = format!("{n:03}-{}.txt", told.mail.stem);
        let text = format!("{}\n\n{}", told.mail.subject, told.mail.text);
        std::fs::write(out.join(name), text).unwrap();
        Ok(())
    })
    .unwrap();
    eprintln!("{n} mails in {:?}", started.elapsed());
}
