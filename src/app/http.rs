//! The HTTP surface: health, readiness, metrics, status, what is in force and published, and reloading.

mod alerts;
mod explain;
mod query;
mod reload;
mod watchlists;

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};

use axum::extract::DefaultBodyLimit;
use tokio::sync::Semaphore;

pub(crate) use self::explain::Explainer;
use crate::app::metrics::Metrics;
use crate::app::progress::Progress;
use crate::app::recent::Recent;
use crate::app::reload::Reloader;
use crate::pipeline::engines::Engines;

/// What the pages show.
#[derive(Clone)]
pub(crate) struct Shown {
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) progress: Arc<Progress>,
    /// The watchlists in force, where the match stage runs.
    pub(crate) engines: Option<Arc<Engines>>,
    pub(crate) reloader: Option<Arc<Reloader>>,
    pub(crate) recent: Arc<Recent>,
    pub(crate) explainer: Option<Explainer>,
    /// Turns to explain.
    pub(crate) explaining: Arc<Semaphore>,
    /// The most that an event may have.
    pub(crate) max_bytes: usize,
    /// Without it nothing can be changed over HTTP.
    pub(crate) token: Option<Arc<str>>,
}

/// All pages.
pub(crate) fn pages(shown: Shown) -> axum::Router {
    axum::Router::new()
        .route("/-/healthy", get(|State(shown): State<Shown>| async move { said(&shown.progress.unhealthy()) }))
        .route("/-/ready", get(|State(shown): State<Shown>| async move { said(&shown.progress.not_ready()) }))
        .route("/-/reload", post(reload::post))
        .route("/metrics", get(metrics))
        .route("/api/v1/status", get(status))
        .route("/api/v1/watchlists", get(watchlists::get))
        .route("/api/v1/alerts", get(alerts::last))
        .route("/api/v1/alerts/stream", get(alerts::stream))
        // A little more, so that what is too large gets the reason that it has in a topic.
        .route("/api/v1/explain", post(explain::post).layer(DefaultBodyLimit::max(shown.max_bytes * 2)))
        .method_not_allowed_fallback(async || problem(StatusCode::METHOD_NOT_ALLOWED, "not by this method"))
        .fallback(async || problem(StatusCode::NOT_FOUND, "there is no such page"))
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
        Err(error) => problem(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

fn problem(status: StatusCode, detail: &str) -> Response {
    problem_with(status, detail, serde_json::Value::default())
}

/// RFC 9457, with members of its own.
fn problem_with(status: StatusCode, detail: &str, more: serde_json::Value) -> Response {
    let title = status.canonical_reason();
    let mut body =
        serde_json::json!({ "type": "about:blank", "title": title, "status": status.as_u16(), "detail": detail });
    if let (Some(body), serde_json::Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more);
    }
    (status, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
}

async fn status(State(shown): State<Shown>) -> Response {
    let not_ready = shown.progress.not_ready();
    let engine = shown.engines.as_ref().map(|engines| engines.current());
    Json(serde_json::json!({
        "version": env!("CARGO_PKG_VERSION"),
        "revision": engine.as_ref().map_or("", |engine| engine.revision()),
        "stale": shown.reloader.as_ref().map_or_else(Vec::new, |reloader| reloader.stale()),
        "ready": not_ready.is_empty(),
        "not_ready": not_ready,
        "stages": shown.progress.status(),
    }))
    .into_response()
}

#[cfg(test)]
mod tests;
