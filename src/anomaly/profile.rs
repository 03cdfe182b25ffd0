//! What a series is expected to do in a bin: hour of the day, hour of the week, and how high it stands now.
//!
//! Knows no score and no unit: counts, shares and logarithms are averaged alike. A newcomer may ask why
//! a level below the profile is not believed: a quiet hour before the morning's rise is usual, and
//! believing it makes every morning an incident.

use super::num::{In, Out, gain, lean};

/// Half-lives of the three levels, in bins: 2.3 hours, 12 hours, 3 days.
const LEVELS: [f64; 3] = [14.0, 72.0, 432.0];
/// How much of a level above the profile is believed.
const BELIEVED: f64 = 0.75;
/// How far below the profile a value counts at most, in parts of it: a pause is no lower level.
const DOWN: f64 = 0.5;
/// Bins after which an hour of the day counts, and the most that its average remembers.
const DAY_FROM: u8 = 6;
const DAY_MOST: u8 = 30;
/// The same for an hour of the week.
const WEEK_FROM: u8 = 3;
const WEEK_MOST: u8 = 12;

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Cell {
    mean: f32,
    visits: u8,
}

impl Cell {
    fn learn(&mut self, value: f64, weight: f64, most: u8) {
        self.visits = self.visits.saturating_add(1).min(most);
        let first = self.visits == 1;
        let weight = if first { 1.0 } else { weight };
        lean(&mut self.mean, value, weight / f64::from(self.visits));
    }

    fn encode(self, out: &mut Out) {
        out.byte(self.visits);
        out.real(self.mean);
    }

    fn decode(bytes: &mut In<'_>) -> Option<Cell> {
        Some(Cell {
            visits: bytes.byte()?,
            mean: bytes.real()?,
        })
    }
}

/// Where in the week a bin lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    /// Hour of the week.
    pub(super) hour: u16,
    /// Which of the hour's bins.
    part: u8,
    /// How many bins the hour before had: six of ten minutes, one of an hour.
    bins: u8,
}

impl Place {
    pub(super) fn new() -> Place {
        Place {
            hour: 0,
            part: 0,
            bins: 6,
        }
    }

    /// The next bin's, which lies in this hour. Counted, since zones differ by half hours, too.
    pub(super) fn next(self, hour_of_week: u16) -> Place {
        let hour = hour_of_week % 168;
        if hour == self.hour {
            let part = (self.part + 1).min(5);
            return Place { part, ..self };
        }
        Place {
            hour,
            part: 0,
            bins: self.part + 1,
        }
    }

    /// The place of the bin after this one, whatever its hour is called.
    pub(super) fn after(self) -> Place {
        if self.part + 1 < self.bins {
            self.next(self.hour)
        } else {
            Place {
                hour: (self.hour + 1) % 168,
                part: 0,
                ..self
            }
        }
    }

    /// How far the bin's middle is off the hour's, in hours.
    fn off_middle(self) -> f64 {
        ((f64::from(self.part) + 0.5) / f64::from(self.bins.max(1)) - 0.5).min(0.5)
    }

    pub(super) fn encode(self, out: &mut Out) {
        out.byte(self.part);
        out.byte(self.bins);
        out.whole(self.hour.into());
    }

    pub(super) fn decode(bytes: &mut In<'_>) -> Option<Place> {
        Some(Place {
            part: bytes.byte().filter(|part| *part < 6)?,
            bins: bytes.byte()?,
            hour: bytes.small()?,
        })
    }
}

/// The averages of one series.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Profile {
    day: [Cell; 24],
    week: [Cell; 168],
    levels: [f32; 3],
    /// How far values are off the earned profile, with the same half-lives.
    off: [f32; 3],
    seen: u32,
}

impl Profile {
    pub(super) fn new() -> Profile {
        Profile {
            day: [Cell::default(); 24],
            week: [Cell::default(); 168],
            levels: [0.0; 3],
            off: [0.0; 3],
            seen: 0,
        }
    }

    fn cells(&self, hour_of_week: u16) -> (Cell, Cell) {
        let day = self.day.get(usize::from(hour_of_week % 24));
        let week = self.week.get(usize::from(hour_of_week % 168));
        (
            day.copied().unwrap_or_default(),
            week.copied().unwrap_or_default(),
        )
    }

    /// The earned profile at this hour; none before the hour has been seen.
    fn earned(&self, hour_of_week: u16) -> Option<f64> {
        let (day, week) = self.cells(hour_of_week);
        let of_day = (day.visits >= DAY_FROM).then_some(f64::from(day.mean))?;
        Some(if week.visits >= WEEK_FROM {
            f64::midpoint(of_day, f64::from(week.mean))
        } else {
            of_day
        })
    }

    /// The profile at a bin of an hour: drawn from the middle of one hour to the middle of the next, so that a steep
    /// morning is no stair.
    fn drawn(&self, place: Place) -> Option<f64> {
        let own = self.earned(place.hour)?;
        let off = place.off_middle();
        let beside = if off < 0.0 { 167 } else { 1 };
        let other = self.earned((place.hour + beside) % 168);
        Some(other.map_or(own, |other| own + off.abs() * (other - own)))
    }

    /// The expected value of one bin, for each of the three windows.
    ///
    /// A busy series stands above its profile by what it has been off it of late: its level alone lags behind
    /// every swing of the day. In an idle one the level says more than hours that happened to be used.
    pub(super) fn expected(&self, place: Place, busy: bool) -> [f64; 3] {
        let levels = self.levels.map(f64::from);
        let Some(earned) = self.drawn(place) else {
            return levels;
        };
        let above = if busy {
            self.off.map(f64::from)
        } else {
            levels.map(|level| level - earned)
        };
        above.map(|above| earned + BELIEVED * above.max(0.0))
    }

    /// The lower of what hour and hour of the week are used to.
    pub(super) fn least(&self, hour_of_week: u16) -> f64 {
        let (day, week) = self.cells(hour_of_week);
        f64::from(day.mean.min(week.mean))
    }

    /// Bins learned.
    pub(super) fn seen(&self) -> u32 {
        self.seen
    }

    /// What a value to learn is compared with before it is believed: the higher of hour and level.
    pub(super) fn usual(&self, hour_of_week: u16) -> f64 {
        let (day, _) = self.cells(hour_of_week);
        let [level, ..] = self.levels.map(f64::from);
        if day.visits >= DAY_FROM {
            level.max(f64::from(day.mean))
        } else {
            level
        }
    }

    /// Learns a bin's value, which weighs 1 or less.
    pub(super) fn learn(&mut self, place: Place, value: f64, weight: f64) {
        let hour_of_week = place.hour;
        let off = self.drawn(place).map(|earned| value - earned);
        if let Some(cell) = self.day.get_mut(usize::from(hour_of_week % 24)) {
            cell.learn(value, weight, DAY_MOST);
        }
        if let Some(cell) = self.week.get_mut(usize::from(hour_of_week % 168)) {
            cell.learn(value, weight, WEEK_MOST);
        }
        let least = 1.0 / (f64::from(self.seen) + 1.0);
        let weight = if self.seen == 0 { 1.0 } else { weight };
        for (level, half_life) in self.levels.iter_mut().zip(LEVELS) {
            lean(level, value, weight * gain(half_life).max(least));
        }
        if let Some(off) = off {
            let off = off.max(-DOWN * (value - off).abs());
            for (mean, half_life) in self.off.iter_mut().zip(LEVELS) {
                lean(mean, off, weight * gain(half_life));
            }
        }
        self.seen = self.seen.saturating_add(1);
    }

    /// Starts again from a new normal: what every average becomes, and that it is soon corrected.
    pub(super) fn rebase(&mut self, moved: impl Fn(f64) -> f64) {
        let cells = self.day.iter_mut().chain(&mut self.week);
        for cell in cells {
            cell.mean = super::num::narrow(moved(f64::from(cell.mean)));
            cell.visits = cell.visits.min(DAY_FROM);
        }
        for level in &mut self.levels {
            *level = super::num::narrow(moved(f64::from(*level)));
        }
        self.off = [0.0; 3];
        self.seen = self.seen.min(36);
    }

    pub(super) fn encode(&self, out: &mut Out) {
        out.whole(self.seen.into());
        for x in self.levels.iter().chain(&self.off) {
            out.real(*x);
        }
        for cell in self.day.iter().chain(&self.week) {
            cell.encode(out);
        }
    }

    pub(super) fn decode(bytes: &mut In<'_>) -> Option<Profile> {
        let mut profile = Profile::new();
        profile.seen = bytes.small()?;
        for x in profile.levels.iter_mut().chain(&mut profile.off) {
            *x = bytes.real()?;
        }
        for cell in profile.day.iter_mut().chain(&mut profile.week) {
            *cell = Cell::decode(bytes)?;
        }
        Some(profile)
    }
}
