//! schema.org's `NewsArticle` and its kin as JSON-LD (schema.org/NewsArticle).

use std::borrow::Cow;

use super::fields::{Field, Fields};
use super::json::Node;

/// The article in a JSON-LD document: itself, a member of a list, or a member of its `@graph`.
pub(super) fn article(node: Node<'_>) -> Result<Node<'_>, Node<'_>> {
    if is_article(&node) {
        return Ok(node);
    }
    match node {
        Node::List(mut nodes) => match nodes.iter().position(is_article) {
            Some(index) => Ok(nodes.swap_remove(index)),
            None => Err(Node::List(nodes)),
        },
        Node::Object(mut members) => {
            let found = members.iter_mut().find_map(|(key, value)| match value {
                Node::List(nodes) if key == "@graph" => {
                    let index = nodes.iter().position(is_article)?;
                    Some(nodes.swap_remove(index))
                }
                _ => None,
            });
            found.ok_or(Node::Object(members))
        }
        node => Err(node),
    }
}

fn is_article(node: &Node<'_>) -> bool {
    match node.get("@type") {
        Some(Node::List(types)) => types.iter().any(names_article),
        Some(node) => names_article(node),
        None => false,
    }
}

/// `NewsArticle`, `schema:NewsArticle` or `https://schema.org/NewsArticle`, and the like.
fn names_article(node: &Node<'_>) -> bool {
    let name = node.as_text().and_then(|text| text.rsplit(['/', ':', '#']).next()).unwrap_or_default();
    name.ends_with("Article") || matches!(name, "BlogPosting" | "LiveBlogPosting" | "Report")
}

/// Reads the members that an event has.
pub(super) fn fields(mut article: Node<'_>) -> Fields<'_> {
    let url = text_or(article.take("url"), "@id").or_else(|| text_or(article.take("mainEntityOfPage"), "@id"));
    let id = text_or(first(article.take("identifier")), "value").or_else(|| article.take("@id"));
    let source = match first(article.take("publisher").or_else(|| article.take("sourceOrganization"))) {
        mut publisher @ Node::Object(_) => Node::Object(vec![
            (Cow::Borrowed("id"), publisher.take("@id")),
            (Cow::Borrowed("name"), publisher.take("name")),
        ]),
        publisher => publisher,
    };
    let mut tags = Vec::new();
    for name in ["keywords", "articleSection"] {
        match article.take(name) {
            Node::List(nodes) => tags.extend(nodes.into_iter().map(|node| text_or(node, "name"))),
            Node::Text(text) => tags.extend(split(text)),
            Node::Null => {}
            node => tags.push(text_or(node, "name")),
        }
    }
    Fields {
        id: Field::new("identifier", id),
        url: Field::new("url", url),
        source: Field::new("publisher", source),
        lang: Field::new("inLanguage", text_or(first(article.take("inLanguage")), "alternateName")),
        published_at: Field::new("datePublished", article.take("datePublished")),
        title: Field::new("headline", first(article.take("headline").or_else(|| article.take("name")))),
        summary: Field::new("description", first(article.take("description").or_else(|| article.take("abstract")))),
        body: Field::new("articleBody", first(article.take("articleBody").or_else(|| article.take("text")))),
        tags: Field::new("keywords", Node::List(tags)),
        version: Field::new("version", version(article.take("version"))),
        ..Fields::default()
    }
}

/// schema.org lets a version be any number or text; only one that counts can tell a correction.
fn version(node: Node<'_>) -> Node<'_> {
    match &node {
        Node::Text(text) if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => node,
        Node::Text(_) | Node::Float => Node::Null,
        _ => node,
    }
}

/// A property may have one value or several: the first.
fn first(node: Node<'_>) -> Node<'_> {
    match node {
        Node::List(nodes) => nodes.into_iter().next().unwrap_or_default(),
        node => node,
    }
}

/// The member that names an object; anything else as it is.
fn text_or<'r>(mut node: Node<'r>, member: &str) -> Node<'r> {
    match node {
        Node::Object(_) => node.take(member),
        node => node,
    }
}

/// Keywords in one text are parted by commas.
fn split(text: Cow<'_, str>) -> Vec<Node<'_>> {
    match text {
        Cow::Borrowed(text) => text.split(',').map(|tag| Node::Text(Cow::Borrowed(tag.trim()))).collect(),
        Cow::Owned(text) => text.split(',').map(|tag| Node::Text(Cow::Owned(tag.trim().to_owned()))).collect(),
    }
}
