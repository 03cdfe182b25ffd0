//! Reads a topic from beginning to end and writes each record as one JSON object a line.
//!
//! Knows no format. A newcomer may ask why base64: a value may be any bytes, and who recounts must
//! see the same ones.

use std::error::Error;
use std::io::Write;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::{ClientConfig, Message as _, Offset, TopicPartitionList};

/// How long a broker may take for an answer, or for the next record.
const PATIENCE: Duration = Duration::from_secs(30);

/// Writes all records that the topic's partitions have now; how many they were. A null payload is
/// `null`.
///
/// # Errors
/// What the brokers or the writer say; a partition that gives nothing for half a minute.
pub(crate) fn dump(
    brokers: &str,
    topic: &str,
    properties: &[(String, String)],
    mut out: impl Write,
) -> Result<u64, Box<dyn Error>> {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", brokers);
    config.set("group.id", "dump");
    for (name, value) in properties {
        config.set(name, value);
    }
    config.set("enable.auto.commit", "false");
    config.set("enable.partition.eof", "false");
    let client: BaseConsumer = config.create()?;
    let metadata = client.fetch_metadata(Some(topic), PATIENCE)?;
    let found = metadata.topics().first().ok_or("there is no such topic")?;
    let mut written = 0;
    for partition in found.partitions() {
        let (low, high) = client.fetch_watermarks(topic, partition.id(), PATIENCE)?;
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(topic, partition.id(), Offset::Offset(low))?;
        client.assign(&list)?;
        // The end may lie behind markers of transactions, which are no records.
        while client_position(&client, topic, partition.id()).unwrap_or(low) < high {
            let record = match client.poll(PATIENCE) {
                Some(record) => record?,
                None => return Err("a partition gives no more before its end".into()),
            };
            if record.offset() >= high {
                break;
            }
            let value = record.payload().map_or_else(
                || "null".to_owned(),
                |bytes| format!("\"{}\"", base64(bytes)),
            );
            writeln!(
                out,
                "{{\"topic\":{},\"partition\":{},\"offset\":{},\"value_base64\":{value}}}",
                serde_json::Value::from(topic),
                partition.id(),
                record.offset()
            )?;
            written += 1;
        }
    }
    out.flush()?;
    Ok(written)
}

/// The offset after the last record that was handed out.
fn client_position(client: &BaseConsumer, topic: &str, partition: i32) -> Option<i64> {
    let positions = client.position().ok()?;
    positions
        .find_partition(topic, partition)?
        .offset()
        .to_raw()
        .filter(|offset| *offset >= 0)
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            if place > chunk.len() {
                text.push('=');
                continue;
            }
            let index = usize::try_from(bits >> (18 - 6 * place) & 63).unwrap_or(0);
            text.push(char::from(ALPHABET.get(index).copied().unwrap_or(b'=')));
        }
    }
    text
}
