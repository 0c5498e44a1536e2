//! `GET /api/v1/watchlists`: what is in force, and what is wrong with files that say something else.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use serde_json::json;

use crate::app::http::{Shown, problem};

pub(super) async fn get(State(shown): State<Shown>) -> Response {
    let Some(engines) = &shown.engines else {
        return problem(StatusCode::NOT_FOUND, "no watchlists are in force here: the match stage does not run");
    };
    let engine = engines.current();
    let names = engine.names();
    let watchlists: Vec<_> = engine
        .watchlists()
        .iter()
        .map(|watchlist| {
            let mut definition = watchlist.definition().clone();
            definition.queries = names.get(watchlist.id()).cloned().unwrap_or_default();
            definition
        })
        .collect();
    let (stale, diagnostics) = shown.reloader.as_ref().map(|reloader| reloader.complaints()).unwrap_or_default();
    let revision = engine.revision();
    Json(json!({ "revision": revision, "watchlists": watchlists, "stale": stale, "diagnostics": diagnostics }))
        .into_response()
}
