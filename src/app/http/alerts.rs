//! `GET /api/v1/alerts` and `/api/v1/alerts/stream`: what this process published last, and what it publishes.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Json, Response};
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;

use crate::app::http::query::Query;
use crate::app::http::{Shown, problem};

/// So many are shown where nothing else is asked for.
const SHOWN: usize = 50;
/// What keeps a quiet stream open through proxies.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    watchlist: Option<String>,
    limit: Option<usize>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AskedToStream {
    watchlist: Option<String>,
}

/// The newest first.
pub(super) async fn last(State(shown): State<Shown>, Query(asked): Query<Asked>) -> Response {
    let last = shown.recent.last(asked.limit.unwrap_or(SHOWN), asked.watchlist.as_deref());
    let values: Result<Vec<&RawValue>, _> = last.iter().map(|told| serde_json::from_str(&told.value)).collect();
    match values {
        Ok(alerts) => Json(serde_json::json!({ "alerts": alerts })).into_response(),
        Err(error) => problem(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

/// Each alert as it is committed, as a server-sent event with its `ce_id`; `missed` says how many did not come.
pub(super) async fn stream(State(shown): State<Shown>, Query(asked): Query<AskedToStream>) -> Response {
    let events = BroadcastStream::new(shown.recent.listen()).filter_map(move |next| match next {
        Ok(told) => {
            let event = || Event::default().event("alert").id(&*told.id).data(&*told.value);
            told.is_of(asked.watchlist.as_deref()).then(event)
        }
        Err(BroadcastStreamRecvError::Lagged(missed)) => {
            Some(Event::default().event("missed").data(missed.to_string()))
        }
    });
    Sse::new(events.map(Ok::<_, Infallible>)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response()
}
