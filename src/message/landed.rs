//! What a rule about places says: where calls landed, which door they took, who answered.
//!
//! Knows no region. A newcomer may ask why the end of each is said apart: "back to normal" is no word for a breach
//! that has happened.

use crate::alert::Residency;

use super::claim::{Case, Claim};

/// ` to eastus`; empty where nothing is known.
fn towards(word: &str, subject: &str) -> String {
    if subject.is_empty() {
        String::new()
    } else {
        format!(" {word} {subject}")
    }
}

pub(super) fn landed(case: &Case<'_>, residency: Residency) -> Claim {
    let (who, subject) = (case.starting(), case.subject());
    let calls = case.counted("call", "calls");
    let requests = case.counted("request", "requests");
    match residency {
        Residency::Violated => {
            let to = towards("to", &subject);
            Claim::new(
                format!("{who} sent {calls}{to}, outside its region rule."),
                format!("{calls}{to}, outside its region rule"),
            )
        }
        Residency::Contradicted => {
            let of = if subject.is_empty() {
                String::new()
            } else {
                format!(" ({subject})")
            };
            Claim::new(
                format!("{who} has {calls} whose evidence contradicts itself{of}."),
                format!("{calls} with contradicting evidence{of}"),
            )
        }
        Residency::Fallback => {
            let to = towards("to", &subject);
            Claim::new(
                format!("{who} had {calls} moved{to}: a fallback or the provider took over."),
                format!("{calls} moved{to} by a fallback"),
            )
        }
        Residency::OtherDoor => Claim::new(
            format!(
                "{who} used {requests} that its own endpoint never saw: they left by another door."
            ),
            format!("{requests} left by another door"),
        ),
        Residency::PlatformDefault => Claim::new(
            format!(
                "The platform's own model answered {requests} of {who}, which has an endpoint of its own."
            ),
            format!("{requests} answered by the platform's own model"),
        ),
        Residency::OutsidePilot => {
            let by = towards("by", &subject);
            Claim::new(
                format!("{who} is used outside its pilot: {calls}{by}."),
                format!("{calls}{by}, outside its pilot"),
            )
        }
        Residency::DownWithoutFallback => {
            let at = if subject.is_empty() || who.contains(&subject) {
                String::new()
            } else {
                format!(" at {subject}")
            };
            let failed = format!("{calls} failed{at}");
            Claim::new(
                format!("{who} is down and nothing took over: {failed}."),
                format!("down without fallback, {failed}"),
            )
        }
    }
}

pub(super) fn no_more(case: &Case<'_>, residency: Residency) -> Claim {
    let who = case.who();
    let calls = case.counted("call", "calls");
    let what = match residency {
        Residency::Violated => {
            format!("No further call of {who} outside its region rule; {calls} in all.")
        }
        Residency::Contradicted => {
            format!("No further contradicting evidence for {who}; {calls} in all.")
        }
        Residency::Fallback => {
            format!("Calls of {who} stay where they are sent again; {calls} were moved.")
        }
        Residency::OtherDoor => {
            format!("All usage of {who} passes its own endpoint again; {calls} did not.")
        }
        Residency::PlatformDefault => {
            format!(
                "The endpoint of {who} answers all its requests again; {calls} went to the platform's model."
            )
        }
        Residency::OutsidePilot => format!(
            "{} is used by its pilot alone again; {calls} came from others.",
            case.starting()
        ),
        Residency::DownWithoutFallback => format!(
            "{} answers again; {calls} failed meanwhile.",
            case.starting()
        ),
    };
    let topic = what.trim_end_matches('.').to_owned();
    Claim::new(what, topic)
}
