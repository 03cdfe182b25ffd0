//! Series in, faults and judgements out.

use super::*;

fn asked(kind: Option<Kind>) -> Asked {
    Asked {
        kind,
        budget: Budget::default(),
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn bad_rows_tell_line_column_value_and_what_is_right() {
    let rows: &[(&str, Option<Kind>, &str)] = &[
        (
            "at,value\n2026-11-20 09:00,5\n",
            None,
            "f:2:1 `2026-11-20 09:00` is no time",
        ),
        ("2026-11-20 09:00:00,5\nx,6\n", None, "f:2:1 `x` is no time"),
        ("1,2\n", None, "f:1:1 `1` is no time"),
        ("1763629200,five\n", None, "f:1:12 `five` is no number"),
        ("1763629200, -5\n", None, "f:1:13 `-5` is out of range"),
        ("1763629200,NaN\n", None, "f:1:12 `NaN` is out of range"),
        ("1763629200,2e15\n", None, "f:1:12 `2e15` is out of range"),
        ("1763629200\n", None, "f:1:11 `` is no number"),
        (
            "1763629200,1,2,3\n",
            None,
            "f:1:16 `3` is one column too many",
        ),
        (
            "1763629200,1.5\n",
            Some(Kind::Count),
            "f:1:12 `1.5` is no count",
        ),
        (
            "1763629200,0\n",
            Some(Kind::Positive),
            "f:1:12 `0` is not above 0",
        ),
        (
            "1763629200,4\n",
            Some(Kind::Share),
            "f:1:13 `` tells not of how many",
        ),
        (
            "1763629200,4,3\n",
            Some(Kind::Share),
            "f:1:12 `4` is more than all",
        ),
        (
            "1763629200,1\n1763629200,1\n",
            None,
            "f:2:1 `1763629200` comes twice",
        ),
        (
            "1763629800;1\n1763629200;1\n",
            None,
            "f:2:1 `1763629200` goes back",
        ),
        ("1763629200,1\n", None, "f:0:0 1 rows"),
        ("", None, "f:0:0 0 rows"),
        (
            "1763629200,1\n1763715600,1\n",
            None,
            "f:0:0 rows are 86400 s apart",
        ),
        (
            "1500000000,1\n1500000600,1\n1500001200,1\n1900000000,1\n",
            None,
            "f:0:0 more than ten years of ten minutes",
        ),
    ];
    for (text, kind, expected) in rows {
        let faults = judge("f", text, asked(*kind)).unwrap_err();
        let first = &faults[0];
        let place = first.place;
        let told = format!(
            "{}:{}:{} {}",
            first.file, place.line, place.column, first.message
        );
        assert_eq!(told, *expected);
        assert!(!first.hint.is_empty(), "{told}");
    }
    let many = "x,1\n".repeat(500);
    let text = format!("1763629200,1\n{many}");
    assert_eq!(judge("f", &text, asked(None)).unwrap_err().len(), 20);
}

#[test]
fn kinds_and_steps_are_found_out() {
    let minute = 60;
    let rows: &[(&str, &str, i64, Kind, i64)] = &[
        ("", "5", minute, Kind::Count, 600),
        ("timestamp,value", "5", 600, Kind::Count, 600),
        ("time;value", "5", 3600, Kind::Count, 3600),
        ("timestamp,value", "5.5", 300, Kind::Positive, 600),
        ("timestamp,hits,of", "5,10", 900, Kind::Share, 900),
        ("timestamp,total", "5", 600, Kind::Count, 600),
        ("timestamp,value,n", "5,10", 600, Kind::Positive, 600),
    ];
    for (heading, cells, step, kind, bin) in rows {
        let lines = (0..50).map(|n| format!("{},{cells}\n", 1_763_629_200 + n * step));
        let lines: String = lines.collect();
        let text = format!("{heading}\n{lines}");
        let text = if heading.contains(';') {
            text.replace(',', ";")
        } else {
            text
        };
        let told = judge("f", &text, asked(None)).unwrap();
        assert_eq!(
            (told.kind, told.step_ms, told.bin_ms),
            (*kind, step * 1000, bin * 1000)
        );
        assert_eq!(told.rows, 50);
        let bins = 49 * step / bin + 1;
        assert_eq!(i64::try_from(told.points.len()).unwrap(), bins);
    }
}

#[test]
fn times_are_read_in_every_form() {
    let rows = [
        "2025-11-20T09:00:00Z",
        "2025-11-20T10:00:00+01:00",
        "2025-11-20 09:00:00",
        "\"2025-11-20T09:00:00.000\"",
        "1763629200",
        "1763629200.0",
        "1763629200000",
    ];
    for time in rows {
        let text = format!("{time},1\n1763629800,2\n");
        let told = judge("f", &text, asked(None)).unwrap();
        assert_eq!(told.points[0].at, UnixMillis(1_763_629_200_000), "{time}");
    }
    assert_eq!(
        hour_of_week(UnixMillis(1_763_629_200_000)),
        3 * 24 + 9,
        "a Thursday"
    );
}

/// Four weeks of a series in steps, with an incident of two hours.
fn series(step: i64, incident: i64) -> String {
    let rows = (0..28 * 86_400 / step).map(|n| {
        let at = 1_761_955_200 + n * step;
        let wave = 60 + (n * 7_919 % 23) * 2;
        let inside = (0..7_200).contains(&(at - incident));
        let value = wave * step / 600 * if inside { 12 } else { 1 };
        format!("{at},{value}\n")
    });
    rows.collect()
}

#[test]
fn an_incident_is_one_alert_at_any_step() {
    let incident = 1_761_955_200 + 24 * 86_400 + 36_000;
    for step in [60, 600, 1_800, 3_600] {
        let told = judge("f", &series(step, incident), asked(None)).unwrap();
        let alerts: Vec<&Point> = told
            .points
            .iter()
            .filter(|one| one.alert.is_some())
            .collect();
        assert_eq!(alerts.len(), 1, "{step}");
        let alert = alerts[0].alert.unwrap();
        assert!(
            (0..7_200_000).contains(&(alerts[0].at.0 - incident * 1000)),
            "{step}"
        );
        assert!(alert.observed > 2.5 * alert.expected, "{step}: {alert:?}");
        assert!(alert.chance_weeks > Some(3.0), "{step}: {alert:?}");
        assert!(alerts[0].p < Some(0.01), "{step}");
        let inside =
            |point: &&Point| (point.band.low..=point.band.high).contains(&point.band.observed);
        let share = told
            .points
            .iter()
            .skip(1_008 * 600 / 600.max(usize::try_from(step).unwrap()));
        let (all, inside) = (share.clone().count(), share.filter(inside).count());
        assert!(
            inside * 100 > all * 85,
            "{step}: {inside} of {all} inside their band"
        );
    }
}
