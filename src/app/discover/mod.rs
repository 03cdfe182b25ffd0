//! Looks at a sample of somebody's logs and says what is in it, and how it would be read.
//!
//! Knows no terminal, and books nothing. A newcomer may ask why it does not simply replay into books
//! in memory: what it must tell is what the books leave out, the columns that nobody reads, the
//! times whose zone nobody states, the calls that two logs tell.
//!
//! | file | job |
//! |---|---|
//! | `survey` | takes records one by one, from any source |
//! | `columns`, `places`, `clocks`, `tellers`, `counts` | what is kept of them, each with a limit |
//! | `read`, `topics` | feed files and topics to a survey |
//! | `told`, `found`, `judged`, `advice` | what the survey tells: figures, guesses with their reasons, what to do |
//! | `starter` | writes the configuration that the sample suggests |
//! | `news` | what a configuration does not have yet |

mod advice;
mod clocks;
mod columns;
mod counts;
mod found;
mod judged;
mod news;
mod places;
mod read;
mod starter;
mod survey;
mod tellers;
mod told;
mod topics;

pub use found::{
    ColumnsFound, Counted, Coverage, EndpointFound, FeatureFound, FieldFound, Found, KindFound,
    ShapeFound, StreamFound, TwiceFound,
};
pub use judged::{Guess, Unit, Zone};
pub use news::{News, news};
pub use read::{Asked, read};
pub use starter::{MAIN, Starter, refuse_taken, starter};
pub use survey::{About, StreamId, Survey};
pub use told::Known;
