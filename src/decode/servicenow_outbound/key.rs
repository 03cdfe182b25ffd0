//! The keys of a row that the skimmer and the decoder read, as bits of a set.
//!
//! Knows no values. A newcomer may ask why the aliases stand here once more: a match on literals is
//! what makes a key cheap to tell, and tests hold the lists to the decoder's.

pub(in crate::decode) const HOSTNAME: u64 = 1;
pub(in crate::decode) const URL_HOSTNAME: u64 = 1 << 1;
pub(in crate::decode) const HOST: u64 = 1 << 2;
pub(in crate::decode) const URL: u64 = 1 << 3;
pub(in crate::decode) const PATH: u64 = 1 << 4;
pub(in crate::decode) const URL_PATH: u64 = 1 << 5;
pub(in crate::decode) const HTTP_METHOD: u64 = 1 << 6;
pub(in crate::decode) const METHOD: u64 = 1 << 7;
pub(in crate::decode) const RESPONSE_STATUS: u64 = 1 << 8;
pub(in crate::decode) const HTTP_STATUS: u64 = 1 << 9;
pub(in crate::decode) const STATUS: u64 = 1 << 10;
pub(in crate::decode) const STATUS_CODE: u64 = 1 << 11;
pub(in crate::decode) const SYS_CREATED_ON: u64 = 1 << 12;
pub(in crate::decode) const SYS_ID: u64 = 1 << 13;
/// A key by which another format could claim the record.
pub(in crate::decode) const FOREIGN: u64 = 1 << 14;
/// Keys that the settings name as the destination's host, URL and path.
pub(in crate::decode) const OWN_HOST: u64 = 1 << 15;
pub(in crate::decode) const OWN_URL: u64 = 1 << 16;
pub(in crate::decode) const OWN_PATH: u64 = 1 << 17;
/// The first of the further columns that the decoder of a row reads.
const FURTHER: u64 = 1 << 18;

pub(in crate::decode) const ANY_DESTINATION: u64 = HOSTNAME | URL_HOSTNAME | HOST | URL;
pub(in crate::decode) const ANY_CALL: u64 =
    HTTP_METHOD | METHOD | RESPONSE_STATUS | HTTP_STATUS | STATUS | STATUS_CODE;
pub(in crate::decode) const HTTP_MARKS: u64 = HTTP_METHOD | RESPONSE_STATUS | HTTP_STATUS;

/// Whether a bit is that of a column that the decoder of a row reads.
pub(in crate::decode) fn is_column(bit: u64) -> bool {
    bit & !FOREIGN != 0
}

/// The number by which a picked column is found, from the bits of its key: the place of the one that no
/// other key has. Without such a bit it is beyond all numbers.
pub(in crate::decode) const fn number(bits: u64) -> u32 {
    (bits & !(FOREIGN | OWN_HOST | OWN_URL | OWN_PATH)).trailing_zeros()
}

/// The bit of a key, which no other key has but where it is [`FOREIGN`]; 0 for those that neither the
/// scan nor the decoder of a row reads.
pub(in crate::decode) const fn bit(name: &[u8]) -> u64 {
    match name {
        b"hostname" => HOSTNAME,
        b"url_hostname" => URL_HOSTNAME,
        b"host" => HOST,
        b"url" => URL,
        b"path" => PATH,
        b"url_path" => URL_PATH,
        b"http_method" => HTTP_METHOD,
        b"method" => METHOD,
        b"response_status" => RESPONSE_STATUS,
        b"http_status" => HTTP_STATUS,
        b"status" => STATUS,
        b"status_code" => STATUS_CODE,
        b"sys_created_on" => SYS_CREATED_ON,
        b"sys_id" => SYS_ID,
        // Each format that is asked before needs one of these.
        b"resourceSpans"
        | b"resource_spans"
        | b"resourceLogs"
        | b"resourceMetrics"
        | b"resourceProfiles"
        | b"schemaType"
        | b"category"
        | b"Category"
        | b"Type"
        | b"CorrelationId"
        | b"call_type"
        | b"tollwatch"
        | b"prompt_token_count"
        | b"response_token_count"
        | b"skill_config_id"
        | b"output_metadata"
        | b"model_name" => FOREIGN,
        b"response_time" => FURTHER,
        b"total_time" => FURTHER << 1,
        b"call_time" => FURTHER << 2,
        b"duration" => FURTHER << 3,
        b"request_length" => FURTHER << 4,
        b"response_length" => FURTHER << 5,
        b"error_message" => FURTHER << 6,
        b"sequence" => FURTHER << 7,
        b"transaction" => FURTHER << 8,
        b"scope" => FURTHER << 9,
        b"source_table" => FURTHER << 10,
        b"user" => FURTHER << 11,
        b"sys_created_by" => FURTHER << 12,
        b"response_headers" => FURTHER << 13,
        _ => 0,
    }
}
