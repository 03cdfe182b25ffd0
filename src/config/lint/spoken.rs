//! Regions that people put into names: host labels, deployments, display names.
//!
//! Knows no rule. A newcomer may ask why this is looked at when a name proves nothing: a name is
//! what the person who pastes an address reads, and a name that says West Europe on a resource in
//! East US is how calls come to the wrong continent.

use crate::call::{Provider, Scope};
use crate::problem::Problem;
use crate::residency::{Place, Region, Regions};

use super::{Entry, Subject, host};

/// Short forms of Azure regions in common use in resource names. Microsoft publishes no single
/// list; forms of two letters and those that are words or company endings are left out.
const SHORT_FORMS: [(&str, &str); 36] = [
    ("weu", "westeurope"),
    ("neu", "northeurope"),
    ("euw", "westeurope"),
    ("eun", "northeurope"),
    ("gwc", "germanywestcentral"),
    ("dewc", "germanywestcentral"),
    ("frc", "francecentral"),
    ("sdc", "swedencentral"),
    ("swc", "swedencentral"),
    ("sec", "swedencentral"),
    ("plc", "polandcentral"),
    ("itn", "italynorth"),
    ("spc", "spaincentral"),
    ("nwe", "norwayeast"),
    ("noe", "norwayeast"),
    ("szn", "switzerlandnorth"),
    ("chn", "switzerlandnorth"),
    ("uks", "uksouth"),
    ("ukw", "ukwest"),
    ("eus", "eastus"),
    ("use", "eastus"),
    ("eus2", "eastus2"),
    ("use2", "eastus2"),
    ("wus", "westus"),
    ("wus2", "westus2"),
    ("wus3", "westus3"),
    ("cus", "centralus"),
    ("ncus", "northcentralus"),
    ("scus", "southcentralus"),
    ("wcus", "westcentralus"),
    ("cnc", "canadacentral"),
    ("cne", "canadaeast"),
    ("jpe", "japaneast"),
    ("jpw", "japanwest"),
    ("aue", "australiaeast"),
    ("krc", "koreacentral"),
];

pub(super) fn lint(subject: &Subject<'_>, entry: Entry<'_>, faults: &mut Vec<Problem>) {
    let Entry {
        endpoint, placed, ..
    } = entry;
    let label = if host::names_region(endpoint) {
        ""
    } else {
        endpoint.base_url.host.split('.').next().unwrap_or_default()
    };
    let written = placed.written;
    let names = [
        ("host", label, written.base_url.as_ref()),
        ("name", endpoint.name.as_str(), None),
        (
            "display name",
            endpoint.display_name.as_str(),
            written.display_name.as_ref(),
        ),
        (
            "deployment",
            endpoint.deployment.as_str(),
            written.deployment.as_ref(),
        ),
    ];
    let registered = subject
        .regions
        .parse_region(endpoint.provider.as_ref(), &endpoint.region);
    let mut wide_told = false;
    for (what, name, value) in names {
        let Some((word, region)) = spoken(subject.regions, endpoint.provider.as_ref(), name) else {
            continue;
        };
        if Place::Region(region).excludes(&registered) {
            let message = format!(
                "the {what} says `{word}` ({}), but the region is `{}`",
                region.name, endpoint.region
            );
            let at = value.or(written.region.as_ref());
            faults.push(
                placed
                    .problem(at, "region_name_mismatch", message)
                    .hint("one of the two was mistaken for another; rename it, or correct `region`")
                    .warning(),
            );
        }
        let wide = endpoint.scope.filter(|scope| *scope != Scope::Regional);
        if let (Some(scope), false) = (wide, wide_told) {
            wide_told = true;
            let message = format!(
                "the {what} says `{word}` ({}), but the deployment is {}",
                region.name,
                scope.as_str()
            );
            faults.push(
                placed
                    .problem(written.deployment_scope.as_ref(), "regional_name", message)
                    .hint("whoever reads the name will take it for regional")
                    .warning(),
            );
        }
    }
}

/// The region that a name speaks of, with the word that says it.
fn spoken<'a, 'n>(
    regions: &'a Regions,
    provider: Option<&Provider>,
    name: &'n str,
) -> Option<(&'n str, &'a Region)> {
    let azure = provider.is_none_or(|provider| *provider == Provider::Azure);
    let cloud = match provider {
        Some(Provider::Bedrock) => "aws",
        Some(Provider::Vertex | Provider::Gemini) => "gcp",
        Some(Provider::Watsonx) => "ibm",
        Some(
            Provider::Azure
            | Provider::Openai
            | Provider::Anthropic
            | Provider::AlephAlpha
            | Provider::Mistral
            | Provider::Vllm
            | Provider::Ollama
            | Provider::NowLlm
            | Provider::Other(_),
        )
        | None => "azure",
    };
    if cloud != "azure" {
        return whole_name(regions, cloud, name);
    }
    if !azure {
        return None;
    }
    let words = name.split(|c: char| !c.is_ascii_alphanumeric());
    let of = |word: &str| {
        let lower = word.to_ascii_lowercase();
        let long = SHORT_FORMS
            .iter()
            .find(|(short, _)| *short == lower)
            .map_or(lower.as_str(), |(_, long)| *long)
            .to_owned();
        let wanted = format!("azure:{long}");
        regions.regions().find(|region| region.name == wanted)
    };
    words
        .filter(|word| !word.is_empty())
        .find_map(|word| of(word).map(|region| (word, region)))
}

/// A region's whole name inside `name`, on borders of words; the longest where several fit.
fn whole_name<'a, 'n>(
    regions: &'a Regions,
    cloud: &str,
    name: &'n str,
) -> Option<(&'n str, &'a Region)> {
    let own = regions.regions().filter(|region| region.cloud() == cloud);
    let found = own.filter_map(|region| {
        let (_, bare) = region.name.split_once(':')?;
        let start = name.find(bare)?;
        let end = start.saturating_add(bare.len());
        let border = |c: Option<char>| !c.is_some_and(|c| c.is_ascii_alphanumeric());
        let alone = border(name.get(..start)?.chars().next_back())
            && border(name.get(end..)?.chars().next());
        alone.then_some((name.get(start..end)?, region))
    });
    found.max_by_key(|(word, _)| word.len())
}
