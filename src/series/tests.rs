use std::collections::BTreeMap;
use std::rc::Rc;

use influxdb_line_protocol::{FieldValue, parse_lines};
use proptest::prelude::*;

use super::*;
use crate::units::UnixMillis;

fn key(name: &str) -> Rc<SeriesKey> {
    let values = ["itsm", "weu", name, "gpt-4o", "azure", "", "held"];
    Rc::new(SeriesKey::new(Measurement::Calls, &values))
}

#[test]
fn tags_are_fit_for_a_line() {
    let cases = [
        ("gpt-4o", "gpt-4o"),
        ("", "none"),
        ("  ", "none"),
        ("a\nb", "a b"),
        ("a\\", "a/"),
        ("a\\,b", "a/,b"),
        ("\u{2028}", "none"),
        ("\u{7f}x\u{85}", "x"),
        ("über,a=b c", "über,a=b c"),
    ];
    for (told, fit) in cases {
        assert_eq!(tag_value(told), fit, "{told:?}");
    }
}

#[test]
fn a_line_is_these_bytes() {
    let mut bytes = Vec::new();
    let mut line = Line::begin(
        &mut bytes,
        &SeriesKey::new(Measurement::Source, &["quarantined", "a b,c=d", "kafka"]),
        2,
    );
    line.int("records", -17);
    line.int("least", i64::MIN);
    line.dollars("cost_usd", -1_500_000_000);
    line.dollars("nothing", 0);
    line.dollars("little", 1);
    line.text("rule", "say \"eu\"\\\nor");
    assert!(line.end(UnixMillis(1_793_577_660_999)));
    let expected = concat!(
        r"llm_source,outcome=quarantined,reason=a\ b\,c\=d,rev=2,source=kafka ",
        "records=-17i,least=-9223372036854775808i,cost_usd=-1.5,nothing=0,little=0.000000001,",
        r#"rule="say \"eu\"\\ or" 1793577660"#,
    );
    assert_eq!(String::from_utf8(bytes).unwrap(), expected);
}

#[test]
fn a_line_without_a_field_leaves_nothing() {
    let mut bytes = b"before\n".to_vec();
    assert!(!Line::begin(&mut bytes, &key("a"), 0).end(UnixMillis(0)));
    drop(Line::begin(&mut bytes, &key("a"), 0));
    assert_eq!(bytes, b"before\n");
}

/// Brings a window to `target` and tells what was added: series, `rev` and value.
fn step(
    target: &[(&str, i64)],
    emitted: &mut Emitted,
    admitted: &mut Admitted,
) -> Vec<(String, u32, i64)> {
    let sum = |value: i64| Sum {
        body: Body::new(vec![value]),
        readings: Vec::new(),
    };
    let target = target
        .iter()
        .map(|(name, value)| (key(name), sum(*value)))
        .collect();
    let done = differences(target, emitted, &Beside::default(), admitted);
    let told = |point: &Point| {
        let feature = point.key.tags().nth(2).unwrap().1.to_string();
        (feature, point.rev, point.body.get(0))
    };
    done.points.iter().map(told).collect()
}

#[test]
fn differences_go_out_once_and_fold_past_the_limit() {
    // What the window should stand at, and the points that it takes; four series at most.
    type Step<'a> = (&'a [(&'a str, i64)], &'a [(&'a str, u32, i64)]);
    let steps: [Step<'_>; 9] = [
        (&[("a", 5), ("b", 7)], &[("a", 0, 5), ("b", 0, 7)]),
        (&[("a", 5), ("b", 7)], &[]),
        (&[("a", 6), ("b", 7)], &[("a", 1, 1)]),
        (&[("a", 6)], &[("b", 1, -7)]),
        // The limit is reached: a third `rev` and a new name go to `other`.
        (&[("a", 9), ("c", 2)], &[("other", 0, 5)]),
        (&[("a", 9), ("c", 2)], &[]),
        (&[("a", 9), ("c", 1), ("d", 4)], &[("other", 1, 3)]),
        (&[("a", 6)], &[("other", 2, -8)]),
        (&[], &[("other", 3, -6)]),
    ];
    let (mut emitted, mut admitted) = (Emitted::default(), Admitted::new(4, Vec::new()));
    for (i, (target, expected)) in steps.iter().enumerate() {
        let found = step(target, &mut emitted, &mut admitted);
        let expected: Vec<_> = expected
            .iter()
            .map(|(name, rev, value)| ((*name).to_owned(), *rev, *value))
            .collect();
        assert_eq!(found, expected, "step {i}");
        let rows = admitted.take_changed();
        let again = Emitted::decode(&emitted.encode());
        assert_eq!(again.as_ref(), Some(&emitted), "step {i}, {rows:?}");
    }
    assert_eq!(admitted.used(), 8);
}

#[test]
fn a_higher_limit_lets_a_series_out_of_other() {
    let (mut emitted, mut admitted) = (Emitted::default(), Admitted::new(0, Vec::new()));
    assert_eq!(
        step(&[("a", 3)], &mut emitted, &mut admitted),
        [("other".to_owned(), 0, 3)]
    );
    let mut admitted = Admitted::new(10, admitted.take_changed());
    assert_eq!(
        step(&[("a", 3)], &mut emitted, &mut admitted),
        [("a".to_owned(), 0, 3), ("other".to_owned(), 1, -3)]
    );
}

#[test]
fn a_bucket_counts_up_to_its_bound() {
    use crate::cell::Cell;
    use crate::hist::Layout;

    let mut cell = Cell::default();
    for value in [0, 50, 51, 1_000, 30_000, 3_599_000] {
        cell.latency.record(Layout::latency(), value);
    }
    let body = Body::of_cell(Measurement::Calls, &cell);
    let fields: BTreeMap<&str, i64> = additive_fields(Measurement::Calls, &body)
        .into_iter()
        .collect();
    let cases = [
        ("le_50", 2),
        ("le_100", 3),
        ("le_500", 3),
        ("le_1000", 4),
        ("le_20000", 4),
        ("le_30000", 5),
        ("le_300000", 5),
        ("le_inf", 6),
        ("latency_ms_count", 6),
        ("duration_le_inf", 0),
    ];
    for (name, value) in cases {
        assert_eq!(fields.get(name), Some(&value), "{name}");
    }
}

#[test]
fn damaged_bytes_are_none() {
    for bytes in [
        &[][..],
        &[2, 0],
        &[1, 1],
        &[1, 0, 0],
        &[1, 1, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0x7f, 2],
    ] {
        assert_eq!(Emitted::decode(bytes), None, "{bytes:?}");
    }
}

proptest! {
    /// Whatever a name holds, an independent parser reads the line as it was meant: one line, each
    /// tag with the value that its key has, each field with its type and value.
    #[test]
    fn an_independent_parser_reads_what_was_meant(
        names in prop::collection::vec("(\\PC|[\\\\,= \"\n\t\r#]){0,12}", 7),
        text in "(\\PC|[\\\\,= \"]){0,20}",
        number in any::<i64>(),
        nanousd in any::<i64>(),
        rev in any::<u32>(),
        at in -1_000_000_000_000_i64..4_102_444_800_000,
    ) {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        for measurement in Measurement::ALL {
            let key = SeriesKey::new(measurement, &names);
            let mut bytes = Vec::new();
            let mut line = Line::begin(&mut bytes, &key, rev);
            line.int("number", number);
            line.dollars("dollars", nanousd);
            line.text("text", &text);
            prop_assert!(line.end(UnixMillis(at)));
            let line = String::from_utf8(bytes).unwrap();
            let lines: Vec<_> = parse_lines(&line).collect();
            prop_assert_eq!(lines.len(), 1, "{}", line);
            let parsed = lines[0].as_ref().unwrap();
            prop_assert_eq!(parsed.series.measurement.as_str(), measurement.as_str());
            let tags = parsed.series.tag_set.as_ref().unwrap();
            prop_assert_eq!(tags.len(), measurement.tags().len() + 1);
            prop_assert!(tags.is_sorted_by(|one, other| one.0.as_str() < other.0.as_str()));
            for (name, value) in key.tags() {
                let found = parsed.tag_value(name).map(|value| value.to_string());
                prop_assert_eq!(found.as_deref(), Some(value.as_str()), "{}", line);
            }
            let found = parsed.tag_value("rev").map(|value| value.to_string());
            prop_assert_eq!(found, Some(rev.to_string()));
            prop_assert_eq!(parsed.field_value("number"), Some(&FieldValue::I64(number)));
            let Some(FieldValue::F64(dollars)) = parsed.field_value("dollars") else {
                panic!("{line}");
            };
            let expected: f64 = format!("{nanousd}e-9").parse().unwrap();
            prop_assert_eq!(*dollars, expected);
            let Some(FieldValue::String(found)) = parsed.field_value("text") else {
                panic!("{line}");
            };
            prop_assert_eq!(found.as_str(), text.as_str());
            prop_assert_eq!(parsed.timestamp, Some(at.div_euclid(1_000)));
            prop_assert_eq!(SeriesKey::parse(measurement, &key.text()), Some(key));
        }
    }
}
