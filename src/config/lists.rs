//! Regions and prices: what is shipped, with the user's own lists added.
//!
//! Knows no endpoint. A newcomer may ask why a faulty list gives way to the shipped one: what else is wrong
//! is still found.

use crate::price::PriceBook;
use crate::problem::Problem;
use crate::residency::Regions;

use super::Further;
use super::read::FileText;

/// The shipped regions with the user's added.
pub(super) fn regions(file: Option<&FileText>, faults: &mut Vec<Problem>) -> Regions {
    let Some(file) = file else {
        return Regions::shipped();
    };
    Regions::shipped()
        .with_user_file(&file.name, &file.text)
        .unwrap_or_else(|problems| {
            faults.extend(problems);
            Regions::shipped()
        })
}

/// The shipped prices with an import and the user's own added.
pub(super) fn prices(further: &Further, faults: &mut Vec<Problem>) -> PriceBook {
    let mut book = PriceBook::shipped();
    if let Some(file) = &further.price_import
        && let Err(problems) = book.with_import(&file.name, &file.text)
    {
        faults.extend(problems);
    }
    if let Some(file) = &further.prices
        && let Err(problems) = book.with_user_file(&file.name, &file.text)
    {
        faults.extend(problems);
    }
    book
}
