//! A detector as bytes, and back.
//!
//! Knows no judgement. A newcomer may ask why not a general format: thousands of these are written each ten minutes,
//! and an average that came back rounded would judge otherwise after a restart.

use crate::units::UnixMillis;

use super::super::num::{In, Out};
use super::super::profile::{Place, Profile};
use super::super::scale::Scale;
use super::super::silence::Quiet;
use super::super::window::Windows;
use super::Detector;
use super::page::{Episode, Peak};

/// Version of the bytes of [`Detector::encode`].
const VERSION: u8 = 3;

impl Detector {
    /// As bytes. What is kept is an opaque blob with a version, and no book: real numbers may stand in it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        self.encode_onto(Vec::with_capacity(2048))
    }

    /// The same after other bytes.
    #[must_use]
    pub fn encode_onto(&self, bytes: Vec<u8>) -> Vec<u8> {
        let mut out = Out(bytes);
        out.byte(VERSION);
        out.whole(self.bins.into());
        out.byte(u8::from(self.at.is_some()));
        out.signed(self.at.map_or(0, |at| at.0));
        self.place.encode(&mut out);
        out.byte(self.block);
        out.byte(self.peak.age);
        out.byte(self.episode.since);
        out.byte(u8::from(self.episode.busy) | u8::from(self.gated) << 1);
        out.whole(self.episode.pooled.map_or(0, |bins| u64::from(bins) + 1));
        for x in [
            self.active,
            self.peak.score,
            self.episode.memory,
            self.episode.excess,
            self.episode.score,
        ] {
            out.real(x);
        }
        self.profile.encode(&mut out);
        self.windows.encode(&mut out);
        for scale in &self.scales {
            scale.encode(&mut out);
        }
        self.quiet.encode(&mut out);
        out.0
    }

    /// From bytes; none where they are not a detector's, or another version's: then it starts afresh.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Detector> {
        let mut bytes = In(bytes);
        if bytes.byte()? != VERSION {
            return None;
        }
        let bins = bytes.small()?;
        let told = bytes.byte()?;
        let at = bytes.signed()?;
        let place = Place::decode(&mut bytes)?;
        let (block, age, since, flags) =
            (bytes.byte()?, bytes.byte()?, bytes.byte()?, bytes.byte()?);
        let pooled: u64 = bytes.whole()?;
        let active = bytes.real()?;
        let peak = Peak {
            score: bytes.real()?,
            age,
        };
        let episode = Episode {
            since,
            busy: flags & 1 == 1,
            pooled: match pooled.checked_sub(1) {
                Some(bins) => Some(u32::try_from(bins).ok()?),
                None => None,
            },
            memory: bytes.real()?,
            excess: bytes.real()?,
            score: bytes.real()?,
        };
        let detector = Detector {
            bins,
            place,
            at: (told == 1).then_some(UnixMillis(at)),
            active,
            profile: Profile::decode(&mut bytes)?,
            windows: Windows::decode(&mut bytes)?,
            scales: [
                Scale::decode(&mut bytes)?,
                Scale::decode(&mut bytes)?,
                Scale::decode(&mut bytes)?,
            ],
            quiet: Quiet::decode(&mut bytes)?,
            block,
            peak,
            episode,
            gated: flags & 2 == 2,
        };
        bytes.0.is_empty().then_some(detector)
    }
}
