//! The pages, asked as a client asks.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};
use tokio_stream::StreamExt;
use tower::ServiceExt;

use super::*;
use crate::app::decoding::decoder;
use crate::app::recent::tests::note;
use crate::app::reload::tests::{in_force, reloader, write};
use crate::settings::Settings;

/// Of a process in which nothing runs.
pub(super) fn shown() -> Shown {
    Shown {
        metrics: Metrics::new(Default::default(), "").unwrap(),
        progress: Arc::new(Progress::new(&[])),
        engines: None,
        reloader: None,
        recent: Arc::new(Recent::new()),
        explainer: None,
        explaining: Arc::new(Semaphore::new(1)),
        max_bytes: 1024,
        token: None,
    }
}

/// Of one that has the watchlist `a` over a folder.
fn matching(folder: &std::path::Path) -> Shown {
    let reloader = Arc::new(reloader(folder));
    let engines = in_force(&reloader);
    let mut settings = Settings::default();
    settings.events.max_bytes = 1024;
    let decoder = Arc::new(decoder(&settings).unwrap());
    let explainer = Explainer { engines: Arc::clone(&engines), decoder, topic: "news.events".into() };
    Shown { engines: Some(engines), reloader: Some(reloader), explainer: Some(explainer), ..shown() }
}

async fn ask(shown: &Shown, method: Method, page: &str, body: &str) -> (u16, Value) {
    let request = Request::builder().method(method).uri(page).body(Body::from(body.to_owned())).unwrap();
    let answer = pages(shown.clone()).oneshot(request).await.unwrap();
    let (status, kind) = (answer.status(), answer.headers()[header::CONTENT_TYPE].to_str().unwrap().to_owned());
    let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    if !status.is_success() {
        assert_eq!((kind.as_str(), &body["status"]), ("application/problem+json", &json!(status.as_u16())), "{page}");
    }
    (status.as_u16(), body)
}

async fn get_page(shown: &Shown, page: &str) -> (u16, Value) {
    ask(shown, Method::GET, page, "").await
}

#[tokio::test]
async fn what_is_not_there_has_its_problem() {
    let shown = shown();
    for (method, page, status) in [
        (Method::GET, "/", 404),
        (Method::GET, "/api/v1/nothing", 404),
        (Method::POST, "/metrics", 405),
        (Method::GET, "/api/v1/explain", 405),
        (Method::GET, "/api/v1/watchlists", 404),
        (Method::POST, "/api/v1/explain", 404),
        (Method::GET, "/api/v1/alerts?limit=few", 400),
        (Method::GET, "/api/v1/alerts?lmit=1", 400),
    ] {
        assert_eq!(ask(&shown, method.clone(), page, "{}").await.0, status, "{method} {page}");
    }
}

#[tokio::test]
async fn watchlists_are_those_in_force_with_the_mistakes_of_what_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let shown = matching(folder.path());
    let (status, first) = get_page(&shown, "/api/v1/watchlists").await;
    assert_eq!((status, &first["stale"], &first["diagnostics"]), (200, &json!([]), &json!([])));
    let a = &first["watchlists"][0];
    assert_eq!((&a["id"], &a["queries"], &a["severity"]), (&json!("a"), &json!(["q"]), &json!("medium")), "{first}");
    write(folder.path(), "a", "rain AND (");
    shown.reloader.as_ref().unwrap().reload("a test");
    let (_, second) = get_page(&shown, "/api/v1/watchlists").await;
    assert_eq!((&second["revision"], &second["watchlists"]), (&first["revision"], &first["watchlists"]));
    let found = &second["diagnostics"][0];
    assert!(found["line"] == 5 && found["file"] == second["stale"][0], "{second}");
}

#[tokio::test]
async fn an_event_is_explained_by_the_watchlists_in_force() {
    let folder = tempfile::tempdir().unwrap();
    let shown = matching(folder.path());
    write(folder.path(), "b", "snow");
    shown.reloader.as_ref().unwrap().reload("a test");
    let explain = async |page: &str, event: &str| ask(&shown, Method::POST, page, event).await;
    let event = r#"{"id": "1", "title": "Snow is expected", "lang": "en"}"#;
    let (status, told) = explain("/api/v1/explain", event).await;
    let both = &told["watchlists"];
    assert_eq!((status, &told["id"], both.as_array().unwrap().len()), (200, &json!("1"), 2), "{told}");
    assert_eq!((&both[0]["watchlist"], &both[0]["matched"]), (&json!("b"), &json!(true)), "what matches comes first");
    let (_, told) = explain("/api/v1/explain?watchlist=a", event).await;
    assert_eq!((&told["watchlists"][0]["watchlist"], &told["watchlists"][1]), (&json!("a"), &Value::Null));
    let (status, told) = explain("/api/v1/explain?watchlist=bb", event).await;
    assert!(status == 404 && told["detail"].as_str().unwrap().ends_with("did you mean b?"), "{told}");
    for (bad, status, reason) in [("{", 422, "not_json"), ("", 422, "empty"), (&"x".repeat(1500), 422, "too_large")] {
        let (got, told) = explain("/api/v1/explain", bad).await;
        assert_eq!((got, &told["reason"]), (status, &json!(reason)), "{told}");
    }
    assert_eq!(explain("/api/v1/explain", &"x".repeat(5000)).await.0, 413);
}

#[tokio::test]
async fn alerts_are_shown_and_streamed_as_they_are_published() {
    let shown = shown();
    for (id, watchlist) in [("1.1", "a"), ("2.1", "b"), ("1.2", "a")] {
        note(&shown.recent, watchlist, id, &json!({ "id": id }).to_string());
    }
    let ids = async |page: &str| {
        let (status, told) = get_page(&shown, page).await;
        assert_eq!(status, 200, "{told}");
        told["alerts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|alert| alert["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids("/api/v1/alerts").await, ["1.2", "2.1", "1.1"]);
    assert_eq!(ids("/api/v1/alerts?watchlist=a&limit=1").await, ["1.2"]);
    assert!(ids("/api/v1/alerts?watchlist=c").await.is_empty());

    let request = Request::builder().uri("/api/v1/alerts/stream?watchlist=b").body(Body::empty()).unwrap();
    let answer = pages(shown.clone()).oneshot(request).await.unwrap();
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/event-stream");
    note(&shown.recent, "a", "1.3", "{}");
    note(&shown.recent, "b", "2.2", r#"{"id":"2.2"}"#);
    let first = answer.into_body().into_data_stream().next().await.unwrap().unwrap();
    assert_eq!(std::str::from_utf8(&first).unwrap(), "event: alert\nid: 2.2\ndata: {\"id\":\"2.2\"}\n\n");
}
