//! Tables of records and what becomes of them.

use super::*;

fn decode<'r>(payload: &'r [u8]) -> Result<Decoded<'r>, Rejection> {
    Decoder::default().decode(&Record {
        topic: "t",
        partition: 1,
        offset: 2,
        payload: Some(payload),
        ..Record::default()
    })
}

#[test]
fn the_plain_form_is_borrowed() {
    use std::borrow::Cow;
    let json = r#"{"id":"a1","url":"https://example.com/a1","source":{"id":"s","name":"S","domain":"example.com"},
        "lang":"en","published_at":"2026-03-01T10:00:00Z","title":"Chips","summary":"Sum","body":"Body",
        "tags":["x","y"],"version":2,"status":"withheld","unknown":{"deep":[1,2,{"a":"]}"}]}}"#;
    let decoded = decode(json.as_bytes()).unwrap();
    assert_eq!((decoded.shape, decoded.schema_registry_prefix), (Shape::Plain, false));
    let event = decoded.event;
    assert_eq!((&*event.id, event.version), ("a1", 2));
    assert_eq!(event.status, crate::message::event::Status::Withheld);
    assert_eq!(event.source.identity(), Some("example.com"));
    assert_eq!(event.tags, ["x", "y"]);
    assert_eq!(event.published_at, Some("2026-03-01T10:00:00Z".parse().unwrap()));
    for text in [&event.id, &event.title, &event.summary, &event.body] {
        assert!(matches!(text, Cow::Borrowed(_)), "{text}");
    }
}
