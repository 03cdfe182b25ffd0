//! Places texts in templates: the shipped ones, or those that a folder of the user's has instead.
//!
//! Knows no folder and no notice. A newcomer may ask why a template that fails at night is not the end: the shipped
//! one takes its place, because a plain mail is better than none.

use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior};

use super::wrap;

/// The shipped templates, by file name.
pub(super) const SHIPPED: [(&str, &str); 4] = [
    ("notice.txt", include_str!("../../alerts/mail/notice.txt")),
    ("notice.html", include_str!("../../alerts/mail/notice.html")),
    ("digest.txt", include_str!("../../alerts/mail/digest.txt")),
    ("digest.html", include_str!("../../alerts/mail/digest.html")),
];

/// What every template must show of the texts that it is given.
const MUST: [&str; 1] = ["headline"];

/// What is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateFault {
    /// The file's name: `notice.html`.
    pub file: String,
    /// The line, from 1; 0 where none can be told.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

/// The templates in force.
#[derive(Debug, Default)]
pub struct Templates {
    /// The shipped ones with the user's in their place; `None` without any of the user's.
    own: Option<Environment<'static>>,
}

/// The shipped templates, read once.
static WHOLE: LazyLock<Environment<'static>> = LazyLock::new(shipped);

impl Templates {
    /// The names of the files that a folder of templates may hold.
    #[must_use]
    pub fn names() -> [&'static str; 4] {
        SHIPPED.map(|(name, _)| name)
    }

    /// The shipped templates with these in the place of those of the same name: file name and text.
    ///
    /// # Errors
    /// All faults of all of them: a name that no template has, a text that does not parse, a name
    /// in it that nothing stands for, a mail without its headline.
    pub fn new(files: &[(String, String)]) -> Result<Templates, Vec<TemplateFault>> {
        if files.is_empty() {
            return Ok(Templates::default());
        }
        let mut faults = Vec::new();
        let mut own = WHOLE.clone();
        for (name, text) in files {
            if !Self::names().contains(&name.as_str()) {
                faults.push(TemplateFault {
                    file: name.clone(),
                    line: 0,
                    message: format!(
                        "no template has this name; they are {}",
                        Self::names().map(|name| format!("`{name}`")).join(", ")
                    ),
                });
            } else if let Err(error) = own.add_template_owned(name.clone(), text.clone()) {
                faults.push(fault(name, &error));
            }
        }
        for (name, _) in files {
            let bad = faults.iter().any(|fault| fault.file == *name);
            if !bad && let Err(found) = try_out(&own, name) {
                faults.push(found);
            }
        }
        if faults.is_empty() {
            Ok(Templates { own: Some(own) })
        } else {
            Err(faults)
        }
    }

    /// Places texts; by the shipped template where the user's fails.
    pub(super) fn place(&self, name: &str, values: &Value) -> String {
        let own = self.own.as_ref().map(|own| place(own, name, values));
        own.and_then(Result::ok)
            .or_else(|| place(&WHOLE, name, values).ok())
            .unwrap_or_default()
    }
}

/// Places the texts of examples of every kind.
fn try_out(own: &Environment<'_>, name: &str) -> Result<(), TemplateFault> {
    for values in super::example::values(name) {
        let text = place(own, name, &values).map_err(|error| fault(name, &error))?;
        let shown = words(&text);
        for must in MUST {
            let value = values.get_attr(must).unwrap_or_default();
            let value = wrap::plain(value.as_str().unwrap_or_default());
            if !shown.contains(&words(&value)) {
                return Err(TemplateFault {
                    file: name.to_owned(),
                    line: 0,
                    message: format!("does not show `{must}`"),
                });
            }
        }
    }
    Ok(())
}

/// A text without what markup and line ends do to it, for comparing.
fn words(text: &str) -> String {
    let text = text.replace(['\u{202F}', '\u{A0}'], " ");
    let text = text
        .replace("&#x27;", "'")
        .replace("&#x2f;", "/")
        .replace("&quot;", "\"")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
        .replace('−', "-");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn fault(name: &str, error: &Error) -> TemplateFault {
    let message = if error.kind() == ErrorKind::UndefinedError {
        "a name that nothing stands for; docs/MAIL.md lists those that there are".to_owned()
    } else {
        let detail = error.detail().map(str::to_owned);
        detail.unwrap_or_else(|| error.kind().to_string())
    };
    TemplateFault {
        file: name.to_owned(),
        line: error.line().unwrap_or(0),
        message,
    }
}

fn shipped() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    // Tags stand on lines of their own and leave none behind.
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build();
    environment.set_syntax(syntax.unwrap_or_default());
    environment.set_auto_escape_callback(|name| {
        if is_html(name) {
            AutoEscape::Html
        } else {
            AutoEscape::None
        }
    });
    environment.add_filter("wrap", |text: String, indent: Option<usize>| {
        wrap::wrap(&wrap::plain(&text), indent.unwrap_or(0))
    });
    environment.add_filter("pad", |text: String, width: usize| {
        wrap::pad(&wrap::plain(&text), width)
    });
    for (name, text) in SHIPPED {
        // Shipped templates parse: a test holds them to it.
        drop(environment.add_template(name, text));
    }
    environment
}

fn is_html(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, end)| end == "html")
}

fn place(environment: &Environment<'_>, name: &str, values: &Value) -> Result<String, Error> {
    environment.get_template(name)?.render(values.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shipped_templates_are_whole() {
        let files = SHIPPED.map(|(name, text)| (name.to_owned(), text.to_owned()));
        assert_eq!(Templates::new(&files).map(|_| ()), Ok(()));
    }

    #[test]
    fn faults_have_file_and_line() {
        let rows = [
            ("mail.txt", "x", 0, "no template has this name"),
            ("notice.txt", "a\n{{ headline", 2, "expected"),
            (
                "notice.txt",
                "{{ headline }}\n{{ hedline }}",
                2,
                "nothing stands for",
            ),
            ("notice.txt", "{{ headline | bold }}", 1, "bold"),
            ("notice.html", "<p>{{ act }}", 0, "does not show `headline`"),
            (
                "digest.txt",
                "{{ headline }}\n\n{{ act }}",
                3,
                "nothing stands for",
            ),
        ];
        for (file, text, line, message) in rows {
            let faults = Templates::new(&[(file.to_owned(), text.to_owned())]);
            let faults = faults.map(|_| ()).unwrap_err();
            let fault = &faults[0];
            assert_eq!((fault.file.as_str(), fault.line), (file, line), "{fault:?}");
            assert!(fault.message.contains(message), "{fault:?}");
        }
    }
}
