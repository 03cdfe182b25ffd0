//! What a call costs: price lists in layers, exact integer rates, and a class for every figure.
//!
//! Knows no record, no registry and no residency rule. A newcomer may ask why pricing takes two
//! steps: finding the rows means trying patterns on names, so a caller keeps the [`Resolved`] of
//! a [`Lookup`] and prices each call with it in no time.
//!
//! | file | job |
//! |---|---|
//! | `matching` | which names a row means |
//! | `rates`, `row` | what a row charges, where and when |
//! | `table`, `file` (`reader`) | the machine-made and the human-made file format |
//! | `book` | the lists in use |
//! | `names`, `place` | what a lookup asks for, by provider |
//! | `resolve`, `plans` | from lookup to rows to prices over time |
//! | `quote`, `class` | from tokens to an amount and its class |
//! | `bill` | the same amount, part by part |
//! | `import` (`rules`), `litellm`, `compare` | newer lists, and what they change |
//!
//! A new price row goes to `prices/own.toml`; see docs/PRICES.md.

mod bill;
mod book;
mod class;
mod compare;
mod file;
mod import;
mod litellm;
mod matching;
mod names;
mod place;
mod plans;
mod quote;
mod rates;
mod reader;
mod resolve;
mod row;
mod rules;
mod table;

#[cfg(test)]
mod tests;

pub use bill::{Bill, Item};
pub use book::{PriceBook, Zone};
pub use class::{Approximation, PriceClass, PriceGap};
pub use compare::{Change, ChangeKind, diff};
pub use import::{Imported, parse as parse_list};
pub use matching::{Clause, Matcher, Term};
pub use quote::{Billed, Label, Priced, Resolved};
pub use rates::{RateSet, Stepped, Unit};
pub use resolve::Lookup;
pub use row::{Place, Price, Retirement, Row, Uplift, When};
pub use table::{ProviderInfo, Table, parse as parse_table, render as render_table};
