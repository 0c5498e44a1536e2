//! `POST /-/reload`: watchlists and vocabulary are read now, for whoever has the token.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::app::http::{Shown, problem, problem_with};
use crate::app::reload::Report;
use crate::diagnostic::Finding;

pub(super) async fn post(State(shown): State<Shown>, headers: HeaderMap) -> Response {
    let Some(token) = &shown.token else {
        return problem(StatusCode::FORBIDDEN, "reloading over HTTP needs a token in the settings (http.token)");
    };
    if !bears(&headers, token) {
        let mut answer = problem(StatusCode::UNAUTHORIZED, "the token is missing or wrong");
        answer.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        return answer;
    }
    let Some(reloader) = shown.reloader.as_ref().map(Arc::clone) else {
        let why = "no watchlists can be reloaded here: watchlists.reload is off, or the match stage does not run";
        return problem(StatusCode::CONFLICT, why);
    };
    // It goes on where the client does not wait for it.
    match tokio::task::spawn_blocking(move || reloader.reload("asked for over HTTP")).await {
        Ok(report) if report.errors.is_empty() => Json(json!({ "revision": report.revision })).into_response(),
        Ok(report) => unprocessable(&report),
        Err(error) => problem(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

/// The errors, in the form of `newswatch check`, and what is in force all the same.
fn unprocessable(report: &Report) -> Response {
    let errors: Vec<Finding<'_>> = report.errors.iter().map(Finding::from).collect();
    let more = json!({ "revision": report.revision, "stale": report.stale, "diagnostics": errors });
    let detail = "there are mistakes in the files: what stale names is in force as it was";
    problem_with(StatusCode::UNPROCESSABLE_ENTITY, detail, more)
}

/// Whether the request bears the token. Hashes are compared, for the time that takes tells nothing of the token.
fn bears(headers: &HeaderMap, token: &str) -> bool {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let borne = given.and_then(|given| given.split_once(' '));
    borne.is_some_and(|(scheme, borne)| {
        scheme.eq_ignore_ascii_case("bearer") && Sha256::digest(borne.trim()) == Sha256::digest(token)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::http::tests::shown;
    use crate::app::reload::tests::{reloader, write};

    async fn ask(shown: &Shown, authorization: Option<&str>) -> (u16, serde_json::Value) {
        let headers = authorization.map(|value| (header::AUTHORIZATION, value.parse().unwrap()));
        let answer = post(State(shown.clone()), headers.into_iter().collect()).await;
        let status = answer.status().as_u16();
        let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap())
    }

    #[tokio::test]
    async fn who_has_the_token_is_told_the_revision_or_what_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let reloader = Arc::new(reloader(folder.path()));
        let mut shown = Shown { reloader: Some(Arc::clone(&reloader)), ..shown() };
        assert_eq!(ask(&shown, Some("Bearer ")).await.0, 403);
        shown.token = Some("secret".into());
        for wrong in [None, Some(""), Some("Bearer"), Some("Bearer "), Some("Bearer secre"), Some("Basic secret")] {
            assert_eq!(ask(&shown, wrong).await.0, 401, "{wrong:?}");
        }
        let (status, first) = ask(&shown, Some("bearer secret")).await;
        assert_eq!(status, 200);
        write(folder.path(), "b", "snow");
        let (status, second) = ask(&shown, Some("Bearer secret")).await;
        assert!(status == 200 && second["revision"] != first["revision"], "{first} {second}");
        write(folder.path(), "b", "snow AND (");
        let (status, problem) = ask(&shown, Some("Bearer secret")).await;
        assert_eq!((status, &problem["status"], &problem["revision"]), (422, &json!(422), &second["revision"]));
        let found = &problem["diagnostics"][0];
        assert!(found["code"].as_str().unwrap().starts_with("NW02") && found["line"] == 5, "{problem}");
        assert_eq!(problem["stale"][0], found["file"]);
        shown.reloader = None;
        assert_eq!(ask(&shown, Some("Bearer secret")).await.0, 409);
    }
}
