//! Changes bytes without knowing what they are, and the values that readers stumble over.

use super::rng::Rng;

/// Bytes with a meaning in JSON, TOML, protobuf or text.
const BYTES: &[u8] =
    b"\0\x01\x08\n\r\t \"'\\{}[]:,=#-+.0123789eE/%@\x7f\x80\xbf\xc3\xed\xef\xf4\xff";

/// Numbers at which types, dates and limits end, as JSON or TOML writes them.
pub const NUMBERS: [&str; 44] = [
    "0",
    "-0",
    "1",
    "-1",
    "2",
    "99",
    "100",
    "199",
    "200",
    "204",
    "299",
    "400",
    "401",
    "429",
    "499",
    "503",
    "529",
    "599",
    "600",
    "999",
    "65535",
    "65536",
    "1000000",
    "1000001",
    "2592000001",
    "4294967295",
    "4294967296",
    "1000000000",
    "1000000001",
    "1763656471",
    "1763656471.5",
    "1763656471123",
    "1763656471123456",
    "1763656471123456789",
    "9007199254740992",
    "9007199254740993",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "1e308",
    "1e-400",
    "0.1",
];

/// Texts with which hosts, paths, times, headers and names are broken.
pub const TEXTS: [&str; 62] = [
    "",
    " ",
    "a",
    "null",
    "true",
    "NaN",
    "Infinity",
    "-",
    "é",
    "😀",
    "\u{feff}",
    "\u{202e}x",
    "2025-11-20 09:14:31",
    "2025-02-30T00:00:00Z",
    "9999-12-31T23:59:59.999999999Z",
    "2016-12-31T23:59:60Z",
    "0000-00-00 00:00:00",
    "1969-12-31T23:59:59+14:00",
    "2025-11-20T09:14:31.1234567890123Z",
    "+262142-12-31T23:59:59Z",
    "-0001-01-01T00:00:00Z",
    "[::1]:443",
    "[::1",
    "::",
    "host:99999",
    "host:",
    ":443",
    "user:pw@host",
    "a..b",
    ".",
    "..",
    "https://",
    "http://x",
    "https://u:p@h.openai.azure.com:8443/openai/deployments/d/x?y#z",
    "HTTPS://CONTOSO.OPENAI.AZURE.COM./openai/deployments/%",
    "//x/y",
    "api.openai.com",
    "bedrock-runtime.eu-central-1.amazonaws.com",
    "europe-west3-aiplatform.googleapis.com",
    "/model/eu.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse",
    "/model/%/invoke",
    "/model//",
    "/openai/deployments//chat/completions",
    "/v1/projects/p/locations/global/publishers/x/models/",
    "%",
    "%zz",
    "%c3%28",
    "%00",
    "eu.",
    "global.",
    "arn:",
    "arn:aws:bedrock:eu-west-1:1:x/y",
    "arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-3-5-sonnet-20240620-v1:0",
    "x-ms-region: East US\r\nretry-after: -1\n:\n=",
    "retry-after=1e9",
    "[{\"name\":\"x-ms-region\"}]",
    "{\"usage\":{\"input_tokens\":1}}",
    "{\"a\":[",
    "with code: 429",
    "chatcmpl-817",
    "gpt-4o",
    "1,000",
];

/// Changes a few bytes.
pub fn change(rng: &mut Rng, bytes: &mut Vec<u8>) {
    for _ in 0..=rng.below(3) {
        let at = rng.below(bytes.len() + 1);
        let end = (at + 1 + rng.below(8)).min(bytes.len());
        match rng.below(8) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, *rng.of(BYTES)),
            2 if at < bytes.len() => bytes[at] ^= 1 << rng.below(8),
            3 if at < bytes.len() => bytes[at] = *rng.of(BYTES),
            4 if at < end => drop(bytes.drain(at..end)),
            5 if at < end => {
                let part = bytes[at..end].to_vec();
                let to = rng.below(bytes.len());
                bytes.splice(to..to, part);
            }
            6 => drop(bytes.splice(at..at, rng.pick(&TEXTS).bytes())),
            7 if at < bytes.len() => bytes[at] = rng.byte(),
            _ => {}
        }
    }
}
