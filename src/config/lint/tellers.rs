//! Sources that tell the same facts of one endpoint without a key that both know.
//!
//! Knows no record. A newcomer may ask why only pairs with a ServiceNow log are looked at: its
//! rows carry no id of the provider's, so nothing could tell that two reports are of one call;
//! other formats mostly share the provider's response id.

use crate::attribute::Endpoint;
use crate::call::{Format, Provider};
use crate::problem::Problem;
use crate::units::Text;

use super::{Entry, Subject};

/// A fact group, the ServiceNow log that tells it, and the other formats that tell it too.
struct Group {
    facts: &'static str,
    key: &'static str,
    servicenow: Format,
    others: &'static [Format],
}

const GROUPS: [Group; 2] = [
    Group {
        facts: "transport",
        key: "transport_from",
        servicenow: Format::ServicenowOutbound,
        others: &[
            Format::Native,
            Format::Otlp,
            Format::Litellm,
            Format::AzureDiagnostics,
            Format::ApimLlm,
        ],
    },
    Group {
        facts: "usage",
        key: "usage_from",
        servicenow: Format::ServicenowGenai,
        others: &[
            Format::Native,
            Format::Otlp,
            Format::Litellm,
            Format::BedrockInvocation,
            Format::ApimLlm,
        ],
    },
];

pub(super) fn lint(subject: &Subject<'_>, entry: Entry<'_>, faults: &mut Vec<Problem>) {
    let Entry {
        endpoint, placed, ..
    } = entry;
    let chosen = [&endpoint.transport_from, &endpoint.usage_from];
    for (group, chosen) in GROUPS.iter().zip(chosen) {
        if chosen.is_some() {
            continue;
        }
        let of = |wanted: &dyn Fn(Format) -> bool| -> Option<&Text> {
            let mut sources = subject.sources.iter();
            let found = sources.find(|(_, format)| format.is_some_and(wanted));
            found.map(|(name, _)| name)
        };
        let one = of(&|format| format == group.servicenow);
        let other = of(&|format| group.others.contains(&format) && sees(format, endpoint));
        if let (Some(one), Some(other)) = (one, other) {
            let message = format!(
                "sources `{}` and `{}` both tell {} facts and share no key: calls may count twice",
                one, other, group.facts
            );
            faults.push(
                placed
                    .problem::<String>(None, "two_tellers", message)
                    .hint(format!("name the one that counts by `{}`", group.key))
                    .warning(),
            );
        }
    }
}

/// Whether a format can tell of that endpoint at all.
fn sees(format: Format, endpoint: &Endpoint) -> bool {
    match format {
        Format::AzureDiagnostics => endpoint.provider == Some(Provider::Azure),
        Format::BedrockInvocation => endpoint.provider == Some(Provider::Bedrock),
        Format::ServicenowOutbound
        | Format::ServicenowGenai
        | Format::Native
        | Format::Otlp
        | Format::Litellm
        | Format::ApimLlm => true,
    }
}
