//! Looks at the ways by which alerts leave the house: mail, webhook, heartbeat.
//!
//! Knows no alert. A newcomer may ask why nothing is sent by them: a mail is `alerts test-mail`, a message to a
//! webhook wakes somebody, and a sign of life may be one of a daemon that is dead.

use crate::config::{Alerts, MailWay};
use crate::notify::{self, Reached, Transport, Unready};

use super::{Found, Looks};

fn probed(probe: Result<String, Unready>) -> Found {
    match probe {
        Ok(text) => Found::works(text),
        Err(unready) => Found::fails(unready.why, unready.hint),
    }
}

/// Looks at each way that the configuration names.
pub(super) fn ways(alerts: &Alerts, looks: &mut Looks<'_>) {
    if let Some(mail) = &alerts.mail {
        "mail".clone_into(&mut looks.part);
        let what = match &mail.way {
            MailWay::Smtp(smtp) => format!("smtp {}:{}", smtp.host, smtp.port),
            MailWay::Sendmail(path) | MailWay::Folder(path) => path.display().to_string(),
        };
        let open = |transport: Box<dyn Transport>| probed(transport.probe());
        looks.look(&what, || match notify::open(mail) {
            Ok(transport) => open(transport),
            Err(why) => unread(why),
        });
        if mail.fallback_to.is_none() {
            let found = Found::doubtful(
                "nobody hears of what nobody else gets",
                "name somebody: `fallback_to` in `[alerts.mail]`",
            );
            looks.look("fallback_to", || found);
        }
    }
    if let Some(written) = &alerts.webhook {
        let made = notify::webhook(written);
        let about = made.as_ref().map(Transport::about).ok();
        "webhook".clone_into(&mut looks.part);
        looks.look(about.as_deref().unwrap_or("its address"), || {
            asked(made.map(|one| one.reach()))
        });
    }
    if let Some(written) = &alerts.heartbeat {
        let made = notify::heartbeat(written);
        let about = made.as_ref().map(notify::Heartbeat::about).ok();
        "heartbeat".clone_into(&mut looks.part);
        looks.look(about.as_deref().unwrap_or("its address"), || {
            asked(made.map(|one| one.reach()))
        });
    }
}

fn unread(why: String) -> Found {
    Found::fails(
        why,
        "set what the configuration refers to, in the environment or file that the daemon has",
    )
}

/// What an address answered to a question that carries nothing.
fn asked(answer: Result<Result<Reached, String>, String>) -> Found {
    let reached = match answer {
        Err(why) => return unread(why),
        Ok(Err(why)) => {
            let hint = "check the address, and that this machine may go there; no proxy is used";
            return Found::fails(why, hint);
        }
        Ok(Ok(reached)) => reached,
    };
    let text = format!("answers {} to a question without a message", reached.status);
    match reached.status {
        401 | 403 => Found::doubtful(text, "check `header` and `secret`, where it asks for them"),
        404 | 410 => Found::doubtful(
            text,
            "check the path, unless it knows messages alone: what is refused so is given up",
        ),
        500.. => Found::doubtful(text, "it fails by itself; what it fails at is tried again"),
        _ => Found::works(text),
    }
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    #[test]
    fn an_answer_says_what_to_do() {
        let cases = [
            (200, State::Works, ""),
            (204, State::Works, ""),
            (302, State::Works, ""),
            (405, State::Works, ""),
            (401, State::Doubtful, "`secret`"),
            (404, State::Doubtful, "path"),
            (503, State::Doubtful, "tried again"),
        ];
        for (status, state, hint) in cases {
            let found = asked(Ok(Ok(Reached { status })));
            assert_eq!(found.state, state, "{status}");
            assert!(found.hint.contains(hint), "{}", found.hint);
            assert_eq!(found.hint.is_empty(), hint.is_empty(), "{}", found.hint);
        }
        let away = asked(Ok(Err("Connection refused".to_owned())));
        assert_eq!(away.state, State::Fails);
        assert_eq!(asked(Err("no secret".to_owned())).state, State::Fails);
    }
}
