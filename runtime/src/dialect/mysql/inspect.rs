//! A whole database as a schema.

use std::collections::BTreeMap;

use diesel::mysql::MysqlConnection;
use diesel::result::QueryResult;
use migratable_core::{
    Action, Check, Column, ColumnType, DefaultValue, Deferrable, Dialect, ForeignKey, Generated, Identity, Index,
    IndexPart, Native, PrimaryKey, Schema, Sql, Table, TableName, Unique,
};

use super::ddl::{self, quoted};
use super::dependents::{self, UNSEEN};
use super::flavour::{self, Flavour};
use super::introspect::{self, BesideRow, CheckRow, ColumnRow, IndexRow, ReferenceRow, TableRow};
use super::rights::SeenTriggers;
use super::scratch;
use super::shown::{self, Asked};
use super::types::text;
use crate::dialect::Connection;
use crate::error::Error;
use crate::inspect::{Inspected, NotManaged};
use crate::settings::HistoryTable;

/// Reads the database that is in use.
pub(super) fn inspect(database: &mut MysqlConnection) -> Result<Inspected, Error> {
    shown::usually(database, read).map_err(reading)?
}

fn reading(source: diesel::result::Error) -> Error {
    Error::Database { doing: "read the tables of the database", source }
}

fn read(database: &mut MysqlConnection) -> Result<Inspected, Error> {
    let mut reader = Reader::of_database(database).map_err(reading)?;
    let flavour = reader.flavour;
    for row in introspect::tables(database).map_err(reading)? {
        reader.table(row);
    }
    let checks = introspect::checks(database, flavour).map_err(reading)?;
    let (of_columns, of_tables): (Vec<CheckRow>, Vec<CheckRow>) = checks.into_iter().partition(|it| it.of_column);
    let mut by_table: BTreeMap<String, Vec<CheckRow>> = BTreeMap::new();
    of_columns.into_iter().for_each(|it| by_table.entry(it.table.clone()).or_default().push(it));
    for row in introspect::columns(database, flavour).map_err(reading)? {
        let checks = by_table.get(&row.table).map_or(&[][..], Vec::as_slice);
        let check = check_of(&row.name, checks).cloned();
        reader.column(row, check.as_ref());
    }
    let names: Vec<TableName> = reader.schema().tables.keys().cloned().collect();
    let (mut asked, mut rules) = (BTreeMap::new(), BTreeMap::new());
    for name in names {
        let shown = shown::read(&introspect::shown(database, &name).map_err(reading)?);
        if let Some(table) = reader.of(&name.name).filter(|it| it.native.get("engine") == Some(ddl::ARIA)) {
            // Elsewhere stands what the engine has made of what was asked for.
            table.native.set("transactional", shown.transactional);
            let checksum = table.native.get("page_checksum").filter(|it| *it != "1").map(str::to_owned);
            table.native.set("page_checksum", checksum);
        }
        let period = |period| NotManaged { kind: "period".to_owned(), name: period, table: Some(name.clone()) };
        reader.inspected.not_managed.extend(shown.periods.into_iter().map(period));
        let named = |of: String| (name.name.clone(), of);
        rules.extend(shown.rules.into_iter().map(|(key, rules)| (named(key), rules)));
        asked.extend(shown.indexes.into_iter().map(|(index, asked)| (named(index), asked)));
    }
    reader.indexes(introspect::indexes(database, flavour).map_err(reading)?, &asked);
    for row in introspect::references(database).map_err(reading)? {
        reader.reference(row, &rules);
    }
    for row in of_tables {
        let expression = exact(&row.clause);
        let mut native = Native::default();
        native.set("not_enforced", (!row.enforced).then_some("yes"));
        if let Some(table) = reader.of(&row.table) {
            table.checks.push(Check { name: row.name, expression, native });
        }
    }
    for row in introspect::beside(database).map_err(reading)? {
        reader.beside(row);
    }
    reader.unseen_triggers(database).map_err(reading)?;
    reader.inspected.not_managed.sort();
    Ok(reader.inspected)
}

/// The check of a column. MariaDB names it by the column, and goes on so when that is renamed; of JSON the check itself
/// tells whose it is.
fn check_of<'c>(column: &str, checks: &'c [CheckRow]) -> Option<&'c String> {
    let valid = json_check(column);
    let of_json = checks.iter().find(|it| it.clause == valid);
    let is_of_json = |clause: &str| {
        let name = clause.strip_prefix("json_valid(`").and_then(|it| it.strip_suffix("`)"));
        name.is_some_and(|it| !it.replace("``", "").contains('`'))
    };
    let by_name = || checks.iter().find(|it| it.name == column && !is_of_json(&it.clause));
    of_json.or_else(by_name).map(|it| &it.clause)
}

fn json_check(column: &str) -> String {
    format!("json_valid({})", quoted(column))
}

struct Reader {
    flavour: Flavour,
    /// The name of the database.
    database: String,
    inspected: Inspected,
}

/// A text in the server's own words.
fn exact(text: &str) -> Sql {
    Sql::each([(Dialect::Mysql, text)])
}

impl Reader {
    fn of_database(database: &mut MysqlConnection) -> QueryResult<Reader> {
        let rows = database.rows("SELECT DATABASE(), version(), @@character_set_database, @@collation_database")?;
        let mut values = rows.into_iter().flatten();
        let mut next = || values.next().flatten().unwrap_or_default();
        let (name, version) = (next(), next());
        let mut inspected = Inspected::default();
        inspected.schema.is_database = true;
        inspected.native.set(flavour::VERSION, Some(&*version));
        inspected.native.set(scratch::CHARACTERS, Some(next()));
        inspected.native.set(scratch::COLLATION, Some(next()));
        Ok(Reader { flavour: Flavour::of(&inspected), database: name, inspected })
    }

    fn of(&mut self, table: &str) -> Option<&mut Table> {
        self.inspected.schema.tables.get_mut(&TableName::plain(table))
    }

    fn schema(&mut self) -> &mut Schema {
        &mut self.inspected.schema
    }

    fn table(&mut self, row: TableRow) {
        if HistoryTable::OWN.contains(&row.name.as_str()) {
            return;
        }
        let name = TableName::plain(row.name.clone());
        let kind = match row.kind.as_str() {
            // It holds rows of others, and is told nowhere of which.
            "BASE TABLE" if row.engine == "MRG_MyISAM" => Some("merge table".to_owned()),
            "BASE TABLE" => None,
            "SYSTEM VERSIONED" => Some("system-versioned table".to_owned()),
            kind => Some(kind.to_ascii_lowercase()),
        };
        if let Some(kind) = kind {
            self.inspected.not_managed.push(NotManaged { kind, name: row.name, table: None });
            return;
        }
        let mut table = Table::new(name.clone());
        table.comment = Some(row.comment).filter(|comment| !comment.is_empty());
        table.native.set("engine", Some(row.engine));
        table.native.set("collation", row.collation);
        table.native.set(Table::COLUMN_ORDER, Some("kept"));
        for option in row.options.split_whitespace() {
            match option.split_once('=') {
                Some((word, value)) => {
                    table.native.set(&word.trim_matches(['`', '"']).to_ascii_lowercase(), Some(value));
                }
                None if option == "partitioned" => {
                    let (kind, table) = ("partitions".to_owned(), Some(name.clone()));
                    self.inspected.not_managed.push(NotManaged { kind, name: row.name.clone(), table });
                }
                None => table.native.set(&option.to_ascii_lowercase(), Some("1")),
            }
        }
        self.schema().tables.insert(name, table);
    }

    fn column(&mut self, row: ColumnRow, check: Option<&String>) {
        // As it stands before other names.
        let (flavour, own) = (self.flavour, format!("{}.", quoted(&self.database)));
        let Some(table) = self.of(&row.table) else { return };
        let is_json = row.column_type == "json"
            || (row.column_type == "longtext"
                && row.collation.as_deref() == Some("utf8mb4_bin")
                && check == Some(&json_check(&row.name)));
        let column_type = if is_json { ColumnType::Json } else { column_type(&row.column_type) };
        let extra = row.extra.to_ascii_lowercase();
        let mut column = Column::new(row.name.clone(), column_type);
        column.nullable = row.nullable;
        column.default = default(&row, &extra, flavour, &own);
        column.identity = extra.contains("auto_increment").then(Identity::default);
        column.generated = row.expression.as_ref().map(|expression| Generated {
            expression: match flavour.mariadb {
                true => exact(expression),
                // MySQL shows the text escaped once more.
                false => exact(&expression.replace("\\'", "'")),
            },
            stored: extra.contains("stored generated"),
        });
        let table_collation = table.native.get("collation");
        column.collation = row.collation.filter(|it| !is_json && Some(it.as_str()) != table_collation);
        column.comment = Some(row.comment).filter(|comment| !comment.is_empty());
        column.native.set("check", check.filter(|_| !is_json).cloned());
        column.native.set("invisible", extra.contains("invisible").then_some("yes"));
        let on_update = extra.split_once("on update ").map(|(_, rest)| rest.split([',', ' ']).next().unwrap_or(rest));
        column.native.set("on_update", on_update);
        column.native.set("srid", row.reference_system);
        table.columns.push(column);
    }

    fn indexes(&mut self, rows: Vec<IndexRow>, asked: &BTreeMap<(String, String), Asked>) {
        let mut rows = rows.into_iter().peekable();
        while let Some(first) = rows.next() {
            let mut parts = vec![first];
            while let Some(part) = rows.next_if(|it| it.table == parts[0].table && it.name == parts[0].name) {
                parts.push(part);
            }
            let Some(table) = self.of(&parts[0].table) else { continue };
            let asked = asked.get(&(parts[0].table.clone(), parts[0].name.clone()));
            add_index(table, &parts, &asked.cloned().unwrap_or_default());
        }
    }

    /// A column of a foreign key. The rules of the keys come by table and name, as the server writes them.
    fn reference(&mut self, row: ReferenceRow, rules: &BTreeMap<(String, String), String>) {
        // What the server does where nothing is said.
        let usual = if self.flavour.mariadb { Action::Restrict } else { Action::NoAction };
        let Some(table) = self.of(&row.table) else { return };
        if table.foreign_keys.last().is_none_or(|key| key.name != row.name) {
            let rules = rules.get(&(row.table, row.name.clone())).map_or("", String::as_str);
            let action = |event: &str| {
                let (_, rule) = rules.split_once(&format!(" ON {event} "))?;
                Action::ALL.into_iter().find(|action| rule.starts_with(action.sql()))
            };
            table.foreign_keys.push(ForeignKey {
                name: row.name,
                columns: Vec::new(),
                table: TableName { schema: row.schema, name: row.target },
                references: Vec::new(),
                on_delete: action("DELETE").unwrap_or(usual),
                on_update: action("UPDATE").unwrap_or(usual),
                deferrable: Deferrable::No,
                native: Native::default(),
            });
        }
        if let Some(key) = table.foreign_keys.last_mut() {
            key.columns.push(row.column);
            key.references.push(row.target_column);
        }
    }

    /// What is not managed beside the tables, and what it needs of them.
    fn beside(&mut self, row: BesideRow) {
        let other = NotManaged { kind: row.kind, name: row.name, table: row.table.map(TableName::plain) };
        let is_view = other.kind == "view";
        let is_unseen = row.text.as_ref().is_none_or(String::is_empty);
        if is_view && is_unseen {
            self.unseen("SHOW VIEW", &format!("what the {other} reads"));
        } else if other.kind == "trigger" && is_unseen {
            self.unseen("TRIGGER", &format!("what the {other} does"));
        } else if let Some(text) = row.text {
            let needs = dependents::needs(&other, &text, &self.database, &self.inspected.schema);
            self.inspected.needs.extend(needs);
        }
        if !is_view {
            self.inspected.definitions.extend(row.event.map(|event| (other.to_string(), event)));
            self.inspected.not_managed.push(other);
        }
    }

    /// Notes something that this user may not see without a right.
    fn unseen(&mut self, right: &str, what: &str) {
        let native = &mut self.inspected.native;
        let known = native.get(UNSEEN).filter(|known| *known != right).map(|known| format!("{known}, {right}"));
        native.set(UNSEEN, Some(known.unwrap_or_else(|| right.to_owned())));
        let name = format!("{what}: this user may not see it, grant {right}");
        self.inspected.not_managed.push(NotManaged { kind: "unseen".to_owned(), name, table: None });
    }

    fn unseen_triggers(&mut self, database: &mut MysqlConnection) -> QueryResult<()> {
        let seen = SeenTriggers::ask(database, self.flavour, &self.database)?;
        if !self.inspected.schema.tables.keys().all(|table| seen.has(&table.name)) {
            self.unseen("TRIGGER", "which triggers there are");
        }
        Ok(())
    }
}

/// The portable type that the server's words spell, or these words.
fn column_type(name: &str) -> ColumnType {
    let (word, inside) = match name.split_once('(') {
        Some((word, rest)) => (word, rest.strip_suffix(')')),
        None => (name, None),
    };
    let plain = !name.contains('(');
    let number = || inside.and_then(|inside| inside.parse::<u32>().ok());
    let portable = match (word, inside) {
        ("tinyint", Some("1")) => Some(ColumnType::Boolean),
        // The width in which a number is shown is the server's own, where it shows one at all.
        ("smallint", Some("6")) => Some(ColumnType::SmallInt),
        ("int", Some("11")) => Some(ColumnType::Integer),
        ("bigint", Some("20")) => Some(ColumnType::BigInt),
        ("smallint", None) if plain => Some(ColumnType::SmallInt),
        ("int", None) if plain => Some(ColumnType::Integer),
        ("bigint", None) if plain => Some(ColumnType::BigInt),
        ("float", None) if plain => Some(ColumnType::Real),
        ("double", None) if plain => Some(ColumnType::Double),
        ("longtext", None) => Some(ColumnType::Text),
        ("longblob", None) => Some(ColumnType::Binary),
        ("date", None) => Some(ColumnType::Date),
        ("time", Some("6")) => Some(ColumnType::Time),
        ("datetime", Some("6")) => Some(ColumnType::Timestamp),
        ("timestamp", Some("6")) => Some(ColumnType::TimestampTz),
        ("varchar", _) => number().filter(|length| *length > 0).map(ColumnType::Varchar),
        ("char", _) => number().filter(|length| *length > 0).map(ColumnType::Char),
        ("varbinary", _) => number().filter(|length| *length > 0).map(ColumnType::Varbinary),
        ("decimal", Some(inside)) => inside
            .split_once(',')
            .and_then(|(precision, scale)| Some((precision.parse().ok()?, scale.parse().ok()?)))
            .map(|digits| ColumnType::Numeric(Some(digits))),
        _ => None,
    };
    portable.unwrap_or_else(|| ColumnType::Native(exact(name)))
}

/// MariaDB shows the default as SQL, MySQL the bare value of what is no expression.
fn default(row: &ColumnRow, extra: &str, flavour: Flavour, own: &str) -> Option<DefaultValue> {
    let default = row.default.as_deref().filter(|_| row.expression.is_none())?;
    let sql = match flavour.mariadb {
        true if default == "NULL" => return None,
        true if default.starts_with('\'') => default.to_owned(),
        // A sequence is named with its database.
        true => default.replace(own, ""),
        false if extra.contains("default_generated") => default.replace("\\'", "'"),
        false if row.column_type.starts_with("bit") || default.starts_with("0x") => default.to_owned(),
        false => text(default),
    };
    Some(DefaultValue::Sql(exact(&sql)))
}

fn add_index(table: &mut Table, parts: &[IndexRow], asked: &Asked) {
    let first = &parts[0];
    let in_words = matches!(first.method.as_str(), "FULLTEXT" | "SPATIAL");
    let memory = table.native.get("engine").is_some_and(|engine| engine.eq_ignore_ascii_case("memory"));
    let method = match first.method.as_str() {
        "FULLTEXT" | "SPATIAL" => Some(first.method.to_ascii_lowercase()),
        // A unique that is too long for a tree is one of hashes by itself.
        "HASH" if !memory => None,
        _ => asked.using.as_ref().map(|using| using.to_ascii_lowercase()),
    };
    let read = |row: &IndexRow| {
        let mut part = match (&row.column, &row.expression) {
            (Some(column), _) => IndexPart::column(column.clone()),
            (None, expression) => IndexPart::expression(exact(expression.as_deref().unwrap_or_default())),
        };
        part.descending = row.descending;
        part.native.set("prefix", row.prefix.clone().filter(|_| !in_words));
        part
    };
    let mut native = Native::default();
    native.set("comment", Some(first.comment.clone()).filter(|comment| !comment.is_empty()));
    native.set("ignored", first.ignored.then_some("yes"));
    native.set("block_size", asked.block_size.clone());
    native.set("parser", asked.parser.clone());
    let found: Vec<IndexPart> = parts.iter().map(read).collect();
    let plain = found.iter().all(|part| *part == IndexPart::column(part.column_name().unwrap_or_default()));
    let columns: Vec<String> = found.iter().filter_map(|part| part.column_name().map(str::to_owned)).collect();
    if first.name == "PRIMARY" {
        native.set("using", method);
        let shown = |part: &IndexPart| {
            let prefix = part.native.get("prefix").map_or(String::new(), |prefix| format!("({prefix})"));
            let order = if part.descending { " DESC" } else { "" };
            format!("{}{prefix}{order}", quoted(part.column_name().unwrap_or_default()))
        };
        let all: Vec<String> = found.iter().map(shown).collect();
        native.set("parts", (!plain).then(|| all.join(", ")));
        table.primary_key = Some(PrimaryKey { name: first.name.clone(), columns, native });
    } else if first.unique && plain && native.is_empty() && method.is_none() {
        table.uniques.push(Unique { name: first.name.clone(), columns, native });
    } else {
        table.indexes.push(Index {
            name: first.name.clone(),
            parts: found,
            unique: first.unique,
            predicate: None,
            method,
            include: Vec::new(),
            native,
        });
    }
}
