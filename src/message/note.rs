//! A step in two lines, for a mark on a dashboard.
//!
//! Knows no series. A newcomer may ask why it says less than a mail: it is written for every step, those that
//! nobody is told among them, and the books are searched for what to do only where somebody is told.

use chrono_tz::Tz;

use crate::alert::Notice;

use super::{Around, view, wrap};

/// What a mark says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Note {
    /// The subject of its mail, without state.
    pub title: String,
    /// What, how big, and since when.
    pub text: String,
}

/// The mark of a step.
#[must_use]
pub fn note(notice: &Notice, zone: Tz) -> Note {
    let around = Around {
        zone,
        sign: &|_, _| None,
        ..Around::example()
    };
    let view = view::view(notice, &around);
    Note {
        title: wrap::plain(&view.topic),
        text: wrap::plain(&view.lead),
    }
}
