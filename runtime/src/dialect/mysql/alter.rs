//! What makes one table of another: some preparation, and one ALTER TABLE.

mod keys;

use std::collections::{BTreeMap, BTreeSet};

use migratable_core::{Column, ColumnType, Dialect, Native, Sql, Table};

use super::clocks::Clocks;
use super::ddl::{self, Words, quoted, table_name};
use super::session;
use super::types::{self, COUNTERS, text};

/// A table that changes.
pub(super) struct Alteration<'a> {
    pub(super) before: &'a Table,
    pub(super) after: &'a Table,
    pub(super) words_before: Words<'a>,
    pub(super) words: Words<'a>,
    /// Columns that were dropped, although there may be one of that name again.
    pub(super) dropped: &'a BTreeSet<String>,
    /// Values that the rows get in columns that are added or converted.
    pub(super) values: &'a BTreeMap<String, String>,
    /// Values that the rows get in place of NULL.
    pub(super) in_place_of_null: &'a BTreeMap<String, String>,
    /// Whether the server is to make something of values that the new types do not hold.
    pub(super) is_lossy: bool,
    /// Whether triggers notice updates of the table.
    pub(super) is_noticed: bool,
    /// The columns that the server sets to the time of an update.
    pub(super) clocks: &'a Clocks,
}

/// From where on texts count as long.
const LONG: u32 = 255;

/// What becomes of a column.
enum Step {
    Keep,
    Modify,
    Add,
    /// Computed again; nothing is kept.
    AddAnew,
    /// Filled under another name first. The old one goes.
    Staged {
        value: String,
        replaces: bool,
    },
}

/// The statements that make the change.
#[derive(Default)]
pub(super) struct Statements {
    /// Makes room for values beside those that they replace.
    pub(super) room: Vec<String>,
    /// Puts the values there.
    pub(super) values: Option<String>,
    /// Takes the room away again.
    pub(super) clear: Option<String>,
    /// Puts values in place of NULL.
    pub(super) in_place_of_null: Vec<String>,
    /// The change itself, if there is one, and what is left to be changed behind it.
    pub(super) alter: Vec<String>,
}

impl<'a> Alteration<'a> {
    /// The column as it is in the database, if it goes on.
    fn old(&self, name: &str) -> Option<&'a Column> {
        self.before.find(name).filter(|_| !self.dropped.contains(name))
    }

    /// The columns whose values or types a foreign key would see change.
    pub(super) fn touched(&self) -> Result<BTreeSet<String>, String> {
        let seen = |table: &Table, column: &Column, words: &Words<'_>| -> Result<String, String> {
            let bare = Column { default: None, comment: None, native: Native::default(), ..column.clone() };
            words.column(table, &bare)
        };
        let mut touched = BTreeSet::new();
        for column in &self.before.columns {
            let kept = match (self.old(&column.name), self.after.find(&column.name)) {
                (Some(old), Some(new)) => {
                    seen(self.before, old, &self.words_before)? == seen(self.after, new, &self.words)?
                        && matches!(self.step(new)?, Step::Keep | Step::Modify)
                }
                _ => false,
            };
            if !kept {
                touched.insert(column.name.clone());
            }
        }
        Ok(touched)
    }

    fn step(&self, column: &Column) -> Result<Step, String> {
        let value = self.values.get(&column.name).cloned();
        let Some(old) = self.old(&column.name) else {
            let replaces = self.before.find(&column.name).is_some();
            return Ok(match (value, replaces) {
                (Some(value), replaces) if column.generated.is_none() => Step::Staged { value, replaces },
                (_, true) => Step::AddAnew,
                (_, false) => Step::Add,
            });
        };
        if column.generated.is_some() {
            let same = old.generated == column.generated
                && self.words_before.type_name(old)? == self.words.type_name(column)?;
            return Ok(match same {
                true => self.modify(old, column)?,
                false => Step::AddAnew,
            });
        }
        let was_computed = old.generated.as_ref().is_some_and(|generated| !generated.stored);
        Ok(match value {
            Some(value) => Step::Staged { value, replaces: true },
            None if was_computed => Step::Staged { value: quoted(&old.name), replaces: true },
            None => self.modify(old, column)?,
        })
    }

    fn modify(&self, old: &Column, new: &Column) -> Result<Step, String> {
        let same = self.words_before.column(self.before, old)? == self.words.column(self.after, new)?;
        Ok(if same { Step::Keep } else { Step::Modify })
    }

    /// Writes the statements.
    pub(super) fn statements(&self) -> Result<Statements, String> {
        let table = table_name(&self.before.name);
        let mut statements = Statements::default();
        let mut columns = Vec::new();
        let mut remade: BTreeSet<&str> = BTreeSet::new();
        let (mut additions, mut filled) = (Vec::new(), Vec::new());
        let mut values = Vec::new();
        let mut staged: BTreeMap<&str, String> = BTreeMap::new();
        let is_free = |name: &String| self.before.find(name).is_none() && self.after.find(name).is_none();
        let mut free = (1_u32..).map(|number| format!("migratable_new_{number}")).filter(is_free);
        for column in &self.after.columns {
            let step = self.step(column)?;
            if let Step::Staged { value, .. } = &step {
                let Some(stage) = free.next() else { continue };
                let plain = Column {
                    name: stage.clone(),
                    column_type: staged_type(&column.column_type),
                    // Of texts with commas no column is NULL.
                    nullable: self.before.native.get("engine") != Some("CSV"),
                    default: None,
                    identity: None,
                    generated: None,
                    native: Native::default(),
                    ..column.clone()
                };
                let definition = self.words.column(self.after, &plain)?;
                if self.words.flavour.mariadb {
                    additions.push(format!("DROP COLUMN IF EXISTS {}", quoted(&stage)));
                } else {
                    statements.room.extend(self.drop_left_over(&stage));
                }
                match self.as_default(column, value, &mut statements.room) {
                    Some(value) => filled.push(format!("ADD COLUMN {definition} DEFAULT ({value})")),
                    None => {
                        additions.push(format!("ADD COLUMN {definition}"));
                        values.push(format!("{} = {value}", quoted(&stage)));
                    }
                }
                staged.insert(&column.name, stage);
            }
            if matches!(step, Step::AddAnew | Step::Staged { replaces: true, .. }) {
                remade.insert(&column.name);
            }
            columns.push((column, step));
        }
        statements.room.extend(self.first_numbers()?);
        additions.extend(filled);
        if !additions.is_empty() {
            let add = format!("ALTER TABLE {table} {}", additions.join(", "));
            if values.is_empty() {
                statements.values = Some(add);
            } else {
                statements.room.push(add);
                statements.values = Some(self.update(&values, None));
            }
            let drop = if self.words.flavour.mariadb { "DROP COLUMN IF EXISTS" } else { "DROP COLUMN" };
            let drops: Vec<String> = staged.values().map(|stage| format!("{drop} {}", quoted(stage))).collect();
            statements.clear = Some(format!("ALTER TABLE {table} {}", drops.join(", ")));
        }
        for (column, value) in self.in_place_of_null {
            let set = [format!("{} = {value}", quoted(column))];
            statements.in_place_of_null.push(self.update(&set, Some(&format!("{} IS NULL", quoted(column)))));
        }
        if self.before.native.get("key_block_size") != self.after.native.get("key_block_size") {
            // An index keeps the size that it was made with.
            remade.extend(columns.iter().map(|(column, _)| column.name.as_str()));
        }
        let mut clauses = Vec::new();
        let added = self.keys_and_checks(&remade, &mut clauses)?;
        self.columns(&columns, &staged, &mut clauses)?;
        clauses.extend(added);
        if self.before.comment != self.after.comment {
            clauses.push(format!("COMMENT={}", text(self.after.comment.as_deref().unwrap_or_default())));
        }
        clauses.extend(ddl::options(&self.before.native, &self.after.native));
        let is_aria = |table: &Table| table.native.get("engine") == Some(ddl::ARIA);
        let leaves_aria = is_aria(self.before) && !is_aria(self.after);
        if leaves_aria && self.before.native.has("transactional") {
            statements.alter.push(format!("ALTER TABLE {table} TRANSACTIONAL=DEFAULT"));
        }
        if !clauses.is_empty() {
            statements.alter.push(format!("ALTER TABLE {table}\n    {}", clauses.join(",\n    ")));
        }
        if leaves_aria && !self.after.native.has("page_checksum") {
            // The engine leaves its own choice as one of the table.
            statements.alter.push(format!("ALTER TABLE {table} PAGE_CHECKSUM=DEFAULT"));
        }
        if self.is_lossy {
            statements.room.insert(0, session::SET_LENIENT_MODE.to_owned());
            statements.alter.push(session::SET_MODE.to_owned());
        }
        Ok(statements)
    }

    /// The value as a default, by which rows get it without an update that triggers would notice; nothing where it must
    /// be put there by one. `room` comes before.
    fn as_default(&self, column: &Column, value: &str, room: &mut Vec<String>) -> Option<String> {
        let value = Sql::each([(Dialect::Mysql, value)]);
        let is_unreadable = |it: &&Column| it.identity.is_some() || it.generated.is_some();
        let reads = |it: &Column| value.mentions(&it.name);
        if !self.is_noticed
            || !self.words.flavour.mariadb
            || self.before.columns.iter().filter(is_unreadable).any(reads)
        {
            return None;
        }
        let mut value = value.text(Dialect::Mysql)?.to_owned();
        for key in &self.after.foreign_keys {
            for target in key.columns.iter().zip(&key.references).filter(|(own, _)| **own == column.name) {
                let some = ddl::some_value(&key.table, target.1);
                if value.contains(&some) {
                    let variable = format!("@migratable_some_{}", room.len());
                    room.push(format!("SET {variable} = {some}"));
                    value = value.replace(&some, &variable);
                }
            }
        }
        if !value.to_ascii_uppercase().contains("SELECT") {
            return Some(value);
        }
        // The same for all rows.
        let is_one = !self.before.columns.iter().any(|it| Sql::each([(Dialect::Mysql, &*value)]).mentions(&it.name));
        is_one.then(|| {
            let variable = format!("@migratable_some_{}", room.len());
            room.push(format!("SET {variable} = {value}"));
            variable
        })
    }

    /// Drops a column that a change which failed has left, if it is there. MySQL has no words for that condition.
    fn drop_left_over(&self, stage: &str) -> [String; 4] {
        let name = &self.before.name;
        let drop = format!("ALTER TABLE {} DROP COLUMN {}", table_name(name), quoted(stage));
        let database = name.schema.as_deref().map_or_else(|| "DATABASE()".to_owned(), text);
        [
            format!(
                "SET @migratable_drop = (SELECT IF(COUNT(*) = 0, 'DO 0', {}) FROM information_schema.columns \
                 WHERE table_schema = {database} AND table_name = {} AND column_name = {})",
                text(&drop),
                text(&name.name),
                text(stage)
            ),
            "PREPARE migratable_drop FROM @migratable_drop".to_owned(),
            "EXECUTE migratable_drop".to_owned(),
            "DEALLOCATE PREPARE migratable_drop".to_owned(),
        ]
    }

    /// Begins to number the rows, behind all that stands in the columns whose NULLs are numbered.
    fn first_numbers(&self) -> Result<Vec<String>, String> {
        let mut statements = Vec::new();
        for counter in COUNTERS {
            let filled = self.in_place_of_null.iter().chain(self.values);
            let numbered: Vec<&String> =
                filled.filter(|(_, value)| value.contains(counter)).map(|(column, _)| column).collect();
            let mut numbers = vec!["0".to_owned()];
            for old in numbered.iter().filter_map(|column| self.old(column)) {
                let number = types::number_of(&self.words_before.type_name(old)?, &quoted(&old.name));
                let from = table_name(&self.before.name);
                numbers.push(format!("COALESCE((SELECT CEILING(MAX({number})) FROM {from}), 0)"));
            }
            match &*numbers {
                _ if numbered.is_empty() => {}
                [zero] => statements.push(format!("SET {counter} = {zero}")),
                several => statements.push(format!("SET {counter} = GREATEST({})", several.join(", "))),
            }
        }
        Ok(statements)
    }

    /// An UPDATE that leaves alone what the server would set to the time of the update.
    fn update(&self, values: &[String], condition: Option<&str>) -> String {
        let mut values = values.to_vec();
        values.extend(self.clocks.kept(self.before, None));
        let condition = condition.map_or(String::new(), |it| format!(" WHERE {it}"));
        format!("UPDATE {} SET {}{condition}", table_name(&self.before.name), values.join(", "))
    }

    fn columns(
        &self,
        columns: &[(&Column, Step)],
        staged: &BTreeMap<&str, String>,
        clauses: &mut Vec<String>,
    ) -> Result<(), String> {
        let goes_on = |name: &str| {
            columns.iter().any(|(column, step)| column.name == name && matches!(step, Step::Keep | Step::Modify))
        };
        // The columns that are computed from others go before those.
        let gone = |computed: bool| {
            let columns = self.before.columns.iter().filter(|column| !goes_on(&column.name));
            columns.filter(move |column| column.generated.is_some() == computed)
        };
        clauses.extend(gone(true).chain(gone(false)).map(|column| format!("DROP COLUMN {}", quoted(&column.name))));
        let there: Vec<&str> =
            self.before.columns.iter().map(|it| it.name.as_str()).filter(|name| goes_on(name)).collect();
        let wanted: Vec<&str> = columns.iter().map(|(it, _)| it.name.as_str()).filter(|it| goes_on(it)).collect();
        let fixed = in_order(&there, &wanted);
        let last_kept = columns.iter().rposition(|(column, _)| fixed.contains(&column.name.as_str()));
        for (at, (column, step)) in columns.iter().enumerate() {
            let definition = self.words.column(self.after, column)?;
            let moves = !fixed.contains(&column.name.as_str());
            // What is behind all that stays in its place comes to stand there by itself.
            let place = match at.checked_sub(1).map(|before| &columns[before].0.name) {
                _ if !moves => String::new(),
                Some(_) if last_kept.is_none_or(|last| at > last) && matches!(step, Step::Add) && staged.is_empty() => {
                    String::new()
                }
                Some(before) => format!(" AFTER {}", quoted(before)),
                None => " FIRST".to_owned(),
            };
            match (step, staged.get(column.name.as_str())) {
                (Step::Keep, _) if !moves => {}
                (Step::Keep | Step::Modify, _) => clauses.push(format!("MODIFY COLUMN {definition}{place}")),
                (_, Some(stage)) => clauses.push(format!("CHANGE COLUMN {} {definition}{place}", quoted(stage))),
                (_, None) => clauses.push(format!("ADD COLUMN {definition}{place}")),
            }
        }
        Ok(())
    }
}

/// The type of a column that holds values until it takes the place of another. Beside that a long one would not fit into
/// the row.
fn staged_type(column_type: &ColumnType) -> ColumnType {
    match column_type {
        ColumnType::Varchar(length) if *length > LONG => ColumnType::Text,
        ColumnType::Varbinary(length) if *length > LONG => ColumnType::Binary,
        other => other.clone(),
    }
}

/// The most columns that stand in the same order in both, and so need not move.
fn in_order<'n>(there: &[&'n str], wanted: &[&str]) -> BTreeSet<&'n str> {
    // For each column, the longest chain that ends with it, and the one before it in that chain.
    let places: Vec<usize> =
        there.iter().map(|name| wanted.iter().position(|it| it == name).unwrap_or_default()).collect();
    let mut chains: Vec<(usize, Option<usize>)> = Vec::new();
    for (at, place) in places.iter().enumerate() {
        let before = (0..at).filter(|&it| places[it] < *place).max_by_key(|&it| (chains[it].0, std::cmp::Reverse(it)));
        chains.push((before.map_or(0, |it| chains[it].0) + 1, before));
    }
    let mut fixed = BTreeSet::new();
    let mut next = (0..there.len()).max_by_key(|&at| (chains[at].0, std::cmp::Reverse(at)));
    while let Some(at) = next {
        fixed.insert(there[at]);
        next = chains[at].1;
    }
    fixed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_few_columns_as_can_be_move() {
        for (there, wanted, fixed) in [
            ("a b c d", "a b c d", "a b c d"),
            ("a b c d", "b c d a", "b c d"),
            ("a b c d", "d a b c", "a b c"),
            ("a b", "b a", "a"),
            ("", "", ""),
        ] {
            let words = |text: &'static str| text.split_whitespace().collect::<Vec<_>>();
            let found: Vec<_> = in_order(&words(there), &words(wanted)).into_iter().collect();
            assert_eq!(found, words(fixed), "{there} to {wanted}");
        }
    }
}
