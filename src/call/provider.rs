//! Who runs the model, by every name seen.
//!
//! Knows no host: [`crate::provider`] tells providers by where a call went. A newcomer may ask why
//! unknown names are kept: a provider that we do not know still has a bill and a place.

use crate::units::{Text, clean_name};

/// Who runs the model.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Provider {
    /// Azure OpenAI and Microsoft Foundry (whatever model family is served there).
    Azure,
    /// OpenAI.
    Openai,
    /// Anthropic's own API.
    Anthropic,
    /// Amazon Bedrock.
    Bedrock,
    /// Google Vertex AI.
    Vertex,
    /// Google Gemini API (AI Studio).
    Gemini,
    /// IBM watsonx.ai.
    Watsonx,
    /// Aleph Alpha.
    AlephAlpha,
    /// Mistral.
    Mistral,
    /// A vLLM server.
    Vllm,
    /// An Ollama server.
    Ollama,
    /// ServiceNow's own Now LLM Service.
    NowLlm,
    /// Anybody else, by a lower-case name (`together`, `groq`, a host).
    Other(Text),
}

impl Provider {
    /// The name used in configuration, cells and tests.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Provider::Azure => "azure",
            Provider::Openai => "openai",
            Provider::Anthropic => "anthropic",
            Provider::Bedrock => "bedrock",
            Provider::Vertex => "vertex",
            Provider::Gemini => "gemini",
            Provider::Watsonx => "watsonx",
            Provider::AlephAlpha => "aleph_alpha",
            Provider::Mistral => "mistral",
            Provider::Vllm => "vllm",
            Provider::Ollama => "ollama",
            Provider::NowLlm => "now_llm",
            Provider::Other(name) => name,
        }
    }

    /// The provider of a name as instrumentations, gateways, catalogues and people write it.
    /// `None` for an empty name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Provider> {
        let lower = clean_name(&name.to_lowercase());
        // Spellings differ in what stands between the words: `aws.bedrock`, `AWS Bedrock`.
        let words = lower.replace(['.', '-', ' '], "_");
        Some(match words.as_str() {
            "" => return None,
            "azure" | "azure_openai" | "azure_ai_openai" | "azure_ai_inference"
            | "az_ai_openai" | "az_ai_inference" | "azure_ai" | "azure_text" | "azureopenai"
            | "microsoft" | "microsoft_foundry" | "azure_foundry" | "azure_ai_foundry"
            | "foundry" => Provider::Azure,
            "openai" | "open_ai" | "text_completion_openai" => Provider::Openai,
            "anthropic" => Provider::Anthropic,
            "bedrock" | "aws" | "aws_bedrock" | "amazon_bedrock" | "bedrock_converse"
            | "bedrock_runtime" | "amazon" => Provider::Bedrock,
            "vertex" | "vertex_ai" | "vertexai" | "gcp_vertex_ai" | "gcp_vertex_agent"
            | "vertex_ai_beta" | "google_vertexai" | "google_vertex" | "google_vertex_ai"
            | "gcp" => Provider::Vertex,
            "gemini" | "google" | "gcp_gemini" | "gcp_gen_ai" | "google_genai" | "google_gla"
            | "google_ai_studio" | "google_ai" | "google_gemini" => Provider::Gemini,
            "watsonx" | "watsonx_text" | "ibm_watsonx_ai" | "ibm_watsonx" | "ibm"
            | "watsonx_ai" => Provider::Watsonx,
            "aleph_alpha" | "alephalpha" | "pharia" | "phariaai" => Provider::AlephAlpha,
            "mistral" | "mistral_ai" | "mistralai" => Provider::Mistral,
            "vllm" | "hosted_vllm" => Provider::Vllm,
            "ollama" | "ollama_chat" => Provider::Ollama,
            "now_llm" | "nowllm" | "now_llm_service" => Provider::NowLlm,
            _ => Provider::Other(lower),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_by_every_name_seen() {
        assert_eq!(Provider::parse("azure.ai.openai"), Some(Provider::Azure));
        assert_eq!(Provider::parse("gcp.vertex_ai"), Some(Provider::Vertex));
        assert_eq!(
            Provider::parse("Groq"),
            Some(Provider::Other("groq".into()))
        );
        assert_eq!(Provider::parse(" "), None);
    }
}
