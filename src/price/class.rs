//! How far a cost can be trusted: classes, rules of approximation, reasons for no price.
//!
//! Knows no row. A newcomer may ask why the order of the rules matters: a cost names one rule, and
//! the first of the list says most about how far it may be off.

/// How much a cost can be trusted. The classes are never added up into one figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PriceClass {
    /// By a row that holds for this very model, place, tier and time.
    Exact,
    /// By a named rule; see [`Approximation`].
    Approximated,
    /// The endpoint is paid by the hour: the call itself costs nothing more.
    Fixed,
    /// No price; see [`PriceGap`].
    Unpriced,
}

impl PriceClass {
    /// The word used in tables, exports and tests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            PriceClass::Exact => "exact",
            PriceClass::Approximated => "approximated",
            PriceClass::Fixed => "fixed",
            PriceClass::Unpriced => "unpriced",
        }
    }
}

/// The rule by which a cost was approximated. Where several apply, the first of this list is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Approximation {
    /// The row is another provider's for the same model name.
    OtherProvidersRow,
    /// The answering model has no row; that of the requested name was used.
    RequestedModel,
    /// The dated model name has no row; that of the undated name was used.
    UndatedName,
    /// The place is unknown or has no row: the price of the nearest place was used, global first.
    NearestScope,
    /// The provider's general regional uplift on the global price.
    RegionalUplift,
    /// The row is the list price of another region.
    OtherRegion,
    /// The provider's general batch discount on the standard price.
    BatchDiscount,
    /// The tier has no row: the standard price was used.
    StandardTier,
    /// The tier's row starts later than the call.
    TierDatedLater,
    /// The report does not tell where inference ran, and the price hangs on it.
    GeoUntold,
    /// The report does not tell cached tokens apart: all input at the full rate.
    CacheUntold,
    /// The report leaves open whether input counts include cached tokens.
    ConventionUntold,
    /// Cached tokens, and the row has no rate for them: the next more general rate was used.
    CacheRateMissing,
    /// Web searches, and the row has no rate for them: not in the cost.
    SearchRateMissing,
}

impl Approximation {
    /// All of them, in the order of precedence.
    pub const ALL: [Approximation; 14] = [
        Approximation::OtherProvidersRow,
        Approximation::RequestedModel,
        Approximation::UndatedName,
        Approximation::NearestScope,
        Approximation::RegionalUplift,
        Approximation::OtherRegion,
        Approximation::BatchDiscount,
        Approximation::StandardTier,
        Approximation::TierDatedLater,
        Approximation::GeoUntold,
        Approximation::CacheUntold,
        Approximation::ConventionUntold,
        Approximation::CacheRateMissing,
        Approximation::SearchRateMissing,
    ];

    /// The word used in tables, exports and tests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Approximation::OtherProvidersRow => "other_providers_row",
            Approximation::RequestedModel => "requested_model",
            Approximation::UndatedName => "undated_name",
            Approximation::NearestScope => "nearest_scope",
            Approximation::RegionalUplift => "regional_uplift",
            Approximation::OtherRegion => "other_region",
            Approximation::BatchDiscount => "batch_discount",
            Approximation::StandardTier => "standard_tier",
            Approximation::TierDatedLater => "tier_dated_later",
            Approximation::GeoUntold => "geo_untold",
            Approximation::CacheUntold => "cache_untold",
            Approximation::ConventionUntold => "convention_untold",
            Approximation::CacheRateMissing => "cache_rate_missing",
            Approximation::SearchRateMissing => "search_rate_missing",
        }
    }
}

/// Why a call has no cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PriceGap {
    /// The report names no model.
    NoModel,
    /// No list knows the model at this provider.
    UnknownModel,
    /// The report names a provider that nobody knows: neither a list nor a host of its own.
    UnknownProvider,
    /// The report tells no tokens.
    NoUsage,
    /// Audio tokens are among the counts, and not told apart.
    Audio,
    /// The row is priced by a unit that is not counted (hours of audio, pages, images).
    OtherUnit,
    /// The row has no rate for tokens that the call used.
    NoRateForBucket,
    /// Every row of the model starts later or ended earlier.
    NotInForce,
    /// Own hardware, and no row of the user says what it costs.
    SelfHosted,
    /// Paid by the platform's licence, not by tokens.
    PlatformLicence,
    /// The amount does not fit.
    Overflow,
}

impl PriceGap {
    /// All of them.
    pub const ALL: [PriceGap; 11] = [
        PriceGap::NoModel,
        PriceGap::UnknownModel,
        PriceGap::UnknownProvider,
        PriceGap::NoUsage,
        PriceGap::Audio,
        PriceGap::OtherUnit,
        PriceGap::NoRateForBucket,
        PriceGap::NotInForce,
        PriceGap::SelfHosted,
        PriceGap::PlatformLicence,
        PriceGap::Overflow,
    ];

    /// The word used in tables, exports and tests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            PriceGap::NoModel => "no_model",
            PriceGap::UnknownModel => "unknown_model",
            PriceGap::UnknownProvider => "unknown_provider",
            PriceGap::NoUsage => "no_usage",
            PriceGap::Audio => "audio",
            PriceGap::OtherUnit => "other_unit",
            PriceGap::NoRateForBucket => "no_rate_for_bucket",
            PriceGap::NotInForce => "not_in_force",
            PriceGap::SelfHosted => "self_hosted",
            PriceGap::PlatformLicence => "platform_licence",
            PriceGap::Overflow => "overflow",
        }
    }
}
