//! The settings' mapping of fields by JSON Pointer (RFC 6901): `[events.fields] title = "/payload/headline"`.

use std::collections::BTreeMap;

use super::fields::{Fields, Member};
use super::json::Node;

/// Where each field of an event is found.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldMapping(Vec<(Member, Vec<String>)>);

/// The fields that can be mapped.
const KEYS: [&str; 11] =
    ["id", "url", "source", "lang", "published_at", "title", "summary", "body", "tags", "version", "status"];

impl FieldMapping {
    /// Reads the mapping.
    ///
    /// # Errors
    /// The first key that is wrong, and what is wrong with it.
    pub fn new(fields: &BTreeMap<String, String>) -> Result<Self, (String, String)> {
        let mut mapping = Vec::with_capacity(fields.len());
        for (key, pointer) in fields {
            let wrong = |message: String| (key.clone(), message);
            if !KEYS.contains(&key.as_str()) {
                return Err(wrong(format!("no field of an event: one of {}", KEYS.join(", "))));
            }
            let Some(path) = pointer.strip_prefix('/') else {
                return Err(wrong("a JSON Pointer begins with `/`, as in \"/payload/headline\"".to_owned()));
            };
            let tokens = path.split('/').map(token).collect::<Option<Vec<_>>>();
            let tokens = tokens.ok_or_else(|| wrong("in a JSON Pointer `~` is written `~0` and `/` is `~1`".into()))?;
            mapping.push((Member::named(key), tokens));
        }
        Ok(Self(mapping))
    }

    /// The mapped fields over those of the plain form, and whether any was found.
    pub(super) fn apply<'r>(&self, node: Node<'r>) -> (Fields<'r>, bool) {
        let found: Vec<_> =
            self.0.iter().filter_map(|(member, path)| Some((*member, resolve(&node, path)?.clone()))).collect();
        let any = !found.is_empty();
        let mut fields = Fields::plain(node);
        for (member, value) in found {
            if let Some(slot) = fields.slot(member) {
                *slot = value;
            }
        }
        (fields, any)
    }
}

/// A reference token without its escapes; none where an escape is wrong.
fn token(escaped: &str) -> Option<String> {
    let mut parts = escaped.split('~');
    let mut token = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (character, rest) = match part.as_bytes().first()? {
            b'0' => ('~', &part[1..]),
            b'1' => ('/', &part[1..]),
            _ => return None,
        };
        token.push(character);
        token.push_str(rest);
    }
    Some(token)
}

fn resolve<'a, 'r>(node: &'a Node<'r>, path: &[String]) -> Option<&'a Node<'r>> {
    let found = path.iter().try_fold(node, |node, token| match node {
        Node::List(nodes) if token == "0" || !token.starts_with('0') => nodes.get(token.parse::<usize>().ok()?),
        node => node.get(token),
    });
    found.filter(|node| **node != Node::Null)
}
