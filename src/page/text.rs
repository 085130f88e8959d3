//! The words of the pages: one file a language, chosen by what the browser prefers.

use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use fluent_langneg::{NegotiationStrategy, negotiate_languages};
use unic_langid::{CharacterDirection, LanguageIdentifier};

use latchkey_oauth::redirect::Destination;
use latchkey_oauth::time::instant;

/// Every language, by its tag; the first one speaks where no other is asked for.
const LANGUAGES: [(&str, &str); 2] = [("en", include_str!("text/en.ftl")), ("de", include_str!("text/de.ftl"))];

/// The tags of all languages.
pub fn languages() -> [&'static str; 2] {
    LANGUAGES.map(|(tag, _)| tag)
}

/// The words of one language.
pub struct Text {
    /// Its tag (BCP 47).
    pub language: LanguageIdentifier,
    bundle: FluentBundle<FluentResource>,
}

/// Another language of a page.
pub struct Language {
    /// Its words.
    pub text: &'static Text,
    /// Where the page is in it, relative to the page.
    pub address: String,
}

fn texts() -> &'static [Text] {
    static TEXTS: OnceLock<Vec<Text>> = OnceLock::new();
    TEXTS.get_or_init(|| LANGUAGES.iter().filter_map(|(tag, source)| read(tag, source)).collect())
}

/// A test reads every file: none is left out.
fn read(tag: &str, source: &str) -> Option<Text> {
    let language: LanguageIdentifier = tag.parse().ok()?;
    let mut bundle = FluentBundle::new_concurrent(vec![language.clone()]);
    bundle.add_resource(FluentResource::try_new(source.to_owned()).ok()?).ok()?;
    Some(Text { language, bundle })
}

impl Text {
    /// In the language that suits an Accept-Language header best.
    pub fn preferred(accept_language: &str) -> &'static Self {
        let asked = by_weight(accept_language);
        let known: Vec<_> = texts().iter().map(|text| text.language.clone()).collect();
        let chosen = negotiate_languages(&asked, &known, known.first(), NegotiationStrategy::Lookup);
        let chosen = chosen.first().and_then(|chosen| texts().iter().find(|text| text.language == **chosen));
        chosen.unwrap_or(&texts()[0])
    }

    /// In the first language of a `ui_locales` parameter that the pages have. `None` where they have none of them.
    pub fn asked(ui_locales: &str) -> Option<&'static Self> {
        let asked: Vec<LanguageIdentifier> = ui_locales.split(' ').filter_map(|tag| tag.parse().ok()).collect();
        let known: Vec<_> = texts().iter().map(|text| text.language.clone()).collect();
        let chosen = negotiate_languages(&asked, &known, None, NegotiationStrategy::Lookup);
        chosen.first().and_then(|chosen| texts().iter().find(|text| text.language == **chosen))
    }

    /// The other languages.
    pub fn others(&self) -> impl Iterator<Item = &'static Self> {
        texts().iter().filter(|other| other.language != self.language)
    }

    /// Whether its writing goes from right to left.
    pub fn turns(&self) -> bool {
        self.language.character_direction() == CharacterDirection::RTL
    }

    /// A text without places to fill.
    pub fn say(&self, key: &str) -> String {
        self.say_of(key, &[])
    }

    /// A text with its places filled. What is filled in is set apart, so that a name that is written from right to left
    /// does not turn the sentence around.
    pub fn say_of(&self, key: &str, places: &[(&'static str, &str)]) -> String {
        self.filled(key, places.iter().map(|(name, value)| (*name, FluentValue::from(*value))).collect())
    }

    /// A text about numbers.
    pub fn count(&self, key: &str, places: &[(&'static str, u64)]) -> String {
        self.filled(key, places.iter().map(|(name, value)| (*name, FluentValue::from(*value))).collect())
    }

    /// Where the answer to an application leads.
    pub fn destination(&self, destination: &Destination<'_>) -> String {
        match *destination {
            Destination::Site(host) => host.to_owned(),
            Destination::Here(host) => self.say_of("sends-here", &[("host", host)]),
            Destination::App(scheme) => self.say_of("sends-app", &[("scheme", scheme)]),
        }
    }

    /// A moment in UTC, to the minute.
    pub fn date(&self, seconds: u64) -> String {
        let instant = instant(seconds);
        let number = |at: std::ops::Range<usize>| instant.get(at).and_then(|text| text.parse::<u64>().ok());
        let numbers = [("year", 0..4), ("month", 5..7), ("day", 8..10)];
        let numbers = numbers.map(|(name, at)| (name, FluentValue::from(number(at).unwrap_or_default())));
        let time = ("time", FluentValue::from(instant.get(11..16).unwrap_or_default()));
        self.filled("date", numbers.into_iter().chain([time]).collect())
    }

    /// How long a consent lasts: in days or hours that say it to within a tenth, else in whole minutes.
    pub fn how_long(&self, seconds: u64) -> String {
        let round = |unit: u64| (seconds + unit / 2) / unit;
        let fits = |(_, unit): &(_, u64)| (round(*unit) * unit).abs_diff(seconds) * 10 <= seconds;
        let (key, count) = match [("consent-days", 86_400), ("consent-hours", 3600)].into_iter().find(fits) {
            Some((key, unit)) => (key, round(unit)),
            None => ("consent-minutes", seconds.div_ceil(60)),
        };
        self.count(key, &[("count", count)])
    }

    fn filled(&self, key: &str, places: FluentArgs<'_>) -> String {
        let Some(pattern) = self.bundle.get_message(key).and_then(|message| message.value()) else {
            return key.to_owned();
        };
        self.bundle.format_pattern(pattern, Some(&places), &mut Vec::new()).into_owned()
    }
}

/// The languages of an Accept-Language header, the best first (RFC 9110 section 12.5.4). The crates for it either ignore
/// weights or panic on one that is no number.
fn by_weight(accept_language: &str) -> Vec<LanguageIdentifier> {
    let weighed = |item: &str| {
        let (tag, weight) = item.split_once(';').unwrap_or((item, "q=1"));
        let weight: f32 = weight.trim().strip_prefix("q=")?.parse().ok()?;
        Some((tag.trim().parse().ok()?, weight)).filter(|(_, weight)| *weight > 0.0)
    };
    let mut languages: Vec<(LanguageIdentifier, f32)> = accept_language.split(',').filter_map(weighed).collect();
    languages.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    languages.into_iter().map(|(language, _)| language).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn keys(source: &str) -> Vec<&str> {
        source
            .lines()
            .filter_map(|line| line.split_once(" = ").map(|(key, _)| key))
            .filter(|key| !key.contains('['))
            .collect()
    }

    #[test]
    fn every_language_can_be_read_and_has_every_text() {
        assert_eq!(texts().len(), LANGUAGES.len());
        for (tag, source) in LANGUAGES {
            assert_eq!(keys(source), keys(LANGUAGES[0].1), "{tag}");
        }
    }

    #[test]
    fn the_browser_chooses_the_language_and_english_speaks_where_it_knows_none() {
        for (asked, tag) in [
            ("de", "de"),
            ("de-AT, en;q=0.5", "de"),
            ("fr, de;q=0.4", "de"),
            ("fr", "en"),
            ("", "en"),
            ("en;q=0.1, de;q=0.9", "de"),
            ("de;q=0, en", "en"),
            ("de;q=NaN", "en"),
            ("\u{1}", "en"),
        ] {
            assert_eq!(Text::preferred(asked).language.to_string(), tag, "{asked}");
        }
    }

    #[test]
    fn an_application_chooses_the_first_language_that_the_pages_have() {
        for (asked, tag) in [
            ("de", Some("de")),
            ("fr de en", Some("de")),
            ("de-CH-1996 en", Some("de")),
            ("en-GB de", Some("en")),
            ("fr", None),
            ("", None),
            ("  de", Some("de")),
            ("de_AT", Some("de")),
            ("\u{1} d", None),
        ] {
            assert_eq!(Text::asked(asked).map(|text| text.language.to_string()).as_deref(), tag, "{asked}");
        }
    }

    #[test]
    fn a_life_is_told_as_people_count_it() {
        let text = Text::preferred("en");
        for (seconds, words) in [
            (1, "one minute"),
            (89, "2 minutes"),
            (1200, "20 minutes"),
            (300 + 1200, "25 minutes"),
            (3600, "about one hour"),
            (3600 + 1200, "80 minutes"),
            (86_400 + 1200, "about one day"),
            (129_600 + 1200, "about 36 hours"),
            (604_800 + 1200, "about 7 days"),
        ] {
            let told = text.how_long(seconds).replace(['\u{2068}', '\u{2069}'], "");
            assert!(told.contains(words), "{seconds}: {told}");
        }
    }

    #[test]
    fn a_page_turns_where_its_language_is_written_from_right_to_left() {
        for (tag, turns) in [("en", false), ("de", false), ("ar", true), ("he", true), ("ug-Arab", true)] {
            let text = read(tag, "").unwrap();
            assert_eq!(text.turns(), turns, "{tag}");
            assert_eq!(text.others().count(), LANGUAGES.iter().filter(|(known, _)| *known != tag).count(), "{tag}");
        }
    }

    #[test]
    fn a_text_counts_and_sets_names_apart() {
        let text = Text::preferred("en");
        assert!(text.count("consent-days", &[("count", 1)]).contains("one day"));
        assert!(text.count("consent-days", &[("count", 7)]).contains("7"));
        assert!(text.say_of("consent-title", &[("client", "X")]).contains("\u{2068}X\u{2069}"));
    }
}
