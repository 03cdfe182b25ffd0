# The two commands of the README, and the longer ones. Each installs what it lacks, or says how.

.PHONY: demo test crash bench lint deny doc clean

# The main job, seen end to end: two weeks of traffic simulated, read, priced, judged, reported.
demo: tools
	cargo run --quiet --release --locked -- demo --once

# Everything that must hold, hermetic.
test: tools
	cargo test --locked --features faults
	tests/recount/run

# Kills the daemon N times, at sites and at random, and compares the books each time. Another SEED is
# another topic and other blows.
N ?= 1000
SEED ?= 1
crash: tools
	CRASH_N=$(N) CRASH_SEED=$(SEED) cargo test --locked --features faults --test crash as_many -- --nocapture

# Ratios to a limit measured in the same run.
bench: tools
	cargo bench --locked --bench books

lint:
	cargo fmt --check
	cargo clippy --all-targets --locked -- -D warnings
	cargo clippy --all-targets --all-features --locked -- -D warnings

doc:
	RUSTDOCFLAGS='-D warnings' cargo doc --no-deps --locked

deny:
	scripts/cargo-deny

.PHONY: tools
tools:
	@scripts/tools
