//! The configuration: files as people write them, checked whole and turned into what the daemon
//! needs.
//!
//! Knows no source, ledger or clock: files are read by a function that the caller brings, the
//! present time is an argument. A newcomer may ask why there are two forms of everything: the
//! written one (`written`) has the shape of the files and can be wrong in every way; the ready one
//! ([`Ready`]) cannot be wrong, so nobody checks twice. A new setting is a field of the written
//! form, a field of the ready form, and the line that turns one into the other.

mod alerts;
mod at;
mod canonical;
mod cases;
mod daemon;
mod endpoints;
mod features;
mod guard;
mod hint;
mod influxdb;
mod inventory;
mod kafka;
mod lint;
mod lists;
mod names;
pub mod past;
mod places;
mod read;
mod rules;
mod schema;
mod settings;
mod value;
mod web;
mod words;
mod written;

use std::collections::BTreeSet;
use std::{io, path::Path};

use chrono_tz::Tz;

use crate::alert::Declared;
use crate::attribute::{Features, Groups, Registry};
use crate::call::Format;
use crate::price::PriceBook;
use crate::problem::{Place, Problem, Severity};
use crate::provider::Gate;
use crate::residency::Regions;
use crate::units::{Text, UnixMillis};

pub use alerts::{Alerts, Mail, MailWay, Smtp, SmtpTls, Template, UrlRef, Webhook};
pub use cases::{Calls, Case, Expected, Source, Told, Traffic, cases};
pub use daemon::{Daemon, LogFormat, LogLevel, PORT_DEFAULT};
pub use influxdb::{InfluxDb, InfluxLogin, InfluxVersion, SERIES_DEFAULT};
pub use kafka::{
    DISORDER_DEFAULT_SECONDS, DeadLetter, GROUP_DEFAULT, GroupProtocol, KafkaSource, Mechanism,
    Sasl, SecretRef, Start, Tls, TokenFrom,
};
pub use rules::{Rules, SHIPPED};
pub use schema::{json_schema, rules_json_schema};
pub use settings::{
    FileSource, GRACE_DEFAULT_SECONDS, LEDGER_DEFAULT, LedgerSettings, Limits, Retention,
};
pub use web::{Certificate, Hash, Network, Proxy, Role, Token, User, Web, token_digest};

use at::AtText;
use read::FileText;

/// How files are read: from the disk in the daemon, from a table in tests. A path that
/// ends in `/` reads as the names of what that folder holds, a line each.
pub type Read<'a> = &'a dyn Fn(&Path) -> io::Result<String>;

/// Everything that a configuration says, checked.
#[derive(Debug)]
pub struct Ready {
    /// Registered endpoints.
    pub registry: Registry,
    /// Registered features.
    pub features: Features,
    /// User groups.
    pub groups: Groups,
    /// Regions and region sets, the user's among them.
    pub regions: Regions,
    /// Price lists, the user's among them.
    pub prices: PriceBook,
    /// Where records come from, in files.
    pub sources: Vec<FileSource>,
    /// Where records come from, in Kafka.
    pub kafka: Vec<KafkaSource>,
    /// Where series are written.
    pub influxdb: Vec<InfluxDb>,
    /// Alerts: rules, who is told, and how.
    pub alerts: Alerts,
    /// What rules hold figures against: what the registry says.
    pub declared: Declared,
    /// How the daemon runs.
    pub daemon: Daemon,
    /// Who may look at its pages.
    pub web: Web,
    /// The books.
    pub ledger: LedgerSettings,
    /// What is kept at most.
    pub limits: Limits,
    /// The time zone of calendar days.
    pub timezone: Tz,
    /// One text for the whole configuration, without secrets: equal texts judge alike.
    pub canonical: String,
    /// What deserves a person's look, sorted by file and place: warnings, and errors that do not
    /// stand in the way of use.
    pub warnings: Vec<Problem>,
}

impl Ready {
    /// What holds without any configuration file: no endpoint, no feature, shipped prices and
    /// regions, days in UTC.
    #[must_use]
    pub fn default_without_file() -> Ready {
        let prices = PriceBook::shipped();
        let nothing = (&Registry::default(), &Features::default(), &prices);
        let declared = alerts::declared(nothing, &alerts::Dates::default(), None, Tz::UTC);
        Ready {
            alerts: Alerts {
                rules: Rules::shipped(),
                ..Alerts::default()
            },
            declared,
            registry: Registry::default(),
            features: Features::default(),
            groups: Groups::default(),
            regions: Regions::shipped(),
            prices,
            sources: Vec::new(),
            kafka: Vec::new(),
            influxdb: Vec::new(),
            daemon: Daemon::default(),
            web: Web::default(),
            ledger: LedgerSettings {
                path: LEDGER_DEFAULT.into(),
                retention: Retention::default(),
            },
            limits: Limits::default(),
            timezone: Tz::UTC,
            canonical: String::new(),
            warnings: Vec::new(),
        }
    }

    /// The gate of hosts and paths that also admits the registered ones.
    #[must_use]
    pub fn gate(&self) -> Gate {
        Gate::new(self.registry.gate_rows())
    }
}

/// Errors that are the very thing to be watched: a call that breaks a rule must be in the books, so
/// the configuration can be used, and `check` still ends with an error.
const USABLE: [&str; 1] = ["region_violates_rule"];

/// Reads the configuration whose main file is `path`, with every file that it names.
///
/// `now` decides which models are near retirement.
///
/// # Errors
/// Every problem of every file, warnings among them, sorted by file and place, where one of them
/// keeps the configuration from being used.
pub fn load(path: &Path, read: Read<'_>, now: UnixMillis) -> Result<Ready, Vec<Problem>> {
    let mut faults = Vec::new();
    let main = main_file(path, read, &mut faults);
    let ready = main.map(|main| build(path, &main, read, now, &mut faults));
    let broken: BTreeSet<(String, usize)> = faults
        .iter()
        .filter(|fault| fault.code == "bad_toml")
        .map(|fault| (fault.file.clone(), fault.place.line))
        .collect();
    // What a broken line means is anybody's guess: only that it is broken is said of it.
    faults.retain(|fault| {
        fault.code == "bad_toml" || !broken.contains(&(fault.file.clone(), fault.place.line))
    });
    guard::settle(&mut faults);
    let broken = faults
        .iter()
        .any(|fault| fault.severity == Severity::Error && !USABLE.contains(&fault.code));
    match ready {
        Some(ready) if !broken => Ok(Ready {
            warnings: faults,
            ..ready
        }),
        Some(_) | None => Err(faults),
    }
}

fn main_file(path: &Path, read: Read<'_>, faults: &mut Vec<Problem>) -> Option<FileText> {
    let name = path.display().to_string();
    match read(path) {
        Ok(text) => Some(FileText { name, text }),
        Err(error) => {
            faults.push(Problem {
                message: format!("cannot be read: {error}"),
                file: name,
                place: Place::default(),
                severity: Severity::Error,
                code: "unreadable_file",
                hint: String::new(),
                source_line: String::new(),
            });
            None
        }
    }
}

/// The further files that the main one names, and their texts.
#[derive(Default)]
struct Further {
    endpoints: Option<FileText>,
    features: Option<FileText>,
    prices: Option<FileText>,
    price_import: Option<FileText>,
    regions: Option<FileText>,
    names: Option<FileText>,
    inventory: Option<FileText>,
}

impl Further {
    fn read(
        main: &FileText,
        written: &written::Main,
        dir: &Path,
        read: Read<'_>,
        faults: &mut Vec<Problem>,
    ) -> Further {
        let mut open = |name: &Option<AtText>| {
            let name = name.as_ref()?;
            let path = dir.join(name.get());
            match read(&path) {
                Ok(text) => Some(FileText {
                    name: path.display().to_string(),
                    text,
                }),
                Err(error) => {
                    let message = format!("`{}` cannot be read: {error}", path.display());
                    faults.push(main.problem(name.span(), "unreadable_file", message));
                    None
                }
            }
        };
        Further {
            endpoints: open(&written.endpoints),
            features: open(&written.features),
            prices: open(&written.prices),
            price_import: open(&written.price_import),
            regions: open(&written.regions),
            names: open(&written.names),
            inventory: open(&written.inventory),
        }
    }

    fn canonical(&self, main: &FileText, names: Option<&str>) -> String {
        let text = |file: &'_ Option<FileText>| file.as_ref().map(|file| file.text.clone());
        let (endpoints, features) = (text(&self.endpoints), text(&self.features));
        canonical::text(
            &main.text,
            &[endpoints.as_deref(), features.as_deref()],
            canonical::Beside {
                prices: text(&self.prices).as_deref(),
                price_import: text(&self.price_import).as_deref(),
                regions: text(&self.regions).as_deref(),
                inventory: text(&self.inventory).as_deref(),
                names,
            },
        )
    }
}

#[expect(
    clippy::too_many_lines,
    reason = "the one straight way, a stage a line"
)]
/// One long straight way from the main file's text to the ready form: every stage reports its
/// faults and goes on with what is sound.
fn build(
    path: &Path,
    main: &FileText,
    read: Read<'_>,
    now: UnixMillis,
    faults: &mut Vec<Problem>,
) -> Ready {
    let dir = path.parent().unwrap_or(Path::new(""));
    let written: written::Main = read::parse(main, faults);
    let further = Further::read(main, &written, dir, read, faults);
    let none = FileText::default();
    let endpoints_file = further.endpoints.as_ref().unwrap_or(&none);
    let features_file = further.features.as_ref().unwrap_or(&none);
    let more_endpoints: written::EndpointsFile = read::parse(endpoints_file, faults);
    let more_features: written::FeaturesFile = read::parse(features_file, faults);
    let regions = lists::regions(further.regions.as_ref(), faults);
    let prices = lists::prices(&further, faults);

    let (sources, kafka) = sources(main, dir, &written.source, read, faults);
    let told = told_formats(&sources, &kafka);
    let source_names: BTreeSet<Text> = told.iter().map(|(name, _)| name.clone()).collect();
    let rule_files = [(main, &written.rule), (features_file, &more_features.rule)];
    let places = places::Places::new(&regions, &rule_files, faults);
    let group_files = [
        (main, &written.group),
        (features_file, &more_features.group),
    ];
    let (mut groups, group_names) = features::groups(&group_files, faults);
    let words = words::names(further.names.as_ref(), faults);
    words::members(&group_files, &words, &mut groups, faults);

    let endpoint_files = [
        (main, &written.endpoint),
        (endpoints_file, &more_endpoints.endpoint),
    ];
    let placed_endpoints = endpoints::collect(&endpoint_files, faults);
    let lists = inventory::Lists::read(main, &written, further.inventory.as_ref(), faults);
    let registry = endpoints::ready(&placed_endpoints, &source_names, &places, &lists, faults);
    let feature_files = [
        (main, written.feature.as_slice()),
        (features_file, more_features.feature.as_slice()),
    ];
    let placed_features = features::collect(&feature_files, faults);
    let around = features::Around {
        registry: &registry,
        places: &places,
        groups: &group_names,
    };
    let features = features::ready(&placed_features, &around, faults);
    lint::lint(
        &lint::Subject {
            endpoints: &placed_endpoints,
            registry: &registry,
            placed_features: &placed_features,
            features: &features,
            sources: &told,
            kafka: &kafka,
            regions: &regions,
            prices: &prices,
            now,
        },
        faults,
    );
    let web = web::ready((main, dir, read), written.web.as_ref(), faults);
    let timezone = settings::timezone(main, written.timezone.as_ref(), faults);
    let alerts = alerts::ready((main, dir, read), written.alerts.as_ref(), faults);
    let dates = alerts::Dates::read(&placed_endpoints, (&placed_features, &features), faults);
    let said = (&registry, &features, &prices);
    Ready {
        declared: alerts::declared(said, &dates, alerts.budget_nanousd, timezone),
        alerts,
        timezone,
        ledger: settings::ledger(main, dir, &written.ledger, faults),
        limits: settings::limits(main, &written.limits, faults),
        canonical: further.canonical(main, words::canonical(&words).as_deref()),
        warnings: Vec::new(),
        registry,
        features: features.with_names(words),
        groups,
        sources,
        kafka: kafka.into_iter().map(|placed| placed.ready).collect(),
        influxdb: influxdb::databases((main, dir, read), &written.influxdb, faults),
        daemon: daemon::ready(main, &written, faults),
        web,
        regions,
        prices,
    }
}

/// The sources of files and of Kafka, no two of one name.
fn sources<'a>(
    main: &'a FileText,
    dir: &'a Path,
    written: &'a written::Sources,
    read: Read<'a>,
    faults: &mut Vec<Problem>,
) -> (Vec<FileSource>, Vec<kafka::Placed<'a>>) {
    let mut seen = names::Seen::new("source");
    let around = kafka::Around::new(main, dir, read, "kafka");
    let files = settings::sources(main, dir, &written.file, &mut seen, faults);
    let kafka = kafka::sources(around, &written.kafka, &mut seen, faults);
    (files, kafka)
}

/// Every source's name and the format that its records are said to have.
fn told_formats(files: &[FileSource], kafka: &[kafka::Placed<'_>]) -> Vec<(Text, Option<Format>)> {
    let files = files.iter().map(|source| (&source.name, &source.decode));
    let kafka = kafka
        .iter()
        .map(|placed| (&placed.ready.name, &placed.ready.decode));
    files
        .chain(kafka)
        .map(|(name, decode)| (name.clone(), decode.format))
        .collect()
}
