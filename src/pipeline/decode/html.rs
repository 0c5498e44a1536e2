//! Text that may be HTML, to text. Not a parser for browsers: it takes tags out, turns block elements
//! into line breaks, drops scripts and styles and decodes character references. Anything that is not
//! plainly HTML ("a < b", "AT&T", "<NYSE:T>") stays as it is.

use std::borrow::Cow;

/// Elements that begin a new line.
const BLOCKS: [&str; 38] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "br",
    "caption",
    "dd",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hr",
    "html",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "tr",
    "ul",
    "title",
];

/// Elements within a line.
const INLINES: [&str; 50] = [
    "a", "abbr", "acronym", "audio", "b", "bdi", "bdo", "big", "button", "center", "cite", "code", "data", "del",
    "details", "dfn", "em", "embed", "font", "i", "iframe", "img", "input", "ins", "kbd", "label", "link", "mark",
    "meta", "noscript", "object", "picture", "q", "rp", "rt", "ruby", "s", "samp", "small", "source", "span", "strike",
    "strong", "sub", "sup", "time", "u", "var", "video", "wbr",
];

/// Elements that part words without a new line.
const CELLS: [&str; 7] = ["col", "colgroup", "tbody", "td", "tfoot", "th", "thead"];

/// Elements whose content is no text.
const DROPPED: [&str; 5] = ["script", "style", "template", "svg", "math"];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Element {
    Block,
    Inline,
    Cell,
    Dropped(&'static str),
}

fn element(name: &str) -> Option<Element> {
    let lower = name.to_ascii_lowercase();
    let name = lower.as_str();
    if BLOCKS.contains(&name) {
        Some(Element::Block)
    } else if INLINES.contains(&name) {
        Some(Element::Inline)
    } else if CELLS.contains(&name) {
        Some(Element::Cell)
    } else {
        DROPPED.into_iter().find(|dropped| *dropped == name).map(Element::Dropped)
    }
}

/// Named references: those that news use. Latin-1's own names are in [`LATIN1`].
const NAMED: [(&str, char); 55] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("ndash", '–'),
    ("mdash", '—'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("sbquo", '‚'),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("bdquo", '„'),
    ("lsaquo", '‹'),
    ("rsaquo", '›'),
    ("hellip", '…'),
    ("bull", '•'),
    ("dagger", '†'),
    ("Dagger", '‡'),
    ("permil", '‰'),
    ("prime", '′'),
    ("Prime", '″'),
    ("euro", '€'),
    ("trade", '™'),
    ("minus", '−'),
    ("ensp", '\u{2002}'),
    ("emsp", '\u{2003}'),
    ("thinsp", '\u{2009}'),
    ("zwnj", '\u{200c}'),
    ("zwj", '\u{200d}'),
    ("lrm", '\u{200e}'),
    ("rlm", '\u{200f}'),
    ("OElig", 'Œ'),
    ("oelig", 'œ'),
    ("Scaron", 'Š'),
    ("scaron", 'š'),
    ("Yuml", 'Ÿ'),
    ("fnof", 'ƒ'),
    ("circ", 'ˆ'),
    ("tilde", '˜'),
    ("larr", '←'),
    ("uarr", '↑'),
    ("rarr", '→'),
    ("darr", '↓'),
    ("ne", '≠'),
    ("le", '≤'),
    ("ge", '≥'),
    ("asymp", '≈'),
    ("infin", '∞'),
    ("alpha", 'α'),
    ("beta", 'β'),
    ("gamma", 'γ'),
    ("delta", 'δ'),
    ("mu", 'μ'),
    ("pi", 'π'),
];

/// The names of U+00A0 to U+00FF in their order (HTML 4, "Character entity references for ISO 8859-1").
const LATIN1: [&str; 96] = [
    "nbsp", "iexcl", "cent", "pound", "curren", "yen", "brvbar", "sect", "uml", "copy", "ordf", "laquo", "not", "shy",
    "reg", "macr", "deg", "plusmn", "sup2", "sup3", "acute", "micro", "para", "middot", "cedil", "sup1", "ordm",
    "raquo", "frac14", "frac12", "frac34", "iquest", "Agrave", "Aacute", "Acirc", "Atilde", "Auml", "Aring", "AElig",
    "Ccedil", "Egrave", "Eacute", "Ecirc", "Euml", "Igrave", "Iacute", "Icirc", "Iuml", "ETH", "Ntilde", "Ograve",
    "Oacute", "Ocirc", "Otilde", "Ouml", "times", "Oslash", "Ugrave", "Uacute", "Ucirc", "Uuml", "Yacute", "THORN",
    "szlig", "agrave", "aacute", "acirc", "atilde", "auml", "aring", "aelig", "ccedil", "egrave", "eacute", "ecirc",
    "euml", "igrave", "iacute", "icirc", "iuml", "eth", "ntilde", "ograve", "oacute", "ocirc", "otilde", "ouml",
    "divide", "oslash", "ugrave", "uacute", "ucirc", "uuml", "yacute", "thorn", "yuml",
];

/// The text of what may be HTML. Text without `<` and `&` comes back untouched.
pub(super) fn to_text(text: Cow<'_, str>) -> Cow<'_, str> {
    if memchr::memchr2(b'<', b'&', text.as_bytes()).is_none() {
        return text;
    }
    match reduce(&text) {
        Some(reduced) => Cow::Owned(reduced),
        None => text,
    }
}

/// None where nothing in it is HTML.
fn reduce(text: &str) -> Option<String> {
    // Beyond these nothing that is begun ends: looking for the end again and again would take quadratic time.
    let last_tag = memchr::memrchr(b'>', text.as_bytes()).unwrap_or_default();
    let last_comment = memchr::memmem::rfind(text.as_bytes(), b"-->").unwrap_or_default();
    let markup_at = |at: usize| {
        let begun = &text[at..];
        let ends = if begun.starts_with("<!--") { last_comment } else { last_tag };
        if at < ends { markup(begun) } else { None }
    };
    let has_tags = memchr::memchr_iter(b'<', text.as_bytes()).any(|at| markup_at(at).is_some());
    let mut out = Output { text: String::with_capacity(text.len()), collapse: has_tags, gap: None };
    let (mut rest, mut found) = (text, has_tags);
    while let Some(at) = memchr::memchr2(b'<', b'&', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = if rest.starts_with('<') {
            markup_at(text.len() - rest.len()).map(|(length, element)| {
                out.element(element);
                length
            })
        } else {
            reference(rest).map(|(length, decoded)| {
                found = true;
                out.push(decoded);
                length
            })
        };
        let length = length.unwrap_or_else(|| {
            out.push_str(&rest[..1]);
            1
        });
        rest = &rest[length..];
    }
    out.push_str(rest);
    found.then_some(out.text)
}

/// Text being written, with HTML's white space made single.
struct Output {
    text: String,
    collapse: bool,
    gap: Option<char>,
}

impl Output {
    fn push_str(&mut self, text: &str) {
        if !self.collapse {
            self.text.push_str(text);
            return;
        }
        let mut rest = text;
        while let Some(space) = rest.find(|c: char| c.is_ascii_whitespace()) {
            self.push_word(&rest[..space]);
            self.gap = self.gap.or(Some(' '));
            rest = rest[space..].trim_start_matches(|c: char| c.is_ascii_whitespace());
        }
        self.push_word(rest);
    }

    /// A decoded character is text even where it is white space.
    fn push(&mut self, decoded: char) {
        self.push_word(decoded.encode_utf8(&mut [0; 4]));
    }

    fn push_word(&mut self, word: &str) {
        if word.is_empty() {
            return;
        }
        if let Some(gap) = self.gap.take().filter(|_| !self.text.is_empty()) {
            self.text.push(gap);
        }
        self.text.push_str(word);
    }

    fn element(&mut self, element: Element) {
        match element {
            Element::Block => self.gap = Some('\n'),
            Element::Cell | Element::Dropped(_) => self.gap = self.gap.or(Some(' ')),
            Element::Inline => {}
        }
    }
}

/// A tag, comment or declaration at the beginning: its length (with its content where that is dropped).
fn markup(text: &str) -> Option<(usize, Element)> {
    if let Some(comment) = text.strip_prefix("<!--") {
        let end = memchr::memmem::find(comment.as_bytes(), b"-->")?;
        return Some((4 + end + 3, Element::Inline));
    }
    if text.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("<!doctype")) {
        return Some((memchr::memchr(b'>', text.as_bytes())? + 1, Element::Block));
    }
    let closing = text.starts_with("</");
    let name_at = if closing { 2 } else { 1 };
    let name = text.get(name_at..)?;
    let name = &name[..name.bytes().take(12).take_while(u8::is_ascii_alphanumeric).count()];
    let after = name_at + name.len();
    if name.is_empty() || !matches!(text.as_bytes().get(after)?, b'>' | b'/' | b' ' | b'\t' | b'\n' | b'\r') {
        return None;
    }
    let element = element(name)?;
    let end = after + tag_end(&text[after..])?;
    match element {
        Element::Dropped(name) if !closing && !text[..end].ends_with("/>") => {
            let length = closing_tag(&text[end..], name).map_or(text.len(), |length| end + length);
            Some((length, element))
        }
        _ => Some((end, element)),
    }
}

/// Where a tag ends, past its `>`. A `>` within a quoted attribute does not end it, as far as attributes go
/// that hold text; a long tag (with a picture in it, say) ends at its first `>`.
fn tag_end(text: &str) -> Option<usize> {
    const QUOTES_WITHIN: usize = 1024;
    let bytes = text.as_bytes();
    let near = &bytes[..bytes.len().min(QUOTES_WITHIN)];
    quoted_tag_end(near).or_else(|| memchr::memchr(b'>', bytes).map(|end| end + 1))
}

/// A quote counts only where a value begins: that of `<p title=it's>` is part of the value.
fn quoted_tag_end(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr::memchr3(b'>', b'"', b'\'', bytes.get(at..)?)?;
        let quote = bytes[at];
        if quote == b'>' {
            return Some(at + 1);
        }
        if bytes[..at].trim_ascii_end().ends_with(b"=") {
            at += memchr::memchr(quote, &bytes[at + 1..])? + 1;
        }
        at += 1;
    }
}

/// The length up to and with the closing tag of this name.
fn closing_tag(text: &str, name: &str) -> Option<usize> {
    memchr::memmem::find_iter(text.as_bytes(), b"</").find_map(|at| {
        let rest = &text[at + 2..];
        let matches = rest.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name));
        matches.then(|| memchr::memchr(b'>', rest.as_bytes()).map_or(text.len(), |end| at + 2 + end + 1))
    })
}

/// A character reference at the beginning: its length and what it stands for.
fn reference(text: &str) -> Option<(usize, char)> {
    let end = text.bytes().take(12).position(|byte| byte == b';')?;
    let name = &text[1..end];
    let decoded = if let Some(number) = name.strip_prefix('#') {
        numeric(number)?
    } else if let Some((_, decoded)) = NAMED.iter().find(|(known, _)| *known == name) {
        *decoded
    } else {
        let index = LATIN1.iter().position(|known| *known == name)?;
        char::from(u8::try_from(0xA0 + index).ok()?)
    };
    Some((end + 1, decoded))
}

fn numeric(number: &str) -> Option<char> {
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => number.parse().ok()?,
    };
    // Producers write Windows-1252 codes here; HTML reads these as what was meant.
    const WINDOWS: [(u32, char); 8] =
        [(0x80, '€'), (0x85, '…'), (0x91, '‘'), (0x92, '’'), (0x93, '“'), (0x94, '”'), (0x96, '–'), (0x97, '—')];
    let meant = WINDOWS.iter().find(|(windows, _)| *windows == code).map(|(_, meant)| *meant);
    meant.or_else(|| char::from_u32(code)).filter(|&decoded| decoded != '\0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_to_text() {
        for (html, text) in [
            ("<p>One.</p><p>Two.</p>", "One.\nTwo."),
            ("<p>One\n  and\tmore</p>\n\n<p>Two</p>", "One and more\nTwo"),
            ("<b>N</b>vidia", "Nvidia"),
            ("one<br/>two<BR>three", "one\ntwo\nthree"),
            ("a<script>if (a < b) { x('</p>') }</script>b", "a b"),
            ("<style>p { color: red }</style><p>x</p>", "x"),
            ("<script>never closed", ""),
            ("<a href=\"x>y\" title='<b>'>link</a>!", "link!"),
            ("<p title=it's>We can't</p>", "We can't"),
            ("<p title=\"never closed>text</p>", "text"),
            ("<!-- gone -->x<!DOCTYPE html>", "x"),
            ("AT&amp;T &#8217;s &#x4e2d; &eacute;&nbsp;&hellip;", "AT&T ’s 中 é\u{a0}…"),
            ("it&#146;s", "it’s"),
            ("&amp;lt;", "&lt;"),
            ("<td>1</td><td>2</td>", "1 2"),
            ("<p>\u{82f1}\u{4f1f}\u{8fbe}</p>", "\u{82f1}\u{4f1f}\u{8fbe}"),
        ] {
            assert_eq!(to_text(Cow::Borrowed(html)), text, "{html}");
        }
    }

    #[test]
    fn what_is_no_html_stays_borrowed() {
        for text in [
            "plain",
            "a < b and c > d",
            "AT&T <NYSE:T> rose",
            "x<y then z>w",
            "R&D; fine",
            "&#0; &#xD800; &unknown; &",
            "<",
            "<p",
            "</",
            "<é>",
            "<!--",
        ] {
            assert!(matches!(to_text(Cow::Borrowed(text)), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn hostile_text_takes_linear_time() {
        for part in ["<!--", "<p ", "<p a=\"", "<p a=\"><p \" ", "<script>", "<p '", "&amp", "<!doctype", "</script "] {
            let text = part.repeat((1 << 18) / part.len());
            to_text(Cow::Borrowed(&text));
            to_text(Cow::Owned(format!("{text}>")));
            to_text(Cow::Owned(format!("<p>{text}\"-->")));
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_reduced(text in "(<|>|&|;|/|p|script|!|-|#|x|é|\"|'| |.)*") {
            to_text(Cow::Borrowed(&text));
        }
    }
}
