//! Pictures of figures: lines with their plan, columns, bridges, bars, heat maps, and the small ones of tiles.
//!
//! Knows no books, no page and no mail. One list of shapes is written as SVG for pages (inks are
//! classes, so that themes are a matter of the style sheet), as SVG with fixed colours, and as PNG
//! for mails. A newcomer may ask why no library draws them: those that there are put names into
//! legend boxes, have one size for phone and desk, and colours fixed when the picture is drawn.

mod axis;
mod bars;
mod daily;
mod draw;
mod font;
mod heat;
mod moment;
mod plot;
mod png;
mod small;
mod svg;
mod unit;

pub use axis::real;
pub use bars::{Bar, Bars, Bridge, Step};
pub use daily::{Column, Columns, Daily, Day, Look, Mark};
pub use draw::{Drawing, Ink};
pub use heat::Heat;
pub use moment::Moment;
pub use plot::Width;
pub use small::{PATTERNS, Part, meter, shares, spark};
pub use svg::Theme;
pub use unit::Unit;

#[cfg(test)]
mod tests;
