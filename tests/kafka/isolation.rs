//! The reader itself: were it to show what is open or aborted, or to hide what is committed, every test
//! that counts alerts would prove nothing.

use std::time::Duration;

use rdkafka::producer::Producer;

use crate::broker;
use crate::consumer::{Isolation, read_all};
use crate::topics::{Publication, create, producer, send};

fn values(broker: &str, topic: &str, isolation: Isolation) -> Vec<String> {
    let mut values: Vec<String> = read_all(broker, topic, isolation)
        .into_iter()
        .map(|record| String::from_utf8(record.value).expect("plain text was written"))
        .collect();
    values.sort();
    values
}

#[test]
fn readers_see_open_aborted_and_committed_records_as_their_isolation_says() {
    let Some(broker) = broker::address("isolation") else { return };
    let topic = format!("isolation-{}", std::process::id());
    create(&broker, &topic, 3);
    let limit = Duration::from_secs(30);
    let begin = |state: &str, partition: i32| {
        let producer = producer(&broker, Some(&format!("{topic}-{state}")));
        producer.init_transactions(limit).unwrap();
        producer.begin_transaction().unwrap();
        send(&producer, &topic, &[Publication { value: state.into(), partition, ..Publication::default() }]);
        producer
    };
    begin("committed", 0).commit_transaction(limit).unwrap();
    begin("aborted", 1).abort_transaction(limit).unwrap();
    let open = begin("open", 2);

    assert_eq!(values(&broker, &topic, Isolation::ReadCommitted), ["committed"]);
    assert_eq!(values(&broker, &topic, Isolation::ReadUncommitted), ["aborted", "committed", "open"]);

    open.commit_transaction(limit).unwrap();
    assert_eq!(values(&broker, &topic, Isolation::ReadCommitted), ["committed", "open"]);
}

#[test]
fn the_reader_gives_back_what_was_written_byte_for_byte() {
    let Some(broker) = broker::address("round trip") else { return };
    let topic = format!("round-trip-{}", std::process::id());
    create(&broker, &topic, 1);
    let headers = vec![("b".to_owned(), Some(vec![0xff, 0])), ("a".to_owned(), None), ("b".to_owned(), Some(vec![]))];
    let written = Publication {
        key: Some(vec![0, 159, 146, 150]),
        value: vec![0xc3, 0x28, 0],
        headers: headers.clone(),
        timestamp: Some(1_700_000_000_123),
        partition: 0,
    };
    send(&producer(&broker, None), &topic, std::slice::from_ref(&written));
    let read = read_all(&broker, &topic, Isolation::ReadCommitted).pop().unwrap();
    assert_eq!(
        (read.key, read.value, read.headers, read.timestamp),
        (written.key, written.value, headers, written.timestamp)
    );
}
