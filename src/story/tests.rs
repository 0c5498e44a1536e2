//! The life of alerts, told as timelines.

use proptest::prelude::*;

use super::*;

const T0: i64 = 1_790_000_000;
const HOUR: i64 = 3600;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(T0 + seconds).unwrap()
}

fn matched(watchlist: &str, event: &str, version: u64) -> Match {
    serde_json::from_value(serde_json::json!({
        "schema_version": "1.0",
        "id": format!("{watchlist}/{event}/{version}"),
        "event": {"id": event, "version": version, "title": "Nvidia may ship H20 again", "lang": "en",
            "source": "example.com", "published_at": at(-60),
            "kafka": {"topic": "news.events", "partition": 0, "offset": 7}},
        "watchlist": {"id": watchlist, "title": "Chip rules", "revision": "r1", "owner": "desk", "queries": ["easing"],
            "severity": "high", "labels": {"team": "trade"}, "status": "active",
            "alert": crate::message::policy::AlertPolicy::default()},
        "hits": [{"term": "Nvidia", "entity": "nvidia", "lang": "en", "field": "title", "start": 0, "end": 6,
            "exact": "Nvidia", "before": "", "after": " may ship"}],
        "hits_truncated": 0,
        "entities": [{"id": "nvidia", "name": "NVIDIA"}],
        "sketch": "",
        "times": {"published_at": at(-60), "ingested_at": at(0), "matched_at": at(1)},
    }))
    .unwrap()
}

fn seen(watchlist: &str, event: &str, version: u64) -> MatchMessage {
    MatchMessage::Match(Box::new(matched(watchlist, event, version)))
}

fn changed(watchlist: &str, event: &str, change: impl FnOnce(&mut Match)) -> MatchMessage {
    let mut matched = matched(watchlist, event, 1);
    change(&mut matched);
    MatchMessage::Match(Box::new(matched))
}

fn notice(event: &str, version: u64, status: Status, watchlists: &[&str]) -> MatchMessage {
    let mut event = matched("w", event, version).event;
    event.status = status;
    event.title = None;
    MatchMessage::Notice(Notice {
        schema_version: "1.0".to_owned(),
        event,
        watchlists: watchlists.iter().map(ToString::to_string).collect(),
        ingested_at: at(0),
        traceparent: None,
    })
}

/// One outcome and its alerts in short.
fn told(output: &StoryOutput) -> String {
    match output.outcome {
        StoryOutcome::Suppressed(reason) => {
            assert!(output.alerts.is_empty());
            reason.as_str().to_owned()
        }
        StoryOutcome::Alerted(action) => {
            assert_eq!(output.alerts[0].action, action);
            let step = |alert: &Alert| {
                let reason = serde_json::to_value(alert.reason).unwrap();
                let reason = reason.as_str().unwrap();
                format!("{} #{} {} {reason}", alert.watchlist.id, alert.sequence, alert.action.as_str())
            };
            output.alerts.iter().map(step).collect::<Vec<_>>().join(" + ")
        }
    }
}

fn moment(batch: u64, timestamp: Timestamp, now: Timestamp) -> At {
    At { batch, offset: 0, timestamp, now }
}

fn timeline(limits: Limits, steps: Vec<(i64, MatchMessage, &str)>) {
    let mut stories = Stories::new(limits);
    for (number, (seconds, message, expected)) in steps.into_iter().enumerate() {
        let output = stories.apply(&message, moment(1, at(seconds), at(seconds + 1)));
        assert_eq!(told(&output), expected, "step {number}");
    }
}

use Status::{Canceled, Usable, Withheld};

#[test]
fn an_event_is_told_once_to_each_watchlist() {
    timeline(
        Limits::default(),
        vec![
            (0, seen("w", "e1", 1), "w #1 open first_match"),
            (1, seen("w", "e1", 1), "duplicate"),
            (2, seen("v", "e1", 1), "v #1 open first_match"),
            (3, seen("w", "e2", 1), "w #1 open first_match"),
            (4, seen("w", "e1", 1), "duplicate"),
        ],
    );
}

#[test]
fn a_correction_updates_and_a_withdrawal_retracts() {
    timeline(
        Limits::default(),
        vec![
            (0, seen("w", "e1", 1), "w #1 open first_match"),
            (1, notice("e1", 2, Usable, &["w"]), "nothing_to_change"),
            (1, seen("w", "e1", 2), "w #2 update corrected"),
            (2, seen("w", "e1", 1), "superseded"),
            (3, notice("e1", 1, Canceled, &[]), "nothing_to_change"),
            (4, notice("e1", 3, Canceled, &["w"]), "w #3 retract retracted"),
            (5, notice("e1", 3, Canceled, &["w"]), "nothing_to_change"),
            (6, seen("w", "e1", 4), "w #4 update corrected"),
        ],
    );
}

#[test]
fn a_withdrawal_concerns_every_watchlist_that_was_told() {
    timeline(
        Limits::default(),
        vec![
            (0, seen("v", "e1", 1), "v #1 open first_match"),
            (1, seen("w", "e1", 1), "w #1 open first_match"),
            (2, seen("w", "e10", 1), "w #1 open first_match"),
            (3, notice("e1", 1, Withheld, &[]), "v #2 retract retracted + w #2 retract retracted"),
            (4, notice("unheard-of", 1, Canceled, &[]), "nothing_to_change"),
        ],
    );
}

#[test]
fn a_correction_that_no_longer_matches_retracts() {
    timeline(
        Limits::default(),
        vec![
            (0, seen("v", "e1", 1), "v #1 open first_match"),
            (0, seen("w", "e1", 1), "w #1 open first_match"),
            (1, notice("e1", 2, Usable, &["v"]), "w #2 retract corrected"),
            (1, seen("v", "e1", 2), "v #2 update corrected"),
            (2, notice("e1", 2, Usable, &["v"]), "nothing_to_change"),
            (3, notice("e1", 3, Usable, &["v", "w"]), "nothing_to_change"),
            (3, seen("w", "e1", 3), "w #3 update corrected"),
        ],
    );
}

#[test]
fn what_is_not_to_be_told_is_not() {
    timeline(
        Limits::default(),
        vec![
            (0, changed("w", "e1", |m| m.watchlist.status = WatchlistStatus::Draft), "draft"),
            (0, changed("w", "e1", |m| m.event.status = Canceled), "unusable"),
            (60, changed("w", "e1", |m| m.watchlist.alert.max_age = Some(Duration::from_secs(100))), "stale"),
            (
                40,
                changed("w", "e1", |m| m.watchlist.alert.max_age = Some(Duration::from_secs(100))),
                "w #1 open first_match",
            ),
            (99, changed("w", "e1", |m| m.event.status = Canceled), "w #2 retract retracted"),
            (99, changed("w", "e1", |m| m.event.status = Canceled), "unusable"),
        ],
    );
}

#[test]
fn memory_ends_by_count_and_by_event_time() {
    let short = Limits { stories: 2, ..Limits::default() };
    timeline(
        short,
        vec![
            (0, seen("w", "e1", 1), "w #1 open first_match"),
            (1, seen("w", "e2", 1), "w #1 open first_match"),
            (2, seen("w", "e1", 1), "duplicate"),
            (3, seen("w", "e3", 1), "w #1 open first_match"),
            (4, seen("w", "e1", 1), "duplicate"),
            (5, seen("w", "e2", 1), "w #1 open first_match"),
        ],
    );
    timeline(
        Limits::default(),
        vec![
            (0, seen("w", "e1", 1), "w #1 open first_match"),
            (72 * HOUR, seen("w", "e2", 1), "w #1 open first_match"),
            (72 * HOUR, seen("w", "e1", 1), "duplicate"),
            (145 * HOUR, seen("w", "e3", 1), "w #1 open first_match"),
            (145 * HOUR, seen("w", "e1", 1), "w #1 open first_match"),
        ],
    );
}

#[test]
fn one_timestamp_from_the_future_does_not_empty_the_memory() {
    let mut stories = Stories::new(Limits::default());
    stories.apply(&seen("w", "e1", 1), moment(1, at(0), at(1)));
    stories.apply(&seen("w", "e2", 1), moment(1, at(900 * HOUR), at(2)));
    assert_eq!(told(&stories.apply(&seen("w", "e1", 1), moment(1, at(3), at(3)))), "duplicate");
}

#[test]
fn duplicates_are_counted_on_the_next_record() {
    let mut stories = Stories::new(Limits::default());
    let opened = stories.apply(&seen("w", "e1", 1), moment(1, at(0), at(0))).alerts.remove(0);
    assert_eq!((opened.suppressed.duplicates, opened.suppressed.since), (0, None));
    stories.apply(&seen("w", "e1", 1), moment(1, at(5), at(5)));
    stories.apply(&seen("w", "e1", 1), moment(1, at(6), at(6)));
    let updated = stories.apply(&seen("w", "e1", 2), moment(1, at(7), at(8))).alerts.remove(0);
    assert_eq!((updated.suppressed.duplicates, updated.suppressed.since), (2, Some(at(5))));
    assert_eq!((updated.id.as_str(), updated.sequence), (opened.id.as_str(), 2));
    assert_eq!((updated.story.first_seen_at, updated.story.last_seen_at), (at(0), at(7)));
    let retracted = stories.apply(&notice("e1", 3, Canceled, &[]), moment(1, at(9), at(9))).alerts.remove(0);
    assert_eq!(retracted.suppressed.duplicates, 0);
    assert_eq!(retracted.event.title.as_deref(), Some("Nvidia may ship H20 again"), "filled in from what was told");
    assert_eq!(retracted.event.status, Canceled);
}

#[test]
fn an_alert_in_full() {
    let mut stories = Stories::new(Limits::default());
    let alert = stories.apply(&seen("w", "e1", 1), moment(1, at(0), at(2))).alerts.remove(0);
    insta::assert_snapshot!(serde_json::to_string_pretty(&alert).unwrap());
}

#[test]
fn an_alert_stays_within_its_bounds() {
    let huge = "长".repeat(400_000);
    type Change = Box<dyn Fn(&mut Match)>;
    let cases: [(&str, Change); 3] = [
        ("many hits", Box::new(|m| m.hits = vec![m.hits[0].clone(); 2000])),
        ("a huge headline and URL", {
            let huge = huge.clone();
            Box::new(move |m| {
                m.event.title = Some(huge.clone());
                m.event.url = Some(huge.clone());
                m.hits = vec![m.hits[0].clone(); 2000];
            })
        }),
        ("many entities", Box::new(|m| m.entities = vec![m.entities[0].clone(); 100_000])),
    ];
    for (name, change) in cases {
        let mut stories = Stories::new(Limits::default());
        let alert = stories.apply(&changed("w", "e1", change), moment(1, at(0), at(0))).alerts.remove(0);
        let size = serde_json::to_vec(&alert).unwrap().len();
        assert!(size <= compose::MAX_BYTES, "{name}: {size}");
        assert!(alert.summary.chars().count() <= 300, "{name}");
        if name != "many entities" {
            assert_eq!(alert.hits.len() + alert.hits_truncated as usize, 2000, "{name}: none cut silently");
            assert!(alert.hits.len() > 100, "{name}: no more cut than needed");
        }
    }
}

#[test]
fn a_summary_is_one_line_of_title_headline_and_entities() {
    let mut stories = Stories::new(Limits::default());
    let message = changed("w", "e1", |m| m.event.title = Some("تخفيف\n القيود".to_owned()));
    let alert = stories.apply(&message, moment(1, at(0), at(0))).alerts.remove(0);
    assert_eq!(alert.summary, "Chip rules: تخفيف القيود (NVIDIA)");
}

#[test]
fn the_next_batch_may_begin_before_the_former_commits() {
    let mut stories = Stories::new(Limits::default());
    stories.apply(&seen("w", "e1", 1), moment(1, at(0), at(0)));
    stories.apply(&seen("w", "e2", 1), moment(2, at(1), at(1)));
    stories.commit(1);
    assert_eq!(stories.open(), 2);
    stories.rollback();
    assert_eq!(stories.open(), 1);
    assert_eq!(told(&stories.apply(&seen("w", "e1", 1), moment(3, at(2), at(2)))), "duplicate");
    assert_eq!(told(&stories.apply(&seen("w", "e2", 1), moment(3, at(3), at(3)))), "w #1 open first_match");
}

fn any_message() -> impl Strategy<Value = MatchMessage> {
    let watchlist = prop::sample::select(vec!["v", "w"]);
    let event = prop::sample::select(vec!["e1", "e2", "e3", "e4"]);
    let status = prop::sample::select(vec![Usable, Withheld, Canceled]);
    (watchlist, event, 1_u64..4, status, any::<bool>()).prop_map(|(watchlist, event, version, status, is_match)| {
        if is_match { seen(watchlist, event, version) } else { notice(event, version, status, &[watchlist]) }
    })
}

proptest! {
    #[test]
    fn rollback_leaves_what_was_and_a_replay_tells_the_same(
        committed in prop::collection::vec(any_message(), 0..12),
        provisional in prop::collection::vec((any_message(), 0_i64..200), 0..24),
        stories in 1_usize..6,
    ) {
        let mut stories = Stories::new(Limits { stories, ..Limits::default() });
        for message in &committed {
            stories.apply(message, moment(1, at(0), at(0)));
        }
        stories.commit(1);
        let before = stories.memory.snapshot();
        let run = |stories: &mut Stories, batch| -> Vec<StoryOutput> {
            let apply = |(number, (message, hours)): (usize, &(MatchMessage, i64))| {
                let time = at(hours * HOUR);
                stories.apply(message, moment(batch + number as u64 / 5, time, time))
            };
            provisional.iter().enumerate().map(apply).collect()
        };
        let first = run(&mut stories, 2);
        stories.rollback();
        prop_assert_eq!(stories.memory.snapshot(), before);
        let second = run(&mut stories, 100);
        prop_assert_eq!(first, second);
    }

    #[test]
    fn sequences_have_no_gaps_while_memory_lasts(messages in prop::collection::vec(any_message(), 0..60)) {
        let mut stories = Stories::new(Limits::default());
        let mut last = std::collections::HashMap::new();
        for message in &messages {
            for alert in stories.apply(message, moment(1, at(0), at(0))).alerts {
                let sequence = last.entry(alert.id).or_insert(0);
                *sequence += 1;
                prop_assert_eq!(alert.sequence, *sequence);
            }
        }
        prop_assert!(stories.open() <= last.len());
    }
}
