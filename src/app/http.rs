//! The HTTP surface: health, readiness, metrics, status.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;

use crate::app::metrics::Metrics;
use crate::app::progress::Progress;

/// What the pages show.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) progress: Arc<Progress>,
    /// Of the watchlists in force.
    pub(crate) revision: Arc<str>,
}

/// All pages.
pub(crate) fn pages(shown: Shown) -> axum::Router {
    axum::Router::new()
        .route("/-/healthy", get(|State(shown): State<Shown>| async move { said(&shown.progress.unhealthy()) }))
        .route("/-/ready", get(|State(shown): State<Shown>| async move { said(&shown.progress.not_ready()) }))
        .route("/metrics", get(metrics))
        .route("/api/v1/status", get(status))
        .with_state(shown)
}

fn said(complaints: &[String]) -> Response {
    if complaints.is_empty() {
        return "ok\n".into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, format!("{}\n", complaints.join("\n"))).into_response()
}

async fn metrics(State(shown): State<Shown>) -> Response {
    match shown.metrics.render() {
        Ok(text) => ([(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)], text).into_response(),
        Err(error) => problem(&error.to_string()),
    }
}

/// RFC 9457.
fn problem(detail: &str) -> Response {
    let body =
        serde_json::json!({ "type": "about:blank", "title": "Internal Server Error", "status": 500, "detail": detail });
    let headers = [(header::CONTENT_TYPE, "application/problem+json")];
    (StatusCode::INTERNAL_SERVER_ERROR, headers, body.to_string()).into_response()
}

async fn status(State(shown): State<Shown>) -> Response {
    let not_ready = shown.progress.not_ready();
    Json(serde_json::json!({
        "version": env!("CARGO_PKG_VERSION"),
        "revision": &*shown.revision,
        "ready": not_ready.is_empty(),
        "not_ready": not_ready,
        "stages": shown.progress.status(),
    }))
    .into_response()
}
