//! From a kept line to its decisions and their reasons.
//!
//! Knows no page. A newcomer may ask why what was booked is read from the line, and only the reasons
//! from judging it again: an explanation that quietly differed from the books would explain nothing.

use super::{Attribution, Config, Explained, Item, Piece, Price, Residency, Told};
use crate::app::Failure;
use crate::app::restate::Rejudge;
use crate::app::setup::{Setup, Written};
use crate::attribute::{Endpoint, Feature, How};
use crate::call::{Origin, Usage};
use crate::entry::Money;
use crate::ids::{ConfigNumber, IdentityKind};
use crate::judge::{Reasons, Rulebook};
use crate::ledger::{Ledger, Span};
use crate::line::Line;
use crate::outcome::IgnoreReason;
use crate::residency::{Fit, Grade, Verdict, Weighed};
use crate::units::{HOUR_MS, UnixMillis};

/// The lines of a call that began at `at`.
fn lines(ledger: &dyn Ledger, call: u64, at: UnixMillis) -> Result<Vec<Line>, Failure> {
    // The halves of a call stand an hour apart at most: identities are looked up no further.
    let near = Span {
        from: at.saturating_add(-HOUR_MS),
        to: at.saturating_add(HOUR_MS),
    };
    let mut found = Vec::new();
    ledger.lines_unsorted(near, &mut |line| {
        if line.id == call {
            found.push(line);
        }
        Ok(())
    })?;
    found.sort_by(|a, b| (a.at, &a.sequence, a.offset).cmp(&(b.at, &b.sequence, b.offset)));
    Ok(found)
}

/// Explains the reports of a call that began at `at`.
///
/// # Errors
/// What the ledger says.
pub fn explain(
    ledger: &dyn Ledger,
    setup: &Setup,
    (call, at): (u64, UnixMillis),
    now: UnixMillis,
) -> Result<Explained, Failure> {
    let configs = ledger.configs()?;
    let mut reports = Vec::new();
    for line in lines(ledger, call, at)? {
        let number = line.about.config;
        let row = configs.iter().find(|row| row.number == number);
        let present = row.is_some_and(|row| row.text == setup.ready.canonical);
        let then = row
            .filter(|_| !present)
            .and_then(|row| crate::config::past::past(&row.text, now))
            .map(|ready| Setup::of(ready, Written::new()));
        // A configuration that the books lost leaves what was booked, without reasons.
        let setup = if present { Some(setup) } else { then.as_ref() };
        let config = Config {
            number: number.0,
            first_used: row.map(|row| row.first_used.to_string()),
            present,
        };
        let told = match setup {
            Some(setup) => reasoned(ledger, setup, &line, number)?,
            None => Told {
                differs: vec!["the books do not hold that configuration".to_owned()],
                ..booked(&line)
            },
        };
        reports.push(Told { config, ..told });
    }
    Ok(Explained {
        call: format!("{call:016x}"),
        reports,
    })
}

fn reasoned(
    ledger: &dyn Ledger,
    setup: &Setup,
    line: &Line,
    number: ConfigNumber,
) -> Result<Told, Failure> {
    let mut told = booked(line);
    match Rejudge::new(ledger, setup, number)?.reasons(line) {
        Ok(Some(reasons)) => add_reasons(&mut told, line, &setup.rules, &reasons),
        Ok(None) => told
            .differs
            .push("a line of an older version: too little is kept to judge it again".to_owned()),
        Err(reason) => told.differs.push(format!(
            "judged again it would not count: {}",
            IgnoreReason::as_str(reason)
        )),
    }
    Ok(told)
}

/// What the books hold of a report, without reasons.
fn booked(line: &Line) -> Told {
    let (about, key) = (&*line.about, &line.about.key);
    let class = line
        .call
        .map(|call| call.class)
        .or(line.request.map(|request| request.class));
    let latency = line
        .call
        .and_then(|call| call.latency)
        .or(line.request.and_then(|request| request.duration));
    let (class_of_price, cost) = match line.request.map(|request| request.money) {
        None => ("", None),
        Some(Money::Nothing) => ("nothing", None),
        Some(Money::Exact(cost)) => ("exact", Some(cost.0)),
        Some(Money::Approximated(cost)) => ("approximated", Some(cost.0)),
        Some(Money::Fixed) => ("fixed", None),
        Some(Money::Unpriced) => ("unpriced", None),
    };
    let counted = line.request.and_then(|request| request.usage);
    Told {
        at: line.at.to_string(),
        source: about.source.to_string(),
        position: format!("{}:{}:{}", about.topic, about.partition, line.offset),
        format: about.format.as_str(),
        teller: about.teller.to_string(),
        identity_kind: IdentityKind::as_str(about.identity),
        identity: line.identity.to_string(),
        is_call: line.call.is_some(),
        is_request: line.request.is_some(),
        outcome: class.map_or("", crate::call::Class::as_str),
        status: about.transport.as_ref().and_then(|told| told.status),
        latency_ms: latency.map(|latency| latency.0),
        attribution: Attribution {
            feature: key.feature.to_string(),
            endpoint: key.endpoint.to_string(),
            provider: key.provider.to_string(),
            model: key.model.to_string(),
            host: about.destination.host.to_string(),
            deployment: about.destination.deployment.to_string(),
            caller: caller(&about.who),
            credential: about.credential.to_string(),
            user_group: about.user_group.to_string(),
            ..Attribution::default()
        },
        price: Price {
            class: class_of_price,
            cost_nanousd: cost,
            row: about.price_row.to_string(),
            tokens: tokens(line, counted),
            ..Price::default()
        },
        residency: Residency {
            rule: about.rule.to_string(),
            verdict: key.verdict.map(Verdict::as_str),
            grade: key.grade.map(Grade::as_str),
            region: key.region.to_string(),
            evidence: about.evidence_words.to_string(),
            ..Residency::default()
        },
        ..Told::default()
    }
}

fn tokens(line: &Line, counted: Option<Usage>) -> Option<[Option<u64>; 6]> {
    let told = line.about.usage.as_ref()?;
    Some(told.untold.buckets.shown(&counted?))
}

/// What a report told of its caller, where it told anything.
fn caller(who: &Origin) -> Vec<(&'static str, String)> {
    let tags = who.tags.iter().map(crate::units::Text::as_str);
    let tags = tags.collect::<Vec<_>>().join(", ");
    let list = [
        ("application", who.application.to_string()),
        ("skill", who.skill.to_string()),
        ("definition", who.definition.to_string()),
        ("scope", who.scope.to_string()),
        ("source table", who.source_table.to_string()),
        ("service", who.service.to_string()),
        ("caller", who.caller.to_string()),
        ("tags", tags),
    ];
    list.into_iter()
        .filter(|(_, told)| !told.is_empty())
        .collect()
}

fn add_reasons(told: &mut Told, line: &Line, rules: &Rulebook, reasons: &Reasons) {
    let endpoint = reasons.endpoint.and_then(|id| rules.registry.get(id));
    let feature = reasons.feature.and_then(|id| rules.features.get(id));
    told.timeout_ms = endpoint.and_then(|one| one.timeout).map(|ms| ms.0);
    told.attribution.feature_because = why_feature(reasons.judged.how, feature);
    told.attribution.endpoint_because = why_endpoint(line, endpoint);
    let price = &mut told.price;
    if let Some(priced) = &reasons.judged.priced {
        priced.source().clone_into(&mut price.source);
        price.valid_from = priced.valid_from().map(|day| day.to_string());
        price.rule = priced.rule.map(crate::price::Approximation::as_str);
        price.gap = priced.gap.map(crate::price::PriceGap::as_str);
    }
    if let Some(bill) = &reasons.bill {
        price.exact_usd = Some(bill.sum.to_string());
        price.items = bill.items.iter().map(item).collect();
    }
    let landed = &mut told.residency;
    landed.scope = reasons.scope.map(crate::call::Scope::as_str);
    landed.all = reasons.evidence.iter().map(piece).collect();
    let rule = rules.rule_of(reasons.endpoint, reasons.feature);
    landed.min_grade = rule.and_then(|rule| rule.min_grade).map(Grade::as_str);
    told.differs = differences(line, reasons);
}

fn item(item: &crate::price::Item) -> Item {
    Item {
        used: item.used.as_str(),
        rated_as: item.rated_as.as_str(),
        count: item.count,
        rate_usd: item.rated_as.written(item.rate),
        amount_usd: item.amount.to_string(),
    }
}

fn piece(weighed: &Weighed) -> Piece {
    Piece {
        kind: weighed.kind.as_str(),
        told: weighed.told.to_string(),
        place: weighed.place.to_string(),
        grade: weighed.grade.map(Grade::as_str),
        processing: weighed.processing,
        fit: weighed.fit.map(|fit| match fit {
            Fit::Inside => "inside",
            Fit::Outside => "outside",
            Fit::Partly => "partly",
            Fit::Unknown => "unknown",
        }),
    }
}

fn why_feature(how: How, feature: Option<&Feature>) -> String {
    match how {
        How::Matched => {
            let kinds = feature.map(|feature| feature.matcher.kinds());
            let kinds = kinds
                .into_iter()
                .flatten()
                .map(crate::attribute::Kind::as_str);
            let kinds = kinds.collect::<Vec<_>>().join(", ");
            format!("the feature's own matcher claims it, by {kinds}")
        }
        How::Named => "the record names the application and skill of this feature".to_owned(),
        How::Default => {
            "no registered feature claims it; named by what the record itself tells".to_owned()
        }
        How::Unattributed => "the record names nothing that a feature could claim".to_owned(),
    }
}

fn why_endpoint(line: &Line, endpoint: Option<&Endpoint>) -> String {
    let to = &line.about.destination;
    match endpoint {
        Some(one) if !to.host.is_empty() => {
            let url = &one.base_url;
            let port = url.port.map_or_else(String::new, |port| format!(":{port}"));
            format!(
                "its base URL {}://{}{port}{} covers the host and path",
                url.scheme, url.host, url.path
            )
        }
        Some(_) => "the record names no host, and this endpoint alone serves that model".to_owned(),
        None if !to.host.is_empty() => "no registered base URL covers the host".to_owned(),
        None => "the record names no host, and no endpoint or several serve that model".to_owned(),
    }
}

/// What judging again says otherwise than the books.
fn differences(line: &Line, reasons: &Reasons) -> Vec<String> {
    let (key, entry) = (&line.about.key, &reasons.judged.entry);
    let now = &entry.shared.key;
    let words = |verdict: Option<Verdict>| verdict.map_or("none", Verdict::as_str).to_owned();
    let money = |money: Option<Money>| {
        let amount = money.and_then(Money::amount);
        amount.map_or_else(|| "no cost".to_owned(), |cost| format!("${cost}"))
    };
    let both = line.request.and(entry.request).map(|request| request.money);
    let mut rows = vec![
        ("feature", key.feature.to_string(), now.feature.to_string()),
        (
            "endpoint",
            key.endpoint.to_string(),
            now.endpoint.to_string(),
        ),
        (
            "cost",
            money(line.request.map(|request| request.money)),
            money(both),
        ),
        (
            "price row",
            line.about.price_row.to_string(),
            line.request
                .map_or_else(String::new, |_| entry.price_row.to_string()),
        ),
    ];
    if line.call.is_some() {
        rows.push(("verdict", words(key.verdict), words(now.verdict)));
        rows.push(("region", key.region.to_string(), now.region.to_string()));
    }
    rows.into_iter()
        .filter(|(_, booked, again)| booked != again)
        .map(|(what, booked, again)| format!("{what}: booked {booked}, judged again {again}"))
        .collect()
}
