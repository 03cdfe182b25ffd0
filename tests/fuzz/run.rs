//! Runs a target many times: counts what it reaches, catches what breaks, makes it small.
//!
//! Knows no target. A newcomer may ask what steers it without a compiler's coverage: an input that
//! tells something new (another format, reason, detail or combination of facts) becomes a seed.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::Instant;

use super::rng::Rng;

/// Runs of each target within `cargo test`.
const RUNS_DEFAULT: u64 = 6_000;
/// Runs after which a long run says how far it is.
const PROGRESS_EVERY: u64 = 500_000;
/// Different faults after which a target stops.
const FAULTS_MAX: usize = 8;
/// Tries to make a failing input smaller.
const SHRINKS_MAX: u32 = 3_000;

/// What one run reads. The knob chooses settings and checks, so that the bytes alone stay data.
#[derive(Clone, Default)]
pub struct Input {
    pub knob: u64,
    pub bytes: Vec<u8>,
}

/// Something to be fuzzed.
pub trait Target {
    /// Names it in tables and files.
    fn name(&self) -> &'static str;
    /// The unchanged seeds.
    fn seeds(&self) -> Vec<Vec<u8>>;
    /// Makes the next input.
    fn make(&mut self, rng: &mut Rng, input: &mut Input);
    /// Reads an input and says what was reached; panics where a promise is broken.
    fn check(&mut self, input: &Input, reached: &mut Reached);
    /// Takes an input that reached something new as a further seed.
    fn keep(&mut self, input: &Input);
    /// How many times as costly a run is as a usual one; divides the runs that were asked for.
    fn cost(&self) -> u64 {
        1
    }
}

/// What was reached, and how often.
#[derive(Default)]
pub struct Reached {
    counts: BTreeMap<String, u64>,
    word: String,
    new: bool,
}

/// Kinds of outcome that are told apart; beyond, none is new.
const KINDS_MAX: usize = 20_000;

impl Reached {
    /// Counts one outcome.
    pub fn hit(&mut self, kind: std::fmt::Arguments<'_>) {
        self.word.clear();
        self.word.write_fmt(kind).unwrap();
        if let Some(count) = self.counts.get_mut(&self.word) {
            *count += 1;
        } else if self.counts.len() < KINDS_MAX {
            self.counts.insert(self.word.clone(), 1);
            self.new = true;
        }
    }
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
    static LAST: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Keeps the message and place of a caught panic instead of printing each.
fn hush() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if QUIET.get() {
                LAST.set(info.to_string());
            } else {
                before(info);
            }
        }));
    });
}

fn number_of(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.replace('_', "")
            .parse()
            .unwrap_or_else(|_| panic!("{name}={text} is no number")),
    )
}

/// One run; the message of the panic when it breaks.
fn once(target: &mut dyn Target, input: &Input, reached: &mut Reached) -> Result<(), String> {
    QUIET.set(true);
    let done = panic::catch_unwind(AssertUnwindSafe(|| target.check(input, reached)));
    QUIET.set(false);
    done.map_err(|_: Box<dyn Any + Send>| LAST.take())
}

/// The file and line of a panic's message: faults of one place are one fault.
fn place(message: &str) -> String {
    message.lines().next().unwrap_or_default().to_owned()
}

/// Cuts parts out while the input still fails at the same place.
fn shrink(target: &mut dyn Target, mut input: Input, fault: &str) -> Input {
    let mut tries = 0;
    let mut step = input.bytes.len() / 2;
    while step > 0 {
        let mut at = 0;
        while at < input.bytes.len() && tries < SHRINKS_MAX {
            tries += 1;
            let mut smaller = input.clone();
            let end = (at + step).min(smaller.bytes.len());
            smaller.bytes.drain(at..end);
            let mut unused = Reached::default();
            match once(target, &smaller, &mut unused) {
                Err(message) if place(&message) == fault => input = smaller,
                Ok(()) | Err(_) => at += step,
            }
        }
        step /= 2;
    }
    input
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuzz")
}

/// Keeps a failing input: the knob in eight bytes, then the data.
fn write(name: &str, number: usize, input: &Input) -> PathBuf {
    let path = folder().join(format!("{name}-{number}"));
    std::fs::create_dir_all(folder()).unwrap();
    let bytes = [&input.knob.to_le_bytes(), input.bytes.as_slice()].concat();
    std::fs::write(&path, bytes).unwrap();
    path
}

/// Runs one kept input and nothing else, when `FUZZ_REPLAY` names one of this target.
fn replayed(target: &mut dyn Target) -> bool {
    let Ok(path) = std::env::var("FUZZ_REPLAY") else {
        return false;
    };
    let file = Path::new(&path)
        .file_name()
        .unwrap()
        .to_string_lossy()
        .into_owned();
    if file
        .rsplit_once('-')
        .is_some_and(|(name, _)| name == target.name())
    {
        let bytes = std::fs::read(&path).unwrap();
        let (knob, bytes) = bytes.split_first_chunk().unwrap();
        let input = Input {
            knob: u64::from_le_bytes(*knob),
            bytes: bytes.to_vec(),
        };
        eprintln!("{}", String::from_utf8_lossy(&input.bytes));
        target.check(&input, &mut Reached::default());
    }
    true
}

/// Runs a target `FUZZ_RUNS` times from `FUZZ_SEED` on.
pub fn run(mut target: impl Target) {
    hush();
    if replayed(&mut target) {
        return;
    }
    let runs = number_of("FUZZ_RUNS").unwrap_or(RUNS_DEFAULT) / target.cost();
    let seed = number_of("FUZZ_SEED").unwrap_or(1);
    let mut rng = Rng::new(seed);
    let mut reached = Reached::default();
    let mut faults: Vec<String> = Vec::new();
    let began = Instant::now();
    let mut done = 0;
    let mut seeds = target.seeds().into_iter();
    let mut input = Input::default();
    while done < runs && faults.len() < FAULTS_MAX {
        input.bytes.clear();
        input.knob = rng.word();
        if let Some(seed) = seeds.next() {
            input.bytes = seed;
        } else {
            target.make(&mut rng, &mut input);
        }
        reached.new = false;
        done += 1;
        if done.is_multiple_of(PROGRESS_EVERY) && done < runs {
            report(target.name(), done, seed, began, &reached);
        }
        match once(&mut target, &input, &mut reached) {
            Ok(()) if reached.new => target.keep(&input),
            Ok(()) => {}
            Err(message) if faults.iter().any(|known| place(known) == place(&message)) => {}
            Err(message) => {
                let small = shrink(&mut target, input.clone(), &place(&message));
                let path = write(target.name(), faults.len(), &small);
                eprintln!("{message}\n  FUZZ_REPLAY={}", path.display());
                faults.push(message);
            }
        }
    }
    report(target.name(), done, seed, began, &reached);
    table(&reached);
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

/// One line for the run.
fn report(name: &str, runs: u64, seed: u64, began: Instant, reached: &Reached) {
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "fuzz {name}: {runs} runs from seed {seed} in {seconds:.0} s, {} kinds of outcome",
        reached.counts.len()
    );
}

/// Every kind of outcome, where `FUZZ_TABLE` asks for it.
fn table(reached: &Reached) {
    if std::env::var("FUZZ_TABLE").is_ok() {
        for (kind, count) in &reached.counts {
            println!("  {count:>10}  {kind}");
        }
    }
}
