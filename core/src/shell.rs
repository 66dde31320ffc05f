//! Words and flags as a shell takes them: what is shown to be typed can be typed.

/// A word as a shell takes it.
pub fn word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else if word.contains(['"', '$', '`', '\\', '!']) {
        format!("'{}'", word.replace('\'', "'\\''"))
    } else {
        format!("\"{word}\"")
    }
}

/// A flag and its value, parted by a space.
pub fn flag(flag: &str) -> String {
    match flag.split_once(' ') {
        Some((name, value)) => format!("{name} {}", word(value)),
        None => flag.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn words_are_quoted_for_the_shell_when_they_must_be() {
        for (word, expected) in [
            ("users.a=users.b", "users.a=users.b"),
            ("add a bio", "\"add a bio\""),
            ("users.bio=''", "\"users.bio=''\""),
            ("a \"b\"", "'a \"b\"'"),
            ("it's $5", "'it'\\''s $5'"),
            ("", "\"\""),
        ] {
            assert_eq!(super::word(word), expected);
        }
    }

    #[test]
    fn the_value_of_a_flag_is_quoted_by_itself() {
        assert_eq!(super::flag("--rename a.b=a.c d"), "--rename \"a.b=a.c d\"");
        assert_eq!(super::flag("--json"), "--json");
    }
}
