//! What the registry says, for everything that rules hold figures against.
//!
//! Knows no figure. A newcomer may ask why it is made when the files are read: features and
//! endpoints go their own ways afterwards, and a rule needs both.

use std::collections::BTreeMap;

use chrono::{Days, Months, NaiveDate, TimeZone};
use chrono_tz::Tz;

use crate::alert::{Declared, DeclaredEndpoint, DeclaredFeature};
use crate::attribute::{Endpoint, FallbackPolicy, Feature, Features, Registry};
use crate::price::PriceBook;
use crate::problem::Problem;
use crate::units::{Text, UnixMillis};

use super::super::at::{At, AtText};
use super::super::{endpoints, features, written};
use super::ready::dollars;

/// Keys are replaced every quarter.
const KEY_MONTHS: u32 = 3;
/// `OAuth` secrets every year.
const OAUTH_MONTHS: u32 = 12;

/// The dates that files say of an endpoint.
#[derive(Clone, Copy, Default)]
struct OfEndpoint {
    rotated: Option<NaiveDate>,
    due: Option<NaiveDate>,
    retires: Option<NaiveDate>,
}

/// The dates and budgets that files say of endpoints and features.
#[derive(Default)]
pub(in crate::config) struct Dates {
    endpoints: BTreeMap<Text, OfEndpoint>,
    features: BTreeMap<Text, (Option<i64>, Option<NaiveDate>)>,
}

impl Dates {
    /// What the files say; `ready` stands in the order of `features`.
    pub(in crate::config) fn read(
        endpoints: &[endpoints::Placed<'_>],
        (features, ready): (&[features::Placed<'_>], &Features),
        faults: &mut Vec<Problem>,
    ) -> Dates {
        let mut dates = Dates::default();
        for placed in endpoints {
            let (rotated, due) = credential(placed, faults);
            let retires = date(placed.file, placed.written.retires.as_ref(), faults);
            let name = Text::from(placed.name.get().as_str());
            let all = OfEndpoint {
                rotated,
                due,
                retires,
            };
            dates.endpoints.insert(name, all);
        }
        for (placed, (_, feature)) in features.iter().zip(ready.iter()) {
            let written = placed.written.get();
            let budget = written.budget_usd_per_month.as_ref();
            let budget = dollars(placed.file, "budget_usd_per_month", budget, faults);
            let pilot = date(placed.file, written.pilot_since.as_ref(), faults);
            dates.features.insert(feature.key.clone(), (budget, pilot));
        }
        dates
    }
}

/// A calendar day; what is none is reported.
fn date(
    file: &super::super::read::FileText,
    text: Option<&AtText>,
    faults: &mut Vec<Problem>,
) -> Option<NaiveDate> {
    let text = text?;
    let day = NaiveDate::parse_from_str(text.get(), "%Y-%m-%d").ok();
    if day.is_none() {
        let message = format!("`{}` is no day", text.get());
        let problem = file.problem(text.span(), "bad_date", message);
        faults.push(problem.hint("year, month and day, like `2026-11-21`"));
    }
    day
}

/// When the credential was made, and when it has to be replaced: as said, or by when it was made and
/// what it is.
fn credential(
    placed: &endpoints::Placed<'_>,
    faults: &mut Vec<Problem>,
) -> (Option<NaiveDate>, Option<NaiveDate>) {
    let written = placed.written;
    let due = date(placed.file, written.credential_due.as_ref(), faults);
    let rotated = date(placed.file, written.credential_rotated.as_ref(), faults);
    let kind = written.credential_kind.as_ref();
    match (&written.credential_due, &written.credential_rotated, kind) {
        (Some(due), Some(_), _) => {
            let message = "`credential_due` beside `credential_rotated`, which tells it too";
            let problem = placed.problem(Some(due), "bad_date", message);
            faults.push(problem.hint("keep one of them"));
        }
        (None, Some(rotated), None) => {
            let problem =
                placed.problem(Some(rotated), "missing_key", "`credential_kind` is missing");
            faults.push(problem.hint("`key` is due every quarter, `oauth` every year"));
        }
        (_, None, Some(kind)) => {
            let message = "`credential_kind` without `credential_rotated` tells no date";
            let problem = placed.problem(Some(kind), "missing_key", message);
            faults.push(problem.hint("add the day on which it was made"));
        }
        (Some(_) | None, None, None) | (None, Some(_), Some(_)) => {}
    }
    let months = match kind.map(At::get) {
        Some(written::CredentialKind::Oauth) => OAUTH_MONTHS,
        Some(written::CredentialKind::Key) | None => KEY_MONTHS,
    };
    let due = due.or_else(|| rotated?.checked_add_months(Months::new(months)));
    (rotated, due)
}

/// The registry as rules need it.
pub(in crate::config) fn declared(
    (registry, features, prices): (&Registry, &Features, &PriceBook),
    dates: &Dates,
    budget_nanousd: Option<i64>,
    zone: Tz,
) -> Declared {
    let day = |date: NaiveDate| start_of(date, zone);
    let features = features.iter().map(|(_, feature)| {
        let (budget, pilot) = dates
            .features
            .get(&feature.key)
            .copied()
            .unwrap_or_default();
        DeclaredFeature {
            budget_nanousd: budget,
            pilot_since: pilot.map(day),
            ..of_feature(registry, feature)
        }
    });
    let endpoints = registry.iter().map(|(_, endpoint)| {
        let own = dates
            .endpoints
            .get(&endpoint.name)
            .copied()
            .unwrap_or_default();
        let provider = endpoint.provider.as_ref();
        let listed = || prices.retirement(provider?, &endpoint.model_name);
        DeclaredEndpoint {
            credential_rotated: own.rotated.map(day),
            credential_due: own.due.map(day),
            retires: own.retires.or_else(listed).map(day),
            ..of_endpoint(registry, endpoint)
        }
    });
    Declared {
        features: features.collect(),
        endpoints: endpoints.collect(),
        budget_nanousd,
        prices_of: prices.newest().map(day),
    }
}

fn of_feature(registry: &Registry, feature: &Feature) -> DeclaredFeature {
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let approved = &feature.approved;
    let endpoints = feature.endpoints.iter().filter_map(|id| registry.get(*id));
    let endpoints: Vec<&Endpoint> = endpoints.collect();
    let closed = |endpoint: &&Endpoint| endpoint.fallback_policy == FallbackPolicy::FailClosed;
    let by_endpoints = !endpoints.is_empty() && endpoints.iter().all(closed);
    DeclaredFeature {
        feature: feature.key.clone(),
        display_name: feature.display_name.clone(),
        application: feature.application.clone(),
        owner: feature.owner.clone(),
        endpoints: endpoints
            .iter()
            .map(|endpoint| endpoint.name.clone())
            .collect(),
        fail_closed: feature
            .fallback_policy
            .map_or(by_endpoints, |policy| policy == FallbackPolicy::FailClosed),
        user_groups: feature.user_groups.clone(),
        approved_nanousd: approved.cost_per_call.map(|cost| cost.0),
        approved_tokens: approved.tokens_per_call.map(number),
        approved_calls: approved.calls_per_day.map(number),
        approved_retries_ppm: approved
            .retry_share_percent
            .map(|percent| i64::from(percent).saturating_mul(10_000)),
        conversation_tokens: feature.conversation_token_budget.map(number),
        budget_nanousd: None,
        pilot_since: None,
    }
}

fn of_endpoint(registry: &Registry, endpoint: &Endpoint) -> DeclaredEndpoint {
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let fallback = endpoint.fallback.and_then(|id| registry.get(id));
    DeclaredEndpoint {
        endpoint: endpoint.name.clone(),
        display_name: endpoint.display_name.clone(),
        credential: endpoint.credential_ref.clone(),
        model: endpoint.model_name.clone(),
        region: endpoint.known_region().into(),
        fallback: fallback.map(|endpoint| endpoint.name.clone()),
        fail_closed: endpoint.fallback_policy == FallbackPolicy::FailClosed,
        timeout_ms: endpoint.timeout.map(|timeout| number(timeout.0)),
        context_tokens: endpoint.max_context_tokens.map(number),
        credential_rotated: None,
        credential_due: None,
        retires: None,
    }
}

/// The first moment of a day; where a change of clocks takes midnight away, the first after it.
fn start_of(date: NaiveDate, zone: Tz) -> UnixMillis {
    let midnight = date.and_hms_opt(0, 0, 0);
    let found = midnight.and_then(|time| zone.from_local_datetime(&time).earliest());
    let later = || {
        let one = date.and_hms_opt(1, 0, 0)?;
        zone.from_local_datetime(&one).earliest()
    };
    let time = found.or_else(later).or_else(|| {
        let next = date.checked_add_days(Days::new(1))?.and_hms_opt(0, 0, 0)?;
        zone.from_local_datetime(&next).earliest()
    });
    UnixMillis(time.map_or(0, |time| time.timestamp_millis()))
}
