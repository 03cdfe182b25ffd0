//! Every decoder: never panics, tells at least one outcome, tells nothing secret, always the same.
//!
//! Knows no configuration but column names and hosts. A newcomer may ask why recognition is asked
//! twice, bare and in a list: the skimmer looks at bare rows only, so the list shows what the
//! decoder would have said.

use tollwatch::call::{Format, Provider, Report, Usage};
use tollwatch::decode::json::Json as Tree;
use tollwatch::decode::{Context, Settings, Told, Watcher, decode, watch};
use tollwatch::outcome::{IgnoreReason, QuarantineReason, Reject};
use tollwatch::provider::{Gate, Registered};

use super::corpus;
use super::json::{Json, MARK, wrap};
use super::proto::Proto;
use super::rng::Rng;
use super::run::{Input, Reached, Target};

/// Longest cleaned name.
const NAME_MAX: usize = 200;
/// Longest detail of a rejection that is worth reading.
const DETAIL_MAX: usize = 600;
/// The largest count that is believed.
const TOKENS_MAX: u64 = 1_000_000_000;

/// How a record is put to the decoders.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// As one format.
    Fixed(Format),
    /// By its own shape.
    Auto,
    /// Within envelopes.
    Envelope,
}

enum Made {
    Json(Json),
    Proto(Proto),
}

pub struct Decoder {
    name: &'static str,
    way: Way,
    seeds: Vec<Vec<u8>>,
    made: Made,
    settings: Vec<Settings>,
    gates: [Gate; 2],
    out: Vec<Told>,
    again: Vec<Told>,
}

/// Seeds of every JSON format.
fn all_json() -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = Format::ALL.into_iter().flat_map(corpus::json).collect();
    all.extend(corpus::vectors());
    all.extend(corpus::simulated().0);
    all
}

fn settings(format: Option<Format>) -> Vec<Settings> {
    let own = [
        ("host", "u_host"),
        ("path", "u.path"),
        ("time", "sys_updated_on"),
        ("status", "payload.code"),
        ("duration_unit", "s"),
    ];
    let named = |rows: &[(&str, &str)]| Settings {
        format,
        fields: rows
            .iter()
            .map(|(column, name)| ((*column).to_owned(), vec![(*name).to_owned()]))
            .collect(),
    };
    vec![named(&[]), named(&[]), named(&own), named(&own[..1])]
}

fn gates() -> [Gate; 2] {
    let own = Registered {
        host: "llm.example.com".into(),
        port: Some(8443),
        path_prefix: "/v1".into(),
        provider: Some(Provider::Other("own".into())),
    };
    let wide = Registered {
        host: "h.example".into(),
        port: None,
        path_prefix: "".into(),
        provider: None,
    };
    [Gate::default(), Gate::new(vec![own, wide])]
}

impl Decoder {
    pub fn json(name: &'static str, way: Way) -> Decoder {
        let all = all_json();
        let seeds = match way {
            Way::Fixed(format) => corpus::json(format),
            Way::Auto | Way::Envelope => all.clone(),
        };
        Decoder::new(name, way, Made::Json(Json::new(&seeds, &all)), seeds)
    }

    pub fn protobuf() -> Decoder {
        let mut seeds = corpus::samples("otlp", ".pb");
        seeds.extend(corpus::simulated().1);
        let made = Made::Proto(Proto::new(&seeds));
        Decoder::new("otlp_protobuf", Way::Fixed(Format::Otlp), made, seeds)
    }

    fn new(name: &'static str, way: Way, made: Made, seeds: Vec<Vec<u8>>) -> Decoder {
        let format = match way {
            Way::Fixed(format) => Some(format),
            Way::Auto | Way::Envelope => None,
        };
        Decoder {
            name,
            way,
            seeds,
            made,
            settings: settings(format),
            gates: gates(),
            out: Vec::new(),
            again: Vec::new(),
        }
    }

    /// What these bytes tell, into `out` or `again`.
    fn told(&mut self, knob: u64, bytes: &[u8], again: bool) {
        let out = if again {
            &mut self.again
        } else {
            &mut self.out
        };
        out.clear();
        decode(bytes, context(&self.settings, &self.gates, knob), out);
    }

    /// What passes over columns that nobody needs tells what reads all of them tells; of calls to
    /// others, faults may be passed over.
    fn same_as_whole(&mut self, input: &Input) {
        let others = [Told::Ignored(IgnoreReason::OtherCall)];
        if self.out == others {
            return;
        }
        self.again.clear();
        let context = context(&self.settings, &self.gates, input.knob);
        watch(&input.bytes, context, &mut Whole, &mut self.again);
        assert_eq!(self.out, self.again, "by columns and whole");
    }

    /// Bare and as the only element of a list, a record is the same.
    fn same_in_a_list(&mut self, input: &Input) {
        if !is_object(&input.bytes) {
            return;
        }
        let list = [b"[", input.bytes.trim_ascii(), b"]"].concat();
        self.told(input.knob, &list, true);
        let deep = |told: &Told| match told {
            Told::Rejected(reject) => matches!(
                reject.reason,
                QuarantineReason::TooDeep | QuarantineReason::UnknownShape
            ),
            Told::Report(_) | Told::Ignored(_) => false,
        };
        if !self.out.iter().chain(&self.again).any(deep) {
            assert_eq!(self.out, self.again, "bare and in a list");
        }
    }

    /// Several records in an envelope are these records, one after the other.
    fn same_in_envelopes(&mut self, input: &Input) {
        let mut rng = Rng::new(input.knob);
        if !is_object(&input.bytes) {
            return;
        }
        let other = rng.of(&self.seeds).clone();
        if !is_object(&other) {
            return;
        }
        self.told(input.knob, &other, true);
        let mut expected = self.out.clone();
        expected.append(&mut self.again);
        let (one, two) = (input.bytes.trim_ascii(), other.trim_ascii());
        let whole = match rng.below(3) {
            0 => [b"[", one, b",", two, b"]"].concat(),
            1 => [b"{\"result\":[", one, b",", two, b"]}"].concat(),
            _ => [b"{\"records\" : [ ", one, b" , ", two, b" ] }"].concat(),
        };
        self.told(input.knob, &whole, true);
        let strip = |told: &mut Vec<Told>| {
            for one in told.iter_mut() {
                if let Told::Rejected(reject) = one {
                    reject.keys.clear();
                }
            }
            !told.iter().any(|told| {
                matches!(told, Told::Rejected(Reject { reason, .. })
                    if matches!(reason, QuarantineReason::TooDeep | QuarantineReason::UnknownShape))
            })
        };
        if strip(&mut expected) & strip(&mut self.again) {
            assert_eq!(expected, self.again, "one by one and in an envelope");
        }
    }
}

/// Whether the skimmer and the tree see the same thing: a valid object without a mark before it.
fn is_object(bytes: &[u8]) -> bool {
    bytes.trim_ascii().first() == Some(&b'{') && Tree::parse(bytes).is_ok()
}

/// Settings and gate that a knob names.
fn context<'a>(settings: &'a [Settings], gates: &'a [Gate; 2], knob: u64) -> Context<'a> {
    Context {
        settings: &settings[usize::try_from(knob >> 8 & 3).unwrap()],
        gate: &gates[usize::try_from(knob >> 10 & 1).unwrap()],
    }
}

/// Wants to see every record whole.
struct Whole;

impl Watcher for Whole {}

impl Target for Decoder {
    fn name(&self) -> &'static str {
        self.name
    }

    fn seeds(&self) -> Vec<Vec<u8>> {
        self.seeds.clone()
    }

    fn make(&mut self, rng: &mut Rng, input: &mut Input) {
        let marked = is_marked(input);
        match &mut self.made {
            Made::Json(json) if marked => json.make_marked(rng, &mut input.bytes),
            Made::Json(json) => {
                json.make(rng, &mut input.bytes, self.way == Way::Envelope);
                if self.way == Way::Envelope {
                    (0..rng.below(4)).for_each(|_| wrap(rng, &mut input.bytes));
                    input.bytes.truncate(100_000);
                }
            }
            Made::Proto(proto) if marked => proto.make_marked(rng, &mut input.bytes),
            Made::Proto(proto) => proto.make(rng, &mut input.bytes),
        }
    }

    fn check(&mut self, input: &Input, reached: &mut Reached) {
        self.told(input.knob, &input.bytes, false);
        assert!(!self.out.is_empty(), "nothing was told");
        for told in &self.out {
            hold(told);
            reach(told, reached);
        }
        if is_marked(input) {
            let shown: Vec<Told> = self.out.iter().map(without_people).collect();
            let shown = format!("{shown:?}");
            assert!(!shown.contains(MARK), "tells a secret: {shown}");
        }
        self.same_as_whole(input);
        if input.knob.is_multiple_of(16) {
            self.told(input.knob, &input.bytes, true);
            assert_eq!(self.out, self.again, "the same bytes twice");
        }
        match self.way {
            Way::Fixed(_) => {}
            Way::Auto => self.same_in_a_list(input),
            Way::Envelope => self.same_in_envelopes(input),
        }
    }

    fn keep(&mut self, input: &Input) {
        // What is marked stays where it is: moved, it may come to stand where names are told.
        if is_marked(input) {
            return;
        }
        match &mut self.made {
            Made::Json(json) => json.keep(&input.bytes),
            Made::Proto(proto) => proto.keep(&input.bytes),
        }
    }
}

/// One run in sixteen looks for secrets.
fn is_marked(input: &Input) -> bool {
    (input.knob >> 16).is_multiple_of(16)
}

/// A report without the places that become keyed fingerprints.
fn without_people(told: &Told) -> Told {
    let mut told = told.clone();
    if let Told::Report(report) = &mut told {
        let who = &mut report.origin;
        for text in [&mut who.user, &mut who.conversation, &mut who.credential] {
            *text = "".into();
        }
    }
    told
}

/// What holds of everything told.
fn hold(told: &Told) {
    match told {
        Told::Ignored(_) => {}
        Told::Rejected(reject) => {
            assert!(
                reject.keys.len() <= Reject::MAX_KEYS,
                "{} keys",
                reject.keys.len()
            );
            assert!(
                reject.detail.len() <= DETAIL_MAX,
                "detail {:?}",
                reject.detail
            );
            reject.keys.iter().for_each(|(key, _)| clean(key));
        }
        Told::Report(report) => hold_report(report),
    }
}

fn clean(name: &str) {
    assert!(
        name.len() <= NAME_MAX,
        "a name of {} bytes: {name}",
        name.len()
    );
    assert!(
        !name.chars().any(char::is_control),
        "a name with control characters: {name:?}"
    );
}

fn hold_report(report: &Report) {
    let (to, who) = (&report.destination, &report.origin);
    for name in [
        &report.teller,
        &report.sequence,
        &to.host,
        &to.path,
        &to.deployment,
        &to.model,
        &who.application,
        &who.skill,
        &who.definition,
        &who.scope,
        &who.source_table,
        &who.service,
        &who.caller,
        &who.user,
        &who.conversation,
        &who.credential,
    ] {
        clean(name);
    }
    who.tags.iter().for_each(|tag| clean(tag));
    report.evidence.iter().for_each(|fact| clean(&fact.told));
    assert!(
        report.transport.is_some() || report.usage.is_some(),
        "a report of nothing"
    );
    if let Some(transport) = &report.transport {
        clean(&transport.spillover_from);
    }
    let Some(usage) = &report.usage else { return };
    clean(&usage.model);
    clean(&usage.requested_model);
    let Some(Usage {
        input,
        cache_read,
        cache_write_5m,
        cache_write_1h,
        output,
        reasoning,
    }) = usage.usage
    else {
        return;
    };
    for count in [input, cache_read, cache_write_5m, cache_write_1h, output] {
        assert!(count <= TOKENS_MAX, "{count} tokens");
    }
    assert!(
        reasoning <= output,
        "{reasoning} of {output} tokens of output"
    );
}

/// Counts what was told by its kind.
fn reach(told: &Told, reached: &mut Reached) {
    match told {
        Told::Ignored(reason) => {
            reached.hit(format_args!("ignored {}", reason.as_str()));
        }
        Told::Rejected(reject) => {
            let detail = reject.detail.split(", line ").next().unwrap_or_default();
            let kind: String = detail
                .chars()
                .filter(|c| !c.is_ascii_digit())
                .take(90)
                .collect();
            reached.hit(format_args!("rejected {}: {kind}", reject.reason));
        }
        Told::Report(report) => reach_report(report, reached),
    }
}

fn reach_report(report: &Report, reached: &mut Reached) {
    let class = |class: Option<tollwatch::call::Class>| class.map_or("-", |class| class.as_str());
    let provider = match &report.destination.provider {
        None => "-",
        Some(Provider::Other(_)) => "other",
        Some(provider) => provider.as_str(),
    };
    let transport = report.transport.as_ref();
    let usage = report.usage.as_ref();
    let flags: String = [
        (transport.is_some(), 'T'),
        (usage.is_some(), 'U'),
        (usage.is_some_and(|usage| usage.usage.is_some()), 'N'),
        (usage.is_some_and(|usage| usage.total_mismatch), 'M'),
        (usage.is_some_and(|usage| usage.tier.is_some()), 't'),
        (
            transport.is_some_and(|transport| !transport.spillover_from.is_empty()),
            's',
        ),
    ]
    .iter()
    .map(|(set, letter)| if *set { *letter } else { '.' })
    .collect();
    let evidence = report
        .evidence
        .first()
        .map_or("-", |fact| fact.kind.as_str());
    reached.hit(format_args!(
        "report {} {flags} by {} to {provider} class {} {} evidence {evidence}",
        report.format.as_str(),
        report.identity.kind.as_str(),
        class(transport.and_then(|transport| transport.class)),
        class(usage.and_then(|usage| usage.class)),
    ));
}
