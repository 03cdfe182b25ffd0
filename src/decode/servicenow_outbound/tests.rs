//! What the samples of `sys_outbound_http_log` tell.

use super::super::samples;
use crate::call::Format;

const SHORT: [(&str, &str); 8] = [
    (
        "{ROW}",
        "row=sys_outbound_http_log:0b1c6f2adb4c2010f0a1c9d2ca9619",
    ),
    ("{AT}", "2026-11-20T09:14:31.000Z"),
    ("{REQUEST}", "request=5c0b7d1e-8a54-4a4e-9a55-1f5e1a0c7e01"),
    (
        "{AZURE}",
        concat!(
            " TO provider=azure host=contoso-weu.openai.azure.com",
            " path=/openai/deployments/gpt-4o-weu/chat/completions deployment=gpt-4o-weu",
        ),
    ),
    (
        "{OK}",
        " CALL status=200 class=ok ms=2841 sent=18344 got=2213",
    ),
    (
        "{LEFT}",
        " spilled_from=gpt-4o-ptu requests_left=119 tokens_left=-1",
    ),
    (
        "{BY}",
        concat!(
            " BY scope=sn_azure_openai table=sys_hub_step_instance",
            " user=6816f79cc0a8016401c5a33be04be441",
        ),
    ),
    ("{SEQ}", " seq=19a9f3c1a2b0000001"),
];

const EXPECTED: &[(&str, &[&str])] = &[
    ("basic.json", &["{AT} {ROW}01{SEQ}{AZURE}{OK}{BY}"]),
    (
        "bedrock_tokens.json",
        &[
            "{AT} request=6d2a8f30-51a1-4b3e-8e8e-0a4f5b9d2c11 TO provider=bedrock host=bedrock-runtime.eu-central-1.amazonaws.com path=/model/eu.anthropic.claude-sonnet-4-5-20250929-v1%3A0/invoke model=eu.anthropic.claude-sonnet-4-5-20250929-v1:0 CALL status=200 class=ok ms=3120 sent=20111 got=1888 USED model=eu.anthropic.claude-sonnet-4-5-20250929-v1:0 requested=eu.anthropic.claude-sonnet-4-5-20250929-v1:0 tokens=812/3072/0/0/391/0 tier=flex class=ok ms=3120 BY zone=eu client_region=eu-central-1",
        ],
    ),
    (
        "broken.jsonl",
        &[
            "rejected no_destination: a call without `hostname` or `url`",
            "rejected no_destination: a call without `hostname` or `url`",
            "rejected bad_time: no time, expected `sys_created_on`",
            "rejected bad_time: `sys_created_on` is a date as people write it, without a zone; say `time_zone`",
            "rejected time_out_of_range: `sys_created_on` is 1970-01-01T00:00:00.000Z, expected a time from 2015 to 2099",
            "rejected time_out_of_range: `sys_created_on` is 2999-01-01T00:00:00.000Z, expected a time from 2015 to 2099",
            "rejected bad_status: `response_status` is 99, expected an HTTP status from 100 to 599",
            "rejected bad_status: `response_status` is no whole number, expected an HTTP status from 100 to 599",
            "rejected bad_number: `response_time` is no number of milliseconds, 0 or more",
            "rejected bad_number: `request_length` is no whole number up to 2^53",
            "rejected broken_json: ends in the middle, line 1 column 200",
            "rejected duplicate_key: a key stands twice in one object, line 1 column 716",
            "rejected broken_json: not JSON, line 1 column 389",
            "rejected plain_text: expected a JSON object or array",
            "rejected unknown_shape: no format knows these keys",
            "rejected unknown_shape: a list element that is no object",
            "rejected unknown_shape: a list element that is no object",
            "rejected unknown_shape: a list element that is no object",
        ],
    ),
    (
        "client_timeout.json",
        &["{AT} {ROW}34{SEQ}{AZURE} CALL class=timeout ms=2841 sent=18344 got=2213{BY}"],
    ),
    (
        "display_value_all.json",
        &["{AT} {ROW}11{SEQ}{AZURE}{OK}{BY}"],
    ),
    (
        "display_value_true.json",
        &[
            "{AT} {ROW}12{SEQ}{AZURE}{OK} BY scope=5b1c table=sys_hub_step_instance user=6816f79cc0a8016401c5a33be04be441",
        ],
    ),
    ("elevated_cut.json", &["{AT} {ROW}25{SEQ}{AZURE}{OK}{BY}"]),
    (
        "elevated_equals.json",
        &["{AT} {REQUEST}{SEQ}{AZURE}{OK}{LEFT}{BY} resource_region=East US"],
    ),
    (
        "elevated_lines.json",
        &["{AT} {REQUEST}{SEQ}{AZURE}{OK}{LEFT}{BY} resource_region=East US"],
    ),
    (
        "elevated_list.json",
        &["{AT} {REQUEST}{SEQ}{AZURE}{OK}{LEFT}{BY} resource_region=East US"],
    ),
    (
        "elevated_object.json",
        &["{AT} {REQUEST}{SEQ}{AZURE}{OK}{LEFT}{BY} resource_region=East US"],
    ),
    (
        "elevated_text.json",
        &["{AT} {REQUEST}{SEQ}{AZURE}{OK}{LEFT}{BY} resource_region=East US"],
    ),
    (
        "elevated_throttled.json",
        &[
            "{AT} {ROW}26{SEQ}{AZURE} CALL status=429 class=throttled ms=2841 sent=18344 got=2213 wait=2750{BY} resource_region=West Europe",
        ],
    ),
    ("in_record.json", &["{AT} {ROW}16{SEQ}{AZURE}{OK}{BY}"]),
    ("kafka_connect.json", &["{AT} {ROW}17{SEQ}{AZURE}{OK}{BY}"]),
    (
        "level_all.json",
        &["{AT} {REQUEST}{SEQ}{AZURE}{OK}{LEFT}{BY} resource_region=East US"],
    ),
    (
        "no_answer.json",
        &["{AT} {ROW}32{SEQ}{AZURE} CALL class=no_answer ms=30000 sent=18344{BY}"],
    ),
    (
        "no_id.json",
        &["{AT} weak=0f52257c65e2ac51ea868fbd54eafc2f{SEQ}{AZURE}{OK}{BY}"],
    ),
    (
        "numbers.json",
        &[
            "{AT} {ROW}10 TO provider=openai host=api.openai.com path=/v1/chat/completions CALL status=502 class=server_error ms=30012 sent=900 BY global=global",
        ],
    ),
    ("other_call.json", &["ignored other_call"]),
    ("payload_text.json", &["{AT} {ROW}18{SEQ}{AZURE}{OK}{BY}"]),
    (
        "status_zero.json",
        &["{AT} {ROW}33{SEQ}{AZURE} CALL class=no_answer ms=2841 sent=18344 got=2213{BY}"],
    ),
    (
        "stream_connect.json",
        &["{AT} {ROW}35{AZURE} CALL status=200 class=ok ms=2841 BY user=integration.user"],
    ),
    (
        "table_api.json",
        &[
            "{AT} {ROW}13{SEQ}{AZURE} CALL status=429 class=throttled ms=212 sent=18344 got=2213{BY}",
            "ignored other_call",
            "{AT} {ROW}15{SEQ}{AZURE}{OK}{BY}",
        ],
    ),
];

#[test]
fn samples_tell() {
    samples::check(Format::ServicenowOutbound, &SHORT, EXPECTED);
}

#[test]
fn nothing_secret_leaves() {
    let secrets = [
        "hush-token",
        "hush-key",
        "hush-cookie",
        "hush-prompt",
        "hush-answer",
        "hush-incident",
    ];
    samples::check_nothing_secret(Format::ServicenowOutbound, &secrets);
}
