//! Tables of hosts and paths, one row a call, and the law that skimming never loses one.

use proptest::prelude::*;

use super::*;
use crate::call::Scope;

/// One call in a line: provider, deployment, model, scope, operation, evidence.
fn told(gate: &Gate, host: &str, path: &str) -> String {
    let Some(call) = gate.admit(host, path) else {
        return "-".to_owned();
    };
    assert!(gate.might_admit(host, path), "{host} {path}");
    let evidence: Vec<String> = call
        .evidence
        .iter()
        .map(|e| format!("{}={}", e.kind.as_str(), e.told))
        .collect();
    let to = call.destination;
    format!(
        "{} d:{} m:{} {} {} [{}]",
        to.provider.as_ref().map_or("", Provider::as_str),
        to.deployment,
        to.model,
        to.scope.map_or("?", Scope::as_str),
        to.operation.as_str(),
        evidence.join(" "),
    )
}

/// The rows of a table: host, path, what is told; one a line, cells between bars.
fn rows(table: &str) -> impl Iterator<Item = [&str; 3]> {
    let lines = table.lines().filter(|line| !line.is_empty());
    lines.map(|line| {
        let cells: Vec<&str> = line.split(" |").map(str::trim).collect();
        <[&str; 3]>::try_from(cells).expect("three cells")
    })
}

const AZURE: &str = "
Contoso-WEU.openai.azure.com | /openai/deployments/gpt-4o-weu/chat/completions?api-version=2024-10-21 | azure d:gpt-4o-weu m: ? generate []
c.openai.azure.com:443 | /openai/v1/responses | azure d: m: ? generate []
c.openai.azure.com | /openai/v1/responses/resp_1 | azure d: m: ? manage []
c.openai.azure.com | /openai/deployments/e%20u/embeddings | azure d:e u m: ? embed []
c.openai.azure.com | /openai/v1/batches | azure d: m: ? batch []
c.openai.azure.com | /openai/deployments | azure d: m: ? manage []
c.openai.azure.com |  | azure d: m: ? generate []
c.openai.azure.us | /openai/v1/chat/completions | azure d: m: ? generate []
c.services.ai.azure.com | /anthropic/v1/messages | azure d: m: ? generate []
c.services.ai.azure.com | /models/chat/completions | azure d: m: ? generate []
c.services.ai.azure.com | /api/projects/p/openai/v1/responses | azure d: m: ? generate []
c.cognitiveservices.azure.com | /speechtotext/v3.2/transcriptions | -
c.cognitiveservices.azure.com | /openai/deployments/d/chat/completions | azure d:d m: ? generate []
swedencentral.api.cognitive.microsoft.com | /openai/deployments/d/chat/completions | azure d:d m: ? generate [host_region=swedencentral]
gw.azure-api.net | /assist/openai/deployments/d/chat/completions | azure d:d m: ? generate []
gw.azure-api.net | /orders/v2/list | -
";

const DIRECT: &str = "
api.openai.com | /v1/chat/completions | openai d: m: global generate [global=global]
EU.api.openai.com. | /v1/embeddings | openai d: m: data_zone embed [zone=eu]
jp.api.openai.com | /v1/responses | openai d: m: data_zone generate [zone=jp]
ae.api.openai.com | /v1/chat/completions | openai d: m: data_zone generate [zone=ae]
ae.api.openai.com | /v1/batches | openai d: m: global batch [global=global]
www.openai.com | /pricing | -
evilapi.openai.com | /pricing | -
api.anthropic.com | /v1/messages | anthropic d: m: global generate [global=global]
api.anthropic.com | /v1/messages/count_tokens | anthropic d: m: global manage [global=global]
api.anthropic.com | /v1/messages/batches/b/results | anthropic d: m: global batch [global=global]
aws-external-anthropic.eu-west-1.api.aws | /v1/messages | anthropic d: m: ? generate [host_region=eu-west-1]
www.anthropic.com | /news | -
api.mistral.ai | /v1/chat/completions | mistral d: m: ? generate []
codestral.mistral.ai | /v1/fim/completions | mistral d: m: ? generate []
chat.mistral.ai | /chat | -
api.aleph-alpha.com | /complete | aleph_alpha d: m: ? generate []
api.aleph-alpha.com | /semantic_embed | aleph_alpha d: m: ? embed []
www.aleph-alpha.com | /careers | -
";

const BEDROCK: &str = "
bedrock-runtime.eu-central-1.amazonaws.com | /model/amazon.nova-pro-v1%3A0/converse | bedrock d: m:amazon.nova-pro-v1:0 regional generate [host_region=eu-central-1]
bedrock-runtime.eu-central-1.amazonaws.com | /model/eu.anthropic.claude-sonnet-4-5-20250929-v1%3A0/invoke | bedrock d: m:eu.anthropic.claude-sonnet-4-5-20250929-v1:0 data_zone generate [zone=eu client_region=eu-central-1]
bedrock-runtime.eu-central-1.amazonaws.com | /model/global.anthropic.claude-sonnet-4-5-20250929-v1:0/converse-stream | bedrock d: m:global.anthropic.claude-sonnet-4-5-20250929-v1:0 global generate [global=global client_region=eu-central-1]
bedrock-runtime-fips.us-gov-west-1.amazonaws.com | /model/us-gov.anthropic.claude-3-haiku/invoke | bedrock d: m:us-gov.anthropic.claude-3-haiku data_zone generate [zone=us-gov client_region=us-gov-west-1]
bedrock-runtime.ca-central-1.amazonaws.com | /model/ca.amazon.nova-lite-v1:0/converse | bedrock d: m:ca.amazon.nova-lite-v1:0 data_zone generate [zone=ca client_region=ca-central-1]
bedrock-runtime.cn-north-1.amazonaws.com.cn | /model/deepseek.v3-v1:0/converse | bedrock d: m:deepseek.v3-v1:0 regional generate [host_region=cn-north-1]
bedrock-runtime.us-west-2.amazonaws.com | /model/zai.glm-4.7/converse | bedrock d: m:zai.glm-4.7 regional generate [host_region=us-west-2]
bedrock-runtime.eusc-de-east-1.amazonaws.eu | /model/amazon.nova-lite-v1:0/count-tokens | bedrock d: m:amazon.nova-lite-v1:0 regional manage [host_region=eusc-de-east-1]
vpce-0a1-xyz.bedrock-runtime.eu-west-1.vpce.amazonaws.com | /model/cohere.embed-v4:0/invoke | bedrock d: m:cohere.embed-v4:0 regional embed [host_region=eu-west-1]
bedrock-runtime.eu-central-1.amazonaws.com | /model/arn%3Aaws%3Abedrock%3Aeu-central-1%3A123456789012%3Ainference-profile%2Feu.amazon.nova-pro-v1%3A0/converse | bedrock d: m:eu.amazon.nova-pro-v1:0 data_zone generate [zone=eu client_region=eu-central-1]
bedrock-runtime.eu-central-1.amazonaws.com | /model/arn:aws:bedrock:eu-central-1::foundation-model/amazon.nova-pro-v1:0/converse | bedrock d: m:amazon.nova-pro-v1:0 regional generate [host_region=eu-central-1 path_region=eu-central-1]
bedrock-runtime.eu-central-1.amazonaws.com | /model/arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/abc123/converse | bedrock d: m: ? generate [host_region=eu-central-1 path_region=eu-central-1]
bedrock-runtime.eu-central-1.amazonaws.com | /model/arn:aws:bedrock:eu-central-1:123456789012:provisioned-model/p1/invoke | bedrock d: m: regional generate [host_region=eu-central-1 path_region=eu-central-1]
bedrock-runtime.eu-central-1.amazonaws.com | /openai/v1/chat/completions | bedrock d: m: ? generate [host_region=eu-central-1]
bedrock-mantle.eu-north-1.api.aws | /anthropic/v1/messages | bedrock d: m: ? generate [host_region=eu-north-1]
bedrock.eu-central-1.amazonaws.com | /model-invocation-job | bedrock d: m: ? batch [host_region=eu-central-1]
bedrock.eu-central-1.amazonaws.com | /guardrails | -
s3.eu-central-1.amazonaws.com | /bucket/model/x | -
bedrock-runtime.eu-central-1.example.com | /x | -
bedrock-agent-runtime.us-east-1.amazonaws.com | /agents/a/agentAliases/b/sessions/c/text | bedrock d: m: ? generate [host_region=us-east-1]
";

const GOOGLE: &str = "
europe-west3-aiplatform.googleapis.com | /v1/projects/p/locations/europe-west3/publishers/google/models/gemini-2.5-pro:generateContent | vertex d: m:gemini-2.5-pro regional generate [host_region=europe-west3 path_region=europe-west3]
europe-west3-aiplatform.googleapis.com | /v1/projects/p/locations/global/publishers/google/models/gemini-2.5-pro%3AstreamGenerateContent | vertex d: m:gemini-2.5-pro ? generate [host_region=europe-west3 global=global]
europe-west3-aiplatform.googleapis.com | /v1/projects/p/locations/us-central1/publishers/anthropic/models/claude-sonnet-4-5@20250929:rawPredict | vertex d: m:claude-sonnet-4-5@20250929 ? generate [host_region=europe-west3 path_region=us-central1]
aiplatform.googleapis.com | /v1/projects/p/locations/global/publishers/google/models/gemini-3:countTokens | vertex d: m:gemini-3 global manage [global=global]
aiplatform.googleapis.com | /v1/projects/p/locations/europe-west4/publishers/google/models/g:generateContent | vertex d: m:g ? generate [global=global path_region=europe-west4]
aiplatform.eu.rep.googleapis.com | /v1/projects/p/locations/eu/publishers/google/models/g:generateContent | vertex d: m:g data_zone generate [zone=eu]
us-central1-aiplatform.googleapis.com | /v1/projects/p/locations/us-central1/endpoints/openapi/chat/completions | vertex d: m: regional generate [host_region=us-central1 path_region=us-central1]
us-central1-aiplatform.googleapis.com | /v1/projects/p/locations/us-central1/endpoints/4711:generateContent | vertex d:4711 m: regional generate [host_region=us-central1 path_region=us-central1]
us-central1-aiplatform.googleapis.com | /v1/projects/p/locations/us-central1/publishers/google/models/text-embedding-005:predict | vertex d: m:text-embedding-005 regional embed [host_region=us-central1 path_region=us-central1]
us-central1-aiplatform.googleapis.com | /v1/projects/p/locations/us-central1/batchPredictionJobs | vertex d: m: regional batch [host_region=us-central1 path_region=us-central1]
us-central1-aiplatform.googleapis.com | /v1/projects/p/locations/us-central1/datasets | -
generativelanguage.googleapis.com | /v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse | gemini d: m:gemini-2.5-flash global generate [global=global]
generativelanguage.googleapis.com | /v1beta/openai/chat/completions | gemini d: m: global generate [global=global]
storage.googleapis.com | /bucket/models/x | -
";

const REST: &str = "
eu-de.ml.cloud.ibm.com | /ml/v1/text/chat?version=2024-05-31 | watsonx d: m: regional generate [host_region=eu-de]
private.eu-gb.ml.cloud.ibm.com | /ml/v1/deployments/d1/text/generation_stream | watsonx d:d1 m: regional generate [host_region=eu-gb]
ap-south-1.aws.wxai.ibm.com | /ml/v1/text/embeddings | watsonx d: m: regional embed [host_region=ap-south-1]
eu-de.ml.cloud.ibm.com | /ml/gateway/v1/chat/completions | watsonx d: m: ? generate [host_region=eu-de]
eu-de.ml.cloud.ibm.com | /ml/v4/deployments/x/predictions | -
localhost:11434 | /api/chat | ollama d: m: ? generate []
10.0.0.7:11434 | /api/embed | ollama d: m: ? embed []
[::1]:11434 | /api/tags | ollama d: m: ? manage []
10.0.0.7:8080 | /api/chat | -
api.groq.com | /openai/v1/chat/completions | groq d: m: ? generate []
api.together.xyz | /v1/chat/completions | together d: m: ? generate []
openrouter.ai | /api/v1/chat/completions | openrouter d: m: ? generate []
openrouter.ai | /rankings | -
inference.generativeai.eu-frankfurt-1.oci.oraclecloud.com | /20231130/actions/chat | oci d: m: ? generate [host_region=eu-frankfurt-1]
acme.service-now.com | /api/now/table/incident | -
llm.eu.servicenow.com | /v1/chat/completions | now_llm d: m: ? generate []
shadow.example.org | /v1/chat/completions | shadow.example.org d: m: ? generate []
shadow.example.org:8443 | /x/v1/messages | shadow.example.org d: m: ? generate []
gw.example.org | /openai/deployments/d/chat/completions | gw.example.org d:d m: ? generate []
api.nexmo.com | /v1/messages | -
api.github.com | /repos/o/r/issues | -
hooks.slack.com | /services/T/B/x | -
 | /v1/chat/completions | -
outlook.office.com | /api/v2.0/me/messages | -
";

#[test]
fn calls_by_host_and_path() {
    let gate = Gate::default();
    for table in [AZURE, DIRECT, BEDROCK, GOOGLE, REST] {
        for [host, path, expected] in rows(table) {
            assert_eq!(told(&gate, host, path), expected, "{host} {path}");
        }
    }
}

const REGISTERED: &str = "
gw.corp.example | /anything | gw.corp.example d: m: ? generate []
gw.corp.example | /azure/openai/deployments/d/chat/completions | azure d:d m: ? generate []
gw.corp.example | /azure2/x | gw.corp.example d: m: ? generate []
gw.corp.example | /azure/bedrock/model/eu.amazon.nova-pro-v1:0/converse | bedrock d: m:eu.amazon.nova-pro-v1:0 data_zone generate [zone=eu]
gpu.corp.example:8000 | /v1/embeddings | vllm d: m: ? embed []
gpu.corp.example:9000 | /metrics | -
gpu.corp.example | /metrics | -
api.openai.com | /proxy/v1/chat/completions | together d: m: ? generate []
api.openai.com | /v1/chat/completions | openai d: m: global generate [global=global]
llm.now.example | /x | now_llm d: m: ? generate []
aleph.corp.example | /complete | aleph_alpha d: m: ? generate []
aleph.corp.example:443 | /complete | aleph_alpha d: m: ? generate []
eu.api.openai.com | /v1/responses | openai d: m: data_zone generate [zone=eu]
";

#[test]
fn registered_destinations() {
    let entry = |host: &str, port, path_prefix: &str, provider: Option<&str>| Registered {
        host: host.into(),
        port,
        path_prefix: path_prefix.into(),
        provider: provider.and_then(Provider::parse),
    };
    let gate = Gate::new(vec![
        entry("GW.corp.example", None, "", None),
        entry("gw.corp.example", None, "/azure/", Some("azure")),
        entry("gw.corp.example", None, "/azure/bedrock", Some("bedrock")),
        entry("gpu.corp.example", Some(8000), "/", Some("vllm")),
        entry("api.openai.com", None, "/proxy", Some("together")),
        entry("llm.now.example", None, "", Some("now_llm")),
        entry("aleph.corp.example", Some(443), "", Some("aleph_alpha")),
        entry("eu.api.openai.com", None, "", None),
    ]);
    for [host, path, expected] in rows(REGISTERED) {
        assert_eq!(told(&gate, host, path), expected, "{host} {path}");
    }
}

#[test]
fn what_is_kept_of_a_call() {
    let call = Gate::default()
        .admit(
            "User:pw@Shadow.Example.org.:8443",
            "/v1/chat/completions?key=secret#f",
        )
        .expect("unmistakable");
    assert_eq!(call.destination.host, "shadow.example.org");
    assert_eq!(call.destination.port, Some(8443));
    assert_eq!(call.destination.path, "/v1/chat/completions");
}

#[test]
fn most_other_calls_are_turned_away_by_the_quick_look() {
    let gate = Gate::default();
    let others = [
        ("api.github.com", "/repos"),
        ("login.microsoftonline.com", "/oauth2/token"),
        ("graph.microsoft.com", "/v1.0/users/u/messages"),
        ("s3.eu-central-1.amazonaws.com", "/b/k"),
        ("www.googleapis.com", "/calendar/v3"),
    ];
    for (host, path) in others {
        assert!(!gate.might_admit(host, path), "{host}");
    }
    assert!(gate.might_admit("shadow.example.org", r"\/v1\/chat\/completions"));
}

proptest! {
    #[test]
    fn the_quick_look_never_loses_a_call(
        host in prop_oneof![
            "[a-zA-Z0-9.:@\\[\\]-]{0,40}",
            "(eu|us|x)?\\.?(api\\.openai\\.com|openai\\.azure\\.com|bedrock-runtime\\.eu-west-1\\.amazonaws\\.com|europe-west1-aiplatform\\.googleapis\\.com|gw\\.example)(:[0-9]{1,5})?",
        ],
        path in prop_oneof![
            "[a-zA-Z0-9/.:%?#_-]{0,40}",
            "(/[a-z0-9]{1,4}){0,2}/(v1|openai|model|models|chat|deployments)(/[a-z]{1,3})?/(messages|chat/completions|responses|converse|g:generateContent|batches)/?(\\?[a-z]+)?",
        ],
    ) {
        let gate = Gate::new(vec![Registered {
            host: "gw.example".into(),
            port: None,
            path_prefix: "/v1".into(),
            provider: None,
        }]);
        let admitted = gate.admit(&host, &path);
        prop_assert!(admitted.is_none() || gate.might_admit(&host, &path));
        if let Some(call) = admitted {
            prop_assert!(call.destination.provider.is_some());
            prop_assert!(!call.destination.path.contains('?'));
        }
    }
}
