//! Words with a tone: what is said plainly, what is bad, what is a name, what leads somewhere.
//!
//! Knows no page. A newcomer may ask why names are marked: one that is written from right to left,
//! or that looks like a tag, must not turn the sentence around it.

/// How words look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// As the rest.
    #[default]
    Plain,
    /// A figure that is the answer.
    Strong,
    /// Broken, violated, above the limit.
    Bad,
    /// Not sure, near the limit.
    Warn,
    /// As it should be.
    Good,
    /// Beside the point.
    Dim,
    /// A host, a position, a command.
    Code,
}

impl Tone {
    /// The class in the style sheet.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Tone::Plain => "plain",
            Tone::Strong => "strong",
            Tone::Bad => "bad",
            Tone::Warn => "warn",
            Tone::Good => "good",
            Tone::Dim => "dim",
            Tone::Code => "code",
        }
    }
}

/// Some words of one tone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The words.
    pub text: String,
    /// How they look.
    pub tone: Tone,
    /// Where they lead; empty for nowhere.
    pub link: String,
    /// Whether it is a name that somebody else chose.
    pub name: bool,
}

/// A sentence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words(pub Vec<Said>);

impl Words {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Words {
        Words::default()
    }

    /// Plain words.
    #[must_use]
    pub fn of(text: impl Into<String>) -> Words {
        Words::new().say(text)
    }

    /// Whether nothing is said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Further words of a tone.
    #[must_use]
    pub fn with(mut self, tone: Tone, text: impl Into<String>) -> Words {
        let text = text.into();
        if !text.is_empty() {
            self.0.push(Said {
                text,
                tone,
                ..Said::default()
            });
        }
        self
    }

    /// Further plain words.
    #[must_use]
    pub fn say(self, text: impl Into<String>) -> Words {
        self.with(Tone::Plain, text)
    }

    /// A figure that is the answer.
    #[must_use]
    pub fn strong(self, text: impl Into<String>) -> Words {
        self.with(Tone::Strong, text)
    }

    /// What is bad.
    #[must_use]
    pub fn bad(self, text: impl Into<String>) -> Words {
        self.with(Tone::Bad, text)
    }

    /// What is beside the point.
    #[must_use]
    pub fn dim(self, text: impl Into<String>) -> Words {
        self.with(Tone::Dim, text)
    }

    /// A name that somebody else chose.
    #[must_use]
    pub fn name(mut self, text: impl Into<String>) -> Words {
        self.0.push(Said {
            text: text.into(),
            name: true,
            ..Said::default()
        });
        self
    }

    /// A host, a position, a command.
    #[must_use]
    pub fn code(mut self, text: impl Into<String>) -> Words {
        self.0.push(Said {
            text: text.into(),
            tone: Tone::Code,
            name: true,
            ..Said::default()
        });
        self
    }

    /// Words that lead somewhere; a name that somebody else chose where `name` says so.
    #[must_use]
    pub fn link(mut self, text: impl Into<String>, link: impl Into<String>, name: bool) -> Words {
        self.0.push(Said {
            text: text.into(),
            link: link.into(),
            name,
            ..Said::default()
        });
        self
    }

    /// Other words behind these.
    #[must_use]
    pub fn and(mut self, other: Words) -> Words {
        self.0.extend(other.0);
        self
    }

    /// All words without their tones.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.iter().map(|said| said.text.as_str()).collect()
    }
}
