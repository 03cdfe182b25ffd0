//! The keys that the skimmer reads, as bits of a set.
//!
//! Knows no values. A newcomer may ask why the aliases stand here once more: a match on literals is
//! what makes a key cheap to tell, and tests hold the lists to the decoder's.

pub(super) const HOSTNAME: u32 = 1;
pub(super) const URL_HOSTNAME: u32 = 1 << 1;
pub(super) const HOST: u32 = 1 << 2;
pub(super) const URL: u32 = 1 << 3;
pub(super) const PATH: u32 = 1 << 4;
pub(super) const URL_PATH: u32 = 1 << 5;
pub(super) const HTTP_METHOD: u32 = 1 << 6;
pub(super) const METHOD: u32 = 1 << 7;
pub(super) const RESPONSE_STATUS: u32 = 1 << 8;
pub(super) const HTTP_STATUS: u32 = 1 << 9;
pub(super) const STATUS: u32 = 1 << 10;
pub(super) const STATUS_CODE: u32 = 1 << 11;
pub(super) const SYS_CREATED_ON: u32 = 1 << 12;
pub(super) const SYS_ID: u32 = 1 << 13;
/// A key by which another format could claim the record.
pub(super) const FOREIGN: u32 = 1 << 14;
/// Keys that the settings name as the destination's host, URL and path.
pub(super) const OWN_HOST: u32 = 1 << 15;
pub(super) const OWN_URL: u32 = 1 << 16;
pub(super) const OWN_PATH: u32 = 1 << 17;
/// Further columns that the decoder of a row reads.
pub(super) const FURTHER: u32 = 1 << 18;
/// Bits that several keys share.
pub(super) const SHARED: u32 = FOREIGN | FURTHER;

pub(super) const ANY_DESTINATION: u32 = HOSTNAME | URL_HOSTNAME | HOST | URL;
pub(super) const ANY_CALL: u32 =
    HTTP_METHOD | METHOD | RESPONSE_STATUS | HTTP_STATUS | STATUS | STATUS_CODE;
pub(super) const HTTP_MARKS: u32 = HTTP_METHOD | RESPONSE_STATUS | HTTP_STATUS;

/// The bit of a key; 0 for those that the scan does not read.
pub(super) fn bit(name: &[u8]) -> u32 {
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
        b"response_time" | b"total_time" | b"call_time" | b"duration" | b"request_length"
        | b"response_length" | b"error_message" | b"sequence" | b"transaction" | b"scope"
        | b"source_table" | b"user" | b"sys_created_by" | b"response_headers" => FURTHER,
        _ => 0,
    }
}
