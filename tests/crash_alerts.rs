//! Kills the daemon anywhere between a bad call and its mail: every step is mailed to everybody it is for and told
//! to the webhook, none is lost, and what goes twice goes under one identity.
//!
//! Knows no mail server: mails go into a folder. A newcomer may ask why each feature has an owner of its
//! own: who got no mail, and who got two, is then told by the address.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]
#![allow(clippy::print_stderr, reason = "a test tells what it did")]
#![allow(clippy::disallowed_methods, reason = "records are of now")]

#[path = "common/hooks.rs"]
mod hooks;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use hooks::Hooks;
use tollwatch::crash::ALERT_SITES;
use tollwatch::episode::Step;
use tollwatch::ledger::{Alerts as _, Posted, SqliteLedger, Way};
use tollwatch::units::UnixMillis;

/// Pauses are so much shorter.
const HURRY: &str = "20";
/// How often it is killed, where `KILLS` does not say.
const KILLS: usize = 45;
/// How long a daemon may take to bring everything out.
const PATIENCE: Duration = Duration::from_mins(2);
/// How long a struck daemon is left alone.
const LIFE: Duration = Duration::from_secs(8);

fn config(features: usize, hooks: &Hooks) -> String {
    let mut text = "[ledger]\npath = \"books.db\"\n\n[daemon]\nlisten = \"\"\n\n\
         [[source.file]]\nname = \"export\"\npaths = [\"log.jsonl\"]\n\n\
         [endpoint.weu]\nbase_url = \"https://contoso-weu.openai.azure.com\"\nprovider = \"azure\"\n\
         credential_ref = \"kv-weu\"\nmodel_name = \"gpt-4o\"\ndeployment = \"gpt-4o-weu\"\n\
         region = \"westeurope\"\ndeployment_scope = \"regional\"\n\n\
         [endpoint.eus]\nbase_url = \"https://contoso-eus.openai.azure.com\"\nprovider = \"azure\"\n\
         credential_ref = \"kv-eus\"\nmodel_name = \"gpt-4o\"\ndeployment = \"gpt-4o-eus\"\n\
         region = \"eastus\"\ndeployment_scope = \"regional\"\n\n\
         [alerts]\nquiet_first_days = 1\n\n\
         [alerts.mail]\nfolder = \"mails\"\nfrom = \"tollwatch@example.com\"\n\
         fallback_to = \"fallback@example.com\"\n"
        .to_owned();
    write!(
        text,
        "\n[alerts.webhook]\nurl = \"http://{}/hook\"\n",
        hooks.address
    )
    .unwrap();
    for n in 0..features {
        write!(
            text,
            "\n[[feature]]\napplication = \"app\"\nskill = \"s{n}\"\nowner = \"owner{n}@example.com\"\n\
             endpoints = [\"weu\"]\nresidency = \"eu\"\n"
        )
        .unwrap();
    }
    text
}

/// A call of a feature, now, to that host.
fn append(folder: &Path, n: usize, host: &str) {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let at = UnixMillis(i64::try_from(since.as_millis()).unwrap());
    // Each endpoint's deployment is named after it.
    let place = host.split(['-', '.']).nth(1).unwrap();
    let line = format!(
        "{{\"tollwatch\": 1, \"id\": \"call-{n}-{host}\", \"at\": \"{at}\", \"url\": \
         \"https://{host}/openai/deployments/gpt-4o-{place}/chat/completions\", \"status\": 200, \
         \"latency_ms\": 900, \"model\": \"gpt-4o-2024-11-20\", \"usage\": {{\"input\": 100, \
         \"output\": 20, \"total\": 120}}, \"application\": \"app\", \"skill\": \"s{n}\"}}\n"
    );
    let mut file = std::fs::File::options()
        .create(true)
        .append(true)
        .open(folder.join("log.jsonl"))
        .unwrap();
    file.write_all(line.as_bytes()).unwrap();
}

fn start(folder: &Path, crash: Option<&str>) -> Child {
    let log = std::fs::File::options()
        .create(true)
        .append(true)
        .open(folder.join("log"))
        .unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tollwatch"));
    command
        .args(["run", "--config", "tollwatch.toml", "--every", "1"])
        .current_dir(folder)
        .env("CRASH_HURRY", HURRY)
        .stdout(Stdio::null())
        .stderr(log);
    if let Some(crash) = crash {
        command.env("CRASH_AT", crash);
    }
    command.spawn().unwrap()
}

/// Whether it came to its crash.
fn strike(folder: &Path, crash: &str) -> bool {
    let mut daemon = start(folder, Some(crash));
    let end = Instant::now() + LIFE;
    while Instant::now() < end {
        if daemon.try_wait().unwrap().is_some() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    false
}

/// How often each Message-ID went to each address.
fn mails(folder: &Path) -> BTreeMap<(String, String), usize> {
    let mut found = BTreeMap::new();
    let Ok(entries) = std::fs::read_dir(folder.join("mails")) else {
        return found;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ext| ext != "eml") {
            continue;
        }
        let text = String::from_utf8(std::fs::read(path).unwrap()).unwrap();
        let header = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_default().trim().to_owned()
        };
        *found
            .entry((header("Message-ID:"), header("To:")))
            .or_default() += 1;
    }
    found
}

/// Addresses of each step that somebody is told of, by episode and step.
fn told(books: &SqliteLedger) -> BTreeMap<(u64, u32), BTreeSet<String>> {
    let mut told = BTreeMap::new();
    for number in 1..100_000 {
        let steps = books.episode_steps(number).unwrap();
        if steps.is_empty() && books.episode(number).unwrap().is_none() {
            break;
        }
        for row in steps {
            let step: Step = serde_json::from_slice(&row.body).unwrap();
            let to = step.to.iter().map(|one| one.address.to_string()).collect();
            told.insert((row.episode, row.step), to);
        }
    }
    told
}

/// Runs until every feature's owner has a mail and none waits.
fn finish(folder: &Path, kills: usize) {
    let mut daemon = start(folder, None);
    let end = Instant::now() + PATIENCE;
    loop {
        let there: BTreeSet<String> = mails(folder).into_keys().map(|(_, to)| to).collect();
        let all = (0..kills).all(|n| there.contains(&format!("owner{n}@example.com")));
        let books = SqliteLedger::open_read_only(&folder.join("books.db")).unwrap();
        if all && books.outbox_counts().unwrap().waiting == 0 {
            break;
        }
        let log = || std::fs::read_to_string(folder.join("log")).unwrap();
        assert!(Instant::now() < end, "not all told: {there:?}\n{}", log());
        std::thread::sleep(Duration::from_millis(100));
    }
    daemon.kill().unwrap();
    daemon.wait().unwrap();
}

/// How often the webhook was asked, and under which keys: what goes under one is the same at every try.
fn posts(hooks: &Hooks) -> (usize, BTreeSet<String>) {
    let mut bodies: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let posts = hooks.heard("POST /hook ");
    for post in &posts {
        let key = post.header("idempotency-key").to_owned();
        bodies.entry(key).or_default().insert(post.body.clone());
    }
    assert!(
        bodies.values().all(|one| one.len() == 1),
        "the same at every try"
    );
    (posts.len(), bodies.into_keys().collect())
}

#[test]
fn every_step_is_mailed_wherever_the_daemon_dies() {
    let kills = std::env::var("KILLS").ok().and_then(|n| n.parse().ok());
    let kills: usize = kills.unwrap_or(KILLS);
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // Every third request is turned away or hung up on, after it was heard.
    let hooks = Hooks::start(Box::new(|n, _| [200, 200, [503, 0][n % 2]][n % 3]));
    std::fs::write(folder.join("tollwatch.toml"), config(kills, &hooks)).unwrap();
    append(folder, 0, "contoso-weu.openai.azure.com");
    // The first start learns; it is left alone until it has.
    let mut daemon = start(folder, None);
    let end = Instant::now() + PATIENCE;
    let begun = || {
        let books = SqliteLedger::open_read_only(&folder.join("books.db")).ok()?;
        (books.alert_cursor().ok()?.turn > 0).then_some(())
    };
    while begun().is_none() {
        assert!(Instant::now() < end, "alerts are not judged");
        std::thread::sleep(Duration::from_millis(50));
    }
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    let mut struck: BTreeMap<&str, usize> = BTreeMap::new();
    for n in 0..kills {
        append(folder, n, "contoso-eus.openai.azure.com");
        let site = ALERT_SITES[n % ALERT_SITES.len()];
        // The later passages are those that have something to write.
        let passage = 1 + (n / ALERT_SITES.len()) % 3;
        let crashed = strike(folder, &format!("{site}:{passage}"));
        *struck
            .entry(if crashed { site } else { "anywhere" })
            .or_default() += 1;
    }
    finish(folder, kills);
    let books = SqliteLedger::open_read_only(&folder.join("books.db")).unwrap();
    let (sent, told) = (mails(folder), told(&books));
    let (mut wanted, mut hooked) = (BTreeSet::new(), BTreeSet::new());
    for row in books.outbox(None, 100_000).unwrap() {
        assert_eq!(row.state, Posted::Sent, "{row:?}");
        if row.way == Way::Webhook {
            hooked.insert(row.message_id.clone());
            continue;
        }
        wanted.insert((row.message_id.clone(), row.to.to_string()));
        let to = told.get(&(row.episode, row.step));
        assert!(to.is_some_and(|to| to.contains(row.to.as_str())), "{row:?}");
    }
    let there: BTreeSet<(String, String)> = sent.keys().cloned().collect();
    assert_eq!(there, wanted, "what was sent is what was written");
    let steps: usize = told.values().map(BTreeSet::len).sum();
    assert_eq!(steps, wanted.len(), "each step once for each of its people");
    let mails_of_steps: BTreeSet<String> = wanted.iter().map(|(id, _)| id.clone()).collect();
    assert_eq!(
        hooked, mails_of_steps,
        "each step that people are told of, once"
    );
    let (posts, keys) = posts(&hooks);
    assert_eq!(keys, hooked);
    let twice: usize = sent.values().map(|times| times - 1).sum();
    eprintln!(
        "{kills} kills at {struck:?}: {} mails of {} steps, {twice} files twice under one Message-ID; \
         {} posts of {} messages",
        wanted.len(),
        told.len(),
        posts,
        hooked.len()
    );
}
