//! What the samples of `sys_generative_ai_log` tell.

use super::super::samples;
use crate::call::Format;

const SHORT: [(&str, &str); 8] = [
    (
        "{ROW}",
        "row=sys_generative_ai_log:5d0e1a2bdb4c2010f0a1c9d2ca96a0",
    ),
    ("{AT}", "2026-11-20T09:14:28.000Z"),
    (
        "{MODEL}",
        " TO model=gpt_large USED model=gpt-4o-2024-11-20 requested=gpt_large",
    ),
    ("{TOKENS}", " tokens=4127/0/0/0/391/0"),
    ("{UNTOLD}", " untold-cache untold-geo"),
    ("{TOOK}", " ms=2903 external=true"),
    ("{BY}", " BY skill=c3d40f11db4c2010f0a1c9d2ca96c001"),
    (
        "{REST}",
        concat!(
            " definition=a1c20f11db4c2010f0a1c9d2ca96b001 scope=sn_itsm_gen_ai",
            " user=6816f79cc0a8016401c5a33be04be441",
            " conversation=c1d2e3f4db4c2010f0a1c9d2ca96d001 tags=source:ChatSummary",
        ),
    ),
];

const EXPECTED: &[(&str, &[&str])] = &[
    (
        "broken.jsonl",
        &[
            "rejected negative_tokens: `prompt_token_count` is -5, expected 0 or more",
            "rejected bad_number: `prompt_token_count` is no whole number up to 2^53",
            "rejected bad_number: `response_token_count` is no whole number up to 2^53",
            "rejected bad_time: `started_at` is no time, expected `YYYY-MM-DD HH:MM:SS`, RFC 3339 or epoch",
            "rejected time_out_of_range: `started_at` is 1999-01-01T00:00:00.000Z, expected a time from 2015 to 2099",
            "rejected bad_time: no time, expected `started_at` or `completed_at` or `sys_created_on`",
            "rejected bad_number: `time_taken` is no number of milliseconds, 0 or more",
        ],
    ),
    (
        "display_value_all.json",
        &["{AT} {ROW}0b{MODEL}{TOKENS}{UNTOLD} class=ok{TOOK}{BY}{REST}"],
    ),
    (
        "failed.json",
        &["{AT} {ROW}06{MODEL}{UNTOLD} class=failed{TOOK}{BY}{REST}"],
    ),
    (
        "half_counted.json",
        &["{AT} {ROW}08{MODEL}{UNTOLD} class=ok{TOOK}{BY}{REST}"],
    ),
    (
        "metadata.json",
        &["{AT} {ROW}07{MODEL}{TOKENS}{UNTOLD} class=ok{TOOK}{BY}{REST}"],
    ),
    (
        "no_id.json",
        &[
            "{AT} weak=5544a119ef5f34d8133f5320c58a44a7{MODEL}{TOKENS}{UNTOLD} class=ok{TOOK}{BY}{REST}",
        ],
    ),
    (
        "now_llm.json",
        &[
            "{AT} {ROW}03 TO provider=now_llm model=gpt_large USED model=gpt_large requested=gpt_large{TOKENS}{UNTOLD} class=ok ms=2903 external=false BY skill=ChatSummary{REST}",
        ],
    ),
    (
        "numbers.json",
        &["{AT} {ROW}02{MODEL}{TOKENS}{UNTOLD} class=ok{TOOK}{BY}{REST}"],
    ),
    (
        "only_completed.json",
        &["2026-11-20T09:14:31.000Z {ROW}09{MODEL}{TOKENS}{UNTOLD} class=ok{TOOK}{BY}{REST}"],
    ),
    (
        "only_created.json",
        &["2026-11-20T09:14:32.000Z {ROW}0a{MODEL}{TOKENS}{UNTOLD} class=ok{TOOK}{BY}{REST}"],
    ),
    (
        "stream_connect.json",
        &["{AT} {ROW}0c{MODEL}{TOKENS}{UNTOLD} class=ok{TOOK}{BY}{REST}"],
    ),
    (
        "success.json",
        &["{AT} {ROW}01{MODEL}{TOKENS}{UNTOLD} class=ok{TOOK}{BY}{REST}"],
    ),
    (
        "throttled.json",
        &[
            "{AT} {ROW}04 TO model=gpt_large USED model=gpt_large requested=gpt_large{UNTOLD} class=throttled{TOOK}{BY}{REST}",
        ],
    ),
    (
        "unauthorised.json",
        &["{AT} {ROW}05{MODEL}{UNTOLD} class=auth{TOOK}{BY}{REST}"],
    ),
];

#[test]
fn samples_tell() {
    samples::check(Format::ServicenowGenai, &SHORT, EXPECTED);
}

#[test]
fn nothing_secret_leaves() {
    let secrets = ["hush-prompt", "hush-answer", "hush-detail"];
    samples::check_nothing_secret(Format::ServicenowGenai, &secrets);
}
