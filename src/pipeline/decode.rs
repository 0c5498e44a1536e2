//! A record to an event, whatever shape its producer writes: the plain form, ninjs, schema.org, an item of
//! a JSON Feed, or fields mapped by the settings, each perhaps within CloudEvents. The shape is told by its
//! own marks, never by trying all. Knows nothing of watchlists; never panics, whatever the bytes.

mod date;
mod envelope;
mod fields;
mod html;
mod json;
mod json_feed;
mod mapping;
mod ninjs;
mod schema_org;

use envelope::Attributes;
use fields::{Fields, Marks};
use json::{Node, Scan};
pub use mapping::FieldMapping;

use super::reason::{Reason, Rejection};
use super::record::Record;
use crate::message::event::Event;

/// How records are decoded.
#[derive(Clone, Debug)]
pub struct DecodeOptions {
    /// Values of more bytes are refused.
    pub max_bytes: usize,
    /// Where fields are found in JSON that is of no known shape.
    pub fields: Option<FieldMapping>,
}

impl Default for DecodeOptions {
    /// 1 MiB, no mapping.
    fn default() -> Self {
        Self { max_bytes: 1 << 20, fields: None }
    }
}

/// What an event was written as, within its envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// The plain form.
    Plain,
    /// IPTC ninjs.
    Ninjs,
    /// schema.org's `NewsArticle` and its kin.
    SchemaOrg,
    /// An item of a JSON Feed.
    JsonFeed,
    /// Found by the settings' mapping.
    Mapped,
}

/// A decoded record.
#[derive(Clone, Debug)]
pub struct Decoded<'r> {
    /// The event.
    pub event: Event<'r>,
    /// What it was written as.
    pub shape: Shape,
    /// Whether a schema registry's prefix was skipped.
    pub schema_registry_prefix: bool,
    /// The trace to continue, valid by W3C Trace Context.
    pub traceparent: Option<String>,
}

/// Decodes records.
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    options: DecodeOptions,
}

impl Decoder {
    /// A decoder of these options.
    pub fn new(options: DecodeOptions) -> Self {
        Self { options }
    }

    /// Reads the event of a record.
    ///
    /// # Errors
    /// The record cannot be used.
    pub fn decode<'r>(&self, record: &Record<'r>) -> Result<Decoded<'r>, Rejection> {
        let payload = record.payload.filter(|payload| !payload.trim_ascii().is_empty());
        let payload = payload.ok_or_else(|| reject(Reason::Empty, "the record has no value"))?;
        if payload.len() > self.options.max_bytes {
            let (size, limit) = (payload.len(), self.options.max_bytes);
            return Err(reject(Reason::TooLarge, format!("{size} bytes, `events.max_bytes` is {limit}")));
        }
        let content_type = envelope::content_type(record);
        if content_type.starts_with("application/cloudevents-batch") {
            return Err(reject(Reason::CloudEvents, "a batch of CloudEvents; one event a record is read"));
        }
        let (bytes, schema_registry_prefix) = envelope::unframe(payload, &content_type)?;
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let at = payload.len() - bytes.len() + error.valid_up_to();
            reject(Reason::NotUtf8, format!("not UTF-8 at byte {at}"))
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);

        let structured = content_type.starts_with("application/cloudevents");
        let headers = if structured { None } else { Attributes::of_headers(record, &content_type)? };
        let wrapped = headers.is_some();
        let (shape, fields, inner) = self.read(text, structured, !wrapped)?;
        let attributes = headers.or(inner).unwrap_or_default();
        let event = fields.into_event(|| {
            let position = || format!("{}/{}/{}", record.topic, record.partition, record.offset);
            attributes.identity.unwrap_or_else(position)
        })?;
        let header = record.header("traceparent").and_then(|value| std::str::from_utf8(value).ok());
        let traceparent = header.and_then(envelope::traceparent).or(attributes.traceparent);
        Ok(Decoded { event, shape, schema_registry_prefix, traceparent })
    }

    /// Reads the fields. An envelope is looked for where none was seen yet.
    fn read<'r>(&self, text: &'r str, structured: bool, unwrapped: bool) -> Result<Read<'r>, Rejection> {
        if !structured && self.options.fields.is_none() {
            match json::scan(text)? {
                Scan::Object(fields, marks) => {
                    let envelope = unwrapped && marks.cloudevents();
                    let other = marks.linked_data() || marks.ninjs() || marks.json_feed();
                    if !envelope && !other && !marks.perhaps_ninjs(fields.has_text()) {
                        return Ok((Shape::Plain, *fields, None));
                    }
                }
                Scan::Other(node) => return self.tell(node).map(|(shape, fields)| (shape, fields, None)),
            }
        }
        let node = json::parse(text)?;
        if structured || (unwrapped && Marks::of(&node).cloudevents()) {
            let (attributes, data) = envelope::unwrap(node)?;
            return self.tell(data).map(|(shape, fields)| (shape, fields, Some(attributes)));
        }
        self.tell(node).map(|(shape, fields)| (shape, fields, None))
    }

    /// Tells the shape of what is in no envelope (any more), and reads its fields.
    fn tell<'r>(&self, node: Node<'r>) -> Result<(Shape, Fields<'r>), Rejection> {
        let marks = Marks::of(&node);
        let node = if marks.linked_data() || matches!(node, Node::List(_)) {
            match schema_org::article(node) {
                Ok(article) => return Ok((Shape::SchemaOrg, schema_org::fields(article))),
                Err(node) => node,
            }
        } else {
            node
        };
        if !matches!(node, Node::Object(_)) {
            return Err(reject(Reason::NotAnObject, format!("the JSON is {}, expected an object", node.kind())));
        }
        if marks.ninjs() {
            return Ok((Shape::Ninjs, ninjs::fields(node)));
        }
        if marks.json_feed() {
            return Ok((Shape::JsonFeed, json_feed::fields(node)));
        }
        if let Some(mapping) = &self.options.fields {
            let (fields, mapped) = mapping.apply(node);
            return Ok((if mapped { Shape::Mapped } else { Shape::Plain }, fields));
        }
        let plain_text = ["title", "body"].iter().any(|name| node.get(name).is_some_and(Node::is_something));
        if marks.perhaps_ninjs(plain_text) {
            return Ok((Shape::Ninjs, ninjs::fields(node)));
        }
        Ok((Shape::Plain, Fields::plain(node)))
    }
}

/// The shape, its fields, and the attributes of a structured envelope.
type Read<'r> = (Shape, Fields<'r>, Option<Attributes>);

fn reject(reason: Reason, message: impl Into<String>) -> Rejection {
    Rejection { reason, message: message.into() }
}

#[cfg(test)]
mod tests;
