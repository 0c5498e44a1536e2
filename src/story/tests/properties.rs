//! What holds for any records in any order.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::message::alert::{Action, Alert};
use crate::message::evidence::{EntityReference, Severity};
use crate::message::matched::{PartitionProgress, Progress, WatchlistStatus};
use crate::message::policy::{Count, Escalation, GroupBy, Threshold};
use crate::story::StoryOutput;

/// A record and the time of it.
type Step = (i64, MatchMessage);

fn policy() -> impl Strategy<Value = AlertPolicy> {
    let group_by = prop::sample::select(vec![GroupBy::Story, GroupBy::Event, GroupBy::Source, GroupBy::Entity]);
    let count = || prop_oneof![(1_u32..4).prop_map(Count::Events), (1_u32..3).prop_map(Count::Sources)];
    let hours = |hours: u64| Duration::from_secs(hours * 3600);
    (group_by, count(), count(), 1_u64..30, 1_u64..90, any::<bool>()).prop_map(
        move |(group_by, opens, raises, repeat, quiet, escalates)| AlertPolicy {
            group_by,
            threshold: Threshold { count: opens, within: hours(6) },
            repeat_after: hours(repeat),
            quiet_after: hours(quiet),
            escalate: escalates.then_some(Escalation {
                threshold: Threshold { count: raises, within: hours(6) },
                severity: Severity::Critical,
            }),
            max_age: None,
        },
    )
}

fn event(policy: AlertPolicy) -> impl Strategy<Value = MatchMessage> {
    let what = (0_u8..2, 0_u8..6, 1_u64..4, 0_u8..3, 0_u8..4, prop::sample::subsequence(vec!["x", "y"], 0..=2));
    (what, 0_u8..12).prop_map(move |((watchlist, event, version, source, text, entities), rest)| {
        let mut matched = matched(&format!("e{event}"), version, 0);
        matched.times.matched_at = at(10_000 * HOUR);
        matched.watchlist.id = ["v", "w"][usize::from(watchlist)].to_owned();
        matched.watchlist.alert = policy.clone();
        matched.event.source = Some(format!("{source}.com"));
        matched.event.kafka.partition = i32::from(source);
        matched.sketch = sketch(["", "A", "A~", "B"][usize::from(text)]);
        let entity = |id: &str| EntityReference { id: id.to_owned(), name: id.to_owned() };
        matched.entities = entities.iter().map(|id| entity(id)).collect();
        match rest {
            0 => matched.watchlist.status = WatchlistStatus::Draft,
            1 => matched.event.status = Status::Withheld,
            2 => matched.watchlist.severity = Severity::Low,
            3 => return MatchMessage::Notice(notice(&matched.event.id, version, Status::Usable, &["v"])),
            4 => return MatchMessage::Notice(notice(&matched.event.id, version, Status::Canceled, &[])),
            _ => {}
        }
        MatchMessage::Match(Box::new(matched))
    })
}

/// Records at times that mostly go on, and now and then how far partitions were read.
fn steps(length: usize) -> impl Strategy<Value = Vec<Step>> {
    policy().prop_flat_map(move |policy| {
        let step = (event(policy), -3_i64..9, prop::option::weighted(0.1, (0_i32..3, 0_i64..20)));
        prop::collection::vec(step, 0..length).prop_map(|steps| {
            let mut now = 0;
            let step = |(message, hours, progress): (MatchMessage, i64, Option<(i32, i64)>)| {
                now = (now + hours * HOUR).max(0);
                let Some((partition, behind)) = progress else { return (now, message) };
                let time = at((now - behind * HOUR).max(0));
                let partitions = vec![PartitionProgress { topic: "news.events".to_owned(), partition, time }];
                let progress = Progress { schema_version: "1.0".to_owned(), partitions, sent_at: at(now) };
                (now, MatchMessage::Progress(progress))
            };
            steps.into_iter().map(step).collect()
        })
    })
}

fn apply(stories: &mut Stories, (time, message): &Step, batch: u64, offset: usize) -> StoryOutput {
    stories.apply(message, place(batch, offset, *time))
}

/// All that decisions rest on, as it is written and as it is found.
fn whole(stories: &Stories) -> String {
    stories.memory.snapshot()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn rollback_leaves_what_was_and_a_replay_tells_the_same(
        steps in steps(40),
        committed in 0_usize..20,
        most in 1_usize..6,
    ) {
        let mut stories = Stories::new(Limits { stories: most, ..Limits::default() });
        let (committed, provisional) = steps.split_at(committed.min(steps.len()));
        committed.iter().enumerate().for_each(|(i, step)| drop(apply(&mut stories, step, 1, i)));
        stories.changes();
        stories.commit(1);
        let before = whole(&stories);
        let run = |stories: &mut Stories, batch: u64| -> Vec<StoryOutput> {
            let apply = |(i, step)| apply(stories, step, batch + i as u64 / 5, i);
            provisional.iter().enumerate().map(apply).collect()
        };
        let first = run(&mut stories, 2);
        stories.rollback();
        prop_assert_eq!(whole(&stories), before);
        prop_assert_eq!(run(&mut stories, 100), first);
    }

    #[test]
    fn cuts_aborts_and_restarts_change_nothing(
        steps in steps(40),
        cuts in prop::collection::vec((any::<bool>(), any::<bool>(), any::<bool>()), 40),
        most in 2_usize..8,
    ) {
        let limits = Limits { stories: most, ..Limits::default() };
        let mut plain = Stories::new(limits);
        let expected: Vec<StoryOutput> =
            steps.iter().enumerate().map(|(i, step)| apply(&mut plain, step, 1, i)).collect();
        let (mut stories, mut topic, mut batch, mut begun) = (Stories::new(limits), Topic::default(), 1, 0);
        for (i, (step, (ends, aborts, restarts))) in steps.iter().zip(&cuts).enumerate() {
            prop_assert_eq!(&apply(&mut stories, step, batch, i), &expected[i], "record {}", i);
            if *aborts {
                stories.rollback();
                batch += 1;
                for (i, step) in steps.iter().enumerate().take(i + 1).skip(begun) {
                    prop_assert_eq!(&apply(&mut stories, step, batch, i), &expected[i], "record {} again", i);
                }
            }
            if *ends {
                topic.write(stories.changes());
                stories.commit(batch);
                (batch, begun) = (batch + 1, i + 1);
                if *restarts {
                    let again = topic.restore(limits);
                    prop_assert_eq!(whole(&again), whole(&stories));
                    stories = again;
                }
            }
        }
    }

    #[test]
    fn an_alert_lives_as_it_should(steps in steps(60)) {
        // Nothing is forgotten: an event whose story was is told anew, under the same id.
        let mut stories = Stories::new(Limits { window: Duration::from_secs(10_000 * 3600), ..Limits::default() });
        let mut alerts: BTreeMap<String, Alert> = BTreeMap::new();
        for (i, step) in steps.iter().enumerate() {
            for alert in apply(&mut stories, step, 1, i).alerts {
                let before = alerts.get(&alert.id);
                prop_assert_eq!(alert.sequence, before.map_or(1, |before| before.sequence + 1), "no gaps");
                prop_assert_eq!(alert.action == Action::Open, before.is_none(), "opened once, before all else");
                prop_assert!(before.is_none_or(|before| before.severity <= alert.severity), "severity never falls");
                prop_assert_eq!(alert.action == Action::Retract, alert.story.events == 0, "retracted with the last");
                prop_assert!(alert.story.sources <= alert.story.events);
                alerts.insert(alert.id.clone(), alert);
            }
            let open = alerts.values().filter(|alert| matches!(alert.action, Action::Open | Action::Update)).count();
            prop_assert!(stories.open() <= open, "what is open was told so");
        }
    }

    #[test]
    fn copies_in_any_order_are_one_alert_with_all_sources(
        order in Just((0..24).collect::<Vec<usize>>()).prop_shuffle(),
        stories in 1_usize..4,
    ) {
        let mut told = Stories::new(Limits::default());
        let mut last: HashMap<String, Alert> = HashMap::new();
        let mut steps: Vec<Step> = order.iter().map(|copy| {
            let story = copy % stories;
            let mut matched = matched(&format!("e{copy}"), 1, 0);
            matched.times.matched_at = at(1000 * HOUR);
            matched.event.source = Some(format!("{copy}.com"));
            matched.event.kafka.partition = (copy % 5) as i32;
            matched.sketch = sketch(["A", "B", "C"][story]);
            ((*copy as i64) * MINUTE, MatchMessage::Match(Box::new(matched)))
        }).collect();
        let mut end = matched("end", 1, 0);
        end.times.matched_at = at(1000 * HOUR);
        steps.push((80 * HOUR, MatchMessage::Match(Box::new(end))));
        for (i, step) in steps.iter().enumerate() {
            last.extend(apply(&mut told, step, 1, i).alerts.into_iter().map(|alert| (alert.id.clone(), alert)));
        }
        let closed: Vec<&Alert> = last.values().filter(|alert| alert.action == Action::Close).collect();
        prop_assert_eq!(closed.len(), stories);
        prop_assert_eq!(closed.iter().map(|alert| alert.story.sources).sum::<u64>(), 24);
        prop_assert_eq!(closed.iter().map(|alert| alert.story.events).sum::<u64>(), 24);
    }
}
