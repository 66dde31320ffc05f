//! The assertion that a field's Rust type is what the build script took it for, where that has a name of its own: an
//! enum, or a newtype that says its type.

use super::column_types::ColumnType;
use super::{FieldColumn, FieldType};

/// Fails to compile if a Rust type is another column type than the build script read from its name.
///
/// `#[derive(Migratable)]` calls it in a constant.
///
/// # Panics
/// If the two differ.
#[doc(hidden)]
#[track_caller]
pub const fn assert_column_type<T: FieldType>(scanned: &str, nullable: bool) {
    assert_column(<T::Column as ColumnType>::COLUMN, scanned, nullable);
}

#[track_caller]
const fn assert_column(actual: FieldColumn, scanned: &str, nullable: bool) {
    if actual.name.is_empty() || (actual.nullable == nullable && spells(&actual, scanned)) {
        return;
    }
    let message = Message::new()
        .with("this type is `")
        .with_column(&actual)
        .with("` in the database, but the build script read its name as `")
        .with(scanned)
        .with(if nullable { ", nullable" } else { "" })
        .with("`: say which it is, for example `#[migratable(type = \"")
        .with(actual.name)
        .with("\")]`, or name the type by its full path");
    panic!("{}", message.text());
}

/// Whether `text[]` is how an array of text is written.
const fn spells(column: &FieldColumn, scanned: &str) -> bool {
    let (name, scanned) = (column.name.as_bytes(), scanned.as_bytes());
    if scanned.len() != name.len() + 2 * column.dimensions {
        return false;
    }
    let mut at = 0;
    while at < scanned.len() {
        let expected = if at < name.len() { name[at] } else { b"[]"[(at - name.len()) % 2] };
        if scanned[at] != expected {
            return false;
        }
        at += 1;
    }
    true
}

/// A text put together at compile time; what does not fit is left out.
struct Message {
    bytes: [u8; 512],
    length: usize,
}

impl Message {
    const fn new() -> Message {
        Message { bytes: [0; 512], length: 0 }
    }

    const fn with(mut self, text: &str) -> Message {
        if self.length + text.len() <= self.bytes.len() {
            let (_, rest) = self.bytes.split_at_mut(self.length);
            let (place, _) = rest.split_at_mut(text.len());
            place.copy_from_slice(text.as_bytes());
            self.length += text.len();
        }
        self
    }

    const fn with_column(self, column: &FieldColumn) -> Message {
        let mut message = self.with(column.name);
        let mut dimension = 0;
        while dimension < column.dimensions {
            message = message.with("[]");
            dimension += 1;
        }
        message.with(if column.nullable { ", nullable" } else { "" })
    }

    const fn text(&self) -> &str {
        match std::str::from_utf8(self.bytes.split_at(self.length).0) {
            Ok(text) => text,
            Err(_) => "this type is another column type than the build script read from its name",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column_types::Unknown;

    struct Status;

    impl FieldType for Status {
        type Column = Self;
    }

    impl ColumnType for Status {
        type Value = Self;
        const COLUMN: FieldColumn = FieldColumn::named("enum(status)");
    }

    struct Broken;

    impl FieldType for Broken {
        type Column = Unknown;
    }

    const fn column<T: FieldType>() -> FieldColumn {
        <T::Column as ColumnType>::COLUMN
    }

    #[test]
    fn types_are_what_the_lock_calls_them() {
        for (column, scanned, nullable) in [
            (column::<i64>(), "bigint", false),
            (column::<Option<i64>>(), "bigint", true),
            (column::<Vec<u8>>(), "binary", false),
            (column::<Vec<String>>(), "text[]", false),
            (column::<Option<Vec<Vec<i32>>>>(), "integer[][]", true),
            (column::<Vec<Option<f32>>>(), "real[]", false),
            (column::<Status>(), "enum(status)", false),
            (column::<Broken>(), "anything", true),
        ] {
            assert_column(column, scanned, nullable);
        }
    }

    #[test]
    fn another_type_is_refused_with_both_sides() {
        for (column, scanned, nullable, expected) in [
            (column::<i32>(), "bigint", false, "this type is `integer` in the database"),
            (column::<i32>(), "integer", true, "read its name as `integer, nullable`"),
            (column::<Option<i32>>(), "integer", false, "this type is `integer, nullable`"),
            (column::<Vec<String>>(), "text", false, "this type is `text[]`"),
            (column::<String>(), "text[]", false, "`#[migratable(type = \"text\")]`"),
        ] {
            let refused = std::panic::catch_unwind(|| assert_column(column, scanned, nullable)).unwrap_err();
            let message = refused.downcast_ref::<String>().unwrap();
            assert!(message.contains(expected), "{message}");
        }
    }
}
