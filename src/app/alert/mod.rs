//! Alerts where ledger and rules meet.
//!
//! Knows no mail server and no page. A newcomer may ask why the explanation of an alert is made
//! apart from its finding: rules are judged every minute for every series, the books are searched
//! only for what somebody is told.

pub mod explain;
pub mod past;
pub mod tale;
