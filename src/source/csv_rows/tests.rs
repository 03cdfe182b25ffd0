//! Headings, rows and what they become.

use super::super::split::{Before, Piece, Splitter};

/// Every piece of a stream, as `offset:what`.
fn pieces(bytes: &[u8]) -> Vec<String> {
    let mut splitter = Splitter::new(bytes, Before::default());
    let mut found = Vec::new();
    while let Some(piece) = splitter.next_piece().unwrap() {
        found.push(match piece {
            Piece::Record { offset, bytes } => {
                format!("{offset}:{}", String::from_utf8_lossy(bytes))
            }
            Piece::TooLarge { offset, length } => format!("{offset}:too large {length}"),
            Piece::Blank { offset } => format!("{offset}:blank"),
            Piece::BadRow { offset, row } => format!("{offset}:{row}"),
        });
    }
    found
}

/// Holds what streams are cut into.
fn check(cases: &[(&[u8], &[&str])]) {
    for (bytes, expected) in cases {
        assert_eq!(
            pieces(bytes),
            *expected,
            "{}",
            String::from_utf8_lossy(bytes)
        );
    }
}

#[test]
fn rows_become_records() {
    let cases: &[(&[u8], &[&str])] = &[
        (
            b"model,at\ngpt-4o,now\n\"a \"\"b\"\"\",\"x\ny,z\"\n",
            &[
                r#"9:{"model":"gpt-4o","at":"now"}"#,
                r#"20:{"model":"a \"b\"","at":"x\ny,z"}"#,
            ],
        ),
        // A byte order mark, semicolons, line ends of Windows, no line end at the end.
        (
            b"\xEF\xBB\xBFmodel;at\r\na;b\r\n\r\nc;d",
            &[
                r#"13:{"model":"a","at":"b"}"#,
                "18:blank",
                r#"20:{"model":"c","at":"d"}"#,
            ],
        ),
        (
            b"sep=;\r\nmodel;at\r\na;b,c\r\n",
            &[r#"17:{"model":"a","at":"b,c"}"#],
        ),
        (b"model\tat\na\tb\n", &[r#"9:{"model":"a","at":"b"}"#]),
        // Rows that do not fit, and a row of nothing but separators.
        (
            b"model,at\na\na,b,c\n,\nd,e\n",
            &[
                "9:line 2 has 1 cells, the heading has 2",
                "11:line 3 has 3 cells, the heading has 2",
                "17:blank",
                r#"19:{"model":"d","at":"e"}"#,
            ],
        ),
        // A quote that never closes takes what is left, and says where it began.
        (
            b"model,at\n\"a,b\nc,d\n",
            &["9:line 2 has 1 cells, the heading has 2"],
        ),
        // Names with dots are nested; what is empty is not told; JSON in a cell is JSON.
        (
            b"at,usage.input,usage.output,region.name,tags\nnow,1,2,,\"[\"\"a\"\"]\"\n",
            &[r#"45:{"at":"now","usage":{"input":"1","output":"2"},"tags":["a"]}"#],
        ),
        // A list of a ServiceNow table by labels: names, plain numbers, every column.
        (
            b"Created,Model Name,Prompt Token Count,Response Token Count,Caller\n\
              2026-11-21 10:15:03,gpt_large,\"1,234\",56,\n",
            &[
                r#"66:{"sys_created_on":"2026-11-21 10:15:03","model_name":"gpt_large","prompt_token_count":"1234","response_token_count":"56","caller":""}"#,
            ],
        ),
        // Letters of Windows.
        (
            b"model,user\na,M\xFCller\n",
            &["11:{\"model\":\"a\",\"user\":\"Müller\"}"],
        ),
        // No tables.
        (
            b"plain text, really\nand more\n",
            &["0:plain text, really", "19:and more"],
        ),
        (b"a=1, b=2\nc=3, d=4\n", &["0:a=1, b=2", "9:c=3, d=4"]),
        (
            b"2026-11-21,INFO\n2026-11-21,WARN\n",
            &["0:2026-11-21,INFO", "16:2026-11-21,WARN"],
        ),
        // A heading alone holds no record.
        (b"model,at\n", &[]),
    ];
    check(cases);
}

#[test]
fn a_carriage_return_alone_breaks_its_own_row_and_no_other() {
    check(&[
        (
            b"model,at\na\rb,c\nd,e\n",
            &[
                "9:line 2 has 1 cells, the heading has 2",
                r#"15:{"model":"d","at":"e"}"#,
            ],
        ),
        // In quotes it is a letter.
        (
            b"model,at\n\"a\rb\",c\nd,e\n",
            &[
                r#"9:{"model":"a\rb","at":"c"}"#,
                r#"17:{"model":"d","at":"e"}"#,
            ],
        ),
    ]);
}
