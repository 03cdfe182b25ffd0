//! What the prompts of one conversation are like: of one size, or longer each time.
//!
//! Knows no other conversation. A newcomer may ask why sizes are enough: a retry sends the same again, and
//! an agent that talks to itself sends all it said before.

use super::seen::Talk;

/// Whether four in five prompts have one size, within a fiftieth.
pub(super) fn same_size(talk: &Talk) -> bool {
    let mut sizes: Vec<u64> = talk.sizes.iter().map(|(_, size)| *size).collect();
    sizes.sort_unstable();
    let Some(middle) = sizes.get(sizes.len() / 2).copied().filter(|size| *size > 0) else {
        return false;
    };
    let near = sizes
        .iter()
        .filter(|size| size.abs_diff(middle).saturating_mul(50) <= middle);
    near.count().saturating_mul(5) >= sizes.len().saturating_mul(4)
}

/// Whether prompts get longer from one to the next: in three of four steps, and by a tenth from the
/// first quarter to the last.
pub(super) fn grows(talk: &Talk) -> bool {
    let mut sizes = talk.sizes.clone();
    sizes.sort_unstable();
    let up = sizes
        .iter()
        .zip(sizes.iter().skip(1))
        .filter(|(one, next)| next.1 > one.1);
    let rising = up.count().saturating_mul(4) >= sizes.len().saturating_sub(1).saturating_mul(3);
    let quarter = (sizes.len() / 4).max(1);
    let sum = |part: &mut dyn Iterator<Item = &(_, u64)>| -> u64 {
        part.take(quarter)
            .fold(0, |sum: u64, (_, size)| sum.saturating_add(*size))
    };
    let (first, last) = (sum(&mut sizes.iter()), sum(&mut sizes.iter().rev()));
    rising && last.saturating_mul(10) >= first.saturating_mul(11)
}
