//! Rust names in the cases that databases use.

/// `HTTPLog` as `h_t_t_p_log`: the rule of Diesel's derives, letter by letter.
pub fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for (at, character) in name.chars().enumerate() {
        if at > 0 && character.is_uppercase() {
            snake.push('_');
        }
        if at == 0 || character.is_uppercase() {
            snake.extend(character.to_lowercase());
        } else {
            snake.push(character);
        }
    }
    snake
}

/// The table of a struct that names none: Diesel's rule, `BlogPost` in `blog_posts`.
pub fn table_name(name: &str) -> String {
    snake_case(name) + "s"
}

/// How the values of an enum are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Case {
    #[default]
    Snake,
    Lower,
    Upper,
    ScreamingSnake,
    Camel,
    Kebab,
    Pascal,
}

impl Case {
    /// Every case with its name in `rename_all`.
    pub(super) const ALL: [(&'static str, Case); 7] = [
        ("snake_case", Case::Snake),
        ("lowercase", Case::Lower),
        ("UPPERCASE", Case::Upper),
        ("SCREAMING_SNAKE_CASE", Case::ScreamingSnake),
        ("camelCase", Case::Camel),
        ("kebab-case", Case::Kebab),
        ("PascalCase", Case::Pascal),
    ];

    /// The name of a variant in this case.
    pub(super) fn of(self, variant: &str) -> String {
        match self {
            Case::Snake => snake_case(variant),
            Case::Lower => variant.to_lowercase(),
            Case::Upper => variant.to_uppercase(),
            Case::ScreamingSnake => snake_case(variant).to_uppercase(),
            Case::Camel => {
                let mut characters = variant.chars();
                characters.next().map(char::to_lowercase).into_iter().flatten().chain(characters).collect()
            }
            Case::Kebab => snake_case(variant).replace('_', "-"),
            Case::Pascal => variant.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_named_as_diesel_names_them() {
        for (name, table) in [
            ("User", "users"),
            ("FooBarBaz", "foo_bar_bazs"),
            ("HTTPLog", "h_t_t_p_logs"),
            ("Category", "categorys"),
            ("Über", "übers"),
            ("Foo_Bar", "foo__bars"),
        ] {
            assert_eq!(table_name(name), table);
        }
    }

    #[test]
    fn every_case_has_its_spelling() {
        let spelled: Vec<String> = Case::ALL.iter().map(|(_, case)| case.of("InReview")).collect();
        let expected = ["in_review", "inreview", "INREVIEW", "IN_REVIEW", "inReview", "in-review", "InReview"];
        assert_eq!(spelled, expected);
    }
}
