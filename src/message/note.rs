//! A step in two lines, for a mark on a dashboard.
//!
//! Knows no series. A newcomer may ask why it says less than a mail: it is written for every step, those that
//! nobody is told among them, and the books are searched only for what somebody is told.

use chrono_tz::Tz;

use crate::alert::Notice;

use super::{Around, view, wrap};

/// What a mark says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Note {
    /// The subject of its mail, without state.
    pub title: String,
    /// What, how big, and since when; then what to do.
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
    let parts = [view.lead.as_str(), view.act.as_str()];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    Note {
        title: wrap::plain(&view.topic),
        text: wrap::plain(&parts.join(" ")),
    }
}
