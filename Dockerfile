# syntax=docker/dockerfile:1
FROM rust:1.95-slim-bookworm AS build
# What librdkafka and OpenSSL, which are built from source, need besides a C compiler.
RUN apt-get update \
    && apt-get install -y --no-install-recommends g++ make perl \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY . .
# The caches outlive the layer; the binary is taken out of them.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    cargo build --release --locked --bin newswatch \
    && cp target/release/newswatch /usr/local/bin/newswatch

FROM debian:bookworm-slim
LABEL org.opencontainers.image.title="newswatch" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin newswatch
COPY --from=build /usr/local/bin/newswatch /usr/local/bin/newswatch
COPY config /etc/newswatch/config
USER 10001
EXPOSE 9464
STOPSIGNAL SIGTERM
# bash opens the connection itself, so that the image carries no HTTP client.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/9464 && printf 'GET /-/healthy HTTP/1.0\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"]
ENTRYPOINT ["newswatch"]
CMD ["run", "--config", "/etc/newswatch/config/newswatch.toml"]
