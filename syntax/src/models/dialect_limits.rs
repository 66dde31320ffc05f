//! What a dialect cannot hold. What nobody loses by when it is left out (a comment, an access method) is no limit.

use migratable_core::{Action, Column, ColumnType, Deferrable, Dialect, Enum, IndexTarget, Table, TableName};

/// What of a table a dialect cannot hold, and what to write instead.
pub(super) struct Limit {
    pub(super) subject: Subject,
    pub(super) message: String,
}

/// Which part of a table a limit is about; indexes are those of the table's lists.
pub(super) enum Subject {
    Column(String),
    Index(usize),
    Unique(usize),
    ForeignKey(usize),
}

/// What is wrong with the name of a table.
pub(super) struct NameProblem {
    pub(super) message: String,
    pub(super) of_schema: bool,
}

/// Why a table cannot have this name, if it cannot.
pub(super) fn table_name(name: &TableName, dialect: Dialect) -> Option<NameProblem> {
    if dialect != Dialect::Sqlite {
        return None;
    }
    if let Some(schema) = &name.schema {
        let message = format!(
            "SQLite has no schemas\nhelp: remove `schema`, and put it in the name: `#[migratable(table = \"{schema}_{}\")]`",
            name.name
        );
        return Some(NameProblem { message, of_schema: true });
    }
    name.name.to_ascii_lowercase().starts_with("sqlite_").then(|| NameProblem {
        message: format!("names that begin with `sqlite_` are SQLite's own: give `{name}` another one"),
        of_schema: false,
    })
}

/// What of an enum a dialect cannot hold.
pub(super) fn enumeration(enumeration: &Enum, dialects: &[Dialect]) -> Vec<String> {
    let mut found = Vec::new();
    if dialects.contains(&Dialect::Postgres) {
        let long = enumeration.values.iter().filter(|value| value.len() > 63);
        found.extend(long.map(|value| {
            format!("PostgreSQL holds enum values of at most 63 bytes: `rename` the variant with the value {value:?}")
        }));
    }
    found
}

/// What of a table the dialects cannot hold.
pub(super) fn table(table: &Table, dialects: &[Dialect]) -> Vec<Limit> {
    let mut found = Vec::new();
    for dialect in dialects {
        for column in &table.columns {
            let message = match column_type(&column.column_type, *dialect) {
                None => match dialect {
                    Dialect::Sqlite => sqlite_identity(table, column),
                    _ => None,
                },
                some => some,
            };
            found.extend(message.map(|message| Limit { subject: Subject::Column(column.name.clone()), message }));
        }
        if *dialect == Dialect::Mysql {
            mysql(table, &mut found);
        }
    }
    found
}

/// Why Diesel has no such column on a dialect, and what to write instead.
fn column_type(column_type: &ColumnType, dialect: Dialect) -> Option<String> {
    let instead = match (dialect, column_type.on(dialect)) {
        (Dialect::Postgres, _) => return None,
        (Dialect::Sqlite, ColumnType::Interval | ColumnType::Inet | ColumnType::Uuid | ColumnType::Array(_)) => "text",
        (Dialect::Mysql, ColumnType::Interval) => "bigint",
        (Dialect::Mysql, ColumnType::Inet) => "varchar(43)",
        (Dialect::Mysql, ColumnType::Uuid) => "char(36)",
        (Dialect::Mysql, ColumnType::Array(_) | ColumnType::Jsonb) => "json",
        _ => return None,
    };
    let shown = column_type.on(dialect);
    Some(format!(
        "{dialect} has no type for {shown}\nhelp: say how it is stored there: `#[migratable(type({} = \"{instead}\"))]`",
        dialect.name()
    ))
}

/// SQLite numbers a single integer key from 1 in steps of 1, and takes any number that an INSERT brings.
fn sqlite_identity(table: &Table, column: &Column) -> Option<String> {
    let identity = column.identity.as_ref()?;
    let single = table.primary_key.as_ref().is_some_and(|key| key.columns == [column.name.clone()]);
    let what = if !single {
        "SQLite numbers only a primary key of one column"
    } else if identity.always {
        "SQLite always takes a number that an INSERT brings: it has no `identity(always)`"
    } else if identity.start.is_some_and(|start| start != 1) {
        "SQLite numbers rows from 1: it has no `start`"
    } else if identity.increment.is_some_and(|increment| increment != 1) {
        "SQLite numbers rows in steps of 1: it has no `increment`"
    } else {
        return None;
    };
    let help = if single { "help: the correct form is `#[migratable(identity)]`" } else { "help: remove `identity`" };
    Some(format!("{what}\n{help}"))
}

/// The first of these columns that MySQL cannot order by without a length.
fn unsized_key<'c>(table: &Table, columns: &'c [String]) -> Option<&'c String> {
    columns.iter().find(|name| {
        table.find(name).is_some_and(|column| {
            use ColumnType as T;
            matches!(column.column_type.on(Dialect::Mysql), T::Text | T::Binary | T::Json | T::Jsonb)
        })
    })
}

fn mysql(table: &Table, found: &mut Vec<Limit>) {
    let sized = |name: &str, what: &str| {
        format!(
            "MySQL has no {what} over the whole of a text of any length, as `{name}` is\nhelp: give the field a length: \
             `#[migratable(type(mysql = \"varchar(255)\"))]`"
        )
    };
    if let Some(name) = table.primary_key.as_ref().and_then(|key| unsized_key(table, &key.columns)) {
        found.push(Limit { subject: Subject::Column(name.clone()), message: sized(name, "primary key") });
    }
    for (at, unique) in table.uniques.iter().enumerate() {
        if let Some(name) = unsized_key(table, &unique.columns) {
            found.push(Limit { subject: Subject::Unique(at), message: sized(name, "unique") });
        }
    }
    for (at, index) in table.indexes.iter().enumerate() {
        let columns: Vec<String> =
            index.parts.iter().filter_map(|part| part.column_name().map(str::to_owned)).collect();
        let mut limit = |message: String| found.push(Limit { subject: Subject::Index(at), message });
        if let Some(name) = unsized_key(table, &columns).filter(|_| index.method.is_none()) {
            limit(sized(name, "index"));
        }
        if index.parts.iter().any(|part| matches!(part.target, IndexTarget::Expression(_))) {
            limit(
                "MariaDB has no index over an expression\nhelp: index a generated column: `#[migratable(generated = \
                 \"lower(email)\", virtual, index)]`"
                    .to_owned(),
            );
        }
        if index.unique && index.predicate.is_some() {
            limit(
                "MySQL has no unique index over a part of the rows\nhelp: remove `where`, or make a generated column \
                 unique that is NULL in the other rows: `#[migratable(generated = \"…\", virtual, unique)]`"
                    .to_owned(),
            );
        }
    }
    for (at, key) in table.foreign_keys.iter().enumerate() {
        let mut limit = |message: &str| {
            found.push(Limit { subject: Subject::ForeignKey(at), message: message.to_owned() });
        };
        if key.deferrable != Deferrable::No {
            limit("MySQL checks every reference at once: remove `deferrable`");
        }
        if key.on_delete == Action::SetDefault || key.on_update == Action::SetDefault {
            limit("MySQL has no `set_default`: use cascade, set_null, restrict or no_action");
        }
    }
}
