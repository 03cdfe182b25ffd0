//! What the books tell a watch, in the order in which they are complete.
//!
//! Knows no ledger. A newcomer may ask why keys are numbers: a minute of ten thousand series is
//! told every minute, their names once.

use std::rc::Rc;

use crate::cell::{Cell, Totals};
use crate::entry::CellKey;
use crate::ids::Fingerprint;
use crate::link::{LinkKey, LinkTotals};
use crate::units::{Text, UnixMillis};

/// Something that the books tell.
#[derive(Clone, Debug)]
pub enum Fact {
    /// The name of a cell's number, before its first cell.
    Key(i64, Rc<CellKey>),
    /// All cells of a minute that is complete. One told before takes its place: late records came.
    Minute(UnixMillis, Vec<(i64, Cell)>),
    /// All cells of a minute that is not complete: only what can rise is judged by it.
    Partial(UnixMillis, Vec<(i64, Cell)>),
    /// All cells of an hour that is complete: for windows longer than minutes are kept.
    Hour(UnixMillis, Vec<(i64, Cell)>),
    /// All cells of a calendar day that begins there, so far.
    Day(UnixMillis, Vec<(i64, Cell)>),
    /// The links of an hour.
    Links(UnixMillis, Vec<(LinkKey, LinkTotals)>),
    /// Credential, endpoint and totals of an hour.
    Credentials(UnixMillis, Vec<(Text, Text, Totals)>),
    /// User group, feature and totals of a day.
    Groups(UnixMillis, Vec<(Text, Text, Totals)>),
    /// Conversation, feature and totals of a day: those with the most requests and tokens.
    Conversations(UnixMillis, Vec<(Fingerprint, Text, Totals)>),
    /// How sources stand.
    Sources(Vec<SourceFact>),
}

/// How a source stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceFact {
    /// Its name.
    pub source: Text,
    /// Up to where it is complete; `None`: not known.
    pub complete_to: Option<UnixMillis>,
    /// Milliseconds that it is behind.
    pub lag_ms: Option<i64>,
    /// When its last record came, by the daemon's clock.
    pub last_at: Option<UnixMillis>,
    /// Records received today.
    pub received: i64,
    /// Of them in quarantine.
    pub quarantined: i64,
    /// Records known to be lost, in all.
    pub lost: i64,
}

/// What the registry says of a feature.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeclaredFeature {
    /// `application/skill`.
    pub feature: Text,
    /// The name for people.
    pub display_name: Text,
    /// Its application.
    pub application: Text,
    /// Who answers for it.
    pub owner: Text,
    /// Endpoints that it may use; empty: all.
    pub endpoints: Vec<Text>,
    /// No call may go anywhere else.
    pub fail_closed: bool,
    /// Groups it is meant for; empty: all.
    pub user_groups: Vec<Text>,
    /// Approved cost of an answered request, in nano-dollars.
    pub approved_nanousd: Option<i64>,
    /// Approved tokens of an answered request.
    pub approved_tokens: Option<i64>,
    /// Approved calls a day.
    pub approved_calls: Option<i64>,
    /// Approved share of retries, in millionths.
    pub approved_retries_ppm: Option<i64>,
    /// Tokens that one conversation may use.
    pub conversation_tokens: Option<i64>,
    /// Its budget of a calendar month, in nano-dollars.
    pub budget_nanousd: Option<i64>,
    /// The day its pilot began.
    pub pilot_since: Option<UnixMillis>,
}

/// What the registry says of an endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeclaredEndpoint {
    /// Its name.
    pub endpoint: Text,
    /// The name for people.
    pub display_name: Text,
    /// Reference of its credential.
    pub credential: Text,
    /// Its model.
    pub model: Text,
    /// Its region as declared.
    pub region: Text,
    /// The endpoint that takes over.
    pub fallback: Option<Text>,
    /// No call may go anywhere else.
    pub fail_closed: bool,
    /// Its timeout in milliseconds.
    pub timeout_ms: Option<i64>,
    /// The model's context in tokens.
    pub context_tokens: Option<i64>,
    /// When its credential was made.
    pub credential_rotated: Option<UnixMillis>,
    /// When its credential has to be replaced.
    pub credential_due: Option<UnixMillis>,
    /// When its model is retired.
    pub retires: Option<UnixMillis>,
}

/// What the registry says, for everything that rules hold figures against.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declared {
    /// Registered features, by key.
    pub features: Vec<DeclaredFeature>,
    /// Registered endpoints, by name.
    pub endpoints: Vec<DeclaredEndpoint>,
    /// The company's budget of a calendar month, in nano-dollars.
    pub budget_nanousd: Option<i64>,
    /// The day of the newest price list.
    pub prices_of: Option<UnixMillis>,
}
