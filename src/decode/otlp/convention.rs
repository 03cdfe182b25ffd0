//! What each instrumentation means by its token counts, by the name of its scope.
//!
//! Knows no span. A newcomer may ask why a table, when the semantic conventions say that input
//! includes cached tokens and output includes reasoning: half of the instrumentations write the
//! provider's own numbers through, and Anthropic's and Bedrock's leave cached tokens out, as
//! Gemini's leave out thoughts. Each row was read from the package's source, and the rows marked
//! in `docs/FORMATS.md` were tried against a server with known answers.

use crate::call::Provider;

/// How cached tokens stand to the input count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input {
    /// The count includes them.
    Whole,
    /// They come on top of it.
    Fresh,
    /// Nobody knows: the stated total decides.
    Unknown,
}

/// How reasoning tokens stand to the output count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Output {
    /// The count includes them.
    Whole,
    /// They come on top of it, and are told.
    Visible,
    /// They come on top of it; the stated total shows how many.
    ByTotal,
}

/// What one instrumentation means.
#[derive(Debug)]
pub(super) struct Convention {
    /// Name of the scope; those that begin with it and a `.` are meant too.
    scope: &'static str,
    /// The providers by the instrumentation's own word; all, when empty.
    providers: &'static [Provider],
    /// Cached tokens.
    pub(super) input: Input,
    /// Reasoning tokens.
    pub(super) output: Output,
    /// Whether a span without cached tokens says that there were none.
    pub(super) tells_cache: bool,
}

const fn row(
    scope: &'static str,
    providers: &'static [Provider],
    input: Input,
    output: Output,
    tells_cache: bool,
) -> Convention {
    Convention {
        scope,
        providers,
        input,
        output,
        tells_cache,
    }
}

const ALL: &[Provider] = &[];
const NATIVE: &[Provider] = &[Provider::Anthropic, Provider::Bedrock];
const GOOGLE: &[Provider] = &[Provider::Gemini, Provider::Vertex];

/// The first row that fits counts.
#[rustfmt::skip]
static CONVENTIONS: [Convention; 30] = [
    // OpenTelemetry's own.
    row("opentelemetry.instrumentation.genai.bedrock", ALL, Input::Fresh, Output::Whole, true),
    row("opentelemetry.instrumentation.genai.langchain", ALL, Input::Unknown, Output::Whole, true),
    row("opentelemetry.instrumentation.genai", ALL, Input::Whole, Output::Whole, true),
    row("opentelemetry.instrumentation.google_genai", ALL, Input::Whole, Output::Whole, true),
    row("opentelemetry.instrumentation.openai_v2", ALL, Input::Whole, Output::Whole, false),
    row("opentelemetry.instrumentation.botocore", ALL, Input::Fresh, Output::Whole, true),
    // Traceloop (OpenLLMetry); `vertexai` is OpenTelemetry's name too, with the same meaning.
    row("opentelemetry.instrumentation.openai", ALL, Input::Whole, Output::Whole, false),
    row("opentelemetry.instrumentation.anthropic", ALL, Input::Whole, Output::Whole, false),
    row("opentelemetry.instrumentation.bedrock", ALL, Input::Fresh, Output::Whole, false),
    row("opentelemetry.instrumentation.google_generativeai", ALL, Input::Whole, Output::ByTotal, true),
    row("opentelemetry.instrumentation.vertexai", ALL, Input::Whole, Output::ByTotal, true),
    row("opentelemetry.instrumentation.langchain", ALL, Input::Unknown, Output::Whole, false),
    // openlit; before it named a scope by package it had one for all, and the provider decided.
    row("openlit.instrumentation.anthropic", ALL, Input::Fresh, Output::Whole, false),
    row("openlit.instrumentation.bedrock", ALL, Input::Fresh, Output::Whole, false),
    row("openlit.instrumentation.google_ai_studio", ALL, Input::Whole, Output::Visible, false),
    row("openlit.instrumentation.langchain", ALL, Input::Unknown, Output::Whole, false),
    row("openlit.instrumentation", ALL, Input::Whole, Output::Whole, false),
    row("openlit", NATIVE, Input::Fresh, Output::Whole, false),
    row("openlit", GOOGLE, Input::Whole, Output::Visible, false),
    row("openlit", ALL, Input::Whole, Output::Whole, false),
    // OpenInference, which leaves out what is zero.
    row("openinference.instrumentation.bedrock", ALL, Input::Whole, Output::Whole, false),
    row("openinference.instrumentation.vertexai", ALL, Input::Whole, Output::ByTotal, false),
    row("openinference.instrumentation.mistralai", ALL, Input::Whole, Output::Whole, false),
    row("openinference.instrumentation.groq", ALL, Input::Whole, Output::Whole, false),
    row("openinference.instrumentation", ALL, Input::Whole, Output::Whole, true),
    // Others.
    row("logfire", ALL, Input::Whole, Output::Whole, true),
    row("com.anthropic.sdk", ALL, Input::Whole, Output::Whole, true),
    row("pydantic-ai", ALL, Input::Whole, Output::Whole, true),
    // Anybody else.
    row("", GOOGLE, Input::Unknown, Output::ByTotal, false),
    row("", ALL, Input::Unknown, Output::Whole, false),
];

/// What a scope means; `provider` by the instrumentation's own word, not by the host.
pub(super) fn of(scope: &str, provider: Option<&Provider>) -> &'static Convention {
    let [rows @ .., last] = &CONVENTIONS;
    rows.iter()
        .find(|row| row.fits(scope, provider))
        .unwrap_or(last)
}

impl Convention {
    fn fits(&self, scope: &str, provider: Option<&Provider>) -> bool {
        let border = |rest: &str| self.scope.is_empty() || rest.is_empty() || rest.starts_with('.');
        scope.strip_prefix(self.scope).is_some_and(border)
            && (self.providers.is_empty()
                || provider.is_some_and(|provider| self.providers.contains(provider)))
    }

    /// Whether nothing is known of the scope.
    pub(super) fn is_default(&self) -> bool {
        self.scope.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_particular_row_counts() {
        let cases = [
            (
                "opentelemetry.instrumentation.openai.v1",
                None,
                "opentelemetry.instrumentation.openai",
            ),
            (
                "opentelemetry.instrumentation.openai_v2",
                None,
                "opentelemetry.instrumentation.openai_v2",
            ),
            (
                "opentelemetry.instrumentation.genai.openai",
                None,
                "opentelemetry.instrumentation.genai",
            ),
            (
                "opentelemetry.instrumentation.botocore.bedrock-runtime",
                None,
                "opentelemetry.instrumentation.botocore",
            ),
            ("openlit.otel.tracing", Some(Provider::Bedrock), "openlit"),
            ("logfire.openai", None, "logfire"),
            ("logfirestorm", None, ""),
            ("", None, ""),
        ];
        for (scope, provider, row) in cases {
            assert_eq!(of(scope, provider.as_ref()).scope, row, "{scope}");
        }
        let openlit = |provider| of("openlit.otel.tracing", Some(&provider)).input;
        assert_eq!(openlit(Provider::Bedrock), Input::Fresh);
        assert_eq!(openlit(Provider::Openai), Input::Whole);
    }

    #[test]
    fn no_row_is_hidden_by_an_earlier_one() {
        for (at, row) in CONVENTIONS.iter().enumerate() {
            let reached = of(row.scope, row.providers.first());
            assert!(
                std::ptr::eq(reached, &raw const CONVENTIONS[at]),
                "{} is never reached",
                row.scope
            );
        }
    }
}
