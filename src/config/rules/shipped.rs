//! The shipped rules, as they are built in.
//!
//! Knows nothing of what stands in them. A newcomer may ask why they are built in and not read: a
//! daemon without any configuration must not be blind.

/// Name and text of each shipped file.
pub const SHIPPED: &[(&str, &str)] = &[
    (
        "alerts/rules/data.toml",
        include_str!("../../../alerts/rules/data.toml"),
    ),
    (
        "alerts/rules/registry.toml",
        include_str!("../../../alerts/rules/registry.toml"),
    ),
    (
        "alerts/rules/residency.toml",
        include_str!("../../../alerts/rules/residency.toml"),
    ),
    (
        "alerts/rules/service.toml",
        include_str!("../../../alerts/rules/service.toml"),
    ),
    (
        "alerts/rules/spend.toml",
        include_str!("../../../alerts/rules/spend.toml"),
    ),
];
