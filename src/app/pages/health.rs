//! Placeholder while the others are written.
use crate::web::page::Page;
use super::Ask;
use super::view::Fault;
pub(super) fn page(_ask: &Ask<'_>) -> Result<Page, Fault> { Ok(Page::default()) }
