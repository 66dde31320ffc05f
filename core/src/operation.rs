//! One change to a schema.

mod apply;
mod canonical;
pub mod conversion;
mod describe;
mod reverse;

pub use apply::ApplyError;
pub use canonical::{canonical, checksum};
pub use conversion::Conversion;
pub use describe::column_facts;
pub use reverse::reverse_all;

use crate::{
    Check, Column, ColumnType, DefaultValue, Enum, ForeignKey, Generated, Identity, Index, Literal, Native, PrimaryKey,
    Sql, Table, TableName, Unique,
};

/// One change to a schema, or to the rows under it.
///
/// Everything is named as it is at that point of the revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Makes a table with all that it holds.
    CreateTable(Table),
    /// Drops a table with its rows.
    DropTable {
        /// The table.
        table: TableName,
    },
    /// Renames a table, and with it the references to it and the names that the tool made from its name.
    RenameTable {
        /// The name before.
        from: TableName,
        /// The name after.
        to: TableName,
    },
    /// Adds a column behind the last.
    AddColumn {
        /// The table.
        table: TableName,
        /// The column.
        column: Column,
    },
    /// Drops a column with its values. What depends on it is dropped before.
    DropColumn {
        /// The table.
        table: TableName,
        /// The column.
        column: String,
    },
    /// Renames a column, and with it all that mentions it and the names that the tool made from its name.
    RenameColumn {
        /// The table.
        table: TableName,
        /// The name before.
        from: String,
        /// The name after.
        to: String,
    },
    /// Changes some facts of a column and leaves the others.
    AlterColumn {
        /// The table.
        table: TableName,
        /// The column.
        column: String,
        /// What changes.
        change: ColumnChange,
    },
    /// Makes an index.
    CreateIndex {
        /// The table.
        table: TableName,
        /// The index.
        index: Index,
    },
    /// Drops an index.
    DropIndex {
        /// The table.
        table: TableName,
        /// The name of the index.
        name: String,
    },
    /// Adds a unique constraint.
    CreateUnique {
        /// The table.
        table: TableName,
        /// The constraint.
        unique: Unique,
    },
    /// Drops a unique constraint.
    DropUnique {
        /// The table.
        table: TableName,
        /// The name of the constraint.
        name: String,
    },
    /// Adds a check.
    CreateCheck {
        /// The table.
        table: TableName,
        /// The check.
        check: Check,
    },
    /// Drops a check.
    DropCheck {
        /// The table.
        table: TableName,
        /// The name of the check.
        name: String,
    },
    /// Adds a foreign key.
    CreateForeignKey {
        /// The table that refers.
        table: TableName,
        /// The key.
        foreign_key: ForeignKey,
    },
    /// Drops a foreign key.
    DropForeignKey {
        /// The table that refers.
        table: TableName,
        /// The name of the key.
        name: String,
    },
    /// Gives a table without a primary key one.
    CreatePrimaryKey {
        /// The table.
        table: TableName,
        /// The key.
        primary_key: PrimaryKey,
    },
    /// Takes the primary key from a table.
    DropPrimaryKey {
        /// The table.
        table: TableName,
        /// The name of the key.
        name: String,
    },
    /// Gives an index another name.
    RenameIndex {
        /// The table.
        table: TableName,
        /// The name before.
        from: String,
        /// The name after.
        to: String,
    },
    /// Gives a primary key, unique, check or foreign key another name.
    RenameConstraint {
        /// The table.
        table: TableName,
        /// The name before.
        from: String,
        /// The name after.
        to: String,
    },
    /// Makes an enum.
    CreateEnum(Enum),
    /// Drops an enum that no column uses.
    DropEnum {
        /// The enum.
        name: String,
    },
    /// Adds a value to an enum, at the end or before another.
    AddEnumValue {
        /// The enum.
        name: String,
        /// The new value.
        value: String,
        /// The value that it stands before; `None` puts it last.
        before: Option<String>,
    },
    /// Renames a value, in the rows too.
    RenameEnumValue {
        /// The enum.
        name: String,
        /// The value before.
        from: String,
        /// The value after.
        to: String,
    },
    /// Drops a value that no row holds any more.
    DropEnumValue {
        /// The enum.
        name: String,
        /// The value.
        value: String,
    },
    /// Sets or takes the comment of a table.
    SetTableComment {
        /// The table.
        table: TableName,
        /// The comment.
        comment: Option<String>,
    },
    /// Sets or takes a fact of a table that only its dialect knows: `strict`, `engine`.
    SetTableOption {
        /// The table.
        table: TableName,
        /// The word for the fact.
        option: String,
        /// Its value.
        value: Option<String>,
    },
    /// Puts rows in a table.
    BulkInsert {
        /// The table.
        table: TableName,
        /// The columns, in the order of each row's values.
        columns: Vec<String>,
        /// The rows.
        rows: Vec<Vec<Literal>>,
    },
    /// Sets a column to the value of an expression over each row.
    Backfill {
        /// The table.
        table: TableName,
        /// The column.
        column: String,
        /// The expression.
        value: Sql,
        /// Which rows, if not all.
        predicate: Option<Sql>,
    },
    /// Runs SQL as it is written.
    Execute {
        /// The statement or statements.
        sql: Sql,
        /// What it does to the schema, for the replay; nothing if empty.
        effect: Vec<Operation>,
    },
    /// Runs a function of the revision.
    Run {
        /// The name of the function.
        step: String,
    },
    /// Gives the rows of a table, as the revision finds them, to a function of the revision, which makes of each the row as
    /// the revision leaves it. Where it is run, other operations stand in its place: see [`conversion`].
    MapRows {
        /// The table.
        table: TableName,
        /// The name of the function.
        step: String,
        /// The columns that the function is known to leave as they are: each by its name after and before the revision.
        kept: Vec<(String, String)>,
    },
    /// Calls the function for every row, and writes what it gives in columns beside the old ones.
    Convert(Conversion),
    /// Keeps everybody else from writing to the table, and converts what was written since.
    ConvertLast(Conversion),
    /// Stands alone in `downgrade` and says why the revision cannot be taken back. It is never run.
    Irreversible {
        /// Why not.
        reason: String,
    },
}

/// What an [`ApplyError`] calls a value of a `bulk_insert`, by its row, from 0, and its column.
pub fn seed_place(row: usize, column: &str) -> String {
    format!("rows[{row}].{column}")
}

/// What changes about a column: `None` leaves a fact as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnChange {
    /// The type.
    pub column_type: Option<ColumnType>,
    /// How a value of the old type becomes one of the new; else a cast.
    pub using: Option<Sql>,
    /// Whether NULL may stand in it.
    pub nullable: Option<bool>,
    /// The default, or none.
    pub default: Option<Option<DefaultValue>>,
    /// How the database numbers it, or not.
    pub identity: Option<Option<Identity>>,
    /// What the database computes it from, or not.
    pub generated: Option<Option<Generated>>,
    /// The collation, or the default one.
    pub collation: Option<Option<String>>,
    /// The comment, or none.
    pub comment: Option<Option<String>>,
    /// What only the dialect knows of it.
    pub native: Option<Native>,
}

impl ColumnChange {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        *self == ColumnChange::default()
    }

    /// What makes `before` into `after`, names aside.
    pub fn between(before: &Column, after: &Column) -> ColumnChange {
        fn changed<T: Clone + PartialEq>(before: &T, after: &T) -> Option<T> {
            (before != after).then(|| after.clone())
        }
        ColumnChange {
            column_type: changed(&before.column_type, &after.column_type),
            using: None,
            nullable: changed(&before.nullable, &after.nullable),
            default: changed(&before.default, &after.default),
            identity: changed(&before.identity, &after.identity),
            generated: changed(&before.generated, &after.generated),
            collation: changed(&before.collation, &after.collation),
            comment: changed(&before.comment, &after.comment),
            native: changed(&before.native, &after.native),
        }
    }

    /// Makes the change.
    pub fn apply(&self, column: &mut Column) {
        fn set<T: Clone>(change: &Option<T>, fact: &mut T) {
            if let Some(value) = change {
                fact.clone_from(value);
            }
        }
        set(&self.column_type, &mut column.column_type);
        set(&self.nullable, &mut column.nullable);
        set(&self.default, &mut column.default);
        set(&self.identity, &mut column.identity);
        set(&self.generated, &mut column.generated);
        set(&self.collation, &mut column.collation);
        set(&self.comment, &mut column.comment);
        set(&self.native, &mut column.native);
    }
}

impl Operation {
    /// The name of the kind of operation, as `--json` prints it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Operation::CreateTable(_) => "create_table",
            Operation::DropTable { .. } => "drop_table",
            Operation::RenameTable { .. } => "rename_table",
            Operation::AddColumn { .. } => "add_column",
            Operation::DropColumn { .. } => "drop_column",
            Operation::RenameColumn { .. } => "rename_column",
            Operation::AlterColumn { .. } => "alter_column",
            Operation::CreateIndex { .. } => "create_index",
            Operation::DropIndex { .. } => "drop_index",
            Operation::CreateUnique { .. } => "create_unique",
            Operation::DropUnique { .. } => "drop_unique",
            Operation::CreateCheck { .. } => "create_check",
            Operation::DropCheck { .. } => "drop_check",
            Operation::CreateForeignKey { .. } => "create_foreign_key",
            Operation::DropForeignKey { .. } => "drop_foreign_key",
            Operation::CreatePrimaryKey { .. } => "create_primary_key",
            Operation::DropPrimaryKey { .. } => "drop_primary_key",
            Operation::RenameIndex { .. } => "rename_index",
            Operation::RenameConstraint { .. } => "rename_constraint",
            Operation::CreateEnum(_) => "create_enum",
            Operation::DropEnum { .. } => "drop_enum",
            Operation::AddEnumValue { .. } => "add_enum_value",
            Operation::RenameEnumValue { .. } => "rename_enum_value",
            Operation::DropEnumValue { .. } => "drop_enum_value",
            Operation::SetTableComment { .. } => "set_table_comment",
            Operation::SetTableOption { .. } => "set_table_option",
            Operation::BulkInsert { .. } => "bulk_insert",
            Operation::Backfill { .. } => "backfill",
            Operation::Execute { .. } => "execute",
            Operation::Run { .. } => "run",
            Operation::MapRows { .. } | Operation::Convert(_) | Operation::ConvertLast(_) => "map_rows",
            Operation::Irreversible { .. } => "irreversible",
        }
    }

    /// The table that it is about, if it is about one.
    pub fn table(&self) -> Option<&TableName> {
        match self {
            Operation::CreateTable(table) => Some(&table.name),
            Operation::RenameTable { from, .. } => Some(from),
            Operation::DropTable { table }
            | Operation::AddColumn { table, .. }
            | Operation::DropColumn { table, .. }
            | Operation::RenameColumn { table, .. }
            | Operation::AlterColumn { table, .. }
            | Operation::CreateIndex { table, .. }
            | Operation::DropIndex { table, .. }
            | Operation::CreateUnique { table, .. }
            | Operation::DropUnique { table, .. }
            | Operation::CreateCheck { table, .. }
            | Operation::DropCheck { table, .. }
            | Operation::CreateForeignKey { table, .. }
            | Operation::DropForeignKey { table, .. }
            | Operation::CreatePrimaryKey { table, .. }
            | Operation::DropPrimaryKey { table, .. }
            | Operation::RenameIndex { table, .. }
            | Operation::RenameConstraint { table, .. }
            | Operation::SetTableComment { table, .. }
            | Operation::SetTableOption { table, .. }
            | Operation::BulkInsert { table, .. }
            | Operation::Backfill { table, .. }
            | Operation::MapRows { table, .. }
            | Operation::Convert(Conversion { table, .. })
            | Operation::ConvertLast(Conversion { table, .. }) => Some(table),
            _ => None,
        }
    }

    /// Whether it works on rows and leaves the schema as it is.
    pub fn is_data(&self) -> bool {
        matches!(
            self,
            Operation::BulkInsert { .. }
                | Operation::Backfill { .. }
                | Operation::Run { .. }
                | Operation::MapRows { .. }
                | Operation::Convert(_)
                | Operation::ConvertLast(_)
                | Operation::Execute { .. }
        )
    }
}
