//! Enums whose values change: a new type takes the place of the old one, because a value that is added to a type cannot
//! be used in the transaction that adds it, and none can be dropped. Where it is known that nothing uses the value, it
//! is added, and whatever needs the type stays as it is.

use migratable_core::{ColumnType, Enum, Operation, TableName};

use super::super::ddl::{self, qualified, quoted};
use super::super::types;
use super::super::verify::Rows;
use super::columns::alter;
use super::{Planned, Planner};
use crate::dialect::literal;
use crate::plan::Piece;

/// An enum whose values are changing.
pub(super) struct NewValues {
    name: String,
    /// The values as the database has them.
    before: Vec<String>,
    /// The places of the operations.
    operations: Vec<usize>,
}

impl NewValues {
    /// Whether an operation goes on with the change.
    pub(super) fn takes(&self, operation: &Operation) -> bool {
        matches!(operation, Operation::AddEnumValue { name, .. } | Operation::DropEnumValue { name, .. }
            if *name == self.name)
    }
}

impl Planner<'_> {
    pub(super) fn new_value(&mut self, operation: &Operation, name: &str) -> Planned {
        let before = self.schema.enums.get(name).map(|it| it.values.clone()).unwrap_or_default();
        self.apply(operation)?;
        let at = self.at;
        let fresh = || NewValues { name: name.to_owned(), before, operations: Vec::new() };
        self.new_values.get_or_insert_with(fresh).operations.push(at);
        Ok(())
    }

    pub(super) fn rename_value(&mut self, operation: &Operation, name: &str, from: &str, to: &str) -> Planned {
        self.apply(operation)?;
        let name = qualified(&TableName::parse(name));
        self.statement(format!("ALTER TYPE {name} RENAME VALUE {} TO {}", literal(from), literal(to)));
        Ok(())
    }

    /// Makes the type anew with the values that it has come to.
    pub(super) fn make_new_values(&mut self) -> Planned {
        let Some(NewValues { name, before, operations }) = self.new_values.take() else { return Ok(()) };
        let Some(after) = self.schema.enums.get(&name).cloned() else { return Ok(()) };
        if after.values == before {
            return Ok(());
        }
        let first = self.planned.pieces.len();
        let mut kept = after.values.iter().filter(|value| before.contains(value));
        if self.adds_values && before.iter().all(|value| kept.next() == Some(value)) {
            self.add_values(&after, &before);
        } else {
            self.replace_type(&after, &before)?;
        }
        self.planned.pieces[first..].iter_mut().for_each(|piece: &mut Piece| piece.operations.clone_from(&operations));
        Ok(())
    }

    /// Adds values to the type, each before the next one that it had.
    fn add_values(&mut self, after: &Enum, before: &[String]) {
        let name = qualified(&TableName::parse(&after.name));
        let is_old = |value: &&String| before.contains(value);
        let mut added = Vec::new();
        for (at, value) in after.values.iter().enumerate().filter(|(_, value)| !is_old(value)) {
            let next = after.values[at..].iter().find(is_old);
            let place = next.map(|next| format!(" BEFORE {}", literal(next))).unwrap_or_default();
            self.statement(format!("ALTER TYPE {name} ADD VALUE {}{place}", literal(value)));
            added.push((name.clone(), value.clone()));
        }
        self.added_values.extend(added);
    }

    /// Whether a statement may use a value that its transaction has added: by its name, or because it reads the type's
    /// values from rows.
    pub(super) fn uses_added_value(&self, sql: &str) -> bool {
        self.added_values.iter().any(|(name, value)| {
            let is_escaped = value.contains(['"', '\\']);
            is_escaped || sql.contains(&value.replace('\'', "''")) || (sql.contains(name) && sql.contains(" USING "))
        })
    }

    fn replace_type(&mut self, after: &Enum, before: &[String]) -> Planned {
        let removed: Vec<String> = before.iter().filter(|value| !after.values.contains(value)).cloned().collect();
        let users: Vec<(TableName, String)> =
            self.schema.users_of(&after.name).map(|(table, column)| (table.clone(), column.name.clone())).collect();
        for (name, column) in &users {
            let table = self.table(name)?;
            if let Some(found) = table.find(column).filter(|_| !removed.is_empty()) {
                let is_array = matches!(found.column_type, ColumnType::Array(_));
                self.verify_losses(Rows(&table).removed(column, is_array, &removed));
            }
            self.set_aside_expressions(&table, column)?;
        }
        let type_name = TableName::parse(&after.name);
        self.set_aside_dependents_of_type(&type_name)?;
        let old = TableName { name: "migratable_old_values".to_owned(), ..type_name.clone() };
        self.statement(format!("ALTER TYPE {} RENAME TO {}", qualified(&type_name), quoted(&old.name)));
        self.statement(ddl::create_enum(after)?);
        for (name, column) in &users {
            let table = self.table(name)?;
            let Some(found) = table.find(column) else { continue };
            if found.default.is_some() {
                self.statement(alter(name, column, "DROP DEFAULT"));
            }
            let waits = self.gets_default_later(name, column);
            let to = types::name(&found.column_type)?;
            let is_array = matches!(found.column_type, ColumnType::Array(_));
            let text = self.kept_text(&quoted(column), is_array, after, &removed);
            self.statement(alter(name, column, &format!("TYPE {to} USING ({text})::{to}")));
            match types::default(found)?.filter(|_| !waits) {
                Some(default) => self.statement(alter(name, column, &format!("SET DEFAULT {default}"))),
                None => self.forget_default(name, column),
            }
        }
        self.statement(carry_over(&qualified(&old), &qualified(&type_name)));
        self.statement(format!("DROP TYPE {}", qualified(&old)));
        self.bring_back_routines();
        Ok(())
    }

    /// Whether the default of a column is about to become another one: the one that it has may name a value that went.
    fn gets_default_later(&self, of: &TableName, name: &str) -> bool {
        let mut next = self.operations[self.next..].iter().take_while(|it| !it.is_data());
        next.any(|operation| match operation {
            Operation::AlterColumn { table, column, change } => {
                table == of && column == name && change.default.is_some()
            }
            _ => false,
        })
    }

    fn forget_default(&mut self, table: &TableName, name: &str) {
        let columns = self.schema.tables.get_mut(table).into_iter().flat_map(|it| &mut it.columns);
        columns.filter(|it| it.name == name).for_each(|it| it.default = None);
    }

    /// The value as text. Where nobody was asked, the first value takes the place of those that go.
    fn kept_text(&self, column: &str, is_array: bool, after: &Enum, removed: &[String]) -> String {
        let text = format!("{column}::text{}", if is_array { "[]" } else { "" });
        let Some(first) = after.values.first().filter(|_| self.mode.is_difference() && !removed.is_empty()) else {
            return text;
        };
        let (first, removed) = (literal(first), removed.iter().map(|value| literal(value)));
        match is_array {
            true => removed.fold(text, |text, value| format!("array_replace({text}, {value}, {first})")),
            false => {
                let removed: Vec<String> = removed.collect();
                format!("CASE WHEN {text} IN ({}) THEN {first} ELSE {text} END", removed.join(", "))
            }
        }
    }
}

/// Gives a type the owner, the comment and the privileges of another one.
fn carry_over(from: &str, to: &str) -> String {
    let (from, to) = (literal(from), literal(to));
    ddl::block(&format!(
        "DECLARE statement text; BEGIN FOR statement IN \
         SELECT made FROM pg_type, LATERAL ( \
         SELECT 1 AS place, format('ALTER TYPE %s OWNER TO %I', {to}, pg_get_userbyid(typowner)) AS made \
         WHERE pg_get_userbyid(typowner) <> current_user \
         UNION ALL SELECT 2, format('COMMENT ON TYPE %s IS %L', {to}, obj_description(oid, 'pg_type')) \
         UNION ALL SELECT 3, format('REVOKE ALL ON TYPE %s FROM PUBLIC', {to}) WHERE typacl IS NOT NULL \
         UNION ALL SELECT 4, format('GRANT %s ON TYPE %s TO %s%s', privilege_type, {to}, \
         CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END, \
         CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) \
         FROM aclexplode(typacl) WHERE grantee <> typowner) AS statements \
         WHERE oid = {from}::regtype ORDER BY place \
         LOOP EXECUTE statement; END LOOP; END"
    ))
}
