//! The values that can stand in a call of a revision file, and how one is taken for another.

use migratable_core::{
    Action, Check, Column, ColumnType, DefaultValue, ForeignKey, Generated, Identity, Index, IndexPart, Literal,
    PrimaryKey, Sql, Table, Unique,
};
use proc_macro2::Span;

/// A value and where it stands.
#[derive(Debug)]
pub(super) struct Argument {
    pub value: Value,
    pub span: Span,
}

/// What an expression of a revision file can be.
#[derive(Debug)]
pub(super) enum Value {
    Text(String),
    /// A whole number with the suffix that it was written with.
    Integer(i64, String),
    Float(f64),
    Boolean(bool),
    Bytes(Vec<u8>),
    Array(Vec<Argument>),
    Action(Action),
    Check(Check),
    Column(Column),
    ColumnType(ColumnType),
    DefaultValue(DefaultValue),
    ForeignKey(ForeignKey),
    Generated(Generated),
    Identity(Identity),
    Index(Index),
    IndexPart(IndexPart),
    Literal(Literal),
    PrimaryKey(PrimaryKey),
    Sql(Sql),
    Table(Table),
    Unique(Unique),
}

/// A type that an argument can be read as.
pub(super) trait Readable: Sized {
    /// What is meant, with an example.
    const FORM: &'static str;

    /// Takes the value for it.
    ///
    /// # Errors
    /// With the place of what is wrong, and if it is more than the wrong kind of value, what.
    fn read(argument: Argument) -> Result<Self, (Span, Option<String>)>;
}

macro_rules! plain {
    ($($variant:ident: $form:literal;)*) => {
        $(
            impl From<$variant> for Value {
                fn from(value: $variant) -> Value {
                    Value::$variant(value)
                }
            }

            plain!(read $variant $form);
        )*
    };
    // These have a reading of their own, below.
    (read DefaultValue $form:literal) => {};
    (read IndexPart $form:literal) => {};
    (read $variant:ident $form:literal) => {
        impl Readable for $variant {
            const FORM: &'static str = $form;

            fn read(argument: Argument) -> Result<Self, (Span, Option<String>)> {
                match argument.value {
                    Value::$variant(value) => Ok(value),
                    _ => Err((argument.span, None)),
                }
            }
        }
    };
}

plain! {
    Action: "an action, as in `cascade()`";
    Check: "a check, as in `check(\"ck_users_age\", sql(\"age > 0\"))`";
    Column: "a column, as in `column(\"bio\", text())`";
    ColumnType: "a type, as in `varchar(140)`";
    DefaultValue: "a default, as in `now()`";
    ForeignKey: "a foreign key, as in `foreign_key(\"fk_a\", [\"b_id\"]).references(\"b\", [\"id\"])`";
    Generated: "a generated value, as in `stored(sql(\"a + b\"))`";
    Identity: "an identity, as in `identity()`";
    Index: "an index, as in `index(\"ix_posts_title\").on(\"title\")`";
    IndexPart: "a part of an index, as in `desc(\"title\")`";
    Literal: "a value, as in `value(3)`";
    PrimaryKey: "a primary key, as in `primary_key(\"pk_users\", [\"id\"])`";
    Sql: "SQL, as in `sql(\"lower(email)\")`";
    Table: "a table, as in `table(\"users\").column(column(\"id\", bigint()))`";
    Unique: "a unique constraint, as in `unique(\"uq_users_email\", [\"email\"])`";
}

impl Readable for String {
    const FORM: &'static str = "a text, as in `\"users\"`";

    fn read(argument: Argument) -> Result<Self, (Span, Option<String>)> {
        match argument.value {
            Value::Text(text) => Ok(text),
            _ => Err((argument.span, None)),
        }
    }
}

macro_rules! integers {
    ($($type:ident)*) => {$(
        impl Readable for $type {
            const FORM: &'static str = "a whole number";

            fn read(argument: Argument) -> Result<Self, (Span, Option<String>)> {
                match argument.value {
                    Value::Integer(value, suffix) if suffix.is_empty() || suffix == stringify!($type) => {
                        let range = || format!("a number from {} to {} belongs here", $type::MIN, $type::MAX);
                        value.try_into().map_err(|_| (argument.span, Some(range())))
                    }
                    _ => Err((argument.span, None)),
                }
            }
        }
    )*};
}

integers! { u16 u32 i64 }

impl<T: Readable> Readable for Vec<T> {
    const FORM: &'static str = "a list, as in `[\"id\"]`";

    fn read(argument: Argument) -> Result<Self, (Span, Option<String>)> {
        match argument.value {
            Value::Array(values) => values
                .into_iter()
                .map(|value| {
                    T::read(value).map_err(|(span, message)| {
                        (span, message.or_else(|| Some(format!("{} belongs here", T::FORM))))
                    })
                })
                .collect(),
            _ => Err((argument.span, None)),
        }
    }
}

/// What `value(…)` and `default(…)` take.
pub(super) struct Plain(pub Literal);

impl Readable for Plain {
    const FORM: &'static str = "a plain value, as in `3`, `\"new\"`, `true` or `null()`";

    fn read(argument: Argument) -> Result<Self, (Span, Option<String>)> {
        let span = argument.span;
        Ok(Plain(match argument.value {
            Value::Text(text) => Literal::from(text.as_str()),
            Value::Integer(value, suffix) => Literal::from(integer(value, &suffix).map_err(|it| (span, Some(it)))?),
            Value::Float(value) => Literal::from(value),
            Value::Boolean(value) => Literal::from(value),
            Value::Bytes(value) => Literal::from(value.as_slice()),
            Value::Literal(value) => value,
            _ => return Err((span, None)),
        }))
    }
}

/// A number whose type nothing but its suffix says: the compiler takes it for an `i32` without one.
fn integer(value: i64, suffix: &str) -> Result<i64, String> {
    match suffix {
        "" | "i32" if i32::try_from(value).is_err() => {
            Err(format!("a number of this size needs a suffix: `{value}i64`"))
        }
        "" | "i32" | "i64" => Ok(value),
        _ => Err(format!("`{value}i64` is what can stand here")),
    }
}

impl Readable for DefaultValue {
    const FORM: &'static str = "a default, as in `\"new\"`, `3`, `true`, `now()` or `sql(\"…\")`";

    fn read(argument: Argument) -> Result<Self, (Span, Option<String>)> {
        match argument.value {
            Value::DefaultValue(value) => Ok(value),
            Value::Sql(sql) => Ok(DefaultValue::from(sql)),
            value => Plain::read(Argument { value, span: argument.span }).map(|Plain(value)| DefaultValue::from(value)),
        }
    }
}

impl Readable for IndexPart {
    const FORM: &'static str = "a column, `asc(\"…\")`, `desc(\"…\")` or `sql(\"…\")`";

    fn read(argument: Argument) -> Result<Self, (Span, Option<String>)> {
        match argument.value {
            Value::Text(column) => Ok(IndexPart::from(column.as_str())),
            Value::Sql(sql) => Ok(IndexPart::from(sql)),
            Value::IndexPart(part) => Ok(part),
            _ => Err((argument.span, None)),
        }
    }
}
