//! What is written of the stories, and what is refused when it is read back.

use super::*;

fn written() -> Topic {
    let mut stories = Stories::new(Limits::default());
    let mut topic = Topic::default();
    for (i, event) in ["e1", "e2"].into_iter().enumerate() {
        let mut matched = matched(event, 1, i as i64 * MINUTE);
        matched.sketch = sketch("A");
        stories.apply(&MatchMessage::Match(Box::new(matched)), place(1, 40 + i, i as i64 * MINUTE));
    }
    topic.write(stories.changes());
    assert_eq!(stories.changes(), [], "nothing twice");
    topic
}

#[test]
fn the_records_in_full() {
    let topic = written();
    let lines = topic.0.iter().map(|(key, value)| {
        let value: serde_json::Value = serde_json::from_slice(value).unwrap();
        format!("{key}\n{value:#}\n")
    });
    insta::assert_snapshot!(lines.collect::<String>());
}

#[test]
fn only_what_changed_is_written() {
    let mut stories = written().restore(Limits::default());
    let mut matched = matched("e3", 1, 2 * MINUTE);
    matched.sketch = sketch("A~");
    stories.apply(&MatchMessage::Match(Box::new(matched)), place(1, 50, 2 * MINUTE));
    let keys: Vec<String> = stories.changes().into_iter().map(|record| record.key).collect();
    let [partition, event, story] = &keys[..] else { panic!("{keys:?}") };
    assert_eq!(partition, "//partition");
    assert!(event.starts_with(story) && story.starts_with("w/"), "{keys:?}");
}

#[test]
fn what_is_over_leaves_tombstones_for_all_that_was_written() {
    let mut topic = written();
    let mut stories = topic.restore(Limits::default());
    let mut other = matched("x", 1, 400 * HOUR);
    other.watchlist.id = "v".to_owned();
    stories.apply(&MatchMessage::Match(Box::new(other)), place(1, 50, 400 * HOUR));
    topic.write(stories.changes());
    assert!(topic.0.keys().all(|key| key.starts_with("v/") || key == "//partition"), "{:?}", topic.0.keys());
}

#[test]
fn what_was_rolled_back_is_not_written() {
    let topic = written();
    let mut stories = topic.restore(Limits::default());
    stories.apply(&MatchMessage::Match(Box::new(matched("e9", 1, 0))), place(1, 50, 0));
    stories.rollback();
    assert_eq!(stories.changes(), []);
}

#[test]
fn what_cannot_be_read_is_named() {
    let good = written();
    let story = good.0.keys().find(|key| key.len() == "w/".len() + 32).unwrap().clone();
    let change = |key: &str, from: &str, to: &str| {
        let text = String::from_utf8(good.0[key].clone()).unwrap();
        assert!(text.contains(from), "{text}");
        text.replacen(from, to, 1)
    };
    let text = format!("{story}/text");
    for (key, value, what) in [
        (&story, Some("{".to_owned()), "line 1 column 1"),
        (&story, Some(change(&story, "\"1.0\"", "\"2.0\"")), "its form has version 2.0, this program reads 1.0"),
        (&story, Some("{\"schema_version\":\"2.0\"}".to_owned()), "its form has version 2.0, this program reads 1.0"),
        (&format!("{story}/more"), Some("{}".to_owned()), "its key is none of ours"),
        (&story, Some("{}".to_owned()), "line 1 column 2"),
        (&story, Some(change(&story, "\"id\":\"", "\"id\":\"x")), "an id of it is none"),
        (&text, None, "the record of its text is missing"),
        (&text, Some(change(&text, "\"sketch\":\"", "\"sketch\":\"*")), "its sketch is none"),
        (&"w//watchlist".to_owned(), None, "the record of its watchlist is missing"),
    ] {
        let mut topic = good.clone();
        topic.write(vec![StateRecord { key: key.clone(), value: value.map(String::into_bytes) }]);
        let mut stories = Stories::new(Limits::default());
        let read = topic.0.iter().try_for_each(|(key, value)| stories.restore(key.as_bytes(), Some(value)));
        let error = read.and_then(|()| stories.restored()).unwrap_err();
        assert_eq!(error.what, what, "{key}");
    }
    let mut stories = Stories::new(Limits::default());
    assert_eq!(stories.restore(&[0xff], Some(b"{}")).unwrap_err().what, "its key is not UTF-8");
}

#[test]
fn a_later_minor_form_is_read_and_parts_without_a_story_are_left() {
    let mut topic = written();
    let story = topic.0.keys().find(|key| key.len() == "w/".len() + 32).unwrap().clone();
    let value = String::from_utf8(topic.0[&story].clone()).unwrap();
    topic.0.insert(story.clone(), value.replacen("\"1.0\"", "\"1.7\",\"more\":[1]", 1).into_bytes());
    assert_eq!(topic.restore(Limits::default()).open(), 1);
    topic.0.remove(&story);
    assert_eq!(topic.restore(Limits::default()).open(), 0);
}

#[test]
fn a_tombstone_and_a_later_record_win() {
    let topic = written();
    let mut stories = Stories::new(Limits::default());
    for (key, value) in &topic.0 {
        for value in [Some(&value[..]), None, Some(&value[..])] {
            stories.restore(key.as_bytes(), value).unwrap();
        }
    }
    stories.restored().unwrap();
    assert_eq!(stories.open(), 1);

    let mut stories = Stories::new(Limits::default());
    let written = topic.0.iter().map(|(key, value)| (key, Some(&value[..])));
    for (key, value) in written.chain(topic.0.keys().map(|key| (key, None))) {
        stories.restore(key.as_bytes(), value).unwrap();
    }
    stories.restored().unwrap();
    assert_eq!((stories.open(), stories.changes()), (0, Vec::new()));
}
