//! A real `InfluxDB` of its own, what is written to it, and what it answers.

use reqwest::RequestBuilder;
use serde_json::Value;
use tollwatch::sink::Worker;

use crate::launched::Server;

/// A server that ends with this process at the latest.
pub(crate) struct Influx {
    server: Server,
    token: String,
    /// The client's connections live on it.
    worker: Worker,
    client: reqwest::Client,
}

/// One row of an answer: its series' tags, and its columns.
#[derive(Debug)]
pub(crate) struct Row {
    /// The tags that the query groups by.
    pub(crate) tags: Value,
    /// Values by the columns' names.
    pub(crate) columns: serde_json::Map<String, Value>,
}

impl Row {
    /// A number.
    pub(crate) fn number(&self, column: &str) -> f64 {
        self.columns[column]
            .as_f64()
            .unwrap_or_else(|| panic!("{column}: {self:?}"))
    }
}

impl Influx {
    /// Starts one; `None`, and a line that says why, where the machine cannot have it.
    pub(crate) fn start() -> Option<Influx> {
        let server = Server::start("influxdb", &[])?;
        let told = |name: &str| std::fs::read_to_string(server.path(name)).unwrap();
        Some(Influx {
            token: told("token").trim().to_owned(),
            worker: Worker::new().unwrap(),
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            server,
        })
    }

    /// Asks by POST; status and body of the answer.
    fn post(
        &self,
        path: &str,
        rest: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> (u16, String) {
        let request = self.client.post(format!("{}{path}", self.server.address()));
        self.worker.run(async {
            let answer = rest(request).send().await.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap())
        })
    }

    /// Writes lines; all of them must be taken.
    pub(crate) fn write(&self, lines: &str) {
        let lines: Vec<&str> = lines.lines().collect();
        for batch in lines.chunks(5_000) {
            let path = "/api/v2/write?org=tollwatch&bucket=llm&precision=s";
            let token = format!("Token {}", self.token);
            let body = batch.join("\n");
            let (status, body) =
                self.post(path, |post| post.header("Authorization", token).body(body));
            assert_eq!(status, 204, "{body}");
        }
    }

    /// Asks as the data source in `dashboards/grafana/` does: by POST, with a user and the token as password. The
    /// rows, or what the server objects to.
    pub(crate) fn ask(&self, sql: &str) -> Result<Vec<Row>, String> {
        let (status, body) = self.post("/query?db=llm&epoch=ms", |post| {
            post.basic_auth("anyone", Some(&self.token))
                .form(&[("q", sql)])
        });
        let answer: Value = serde_json::from_str(&body).map_err(|_| format!("{status}: {body}"))?;
        let result = &answer["results"][0];
        if status != 200 || result["error"].is_string() {
            return Err(body);
        }
        let mut rows = Vec::new();
        for series in result["series"].as_array().into_iter().flatten() {
            let names = series["columns"].as_array().unwrap();
            for values in series["values"].as_array().into_iter().flatten() {
                let pairs = names.iter().zip(values.as_array().unwrap());
                let columns =
                    pairs.map(|(name, value)| (name.as_str().unwrap().to_owned(), value.clone()));
                rows.push(Row {
                    tags: series["tags"].clone(),
                    columns: columns.collect(),
                });
            }
        }
        Ok(rows)
    }
}
