//! Labelled events: which watchlists should match, held against those that did. Knows nothing of watchlists but ids.
//!
//! An event is labelled by `topics`: the ids of the watchlists that should match, or `near-miss`, which none should.
//! People label for some watchlists and not for others, and say nowhere for which. So a watchlist is judged on the
//! events of a file among whose labels its id occurs, and besides on every near miss.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

/// The label of an event that no watchlist should match.
const NEAR_MISS: &str = "near-miss";
/// The language of an event that gives none: BCP 47's word for it.
const NO_LANGUAGE: &str = "und";

/// A labelled event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Labelled {
    /// Which of the inputs it is from.
    pub(super) input: usize,
    /// Its id; empty where it has none.
    pub(super) id: String,
    lang: Option<String>,
    topics: Vec<String>,
    /// The ids of the watchlists that matched.
    pub(super) matched: Vec<String>,
}

impl Labelled {
    /// The labels of a record's value; none where it has none, or something else under that name.
    pub(super) fn read(payload: &[u8], input: usize) -> Option<Self> {
        #[derive(Deserialize)]
        struct Line {
            #[serde(default)]
            id: serde_json::Value,
            lang: Option<String>,
            topics: Vec<String>,
        }
        // Most events have no labels, and need not be read twice.
        memchr::memmem::find(payload, b"\"topics\"")?;
        let Line { id, lang, topics } = serde_json::from_slice(payload).ok()?;
        let id = id.as_str().map_or_else(|| if id.is_null() { String::new() } else { id.to_string() }, str::to_owned);
        Some(Self { input, id, lang, topics, matched: Vec::new() })
    }

    /// The same, with the ids of the watchlists that matched.
    pub(super) fn with_matched(&self, matched: &[String]) -> Self {
        Self { matched: matched.to_vec(), ..self.clone() }
    }

    /// Whether a watchlist should match.
    pub(super) fn wants(&self, watchlist: &str) -> bool {
        self.topics.iter().any(|topic| topic == watchlist)
    }

    fn is_near_miss(&self) -> bool {
        self.topics.iter().any(|topic| topic == NEAR_MISS)
    }
}

/// How often watchlists were right and wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Counts {
    true_positives: u64,
    false_positives: u64,
    false_negatives: u64,
}

impl Counts {
    fn count(&mut self, matched: bool, wanted: bool) {
        self.true_positives += u64::from(matched && wanted);
        self.false_positives += u64::from(matched && !wanted);
        self.false_negatives += u64::from(!matched && wanted);
    }

    /// How many were right, wrong and missed.
    pub(super) fn numbers(self) -> [u64; 3] {
        [self.true_positives, self.false_positives, self.false_negatives]
    }

    fn add(&mut self, other: Self) {
        self.true_positives += other.true_positives;
        self.false_positives += other.false_positives;
        self.false_negatives += other.false_negatives;
    }

    /// Of what matched, the share that should have; none where nothing matched.
    pub(super) fn precision(self) -> Option<f64> {
        share(self.true_positives, self.true_positives + self.false_positives)
    }

    /// Of what should have matched, the share that did; none where nothing should have.
    pub(super) fn recall(self) -> Option<f64> {
        share(self.true_positives, self.true_positives + self.false_negatives)
    }

    /// The harmonic mean of both; none where nothing matched and nothing should have.
    pub(super) fn f1(self) -> Option<f64> {
        share(2 * self.true_positives, 2 * self.true_positives + self.false_positives + self.false_negatives)
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Counts and what follows from them.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Quality {
    /// How often.
    #[serde(flatten)]
    pub(super) counts: Counts,
    /// See [`Counts::precision`]; four digits.
    pub(super) precision: Option<f64>,
    /// See [`Counts::recall`]; four digits.
    pub(super) recall: Option<f64>,
    /// See [`Counts::f1`]; four digits.
    pub(super) f1: Option<f64>,
}

impl From<Counts> for Quality {
    fn from(counts: Counts) -> Self {
        let rounded = |share: Option<f64>| share.map(|share| (share * 1e4).round() / 1e4);
        let (precision, recall, f1) = (counts.precision(), counts.recall(), counts.f1());
        Self { counts, precision: rounded(precision), recall: rounded(recall), f1: rounded(f1) }
    }
}

/// What is known of one watchlist, or of all of them.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Measured<L> {
    /// Over all languages.
    #[serde(flatten)]
    pub(super) quality: Quality,
    /// By the events' `lang` as given; `und` where none is.
    pub(super) by_language: BTreeMap<String, L>,
}

impl<L: From<Counts>> Measured<L> {
    fn of(by_language: BTreeMap<String, Counts>) -> Self {
        let mut all = Counts::default();
        by_language.values().for_each(|counts| all.add(*counts));
        let by_language = by_language.into_iter().map(|(lang, counts)| (lang, counts.into())).collect();
        Self { quality: all.into(), by_language }
    }
}

/// What the labels say of one watchlist.
#[derive(Debug)]
pub(super) struct Judgement {
    /// Precision, recall and F1.
    pub(super) measured: Measured<Counts>,
    /// The ids of the events that matched and should not have.
    pub(super) false_positives: Vec<String>,
    /// The ids of the events that should have matched and did not.
    pub(super) false_negatives: Vec<String>,
}

/// Judges the watchlists: by id those on which the events have labels, and the micro-average over them.
pub(super) fn judge<'w>(
    events: &[Labelled],
    watchlists: impl IntoIterator<Item = &'w str>,
) -> (BTreeMap<&'w str, Judgement>, Option<Measured<Quality>>) {
    let labels: HashSet<(usize, &str)> =
        events.iter().flat_map(|event| event.topics.iter().map(|topic| (event.input, topic.as_str()))).collect();
    let mut judgements = BTreeMap::new();
    let mut all: BTreeMap<String, Counts> = BTreeMap::new();
    for watchlist in watchlists {
        let is_judged = |event: &&Labelled| event.is_near_miss() || labels.contains(&(event.input, watchlist));
        let mut by_language: BTreeMap<String, Counts> = BTreeMap::new();
        let (mut false_positives, mut false_negatives) = (Vec::new(), Vec::new());
        for event in events.iter().filter(is_judged) {
            let (matched, wanted) = (event.matched.iter().any(|id| id == watchlist), event.wants(watchlist));
            let lang = event.lang.clone().unwrap_or_else(|| NO_LANGUAGE.into());
            by_language.entry(lang).or_default().count(matched, wanted);
            match (matched, wanted) {
                (true, false) => false_positives.push(event.id.clone()),
                (false, true) => false_negatives.push(event.id.clone()),
                _ => {}
            }
        }
        if !by_language.is_empty() {
            by_language.iter().for_each(|(lang, counts)| all.entry(lang.clone()).or_default().add(*counts));
            // A language in which there was nothing to find and nothing found says nothing.
            by_language.retain(|_, counts| *counts != Counts::default());
            let measured = Measured::of(by_language);
            judgements.insert(watchlist, Judgement { measured, false_positives, false_negatives });
        }
    }
    all.retain(|_, counts| *counts != Counts::default());
    let all = (!judgements.is_empty()).then(|| Measured::of(all));
    (judgements, all)
}

/// The labels that are neither `near-miss` nor one of these ids.
pub(super) fn unknown<'e>(events: &'e [Labelled], ids: &HashSet<&str>) -> Vec<&'e str> {
    let topics = events.iter().flat_map(|event| &event.topics).map(String::as_str);
    let mut unknown: Vec<&str> = topics.filter(|topic| *topic != NEAR_MISS && !ids.contains(topic)).collect();
    unknown.sort_unstable();
    unknown.dedup();
    unknown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(input: usize, id: &str, lang: &str, topics: &[&str], matched: &[&str]) -> Labelled {
        let owned = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        Labelled { input, id: id.into(), lang: Some(lang.into()), topics: owned(topics), matched: owned(matched) }
    }

    #[test]
    fn a_watchlist_is_judged_where_its_id_is_a_label_and_on_near_misses() {
        let events = [
            event(0, "a", "en", &["chips"], &["chips", "ports"]),
            event(0, "b", "zh", &["chips"], &[]),
            event(0, "c", "en", &["near-miss"], &["chips", "ports"]),
            event(0, "d", "en", &["rain"], &["chips"]),
            event(1, "e", "en", &["ports"], &["chips", "ports"]),
        ];
        let (judged, all) = judge(&events, ["chips", "ports", "snow"]);
        let chips = &judged["chips"];
        let counts = Counts { true_positives: 1, false_positives: 2, false_negatives: 1 };
        assert_eq!(chips.measured.quality.counts, counts, "the second file says nothing of chips");
        assert_eq!(
            (&chips.false_positives[..], &chips.false_negatives[..]),
            (&["c".into(), "d".into()][..], &["b".into()][..])
        );
        assert_eq!(chips.measured.by_language["zh"], Counts { false_negatives: 1, ..Counts::default() });
        let ports = &judged["ports"];
        assert_eq!(ports.false_positives, ["c"], "the first file says of ports only that c is none");
        assert_eq!(ports.measured.quality.counts.true_positives, 1);
        assert_eq!(judged["snow"].measured.quality.counts, Counts::default(), "c should not match it, and did not");
        let all = all.unwrap();
        assert_eq!(all.quality.counts, Counts { true_positives: 2, false_positives: 3, false_negatives: 1 });
        assert_eq!(all.quality.precision, Some(0.4));
        assert_eq!(all.quality.recall, Some(0.6667));
        assert_eq!(all.by_language["zh"].recall, Some(0.0));
        assert_eq!(unknown(&events, &["chips", "ports"].into()), ["rain"]);
    }

    #[test]
    fn what_cannot_be_told_is_told_by_no_number() {
        assert!(judge(&[], ["chips"]).1.is_none());
        let quality = |events: &[Labelled]| judge(events, ["chips"]).1.unwrap().quality;
        let nothing_found = quality(&[event(0, "a", "en", &["chips"], &[])]);
        assert_eq!((nothing_found.precision, nothing_found.recall, nothing_found.f1), (None, Some(0.0), Some(0.0)));
        let nothing_to_find = quality(&[event(0, "a", "en", &["near-miss"], &["chips"])]);
        assert_eq!((nothing_to_find.precision, nothing_to_find.recall), (Some(0.0), None));
    }

    #[test]
    fn labels_are_read_whatever_else_stands_in_the_event() {
        let labelled =
            Labelled::read(br#"{"id":7,"topics":["a","near-miss"],"lang":"zh-Hant","x":{"y":[]}}"#, 3).unwrap();
        assert_eq!((labelled.input, &labelled.id[..], labelled.lang.as_deref()), (3, "7", Some("zh-Hant")));
        assert!(labelled.wants("a") && !labelled.wants("near-miss-too") && labelled.is_near_miss());
        for none in
            [r#"{"id":"a"}"#, r#"{"topics":"a"}"#, r#"{"topics":[{"name":"a"}]}"#, r#"{"topics":["a"]"#, "\"topics\""]
        {
            assert_eq!(Labelled::read(none.as_bytes(), 0), None, "{none}");
        }
    }
}
