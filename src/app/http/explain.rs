//! `POST /api/v1/explain`: an event against the watchlists in force, clause by clause. Changes nothing.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use serde::Deserialize;
use serde_json::json;

use crate::app::http::query::Query;
use crate::app::http::{Shown, problem, problem_with};
use crate::diagnostic::did_you_mean;
use crate::matching::engine::Engine;
use crate::matching::explain::Explanation;
use crate::pipeline::decode::Decoder;
use crate::pipeline::engines::Engines;
use crate::pipeline::record::Record;

/// What explains events.
#[derive(Clone)]
pub(crate) struct Explainer {
    pub(crate) engines: Arc<Engines>,
    pub(crate) decoder: Arc<Decoder>,
    /// The topic that an event is taken to be of.
    pub(crate) topic: Arc<str>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    watchlist: Option<String>,
}

pub(super) async fn post(
    State(shown): State<Shown>,
    Query(asked): Query<Asked>,
    event: Result<Bytes, BytesRejection>,
) -> Response {
    let Some(explainer) = shown.explainer.clone() else {
        return problem(StatusCode::NOT_FOUND, "no watchlists are in force here: the match stage does not run");
    };
    let event = match event {
        Ok(event) => event,
        Err(rejection) => return problem(rejection.status(), &rejection.body_text()),
    };
    // One at a time: the daemon has other work.
    let Ok(_turn) = shown.explaining.acquire().await else {
        return problem(StatusCode::SERVICE_UNAVAILABLE, "stopping");
    };
    let explained = tokio::task::spawn_blocking(move || explainer.explain(&event, asked.watchlist.as_deref())).await;
    explained.unwrap_or_else(|error| problem(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()))
}

impl Explainer {
    fn explain(&self, event: &[u8], watchlist: Option<&str>) -> Response {
        let engine = self.engines.current();
        let numbers = match numbers(&engine, watchlist) {
            Ok(numbers) => numbers,
            Err(detail) => return problem(StatusCode::NOT_FOUND, &detail),
        };
        let record = Record { topic: &self.topic, payload: Some(event), ..Record::default() };
        let event = match self.decoder.decode(&record) {
            Ok(decoded) => decoded.event,
            Err(rejection) => {
                let more = json!({ "reason": rejection.reason.as_str() });
                let detail = format!("the event would be a dead letter: {}", rejection.message);
                return problem_with(StatusCode::UNPROCESSABLE_ENTITY, &detail, more);
            }
        };
        let mut workspace = engine.workspace();
        let explain = |number| engine.explain(number, &event, &mut workspace);
        let mut watchlists: Vec<Explanation> = numbers.into_iter().map(explain).collect();
        watchlists.sort_by_key(|explanation| !explanation.matched);
        Json(json!({ "id": event.id, "revision": engine.revision(), "watchlists": watchlists })).into_response()
    }
}

/// The places in the engine of the watchlist that is asked for, or of all.
fn numbers(engine: &Engine, wanted: Option<&str>) -> Result<Vec<usize>, String> {
    let ids = || engine.watchlists().iter().map(|watchlist| watchlist.id());
    let Some(wanted) = wanted else { return Ok((0..ids().count()).collect()) };
    ids().position(|id| id == wanted).map(|number| vec![number]).ok_or_else(|| {
        let near = did_you_mean(wanted, ids()).map(|near| format!("; did you mean {near}?"));
        format!("there is no watchlist {wanted}{}", near.unwrap_or_default())
    })
}
