//! The shapes that are read, and what of them an event has.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::*;
use crate::message::event::Status;

/// The parts of an event that most tests are about.
fn parts(json: &str) -> (Shape, String, String, String) {
    let decoded = decode(json.as_bytes()).unwrap_or_else(|rejection| panic!("{rejection}: {json}"));
    let event = decoded.event;
    (decoded.shape, event.id.into_owned(), event.title.into_owned(), event.body.into_owned())
}

#[test]
fn the_plain_form_is_borrowed() {
    let json = r#"{"id":"a1","url":"https://example.com/a1","source":{"id":"s","name":"S","domain":"example.com"},
        "lang":"en","published_at":"2026-03-01T10:00:00Z","embargoed_until":"2026-03-02","title":"Chips","summary":"Sum",
        "body":"Body","tags":["x",null,"y"],"version":2,"status":"withheld","unknown":{"deep":[1,2,{"a":"]}"}]}}"#;
    let decoded = decode(json.as_bytes()).unwrap();
    assert_eq!((decoded.shape, decoded.schema_registry_prefix), (Shape::Plain, false));
    let event = decoded.event;
    assert_eq!((&*event.id, event.version, event.status), ("a1", 2, Status::Withheld));
    assert_eq!(event.source.identity(), Some("example.com"));
    assert_eq!(event.tags, ["x", "y"]);
    assert_eq!(event.published_at, Some("2026-03-01T10:00:00Z".parse().unwrap()));
    assert_eq!(event.embargoed_until, Some("2026-03-02T00:00:00Z".parse().unwrap()));
    for text in [&event.id, &event.title, &event.summary, &event.body] {
        assert!(matches!(text, Cow::Borrowed(_)), "{text}");
    }
}

#[test]
fn identity_is_the_id_else_the_url_else_the_position() {
    for (json, id) in [
        (r#"{"title":"t","id":"a","url":"u"}"#, "a"),
        (r#"{"title":"t","id":17}"#, "17"),
        (r#"{"title":"t","id":-3}"#, "-3"),
        (r#"{"title":"t","id":"","url":"u"}"#, "u"),
        (r#"{"title":"t","id":null}"#, "t/1/2"),
        (r#"{"title":"t","id":"a","id":"b"}"#, "b"),
        (r#"{"specversion":"1.0","type":"n","source":"//s","id":"9","data":{"title":"t"}}"#, "//s#9"),
        (r#"{"specversion":"1.0","type":"n","source":"//s","id":"9","data":{"title":"t","id":"a"}}"#, "a"),
    ] {
        assert_eq!(parts(json).1, id, "{json}");
    }
}

#[test]
fn an_identity_without_end_is_known_by_its_hash() {
    let with = |id: &str| parts(&format!(r#"{{"title":"t","id":"{id}"}}"#)).1;
    let longest = "a".repeat(1024);
    assert_eq!(with(&longest), longest);
    let hash = with(&format!("{longest}a"));
    assert!(hash.starts_with("sha256:") && hash.len() == "sha256:".len() + 32, "{hash}");
    assert_eq!(with(&format!("{longest}a")), hash);
    assert_ne!(with(&format!("{longest}b")), hash);
}

#[test]
fn small_differences_are_no_faults() {
    for (json, title) in [
        ("\u{feff}{\"title\":\"bom\"}", "bom"),
        ("  {\"title\":\"space\"}\n", "space"),
        (r#"{"title":"\u4e2d\ud83d\ude00"}"#, "中😀"),
        (r#"{"title":"t","version":"3","status":"stat:usable","tags":"one"}"#, "t"),
        (r#"{"title":"t","status":"Cancelled"}"#, "t"),
        (r#"{"title":"AT&amp;T"}"#, "AT&T"),
        (r#"{"title":"t","pubstatus":null,"@context":null}"#, "t"),
        (r#"{"title":"t","headline":"other"}"#, "t"),
        (r#"{"@context":"https://www.w3.org/ns/activitystreams","type":"Note","title":"t"}"#, "t"),
        (r#"{"title":"t","\u0075nknown":1}"#, "t"),
    ] {
        let (shape, _, found, _) = parts(json);
        assert_eq!((shape, &*found), (Shape::Plain, title), "{json}");
    }
}

#[test]
fn a_source_may_be_told_by_the_url_alone() {
    for (json, identity) in [
        (r#"{"title":"t","url":"https://www.Example.com:8080/x?y"}"#, Some("example.com")),
        (r#"{"title":"t","url":"http://user@news.example.org"}"#, Some("news.example.org")),
        (r#"{"title":"t","url":"urn:x:y"}"#, None),
        (r#"{"title":"t","url":"https://a.example","source":"Wire"}"#, Some("Wire")),
    ] {
        assert_eq!(decode(json.as_bytes()).unwrap().event.source.identity(), identity, "{json}");
    }
}

#[test]
fn ninjs_of_three_generations() {
    for json in [
        r#"{"uri":"urn:x:1","headline":"Head","body_text":"Body","language":"en","pubstatus":"usable","version":"2",
            "versioncreated":"2026-03-01T10:00:00Z","subject":[{"name":"chips","code":"1"}],"keywords":["ai"],
            "infosource":[{"name":"Wire"}],"description_text":"Sum","embargoed":"2026-03-02T00:00:00Z"}"#,
        r#"{"uri":"urn:x:1","headlines":[{"role":"short","value":"H"},{"role":"main","value":"Head"}],
            "bodies":[{"role":"web","contenttype":"text/html","value":"<p>No</p>"},{"role":"main","contenttype":"text/plain","value":"Body"}],
            "language":"en","pubstatus":"usable","version":"2","versioncreated":"2026-03-01T10:00:00Z",
            "subjects":[{"name":"chips"}],"keywords":["ai"],"infosources":[{"name":"Wire"}],
            "descriptions":[{"value":"Sum"}],"embargoed":"2026-03-02T00:00:00Z"}"#,
        r#"{"altids":[{"role":"x","value":"urn:x:1"}],"headlines":[{"value":"Head"}],
            "bodies":[{"contentType":"text/html","value":"<p>No</p>"},{"contentType":"text/plain","value":"Body"}],
            "language":"en","pubStatus":"usable","version":2,"versionCreated":"2026-03-01T10:00:00Z",
            "subjects":[{"name":"chips"}],"keywords":["ai"],"infoSources":[{"name":"Wire"}],
            "descriptions":[{"contentType":"text/plain","value":"Sum"}],"embargoed":"2026-03-02T00:00:00Z"}"#,
    ] {
        let decoded = decode(json.as_bytes()).unwrap();
        let event = decoded.event;
        assert_eq!(decoded.shape, Shape::Ninjs);
        assert_eq!((&*event.id, &*event.title, &*event.body, &*event.summary), ("urn:x:1", "Head", "Body", "Sum"));
        assert_eq!((event.version, event.lang.as_deref()), (2, Some("en")));
        assert_eq!(event.published_at, Some("2026-03-01T10:00:00Z".parse().unwrap()));
        assert!(event.embargoed_until.is_some());
        assert_eq!(event.source.identity(), Some("Wire"));
        assert_eq!(event.tags, ["ai", "chips"]);
    }
    let canceled =
        decode(br#"{"uri":"https://e.com/1","headline":"H","pubstatus":"canceled","version":"1.2b"}"#).unwrap();
    assert_eq!((canceled.event.status, canceled.event.version), (Status::Canceled, 1));
    assert_eq!(canceled.event.url.as_deref(), Some("https://e.com/1"));
    assert_eq!(parts(r#"{"uri":"u","body_xhtml":"<p>One</p><p>Two</p>"}"#).3, "One\nTwo");
    assert_eq!(parts(r#"{"uri":"u","headline":"H","title":"T"}"#).2, "H");
}

#[test]
fn schema_org_articles() {
    let article = r#""headline":"Head","articleBody":"Body","description":"Sum","inLanguage":"en","datePublished":"2026-03-01",
        "url":"https://e.com/1","publisher":{"@type":"Organization","name":"E"},"keywords":"chips, ai""#;
    for json in [
        format!(r#"{{"@context":"https://schema.org","@type":"NewsArticle",{article}}}"#),
        format!(r#"{{"@type":["Thing","https://schema.org/ReportageNewsArticle"],{article}}}"#),
        format!(r#"[{{"@type":"WebPage"}},{{"@type":"Article",{article}}}]"#),
        format!(
            r#"{{"@context":"https://schema.org","@graph":[{{"@type":"WebSite"}},{{"@type":"schema:NewsArticle",{article}}}]}}"#
        ),
        format!(r#"{{"specversion":"1.0","type":"t","data":{{"@type":"NewsArticle",{article}}}}}"#),
    ] {
        let decoded = decode(json.as_bytes()).unwrap();
        let event = decoded.event;
        assert_eq!(decoded.shape, Shape::SchemaOrg, "{json}");
        assert_eq!(
            (&*event.id, &*event.title, &*event.body, &*event.summary),
            ("https://e.com/1", "Head", "Body", "Sum")
        );
        assert_eq!(event.source.name.as_deref(), Some("E"));
        assert_eq!(event.tags, ["chips", "ai"]);
        assert!(event.published_at.is_some());
    }
}

#[test]
fn json_feed_items() {
    let json = r#"{"id":"1","url":"https://e.com/1","title":"T","content_html":"<p>A &amp; B</p><script>x</script>",
        "date_published":"2026-03-01T10:00:00+01:00","tags":["x"],"authors":[{"name":"Ann"}]}"#;
    let decoded = decode(json.as_bytes()).unwrap();
    assert_eq!((decoded.shape, &*decoded.event.body), (Shape::JsonFeed, "A & B"));
    assert_eq!(decoded.event.published_at, Some("2026-03-01T09:00:00Z".parse().unwrap()));
    assert_eq!(parts(r#"{"id":"1","content_text":"text","content_html":"<p>html</p>"}"#).3, "text");
}

#[test]
fn cloudevents_are_taken_off() {
    let data = r#"{"id":"a","title":"T","body":"B"}"#;
    let text = serde_json::to_string(data).unwrap();
    let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, data);
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    for member in [format!(r#""data":{data}"#), format!(r#""data":{text}"#), format!(r#""data_base64":"{encoded}""#)] {
        let json =
            format!(r#"{{"specversion":"1.0","type":"t","source":"s","id":"9","traceparent":"{trace}",{member}}}"#);
        for headers in [&[][..], &[("content-type", "application/cloudevents+json")]] {
            let decoded = decode_with(json.as_bytes(), headers).unwrap();
            assert_eq!((&*decoded.event.id, &*decoded.event.body, decoded.shape), ("a", "B", Shape::Plain), "{json}");
            assert_eq!(decoded.traceparent.as_deref(), Some(trace));
        }
    }
    let headers = [("ce_specversion", "1.0"), ("ce_id", "9"), ("ce_source", "s"), ("ce_traceparent", trace)];
    let decoded = decode_with(br#"{"title":"T"}"#, &headers).unwrap();
    assert_eq!((&*decoded.event.id, decoded.traceparent.as_deref()), ("s#9", Some(trace)));
    let decoded = decode_with(br#"{"title":"T"}"#, &[("traceparent", trace)]).unwrap();
    assert_eq!(decoded.traceparent.as_deref(), Some(trace));
}

#[test]
fn a_schema_registry_prefix_is_skipped_and_told() {
    let decoded = decode(b"\0\0\0\0\x2a{\"title\":\"T\"}").unwrap();
    assert!(decoded.schema_registry_prefix);
    assert_eq!(decoded.event.title, "T");
}

#[test]
fn the_settings_map_what_has_no_known_shape() {
    let mapping = [("title", "/payload/headline"), ("body", "/payload/parts/1"), ("id", "/a~1b"), ("lang", "/none")];
    let mapping: BTreeMap<_, _> = mapping.map(|(key, pointer)| (key.to_owned(), pointer.to_owned())).into();
    let options = DecodeOptions { fields: Some(FieldMapping::new(&mapping).unwrap()), ..DecodeOptions::default() };
    let decoder = Decoder::new(options);
    let json = br#"{"a/b":7,"payload":{"headline":"H","parts":["x","B"]},"lang":"en","title":"not this"}"#;
    let decoded = decoder.decode(&record(json, &[])).unwrap();
    assert_eq!(decoded.shape, Shape::Mapped);
    let event = decoded.event;
    assert_eq!((&*event.id, &*event.title, &*event.body), ("7", "H", "B"));
    assert_eq!(event.lang.as_deref(), Some("en"), "what the mapping does not find is read as in the plain form");
    let plain = decoder.decode(&record(br#"{"title":"T"}"#, &[])).unwrap();
    assert_eq!((plain.shape, &*plain.event.title), (Shape::Plain, "T"));
}

#[test]
fn a_mapping_that_cannot_be_is_refused() {
    for (key, pointer, message) in [
        ("titel", "/x", "no field of an event: one of id, url,"),
        ("title", "x", "a JSON Pointer begins with `/`"),
        ("title", "/a~2", "in a JSON Pointer `~` is written `~0`"),
        ("title", "/a~", "in a JSON Pointer `~` is written `~0`"),
    ] {
        let mapping = BTreeMap::from([(key.to_owned(), pointer.to_owned())]);
        let (wrong, found) = FieldMapping::new(&mapping).unwrap_err();
        assert!(wrong == key && found.starts_with(message), "{found}");
    }
}

#[test]
fn a_summary_alone_is_text_enough() {
    let decoded = decode(br#"{"id":"a","summary":"Chips are limited"}"#).unwrap();
    assert_eq!((&*decoded.event.title, &*decoded.event.summary), ("", "Chips are limited"));
}
