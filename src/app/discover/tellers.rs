//! Calls that two tellers tell, found by their key in a bounded sample of all keys.
//!
//! Knows no format. A newcomer may ask how a sample can find pairs: whether a key is in the sample
//! hangs on its hash alone, so that both reports of a call are in it or neither is.

use std::collections::{BTreeMap, BTreeSet};

use crate::call::Report;
use crate::ids::IdentityKind;
use crate::units::Text;

/// Keys that are kept; past it every second one goes.
const KEYS_MAX: usize = 65_536;

/// Tellers that are kept apart.
const TELLERS_MAX: usize = 1_000;

/// What one teller said of a call.
#[derive(Clone, Copy, Debug)]
struct Said {
    teller: u16,
    transport: bool,
    usage: bool,
    /// Hash of tokens, where told.
    tokens: Option<u64>,
}

/// What two tellers have in common.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Both {
    /// Calls whose transport facts, or usage facts, both tell.
    pub(super) calls: u64,
    /// Of them: with other tokens.
    pub(super) contradict: u64,
}

/// Who told which keys.
#[derive(Clone, Debug, Default)]
pub(super) struct Tellers {
    names: Vec<Text>,
    /// Reports by teller, and how many of them have no key of their own.
    pub(super) reports: BTreeMap<Text, (u64, u64)>,
    keys: BTreeMap<u64, Vec<Said>>,
    /// Keys with so many zero bits at the end are kept.
    level: u32,
}

impl Tellers {
    pub(super) fn add(&mut self, report: &Report) {
        let weak = report.identity.kind == IdentityKind::Weak;
        if self.reports.len() >= TELLERS_MAX && !self.reports.contains_key(&report.teller) {
            return;
        }
        let counts = self.reports.entry(report.teller.clone()).or_default();
        counts.0 += 1;
        counts.1 += u64::from(weak);
        let key = twox_hash::XxHash3_64::oneshot(report.identity.value.as_bytes());
        if weak || key.trailing_zeros() < self.level {
            return;
        }
        let Some(teller) = self.teller(&report.teller) else {
            return;
        };
        let usage = report.usage.as_ref();
        let tokens = usage.and_then(|usage| usage.usage).map(|tokens| {
            let told = format!("{} {}", tokens.total_input(), tokens.output);
            twox_hash::XxHash3_64::oneshot(told.as_bytes())
        });
        let said = self.keys.entry(key).or_default();
        // A call that is told again and again tells nothing new.
        if said.len() < 8 {
            said.push(Said {
                teller,
                transport: report.transport.is_some(),
                usage: usage.is_some(),
                tokens,
            });
        }
        if self.keys.len() > KEYS_MAX {
            self.level += 1;
            let level = self.level;
            self.keys.retain(|key, _| key.trailing_zeros() >= level);
        }
    }

    fn teller(&mut self, name: &Text) -> Option<u16> {
        let place = self.names.iter().position(|known| known == name);
        let place = place.unwrap_or_else(|| {
            self.names.push(name.clone());
            self.names.len() - 1
        });
        u16::try_from(place).ok()
    }

    /// Each pair of tellers, the one with fewer reports second, and how many calls both told; the
    /// same teller twice is a repeated record. The numbers are of a sample of one in
    /// [`Tellers::one_in`].
    pub(super) fn pairs(&self) -> BTreeMap<(Text, Text), Both> {
        let mut pairs: BTreeMap<(Text, Text), Both> = BTreeMap::new();
        for said in self.keys.values().filter(|said| said.len() > 1) {
            let mut met: BTreeSet<(Text, Text)> = BTreeSet::new();
            for (place, one) in said.iter().enumerate() {
                for other in said.iter().skip(place + 1) {
                    let same_facts =
                        (one.transport && other.transport) || (one.usage && other.usage);
                    let Some(pair) = self.pair(one.teller, other.teller) else {
                        continue;
                    };
                    if !same_facts || !met.insert(pair.clone()) {
                        continue;
                    }
                    let both = pairs.entry(pair).or_default();
                    both.calls += 1;
                    let tokens = one.tokens.zip(other.tokens);
                    both.contradict += u64::from(tokens.is_some_and(|(one, other)| one != other));
                }
            }
        }
        pairs
    }

    fn pair(&self, one: u16, other: u16) -> Option<(Text, Text)> {
        let name = |place: u16| self.names.get(usize::from(place)).cloned();
        let (one, other) = (name(one)?, name(other)?);
        let reports = |name: &Text| self.reports.get(name).map_or(0, |counts| counts.0);
        let ordered = (reports(&one), &other) >= (reports(&other), &one);
        Some(if ordered { (one, other) } else { (other, one) })
    }

    /// How many keys one of the sample stands for.
    pub(super) fn one_in(&self) -> u64 {
        1_u64.checked_shl(self.level).unwrap_or(u64::MAX)
    }
}
