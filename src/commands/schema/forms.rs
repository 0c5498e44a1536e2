//! The forms that people and producers write, for their schemas only: what reads them reports places
//! and takes more than one form, which a derived reader could not.

use std::collections::BTreeMap;

use schemars::JsonSchema;

use crate::message::event::Status;
use crate::message::evidence::Severity;
use crate::message::matched::WatchlistStatus;
use crate::message::policy::GroupBy;

/// A news event in its plain form. A title, a summary or a body is required.
#[derive(JsonSchema)]
#[allow(dead_code, reason = "only its schema is used")]
pub(super) struct Event {
    /// The producer's id; the URL where there is none. Of more than 1,024 bytes, `sha256:` and a hash stands for it.
    id: Option<String>,
    /// Where to read it.
    url: Option<String>,
    /// Who published it.
    source: Option<Source>,
    /// BCP 47; detected where it is absent.
    lang: Option<String>,
    /// RFC 3339.
    published_at: Option<String>,
    /// The headline.
    title: Option<String>,
    /// The summary or lead.
    summary: Option<String>,
    /// The body, text or HTML.
    body: Option<String>,
    /// Keywords, subjects, categories.
    tags: Option<Vec<String>>,
    /// From 1; a higher version of the same id is a correction.
    version: Option<u64>,
    /// Whether it may still be used.
    status: Option<Status>,
}

/// A name or what is known.
#[derive(JsonSchema)]
#[serde(untagged)]
#[allow(dead_code, reason = "only its schema is used")]
enum Source {
    Name(String),
    Known { id: Option<String>, name: Option<String>, domain: Option<String> },
}

/// One watchlist file.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code, reason = "only its schema is used")]
pub(super) struct WatchlistFile {
    watchlist: Heading,
    /// The watchlist matches when one of these does.
    #[schemars(length(min = 1))]
    query: Vec<Query>,
    filter: Option<Filter>,
    alert: Option<AlertForm>,
    test: Option<Vec<TestForm>>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code, reason = "only its schema is used")]
struct Heading {
    /// Stable, never reused.
    #[schemars(regex(pattern = "^[a-z0-9][a-z0-9.-]*$"))]
    id: String,
    title: Option<String>,
    owner: Option<String>,
    severity: Option<Severity>,
    status: Option<WatchlistStatus>,
    /// Carried on the alert.
    labels: Option<BTreeMap<String, String>>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code, reason = "only its schema is used")]
struct Query {
    name: String,
    /// In the query language.
    r#match: String,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code, reason = "only its schema is used")]
struct Filter {
    languages: Option<Vec<String>>,
    sources: Option<Vec<String>>,
    exclude_sources: Option<Vec<String>>,
    /// A duration; an older event is not alerted.
    max_age: Option<String>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code, reason = "only its schema is used")]
struct AlertForm {
    group_by: Option<GroupBy>,
    threshold: Option<Threshold>,
    /// A duration.
    repeat_after: Option<String>,
    /// A duration.
    quiet_after: Option<String>,
    escalate: Option<Escalate>,
}

/// Either events or sources.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code, reason = "only its schema is used")]
struct Threshold {
    events: Option<u32>,
    sources: Option<u32>,
    /// A duration.
    within: Option<String>,
}

/// Either events or sources, and to which severity.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code, reason = "only its schema is used")]
struct Escalate {
    events: Option<u32>,
    sources: Option<u32>,
    /// A duration.
    within: Option<String>,
    severity: Severity,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code, reason = "only its schema is used")]
struct TestForm {
    name: String,
    lang: Option<String>,
    title: Option<String>,
    summary: Option<String>,
    body: Option<String>,
    source: Option<String>,
    tags: Option<Vec<String>>,
    /// The queries that must match; empty means that none may.
    expect: Vec<String>,
}
