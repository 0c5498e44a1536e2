//! What the daemon promises: every event has one outcome, every match one alert, whatever happens to the process.

use crate::consumer::Received;
use crate::topics::Publication;
use crate::world::{PARTITIONS, World, alerted_events, events, expected, is_match, matching, now};

/// Ten records that cannot be used, with keys, headers and timestamps that a careless copy would change.
fn malformed() -> Vec<Publication> {
    let values: [&[u8]; 10] = [
        b"\xff\xfe\x00n\x00o",
        b"{\"title\": \"cut off",
        b"not JSON at all",
        b"{}",
        b"[1, 2, 3]",
        b"null",
        b"{\"id\": \"a\", \"title\": 5}",
        b"{\"id\": \"b\", \"title\": \"Zirconium embargo\", \"published_at\": \"2026-02-31T25:00:00Z\"}",
        b"{\"id\": \"c\", \"title\": \"\", \"body\": \"  \"}",
        b"\x00\x00\x00\x00\x07\x02\x08avro",
    ];
    let record = |(number, value): (usize, &[u8])| Publication {
        key: Some(vec![0xff, 0x00, u8::try_from(number).unwrap()]),
        value: value.to_vec(),
        headers: vec![
            ("trace".into(), Some(vec![0xde, 0xad, 0x00])),
            ("empty".into(), Some(Vec::new())),
            ("null".into(), None),
            ("trace".into(), Some(b"again".to_vec())),
        ],
        timestamp: Some(now() - 5000 - i64::try_from(number).unwrap()),
        partition: 0,
    };
    values.into_iter().enumerate().map(record).collect()
}

fn assert_byte_for_byte(originals: &[Publication], dead: &[Received]) {
    assert_eq!(dead.len(), originals.len());
    for original in originals {
        let found: Vec<&Received> = dead.iter().filter(|record| record.key == original.key).collect();
        let [letter] = found[..] else { panic!("{} dead letters for {original:?}", found.len()) };
        assert_eq!(letter.value, original.value);
        assert_eq!(letter.timestamp, original.timestamp);
        let (theirs, ours) = letter.headers.split_at(original.headers.len());
        assert_eq!(theirs, original.headers, "the original's headers come first, untouched");
        assert!(!ours.is_empty() && ours.iter().all(|(_, value)| value.is_some()));
        assert!(letter.header("__connect.errors.topic").ends_with(".events"));
        letter.header("__connect.errors.partition").parse::<i32>().unwrap();
        letter.header("__connect.errors.offset").parse::<i64>().unwrap();
        for header in ["__connect.errors.stage", "__connect.errors.exception.class.name", "newswatch.error.first_seen"]
        {
            assert!(!letter.header(header).is_empty(), "{header} says nothing");
        }
    }
}

/// A thousand good events, a hundred of which match, and ten bad ones; then the same process again.
fn main_path(test: &str, mode: &str) {
    let Some(world) = World::new(test, &format!("[delivery]\nmode = '{mode}'")) else { return };
    let good = events("first", 1000);
    let bad = malformed();
    world.publish(&good);
    world.publish(&bad);

    let daemon = world.daemon();
    world.await_committed("alerts", 100);
    world.await_committed("dead-letters", 10);
    let metrics = daemon.await_metric("newswatch_events_processed_total", 1010.0);
    let outcome = |name| metrics.sum_where("newswatch_events_processed_total", &format!("outcome=\"{name}\""));
    assert_eq!(metrics.sum("newswatch_events_received_total"), 1010.0);
    assert_eq!((outcome("matched"), outcome("no_match"), outcome("dead_lettered")), (100.0, 900.0, 10.0));
    assert_eq!(metrics.sum("newswatch_dead_letters_total"), 10.0);
    let metrics = daemon.await_metric("newswatch_matches_processed_total", 100.0);
    assert_eq!(metrics.sum_where("newswatch_matches_processed_total", "outcome=\"alerted\""), 100.0);
    daemon.terminate();
    assert_eq!(alerted_events(&world.committed("alerts")), expected(&good));
    assert_byte_for_byte(&bad, &world.committed("dead-letters"));

    // One more for each partition: when they are through, whatever was read twice is too.
    let more: Vec<Publication> = (0..PARTITIONS).map(|number| matching(&format!("second-{number}"))).collect();
    world.publish(&more);
    let daemon = world.daemon();
    world.await_committed("alerts", 104);
    let metrics = daemon.await_metric("newswatch_events_processed_total", 4.0);
    assert_eq!(metrics.sum("newswatch_events_received_total"), 4.0, "what was committed is not read again");
    daemon.terminate();
    let all: Vec<Publication> = [good, more].concat();
    assert_eq!(alerted_events(&world.committed("alerts")), expected(&all));
    assert_byte_for_byte(&bad, &world.committed("dead-letters"));
}

#[test]
fn every_event_has_one_outcome_and_a_restart_publishes_nothing_twice_exactly_once() {
    main_path("exactly-once", "exactly_once");
}

#[test]
fn every_event_has_one_outcome_and_a_restart_publishes_nothing_twice_at_least_once() {
    main_path("at-least-once", "at_least_once");
}

#[test]
fn kill_9_in_the_middle_of_a_batch_loses_and_doubles_nothing() {
    // Long batches, so that a kill as soon as something is received falls into one; short sessions, so that the
    // group soon knows that a member is dead.
    let settings = "
[delivery]
batch_time = '300ms'
[kafka.client]
'session.timeout.ms' = '1500'
'heartbeat.interval.ms' = '300'
";
    let Some(world) = World::new("kill-9", settings) else { return };
    let mut all = Vec::new();
    for round in 0..5 {
        let batch = events(&format!("round-{round}"), 200);
        let daemon = world.daemon();
        world.publish(&batch);
        all.extend(batch);
        // In turn: nothing of this round is committed yet; some is.
        let awaited = ["newswatch_events_received_total", "newswatch_matches_received_total"][round % 2];
        daemon.await_metric(awaited, 1.0);
        daemon.kill9();
    }
    let last: Vec<Publication> = (0..PARTITIONS).map(|number| matching(&format!("last-{number}"))).collect();
    world.publish(&last);
    all.extend(last);
    let daemon = world.daemon();
    world.await_committed("alerts", 104);
    daemon.terminate();
    assert_eq!(world.committed("matches").iter().filter(|record| is_match(record)).count(), 104);
    assert_eq!(alerted_events(&world.committed("alerts")), expected(&all));
}

#[test]
fn a_dead_letter_larger_than_its_topic_takes_goes_without_its_value_and_stops_nothing() {
    let Some(world) = World::new("oversize", "") else { return };
    world.create_topic("dead-letters", &[("max.message.bytes", "20000")]);
    let mut large = matching("large");
    large.value = (0..200_000_u32).flat_map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let small = Publication { value: b"not JSON".to_vec(), ..matching("small") };
    world.publish(&[large, small.clone(), matching("good")]);
    let mut daemon = world.daemon();
    world.await_committed("alerts", 1);
    world.await_committed("dead-letters", 2);
    daemon.await_readiness(200);
    daemon.terminate();
    let letters = world.committed("dead-letters");
    let letter = |key: &[u8]| letters.iter().find(|letter| letter.key.as_deref() == Some(key)).unwrap();
    assert_eq!(letter(b"small").value, small.value);
    assert_eq!(letter(b"large").value, b"");
    assert_eq!(letter(b"large").header("newswatch.error.value_left_out"), "800000 bytes, more than the topic takes");
    letter(b"large").header("__connect.errors.offset").parse::<i64>().unwrap();
}
