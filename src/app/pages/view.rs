//! What an address chooses: the span of days, a feature, the zone of times.
//!
//! Knows no page. A newcomer may ask why days are the ledger's whatever zone is chosen: books are
//! closed by day, and a day of another zone would add up to figures that no report has.

use chrono::{Datelike, Days, NaiveDate};
use chrono_tz::Tz;

use crate::app::Failure;
use crate::judge::Rulebook;
use crate::ledger::{Ledger, Span, Zones};
use crate::units::{DAY_MS, UnixMillis};
use crate::web::page::Choice;
use crate::web::{Asked, Refused};

/// Days that are shown where nobody chose.
const USUAL_DAYS: u64 = 14;
/// Most days that a page is made of.
const DAYS_MAX: i64 = 800;

/// What is chosen.
#[derive(Clone, Debug)]
pub(super) struct View {
    /// The chosen days.
    pub(super) span: Span,
    /// First and last of them.
    pub(super) from: NaiveDate,
    pub(super) to: NaiveDate,
    /// The date of the present, in the ledger's zone.
    pub(super) today: NaiveDate,
    /// First and last day of the books; `None` while they are empty.
    pub(super) books: Option<(NaiveDate, NaiveDate)>,
    /// The chosen feature.
    pub(super) feature: Option<String>,
    /// The zone that times are told in.
    pub(super) zone: Tz,
    /// As it is written behind an address.
    pub(super) query: String,
    /// The zones that can be chosen.
    zones: Vec<String>,
}

impl View {
    /// What `asked` chooses in these books.
    pub(super) fn of(ledger: &dyn Ledger, asked: &Asked, now: UnixMillis) -> Result<View, Fault> {
        let zones = ledger.zones();
        let today = zones.date_of(now);
        let booked = ledger.day_configs(Span::ALL).map_err(Failure::from)?;
        let days = booked.iter().map(|row| zones.date_of(row.day));
        let books = days.clone().min().zip(days.max());
        let last = books.map_or(today, |(_, last)| last);
        let to = date(asked, "to")?.unwrap_or(last);
        let usual = to.checked_sub_days(Days::new(USUAL_DAYS - 1)).unwrap_or(to);
        let first = books.map_or(usual, |(first, _)| usual.max(first).min(to));
        let from = date(asked, "from")?.unwrap_or(first);
        if from > to {
            return Err(right("from", "a day before `to`"));
        }
        if (to - from).num_days() >= DAYS_MAX {
            return Err(right("from", "at most 800 days before `to`"));
        }
        let own = zones
            .rows()
            .last()
            .map_or("UTC".to_owned(), |row| row.name.to_string());
        let named = asked.get("zone").unwrap_or(&own);
        let zone: Tz = named
            .parse()
            .map_err(|_| right("zone", "an IANA name such as `Europe/Berlin`"))?;
        let mut choices = vec![own, "UTC".to_owned(), zone.name().to_owned()];
        choices.dedup();
        choices.sort();
        choices.dedup();
        let kept = ["from", "to", "feature", "zone"];
        let mut chosen = Asked::default();
        for (name, value) in asked.iter().filter(|(name, _)| kept.contains(name)) {
            chosen = chosen.with(name, value);
        }
        Ok(View {
            span: Span {
                from: midnight(zones, from),
                to: midnight(zones, next(to)),
            },
            from,
            to,
            today,
            books,
            feature: asked.get("feature").map(str::to_owned),
            zone,
            query: chosen.query(),
            zones: choices,
        })
    }

    /// The same, of all days of the books where none are named.
    pub(super) fn all(ledger: &dyn Ledger, asked: &Asked, now: UnixMillis) -> Result<View, Fault> {
        let view = View::of(ledger, asked, now)?;
        let (Some((first, _)), None) = (view.books, asked.get("from")) else {
            return Ok(view);
        };
        let longest = view
            .to
            .checked_sub_days(Days::new(DAYS_MAX.unsigned_abs() - 1));
        let first = first.max(longest.unwrap_or(first)).min(view.to);
        View::of(ledger, &asked.with("from", &first.to_string()), now)
    }

    /// How many days are chosen.
    pub(super) fn days(&self) -> i64 {
        (self.to - self.from).num_days() + 1
    }

    /// The days of as long a span before this one.
    pub(super) fn before(&self, zones: &Zones) -> (Span, NaiveDate, NaiveDate) {
        let days = Days::new(u64::try_from(self.days()).unwrap_or(1));
        let from = self.from.checked_sub_days(days).unwrap_or(self.from);
        let to = self.from.pred_opt().unwrap_or(self.from);
        let span = Span {
            from: midnight(zones, from),
            to: self.span.from,
        };
        (span, from, to)
    }

    /// One day.
    pub(super) fn day(zones: &Zones, day: NaiveDate) -> Span {
        Span {
            from: midnight(zones, day),
            to: midnight(zones, next(day)),
        }
    }

    /// From the first of the month of a day to its end.
    pub(super) fn month(zones: &Zones, day: NaiveDate) -> Span {
        Span {
            from: midnight(zones, day.with_day(1).unwrap_or(day)),
            to: midnight(zones, next(day)),
        }
    }

    /// A link to a page with what is chosen here.
    pub(super) fn link(&self, path: &str) -> String {
        format!("{path}{}", self.query)
    }

    /// The same for one feature.
    pub(super) fn feature_link(&self, path: &str, feature: &str) -> String {
        let chosen = self.query.trim_start_matches('?');
        let asked = Asked::parse(chosen).unwrap_or_default();
        format!("{path}{}", asked.with("feature", feature).query())
    }

    /// A day in words: `14 Nov`, with the year where it is not this one.
    pub(super) fn day_text(&self, day: NaiveDate) -> String {
        let form = if day.year() == self.today.year() {
            "%-d %b"
        } else {
            "%-d %b %Y"
        };
        day.format(form).to_string()
    }

    /// A time in words, where the reader lives: `13 Nov 16:40`.
    pub(super) fn time_text(&self, at: UnixMillis) -> String {
        at.to_utc()
            .with_timezone(&self.zone)
            .format("%-d %b %H:%M")
            .to_string()
    }

    /// The same to the second, for single calls.
    pub(super) fn time_text_seconds(&self, at: UnixMillis) -> String {
        at.to_utc()
            .with_timezone(&self.zone)
            .format("%-d %b %H:%M:%S")
            .to_string()
    }

    /// A day as the subject of a sentence: today, yesterday, or its date.
    pub(super) fn subject(&self, day: NaiveDate) -> String {
        if day == self.today {
            "Today".to_owned()
        } else if Some(day) == self.today.pred_opt() {
            "Yesterday".to_owned()
        } else {
            day.format("%A %-d %B").to_string()
        }
    }

    /// What can be chosen on the page at `path`.
    pub(super) fn choice(&self, path: &str, rules: &Rulebook, seen: &[(String, String)]) -> Choice {
        let mut features: Vec<(String, String)> = rules
            .features
            .iter()
            .map(|(_, feature)| {
                let name = crate::app::report::display(&feature.key, Some(&feature.display_name));
                (feature.key.to_string(), name.to_owned())
            })
            .chain(seen.iter().cloned())
            .collect();
        features.sort_by(|a, b| a.1.cmp(&b.1).then_with(|| a.0.cmp(&b.0)));
        features.dedup_by(|a, b| a.0 == b.0);
        if let Some(chosen) = &self.feature
            && !features.iter().any(|(key, _)| key == chosen)
        {
            features.push((chosen.clone(), chosen.clone()));
        }
        let asked = Asked::parse(self.query.trim_start_matches('?')).unwrap_or_default();
        let spans = [
            (1, "1 day"),
            (7, "7 days"),
            (14, "14 days"),
            (30, "30 days"),
            (90, "90 days"),
        ];
        let spans = spans.map(|(days, name)| {
            let from = self
                .to
                .checked_sub_days(Days::new(days - 1))
                .unwrap_or(self.to);
            let chosen = asked
                .with("from", &from.to_string())
                .with("to", &self.to.to_string());
            (name.to_owned(), format!("{path}{}", chosen.query()))
        });
        Choice {
            from: self.from.to_string(),
            to: self.to.to_string(),
            span: self.span_text(),
            spans: spans.to_vec(),
            feature: self.feature.clone().unwrap_or_default(),
            features,
            zone: self.zone.name().to_owned(),
            zones: self.zones.clone(),
            hidden: Vec::new(),
            search: None,
            against: None,
            query: self.query.clone(),
            whole: String::new(),
        }
    }

    /// The span in words: `8 to 21 Nov 2026`.
    pub(super) fn span_text(&self) -> String {
        let to = self.to.format("%-d %b %Y");
        if self.from == self.to {
            return to.to_string();
        }
        let same_month = (self.from.year(), self.from.month()) == (self.to.year(), self.to.month());
        let form = if same_month { "%-d" } else { "%-d %b %Y" };
        format!("{} to {to}", self.from.format(form))
    }
}

/// Why a page cannot be made.
#[derive(Debug)]
pub(super) enum Fault {
    /// The address is wrong, or asks for what is not there.
    Refused(Refused),
    /// The books cannot be read.
    Failed(Failure),
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Fault {
        Fault::Failed(failure)
    }
}

impl From<crate::ledger::Fault> for Fault {
    fn from(fault: crate::ledger::Fault) -> Fault {
        Fault::Failed(fault.into())
    }
}

/// A day that the address names.
pub(super) fn date(asked: &Asked, name: &str) -> Result<Option<NaiveDate>, Fault> {
    let Some(text) = asked.get(name) else {
        return Ok(None);
    };
    let date: Option<NaiveDate> = text.parse().ok();
    let plausible = date.filter(|date| (2015..2100).contains(&date.year()));
    plausible
        .map(Some)
        .ok_or_else(|| right(name, "a day such as `2026-11-20`"))
}

/// A parameter is wrong; what would be right.
pub(super) fn right(name: &str, right: &str) -> Fault {
    Fault::Refused(Refused::Parameter(name.to_owned(), right.to_owned()))
}

fn next(date: NaiveDate) -> NaiveDate {
    date.succ_opt().unwrap_or(date)
}

/// Where a date begins by the ledger's zones.
fn midnight(zones: &Zones, date: NaiveDate) -> UnixMillis {
    // Noon lies on its date in every zone.
    let noon = date
        .and_hms_opt(12, 0, 0)
        .map_or(0, |noon| noon.and_utc().timestamp_millis());
    let start = zones.day_of(UnixMillis(noon));
    if zones.date_of(start) < date {
        zones.day_of(UnixMillis(noon + DAY_MS / 2))
    } else {
        start
    }
}
