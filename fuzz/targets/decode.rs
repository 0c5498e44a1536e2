//! Any bytes as a record's value, and its first byte says in what envelope: an event with an id and text, or a reason.
#![no_main]

use libfuzzer_sys::fuzz_target;
use newswatch::pipeline::decode::{DecodeOptions, Decoder};
use newswatch::pipeline::record::Record;

fuzz_target!(|bytes: &[u8]| {
    let Some((how, payload)) = bytes.split_first() else { return };
    let types: [&[u8]; 4] = [
        b"application/json",
        b"application/cloudevents+json; charset=utf-8",
        b"application/cloudevents-batch+json",
        b"application/protobuf",
    ];
    let mut headers: Vec<(&str, Option<&[u8]>)> = Vec::new();
    if how & 4 != 0 {
        headers.push(("content-type", Some(types[usize::from(how & 3)])));
    }
    if how & 8 != 0 {
        headers.extend([("ce_specversion", Some(&b"1.0"[..])), ("ce_type", Some(b"news")), ("ce_source", Some(b"/s"))]);
        headers.push(("ce_id", (how & 16 != 0).then_some(payload)));
    }
    if how & 32 != 0 {
        headers.push(("traceparent", Some(payload)));
    }
    let record = Record { topic: "news.events", payload: Some(payload), headers, ..Record::default() };
    let max_bytes = if how & 64 != 0 { 64 } else { 1 << 20 };
    match Decoder::new(DecodeOptions { max_bytes, fields: None }).decode(&record) {
        Ok(decoded) => {
            let event = decoded.event;
            assert!(!event.id.is_empty());
            assert!([&event.title, &event.summary, &event.body].iter().any(|text| !text.trim().is_empty()));
            assert!(event.version >= 1);
        }
        Err(rejection) => {
            assert!(!rejection.message.is_empty() && rejection.message.chars().count() <= 500);
        }
    }
});
