//! An item of a JSON Feed (jsonfeed.org/version/1.1).

use super::fields::{Field, Fields};
use super::json::Node;

/// Reads the members that an event has.
pub(super) fn fields(mut item: Node<'_>) -> Fields<'_> {
    let author = match item.take("authors") {
        Node::List(authors) => authors.into_iter().next().unwrap_or_default(),
        _ => Node::Null,
    };
    let mut author = author.or_else(|| item.take("author"));
    let source = item.take("source").or_else(|| author.take("name"));
    Fields {
        id: Field::new("id", item.take("id")),
        url: Field::new("url", item.take("url").or_else(|| item.take("external_url"))),
        source: Field::new("source", source),
        lang: Field::new("language", item.take("language")),
        published_at: Field::new("date_published", item.take("date_published")),
        title: Field::new("title", item.take("title")),
        summary: Field::new("summary", item.take("summary")),
        body: Field::new("content_text", item.take("content_text").or_else(|| item.take("content_html"))),
        tags: Field::new("tags", item.take("tags")),
        ..Fields::default()
    }
}
