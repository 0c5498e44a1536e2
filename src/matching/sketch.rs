//! The sketch of an event's text: its shingles, over the words that the matching reads too.

use hashbrown::HashSet;

use super::text::{self, Script, Sink, Token};
use crate::message::event::Event;
use crate::message::sketch::Sketch;

/// What a shingle measures at least: two words, or three characters of a script without spaces.
const SHINGLE: u32 = 2 * WORD - 1;
/// What a word measures.
const WORD: u32 = 5;
/// What a character measures in a script without spaces.
const CHARACTER: u32 = 4;
/// Words of the longest shingle.
const WORDS: usize = SHINGLE.div_ceil(CHARACTER) as usize;
/// What is read of a text, from its start, by what the words measure at which different shingles end: 192 words.
/// What a story is about stands in front; what stands behind is often the publisher's, and the same under all that
/// it publishes.
const READ: u32 = 192 * WORD;

/// The sketch of an event's title, summary and body, read as one text. Empty where there are no words.
pub fn sketch(event: &Event<'_>) -> Sketch {
    let mut shingles = Shingles::default();
    for field in [&event.title, &event.summary, &event.body] {
        text::scan(field, &mut shingles);
    }
    Sketch::new(shingles.finish())
}

/// The distinct shingles of a text so far.
#[derive(Default)]
struct Shingles {
    hashes: HashSet<u32>,
    /// The words since the start of the next shingle, newest last, and what they measure.
    words: [(u64, u32); WORDS],
    count: usize,
    /// Of [`READ`].
    read: u32,
}

impl Sink for Shingles {
    fn token(&mut self, token: Token) {
        let measure = match token.script {
            Script::Han | Script::Kana | Script::Thai => CHARACTER,
            _ => WORD,
        };
        self.words.rotate_left(1);
        self.words[WORDS - 1] = (token.hash, measure);
        self.count += 1;
        if self.read < READ
            && let Some(hash) = self.shingle()
            && self.hashes.insert(hash)
        {
            self.read += measure;
        }
    }
}

impl Shingles {
    /// The shortest run of the last words that makes a shingle.
    fn shingle(&self) -> Option<u32> {
        let mut measure = 0;
        let words = self.words.iter().rev().take(self.count);
        for (i, (_, each)) in words.enumerate() {
            measure += each;
            if measure >= SHINGLE {
                return Some(hash(&self.words[WORDS - 1 - i..]));
            }
        }
        None
    }

    fn finish(self) -> Vec<u32> {
        if self.hashes.is_empty() && self.count > 0 {
            return vec![hash(&self.words[WORDS.saturating_sub(self.count)..])];
        }
        self.hashes.into_iter().collect()
    }
}

/// The hash of a shingle. Stable: sketches are kept, and compared with those of another day.
fn hash(words: &[(u64, u32)]) -> u32 {
    let mixed = words.iter().fold(0_u64, |state, (word, _)| mix(state.rotate_left(23) ^ word));
    (mixed >> 32) as u32
}

/// The finisher of SplitMix64 (G. Steele, D. Lea, C. Flood, 2014): every bit depends on every other, for a sketch
/// samples by the high ones.
fn mix(mut state: u64) -> u64 {
    state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::sketch::SIMILARITY;

    fn of(title: &str, summary: &str, body: &str) -> Sketch {
        sketch(&Event { title: title.into(), summary: summary.into(), body: body.into(), ..Event::default() })
    }

    #[test]
    fn where_the_text_is_cut_into_fields_does_not_matter() {
        let whole = of("", "", "The harbour opened on Monday after the storm had passed. Ships are waiting.");
        let parts = of("The harbour opened on Monday", "after the storm had passed", "Ships are waiting!");
        assert_eq!(whole, parts);
        assert_eq!(whole.hashes().len(), 12);
    }

    #[test]
    fn case_width_and_punctuation_do_not_matter() {
        assert_eq!(of("Nvidia’s chips, again", "", ""), of("", "", "NVIDIA's ｃｈｉｐｓ again"));
    }

    #[test]
    fn scripts_without_spaces_are_read_by_three_characters() {
        for (text, shingles) in
            [("港口在暴风雨后重新开放", 9), ("ポートは開いた", 5), ("一二三", 1), ("一二", 1), ("H20芯片出口", 4)]
        {
            assert_eq!(of("", "", text).hashes().len(), shingles, "{text}");
        }
    }

    #[test]
    fn what_is_read_of_a_text_ends() {
        let words = |count: u32| (0..count).map(|i| format!("w{i} ")).collect::<String>();
        assert_eq!(of("", "", &words(193)), of("", "", &words(5_000)));
        assert_ne!(of("", "", &words(193)), of("", "", &words(150)));
        let repeated = format!("{}{}", "again ".repeat(1_000), words(193));
        assert!(of("", "", &repeated).containment(&of("", "", &words(193))) > 0.9, "repetition takes no room");
    }

    #[test]
    fn a_text_shorter_than_a_shingle_is_one() {
        assert_eq!(of("Rain", "", "").hashes().len(), 1);
        assert_ne!(of("Rain", "", ""), of("Snow", "", ""));
        assert!(of("", "", " ... ").is_empty());
    }

    /// Sample texts, each with a copy and with another story of the same day about the same.
    const STORIES: [[[&str; 3]; 3]; 3] = [
        [
            [
                "Harbour reopens after storm",
                "",
                "The harbour of Sample City reopened on Monday after a storm that had kept \
              forty ships at anchor for three days. The port authority said the last of them would be unloaded by \
              Thursday. Two cranes were damaged and will be repaired until the end of the month.",
            ],
            [
                "Ships enter Sample City again",
                "",
                "By our correspondent\nThe harbour of Sample City reopened on Monday after \
              a storm that had kept forty ships at anchor for three days. The port authority said the last of them \
              would be unloaded by Thursday. Two cranes were damaged.\nRead more on our site.",
            ],
            [
                "Harbour workers of Sample City to strike",
                "",
                "Workers in the harbour of Sample City will go on strike on \
              Friday, their union said on Monday. They ask for higher pay after the storm, when they worked day and \
              night for three days. The port authority said it was ready to talk.",
            ],
        ],
        [
            [
                "الميناء يعود إلى العمل",
                "",
                "عاد ميناء مدينة العينة إلى العمل يوم الاثنين بعد عاصفة أبقت أربعين سفينة راسية \
              ثلاثة أيام. وقالت سلطة الميناء إن آخر السفن ستفرغ حمولتها يوم الخميس، وإن رافعتين تضررتا وسيجري إصلاحهما \
              حتى نهاية الشهر.",
            ],
            [
                "السفن تدخل المدينة من جديد",
                "",
                "من مراسلنا - عاد ميناء مدينة العينة إلى العمل يوم الاثنين بعد عاصفة أبقت \
              أربعين سفينة راسية ثلاثة أيام. وقالت سلطة الميناء إن آخر السفن ستفرغ حمولتها يوم الخميس. اقرأ المزيد على موقعنا.",
            ],
            [
                "عمال الميناء يعتزمون الإضراب",
                "",
                "يضرب عمال ميناء مدينة العينة عن العمل يوم الجمعة بحسب نقابتهم. ويطالب \
              العمال برفع الأجور بعد العاصفة التي عملوا خلالها ليلا ونهارا. وقالت سلطة الميناء إنها مستعدة للحوار معهم.",
            ],
        ],
        [
            [
                "港口恢复作业",
                "",
                "样本市港口周一恢复作业，此前的暴风雨使四十艘货船在锚地停泊了三天。港务局表示，最后一批货船将在周四前卸完货。\
              两台起重机受损，将于月底前修复。",
            ],
            [
                "货船重新驶入样本市",
                "",
                "本报记者报道：样本市港口周一恢复作业，此前的暴风雨使四十艘货船在锚地停泊了三天。港务局表示，最后一批\
              货船将在周四前卸完货。更多内容请见本网站。",
            ],
            [
                "港口工人将举行罢工",
                "",
                "样本市港口工人将于周五举行罢工，工会周一宣布了这一决定。工人们在暴风雨期间连续三天昼夜工作，要求提高\
              工资。港务局表示愿意对话。",
            ],
        ],
    ];

    #[test]
    fn a_copy_is_told_from_another_story() {
        for stories in STORIES {
            let [story, copy, other] = stories.map(|[title, summary, body]| of(title, summary, body));
            let (alike, unlike) = (story.containment(&copy), story.containment(&other));
            assert!(alike > SIMILARITY + 0.1 && unlike < SIMILARITY - 0.1, "{alike} {unlike}: {stories:?}");
        }
    }

    #[test]
    fn sketches_are_pinned() {
        assert_eq!(
            of("A chip in the harbour", "港口在暴风雨", "").to_text(),
            "AQDrWGIELi3EFBfaLC9A0rM5rLIEjcm84qwldSC+cgQA8xWDefgyvKj9"
        );
    }
}
