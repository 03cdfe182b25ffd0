//! The same queries on the demo's own books: three days simulated, read, and told by the follower.
//!
//! Knows no daemon: the follower is asked until it has told everything. A newcomer may ask why a few
//! queries may be silent here: three good days have no quarantine of every kind, and `points.rs` has.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use tollwatch::app::follow::{Alone, Follower, Lag, Mailbag, Moment};
use tollwatch::app::setup;
use tollwatch::clock::SystemClock;
use tollwatch::ledger::{Follow as _, Resolution, Span};
use tollwatch::sink::Outbox as _;
use tollwatch::units::UnixMillis;

use crate::filled::State;
use crate::influx::Influx;
use crate::query::spell_out;
use crate::real::tells;
use crate::{other_queries, panel_queries};

/// When the three days of the scenario are over, and an hour more, in milliseconds.
const END: i64 = 1_794_268_800_000;

/// Pieces of queries that these days have no answer to.
const MAY_BE_SILENT: [&str; 9] = [
    // Records are counted by the day on which they are read, which is today.
    "\"outcome\" != 'received'",
    "ms - 1w",
    "'quarantined'",
    "'fallback'",
    "'declared'",
    "'unproven'",
    "'no_rule'",
    "\"llm_alerts\"",
    "\"timezone\"",
];

fn run(program: &mut Command) {
    let ended = program.output().unwrap();
    assert!(ended.status.success(), "{program:?}: {ended:?}");
}

/// Makes the demo's books below `folder`.
fn books(folder: &Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in ["tollwatch.toml", "endpoints.toml", "features.toml"] {
        std::fs::copy(root.join("deploy/demo").join(name), folder.join(name)).unwrap();
    }
    let program = || {
        let mut program = Command::new(env!("CARGO_BIN_EXE_tollwatch"));
        program.current_dir(folder);
        program
    };
    run(program().args("simulate --seed 7 --days 3 --out records".split(' ')));
    run(program().args("replay --config tollwatch.toml --ledger tollwatch.db records".split(' ')));
}

/// Tells everything that the books hold to the server; cost of all requests, in nano-dollars.
fn follow(folder: &Path, influx: &Influx) -> i64 {
    let setup = setup::load(Some(&folder.join("tollwatch.toml")), &SystemClock).unwrap();
    let mut ledger = setup.open(&folder.join("tollwatch.db")).unwrap();
    let mut follower =
        Follower::begin(&mut Alone(&mut ledger), "main", 50_000, &setup.rules).unwrap();
    let number = follower.row().number;
    let mut now = END;
    loop {
        let moment = Moment {
            now: UnixMillis(now),
            complete_to: Some(UnixMillis(END)),
            lags: [(
                "servicenow".into(),
                Lag {
                    records: Some(0),
                    ms: Some(0),
                },
            )]
            .into(),
        };
        while follower.hear(&ledger, moment.now).unwrap() {}
        let frozen = follower.freeze(&mut Alone(&mut ledger), &moment).unwrap();
        let mut bag = Mailbag::new(Alone(&mut ledger), number);
        loop {
            let lines = bag.next(0, 5_000, 10_000_000).unwrap();
            let Some(last) = lines.last().map(|line| line.id) else {
                break;
            };
            let text: Vec<&str> = lines
                .iter()
                .map(|line| std::str::from_utf8(&line.bytes).unwrap())
                .collect();
            influx.write(&text.join("\n"));
            bag.written(last).unwrap();
        }
        if frozen.waiting == 0 && !frozen.more {
            break;
        }
        now += 60_000;
        assert!(
            now < END + 86_400_000,
            "{} windows still wait",
            frozen.waiting
        );
    }
    let mut cost = 0;
    let mut add = |_, _, cell: tollwatch::cell::Cell| {
        cost += cell.totals.cost_nanousd();
        Ok(())
    };
    ledger
        .numbered_cells(Resolution::Day, Span::ALL, &mut add)
        .unwrap();
    cost
}

#[test]
#[ignore = "a real InfluxDB, whose first build takes minutes: make grafana"]
fn the_demos_books_answer() {
    let Some(influx) = Influx::start() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    books(folder.path());
    let cost = follow(folder.path(), &influx);

    let state = State {
        from: END - 4 * 86_400_000,
        to: END + 3_600_000,
        interval: 3_600_000,
        values: std::collections::BTreeMap::new(),
        timezone: "Europe/Berlin",
    };
    let mut silent = BTreeSet::new();
    for asked in panel_queries().iter().chain(&other_queries()) {
        let sql = state.fill(&asked.sql);
        let rows = influx
            .ask(&sql)
            .unwrap_or_else(|fault| panic!("{}: {fault}: {sql}", asked.by));
        if !tells(&rows) && !MAY_BE_SILENT.iter().any(|piece| sql.contains(piece)) {
            silent.insert(format!("{}: {sql}", asked.by));
        }
    }
    assert_eq!(silent, BTreeSet::new());

    let sql = state.fill(&spell_out(
        r#"SELECT sum("cost_nanousd") AS "cost" {calls} AND $timeFilter"#,
    ));
    let found = influx.ask(&sql).unwrap()[0].columns["cost"].as_i64();
    assert_eq!(found, Some(cost), "to the nano-dollar");
}
