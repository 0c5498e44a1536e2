# What there is to do, by `just`.
_default:
    @just --list

# Everything that CI runs.
check:
    .ci/run

# The whole on one machine, with nothing installed: sample news in, alerts out.
demo *arguments:
    cargo run --release -- demo {{ arguments }}

# A real Kafka on this machine: `just kafka start`, `just kafka stop`.
kafka *arguments="start":
    deploy/local/kafka {{ arguments }}

# The daemon against the Kafka on this machine.
run *arguments:
    cargo run --release -- run {{ arguments }}

# The quick tests: those that need no Kafka.
unit:
    cargo test --lib

# The tests through a real Kafka.
integration:
    cargo test --test kafka

# Twenty minutes of arbitrary input: `just fuzz text`, `query` or `decode`. Needs a nightly Rust and cargo-fuzz.
fuzz target seconds="1200":
    CARGO_PROFILE_RELEASE_LTO=off cargo +nightly fuzz run -s none {{ target }} -- -dict=fuzz/{{ target }}.dict -max_len=4096 -max_total_time={{ seconds }}

# Kafka, newswatch and Prometheus in containers.
compose *arguments="up --build":
    docker compose -f deploy/compose.yaml {{ arguments }}
