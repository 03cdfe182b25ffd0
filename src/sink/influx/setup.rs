//! Makes the bucket or database, with its retention.
//!
//! Knows no series. A newcomer may ask why one that is there is left as it is: a shorter retention
//! deletes points at once, and that is for a person to order.

use influxdb2::api::buckets::ListBucketsRequest;
use influxdb2::api::organization::ListOrganizationRequest;
use influxdb2::models::{PostBucketRequest, RetentionRule, retention_rule};
use serde_json::json;

use crate::config::InfluxVersion;
use crate::telemetry::FollowerError;
use crate::units::Millis;

use super::query::Value;
use super::write::plain_or_late;
use super::{ANSWER_BYTES, Fault, Influx, builder, plain};

/// What `setup` did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// Whether it was made now; if not, it was there.
    pub new: bool,
    /// How long points are kept; `None` for ever, or not known (InfluxDB 3 does not say).
    pub keeps: Option<Millis>,
}

impl Influx {
    /// Makes the bucket or database of the configuration where it is not there.
    ///
    /// # Errors
    /// As a write would fail: not let in, no such organisation, not reached.
    pub async fn setup(&self) -> Result<Made, Fault> {
        match self.settings.version {
            InfluxVersion::V1 => self.setup_database().await,
            InfluxVersion::V2 => self.setup_bucket().await,
            InfluxVersion::V3 => self.setup_database_3().await,
        }
    }

    /// How long points are kept, where the bucket or database is there and may be looked at.
    ///
    /// # Errors
    /// As a question would fail.
    pub async fn keeps(&self) -> Result<Option<Made>, Fault> {
        match self.settings.version {
            InfluxVersion::V1 => self.database().await,
            InfluxVersion::V2 => self.bucket(&self.client_2()?).await,
            InfluxVersion::V3 => Ok(None),
        }
    }

    /// The client of `influxdb2`, with our settings.
    fn client_2(&self) -> Result<influxdb2::Client, Fault> {
        let token = self.with_credential(|credential| credential.token().to_owned());
        let builder = builder(&self.settings)?;
        let url = self.settings.url.as_str();
        influxdb2::ClientBuilder::with_builder(builder, url, self.settings.org.as_str(), token)
            .build()
            .map_err(|error| Fault::settings(format!("no client can be made: {}", plain(&error))))
    }

    /// What a fault of `influxdb2` means; as for a write.
    fn fault_2(&self, error: &influxdb2::RequestError) -> Fault {
        match error {
            influxdb2::RequestError::Http { status, text } => self.fault_of(status.as_u16(), text),
            influxdb2::RequestError::ReqwestProcessing { source } => {
                let hint = "check `url`, and that the server runs";
                Fault::server(FollowerError::Unreachable, plain_or_late(source), hint)
            }
            influxdb2::RequestError::Serializing { .. }
            | influxdb2::RequestError::Deserializing { .. } => {
                Fault::server(FollowerError::Unexpected, error.to_string(), "")
            }
        }
    }

    async fn bucket(&self, client: &influxdb2::Client) -> Result<Option<Made>, Fault> {
        let request = ListBucketsRequest {
            name: Some(self.settings.bucket.clone()),
            org: Some(self.settings.org.clone()),
            ..ListBucketsRequest::default()
        };
        let found = match client.list_buckets(Some(request)).await {
            Ok(found) => found.buckets,
            Err(error) => {
                let fault = self.fault_2(&error);
                // By that status this question says that there is none of the name.
                if fault.message.contains("bucket") && fault.message.contains("not found") {
                    return Ok(None);
                }
                return Err(fault);
            }
        };
        Ok(found.first().map(|bucket| {
            let rules = bucket.retention_rules.iter();
            let keeps = rules.map(|rule| u64::try_from(rule.every_seconds).unwrap_or(0));
            Made {
                new: false,
                keeps: keeps.filter(|n| *n > 0).min().map(seconds),
            }
        }))
    }

    async fn setup_bucket(&self) -> Result<Made, Fault> {
        let client = self.client_2()?;
        let fresh = client.is_onboarding_allowed().await;
        if fresh.map_err(|error| self.fault_2(&error))? {
            return Err(Fault::server(
                FollowerError::Missing,
                "the server is new: it has no user, organisation or token yet".to_owned(),
                "set it up first, in a browser at `url` or by InfluxDB's own `influx setup`",
            ));
        }
        if let Some(made) = self.bucket(&client).await? {
            return Ok(made);
        }
        let request = ListOrganizationRequest {
            org: Some(self.settings.org.clone()),
            ..ListOrganizationRequest::default()
        };
        let organisations = client.list_organizations(request).await;
        let organisations = organisations.map_err(|error| self.fault_2(&error))?;
        let id = organisations.orgs.into_iter().find_map(|one| one.id);
        let Some(id) = id else {
            return Err(Fault::server(
                FollowerError::Missing,
                format!("there is no organisation `{}`", self.settings.org),
                "check `org`",
            ));
        };
        let mut request = PostBucketRequest::new(id, self.settings.bucket.clone());
        request.description = Some("Series written by tollwatch".to_owned());
        if let Some(keep) = self.settings.retention {
            let every = i32::try_from(keep.0 / 1_000).unwrap_or(i32::MAX);
            let rule = RetentionRule::new(retention_rule::Type::Expire, every);
            request.retention_rules.push(rule);
        }
        let made = client.create_bucket(Some(request)).await;
        made.map_err(|error| self.fault_2(&error))?;
        Ok(Made {
            new: true,
            keeps: self.settings.retention,
        })
    }

    /// A database of InfluxDB 1 and how long its default policy keeps points.
    async fn database(&self) -> Result<Option<Made>, Fault> {
        let name = quoted(&self.settings.bucket);
        let databases = self.order("SHOW DATABASES").await?;
        let mut names = databases.series.iter().flat_map(|one| &one.values);
        let wanted = Value::Text(self.settings.bucket.clone());
        if !names.any(|row| row.first() == Some(&wanted)) {
            return Ok(None);
        }
        let order = format!("SHOW RETENTION POLICIES ON {name}");
        let policies = self.order(&order).await?;
        let rows = policies.series.iter().flat_map(|one| &one.values);
        // Columns: name, duration, shardGroupDuration, replicaN, default.
        let default = rows
            .clone()
            .find(|row| row.last() == Some(&Value::Bool(true)));
        let keeps = match default.and_then(|row| row.get(1)) {
            Some(Value::Text(text)) => duration(text),
            _ => None,
        };
        Ok(Some(Made { new: false, keeps }))
    }

    async fn setup_database(&self) -> Result<Made, Fault> {
        if let Some(made) = self.database().await? {
            return Ok(made);
        }
        let name = quoted(&self.settings.bucket);
        let mut order = format!("CREATE DATABASE {name}");
        if let Some(keep) = self.settings.retention {
            order = format!(
                "{order} WITH DURATION {}s REPLICATION 1 NAME \"tollwatch\"",
                keep.0 / 1_000
            );
        }
        self.order(&order).await?;
        Ok(Made {
            new: true,
            keeps: self.settings.retention,
        })
    }

    /// InfluxDB 3 Core: `POST /api/v3/configure/database`.
    async fn setup_database_3(&self) -> Result<Made, Fault> {
        let mut body = json!({ "db": self.settings.bucket });
        if let (Some(keep), Some(body)) = (self.settings.retention, body.as_object_mut()) {
            body.insert(
                "retention_period".to_owned(),
                format!("{}s", keep.0 / 1_000).into(),
            );
        }
        let request = self.client.post(self.url("/api/v3/configure/database"));
        let (status, said) = self.text_of(request.json(&body), ANSWER_BYTES).await?;
        match status {
            200..300 => Ok(Made {
                new: true,
                keeps: self.settings.retention,
            }),
            409 => Ok(Made {
                new: false,
                keeps: None,
            }),
            status => Err(self.fault_of(status, &said)),
        }
    }
}

fn seconds(n: u64) -> Millis {
    Millis(n.saturating_mul(1_000))
}

/// A time as InfluxDB 1 shows it: `9600h0m0s`; none for `0s`, which is for ever.
fn duration(text: &str) -> Option<Millis> {
    let mut total = 0_u64;
    let mut digits = String::new();
    for c in text.chars() {
        let unit = match c {
            'h' => 3_600,
            'm' => 60,
            's' => 1,
            other => {
                digits.push(other);
                continue;
            }
        };
        let number = std::mem::take(&mut digits).parse::<u64>().ok()?;
        total = total.saturating_add(number.saturating_mul(unit));
    }
    (total > 0).then(|| seconds(total))
}

/// A name as InfluxQL wants it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}
