# The two commands of the README, and the longer ones. Each installs what it lacks, or says how.

.PHONY: demo test fuzz bench lint deny doc clean

# The main job, seen end to end: two weeks of traffic simulated, read, priced, judged, reported.
demo: tools
	cargo run --quiet --release --locked -- demo --once

# Everything that must hold, hermetic.
test: tools
	cargo test --locked
	tests/recount/run

# Every reader of foreign bytes, fed with changed samples: N runs each (docs/FUZZING.md).
N ?= 1000000
fuzz: tools
	FUZZ_RUNS=$(N) cargo test --profile fuzz --locked --test fuzz -- --nocapture --test-threads 1

# Ratios to a limit measured in the same run.
bench: tools
	cargo bench --locked --bench books

lint:
	cargo fmt --check
	cargo clippy --all-targets --locked -- -D warnings

doc:
	RUSTDOCFLAGS='-D warnings' cargo doc --no-deps --locked

deny:
	scripts/cargo-deny

.PHONY: tools
tools:
	@scripts/tools
