//! The id of a new revision and the name of its file.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use migratable_core::Template;
use migratable_core::hash;

/// How many hexadecimal digits an id has.
const DIGITS: usize = 12;

/// The longest part of a message that goes into a file name, in characters.
const SLUG: usize = 40;

/// An id that no other revision has: of the time, this process, and how often it was asked.
pub fn new_id(now: SystemTime) -> String {
    static ASKED: AtomicU64 = AtomicU64::new(0);
    let nanoseconds = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    let asked = ASKED.fetch_add(1, Ordering::Relaxed);
    let place = std::ptr::from_ref(&asked).addr();
    hash::hex(&format!("{nanoseconds} {} {asked} {place}", std::process::id()), DIGITS)
}

/// Whether a text may be an id.
pub fn is_id(text: &str) -> bool {
    text.len() == DIGITS && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The time for a new file's name: now, or the second behind the newest of some file names, so that names sort in the
/// order in which the files were made.
pub fn time_behind<'a>(now: SystemTime, names: impl Iterator<Item = &'a str>) -> SystemTime {
    let newest = names.filter_map(|name| name.get(..stamp(now).len())).max().unwrap_or_default();
    let digits = newest.bytes().filter(u8::is_ascii_digit).count();
    let mut time = now;
    // Further ahead than an hour is no quick succession but another clock: left as it is.
    for _ in 0..3_600 {
        if digits + 1 < newest.len() || stamp(time).as_str() > newest {
            return time;
        }
        time += Duration::from_secs(1);
    }
    now
}

/// `20250131_235959_3f2a9c41d0b7_add_a_bio.rs`, in UTC, or as the template says.
pub fn file_name(template: &Template, now: SystemTime, id: &str, message: &str) -> String {
    let name = template.fill(|place| if place == "slug" { slug(message) } else { of_time(place, now, id) });
    // Without a word in the message nothing stands behind the last separator.
    format!("{}.rs", name.trim_matches(['_', '-', '.']))
}

/// The message of a revision, as the template says.
pub fn message(template: &Template, now: SystemTime, id: &str, message: &str) -> String {
    template.fill(|place| if place == "message" { message.to_owned() } else { of_time(place, now, id) })
}

/// What stands at a place of a template: a part of the time, or the id.
fn of_time(place: &str, now: SystemTime, id: &str) -> String {
    let stamp = stamp(now);
    let part = match place {
        "year" => 0..4,
        "month" => 4..6,
        "day" => 6..8,
        "hour" => 9..11,
        "minute" => 11..13,
        "second" => 13..15,
        _ => return id.to_owned(),
    };
    stamp[part].to_owned()
}

/// What stands behind the time in a file name; `None` if it does not begin with one.
pub fn without_time(name: &str) -> Option<&str> {
    let (time, rest) = name.split_at_checked(stamp(UNIX_EPOCH).len())?;
    let is_time = time.bytes().enumerate().all(|(at, byte)| if at == 8 { byte == b'_' } else { byte.is_ascii_digit() });
    (is_time && rest.starts_with('_')).then_some(rest)
}

/// `20250131_235959`, in UTC.
pub fn stamp(now: SystemTime) -> String {
    let seconds = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (year, month, day) = date(seconds / 86_400);
    let of_day = seconds % 86_400;
    format!("{year:04}{month:02}{day:02}_{:02}{:02}{:02}", of_day / 3_600, of_day / 60 % 60, of_day % 60)
}

/// The day so many days after 1970-01-01, by the rule of the Gregorian calendar (H. Hinnant, `civil_from_days`).
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, of_year - (153 * shifted + 2) / 5 + 1)
}

fn slug(message: &str) -> String {
    let mut slug = String::new();
    let words = message.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    for word in words.map(str::to_lowercase) {
        let room = SLUG.saturating_sub(slug.chars().count() + usize::from(!slug.is_empty()));
        if slug.is_empty() {
            slug.extend(word.chars().take(room));
        } else if word.chars().count() <= room {
            slug.push('_');
            slug.push_str(&word);
        } else {
            break;
        }
    }
    slug
}

#[cfg(test)]
mod tests {
    use migratable_build::configuration::Settings;

    use super::*;

    const PLACES: [&str; 5] = ["year", "month", "day", "id", "slug"];

    #[test]
    fn two_files_of_one_second_sort_in_their_order() {
        let now = UNIX_EPOCH + Duration::from_secs(951_782_399);
        let time = |names: &[&str]| stamp(time_behind(now, names.iter().copied()));
        assert_eq!(time(&[]), "20000228_235959");
        assert_eq!(time(&["20000228_235959_a.rs", "20000228_235958_b.rs"]), "20000229_000000");
        assert_eq!(time(&["20000228_235959_a.rs", "20000229_000000_b.rs"]), "20000229_000001");
        assert_eq!(time(&["20300101_000000_a.rs", "mod.rs"]), "20000228_235959");
    }

    #[test]
    fn times_are_those_of_the_calendar() {
        for (seconds, expected) in [
            (0, "19700101_000000"),
            (951_782_399, "20000228_235959"),
            (951_782_400, "20000229_000000"),
            (1_735_689_599, "20241231_235959"),
            (4_107_542_400, "21000301_000000"),
        ] {
            assert_eq!(stamp(UNIX_EPOCH + Duration::from_secs(seconds)), expected);
        }
    }

    #[test]
    fn slugs_are_words_of_the_message() {
        for (message, expected) in [
            ("Add a bio to users!", "add_a_bio_to_users"),
            ("  ../../etc/passwd ", "etc_passwd"),
            ("größe", "größe"),
            ("?!", ""),
            ("one two three four five six seven eight nine ten", "one_two_three_four_five_six_seven_eight"),
            (&"x".repeat(90), &"x".repeat(40)),
        ] {
            assert_eq!(slug(message), expected);
        }
    }

    #[test]
    fn templates_are_filled() {
        let settings = Settings::default();
        let now = UNIX_EPOCH + Duration::from_secs(951_782_399);
        for (text, of, expected) in [
            (None, "Add a bio", "20000228_235959_3f2a9c41d0b7_add_a_bio.rs"),
            (None, "?", "20000228_235959_3f2a9c41d0b7.rs"),
            (Some("{slug}-{id}"), "?", "3f2a9c41d0b7.rs"),
            (Some("{id}.{year}-{month}-{day}"), "x", "3f2a9c41d0b7.2000-02-28.rs"),
        ] {
            let template = text.map_or(settings.file_name(), |text| Template::parse(text, &PLACES, "id").unwrap());
            assert_eq!(file_name(&template, now, "3f2a9c41d0b7", of), expected);
        }
        let template = Template::parse("[{year}/{id}] {message}", &["year", "id", "message"], "message").unwrap();
        assert_eq!(message(&template, now, "3f2a", "Add {id}"), "[2000/3f2a] Add {id}");
    }

    #[test]
    fn ids_are_hexadecimal_and_differ() {
        let now = SystemTime::now();
        let (one, two) = (new_id(now), new_id(now));
        assert!(is_id(&one) && is_id(&two) && one != two);
        for text in ["", "3f2a", "3F2A9C41D0B7", "3f2a9c41d0bg", "3f2a9c41d0b71"] {
            assert!(!is_id(text), "{text}");
        }
    }
}
