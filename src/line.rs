//! Call lines: what each metered report added and was judged by, in compressed chunks.
//!
//! Knows no ledger and no hour. A newcomer may ask why a line has the told facts beside the booked
//! figures: the figures explain an old call, the facts let it be judged again under other rules.

mod again;
mod brief;
mod kind;
mod parts;
pub(crate) mod pool;
mod read;
mod view;
mod write;

use std::sync::Arc;

use crate::call::{Destination, Evidence, Format, Origin as Who, Report, Transport, UsageReport};
use crate::entry::{CallAdds, CellKey, Entry, LeftOut, Origin, RequestAdds};
use crate::ids::{ConfigNumber, Fingerprint, Identity, IdentityKind};
use crate::units::{Text, UnixMillis};

pub use brief::{Brief, TakeBrief, briefs};
pub use read::{Glance, Wanted, decode, decode_where};
pub use write::{encode, encode_lines};

/// Version of the chunk's layout.
const VERSION: u8 = 2;
/// The version before: without identities, whether a credential was told, and what was left out.
const FIRST: u8 = 1;
/// Plain bytes follow.
const PLAIN: u8 = 0;
/// A zstd frame follows.
const ZSTD: u8 = 1;
/// Columns of numbers.
const COLUMNS: usize = 18;

/// What a chunk of lines holds that cannot be read: damaged, or of a later version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a chunk of call lines of a known version")]
pub struct BadChunk;

/// The two fact groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Groups {
    /// Host, status, latency, region.
    pub transport: bool,
    /// Tokens, model.
    pub usage: bool,
}

/// What many lines share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// Name of the source.
    pub source: Text,
    /// Topic, or path of the file.
    pub topic: Text,
    /// Partition; 0 for files.
    pub partition: i32,
    /// The format it came in.
    pub format: Format,
    /// Who told within the format.
    pub teller: Text,
    /// What kind of key names the call.
    pub identity: IdentityKind,
    /// Configuration it was judged under.
    pub config: ConfigNumber,
    /// Where it went.
    pub destination: Destination,
    /// Facts on where it landed.
    pub evidence: Vec<Evidence>,
    /// Who made the call; user and conversation are blank.
    pub who: Who,
    /// Group of the user by the configuration.
    pub user_group: Text,
    /// Reference of the credential.
    pub credential: Text,
    /// Whether the report told it itself; `None` in lines of the first version, which cannot be
    /// judged again for that.
    pub credential_told: Option<bool>,
    /// What the report told and did not count.
    pub left_out: LeftOut,
    /// Transport facts without their numbers (those booked stand in the line) and without what
    /// headers told of rate limits.
    pub transport: Option<Transport>,
    /// Usage facts without their numbers.
    pub usage: Option<UsageReport>,
    /// Its cell.
    pub key: CellKey,
    /// Name of the price row used, or of the reason why there is none.
    pub price_row: Text,
    /// Name of the residency rule.
    pub rule: Text,
    /// The words of the strongest evidence.
    pub evidence_words: Text,
}

/// One metered report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it shares with others.
    pub about: Arc<About>,
    /// When the call began.
    pub at: UnixMillis,
    /// Order among calls of one millisecond.
    pub sequence: Text,
    /// The identity's key in the books; the identity itself is not kept.
    pub id: u64,
    /// The identity as told, cut to a name's length, for evidence; blank where no call was added, and
    /// in lines of the first version.
    pub identity: Text,
    /// Offset of its record.
    pub offset: u64,
    /// What the call added, where it was new to the books.
    pub call: Option<CallAdds>,
    /// What the request added, where it was new to the books.
    pub request: Option<RequestAdds>,
    /// Keyed fingerprint of the user.
    pub user: Option<Fingerprint>,
    /// Keyed fingerprint of the conversation.
    pub conversation: Option<Fingerprint>,
}

impl Line {
    /// The fact groups that it added.
    #[must_use]
    pub fn groups(&self) -> Groups {
        Groups {
            transport: self.call.is_some(),
            usage: self.request.is_some(),
        }
    }

    /// Where its record stands.
    #[must_use]
    pub fn origin(&self) -> Origin {
        Origin {
            source: self.about.source.clone(),
            topic: self.about.topic.clone(),
            partition: self.about.partition,
            offset: self.offset,
        }
    }

    /// The report as far as it is kept, for judging it again. Numbers of a half that was not new
    /// are gone; the identity's value may be cut or blank.
    #[must_use]
    pub fn report(&self) -> Report {
        let about = &*self.about;
        let mut origin = about.who.clone();
        if about.credential_told == Some(true) {
            origin.credential.clone_from(&about.credential);
        }
        let told = |bytes: u64| (bytes > 0).then_some(bytes);
        let mut transport = about.transport.clone();
        if let (Some(transport), Some(call)) = (&mut transport, &self.call) {
            transport.latency = call.latency;
            transport.request_bytes = told(call.request_bytes);
            transport.response_bytes = told(call.response_bytes);
            transport.stated_retries = (call.stated_retries > 0).then_some(call.stated_retries);
        }
        let mut usage = about.usage.clone();
        if let (Some(usage), Some(request)) = (&mut usage, &self.request) {
            usage.usage = request.usage;
            usage.web_searches = request.web_searches;
            usage.duration = request.duration;
        }
        Report {
            format: about.format,
            teller: about.teller.clone(),
            identity: Identity::new(about.identity, self.identity.clone()),
            at: self.at,
            sequence: self.sequence.clone(),
            destination: about.destination.clone(),
            transport,
            usage,
            origin,
            evidence: about.evidence.clone(),
        }
    }
}

/// An entry to be kept as a line, with what the entry itself does not know.
#[derive(Clone, Copy, Debug)]
pub struct Kept<'a> {
    /// The entry; only halves that were new to the books are left in it.
    pub entry: &'a Entry,
    /// Its identity's key.
    pub id: u64,
    /// Its key as booked.
    pub key: &'a CellKey,
    /// Name of the source.
    pub source: &'a Text,
    /// Topic, or path of the file.
    pub topic: &'a Text,
    /// Partition; 0 for files.
    pub partition: i32,
}

#[cfg(test)]
mod tests;
