//! Words that nearly every text of a language has: a query is not looked for by one of them if it has another, and a
//! text that is full of those of one language is in that language.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::matching::text::{fold, hash};

/// What is known of a word that is one of these.
#[derive(Clone, Copy)]
struct Known {
    /// Its place among the most common of its language, from 0.
    rank: u32,
    /// The lists that have it, a bit each.
    lists: u32,
}

/// The place of a folded word among the most common of its language, from 0, by its hash; none of any other word.
pub(super) fn rank(hash: u64) -> Option<u32> {
    KNOWN.get(&hash).map(|known| known.rank)
}

/// Whether so many words of a text, by their hashes, show that it is in a language, by its primary subtag: a quarter of
/// them are of its list, and of no other list more.
pub(in crate::matching) fn are_of(language: &str, words: impl Iterator<Item = u64>) -> bool {
    let Some(own) = LISTS.iter().position(|(languages, _)| languages.split(' ').any(|known| known == language)) else {
        return false;
    };
    let (mut all, mut of_list) = (0, [0; LISTS.len()]);
    for hash in words {
        all += 1;
        let lists = KNOWN.get(&hash).map_or(0, |known| known.lists);
        (0..).zip(&mut of_list).for_each(|(list, count)| *count += lists >> list & 1);
    }
    of_list[own] >= LEAST && of_list[own] * 4 >= all && of_list.iter().all(|count| *count <= of_list[own])
}

/// Fewer words show nothing.
const LEAST: u32 = 4;

static KNOWN: LazyLock<HashMap<u64, Known>> = LazyLock::new(|| {
    let mut all: HashMap<u64, Known> = HashMap::new();
    for (list, (_, words)) in LISTS.iter().enumerate() {
        for (rank, word) in (0..).zip(words.split(' ')) {
            let known = all.entry(hash(&fold(word))).or_insert(Known { rank, lists: 0 });
            known.rank = known.rank.min(rank);
            known.lists |= 1 << list;
        }
    }
    all
});

/// Articles, prepositions, pronouns and the like, by language, the most common first. Nothing that is a name or an abbreviation
/// in another language (Italian `ai`), however common it is.
const LISTS: [(&str, &str); 19] = [
    (
        "en",
        "the and to of in for com is with on that as by this at its are or from it more their has new an \
         about our be will we can not through all have one was were they you your which who into over other \
         than been had but also would could if up out his her he she after when there what no these those \
         them only may most www https said year years time first news people company companies market \
         business service services group technology information media data development project research \
         security results value products product million billion global world country state states government \
         public high best top leading home next day days week month just now while through before without \
         under between during against use used using make made way work working help need many much each per \
         online team available international national local",
    ),
    (
        "es",
        "de la que a en el y los un se del una las para con su por no al es lo mas como pero sus si le ha \
         este sin",
    ),
    (
        "fr",
        "le les et des d un en du une il est dans qui pour qu au sur pas plus ce par son ne mais avec aux \
         elle sont sa",
    ),
    (
        "de",
        "der die und in zu von den dass das mit er fur sie im eine auf dem des sich ein als ist nicht es an \
         am bei um einer wurde werden nach einen einem uber vor aus wird wie sind hat so aber",
    ),
    ("pt", "o e do da em um uma os com na se nao as dos mais ao foi seu sua sobre das nos pelo pela ou ser"),
    (
        "it",
        "il di che e la in un per del della non una sono con da le si dei nel alla al ha gli delle come piu \
         anche su",
    ),
    (
        "nl",
        "de het een van en in is dat op te met voor zijn niet er aan ook als om bij door uit naar maar of \
         over",
    ),
    ("sv", "att i och en som for pa av det till ar med har han den om ett inte men fran var sig vi kan"),
    ("da no nb", "og er af at det en for som pa til de med har den ikke et fra om var han vi ble blir"),
    ("pl", "w i z na do nie sie o ze to jest za od po przez jak dla ale tym oraz ktore"),
    ("tr", "bir ve bu icin da de olarak daha olan sonra cok ile gibi kadar ne her ya ama"),
    (
        "id ms",
        "yang dan di untuk pada dengan dari ini akan dalam tidak mereka dia bahwa itu telah ke lebih oleh \
         adalah sebagai",
    ),
    ("vi", "cua va mot da cac trong co la nguoi cho khong voi duoc vao khi nhung tai se nay o ve de nam"),
    (
        "ru",
        "в и на что не с по он как из это о за к но его для я а от чтобы мы они после все был до также то или \
         у",
    ),
    ("uk", "і в на та що не до з у за про від як це для є але по"),
    (
        "ar",
        "في من علي ان الي و عن التي ما مع بعد الذي تم خلال هذا هذه بين انه كما قد لا كان كل او قبل لم غير حول \
         عام العام",
    ),
    ("fa", "در که به و از را است این با برای یک های کرد شده شد می تا آن خود"),
    ("he", "של את על לא הוא עם כי זה גם או אם כל היא הם יותר"),
    ("el", "και του της το η ο να την από με στο για που οι των είναι"),
];

#[cfg(test)]
mod tests {
    use super::{are_of, rank};
    use crate::matching::text::{fold, hash};

    #[test]
    fn words_are_known_however_they_are_written() {
        let rank = |word: &str| rank(hash(&fold(word)));
        assert_eq!((rank("The"), rank("für"), rank("که"), rank("din")), (Some(0), Some(11), Some(1), None));
        assert!(["för", "إلى", "של", "из", "được", "των"].into_iter().all(|word| rank(word).is_some()));
        assert!(["ai", "us", "chip", "中国"].into_iter().all(|word| rank(word).is_none()));
    }

    #[test]
    fn a_text_is_known_by_what_it_is_full_of() {
        let are_of = |language, text: &str| are_of(language, text.split(' ').map(|word| hash(&fold(word))));
        let english = "The department said on Tuesday that it would review the rules for chips before the summer";
        let spanish = "El ministerio anunció que revisará las normas de exportación de chips antes del verano";
        for (language, text, expected) in [
            ("en", english, true),
            ("es", spanish, true),
            ("de", english, false),
            ("pt", spanish, false),
            ("en", spanish, false),
            ("ko", english, false),
            ("en", "Nvidia H20", false),
        ] {
            assert_eq!(are_of(language, text), expected, "{language}: {text}");
        }
    }
}
