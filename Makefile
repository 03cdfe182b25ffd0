# The two commands of the README, and the longer ones. Each installs what it lacks, or says how.

.PHONY: demo test kafka influx influx-soak grafana fuzz web-fuzz crash bench bench-anomaly screenshots lint deny doc clean

# The main job, seen end to end: two weeks of traffic simulated, read, priced, judged, reported.
demo: tools
	cargo run --quiet --release --locked -- demo $(if $(LISTEN),--listen $(LISTEN))

# Everything that must hold on any machine; Kafka is librdkafka's mock here, and `make kafka` the real one.
test: tools
	cargo test --locked --features faults
	tests/recount/run

# The daemon on a real Apache Kafka, one broker and three (tests/servers starts them, and says when this
# machine cannot).
kafka: tools
	cargo test --locked --test kafka_real -- --nocapture --test-threads 1

# Series into a real InfluxDB 2 and a real InfluxDB 1.
influx: tools
	cargo test --locked --test influx_real -- --nocapture

# The demo's records as growing files, and so many minutes of killing daemon and InfluxDB 2 at random; then
# `influx verify`, and the books against one undisturbed reading. Another SEED deals other blows.
influx-soak: MINUTES ?= 60
influx-soak: SEED ?= 1
influx-soak: tools
	SOAK_MINUTES=$(MINUTES) SOAK_SEED=$(SEED) cargo test --release --locked --test influx_real soak -- --ignored --nocapture

# Every query of every panel and of docs/SERIES.md on a real InfluxDB 2 (tests/servers builds it once, and says when
# this machine cannot).
grafana: tools
	cargo test --locked --test grafana -- --nocapture --include-ignored

# Every reader of foreign bytes, fed with changed samples: N runs each (docs/FUZZING.md).
fuzz: N ?= 1000000
fuzz: tools
	FUZZ_RUNS=$(N) cargo test --profile fuzz --locked --test fuzz -- --nocapture --test-threads 1

# Requests made from the API's own description, N for each answer (tests/servers fetches schemathesis once).
web-fuzz: N ?= 1000
web-fuzz: tools
	WEB_FUZZ=$(N) cargo test --locked --test web_api nothing_that -- --nocapture

# Kills the daemon N times, at sites and at random, and compares the books each time. Another SEED is
# another topic and other blows.
crash: N ?= 1000
crash: SEED ?= 1
crash: tools
	CRASH_N=$(N) CRASH_SEED=$(SEED) cargo test --locked --features faults --test crash as_many -- --ignored --nocapture

# Ratios to a limit measured in the same run. One that misses a limit does not keep the others from running.
bench: tools
	@missed=; for bench in books kafka influx web; do \
		cargo bench --locked --bench $$bench || missed="$$missed $$bench"; \
	done; \
	test -z "$$missed" || { echo "limits missed:$$missed" >&2; exit 1; }

# Pictures of all pages, of the demo's books, into docs/screenshots.
screenshots: tools
	cargo build --release --locked
	scripts/screenshots

# The anomaly detector on real traffic, beside reference figures (docs/ANOMALIES.md). DATA=FILE is another file of
# the same shape; without one that part is skipped, and said so.
bench-anomaly: DATA ?= ../shared/data/servegen/clients_a.csv.gz
bench-anomaly: tools
	DATA=$(DATA) cargo bench --locked --bench anomaly

# Judging: one minute's close over ten thousand series, and a backtest of 90 days of 200 features.
.PHONY: bench-watch
bench-watch: tools
	cargo bench --locked --bench watch

# Months of invented quiet traffic, RUNS of them in five shapes, and a year with incidents, through rules and mails.
.PHONY: months
months: RUNS ?= 15
months: tools
	QUIET_RUNS=$(RUNS) YEAR_DAYS=365 cargo test --release --locked --lib months -- --nocapture --test-threads 1

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
