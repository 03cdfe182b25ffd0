//! Reading a regions file, the shipped one or a user's, and merging it into what is known.
//!
//! Knows no file system: it is given text. A newcomer may ask why a second file can change the
//! first: a cloud's zone grows faster than this program is released.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use compact_str::format_compact;
use serde::Deserialize;
use toml::Spanned;

use super::place::{Country, Provenance, Region, Zone};
use super::regions::{Regions, plain};
use super::set::RegionSet;
use crate::problem::Problem;
use crate::units::{Text, clean_name};

/// The file as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RegionsFile {
    #[serde(default)]
    countries: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    regions: Vec<Block>,
    #[serde(default)]
    zone: Vec<ZoneRow>,
    #[serde(default)]
    set: Vec<SetRow>,
}

/// Regions of one cloud from one source.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Block {
    cloud: Spanned<String>,
    #[serde(default)]
    source: String,
    #[serde(default)]
    read: String,
    #[serde(default)]
    verified: bool,
    list: Vec<RegionRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RegionRow {
    name: Spanned<String>,
    #[serde(default)]
    display: String,
    country: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ZoneRow {
    cloud: Spanned<String>,
    name: Spanned<String>,
    #[serde(default)]
    source: String,
    #[serde(default)]
    read: String,
    #[serde(default)]
    verified: bool,
    #[serde(default)]
    members: Vec<Spanned<String>>,
    #[serde(default)]
    countries: Vec<Spanned<String>>,
    #[serde(default = "yes")]
    processing: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetRow {
    name: Spanned<String>,
    #[serde(default)]
    #[expect(dead_code, reason = "for people who read the file")]
    source: String,
    #[serde(default)]
    #[expect(dead_code, reason = "for people who read the file")]
    read: String,
    #[serde(default)]
    #[expect(dead_code, reason = "for people who read the file")]
    verified: bool,
    members: Vec<Spanned<String>>,
}

fn yes() -> bool {
    true
}

/// A file being merged: what is known so far, and what was wrong.
struct Merge<'a> {
    file: &'a str,
    text: &'a str,
    known: Regions,
    problems: Vec<Problem>,
}

/// Adds the rows of a file to what is known.
pub(super) fn merge(known: Regions, file: &str, text: &str) -> Result<Regions, Vec<Problem>> {
    let rows: RegionsFile = toml::from_str(text).map_err(|error| {
        let span = error.span().unwrap_or_default();
        vec![Problem::at(
            file,
            text,
            span,
            "regions_syntax",
            error.message().trim(),
        )]
    })?;
    let mut merge = Merge {
        file,
        text,
        known,
        problems: Vec::new(),
    };
    merge.countries(&rows.countries);
    for block in &rows.regions {
        merge.block(block);
    }
    merge.index();
    let mut seen = BTreeSet::new();
    for row in &rows.zone {
        merge.zone(row, &mut seen);
    }
    merge.sets(&rows.set);
    if merge.problems.is_empty() {
        Ok(merge.known)
    } else {
        merge.problems.sort();
        Err(merge.problems)
    }
}

impl Merge<'_> {
    fn problem(&mut self, span: Range<usize>, code: &'static str, message: String, hint: &str) {
        let problem = Problem::at(self.file, self.text, span, code, message);
        self.problems.push(problem.hint(hint));
    }

    fn countries(&mut self, rows: &BTreeMap<String, Spanned<String>>) {
        for (code, name) in rows {
            if let Some(country) = Country::parse(code) {
                Arc::make_mut(&mut self.known.countries)
                    .insert(country, clean_name(name.get_ref()));
            } else {
                let message = format!("`{code}` is no country code");
                self.problem(
                    name.span(),
                    "bad_country",
                    message,
                    "two letters, as in `de`",
                );
            }
        }
    }

    fn country(&mut self, code: &Spanned<String>) -> Option<Country> {
        let found = Country::parse(code.get_ref())
            .filter(|country| self.known.countries.contains_key(country));
        if found.is_none() {
            let message = format!("unknown country `{}`", code.get_ref());
            let hint = "an ISO 3166 code such as `de`; add others under `[countries]`";
            self.problem(code.span(), "unknown_country", message, hint);
        }
        found
    }

    /// A name that may stand around colons: no blanks, no colon of its own.
    fn word(&mut self, word: &Spanned<String>) -> Option<Text> {
        let name = plain(word.get_ref());
        if name.is_empty() || name.contains(':') {
            let message = format!("`{}` cannot be a name", word.get_ref());
            self.problem(
                word.span(),
                "bad_name",
                message,
                "letters, digits and hyphens",
            );
            return None;
        }
        Some(clean_name(&name))
    }

    fn block(&mut self, block: &Block) {
        let Some(cloud) = self.word(&block.cloud) else {
            return;
        };
        let mut seen = BTreeSet::new();
        for row in &block.list {
            let (Some(name), Some(country)) = (self.word(&row.name), self.country(&row.country))
            else {
                continue;
            };
            if !seen.insert(name.clone()) {
                let message = format!("region `{name}` stands twice");
                self.problem(
                    row.name.span(),
                    "duplicate_region",
                    message,
                    "remove one of them",
                );
            }
            let region = Region {
                name: format_compact!("{cloud}:{name}"),
                display: clean_name(&row.display),
                country,
                provenance: provenance(&block.source, &block.read, block.verified),
            };
            Arc::make_mut(&mut self.known.places).insert(region.name.clone(), region);
        }
    }

    /// Finds regions by their names without cloud.
    fn index(&mut self) {
        let mut index: BTreeMap<Text, Vec<Text>> = BTreeMap::new();
        for region in self.known.places.values() {
            let bare = region.name.split_once(':').map_or("", |(_, bare)| bare);
            for key in [plain(bare), plain(&region.display)] {
                let names = index.entry(key).or_default();
                if !names.contains(&region.name) {
                    names.push(region.name.clone());
                }
            }
        }
        index.remove("");
        self.known.by_plain_name = Arc::new(index);
    }

    fn zone(&mut self, row: &ZoneRow, seen: &mut BTreeSet<Text>) {
        let (Some(cloud), Some(name)) = (self.word(&row.cloud), self.word(&row.name)) else {
            return;
        };
        let full = format_compact!("{cloud}:zone:{name}");
        if !seen.insert(full.clone()) {
            let message = format!("zone `{full}` stands twice");
            self.problem(
                row.name.span(),
                "duplicate_zone",
                message,
                "remove one of them",
            );
        }
        if row.members.is_empty() == row.countries.is_empty() {
            let message = format!("zone `{full}` needs `members` or `countries`");
            self.problem(row.name.span(), "bad_zone", message, "one of the two");
        }
        let countries = row
            .countries
            .iter()
            .filter_map(|code| self.country(code))
            .collect();
        let mut members = BTreeMap::new();
        for member in &row.members {
            let region = format_compact!("{cloud}:{}", plain(member.get_ref()));
            if let Some(region) = self.known.places.get(&region) {
                members.insert(region.name.clone(), region.country);
            } else {
                let message = format!("unknown region `{region}`");
                let hint = "a region of this cloud; add new ones under `[[regions]]`";
                self.problem(member.span(), "unknown_region", message, hint);
            }
        }
        let zone = Zone {
            name: full.clone(),
            members,
            countries,
            processing: row.processing,
            provenance: provenance(&row.source, &row.read, row.verified),
        };
        Arc::make_mut(&mut self.known.zones).insert(full, zone);
    }

    /// Takes over the sets as written, then resolves all of them again: a corrected region or set
    /// changes those that were built on it.
    fn sets(&mut self, rows: &[SetRow]) {
        let mut spans: BTreeMap<(Text, Text), Range<usize>> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        for row in rows {
            let Some(name) = self.word(&row.name) else {
                continue;
            };
            if !seen.insert(name.clone()) {
                let message = format!("set `{name}` stands twice");
                self.problem(
                    row.name.span(),
                    "duplicate_set",
                    message,
                    "remove one of them",
                );
            }
            let members = row.members.iter().map(|member| {
                let plain = plain(member.get_ref());
                spans.insert((name.clone(), plain.clone()), member.span());
                plain
            });
            let members = members.collect();
            Arc::make_mut(&mut self.known.members).insert(name, members);
        }
        Arc::make_mut(&mut self.known.sets).clear();
        let names: Vec<Text> = self.known.members.keys().cloned().collect();
        for name in names {
            let mut path = Vec::new();
            if let Err((set, member, what)) = self.resolve(&name, &mut path) {
                let message = format!("set `{set}`: {what} `{member}`");
                let span = spans.get(&(set, member)).cloned().unwrap_or_default();
                self.problem(
                    span,
                    "bad_set",
                    message,
                    "a set, a country, a region or a zone",
                );
            }
        }
    }

    /// Resolves a set and those it is built on; an error names set, member and what is wrong.
    fn resolve(
        &mut self,
        name: &Text,
        path: &mut Vec<Text>,
    ) -> Result<RegionSet, (Text, Text, &'static str)> {
        if let Some(done) = self.known.sets.get(name) {
            return Ok(done.clone());
        }
        let mut set = RegionSet::default();
        path.push(name.clone());
        for member in self.known.members.get(name).cloned().unwrap_or_default() {
            if path.contains(&member) {
                return Err((name.clone(), member, "leads back to itself through"));
            }
            let found = if self.known.members.contains_key(&member) {
                self.resolve(&member, path)?
            } else {
                self.known
                    .resolve_set(&member)
                    .map_err(|_| (name.clone(), member.clone(), "unknown member"))?
            };
            set.add(&found);
        }
        path.pop();
        Arc::make_mut(&mut self.known.sets).insert(name.clone(), set.clone());
        Ok(set)
    }
}

fn provenance(source: &str, read: &str, verified: bool) -> Provenance {
    Provenance {
        source: clean_name(source),
        read: clean_name(read),
        verified,
    }
}
