//! From evidence to verdict and grade.
//!
//! Knows no endpoint and no feature; the caller picks rule and scope. A newcomer may ask why the
//! weakest fact can make a call a violation while only the strongest can clear it: data that went
//! in by a door outside the rule has left, wherever it was processed; and what the registry itself
//! places outside was never meant to stay.

use super::place::{Place, Region};
use super::regions::joined;
use super::set::{Fit, Rule};
use super::{Grade, Regions, Verdict};
use crate::call::{Evidence, EvidenceKind, Provider, Scope};
use crate::units::Text;

/// What a call is judged by.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Whose names the regions are.
    pub provider: Option<&'a Provider>,
    /// The deployment's scope: as its name tells, else as registered; `None` when neither does.
    pub scope: Option<Scope>,
    /// The rule, if any applies.
    pub rule: Option<&'a Rule>,
    /// Everything known of where the call landed, the registry's own word among it.
    pub evidence: &'a [Evidence],
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The verdict against the rule.
    pub verdict: Verdict,
    /// What the evidence shown proves; `None` when it proves nothing.
    pub grade: Option<Grade>,
    /// The place of the evidence shown (`azure:westeurope`, `aws:zone:eu`); empty when there is
    /// none.
    pub region: Text,
    /// The evidence that decided, in short words (`host_region eu-central-1`); empty when there
    /// is none.
    pub evidence: Text,
    /// Two pieces of evidence exclude each other.
    pub contradiction: bool,
}

/// One piece of evidence, weighed.
struct Finding<'a> {
    evidence: &'a Evidence,
    place: Place<'a>,
    grade: Option<Grade>,
    /// It says where inference ran.
    processing: bool,
    /// It says where the call went in.
    door: bool,
}

impl Finding<'_> {
    /// Whether the two cannot both be true: they speak of the same thing and name places apart.
    fn contradicts(&self, other: &Finding<'_>) -> bool {
        let same_thing = (self.processing && other.processing) || (self.door && other.door);
        same_thing && self.place.excludes(&other.place)
    }

    fn words(&self) -> Text {
        joined(&[self.evidence.kind.as_str(), " ", &self.evidence.told])
    }
}

/// One piece of evidence as it was weighed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weighed {
    /// What kind.
    pub kind: EvidenceKind,
    /// What it told.
    pub told: Text,
    /// The place that it names; empty where it names none.
    pub place: Text,
    /// What it proves; `None` when it proves nothing.
    pub grade: Option<Grade>,
    /// Whether it speaks of where inference ran.
    pub processing: bool,
    /// How the place lies to the rule; `None` without a rule or a place.
    pub fit: Option<Fit>,
}

/// All evidence of a call as [`judge`] weighs it, the strongest first; a piece that names no place
/// comes last.
#[must_use]
pub fn weighed(regions: &Regions, facts: &Facts<'_>) -> Vec<Weighed> {
    let mut all: Vec<Weighed> = Vec::new();
    for evidence in facts.evidence {
        let mut findings = Vec::new();
        weigh(regions, facts, evidence, &mut findings);
        let nothing = findings.is_empty();
        all.extend(findings.into_iter().map(|finding| Weighed {
            kind: evidence.kind,
            told: evidence.told.clone(),
            place: finding.place.name(),
            grade: finding.grade,
            processing: finding.processing,
            fit: facts.rule.map(|rule| rule.allowed.fit(&finding.place)),
        }));
        if nothing {
            all.push(Weighed {
                kind: evidence.kind,
                told: evidence.told.clone(),
                place: Text::default(),
                grade: None,
                processing: false,
                fit: None,
            });
        }
    }
    all.sort_by(|one, two| {
        let strength = |w: &Weighed| (w.grade.is_none(), w.grade, w.place.is_empty(), w.kind);
        strength(one).cmp(&strength(two))
    });
    all
}

/// Judges one call.
#[must_use]
pub fn judge(regions: &Regions, facts: &Facts<'_>) -> Judgement {
    let mut findings = Vec::with_capacity(facts.evidence.len().saturating_add(1));
    for evidence in facts.evidence {
        weigh(regions, facts, evidence, &mut findings);
    }
    // Strongest first; what proves nothing comes last. Ties are settled by kind and name, so that
    // the order of a record's fields does not matter.
    findings.sort_by(|one, two| {
        let strength = |f: &Finding<'_>| (f.grade.is_none(), f.grade);
        (strength(one), one.evidence).cmp(&(strength(two), two.evidence))
    });
    let global = is_global(facts);
    let pair = contradiction(&findings);
    let contradiction = pair.is_some() || scope_contradicts_name(facts);
    let outside = facts.rule.and_then(|rule| {
        let outside = |f: &&Finding<'_>| rule.allowed.fit(&f.place) == Fit::Outside;
        findings.iter().find(outside)
    });
    let shown = outside.or(findings.first());
    let grade = match (outside, shown) {
        // A violation by something that holds nothing is one by the front door.
        (Some(finding), _) => finding.grade.or(Some(Grade::E)),
        (None, shown) => shown.and_then(|finding| finding.grade),
    };
    let verdict = match facts.rule {
        None => Verdict::NoRule,
        Some(_) if outside.is_some() => Verdict::Violated,
        Some(_) if contradiction => Verdict::Unproven,
        Some(rule) => inside(rule, &findings, global),
    };
    Judgement {
        verdict,
        grade,
        region: shown
            .map(|finding| finding.place.name())
            .unwrap_or_default(),
        evidence: match shown {
            Some(finding) => words(finding, pair),
            None if global => Text::const_new("global"),
            None => Text::default(),
        },
        contradiction,
    }
}

/// The verdict when nothing lies outside and nothing contradicts: by all findings of the strongest
/// grade.
fn inside(rule: &Rule, findings: &[Finding<'_>], global: bool) -> Verdict {
    let Some(grade) = findings.first().and_then(|finding| finding.grade) else {
        return Verdict::Unproven;
    };
    let wholly = findings
        .iter()
        .filter(|finding| finding.grade == Some(grade))
        .all(|finding| rule.allowed.fit(&finding.place) == Fit::Inside);
    let enough = rule.min_grade.is_none_or(|least| grade <= least);
    // A name that says "anywhere" is outweighed only by the provider's word on this very call.
    let silenced = global && grade != Grade::A;
    if !wholly || !enough || silenced {
        return Verdict::Unproven;
    }
    match grade {
        Grade::A | Grade::B | Grade::C | Grade::D => Verdict::Held,
        Grade::E | Grade::F => Verdict::Declared,
    }
}

/// Weighs one piece of evidence; a data zone's resource gives two findings, the zone and the door.
fn weigh<'a>(
    regions: &'a Regions,
    facts: &Facts<'a>,
    evidence: &'a Evidence,
    findings: &mut Vec<Finding<'a>>,
) {
    let told = evidence.told.as_str();
    if says_nothing(told) {
        return;
    }
    let place = || regions.parse_region(facts.provider, told);
    let mut find = |place: Place<'a>, grade, processing, door| {
        findings.push(Finding {
            evidence,
            place,
            grade,
            processing,
            door,
        });
    };
    let regional = match evidence.kind {
        EvidenceKind::InferenceRegion | EvidenceKind::InferenceGeo => {
            find(place(), Some(Grade::A), true, false);
            return;
        }
        EvidenceKind::Zone => {
            let place = regions.parse_zone(facts.provider, told);
            let stores = only_stores(&place);
            find(place, (!stores).then_some(Grade::D), !stores, stores);
            return;
        }
        EvidenceKind::FrontDoorAddress | EvidenceKind::ClientRegion => {
            find(place(), Some(Grade::E), false, true);
            return;
        }
        // The name says "anywhere" (see `is_global`); a gateway passes on to nobody knows where.
        EvidenceKind::Global | EvidenceKind::GatewayRegion => return,
        EvidenceKind::HostRegion | EvidenceKind::PathRegion => Grade::B,
        EvidenceKind::ResourceRegion | EvidenceKind::Inventory => Grade::C,
        EvidenceKind::Registry => Grade::F,
    };
    let place = place();
    let declared = evidence.kind == EvidenceKind::Registry;
    match facts.scope {
        _ if only_stores(&place) => find(place, None, false, true),
        Some(Scope::Regional) => find(place, Some(regional), true, true),
        Some(Scope::DataZone) => {
            let zone = match &place {
                Place::Region(region) => zone_of(regions, facts, region),
                Place::Zone(zone) => Some(*zone),
                Place::Country(_) | Place::Unknown(_) => None,
            };
            if let Some(zone) = zone {
                let grade = if declared { Grade::F } else { Grade::D };
                find(Place::Zone(zone), Some(grade), true, false);
            }
            find(place, None, false, true);
        }
        Some(Scope::Global) => find(place, None, false, true),
        // Somebody declared it, and that is all a declaration needs; a resource's region needs to
        // know how far the deployment may wander.
        None => find(place, declared.then_some(Grade::F), false, true),
    }
}

/// The zone of a data-zone deployment: the one that the call's own evidence names, else the only
/// one that the region belongs to.
fn zone_of<'a>(
    regions: &'a Regions,
    facts: &Facts<'a>,
    region: &Region,
) -> Option<&'a super::Zone> {
    let named = facts
        .evidence
        .iter()
        .filter(|evidence| evidence.kind == EvidenceKind::Zone)
        .find_map(
            |evidence| match regions.parse_zone(facts.provider, &evidence.told) {
                Place::Zone(zone) if zone.holds(region) => Some(zone),
                Place::Region(_) | Place::Zone(_) | Place::Country(_) | Place::Unknown(_) => None,
            },
        );
    named.or_else(|| regions.zone_of(region))
}

/// Whether the place is a zone that keeps data and lets inference go elsewhere.
fn only_stores(place: &Place<'_>) -> bool {
    matches!(place, Place::Zone(zone) if !zone.processing)
}

/// Words that providers and people write where a region should stand.
fn says_nothing(told: &str) -> bool {
    matches!(
        told,
        "" | "global" | "Global" | "GLOBAL" | "not_available" | "unknown"
    )
}

/// Whether name, scope or registry say that the call may be processed anywhere.
fn is_global(facts: &Facts<'_>) -> bool {
    facts.scope == Some(Scope::Global)
        || facts.evidence.iter().any(|evidence| {
            evidence.kind == EvidenceKind::Global
                || (evidence.kind == EvidenceKind::Registry
                    && evidence.told.eq_ignore_ascii_case("global"))
        })
}

/// The first two findings, by strength, that exclude each other.
fn contradiction<'f, 'a>(
    findings: &'f [Finding<'a>],
) -> Option<(&'f Finding<'a>, &'f Finding<'a>)> {
    findings.iter().enumerate().find_map(|(i, one)| {
        let later = findings.iter().skip(i.saturating_add(1));
        later
            .into_iter()
            .find(|two| one.contradicts(two))
            .map(|two| (one, two))
    })
}

/// Whether the name says "anywhere" and a region beside it, or the registry's "one region", says
/// the opposite.
fn scope_contradicts_name(facts: &Facts<'_>) -> bool {
    let told = |kinds: &[EvidenceKind]| facts.evidence.iter().any(|e| kinds.contains(&e.kind));
    told(&[EvidenceKind::Global])
        && (facts.scope == Some(Scope::Regional)
            || told(&[EvidenceKind::HostRegion, EvidenceKind::PathRegion]))
}

/// The evidence shown, and what it stands against.
fn words(shown: &Finding<'_>, pair: Option<(&Finding<'_>, &Finding<'_>)>) -> Text {
    match pair {
        Some((one, two)) if std::ptr::eq(one, shown) => {
            joined(&[&shown.words(), " against ", &two.words()])
        }
        Some((one, two)) if std::ptr::eq(two, shown) => {
            joined(&[&shown.words(), " against ", &one.words()])
        }
        Some(_) | None => shown.words(),
    }
}
