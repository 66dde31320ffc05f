//! Texts that PostgreSQL has written, in the one form that it writes again when it reads its own: some of its first
//! spellings are others than the second.

/// A name as the server writes it in texts.
pub(super) fn identifier(name: &str) -> String {
    let plain = name.starts_with(|it: char| it.is_ascii_lowercase() || it == '_')
        && name.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_');
    if plain { name.to_owned() } else { super::ddl::quoted(name) }
}

/// A text in its second spelling.
pub(super) fn normal(text: &str) -> String {
    text.to_owned()
}
