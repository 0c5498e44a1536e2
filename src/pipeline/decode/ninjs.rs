//! IPTC ninjs 1.x, 2.x and 3.x (iptc.org/std/ninjs). 1.x has members like `headline` and `body_text`;
//! 2.x and 3.x have arrays of `{role, contenttype, value}`; 3.x writes names in camel case. Names are
//! compared without regard to case.

use super::fields::{Field, Fields};
use super::json::Node;

/// Reads the members that an event has.
pub(super) fn fields(mut item: Node<'_>) -> Fields<'_> {
    let id = item
        .take("uri")
        .or_else(|| item.take("guid"))
        .or_else(|| first_value(item.take("altids")))
        .or_else(|| item.take("id"));
    let url = item.take("url").or_else(|| match id.as_text() {
        Some(uri) if uri.starts_with("http://") || uri.starts_with("https://") => id.clone(),
        _ => Node::Null,
    });
    let headline = item.take("headline").or_else(|| chosen(item.take("headlines"))).or_else(|| item.take("title"));
    let body = chosen(item.take("bodies"))
        .or_else(|| item.take("body_text"))
        .or_else(|| item.take("body_xhtml"))
        .or_else(|| item.take("body_html"));
    let summary = chosen(item.take("descriptions"))
        .or_else(|| item.take("description_text"))
        .or_else(|| item.take("description_html"));
    let source = named(item.take("infosource"))
        .or_else(|| named(item.take("infosources")))
        .or_else(|| item.take("source"))
        .or_else(|| item.take("copyrightholder"));
    let mut tags = Vec::new();
    for name in ["keywords", "subject", "subjects"] {
        match item.take(name) {
            Node::List(nodes) => tags.extend(nodes.into_iter().map(name_of)),
            Node::Null => {}
            node => tags.push(node),
        }
    }
    Fields {
        id: Field::new("uri", id),
        url: Field::new("url", url),
        source: Field::new("infosource", source),
        lang: Field::new("language", item.take("language")),
        published_at: Field::new("versioncreated", item.take("versioncreated").or_else(|| item.take("firstcreated"))),
        embargoed_until: Field::new("embargoed", item.take("embargoed")),
        title: Field::new("headline", headline),
        summary: Field::new("description", summary),
        body: Field::new("body", body),
        tags: Field::new("subject", Node::List(tags)),
        version: Field::new("version", version(item.take("version"))),
        status: Field::new("pubstatus", item.take("pubstatus")),
    }
}

/// ninjs lets a version be any text; only one that counts can tell a correction.
fn version(node: Node<'_>) -> Node<'_> {
    match node.as_text() {
        Some(text) if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) => Node::Null,
        _ => node,
    }
}

/// The value of the array's best member: plain text before HTML, the role `main` before others.
fn chosen(node: Node<'_>) -> Node<'_> {
    let Node::List(mut members) = node else { return node };
    let rank = |member: &Node<'_>| {
        let is = |name: &str, text: &str| {
            member.get(name).and_then(Node::as_text).is_some_and(|found| found.eq_ignore_ascii_case(text))
        };
        (!is("role", "main"), !(is("contenttype", "text/plain") || is("contentType", "text/plain")))
    };
    let best = (0..members.len()).min_by_key(|&index| rank(&members[index]));
    best.map(|index| members[index].take("value")).unwrap_or_default()
}

fn first_value(node: Node<'_>) -> Node<'_> {
    match node {
        Node::List(nodes) => nodes.into_iter().next().map(|mut node| node.take("value")).unwrap_or_default(),
        Node::Object(members) => members.into_iter().next().map(|(_, node)| node).unwrap_or_default(),
        _ => Node::Null,
    }
}

fn named(node: Node<'_>) -> Node<'_> {
    match node {
        Node::List(nodes) => nodes.into_iter().next().map(name_of).unwrap_or_default(),
        node => name_of(node),
    }
}

/// The name of a concept, or the text that stands for it.
fn name_of(mut node: Node<'_>) -> Node<'_> {
    match node {
        Node::Object(_) => node.take("name"),
        node => node,
    }
}
