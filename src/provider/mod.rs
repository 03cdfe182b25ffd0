//! Placeholder of the skeleton: which hosts and paths are LLM endpoints.

use crate::call::{Destination, Evidence, Provider};
use crate::units::Text;

/// What host and path tell of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recognised {
    /// Where it went.
    pub destination: Destination,
    /// What host and path say about the region.
    pub evidence: Vec<Evidence>,
}

/// A destination that the registry names although its host is nobody's known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Host in lower case.
    pub host: Text,
    /// Port, where registered.
    pub port: Option<u16>,
    /// Path prefix on a segment border; empty for all paths.
    pub path_prefix: Text,
    /// The provider, where registered.
    pub provider: Option<Provider>,
}

/// Which hosts and paths are LLM endpoints: those of known providers and those registered.
#[derive(Clone, Debug, Default)]
pub struct Gate {
    registered: Vec<Registered>,
}

impl Gate {
    /// A gate that also admits `registered`.
    #[must_use]
    pub fn new(registered: Vec<Registered>) -> Gate {
        Gate { registered }
    }

    /// What is known of a call to `host` (any case, with or without port) and `path`; `None` when
    /// it is no LLM call.
    #[must_use]
    pub fn admit(&self, _host: &str, _path: &str) -> Option<Recognised> {
        let _ = &self.registered;
        None
    }

    /// Whether any path of that host could be admitted: cheap, for skimming. `false` is final.
    #[must_use]
    pub fn might_admit(&self, _host: &str, _path: &str) -> bool {
        true
    }
}
