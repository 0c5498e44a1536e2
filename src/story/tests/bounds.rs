//! What an alert looks like in full, and what it and its story are held to.

use super::*;
use crate::message::alert::Alert;
use crate::story::compose::MAX_BYTES;

fn told(matched: Match) -> Alert {
    let mut stories = Stories::new(Limits::default());
    let mut output = stories.apply(&MatchMessage::Match(Box::new(matched)), place(1, 0, 0));
    assert_eq!(output.alerts.len(), 1);
    output.alerts.remove(0)
}

#[test]
fn an_alert_in_full() {
    insta::assert_snapshot!(serde_json::to_string_pretty(&told(matched("e1", 1, 0))).unwrap());
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
        let mut matched = matched("e1", 1, 0);
        change(&mut matched);
        let hits = matched.hits.len();
        let alert = told(matched);
        let size = serde_json::to_vec(&alert).unwrap().len();
        assert!(size <= MAX_BYTES, "{name}: {size}");
        assert!(alert.summary.chars().count() <= 300, "{name}");
        assert_eq!(alert.hits.len() + alert.hits_truncated as usize, hits, "{name}: none cut silently");
        assert!(alert.hits.len() >= hits.min(100), "{name}: no more cut than needed");
    }
}

#[test]
fn a_summary_is_one_line_of_title_headline_and_entities() {
    let mut matched = matched("e1", 1, 0);
    matched.event.title = Some("تخفيف\n القيود".to_owned());
    assert_eq!(told(matched).summary, "Chip rules: تخفيف القيود (NVIDIA)");
}

#[test]
fn a_withdrawal_is_told_with_what_is_known_and_a_timer_counts_its_hits() {
    let mut stories = Stories::new(Limits::default());
    stories.apply(&MatchMessage::Match(Box::new(matched("e1", 1, 0))), place(1, 0, 0));
    let notice = MatchMessage::Notice(notice("e1", 2, Status::Canceled, &[]));
    let alert = stories.apply(&notice, place(1, 1, 1)).alerts.remove(0);
    assert_eq!(alert.event.title.as_deref(), Some("Nvidia may ship H20 again"));
    assert_eq!((alert.event.status, alert.hits.len(), alert.hits_truncated), (Status::Canceled, 0, 0));

    let mut stories = Stories::new(Limits::default());
    stories.apply(&MatchMessage::Match(Box::new(matched("e1", 1, 0))), place(1, 0, 0));
    let later = MatchMessage::Match(Box::new(matched("e2", 1, 100 * HOUR)));
    let closed = stories.apply(&later, place(1, 1, 100 * HOUR)).alerts.remove(0);
    assert_eq!((&*closed.event.id, closed.hits.len(), closed.hits_truncated), ("e1", 0, 1));
    assert_eq!((closed.times.published_at, closed.times.emitted_at), (Some(at(-60)), at(100 * HOUR + 2)));
}

#[test]
fn a_story_of_very_many_events_forgets_the_first_and_counts_all() {
    let mut stories = Stories::new(Limits::default());
    let mut topic = Topic::default();
    let mut alert = None;
    let mut apply = |stories: &mut Stories, event: &str, seconds: i64| {
        let mut matched = matched(event, 1, seconds);
        matched.watchlist.alert.repeat_after = std::time::Duration::from_secs(1);
        matched.sketch = sketch("A");
        matched.event.source = Some(format!("{event}.com"));
        let output = stories.apply(&MatchMessage::Match(Box::new(matched)), place(1, 0, seconds));
        alert = output.alerts.last().cloned().or(alert.take());
        alert.clone().unwrap()
    };
    for i in 0..1500 {
        apply(&mut stories, &format!("e{i}"), i * 2);
    }
    let alert = apply(&mut stories, "e1400", 4000);
    assert_eq!(alert.story.events, 1500);
    assert_eq!(alert.story.sources, 1024 + 256, "never too high");
    assert_eq!(alert.sequence, 1500);
    topic.write(stories.changes());
    assert_eq!(topic.0.len(), 1024 + 4, "events, story, text, watchlist, partition");
    let alert = apply(&mut stories, "e0", 5000);
    assert_eq!(alert.story.events, 1501, "what was forgotten counts once more");
}

#[test]
fn a_leap_of_the_watermark_is_taken_in_steps() {
    let mut stories = Stories::new(Limits::default());
    for i in 0..3000 {
        stories.apply(&MatchMessage::Match(Box::new(matched(&format!("e{i}"), 1, 0))), place(1, i, 0));
    }
    assert_eq!(stories.open(), 3000);
    let late = MatchMessage::Match(Box::new(matched("late", 1, 200 * HOUR)));
    let mut closed = Vec::new();
    for i in 0..4 {
        closed.push(stories.apply(&late, place(1, i, 200 * HOUR)).alerts.len());
    }
    assert_eq!(closed.iter().sum::<usize>(), 3001);
    assert!(closed.iter().all(|alerts| *alerts <= 2001), "{closed:?}");
    assert_eq!(stories.open(), 1);
    assert_eq!(stories.open_by_watchlist().collect::<Vec<_>>(), [("w", 1)]);
}
