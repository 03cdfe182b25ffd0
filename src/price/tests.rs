//! Whole prices: tables of lookups and the exact amounts they must give.
