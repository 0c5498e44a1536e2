//! A panic in a stage that works in order: the record is a dead letter, and what the stage knew is read back.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use newswatch::kafka::stage::observe::{Observe, StageEvent};
use newswatch::kafka::stage::stop::Stop;
use newswatch::kafka::stage::{self, Processing, StageSpec};
use newswatch::pipeline::processed::{Destination, Outcome, Processed, Produce, Work};
use newswatch::pipeline::record::Record;
use newswatch::settings::Settings;
use newswatch::story::UnreadableState;

use crate::topics::Publication;
use crate::world::World;

/// Counts the records of each partition, and writes the count for each of them. Panics where a record says so.
#[derive(Default)]
struct Counting {
    counts: BTreeMap<i32, u64>,
    committed: BTreeMap<i32, u64>,
}

fn record(to: Destination, value: String) -> Produce {
    let payload = Some(value.into_bytes());
    Produce { to, key: Some(b"count".to_vec()), payload, headers: Vec::new(), timestamp: None }
}

impl Work for Counting {
    fn process(&mut self, record_in: &Record<'_>, _: Timestamp) -> Processed {
        assert!(record_in.payload != Some(b"panic"), "as the record says");
        let count = self.counts.entry(record_in.partition).or_default();
        *count += 1;
        let mut processed = Processed::new(Outcome::Alerted);
        processed.produce.push(record(Destination::Alerts, count.to_string()));
        processed
    }

    fn finish(&mut self) -> Vec<Produce> {
        self.counts
            .iter()
            .map(|(partition, count)| record(Destination::Stories(*partition), count.to_string()))
            .collect()
    }

    fn commit(&mut self) {
        self.committed.clone_from(&self.counts);
    }

    fn rollback(&mut self) {
        self.counts.clone_from(&self.committed);
    }

    fn release(&mut self, partition: i32) {
        self.counts.remove(&partition);
    }

    fn restore(&mut self, partition: i32, _: &[u8], value: Option<&[u8]>) -> Result<(), UnreadableState> {
        let count = std::str::from_utf8(value.unwrap()).unwrap().parse().unwrap();
        self.counts.insert(partition, count);
        self.committed.insert(partition, count);
        Ok(())
    }
}

struct Deaf;

impl Observe for Deaf {
    fn observe(&self, _: StageEvent<'_>) {}
}

fn messages(values: &[&str]) -> Vec<Publication> {
    values.iter().map(|value| Publication { value: (*value).into(), ..Publication::default() }).collect()
}

#[test]
fn a_panic_over_a_record_makes_it_a_dead_letter_and_the_state_is_read_back() {
    let Some(world) = World::without_topics("panic", "") else { return };
    for topic in ["matches", "alerts", "stories", "dead-letters"] {
        world.create_topic(topic, &[]);
    }
    let mut settings = Settings::default();
    (settings.kafka.brokers, settings.kafka.group) = (world.broker.clone(), world.prefix.clone());
    settings.topics.alerts = world.topic("alerts");
    settings.topics.stories = world.topic("stories");
    settings.topics.dead_letters = world.topic("dead-letters");
    let spec = StageSpec {
        name: "story",
        topics: vec![world.topic("matches")],
        processing: Processing::InOrder,
        work: Arc::new(|| Box::new(Counting::default())),
        state: Some(settings.topics.stories.clone()),
        progress: None,
    };
    let (stop, observer): (_, Arc<dyn Observe>) = (Arc::new(Stop::default()), Arc::new(Deaf));
    let stage = stage::build(spec, &Arc::new(settings), &observer, &stop).unwrap();
    let restorer = stage.restorer.unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| stage.poller.run().unwrap());
        scope.spawn(|| stage.transactor.run().unwrap());
        scope.spawn(|| restorer.run().unwrap());
        world.write("matches", &messages(&["a", "b"]));
        world.await_committed("alerts", 2);
        world.write("matches", &messages(&["c", "panic", "d"]));
        world.await_committed("alerts", 4);
        stop.request(Duration::from_secs(5));
    });
    let told: Vec<_> =
        world.committed("alerts").iter().map(|alert| String::from_utf8(alert.value.clone()).unwrap()).collect();
    let letters = world.committed("dead-letters");
    assert_eq!((told.len(), letters.len()), (4, 1), "{told:?}");
    assert_eq!(letters[0].header("__connect.errors.exception.class.name"), "panicked");
    assert!(told.contains(&"4".to_owned()), "the count went on: {told:?}");
}
