//! JSON without a copy: strings stay borrowed from the record wherever they have no escapes.
//!
//! Two readings: [`scan`] keeps the members of the plain form and notes the marks of other shapes in
//! one pass, which is all most records need; [`parse`] keeps everything, for the other shapes.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::fields::{Fields, Marks, Member};
use crate::pipeline::reason::{Reason, Rejection};

/// Levels of nesting that are read; serde_json refuses the next one.
const MAX_DEPTH: usize = 127;

/// Any JSON value.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Node<'r> {
    #[default]
    Null,
    Bool,
    Integer(i128),
    Float,
    Text(Cow<'r, str>),
    List(Vec<Node<'r>>),
    Object(Vec<(Cow<'r, str>, Node<'r>)>),
}

impl<'r> Node<'r> {
    /// What it is, for a message.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "a boolean",
            Self::Integer(_) => "an integer",
            Self::Float => "a fractional or very large number",
            Self::Text(_) => "text",
            Self::List(_) => "an array",
            Self::Object(_) => "an object",
        }
    }

    /// The member of this name, the last where it comes twice.
    pub(super) fn get(&self, name: &str) -> Option<&Node<'r>> {
        match self {
            Self::Object(members) => members.iter().rev().find(|(key, _)| key == name).map(|(_, node)| node),
            _ => None,
        }
    }

    /// Takes the member of this name out, whatever the case of its ASCII letters; null where there is none.
    pub(super) fn take(&mut self, name: &str) -> Node<'r> {
        match self {
            Self::Object(members) => members
                .iter_mut()
                .rev()
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, node)| std::mem::take(node))
                .unwrap_or_default(),
            _ => Self::Null,
        }
    }

    /// The text it is.
    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether there is anything: not null, and not an empty text.
    pub(super) fn is_something(&self) -> bool {
        match self {
            Self::Null => false,
            Self::Text(text) => !text.trim().is_empty(),
            _ => true,
        }
    }

    /// Itself where it is something, else the other.
    pub(super) fn or_else(self, other: impl FnOnce() -> Self) -> Self {
        if self.is_something() { self } else { other() }
    }

    /// Freed from the text it was read from.
    pub(super) fn into_owned(self) -> Node<'static> {
        match self {
            Self::Null => Node::Null,
            Self::Bool => Node::Bool,
            Self::Integer(number) => Node::Integer(number),
            Self::Float => Node::Float,
            Self::Text(text) => Node::Text(Cow::Owned(text.into_owned())),
            Self::List(nodes) => Node::List(nodes.into_iter().map(Node::into_owned).collect()),
            Self::Object(members) => Node::Object(
                members.into_iter().map(|(key, node)| (Cow::Owned(key.into_owned()), node.into_owned())).collect(),
            ),
        }
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Node::Bool)
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Node::Integer(number.into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Node::Integer(number.into()))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Node::Float)
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Node::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Node::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = sequence.next_element()? {
            nodes.push(node);
        }
        Ok(Node::List(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some((Key(key), node)) = map.next_entry()? {
            members.push((key, node));
        }
        Ok(Node::Object(members))
    }
}

impl<'de> Deserialize<'de> for Node<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

/// A member's name, borrowed where it has no escapes.
struct Key<'r>(Cow<'r, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a member name")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}

/// What one pass over a record found.
pub(super) enum Scan<'r> {
    /// An object: its members of the plain form, and the marks of the others.
    Object(Box<Fields<'r>>, Marks),
    /// Anything else, whole.
    Other(Node<'r>),
}

struct ScanVisitor;

impl<'de> Visitor<'de> for ScanVisitor {
    type Value = Scan<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Scan::Other(Node::Null))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Scan::Other(Node::Bool))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Scan::Other(Node::Integer(number.into())))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Scan::Other(Node::Integer(number.into())))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Scan::Other(Node::Float))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Scan::Other(Node::Text(Cow::Owned(text.to_owned()))))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, sequence: A) -> Result<Self::Value, A::Error> {
        NodeVisitor.visit_seq(sequence).map(Scan::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Box::<Fields<'de>>::default();
        let mut marks = Marks::default();
        while let Some(member) = map.next_key::<Member>()? {
            if let Some(slot) = fields.slot(member) {
                *slot = map.next_value()?;
            } else {
                let raw: &RawValue = map.next_value()?;
                if depth(raw.get()) >= MAX_DEPTH {
                    return Err(serde::de::Error::custom(TOO_DEEP));
                }
                // A mark whose value is null marks nothing.
                if raw.get() != "null" {
                    marks.note(member);
                }
            }
        }
        Ok(Scan::Object(fields, marks))
    }
}

impl<'de> Deserialize<'de> for Scan<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScanVisitor)
    }
}

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MemberVisitor;
        impl Visitor<'_> for MemberVisitor {
            type Value = Member;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a member name")
            }

            fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
                Ok(Member::named(name))
            }
        }
        deserializer.deserialize_str(MemberVisitor)
    }
}

const TOO_DEEP: &str = "nested too deep";

/// How deep valid JSON nests; scalars are at 0.
fn depth(json: &str) -> usize {
    let bytes = json.as_bytes();
    if !matches!(bytes.first(), Some(b'{' | b'[')) {
        return 0;
    }
    let (mut depth, mut deepest, mut at) = (0_usize, 0, 0);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => {
                at += 1;
                while let Some(found) = bytes.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
                    at += found;
                    if bytes[at] == b'"' {
                        break;
                    }
                    at += 2;
                }
            }
            _ => {}
        }
        at += 1;
    }
    deepest
}

/// Reads the members of the plain form and the marks of the other shapes, in one pass.
pub(super) fn scan(text: &str) -> Result<Scan<'_>, Rejection> {
    read(text)
}

/// Reads everything.
pub(super) fn parse(text: &str) -> Result<Node<'_>, Rejection> {
    read(text)
}

fn read<'r, T: Deserialize<'r>>(text: &'r str) -> Result<T, Rejection> {
    serde_json::from_str(text).map_err(|error| rejection(&error))
}

/// serde_json's messages on syntax hold positions and no text of the input.
fn rejection(error: &serde_json::Error) -> Rejection {
    let message = error.to_string();
    if message.starts_with(TOO_DEEP) || message.starts_with("recursion limit exceeded") {
        let (line, column) = (error.line(), error.column());
        let message = format!("nested deeper than {MAX_DEPTH} levels at line {line} column {column}");
        return Rejection { reason: Reason::TooDeep, message };
    }
    Rejection { reason: Reason::NotJson, message }
}
