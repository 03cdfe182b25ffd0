//! Did every call stay where it must, and which evidence says so.
//!
//! Knows no terminal. A newcomer may ask why the four verdicts are never added up into one figure:
//! "declared" proves that somebody declared it, and "unproven" proves nothing.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::attribute::FeatureId;
use crate::judge::Rulebook;
use crate::ledger::{EvidenceRow, Ledger, Span};
use crate::residency::Verdict;
use crate::units::Text;

use super::basis::{Basis, basis};
use super::endpoints::Kind;
use super::{Figures, Group, GroupSum, display};
use crate::app::Failure;

/// The answer of `report residency`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Residency {
    /// One row a feature, most violated calls first.
    pub features: Vec<Feature>,
    /// Where calls landed: region or zone, verdict and grade, most calls first.
    pub landed: Vec<Landed>,
    /// Calls by the rule that they stand under and where they landed, by rule; most calls first. The
    /// rule is that of the present configuration, the verdict as booked.
    pub matrix: Vec<Ruled>,
    /// All together.
    pub total: Figures,
    /// LLM hosts that are not registered, with their calls.
    pub unregistered: Vec<(String, i64)>,
    /// Kept evidence, violated calls before unproven ones; the first of each endpoint comes first.
    pub evidence: Vec<Proof>,
    /// Violated calls in all, kept as evidence or not.
    pub violated: i64,
    /// Under which configurations.
    pub basis: Basis,
}

/// One feature.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "ResidencyFeature")]
pub struct Feature {
    /// `application/skill`.
    pub feature: String,
    /// The name that people read.
    pub name: String,
    /// Its own rule; `None` when it has none.
    pub rule: Option<String>,
    /// Rules of the endpoints that judge its calls where it has none of its own: the endpoint's,
    /// else the strictest among the features that may use it. By the present configuration.
    pub endpoint_rules: Vec<String>,
    /// Regions that its calls landed in, most calls first.
    pub regions: Vec<String>,
    /// Calls of which nothing tells where they landed.
    pub calls_nowhere: i64,
    /// The weakest grade among its calls; `None` when a call had no evidence.
    pub weakest_grade: Option<&'static str>,
    /// Its figures.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Calls of one region, verdict and grade.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Landed {
    /// Region or zone; empty when nothing told.
    pub region: String,
    /// The endpoint.
    pub endpoint: String,
    /// The verdict.
    pub verdict: &'static str,
    /// The grade of the strongest evidence.
    pub grade: Option<&'static str>,
    /// How many calls.
    pub calls: i64,
}

/// Calls under one rule that landed in one region.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Ruled {
    /// The rule; empty where none applies.
    pub rule: String,
    /// Region or zone; empty when nothing told.
    pub region: String,
    /// Calls proven inside.
    pub held: i64,
    /// Calls that only the registry or the front door says are inside.
    pub declared: i64,
    /// Calls outside.
    pub violated: i64,
    /// Calls of which nobody can tell.
    pub unproven: i64,
    /// Calls that no rule judged.
    pub no_rule: i64,
}

impl Ruled {
    /// All calls.
    #[must_use]
    pub fn calls(&self) -> i64 {
        self.held + self.declared + self.violated + self.unproven + self.no_rule
    }

    fn add(&mut self, verdict: Verdict, calls: i64) {
        match verdict {
            Verdict::Held => self.held += calls,
            Verdict::Declared => self.declared += calls,
            Verdict::Violated => self.violated += calls,
            Verdict::Unproven => self.unproven += calls,
            Verdict::NoRule => self.no_rule += calls,
        }
    }
}

/// One violated or unproven call, with where its record stands.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Proof {
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// The call's key in the books, 16 hexadecimal digits.
    pub call: String,
    /// Its key, as told.
    pub id: String,
    /// The feature.
    pub feature: String,
    /// The endpoint.
    pub endpoint: String,
    /// The verdict.
    pub verdict: &'static str,
    /// The region.
    pub region: String,
    /// The grade.
    pub grade: Option<&'static str>,
    /// The rule.
    pub rule: String,
    /// The evidence in words.
    pub evidence: String,
    /// `topic:partition:offset`, or `file:0:byte`.
    pub position: String,
    /// Number of the configuration it was judged under.
    pub config: u32,
}

/// Where the calls of one feature landed, while cells are added up.
#[derive(Default)]
struct Landings {
    group: Group,
    regions: BTreeMap<Text, i64>,
    nowhere: i64,
    endpoints: BTreeSet<Text>,
    grades: BTreeSet<Option<&'static str>>,
}

/// All that is added up from cells.
#[derive(Default)]
struct Gathered {
    all: GroupSum,
    features: BTreeMap<Text, Landings>,
    landed: BTreeMap<(Text, Text, Verdict, Option<&'static str>), i64>,
    matrix: BTreeMap<(Text, Text), Ruled>,
    hosts: BTreeMap<Text, i64>,
}

/// Asks the books inside `span`; at most `limit` rows of evidence of each verdict.
///
/// # Errors
/// What the ledger says.
pub fn residency(
    ledger: &dyn Ledger,
    rules: &Rulebook,
    span: Span,
    limit: usize,
) -> Result<Residency, Failure> {
    let Gathered {
        all,
        features,
        landed,
        matrix,
        hosts,
    } = gather(ledger, rules, span)?;
    let mut features: Vec<Feature> = features
        .iter()
        .map(|(key, landings)| feature(key, landings, rules))
        .collect();
    features.sort_by_cached_key(|row| {
        let figures = &row.figures;
        let worst = (figures.violated, figures.unproven, figures.calls);
        (Reverse(worst), row.feature.clone())
    });
    let mut landed: Vec<Landed> = landed
        .into_iter()
        .map(|((region, endpoint, verdict, grade), calls)| Landed {
            region: region.to_string(),
            endpoint: endpoint.to_string(),
            verdict: verdict.as_str(),
            grade,
            calls,
        })
        .collect();
    // The sort is stable, so equal counts stay in the order of their keys.
    landed.sort_by_key(|row| Reverse(row.calls));
    let mut unregistered: Vec<(String, i64)> = hosts
        .into_iter()
        .map(|(host, calls)| (host.to_string(), calls))
        .collect();
    unregistered.sort_by_key(|(_, calls)| Reverse(*calls));
    let total = Figures::of(&all.group());
    Ok(Residency {
        features,
        landed,
        matrix: matrix_of(matrix),
        violated: total.violated,
        total,
        unregistered,
        evidence: proofs(ledger, span, limit)?,
        basis: basis(ledger, span)?,
    })
}

fn gather(ledger: &dyn Ledger, rules: &Rulebook, span: Span) -> Result<Gathered, Failure> {
    let mut gathered = Gathered::default();
    for sum in ledger.sums(span, None)?.keys() {
        let (key, calls) = (&sum.key, sum.cell.totals.calls());
        let Some(verdict) = key.verdict.filter(|_| sum.holds.calls) else {
            continue;
        };
        let grade = key.grade.map(crate::residency::Grade::as_str);
        gathered.all.add(key, &sum.cell);
        let landings = gathered.features.entry(key.feature.clone()).or_default();
        landings.group.add(key, &sum.cell);
        if key.region.is_empty() {
            landings.nowhere += calls;
        } else {
            *landings.regions.entry(key.region.clone()).or_default() += calls;
        }
        landings.endpoints.insert(key.endpoint.clone());
        landings.grades.insert(grade);
        let endpoint = rules.registry.by_name(&key.endpoint);
        if endpoint.is_none() && Kind::of_unregistered(&key.endpoint) == Kind::Host {
            *gathered.hosts.entry(key.endpoint.clone()).or_default() += calls;
        }
        let rule = rules.rule_of(endpoint, rules.features.by_key(&key.feature));
        let rule = rule.map_or_else(Text::default, |rule| rule.name);
        let field = gathered.matrix.entry((rule, key.region.clone()));
        field.or_default().add(verdict, calls);
        let place = (key.region.clone(), key.endpoint.clone(), verdict, grade);
        *gathered.landed.entry(place).or_default() += calls;
    }
    Ok(gathered)
}

/// Rules by their calls, and the regions of each by theirs.
fn matrix_of(sums: BTreeMap<(Text, Text), Ruled>) -> Vec<Ruled> {
    let mut rules: BTreeMap<Text, i64> = BTreeMap::new();
    for ((rule, _), ruled) in &sums {
        *rules.entry(rule.clone()).or_default() += ruled.calls();
    }
    let mut list: Vec<Ruled> = sums
        .into_iter()
        .map(|((rule, region), ruled)| Ruled {
            rule: rule.to_string(),
            region: region.to_string(),
            ..ruled
        })
        .collect();
    let of = |rule: &str| rules.get(rule).copied().unwrap_or(0);
    list.sort_by(|a, b| {
        let (first, second) = (
            (Reverse(of(&a.rule)), &a.rule, Reverse(a.calls()), &a.region),
            (Reverse(of(&b.rule)), &b.rule, Reverse(b.calls()), &b.region),
        );
        first.cmp(&second)
    });
    list
}

fn feature(key: &Text, landings: &Landings, rules: &Rulebook) -> Feature {
    let id = rules.features.by_key(key);
    let registered = id.and_then(|id| rules.features.get(id));
    let mut regions: Vec<(&Text, &i64)> = landings.regions.iter().collect();
    regions.sort_by_key(|(_, calls)| Reverse(**calls));
    let ungraded = landings.grades.contains(&None);
    let own = registered.and_then(|feature| feature.rule.as_ref());
    Feature {
        feature: key.to_string(),
        name: display(key, registered.map(|feature| &feature.display_name)).to_owned(),
        rule: own.map(|rule| rule.name.to_string()),
        endpoint_rules: if own.is_some() {
            Vec::new()
        } else {
            endpoint_rules(&landings.endpoints, id, rules)
        },
        calls_nowhere: landings.nowhere,
        regions: regions
            .into_iter()
            .map(|(region, _)| region.to_string())
            .collect(),
        weakest_grade: if ungraded {
            None
        } else {
            landings.grades.iter().copied().max().flatten()
        },
        figures: Figures::of(&landings.group),
    }
}

/// The rules that judge calls without a rule of their feature's own at these endpoints.
fn endpoint_rules(
    endpoints: &BTreeSet<Text>,
    feature: Option<FeatureId>,
    rules: &Rulebook,
) -> Vec<String> {
    let of = |name: &Text| {
        let rule = rules.rule_of(Some(rules.registry.by_name(name)?), feature)?;
        Some(rule.name.to_string())
    };
    let names: BTreeSet<String> = endpoints.iter().filter_map(of).collect();
    names.into_iter().collect()
}

/// The kept evidence: violated calls before unproven ones, of each verdict the first by time of
/// each feature, endpoint and words before the others; `limit` of each verdict.
fn proofs(ledger: &dyn Ledger, span: Span, limit: usize) -> Result<Vec<Proof>, Failure> {
    let mut proofs = Vec::new();
    for verdict in [Verdict::Violated, Verdict::Unproven] {
        let rows = ledger.examples((span, verdict), &mut |_| true, limit)?;
        proofs.extend(rows.iter().map(proof));
    }
    Ok(proofs)
}

pub(super) fn proof(row: &EvidenceRow) -> Proof {
    Proof {
        at: row.at.to_string(),
        call: format!("{:016x}", row.id),
        id: row.identity.to_string(),
        feature: row.key.feature.to_string(),
        endpoint: row.key.endpoint.to_string(),
        verdict: row.key.verdict.map_or("", Verdict::as_str),
        region: row.key.region.to_string(),
        grade: row.key.grade.map(crate::residency::Grade::as_str),
        rule: row.rule.to_string(),
        evidence: row.evidence.to_string(),
        position: format!(
            "{}:{}:{}",
            row.origin.topic, row.origin.partition, row.origin.offset
        ),
        config: row.config.0,
    }
}
