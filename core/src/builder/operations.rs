//! The calls of `upgrade` and `downgrade`.

use super::owned;
use crate::{
    Check, Column, ColumnChange, ColumnType, DefaultValue, Enum, ForeignKey, Generated, Identity, Index, Literal,
    Operation, PrimaryKey, Sql, Table, Unique,
};

/// What `upgrade` or `downgrade` of a revision records: its operations, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OperationList {
    /// The operations so far.
    pub operations: Vec<Operation>,
}

impl OperationList {
    fn push(&mut self, operation: Operation) {
        self.operations.push(operation);
    }

    /// Makes a table.
    pub fn create_table(&mut self, table: Table) {
        self.push(Operation::CreateTable(table));
    }

    /// Drops a table with its rows.
    pub fn drop_table(&mut self, table: &str) {
        self.push(Operation::DropTable { table: table.into() });
    }

    /// Renames a table.
    pub fn rename_table(&mut self, from: &str, to: &str) {
        self.push(Operation::RenameTable { from: from.into(), to: to.into() });
    }

    /// Adds a column.
    pub fn add_column(&mut self, table: &str, column: Column) {
        self.push(Operation::AddColumn { table: table.into(), column });
    }

    /// Drops a column with its values.
    pub fn drop_column(&mut self, table: &str, column: &str) {
        self.push(Operation::DropColumn { table: table.into(), column: column.into() });
    }

    /// Renames a column.
    pub fn rename_column(&mut self, table: &str, from: &str, to: &str) {
        self.push(Operation::RenameColumn { table: table.into(), from: from.into(), to: to.into() });
    }

    /// Changes facts of a column, which the calls behind it name.
    pub fn alter_column(&mut self, table: &str, column: &str) -> AlterColumn<'_> {
        self.push(Operation::AlterColumn {
            table: table.into(),
            column: column.into(),
            change: ColumnChange::default(),
        });
        AlterColumn { list: self }
    }

    /// Makes an index.
    pub fn create_index(&mut self, table: &str, index: Index) {
        self.push(Operation::CreateIndex { table: table.into(), index });
    }

    /// Drops an index.
    pub fn drop_index(&mut self, table: &str, name: &str) {
        self.push(Operation::DropIndex { table: table.into(), name: name.into() });
    }

    /// Adds a unique constraint.
    pub fn create_unique(&mut self, table: &str, unique: Unique) {
        self.push(Operation::CreateUnique { table: table.into(), unique });
    }

    /// Drops a unique constraint.
    pub fn drop_unique(&mut self, table: &str, name: &str) {
        self.push(Operation::DropUnique { table: table.into(), name: name.into() });
    }

    /// Adds a check.
    pub fn create_check(&mut self, table: &str, check: Check) {
        self.push(Operation::CreateCheck { table: table.into(), check });
    }

    /// Drops a check.
    pub fn drop_check(&mut self, table: &str, name: &str) {
        self.push(Operation::DropCheck { table: table.into(), name: name.into() });
    }

    /// Adds a foreign key.
    pub fn create_foreign_key(&mut self, table: &str, foreign_key: ForeignKey) {
        self.push(Operation::CreateForeignKey { table: table.into(), foreign_key });
    }

    /// Drops a foreign key.
    pub fn drop_foreign_key(&mut self, table: &str, name: &str) {
        self.push(Operation::DropForeignKey { table: table.into(), name: name.into() });
    }

    /// Gives a table a primary key.
    pub fn create_primary_key(&mut self, table: &str, primary_key: PrimaryKey) {
        self.push(Operation::CreatePrimaryKey { table: table.into(), primary_key });
    }

    /// Takes the primary key from a table.
    pub fn drop_primary_key(&mut self, table: &str, name: &str) {
        self.push(Operation::DropPrimaryKey { table: table.into(), name: name.into() });
    }

    /// Gives an index another name.
    pub fn rename_index(&mut self, table: &str, from: &str, to: &str) {
        self.push(Operation::RenameIndex { table: table.into(), from: from.into(), to: to.into() });
    }

    /// Gives a primary key, unique, check or foreign key another name.
    pub fn rename_constraint(&mut self, table: &str, from: &str, to: &str) {
        self.push(Operation::RenameConstraint { table: table.into(), from: from.into(), to: to.into() });
    }

    /// Makes an enum with these values.
    pub fn create_enum<const N: usize>(&mut self, name: &str, values: [&str; N]) {
        self.push(Operation::CreateEnum(Enum { name: name.into(), values: owned(&values), model: None }));
    }

    /// Drops an enum that no column uses.
    pub fn drop_enum(&mut self, name: &str) {
        self.push(Operation::DropEnum { name: name.into() });
    }

    /// Adds a value behind the last.
    pub fn add_enum_value(&mut self, name: &str, value: &str) {
        self.push(Operation::AddEnumValue { name: name.into(), value: value.into(), before: None });
    }

    /// Adds a value before another.
    pub fn add_enum_value_before(&mut self, name: &str, value: &str, before: &str) {
        self.push(Operation::AddEnumValue { name: name.into(), value: value.into(), before: Some(before.into()) });
    }

    /// Renames a value, in the rows too.
    pub fn rename_enum_value(&mut self, name: &str, from: &str, to: &str) {
        self.push(Operation::RenameEnumValue { name: name.into(), from: from.into(), to: to.into() });
    }

    /// Drops a value that no row holds any more.
    pub fn drop_enum_value(&mut self, name: &str, value: &str) {
        self.push(Operation::DropEnumValue { name: name.into(), value: value.into() });
    }

    /// Sets the comment of a table; an empty one takes it away.
    pub fn set_table_comment(&mut self, table: &str, comment: &str) {
        let comment = (!comment.is_empty()).then(|| comment.to_owned());
        self.push(Operation::SetTableComment { table: table.into(), comment });
    }

    /// Sets a fact of a table that only its dialect knows: `op.set_table_option("users", "strict", "true")` on SQLite,
    /// `"engine"` on MySQL; an empty value takes it away. The lock does not say it.
    pub fn set_table_option(&mut self, table: &str, option: &str, value: &str) {
        let value = (!value.is_empty()).then(|| value.to_owned());
        self.push(Operation::SetTableOption { table: table.into(), option: option.to_owned(), value });
    }

    /// Puts rows in a table: `op.bulk_insert("roles", ["name"], [[value("admin")], [value("guest")]])`.
    pub fn bulk_insert<const N: usize, const M: usize>(
        &mut self,
        table: &str,
        columns: [&str; N],
        rows: [[Literal; N]; M],
    ) {
        self.push(Operation::BulkInsert {
            table: table.into(),
            columns: owned(&columns),
            rows: rows.into_iter().map(|row| row.into_iter().collect()).collect(),
        });
    }

    /// Sets a column of every row to the value of an expression over the row.
    pub fn backfill(&mut self, table: &str, column: &str, value: Sql) {
        self.push(Operation::Backfill { table: table.into(), column: column.into(), value, predicate: None });
    }

    /// Sets a column of the rows for which the condition holds to the value of an expression over the row.
    pub fn backfill_where(&mut self, table: &str, column: &str, value: Sql, predicate: Sql) {
        self.push(Operation::Backfill {
            table: table.into(),
            column: column.into(),
            value,
            predicate: Some(predicate),
        });
    }

    /// Runs SQL as it is written.
    pub fn execute(&mut self, sql: Sql) {
        self.push(Operation::Execute { sql, effect: Vec::new() });
    }

    /// Runs SQL as it is written, which does to the schema what `effect` says.
    pub fn execute_as(&mut self, sql: Sql, effect: impl FnOnce(&mut OperationList)) {
        let mut list = OperationList::default();
        effect(&mut list);
        self.push(Operation::Execute { sql, effect: list.operations });
    }

    /// Says why the revision cannot be taken back: all there is in its `downgrade`, which refuses with the reason before
    /// anything is touched.
    pub fn irreversible(&mut self, reason: &str) {
        self.push(Operation::Irreversible { reason: reason.into() });
    }

    /// Records that the function of that name maps the rows of a table, and what it keeps; the function itself is kept by
    /// who runs it.
    pub fn map_rows_named(&mut self, table: &str, step: &str, kept: &[(&str, &str)]) {
        let kept = kept.iter().map(|(after, before)| ((*after).to_owned(), (*before).to_owned())).collect();
        self.push(Operation::MapRows { table: table.into(), step: step.to_owned(), kept });
    }

    /// Records the step of that name; the function itself is kept by who runs it.
    pub fn run_named(&mut self, step: &str) {
        self.push(Operation::Run { step: step.to_owned() });
    }
}

/// The calls behind `alter_column`.
pub struct AlterColumn<'a> {
    list: &'a mut OperationList,
}

impl AlterColumn<'_> {
    fn change(self, set: impl FnOnce(&mut ColumnChange)) -> Self {
        if let Some(Operation::AlterColumn { change, .. }) = self.list.operations.last_mut() {
            set(change);
        }
        self
    }

    /// Sets the type.
    pub fn set_type(self, column_type: ColumnType) -> Self {
        self.change(|change| change.column_type = Some(column_type))
    }

    /// Says how a value of the old type becomes one of the new.
    pub fn using(self, sql: Sql) -> Self {
        self.change(|change| change.using = Some(sql))
    }

    /// Refuses NULL.
    pub fn not_null(self) -> Self {
        self.change(|change| change.nullable = Some(false))
    }

    /// Allows NULL.
    pub fn nullable(self) -> Self {
        self.change(|change| change.nullable = Some(true))
    }

    /// Sets the default.
    pub fn default(self, value: impl Into<DefaultValue>) -> Self {
        self.change(|change| change.default = Some(Some(value.into())))
    }

    /// Takes the default away.
    pub fn drop_default(self) -> Self {
        self.change(|change| change.default = Some(None))
    }

    /// Lets the database number the rows.
    pub fn identity(self, identity: Identity) -> Self {
        self.change(|change| change.identity = Some(Some(identity)))
    }

    /// Stops the database from numbering the rows.
    pub fn drop_identity(self) -> Self {
        self.change(|change| change.identity = Some(None))
    }

    /// Lets the database compute the column.
    pub fn generated(self, generated: Generated) -> Self {
        self.change(|change| change.generated = Some(Some(generated)))
    }

    /// Makes a computed column a plain one.
    pub fn drop_generated(self) -> Self {
        self.change(|change| change.generated = Some(None))
    }

    /// Sets the collation.
    pub fn collate(self, collation: &str) -> Self {
        self.change(|change| change.collation = Some(Some(collation.to_owned())))
    }

    /// Goes back to the default collation.
    pub fn drop_collate(self) -> Self {
        self.change(|change| change.collation = Some(None))
    }

    /// Sets the comment; an empty one takes it away.
    pub fn comment(self, comment: &str) -> Self {
        let comment = (!comment.is_empty()).then(|| comment.to_owned());
        self.change(|change| change.comment = Some(comment))
    }
}
