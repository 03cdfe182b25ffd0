//! What an alert is about: the values of the dimensions that a rule tells apart.
//!
//! Knows no metric. A newcomer may ask why the empty series exists: a rule over everything is about
//! no feature in particular.

use serde::{Deserialize, Serialize};

use crate::units::Text;

/// What figures can be told apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Dimension {
    /// `application/skill`.
    Feature,
    /// The feature's application.
    Application,
    /// Registered endpoint, or host.
    Endpoint,
    /// Model.
    Model,
    /// Provider.
    Provider,
    /// Reference of the credential.
    Credential,
    /// Group of users.
    UserGroup,
    /// Source of records.
    Source,
    /// Region where calls landed.
    Region,
    /// Keyed fingerprint of a conversation.
    Conversation,
}

impl Dimension {
    /// All of them, in order.
    pub const ALL: [Dimension; 10] = [
        Dimension::Feature,
        Dimension::Application,
        Dimension::Endpoint,
        Dimension::Model,
        Dimension::Provider,
        Dimension::Credential,
        Dimension::UserGroup,
        Dimension::Source,
        Dimension::Region,
        Dimension::Conversation,
    ];

    /// The word for rules, tables and labels.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Dimension::Feature => "feature",
            Dimension::Application => "application",
            Dimension::Endpoint => "endpoint",
            Dimension::Model => "model",
            Dimension::Provider => "provider",
            Dimension::Credential => "credential",
            Dimension::UserGroup => "user_group",
            Dimension::Source => "source",
            Dimension::Region => "region",
            Dimension::Conversation => "conversation",
        }
    }

    /// The dimension of that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Dimension> {
        Self::ALL.into_iter().find(|one| one.as_str() == word)
    }
}

/// What an alert is about, by dimension; empty: everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Series(Vec<(Dimension, Text)>);

impl Series {
    /// The series of these values, in the order of dimensions.
    #[must_use]
    pub fn new(mut values: Vec<(Dimension, Text)>) -> Series {
        values.sort();
        Series(values)
    }

    /// Its values, in the order of dimensions.
    #[must_use]
    pub fn values(&self) -> &[(Dimension, Text)] {
        &self.0
    }

    /// The value of a dimension; `None` where it is not told apart.
    #[must_use]
    pub fn get(&self, dimension: Dimension) -> Option<&Text> {
        let found = self.0.iter().find(|(one, _)| *one == dimension);
        found.map(|(_, value)| value)
    }
}
