//! The life of alerts by each option of `[alert]`: events at given times on the left, what is told on the right.

use super::timeline::timeline;

#[test]
fn a_story_is_told_once_and_its_copies_are_counted() {
    timeline(
        "
        09:00  e1 reuters.com A                 -> open first_match events=1 sources=1 lead=e1
        09:01  e1 reuters.com A                 -> duplicate of=e1 same=event
        09:02  e2 reuters.com A~                -> duplicate of=e1 same=story
        09:03  e3 reuters.com B                 -> open first_match alert=b lead=e3
        +1d 09:00  e4 reuters.com A             -> update repeat alert=a events=3 sources=1 dup=2 since=09:01
        ",
    );
}

#[test]
fn copies_with_and_without_text_across_watchlists() {
    timeline(
        "
        09:00  e1 a.com A                       -> open first_match alert=a watchlist=w
        09:00  e1 a.com A watchlist=v           -> open first_match alert=b watchlist=v
        09:01  e2 a.com                         -> open first_match alert=c
        09:02  e3 a.com                         -> open first_match alert=d
        09:03  e4 a.com A watchlist=v           -> duplicate of=e1
        ",
    );
}

#[test]
fn news_within_repeat_after_is_told_at_its_end() {
    timeline(
        "
        repeat_after = 1h
        09:00  e1 a.com A                       -> open first_match
        09:10  e2 b.com A                       -> throttled until=10:00 of=e1
        09:20  e3 b.com A                       -> duplicate
        09:30  e4 c.com A                       -> throttled until=10:00
        09:59  e9 x.com B                       -> open first_match alert=b
        10:00  e8 y.com C                       -> update new_source alert=a events=4 sources=3 dup=1 thr=2 since=09:10 event=e4 + open first_match alert=c
        11:30  e7 z.com D                       -> open first_match alert=d
        ",
    );
}

#[test]
fn copies_alone_are_told_when_one_more_comes_after_repeat_after() {
    timeline(
        "
        repeat_after = 1h
        09:00  e1 a.com A                       -> open first_match
        09:10  e2 a.com A                       -> duplicate
        10:30  x1 a.com X                       -> open first_match alert=b
        10:40  e3 a.com A                       -> update repeat alert=a events=3 dup=1 thr=0
        10:50  e4 a.com A                       -> duplicate
        11:45  e4 a.com A                       -> duplicate
        11:50  e5 a.com A                       -> update repeat alert=a events=5 dup=2
        ",
    );
}

#[test]
fn a_new_entity_is_news_and_a_new_source_comes_before_it() {
    timeline(
        "
        repeat_after = 1h
        09:00  e1 a.com A @nvidia               -> open first_match entities=nvidia
        10:00  e2 a.com A @nvidia @tsmc         -> update new_entity entities=nvidia,tsmc
        10:10  e3 a.com A @amd                  -> throttled until=11:00
        10:20  e4 b.com A                       -> throttled until=11:00
        11:00  e5 a.com A                       -> update new_source thr=2 dup=0 event=e4 entities=nvidia,tsmc,amd + duplicate
        12:00  e6 a.com A @intel                -> update new_entity events=6 dup=1
        ",
    );
}

#[test]
fn news_that_was_held_back_goes_with_whatever_is_told_first() {
    timeline(
        "
        repeat_after = 1h
        09:00  e1 a.com A                       -> open first_match
        09:10  e2 b.com A                       -> throttled
        09:20  e1 v2 a.com A                    -> update corrected thr=1 sources=2
        09:30  e3 c.com A                       -> throttled until=10:20
        10:10  x1 a.com X                       -> open first_match
        10:20  x2 a.com Y                       -> update new_source thr=1 sources=3 + open first_match
        ",
    );
}

#[test]
fn group_by_event_tells_each_by_itself() {
    timeline(
        "
        group_by = event
        09:00  e1 a.com A                       -> open first_match alert=a
        09:01  e2 a.com A                       -> open first_match alert=b
        09:02  e2 a.com A                       -> duplicate of=e2
        09:03  e2 v2 a.com A                    -> update corrected alert=b n=2
        09:04  e2 a.com A                       -> superseded by=v2
        ",
    );
}

#[test]
fn group_by_source_tells_all_that_a_source_says_as_one() {
    timeline(
        "
        group_by = source
        repeat_after = 1h
        09:00  e1 a.com A                       -> open first_match alert=a
        09:01  e2 b.com A                       -> open first_match alert=b
        09:02  e3 a.com B                       -> duplicate of=e1 same=source
        09:03  e4 b.com C @amd                  -> throttled
        10:02  e5 a.com D                       -> update new_entity alert=b events=2 event=e4 + update repeat alert=a events=3 sources=1
        ",
    );
}

#[test]
fn an_event_that_turns_out_to_be_another_sources_moves_there() {
    timeline(
        "
        group_by = source
        09:00  e1 a.com A                       -> open first_match alert=a
        09:01  e2 a.com B                       -> duplicate
        09:02  e2 v2 b.com B                    -> update corrected alert=a events=1 + open first_match alert=b
        09:03  e1 v2 b.com A                    -> retract corrected alert=a events=0
        ",
    );
}

#[test]
fn group_by_entity_tells_an_event_to_each_of_its_entities() {
    timeline(
        "
        group_by = entity
        repeat_after = 1h
        09:00  e1 a.com A @nvidia               -> open first_match alert=a
        09:01  e2 b.com B @amd @nvidia          -> open first_match alert=b
        09:02  e3 c.com C @amd                  -> throttled
        10:01  e4 a.com D                       -> update new_source alert=a events=2 sources=2 + update new_source alert=b events=2 + open first_match alert=c
        10:02  e5 a.com D                       -> duplicate of=e4
        10:03  e2 v2 b.com B @nvidia            -> update corrected alert=b events=1 + update corrected alert=a events=2
        ",
    );
}

#[test]
fn threshold_by_events() {
    timeline(
        "
        threshold = events 3 within 6h
        09:00  e1 a.com A                       -> below_threshold counted=1
        09:00  e1 a.com A                       -> duplicate
        10:00  e2 a.com A                       -> below_threshold counted=2
        11:00  e3 a.com A                       -> open threshold_reached events=3 sources=1 event=e3 lead=e1
        11:01  e4 b.com A                       -> throttled
        ",
    );
}

#[test]
fn a_threshold_is_a_sliding_window_over_the_times_of_events() {
    timeline(
        "
        threshold = events 3 within 1h
        09:00  e1 a.com A                       -> below_threshold counted=1
        09:50  e2 a.com A                       -> below_threshold counted=2
        10:40  e3 a.com A                       -> below_threshold counted=2
        10:50  e4 a.com A                       -> open threshold_reached events=4
        12:00  f1 a.com B                       -> below_threshold
        12:50  f2 a.com B                       -> below_threshold counted=2
        12:30  f3 a.com B                       -> open threshold_reached events=3
        ",
    );
}

#[test]
fn threshold_by_sources() {
    timeline(
        "
        threshold = sources 2 within 6h
        09:00  e1 a.com A                       -> below_threshold counted=1
        09:10  e2 a.com A                       -> below_threshold counted=1
        16:00  e3 b.com A                       -> below_threshold counted=1
        16:10  e4 c.com A                       -> open threshold_reached events=4 sources=3
        ",
    );
}

#[test]
fn what_is_withdrawn_counts_towards_no_threshold() {
    timeline(
        "
        threshold = events 2 within 6h
        09:00  e1 a.com A                       -> below_threshold
        09:10  notice e1 v2 canceled            -> unusable of=e1
        09:20  e2 a.com A                       -> below_threshold counted=1
        09:30  e3 a.com A                       -> open threshold_reached events=2
        ",
    );
}

#[test]
fn escalate_raises_the_severity_once_and_at_once() {
    timeline(
        "
        escalate = sources 3 within 6h to critical
        09:00  e1 a.com A                       -> open first_match severity=high
        09:10  e2 b.com A                       -> throttled
        09:20  e3 c.com A                       -> update severity_raised severity=critical sources=3 thr=1
        09:30  e4 d.com A                       -> throttled until=33:20
        +1d 09:20  x1 a.com X                   -> update new_source severity=critical thr=1 + open first_match severity=high
        ",
    );
}

#[test]
fn escalate_by_events_and_with_the_opening() {
    timeline(
        "
        threshold = events 2 within 6h
        escalate = events 2 within 1h to critical
        09:00  e1 a.com A                       -> below_threshold
        09:30  e2 a.com A                       -> open threshold_reached severity=critical
        10:00  f1 a.com B                       -> below_threshold
        12:00  f2 a.com B                       -> open threshold_reached severity=high
        12:10  f3 a.com B                       -> update severity_raised severity=critical
        ",
    );
}

#[test]
fn severity_never_falls_within_an_alert() {
    timeline(
        "
        repeat_after = 1h
        09:00  e1 a.com A                       -> open first_match severity=high
        severity = low
        10:00  e2 b.com A                       -> update new_source severity=high
        severity = critical
        10:10  e3 b.com A                       -> duplicate
        11:00  e4 b.com A                       -> update repeat severity=critical
        severity = low
        11:10  f1 b.com B                       -> open first_match severity=low
        ",
    );
}

#[test]
fn quiet_after_closes() {
    timeline(
        "
        quiet_after = 2h
        09:00  e1 a.com A                       -> open first_match
        10:00  e2 b.com A                       -> throttled
        11:59  x1 a.com X                       -> open first_match alert=b
        12:00  x2 a.com X                       -> close quiet alert=a events=2 sources=2 thr=1 event=e2 + duplicate
        15:00  y1 a.com Y                       -> close quiet alert=b + open first_match
        ",
    );
}

#[test]
fn what_is_only_repeated_keeps_nothing_open() {
    timeline(
        "
        quiet_after = 2h
        09:00  e1 a.com A                       -> open first_match
        10:00  e1 a.com A                       -> duplicate
        11:00  e1 a.com A                       -> close quiet dup=1 + duplicate
        ",
    );
}

#[test]
fn a_copy_of_a_closed_story_opens_another_alert_of_the_same_story() {
    timeline(
        "
        quiet_after = 2h
        threshold = events 2 within 12h
        09:00  e1 a.com A                       -> below_threshold
        09:00  e2 a.com A                       -> open threshold_reached alert=a
        12:00  e3 a.com A                       -> close quiet alert=a + below_threshold counted=1 of=e1
        13:00  e4 a.com A                       -> open threshold_reached alert=b n=1 lead=e1 events=4
        13:10  e1 v2 a.com A                    -> update corrected alert=b
        ",
    );
}

#[test]
fn beyond_the_window_it_is_another_story() {
    timeline(
        "
        window = 10h
        quiet_after = 30h
        09:00  e1 a.com A                       -> open first_match alert=a
        18:59  e2 a.com A                       -> duplicate of=e1
        +1d 04:59  e3 a.com A                   -> open first_match alert=b lead=e3
        +1d 05:00  e2 v2 a.com A                -> update corrected alert=a
        +1d 05:01  e4 a.com A                   -> duplicate of=e1
        ",
    );
}

#[test]
fn a_correction_is_told_at_once() {
    timeline(
        "
        09:00  e1 a.com A @nvidia               -> open first_match
        09:01  notice e1 v2 matches=w           -> nothing_to_change
        09:01  e1 v2 a.com A @amd               -> update corrected entities=amd events=1
        09:02  e1 a.com A                       -> superseded by=v2
        09:03  e1 v2 a.com A                    -> duplicate
        09:04  e2 b.com A                       -> throttled
        09:05  e2 v2 b.com A @tsmc              -> update corrected event=e2 entities=amd,tsmc
        ",
    );
}

#[test]
fn a_correction_that_no_longer_matches_is_taken_back() {
    timeline(
        "
        09:00  e1 a.com A                       -> open first_match alert=a
        09:00  e1 a.com A watchlist=v           -> open first_match alert=b
        09:01  notice e1 v2 matches=v           -> retract corrected alert=a event=e1 events=0 sources=0
        09:01  e1 v2 a.com A watchlist=v        -> update corrected alert=b
        09:02  notice e1 v2 matches=v           -> nothing_to_change
        09:03  e1 v3 a.com A                    -> update corrected alert=a events=1
        ",
    );
}

#[test]
fn a_withdrawal_retracts_where_nothing_else_is_left() {
    timeline(
        "
        09:00  e1 a.com A                       -> open first_match
        09:01  notice e1 v1 canceled            -> retract retracted n=2
        09:02  notice e1 v2 withheld            -> unusable
        09:03  e1 a.com A                       -> superseded by=v2
        09:04  e1 v3 a.com A                    -> update corrected n=3 events=1
        09:05  e1 v3 canceled a.com A           -> retract retracted n=4
        09:06  e1 v3 canceled a.com A           -> unusable
        09:07  e2 canceled a.com A              -> unusable
        09:08  notice e9 v2 canceled            -> nothing_to_change
        ",
    );
}

#[test]
fn a_withdrawal_counts_down_where_copies_stand() {
    timeline(
        "
        09:00  e1 a.com A                       -> open first_match
        09:01  e2 b.com A                       -> throttled
        09:02  notice e1 v2 canceled            -> update retracted events=1 sources=1 event=e1 thr=1
        09:03  notice e2 v2 matches=v           -> retract corrected events=0 event=e2
        09:04  e3 c.com A                       -> open first_match alert=b events=1 lead=e1
        ",
    );
}

#[test]
fn a_closed_alert_is_put_right_and_stays_closed() {
    timeline(
        "
        quiet_after = 1h
        09:00  e1 a.com A                       -> open first_match
        09:00  e2 b.com A                       -> throttled
        10:30  progress p0=10:30                -> close quiet thr=1
        11:00  e1 v2 a.com A                    -> update corrected n=3
        12:30  progress p0=12:30                -> nothing_to_change
        12:40  notice e1 v3 canceled            -> update retracted n=4 events=1
        12:50  notice e2 v2 canceled            -> retract retracted n=5 events=0
        ",
    );
}

#[test]
fn a_draft_counts_and_tells_nothing_and_opens_when_it_becomes_active() {
    timeline(
        "
        threshold = events 3 within 6h
        status = draft
        09:00  e1 a.com A                       -> draft of=e1
        09:10  e2 b.com A                       -> draft
        09:20  e2 v2 b.com A                    -> draft
        status = active
        09:30  e3 c.com A                       -> open threshold_reached events=3 sources=3
        ",
    );
}

#[test]
fn a_watchlist_that_becomes_a_draft_tells_no_more_but_closes() {
    timeline(
        "
        repeat_after = 1h
        quiet_after = 5h
        09:00  e1 a.com A                       -> open first_match
        09:10  e2 b.com A                       -> throttled
        status = draft
        09:20  e3 c.com A                       -> draft
        09:30  notice e3 v2 canceled            -> draft
        11:00  x1 a.com X                       -> draft
        14:30  x2 a.com Y                       -> close quiet events=2 thr=1 + draft
        ",
    );
}

#[test]
fn a_stale_event_is_not_taken_in() {
    timeline(
        "
        max_age = 48h
        09:00  e1 a.com A old=49h               -> stale age=49h
        09:00  e2 a.com A old=48h               -> open first_match events=1
        09:01  e3 b.com A old=50h               -> stale of=e2
        09:02  e2 v2 a.com A old=50h            -> update corrected events=1
        ",
    );
}

#[test]
fn a_cosmetic_edit_alerts_nobody() {
    timeline(
        "
        repeat_after = 1h
        09:00  e1 a.com A                       -> open first_match revision=r1
        title = Rules
        revision = r2
        queries = renamed
        09:10  e1 a.com A                       -> duplicate
        09:20  e2 a.com A                       -> duplicate
        10:00  e3 a.com A                       -> update repeat title=Rules revision=r2 query=renamed
        ",
    );
}

#[test]
fn a_changed_policy_holds_for_a_story_from_its_next_event_on() {
    timeline(
        "
        quiet_after = 1h
        09:00  e1 a.com A                       -> open first_match
        09:00  f1 a.com B                       -> open first_match
        quiet_after = 3h
        repeat_after = 1h
        09:30  e2 a.com A                       -> duplicate
        09:40  e3 b.com A                       -> throttled until=10:00
        10:10  progress p0=10:10                -> update new_source event=e3
        12:00  progress p0=12:00                -> close quiet event=f1
        12:40  progress p0=12:40                -> close quiet event=e3
        ",
    );
}

#[test]
fn an_event_stays_with_its_story_when_the_grouping_changes() {
    timeline(
        "
        09:00  e1 a.com A @nvidia               -> open first_match alert=a
        group_by = entity
        09:01  e1 a.com A @nvidia               -> duplicate
        09:02  e1 v2 a.com A @nvidia            -> update corrected alert=a
        09:03  e2 a.com A @nvidia               -> open first_match alert=b
        ",
    );
}

#[test]
fn alerts_of_a_removed_watchlist_close_when_they_are_quiet() {
    timeline(
        "
        quiet_after = 2h
        09:00  e1 a.com A watchlist=gone        -> open first_match
        10:00  e2 a.com A                       -> open first_match
        11:00  progress p0=11:00                -> close quiet watchlist=gone
        ",
    );
}

#[test]
fn timers_wait_for_the_slowest_partition() {
    timeline(
        "
        quiet_after = 1h
        09:00  progress p0 p1                   -> nothing_to_change
        09:01  e1 a.com A partition=0           -> open first_match
        10:30  progress p0 p1=09:50             -> nothing_to_change
        10:31  progress p1=10:00                -> nothing_to_change
        10:02  e2 b.com B partition=1           -> close quiet alert=a + open first_match alert=b
        ",
    );
}

#[test]
fn a_partition_that_nobody_tells_of_holds_no_timers() {
    timeline(
        "
        quiet_after = 1h
        09:00  progress p0 p1                   -> nothing_to_change
        09:01  e1 a.com A                       -> open first_match
        09:10  progress p0                      -> nothing_to_change
        10:05  progress p0                      -> close quiet
        ",
    );
}

#[test]
fn a_match_process_whose_clock_runs_ahead_stops_no_timers() {
    timeline(
        "
        quiet_after = 1h
        09:00  progress p0                      -> nothing_to_change
        09:01  e1 a.com A clock=99:00           -> open first_match
        10:00  progress p0                      -> nothing_to_change
        10:01  progress p0                      -> close quiet
        ",
    );
}

#[test]
fn late_copies_are_told_as_one() {
    timeline(
        "
        quiet_after = 2h
        12:00  progress p0                      -> nothing_to_change
        07:00  e1 a.com A                       -> open first_match
        07:10  e2 b.com A                       -> throttled
        06:00  e3 c.com A                       -> throttled
        13:00  progress p0                      -> nothing_to_change
        14:00  progress p0                      -> close quiet events=3 sources=3
        ",
    );
}

#[test]
fn a_timestamp_from_the_future_runs_no_timers() {
    timeline(
        "
        quiet_after = 1h
        09:00  e1 a.com A                       -> open first_match
        +90d 09:00  e2 a.com B clock=09:10      -> open first_match
        09:20  e3 b.com A                       -> throttled of=e1
        ",
    );
}

#[test]
fn for_want_of_room_the_quietest_is_closed() {
    timeline(
        "
        stories = 2
        09:00  e1 a.com A                       -> open first_match alert=a
        09:01  e2 a.com B                       -> open first_match alert=b
        09:02  e3 b.com A                       -> throttled of=e1
        09:03  e4 a.com C                       -> open first_match alert=c + close quiet alert=b
        09:04  e5 c.com A                       -> throttled of=e1
        ",
    );
}

#[test]
fn languages_and_sources_are_counted_across_copies() {
    timeline(
        "
        repeat_after = 1h
        09:00  e1 a.com A lang=en               -> open first_match langs=en
        09:10  e2 b.com A lang=de               -> throttled
        10:00  e3 b.com A lang=en               -> update new_source langs=en,de sources=2 + duplicate
        ",
    );
}
