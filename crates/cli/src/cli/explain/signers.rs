//! How clients sign a query: each mistake, and each library, as the steps in which it differs from the right signer.

use std::borrow::Cow;
use std::cmp::Ordering;

use percent_encoding::percent_decode_str;

use latchkey_oauth::client_auth::wskey::encoding::{ENCODERS, lower_case};
use latchkey_oauth::form::encode;

/// A name and a value.
type Pair = (String, String);

/// A signer of queries: how it reads, picks, encodes, sorts and writes pairs.
#[derive(Clone)]
pub(super) struct Signer {
    /// What it does wrong, or the name of a library and what it does wrong.
    pub what: Cow<'static, str>,
    read: fn(&str) -> Vec<Pair>,
    pick: fn(Vec<Pair>) -> Vec<Pair>,
    name: fn(&str) -> String,
    value: fn(&str) -> String,
    sort: fn(&mut [Pair]),
    write: fn(&[Pair]) -> String,
    /// Whether it leaves pairs as they are in the URL, so that its layout is a mistake of its own.
    is_raw: bool,
}

/// The right signer (draft-hammer-oauth-v2-mac-token-02 section 3.3.1.1).
const RIGHT: Signer = Signer {
    what: Cow::Borrowed(""),
    read: |raw| pairs(raw, decoded),
    pick: |pairs| pairs,
    name: rfc3986,
    value: rfc3986,
    sort: |pairs| pairs.sort(),
    write: |pairs| pairs.iter().map(|(name, value)| format!("{name}={value}\n")).collect(),
    is_raw: false,
};

/// A signer that leaves the query as it is in the URL.
const RAW: Signer = Signer {
    read: |raw| whole(raw, '&'),
    name: str::to_owned,
    write: |pairs| lines(pairs, "\n"),
    is_raw: true,
    ..RIGHT
};

impl Signer {
    /// What it signs for a query: the lines after the path.
    pub(super) fn sign(&self, raw: &str) -> String {
        let picked = (self.pick)((self.read)(raw));
        let mut encoded: Vec<Pair> =
            picked.iter().map(|(name, value)| ((self.name)(name), (self.value)(value))).collect();
        (self.sort)(&mut encoded);
        (self.write)(&encoded)
    }
}

/// The mistakes in reading, picking and encoding pairs, with those that leave the query as it is in the URL.
fn mistakes() -> Vec<Signer> {
    let plain = |what: &'static str, signer: Signer| Signer { what: what.into(), ..signer };
    let both = |encoder: fn(&str) -> String| Signer { name: encoder, value: encoder, ..RIGHT };
    let read = |read: fn(&str) -> Vec<Pair>| Signer { read, ..RIGHT };
    let mut all = vec![
        plain("the query is left out", Signer { read: |_| Vec::new(), ..RIGHT }),
        plain("the query is signed as it is in the URL, sorted but not normalised", RAW),
        plain("the query is neither normalised nor sorted", Signer { sort: |_| (), ..RAW }),
        plain("the query is on one line", Signer { read: |raw| whole(raw, '\n'), ..RAW }),
        plain("the query begins with its question mark", Signer { read: |raw| whole(&format!("?{raw}"), '\n'), ..RAW }),
        plain("pairs with an empty value are left out", Signer { pick: with_value, ..RIGHT }),
        plain("of pairs with one name, only the last is signed", Signer { pick: last, ..RIGHT }),
        plain("of pairs with one name, only the first is signed", Signer { pick: first, ..RIGHT }),
        plain("a plus sign is kept as a plus instead of a blank", read(|raw| pairs(raw, percent_decoded))),
        plain("values are percent-decoded twice", read(|raw| pairs(raw, |text| decoded(&decoded(text))))),
        plain("values are cut at their second equals sign", read(|raw| cut(raw, decoded))),
        plain("a semicolon begins a new pair", read(|raw| pairs(&raw.replace(';', "&"), decoded))),
        plain("percent-encoding is in lower-case hex", both(|text| lower_case(&encode(text)))),
        plain("blanks are encoded as + instead of %20", both(|text| encode(text).replace("%20", "+"))),
        plain("the query is decoded and not encoded again", both(str::to_owned)),
        plain("a tilde is encoded as %7E", both(|text| encode(text).replace('~', "%7E"))),
        plain("slashes are not encoded", both(|text| encode(text).replace("%2F", "/"))),
        plain("slashes and colons are not encoded", both(|text| encode(text).replace("%2F", "/").replace("%3A", ":"))),
        plain("names are not encoded", Signer { name: str::to_owned, ..RIGHT }),
        plain("the query is encoded twice", both(|text| encode(&encode(text)).into_owned())),
        plain(
            "the query is encoded without being decoded first, so it is encoded twice",
            read(|raw| pairs(raw, str::to_owned)),
        ),
        plain("the bytes that are encoded are those of Latin-1 instead of UTF-8", both(latin_1)),
    ];
    all.extend(ENCODERS.iter().map(|encoder| Signer {
        what: format!("the query is encoded by {}, which differs from RFC 3986", encoder.name).into(),
        ..both(encoder.encode)
    }));
    all
}

/// How a signer sorts and writes pairs, and what is wrong with it.
type Layout = (&'static str, fn(&mut [Pair]), fn(&[Pair]) -> String);

/// The mistakes in sorting and writing.
const LAYOUTS: [Layout; 7] = [
    ("the normalised query is on one line", RIGHT.sort, one_line),
    ("the pairs of the query are not sorted", |_| (), RIGHT.write),
    ("the pairs are sorted as whole lines instead of by name, then by value", by_line, RIGHT.write),
    ("the pairs are sorted without regard to case", without_case, RIGHT.write),
    ("the pairs are sorted by name only", |pairs| pairs.sort_by(|one, other| one.0.cmp(&other.0)), RIGHT.write),
    ("a pair with an empty value is signed without its equals sign", RIGHT.sort, without_equals),
    ("the query is neither sorted nor on lines of its own", |_| (), one_line),
];

/// The signers, each with its mistakes: those with one mistake before those with two.
pub(super) fn signers() -> Vec<(Vec<Cow<'static, str>>, Signer)> {
    let contents = mistakes();
    let laid =
        |(what, sort, write): Layout, signer: &Signer| (Cow::Borrowed(what), Signer { sort, write, ..signer.clone() });
    let one = contents.iter().map(|signer| (vec![signer.what.clone()], signer.clone()));
    let layouts = LAYOUTS.map(|layout| laid(layout, &RIGHT)).map(|(what, signer)| (vec![what], signer));
    let libraries = libraries().into_iter().map(|library| (vec![library.what.clone()], library));
    let whole = contents.iter().filter(|signer| !signer.is_raw);
    let two = whole.flat_map(|signer| {
        LAYOUTS.map(|layout| laid(layout, signer)).map(|(what, laid)| (vec![signer.what.clone(), what], laid))
    });
    one.chain(layouts).chain(libraries).chain(two).collect()
}

/// The libraries, each with what it does wrong.
pub(super) fn libraries() -> Vec<Signer> {
    let library = |what: &'static str, signer: Signer| Signer { what: what.into(), ..signer };
    let node = Signer {
        read: |raw| cut(&lines(&sorted(whole(raw, '&')), "&"), str::to_owned),
        pick: with_value,
        name: str::to_owned,
        sort: |_| (),
        ..RIGHT
    };
    let ruby = Signer {
        read: |raw| {
            let read = pairs(&raw.replace(';', "&"), decoded).into_iter();
            read.map(|(name, value)| (name, decoded(&value))).collect()
        },
        pick: first,
        name: str::to_owned,
        sort: by_line,
        ..RIGHT
    };
    vec![
        library(
            "oclc-auth-python, which decodes the whole query first, cuts values at the second equals sign and signs only the \
             last of pairs with one name",
            Signer {
                read: |raw| cut(&percent_decoded(raw), str::to_owned),
                pick: |pairs| sorted(last(pairs)),
                sort: |_| (),
                ..RIGHT
            },
        ),
        library(
            "oclc-auth-node, which encodes values without decoding them, cuts them at the second equals sign and leaves out \
             empty ones",
            node.clone(),
        ),
        library(
            "oclc-auth-node, which does not decode values, cuts them at the second equals sign and leaves out empty ones",
            Signer { value: node_encode, ..node },
        ),
        library(
            "oclc-auth-ruby, which decodes values twice, leaves names raw, begins a new pair at a semicolon and signs only the \
             first of pairs with one name",
            ruby.clone(),
        ),
        library(
            "oclc-auth-ruby under a Ruby before 2.5, which also encodes the tilde",
            Signer { value: |text| encode(text).replace('~', "%7E"), ..ruby },
        ),
        library(
            "oclc-auth-php, which cuts values at the second equals sign and compares numbers as numbers",
            Signer { read: |raw| cut(raw, decoded), pick: as_php_sorts, sort: |_| (), ..RIGHT },
        ),
        library("oclc-wskey (node-oclc-wskey), which signs the pairs as they are in the URL", RAW),
    ]
}

fn rfc3986(text: &str) -> String {
    encode(text).into_owned()
}

fn percent_decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// As a form is decoded: a plus sign is a blank.
fn decoded(text: &str) -> String {
    percent_decoded(&text.replace('+', " "))
}

/// The parts of a query, each as a name.
fn whole(raw: &str, separator: char) -> Vec<Pair> {
    let parts = raw.split(separator).filter(|part| !part.is_empty());
    parts.map(|part| (part.to_owned(), String::new())).collect()
}

/// Splits at `&` and at the first `=`.
fn pairs(raw: &str, read: fn(&str) -> String) -> Vec<Pair> {
    let split = |(pair, _): Pair| {
        let (name, value) = pair.split_once('=').unwrap_or((&pair, ""));
        (read(name), read(value))
    };
    whole(raw, '&').into_iter().map(split).collect()
}

/// Splits at `&` and at each `=`, and keeps the first two parts.
fn cut(raw: &str, read: fn(&str) -> String) -> Vec<Pair> {
    let split = |(pair, _): Pair| {
        let mut parts = pair.split('=');
        let mut next = || read(parts.next().unwrap_or_default());
        (next(), next())
    };
    whole(raw, '&').into_iter().map(split).collect()
}

fn with_value(pairs: Vec<Pair>) -> Vec<Pair> {
    pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

fn first(pairs: Vec<Pair>) -> Vec<Pair> {
    let mut kept: Vec<Pair> = Vec::new();
    for pair in pairs {
        if kept.iter().all(|(name, _)| *name != pair.0) {
            kept.push(pair);
        }
    }
    kept
}

fn last(mut pairs: Vec<Pair>) -> Vec<Pair> {
    pairs.reverse();
    first(pairs)
}

fn sorted(mut pairs: Vec<Pair>) -> Vec<Pair> {
    pairs.sort();
    pairs
}

/// PHP's `sort` compares two texts that are numbers as numbers.
fn as_php_sorts(mut pairs: Vec<Pair>) -> Vec<Pair> {
    let compare = |one: &str, other: &str| match (one.trim().parse::<f64>(), other.trim().parse::<f64>()) {
        (Ok(one), Ok(other)) => one.partial_cmp(&other).unwrap_or(Ordering::Equal),
        _ => one.cmp(other),
    };
    pairs.sort_by(|one, other| compare(&one.0, &other.0).then_with(|| compare(&one.1, &other.1)));
    pairs
}

fn by_line(pairs: &mut [Pair]) {
    pairs.sort_by_key(|(name, value)| format!("{name}={value}"));
}

fn without_case(pairs: &mut [Pair]) {
    pairs.sort_by_key(|(name, value)| (name.to_lowercase(), value.to_lowercase()));
}

fn one_line(pairs: &[Pair]) -> String {
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| (format!("{name}={value}"), String::new())).collect();
    if pairs.is_empty() { String::new() } else { format!("{}\n", lines(&pairs, "&").trim_end_matches('&')) }
}

fn without_equals(pairs: &[Pair]) -> String {
    let line = |(name, value): &Pair| if value.is_empty() { format!("{name}\n") } else { format!("{name}={value}\n") };
    pairs.iter().map(line).collect()
}

/// The names, each followed by `end`.
fn lines(pairs: &[Pair], end: &str) -> String {
    pairs.iter().map(|(name, _)| format!("{name}{end}")).collect()
}

/// What oclc-auth-node encodes of a value that it takes for encoded.
fn node_encode(text: &str) -> String {
    let encoded = |character| match character {
        '!' | '*' | '\'' | '(' | ')' => rfc3986(&String::from(character)),
        other => other.to_string(),
    };
    text.chars().map(encoded).collect()
}

fn latin_1(text: &str) -> String {
    let bytes: Option<Vec<_>> = text.chars().map(|character| u8::try_from(u32::from(character)).ok()).collect();
    let kept = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    let encoded = |byte: &u8| if kept(byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") };
    bytes.map_or_else(|| rfc3986(text), |bytes| bytes.iter().map(encoded).collect())
}
