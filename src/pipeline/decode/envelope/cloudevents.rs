//! CloudEvents 1.0 (cloudevents.io): in binary mode the attributes are `ce_*` headers and the value is the
//! data; in structured mode both are one JSON object. An envelope is taken off once.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::traceparent;
use crate::pipeline::decode::json::{self, Node};
use crate::pipeline::reason::{Reason, Rejection};
use crate::pipeline::record::Record;

/// What of an envelope outlives it.
#[derive(Default)]
pub(in crate::pipeline::decode) struct Attributes {
    /// `source` and `id`, which together are unique: the identity where the data has none.
    pub(in crate::pipeline::decode) identity: Option<String>,
    /// The extension of that name, where valid.
    pub(in crate::pipeline::decode) traceparent: Option<String>,
}

impl Attributes {
    /// Of the headers of binary mode; none where the record is in no envelope of that kind.
    pub(in crate::pipeline::decode) fn of_headers(
        record: &Record<'_>,
        content_type: &str,
    ) -> Result<Option<Self>, Rejection> {
        let header = |name| record.header(name).and_then(|value| std::str::from_utf8(value).ok());
        let Some(version) = header("ce_specversion") else { return Ok(None) };
        check_version(version)?;
        if !is_json(content_type) {
            return Err(rejection("the data's content type is not JSON"));
        }
        Ok(Some(Self::new(header("ce_source"), header("ce_id"), header("ce_traceparent"))))
    }

    fn new(source: Option<&str>, id: Option<&str>, trace: Option<&str>) -> Self {
        let identity = id.filter(|id| !id.is_empty()).map(|id| match source {
            Some(source) => format!("{source}#{id}"),
            None => id.to_owned(),
        });
        Self { identity, traceparent: trace.and_then(traceparent) }
    }
}

/// Takes a structured envelope off: its attributes, and the event within.
pub(in crate::pipeline::decode) fn unwrap(mut envelope: Node<'_>) -> Result<(Attributes, Node<'_>), Rejection> {
    let text = |name: &str| envelope.get(name).and_then(Node::as_text);
    check_version(text("specversion").ok_or_else(|| rejection("`specversion` is missing or not text"))?)?;
    let attributes = Attributes::new(text("source"), text("id"), text("traceparent"));
    if !is_json(text("datacontenttype").unwrap_or_default()) {
        return Err(rejection("`datacontenttype` is not JSON"));
    }
    let data = match (envelope.take("data"), envelope.take("data_base64")) {
        (Node::Null, Node::Null) => return Err(rejection("the envelope holds no data")),
        (Node::Null, Node::Text(encoded)) => decoded(&encoded)?,
        (Node::Null, _) => return Err(rejection("`data_base64` is not text")),
        // JSON in a text: what some SDKs make of a value they were given in serialised form.
        (Node::Text(std::borrow::Cow::Borrowed(text)), _) => {
            json::parse(text).map_err(|cause| within("data", &cause))?
        }
        (Node::Text(text), _) => json::parse(&text).map_err(|cause| within("data", &cause))?.into_owned(),
        (node, _) => node,
    };
    match data {
        Node::Object(_) | Node::List(_) => Ok((attributes, data)),
        _ => Err(rejection(&format!("the data is {}, expected an object", data.kind()))),
    }
}

fn decoded(encoded: &str) -> Result<Node<'static>, Rejection> {
    let bytes = STANDARD.decode(encoded).map_err(|_| rejection("`data_base64` is not base64"))?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|error| rejection(&format!("`data_base64` is not UTF-8 at byte {}", error.valid_up_to())))?;
    Ok(json::parse(text).map_err(|cause| within("data_base64", &cause))?.into_owned())
}

/// A fault of the data is one of the envelope; only what is too deep stays so.
fn within(member: &str, cause: &Rejection) -> Rejection {
    let reason = if cause.reason == Reason::TooDeep { Reason::TooDeep } else { Reason::CloudEvents };
    Rejection { reason, message: format!("`{member}`: {}", cause.message) }
}

fn check_version(version: &str) -> Result<(), Rejection> {
    if version.starts_with("1.") || version.starts_with("0.") {
        return Ok(());
    }
    Err(rejection("`specversion` is not one that is read (1.x and 0.x are)"))
}

fn is_json(content_type: &str) -> bool {
    let media = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media.is_empty() || media.ends_with("/json") || media.ends_with("+json")
}

fn rejection(message: &str) -> Rejection {
    Rejection { reason: Reason::CloudEvents, message: message.to_owned() }
}
