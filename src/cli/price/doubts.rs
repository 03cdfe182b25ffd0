//! What of the question `tollwatch price` nobody knows, and what may have been meant.
//!
//! Knows no amount. A newcomer may ask why an unknown region is a warning and not an error: logs
//! name regions that no list has yet, and their calls are priced by the same rule.

use super::{placed, provider_of};
use crate::app::Failure;
use crate::call::Provider;
use crate::cli::{Terminal, args, near};
use crate::price::{PriceBook, PriceGap, Priced};
use crate::residency::{Place, Regions};

/// A `--region` that no place is known by.
#[derive(Clone, Copy)]
pub(super) struct UnknownRegion<'a> {
    /// As told.
    pub(super) region: &'a str,
    /// It is a country's name.
    is_country: bool,
}

/// The told region, unless it is a known one or a price row names it.
pub(super) fn unknown_region<'a>(
    args: &'a args::Price,
    book: &PriceBook,
) -> Option<UnknownRegion<'a>> {
    let told = args.region.as_deref()?.trim();
    let provider = provider_of(args)?;
    let regions = Regions::shipped();
    let (Some(region), None) = placed(&regions, &provider, Some(told)) else {
        return None;
    };
    let is_country = match regions.parse_region(Some(&provider), told) {
        Place::Region(_) | Place::Zone(_) => return None,
        Place::Country(_) => true,
        Place::Unknown(_) => false,
    };
    let priced = book
        .rows()
        .any(|(_, row)| row.place.regions.iter().any(|named| *named == region));
    (!priced).then_some(UnknownRegion {
        region: told,
        is_country,
    })
}

/// Says what of the question is not known, and what may have been meant.
pub(super) fn tell(
    args: &args::Price,
    book: &PriceBook,
    (priced, unknown): (&Priced, Option<UnknownRegion<'_>>),
    terminal: &mut Terminal<'_>,
) -> Result<(), Failure> {
    if let Some(UnknownRegion { region, is_country }) = unknown {
        let regions = Regions::shipped();
        let bare = regions
            .regions()
            .filter_map(|region| region.name.split_once(':'))
            .map(|(_, bare)| bare);
        let hint = near::near(region, bare);
        let what = if is_country {
            "a country, and prices are by region"
        } else {
            "no region that is known"
        };
        let text = format!("`{region}` is {what}: no price of its own was looked for");
        terminal.note(format!("warning: {text}; {hint}").trim_end_matches("; "))?;
    }
    let text = match priced.gap {
        Some(PriceGap::UnknownProvider) => provider(args, book),
        Some(PriceGap::UnknownModel) => model(args, book),
        Some(
            PriceGap::NoModel
            | PriceGap::NoUsage
            | PriceGap::Audio
            | PriceGap::OtherUnit
            | PriceGap::NoRateForBucket
            | PriceGap::NotInForce
            | PriceGap::SelfHosted
            | PriceGap::PlatformLicence
            | PriceGap::Overflow,
        )
        | None => return Ok(()),
    };
    terminal.note(text.trim_end_matches("; "))
}

fn provider(args: &args::Price, book: &PriceBook) -> String {
    // Lists call these by the name of the company.
    let ours = [Provider::Bedrock, Provider::Vertex, Provider::Gemini];
    let listed = book.rows().map(|(_, row)| row.provider.as_str());
    let hint = near::near(
        &args.provider,
        listed.chain(ours.iter().map(Provider::as_str)),
    );
    format!(
        "no price list knows the provider `{}`; {hint}",
        args.provider
    )
}

fn model(args: &args::Price, book: &PriceBook) -> String {
    let own = provider_of(args);
    let own = own.as_ref().map_or("", Provider::as_str);
    let of = |mine: bool| {
        book.rows()
            .map(|(_, row)| row)
            .filter(|row| !mine || row.provider == own)
            .map(|row| match row.name.split_once('/') {
                // A row of one place has the place in front of the model: `eu/gpt-4o`.
                Some((_, model)) if row.place.closeness() > 0 => model,
                Some(_) | None => row.name.as_str(),
            })
            .collect::<Vec<_>>()
    };
    let mut hint = near::near(&args.model, of(true));
    if hint.is_empty() {
        // Azure and others resell what stands under its maker's name.
        hint = near::near(&args.model, of(false));
    }
    format!(
        "no price list knows the model `{}` at `{}`; {hint}",
        args.model, args.provider
    )
}
