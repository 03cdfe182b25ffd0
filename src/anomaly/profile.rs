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

/// The averages of one series.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Profile {
    day: [Cell; 24],
    week: [Cell; 168],
    levels: [f32; 3],
    seen: u32,
}

impl Profile {
    pub(super) fn new() -> Profile {
        Profile {
            day: [Cell::default(); 24],
            week: [Cell::default(); 168],
            levels: [0.0; 3],
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

    /// The expected value of one bin, for each of the three windows.
    pub(super) fn expected(&self, hour_of_week: u16) -> [f64; 3] {
        let earned = self.earned(hour_of_week);
        self.levels.map(|level| {
            let level = f64::from(level);
            earned.map_or(level, |e| e + BELIEVED * (level - e).max(0.0))
        })
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
    pub(super) fn learn(&mut self, hour_of_week: u16, value: f64, weight: f64) {
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
        self.seen = self.seen.min(36);
    }

    pub(super) fn encode(&self, out: &mut Out) {
        out.whole(self.seen.into());
        for level in self.levels {
            out.real(level);
        }
        for cell in self.day.iter().chain(&self.week) {
            cell.encode(out);
        }
    }

    pub(super) fn decode(bytes: &mut In<'_>) -> Option<Profile> {
        let mut profile = Profile::new();
        profile.seen = bytes.small()?;
        for level in &mut profile.levels {
            *level = bytes.real()?;
        }
        for cell in profile.day.iter_mut().chain(&mut profile.week) {
            *cell = Cell::decode(bytes)?;
        }
        Some(profile)
    }
}
