//! Says whose a call is: the registered endpoint it went to, the feature it served, the group of
//! its user.
//!
//! Knows no file, price or record format. A newcomer may ask why a usage report can have no
//! endpoint: it names a model's alias and no host, and where two endpoints serve that alias,
//! nobody can tell which one answered.

mod endpoint;
mod feature;
mod inventory;
mod matcher;
mod named;
mod people;
mod registry;
mod skills;
mod strictest;
mod worded;

pub use endpoint::{BaseUrl, CostModel, CountsFrom, Endpoint, EndpointId, FallbackPolicy};
pub use feature::{Approved, Attributed, Feature, FeatureId, Features, How, Needs, UNATTRIBUTED};
pub use inventory::{Inventory, Listed, Resource, Stated};
pub use matcher::{Kind, Matcher};
pub use named::{UNTOLD_HALF, key_of};
pub use people::Groups;
pub use registry::{Found, Registry};
pub use skills::{Application, Skill, Skills};
pub use strictest::Strictest;
pub use worded::{Added, Named, Names};
