//! The keys that each kind of item knows, each with its correct form.

/// What an attribute stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Struct,
    Field,
    Enum,
    Variant,
    Newtype,
}

impl Level {
    const ALL: [Level; 5] = [Level::Struct, Level::Field, Level::Enum, Level::Variant, Level::Newtype];

    fn name(self) -> &'static str {
        match self {
            Level::Struct => "a struct",
            Level::Field => "a field",
            Level::Enum => "an enum",
            Level::Variant => "a variant",
            Level::Newtype => "a newtype",
        }
    }

    fn keys(self) -> Keys {
        match self {
            Level::Struct => STRUCT,
            Level::Field => FIELD,
            Level::Enum => ENUM,
            Level::Variant => VARIANT,
            Level::Newtype => NEWTYPE,
        }
    }
}

type Keys = &'static [(&'static str, &'static [&'static str])];

const STRUCT: Keys = &[
    ("table", &[r#"table = "posts""#]),
    ("schema", &[r#"schema = "blog""#]),
    ("primary_key", &["primary_key(author_id, slug)", "primary_key = false"]),
    ("index", &[r#"index(author_id, created_at desc, name = "ix_recent")"#]),
    ("unique", &["unique(author_id, slug)", r#"unique(columns(author_id, slug), name = "uq_slug")"#]),
    ("check", &[r#"check("age >= 0")"#, r#"check(name = "ck_age", "age >= 0")"#]),
    (
        "foreign_key",
        &[r#"foreign_key(columns(a, b), references(Other(x, y)), on_delete = cascade, name = "fk_other")"#],
    ),
    ("renamed_from", &[r#"renamed_from = "articles""#]),
    ("comment", &[r#"comment = "what the table holds""#]),
    ("database", &[r#"database = "archive""#]),
    ("appear_with", &["appear_with(User, Tag)"]),
];

const FIELD: Keys = &[
    ("column", &[r#"column = "author""#]),
    ("type", &[r#"type = "varchar(140)""#, r#"type(postgres = "citext", sqlite = "text")"#]),
    ("primary_key", &["primary_key"]),
    ("auto_increment", &["auto_increment = false"]),
    ("identity", &["identity", "identity(always, start = 2, increment = 7)"]),
    ("unique", &["unique", r#"unique(name = "uq_email")"#]),
    ("index", &["index", r#"index(name = "ix_email")"#]),
    ("default", &["default = 0", r#"default = "text""#, "default = now", r#"default = sql("lower('A')")"#]),
    ("generated", &[r#"generated = "price * amount", stored"#]),
    ("stored", &[r#"generated = "price * amount", stored"#]),
    ("virtual", &[r#"generated = "price * amount", virtual"#]),
    ("references", &["references = User", r#"references = "users.id""#]),
    ("reference_name", &[r#"references = User, reference_name = "fk_author""#]),
    ("on_delete", &["references = User, on_delete = cascade"]),
    ("on_update", &["references = User, on_update = cascade"]),
    ("deferrable", &["references = User, deferrable"]),
    ("check", &[r#"check = "age >= 0""#]),
    ("collate", &[r#"collate = "NOCASE""#]),
    ("comment", &[r#"comment = "what the column holds""#]),
    ("renamed_from", &[r#"renamed_from = "name""#]),
    ("skip", &["skip"]),
];

const ENUM: Keys =
    &[("rename_all", &[r#"rename_all = "SCREAMING_SNAKE_CASE""#]), ("rename", &[r#"rename = "post_status""#])];

const VARIANT: Keys = &[("rename", &[r#"rename = "in review""#])];

const NEWTYPE: Keys = &[("type", &[r#"type = "varchar(140)""#, r#"type(postgres = "citext", sqlite = "text")"#])];

/// The correct forms of a key, as an error shows them.
pub(super) fn form(level: Level, key: &str) -> String {
    let forms = level.keys().iter().find(|(name, _)| *name == key).map_or(&[][..], |(_, forms)| forms);
    let shown: Vec<String> = forms.iter().map(|form| format!("`#[migratable({form})]`")).collect();
    format!("help: the correct form is {}", shown.join(" or "))
}

/// Whether the key belongs here.
pub(super) fn is_known(level: Level, key: &str) -> bool {
    level.keys().iter().any(|(name, _)| *name == key)
}

/// What to say about an attribute without a list.
pub(super) fn empty(of: &str, level: Level) -> String {
    let example = level.keys()[0].1[0];
    format!("`#[{of}]` says nothing without a list\nhelp: the correct form is `#[{of}({example})]`")
}

/// What to say about a key that does not belong here.
pub(super) fn unknown(level: Level, key: &str) -> String {
    let here = level.keys().iter().map(|(name, _)| *name);
    let list = here.clone().collect::<Vec<_>>().join(", ");
    let of = level.name();
    if let Some(other) = Level::ALL.into_iter().find(|other| *other != level && is_known(*other, key)) {
        let (there, form) = (other.name(), form(other, key));
        return format!("`{key}` belongs on {there}, not on {of}\n{form}\nhelp: {of} takes {list}");
    }
    match nearest(key, here) {
        Some(near) => {
            let form = form(level, near);
            format!("`{key}` is no attribute of {of}: is `{near}` meant?\n{form}\nhelp: {of} takes {list}")
        }
        None => format!("`{key}` is no attribute of {of}\nhelp: {of} takes {list}"),
    }
}

/// The word among these that is most like another, if one is like it at all.
pub(crate) fn nearest<'a>(word: &str, among: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = word.chars().count() / 3 + 1;
    let near = among.into_iter().map(|known| (distance(word, known), known)).min_by_key(|(distance, _)| *distance);
    near.filter(|(distance, _)| *distance <= limit).map(|(_, known)| known)
}

/// How many letters must be changed, added or removed (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let changed = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// The keys of a level.
#[cfg(test)]
pub(crate) fn known_names(level: Level) -> Vec<&'static str> {
    level.keys().iter().map(|(name, _)| *name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_the_one_with_the_fewest_changes() {
        let words = ["index", "unique", "references"];
        for (word, near) in [
            ("indx", Some("index")),
            ("uniqe", Some("unique")),
            ("reference", Some("references")),
            ("xyzzy", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, words), near, "{word}");
        }
    }
}
