//! Every reason a record is refused for, with its message; and that no bytes whatever make it panic.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// A word that stands in the events below and must never be in a message.
const SECRET: &str = "zanzibar";

fn refused(payload: &[u8], headers: &[(&str, &str)]) -> (Reason, String) {
    let rejection = match decode_with(payload, headers) {
        Err(rejection) => rejection,
        Ok(decoded) => panic!("accepted: {decoded:?}"),
    };
    assert!(!rejection.message.contains(SECRET) && rejection.message.len() <= 500, "{rejection}");
    (rejection.reason, rejection.message)
}

#[test]
fn each_reason_has_a_precise_message() {
    let prefixed = b"\0\0\0\0\x01\x06abc\x0aHello";
    let protobuf = b"\0\0\0\0\x01\x00\x0a\x03abc";
    for (payload, reason, message) in [
        (&b""[..], Reason::Empty, "the record has no value"),
        (b" \n", Reason::Empty, "the record has no value"),
        (b"{\"title\":\"zanzibar \xff\"}", Reason::NotUtf8, "not UTF-8 at byte 19"),
        (b"\0\0\0\0\x01{\"title\":\"\xff\"}", Reason::NotUtf8, "not UTF-8 at byte 15"),
        (b"zanzibar", Reason::NotJson, "expected value at line 1 column 1"),
        (b"{\"title\":\"zanzibar\",\n  }", Reason::NotJson, "trailing comma at line 2 column 3"),
        (b"{\"title\":\"zanzibar", Reason::NotJson, "EOF while parsing a string at line 1 column 18"),
        (b"{\"title\":\"zanzibar\"} x", Reason::NotJson, "trailing characters at line 1 column 22"),
        (br#"{"title":"\ud800 zanzibar"}"#, Reason::NotJson, "unexpected end of hex escape at line 1 column 17"),
        (br#"{"title":"\udc00"}"#, Reason::NotJson, "lone leading surrogate in hex escape at line 1 column 16"),
        (b"{\"title\":NaN}", Reason::NotJson, "expected value at line 1 column 10"),
        (b"[1]", Reason::NotAnObject, "the JSON is an array, expected an object"),
        (b"\"zanzibar\"", Reason::NotAnObject, "the JSON is text, expected an object"),
        (b"null", Reason::NotAnObject, "the JSON is null, expected an object"),
        (b"true", Reason::NotAnObject, "the JSON is a boolean, expected an object"),
        (b"1.5", Reason::NotAnObject, "the JSON is a fractional or very large number, expected an object"),
        (b"Obj\x01zanzibar", Reason::Avro, "the value is an Avro container; only JSON is read"),
        (prefixed, Reason::Avro, "Avro behind a schema registry prefix; only JSON is read"),
        (protobuf, Reason::Protobuf, "Protobuf behind a schema registry prefix; only JSON is read"),
        (b"{}", Reason::NoText, "neither `title` nor `body` has text"),
        (br#"{"id":"zanzibar","title":" ","body":"<p> </p>"}"#, Reason::NoText, "neither `title` nor `body` has text"),
        (br#"{"title":null}"#, Reason::NoText, "neither `title` nor `body` has text"),
        (br#"{"headline":"","uri":"u"}"#, Reason::NoText, "neither `headline` nor `body` has text"),
        (br#"{"title":7}"#, Reason::WrongType, "`title` is an integer, expected text"),
        (br#"{"title":{"zanzibar":1}}"#, Reason::WrongType, "`title` is an object, expected text"),
        (br#"{"title":"t","body":["zanzibar"]}"#, Reason::WrongType, "`body` is an array, expected text"),
        (br#"{"title":"t","summary":false}"#, Reason::WrongType, "`summary` is a boolean, expected text"),
        (br#"{"title":"t","url":1}"#, Reason::WrongType, "`url` is an integer, expected text"),
        (br#"{"title":"t","lang":["en"]}"#, Reason::WrongType, "`lang` is an array, expected text"),
        (br#"{"title":"t","id":true}"#, Reason::WrongType, "`id` is a boolean, expected text or an integer"),
        (br#"{"title":"t","source":[]}"#, Reason::WrongType, "`source` is an array, expected text or an object"),
        (
            br#"{"title":"t","source":{"name":[]}}"#,
            Reason::WrongType,
            "`source.name` is an array, expected text or an integer",
        ),
        (br#"{"title":"t","tags":["a",3]}"#, Reason::WrongType, "`tags[1]` is an integer, expected text"),
        (br#"{"title":"t","tags":{}}"#, Reason::WrongType, "`tags` is an object, expected an array of texts"),
        (br#"{"title":"t","version":0}"#, Reason::WrongType, "`version` is out of range, expected an integer from 1"),
        (br#"{"title":"t","version":-1}"#, Reason::WrongType, "`version` is out of range, expected an integer from 1"),
        (
            br#"{"title":"t","version":"zanzibar"}"#,
            Reason::WrongType,
            "`version` is another text, expected an integer from 1",
        ),
        (
            br#"{"title":"t","status":"zanzibar"}"#,
            Reason::WrongType,
            "`status` is another text, expected one of usable, withheld, canceled",
        ),
        (
            br#"{"title":"t","published_at":1767225600}"#,
            Reason::WrongType,
            "`published_at` is an integer, expected a date as text",
        ),
        (
            br#"{"title":"t","published_at":"2026-02-30"}"#,
            Reason::ImpossibleDate,
            "`published_at` is not a date that can be: RFC 3339, a date alone, or RFC 2822 are read",
        ),
        (
            br#"{"headline":"t","versioncreated":"99999-01-01T00:00:00Z"}"#,
            Reason::ImpossibleDate,
            "`versioncreated` is not a date that can be: RFC 3339, a date alone, or RFC 2822 are read",
        ),
    ] {
        let found = refused(payload, &[]);
        assert_eq!(found, (reason, message.to_owned()), "{}", String::from_utf8_lossy(payload));
    }
}

#[test]
fn an_envelope_that_cannot_be_read_is_refused() {
    let binary = ("ce_specversion", "1.0");
    let structured = ("content-type", "application/cloudevents+json; charset=utf-8");
    for (payload, headers, message) in [
        (
            &br#"{"title":"t"}"#[..],
            &[("ce_specversion", "7")][..],
            "`specversion` is not one that is read (1.x and 0.x are)",
        ),
        (b"<zanzibar/>", &[binary, ("content-type", "application/xml")], "the data's content type is not JSON"),
        (
            b"[]",
            &[("content-type", "application/cloudevents-batch+json")],
            "a batch of CloudEvents; one event a record is read",
        ),
        (br#"{"title":"t"}"#, &[structured], "`specversion` is missing or not text"),
        (br#"{"specversion":"1.0","type":"t"}"#, &[], "the envelope holds no data"),
        (br#"{"specversion":"1.0","type":"t","data":7}"#, &[], "the data is an integer, expected an object"),
        (br#"{"specversion":"1.0","type":"t","data":"zanzibar"}"#, &[], "`data`: expected value at line 1 column 1"),
        (br#"{"specversion":"1.0","type":"t","data_base64":1}"#, &[], "`data_base64` is not text"),
        (br#"{"specversion":"1.0","type":"t","data_base64":"*"}"#, &[], "`data_base64` is not base64"),
        (br#"{"specversion":"1.0","type":"t","data_base64":"/w=="}"#, &[], "`data_base64` is not UTF-8 at byte 0"),
        (
            br#"{"specversion":"1.0","type":"t","datacontenttype":"text/xml","data":"x"}"#,
            &[],
            "`datacontenttype` is not JSON",
        ),
    ] {
        assert_eq!(refused(payload, headers), (Reason::CloudEvents, message.to_owned()));
    }
}

#[test]
fn what_is_within_an_envelope_keeps_its_own_reason() {
    let envelope = |data: &str| format!(r#"{{"specversion":"1.0","type":"t","source":"s","id":"1","data":{data}}}"#);
    for (data, reason) in [("{}", Reason::NoText), (r#"{"title":1}"#, Reason::WrongType), ("[1]", Reason::NotAnObject)]
    {
        assert_eq!(refused(envelope(data).as_bytes(), &[]).0, reason, "{data}");
    }
}

#[test]
fn the_size_is_limited() {
    let decoder = Decoder::new(DecodeOptions { max_bytes: 13, fields: None });
    assert!(decoder.decode(&record(br#"{"title":"t"}"#, &[])).is_ok());
    let rejection = decoder.decode(&record(br#"{"title":"t!"}"#, &[])).unwrap_err();
    assert_eq!(rejection.to_string(), "too_large: 14 bytes, `events.max_bytes` is 13");
}

#[test]
fn depth_is_limited_wherever_it_is() {
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    for member in ["unknown", "title", "content_text"] {
        // The object is the first level.
        let at_limit = format!(r#"{{"title":"t","{member}":{}}}"#, nested(126));
        let beyond = format!(r#"{{"title":"t","{member}":{}}}"#, nested(127));
        let reason = decode(at_limit.as_bytes()).err().map(|rejection| rejection.reason);
        assert!(matches!(reason, None | Some(Reason::WrongType)), "{member}: {reason:?}");
        let (reason, message) = refused(beyond.as_bytes(), &[]);
        assert_eq!(reason, Reason::TooDeep, "{member}");
        assert!(message.starts_with("nested deeper than 127 levels at line 1 column "), "{message}");
    }
    let million = "[".repeat(1_000_000);
    assert_eq!(refused(million.as_bytes(), &[]).0, Reason::TooDeep);
    let million = format!(r#"{{"title":{}"#, r#"{"a":"#.repeat(200_000));
    assert_eq!(refused(million.as_bytes(), &[]).0, Reason::TooDeep);
    let brackets_in_text = format!(r#"{{"title":"t","unknown":["\"{}"]}}"#, "[".repeat(500));
    assert!(decode(brackets_in_text.as_bytes()).is_ok());
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::Value;
    let name = prop_oneof![
        "[a-z]{1,3}",
        proptest::sample::select(vec![
            "id",
            "url",
            "source",
            "title",
            "body",
            "tags",
            "version",
            "status",
            "data",
            "data_base64",
            "specversion",
            "type",
            "@type",
            "@context",
            "@graph",
            "headline",
            "headlines",
            "bodies",
            "value",
            "role",
            "uri",
            "altids",
            "content_html",
            "pubstatus",
            "subject",
            "keywords",
            "publisher",
            "published_at",
        ])
        .prop_map(str::to_owned),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
        proptest::sample::select(vec!["1.0", "NewsArticle", "2026-01-01", "usable", "<p>x</p>"]).prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 8, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::btree_map(name.clone(), inner, 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_bytes_are_decoded_or_refused(bytes in any::<Vec<u8>>(), framed in any::<bool>()) {
        let mut payload = if framed { vec![0, 0, 0, 0, 1] } else { Vec::new() };
        payload.extend(bytes);
        if let Err(rejection) = decode(&payload) {
            prop_assert!(rejection.message.len() <= 500);
        }
    }

    #[test]
    fn any_json_is_decoded_or_refused(json in any_json(), mapped in any::<bool>()) {
        let mapping = BTreeMap::from([("title".to_owned(), "/headline/0".to_owned())]);
        let fields = mapped.then(|| FieldMapping::new(&mapping).unwrap());
        let payload = json.to_string();
        let decoder = Decoder::new(DecodeOptions { max_bytes: 1 << 20, fields });
        match decoder.decode(&record(payload.as_bytes(), &[])) {
            Ok(decoded) => prop_assert!(!decoded.event.id.is_empty() && decoded.event.version > 0),
            Err(rejection) => prop_assert!(rejection.message.len() <= 500),
        }
    }

    #[test]
    fn an_event_of_the_plain_form_survives(
        id in "[^\\s<&]{1,20}",
        title in "[^<&]{0,40}[^<&\\s]",
        body in "[^<&]{0,200}",
        tags in proptest::collection::vec("[^\\s]{1,8}", 0..4),
        version in 1_u64..,
        seconds in 0_i64..4_000_000_000,
    ) {
        let published_at = jiff::Timestamp::from_second(seconds).unwrap();
        let json = serde_json::json!({
            "id": id, "title": title, "body": body, "tags": tags, "version": version,
            "published_at": published_at.to_string(), "source": {"name": id},
        });
        let payload = json.to_string();
        let event = decode(payload.as_bytes()).unwrap().event;
        prop_assert_eq!((&*event.id, &*event.title, event.version), (&*id, &*title, version));
        prop_assert_eq!(event.body.trim(), body.trim());
        prop_assert_eq!(event.published_at, Some(published_at));
        prop_assert_eq!(event.source.identity(), Some(&*id));
        prop_assert!(event.tags.iter().map(|tag| &**tag).eq(tags.iter().map(String::as_str)));
    }
}
