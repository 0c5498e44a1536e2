//! The fields of an event while they are still JSON, and the marks by which a shape is told.
//! Every shape fills the same [`Fields`]; [`Fields::into_event`] is the one place that checks them.

use std::borrow::Cow;

use super::json::Node;
use super::{date, html};
use crate::message::event::{Event, Source, Status};
use crate::message::id;
use crate::pipeline::reason::{Reason, Rejection};

/// Bytes of an identity: what is longer is known by its hash. Alerts repeat it and must keep room for the evidence.
const LONGEST_ID: usize = 1024;

/// A top-level member that means something to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Member {
    Id,
    Url,
    Source,
    Lang,
    PublishedAt,
    EmbargoedUntil,
    Title,
    Summary,
    Body,
    Tags,
    Version,
    Status,
    Mark(u16),
    Unknown,
}

const SPECVERSION: u16 = 1;
const TYPE: u16 = 4;
const LINKED_DATA: u16 = 8;
const FEED: u16 = 16;
const NINJS: u16 = 32;
const HEADLINE: u16 = 64;
const URI: u16 = 128;

impl Member {
    /// By its name in JSON.
    pub(super) fn named(name: &str) -> Self {
        match name {
            "id" => Self::Id,
            "url" => Self::Url,
            "source" => Self::Source,
            "lang" => Self::Lang,
            "published_at" => Self::PublishedAt,
            "embargoed_until" => Self::EmbargoedUntil,
            "title" => Self::Title,
            "summary" => Self::Summary,
            "body" => Self::Body,
            "tags" => Self::Tags,
            "version" => Self::Version,
            "status" => Self::Status,
            "specversion" => Self::Mark(SPECVERSION),
            "type" => Self::Mark(TYPE),
            "@context" | "@type" | "@graph" => Self::Mark(LINKED_DATA),
            "content_text" | "content_html" | "date_published" => Self::Mark(FEED),
            "pubstatus" | "pubStatus" | "versioncreated" | "versionCreated" | "body_text" | "body_xhtml"
            | "body_html" | "bodies" | "headlines" | "usageterms" | "usageTerms" => Self::Mark(NINJS),
            "headline" => Self::Mark(HEADLINE),
            "uri" => Self::Mark(URI),
            _ => Self::Unknown,
        }
    }
}

/// The marks of shapes that a record shows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Marks(u16);

impl Marks {
    /// Notes a member that is there.
    pub(super) fn note(&mut self, member: Member) {
        if let Member::Mark(mark) = member {
            self.0 |= mark;
        }
    }

    /// The marks of an object that was read whole.
    pub(super) fn of(node: &Node<'_>) -> Self {
        let mut marks = Self::default();
        if let Node::Object(members) = node {
            members.iter().filter(|(_, node)| *node != Node::Null).for_each(|(key, _)| marks.note(Member::named(key)));
        }
        marks
    }

    fn all(self, wanted: u16) -> bool {
        self.0 & wanted == wanted
    }

    fn any(self, wanted: u16) -> bool {
        self.0 & wanted != 0
    }

    /// A CloudEvents envelope in structured mode, perhaps without its data. `source` and `id` are required
    /// too, but tell nothing.
    pub(super) fn cloudevents(self) -> bool {
        self.all(SPECVERSION | TYPE)
    }

    /// JSON-LD, perhaps of schema.org.
    pub(super) fn linked_data(self) -> bool {
        self.any(LINKED_DATA)
    }

    /// A JSON Feed item.
    pub(super) fn json_feed(self) -> bool {
        self.any(FEED)
    }

    /// ninjs by a member that only ninjs has.
    pub(super) fn ninjs(self) -> bool {
        self.any(NINJS)
    }

    /// Perhaps ninjs: `headline` and `uri` are common words.
    pub(super) fn perhaps_ninjs(self, plain_text: bool) -> bool {
        self.any(HEADLINE) && (self.any(URI) || !plain_text)
    }
}

/// A field: the member it came from, for messages, and its value.
#[derive(Clone, Debug)]
pub(super) struct Field<'r> {
    pub(super) name: &'static str,
    pub(super) node: Node<'r>,
}

impl<'r> Field<'r> {
    pub(super) fn new(name: &'static str, node: Node<'r>) -> Self {
        Self { name, node }
    }

    fn wrong(&self, expected: &str) -> Rejection {
        wrong_type(self.name, &self.node, expected)
    }

    /// Text; empty text is none.
    fn text(self) -> Result<Option<Cow<'r, str>>, Rejection> {
        match self.node {
            Node::Null => Ok(None),
            Node::Text(text) => Ok(Some(text).filter(|text| !text.trim().is_empty())),
            _ => Err(self.wrong("text")),
        }
    }

    /// Text without its HTML; empty where there is none.
    fn prose(self) -> Result<Cow<'r, str>, Rejection> {
        Ok(self.text()?.map(html::to_text).unwrap_or_default())
    }

    /// Text or an integer, as text.
    fn identity(self) -> Result<Option<Cow<'r, str>>, Rejection> {
        match self.node {
            Node::Integer(number) => Ok(Some(Cow::Owned(number.to_string()))),
            Node::Null | Node::Text(_) => self.text(),
            _ => Err(self.wrong("text or an integer")),
        }
    }

    fn date(self) -> Result<Option<jiff::Timestamp>, Rejection> {
        let name = self.name;
        if !matches!(self.node, Node::Null | Node::Text(_)) {
            return Err(self.wrong("a date as text"));
        }
        self.text()?.map(|text| date::parse(name, &text)).transpose()
    }

    fn version(self) -> Result<u64, Rejection> {
        let number = match &self.node {
            Node::Null => return Ok(1),
            Node::Integer(number) => u64::try_from(*number).ok(),
            Node::Text(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok(),
            _ => return Err(self.wrong("an integer from 1")),
        };
        number.filter(|&number| number > 0).ok_or_else(|| self.wrong("an integer from 1"))
    }

    fn status(self) -> Result<Status, Rejection> {
        const EXPECTED: &str = "one of usable, withheld, canceled";
        let text = match &self.node {
            Node::Null => return Ok(Status::Usable),
            Node::Text(text) => text.trim(),
            _ => return Err(self.wrong(EXPECTED)),
        };
        // NewsML-G2 writes the same codes as QCodes of the scheme `stat`.
        let code = text.strip_prefix("stat:").unwrap_or(text);
        match code {
            "" => Ok(Status::Usable),
            _ if code.eq_ignore_ascii_case("usable") => Ok(Status::Usable),
            _ if code.eq_ignore_ascii_case("withheld") => Ok(Status::Withheld),
            _ if code.eq_ignore_ascii_case("canceled") || code.eq_ignore_ascii_case("cancelled") => {
                Ok(Status::Canceled)
            }
            _ => Err(self.wrong(EXPECTED)),
        }
    }

    fn source(mut self) -> Result<Source<'r>, Rejection> {
        match &mut self.node {
            Node::Object(_) => {
                let mut part = |name: &'static str, member: &str| Field::new(name, self.node.take(member)).identity();
                Ok(Source {
                    id: part("source.id", "id")?,
                    name: part("source.name", "name")?,
                    domain: part("source.domain", "domain")?,
                })
            }
            Node::Null | Node::Text(_) => Ok(Source { id: self.text()?, ..Source::default() }),
            _ => Err(self.wrong("text or an object")),
        }
    }

    fn tags(self) -> Result<Vec<Cow<'r, str>>, Rejection> {
        let nodes = match self.node {
            Node::Null => return Ok(Vec::new()),
            Node::List(nodes) => nodes,
            Node::Text(_) => vec![self.node],
            _ => return Err(self.wrong("an array of texts")),
        };
        let mut tags = Vec::with_capacity(nodes.len());
        for (index, node) in nodes.into_iter().enumerate() {
            match node {
                Node::Null => {}
                Node::Text(tag) if tag.trim().is_empty() => {}
                Node::Text(tag) => tags.push(tag),
                node => return Err(wrong_type(&format!("{}[{index}]", self.name), &node, "text")),
            }
        }
        Ok(tags)
    }
}

fn wrong_type(name: &str, node: &Node<'_>, expected: &str) -> Rejection {
    let what = match node {
        Node::Text(_) => "another text",
        Node::Integer(_) if expected.starts_with("an integer") => "out of range",
        node => node.kind(),
    };
    Rejection { reason: Reason::WrongType, message: format!("`{name}` is {what}, expected {expected}") }
}

/// All fields of an event, unchecked.
#[derive(Clone, Debug)]
pub(super) struct Fields<'r> {
    pub(super) id: Field<'r>,
    pub(super) url: Field<'r>,
    pub(super) source: Field<'r>,
    pub(super) lang: Field<'r>,
    pub(super) published_at: Field<'r>,
    pub(super) embargoed_until: Field<'r>,
    pub(super) title: Field<'r>,
    pub(super) summary: Field<'r>,
    pub(super) body: Field<'r>,
    pub(super) tags: Field<'r>,
    pub(super) version: Field<'r>,
    pub(super) status: Field<'r>,
}

impl Default for Fields<'_> {
    /// The names of the plain form.
    fn default() -> Self {
        let field = |name| Field::new(name, Node::Null);
        Self {
            id: field("id"),
            url: field("url"),
            source: field("source"),
            lang: field("lang"),
            published_at: field("published_at"),
            embargoed_until: field("embargoed_until"),
            title: field("title"),
            summary: field("summary"),
            body: field("body"),
            tags: field("tags"),
            version: field("version"),
            status: field("status"),
        }
    }
}

impl<'r> Fields<'r> {
    /// Where the member of the plain form is kept.
    pub(super) fn slot(&mut self, member: Member) -> Option<&mut Node<'r>> {
        let field = match member {
            Member::Id => &mut self.id,
            Member::Url => &mut self.url,
            Member::Source => &mut self.source,
            Member::Lang => &mut self.lang,
            Member::PublishedAt => &mut self.published_at,
            Member::EmbargoedUntil => &mut self.embargoed_until,
            Member::Title => &mut self.title,
            Member::Summary => &mut self.summary,
            Member::Body => &mut self.body,
            Member::Tags => &mut self.tags,
            Member::Version => &mut self.version,
            Member::Status => &mut self.status,
            Member::Mark(_) | Member::Unknown => return None,
        };
        Some(&mut field.node)
    }

    /// The plain form's members of an object that was read whole.
    pub(super) fn plain(node: Node<'r>) -> Self {
        let mut fields = Self::default();
        if let Node::Object(members) = node {
            for (key, value) in members {
                if let Some(slot) = fields.slot(Member::named(&key)) {
                    *slot = value;
                }
            }
        }
        fields
    }

    /// Whether there is a title, a summary or a body.
    pub(super) fn has_text(&self) -> bool {
        [&self.title.node, &self.summary.node, &self.body.node].iter().any(|node| node.is_something())
    }

    /// Checks every field. `fallback_id` is asked where there is neither an id nor a URL.
    pub(super) fn into_event(self, fallback_id: impl FnOnce() -> String) -> Result<Event<'r>, Rejection> {
        let (title_name, body_name) = (self.title.name, self.body.name);
        let url = self.url.text()?;
        let id = match self.id.identity()? {
            Some(id) => id,
            None => url.clone().unwrap_or_else(|| Cow::Owned(fallback_id())),
        };
        let id = if id.len() > LONGEST_ID { Cow::Owned(format!("sha256:{}", id::id(&[&id]))) } else { id };
        let mut source = self.source.source()?;
        if source == Source::default() {
            source.domain = url.as_ref().and_then(domain);
        }
        let event = Event {
            id,
            version: self.version.version()?,
            status: self.status.status()?,
            source,
            lang: self.lang.text()?,
            published_at: self.published_at.date()?,
            embargoed_until: self.embargoed_until.date()?,
            title: self.title.prose()?,
            summary: self.summary.prose()?,
            body: self.body.prose()?,
            tags: self.tags.tags()?,
            url,
        };
        if [&event.title, &event.summary, &event.body].iter().all(|text| text.trim().is_empty()) {
            let message = format!("neither `{title_name}` nor `{body_name}` has text");
            return Err(Rejection { reason: Reason::NoText, message });
        }
        Ok(event)
    }
}

/// The host of a web address, without `www.`: the source where none is named.
fn domain<'r>(url: &Cow<'r, str>) -> Option<Cow<'r, str>> {
    fn host(url: &str) -> Option<&str> {
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
        let authority = rest.split(['/', '?', '#']).next()?;
        let host = authority.rsplit('@').next()?.split(':').next()?;
        let host = host.strip_prefix("www.").unwrap_or(host);
        (host.contains('.') && !host.bytes().any(|byte| byte.is_ascii_whitespace())).then_some(host)
    }
    match url {
        Cow::Borrowed(url) => host(url).map(lowercase),
        Cow::Owned(url) => host(url).map(|host| Cow::Owned(host.to_ascii_lowercase())),
    }
}

fn lowercase(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}
