//! The words in which revision files are written.
//!
//! The compiled calls and the reader of revision files both go through this module, so that they cannot disagree.

mod operations;

pub use operations::{AlterColumn, OperationList};

use crate::{
    Action, Check, Column, ColumnType, DefaultValue, Deferrable, Dialect, ForeignKey, Generated, Identity, Index,
    IndexPart, Literal, Native, Nulls, PrimaryKey, Sql, Table, TableName, Unique,
};

macro_rules! types {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $type:ty),*) => $value:expr;)*) => {$(
        $(#[$doc])*
        pub fn $name($($argument: $type),*) -> ColumnType {
            $value
        }
    )*};
}

types! {
    /// 16-bit integer.
    smallint() => ColumnType::SmallInt;
    /// 32-bit integer.
    integer() => ColumnType::Integer;
    /// 64-bit integer.
    bigint() => ColumnType::BigInt;
    /// 32-bit floating point.
    real() => ColumnType::Real;
    /// 64-bit floating point.
    double() => ColumnType::Double;
    /// Exact decimal of so many digits, so many of them behind the point.
    numeric(precision: u16, scale: u16) => ColumnType::Numeric(Some((precision, scale)));
    /// Exact decimal of as many digits as the database holds.
    any_numeric() => ColumnType::Numeric(None);
    /// True or false.
    boolean() => ColumnType::Boolean;
    /// Text of any length.
    text() => ColumnType::Text;
    /// Text of at most so many characters.
    varchar(length: u32) => ColumnType::Varchar(length);
    /// Text of exactly so many characters.
    char(length: u32) => ColumnType::Char(length);
    /// Bytes of any length.
    binary() => ColumnType::Binary;
    /// At most so many bytes.
    varbinary(length: u32) => ColumnType::Varbinary(length);
    /// A day.
    date() => ColumnType::Date;
    /// A time of day.
    time() => ColumnType::Time;
    /// A day and a time, without a time zone.
    timestamp() => ColumnType::Timestamp;
    /// A point in time.
    timestamptz() => ColumnType::TimestampTz;
    /// A span of time.
    interval() => ColumnType::Interval;
    /// A UUID.
    uuid() => ColumnType::Uuid;
    /// JSON, kept as it was written.
    json() => ColumnType::Json;
    /// JSON in the database's binary form.
    jsonb() => ColumnType::Jsonb;
    /// An IP address or network.
    inet() => ColumnType::Inet;
    /// A PostgreSQL array.
    array(element: ColumnType) => ColumnType::Array(Box::new(element));
    /// An enum of the schema.
    enumeration(name: &str) => ColumnType::Enum(name.to_owned());
    /// A type in the database's own words: `native(sql("citext"))`.
    native(sql: Sql) => ColumnType::Native(sql);
}

/// SQL that every dialect of the project understands.
pub fn sql(text: &str) -> Sql {
    Sql::portable(text)
}

/// SQL per dialect: `sql_each().sqlite("…").postgres("…")`.
pub fn sql_each() -> Sql {
    Sql::each([])
}

impl Sql {
    /// Sets the text for SQLite.
    pub fn sqlite(self, text: &str) -> Sql {
        self.with(Dialect::Sqlite, text)
    }

    /// Sets the text for PostgreSQL.
    pub fn postgres(self, text: &str) -> Sql {
        self.with(Dialect::Postgres, text)
    }

    /// Sets the text for MySQL and MariaDB.
    pub fn mysql(self, text: &str) -> Sql {
        self.with(Dialect::Mysql, text)
    }

    /// Sets the text for one dialect.
    pub fn with(self, dialect: Dialect, text: &str) -> Sql {
        let mut texts = match self {
            Sql::Portable(text) => Dialect::ALL.into_iter().map(|dialect| (dialect, text.clone())).collect(),
            Sql::Each(texts) => texts,
        };
        texts.insert(dialect, crate::sql::fold_spaces(text));
        Sql::Each(texts)
    }
}

/// The default that is the time of the statement.
pub fn now() -> DefaultValue {
    DefaultValue::Now
}

/// A number with a point in exactly these digits: `decimal("0.10")`.
pub fn decimal(digits: &str) -> Literal {
    Literal::Decimal(digits.to_owned())
}

/// NULL among the values of a seed row.
pub fn null() -> Literal {
    Literal::Null
}

impl From<Sql> for DefaultValue {
    fn from(sql: Sql) -> DefaultValue {
        DefaultValue::Sql(sql)
    }
}

impl<T: Into<Literal>> From<T> for DefaultValue {
    fn from(value: T) -> DefaultValue {
        DefaultValue::Literal(value.into())
    }
}

/// A value of a seed row: `value("admin")`, `value(3)`, `null()`.
pub fn value(value: impl Into<Literal>) -> Literal {
    value.into()
}

/// A NOT NULL column.
pub fn column(name: &str, column_type: ColumnType) -> Column {
    Column::new(name, column_type)
}

impl Column {
    /// Lets NULL stand in it.
    pub fn nullable(mut self) -> Column {
        self.nullable = true;
        self
    }

    /// Sets the default: a literal, `now()` or `sql("…")`.
    pub fn default(mut self, value: impl Into<DefaultValue>) -> Column {
        self.default = Some(value.into());
        self
    }

    /// Lets the database number the rows: `identity()`.
    pub fn identity(mut self, identity: Identity) -> Column {
        self.identity = Some(identity);
        self
    }

    /// Lets the database compute the column: `stored(sql("…"))` or `computed(sql("…"))`.
    pub fn generated(mut self, generated: Generated) -> Column {
        self.generated = Some(generated);
        self
    }

    /// Sets the collation.
    pub fn collate(mut self, collation: &str) -> Column {
        self.collation = Some(collation.to_owned());
        self
    }

    /// Sets the comment.
    pub fn comment(mut self, comment: &str) -> Column {
        self.comment = Some(comment.to_owned());
        self
    }
}

/// Numbers given by the database unless the INSERT brings one.
pub fn identity() -> Identity {
    Identity::default()
}

impl Identity {
    /// Refuses numbers that an INSERT brings.
    pub fn always(mut self) -> Identity {
        self.always = true;
        self
    }

    /// Sets the first number.
    pub fn start(mut self, start: i64) -> Identity {
        self.start = Some(start);
        self
    }

    /// Sets the step.
    pub fn increment(mut self, increment: i64) -> Identity {
        self.increment = Some(increment);
        self
    }
}

/// An expression whose value is kept in the row.
pub fn stored(expression: Sql) -> Generated {
    Generated { expression, stored: true }
}

/// An expression that is computed when the row is read.
pub fn computed(expression: Sql) -> Generated {
    Generated { expression, stored: false }
}

/// A table.
pub fn table(name: &str) -> Table {
    Table::new(name)
}

impl Table {
    /// Adds a column.
    pub fn column(mut self, column: Column) -> Table {
        self.columns.push(column);
        self
    }

    /// Sets the primary key.
    pub fn primary_key<const N: usize>(mut self, name: &str, columns: [&str; N]) -> Table {
        self.primary_key = Some(primary_key(name, columns));
        self
    }

    /// Adds a unique constraint.
    pub fn unique<const N: usize>(mut self, name: &str, columns: [&str; N]) -> Table {
        self.uniques.push(unique(name, columns));
        self
    }

    /// Adds an index.
    pub fn index(mut self, index: Index) -> Table {
        self.indexes.push(index);
        self
    }

    /// Adds a foreign key.
    pub fn foreign_key(mut self, foreign_key: ForeignKey) -> Table {
        self.foreign_keys.push(foreign_key);
        self
    }

    /// Adds a check.
    pub fn check(mut self, name: &str, expression: Sql) -> Table {
        self.checks.push(check(name, expression));
        self
    }

    /// Sets the comment.
    pub fn comment(mut self, comment: &str) -> Table {
        self.comment = Some(comment.to_owned());
        self
    }
}

/// A primary key over these columns.
pub fn primary_key<const N: usize>(name: &str, columns: [&str; N]) -> PrimaryKey {
    PrimaryKey { name: name.to_owned(), columns: owned(&columns), native: Native::default() }
}

/// A unique constraint over these columns.
pub fn unique<const N: usize>(name: &str, columns: [&str; N]) -> Unique {
    Unique { name: name.to_owned(), columns: owned(&columns), native: Native::default() }
}

/// A check.
pub fn check(name: &str, expression: Sql) -> Check {
    Check { name: name.to_owned(), expression, native: Native::default() }
}

fn owned(columns: &[&str]) -> Vec<String> {
    columns.iter().map(|&name| name.to_owned()).collect()
}

/// An index over nothing yet: `index("ix_posts_title").on("title")`.
pub fn index(name: &str) -> Index {
    Index {
        name: name.to_owned(),
        parts: Vec::new(),
        unique: false,
        predicate: None,
        method: None,
        include: Vec::new(),
        native: Native::default(),
    }
}

impl From<&str> for IndexPart {
    fn from(column: &str) -> IndexPart {
        IndexPart::column(column)
    }
}

impl From<Sql> for IndexPart {
    fn from(expression: Sql) -> IndexPart {
        IndexPart::expression(expression)
    }
}

impl Index {
    /// Adds a column, `asc("…")`, `desc("…")` or `sql("…")`.
    pub fn on(mut self, part: impl Into<IndexPart>) -> Index {
        self.parts.push(part.into());
        self
    }

    /// Lets no two rows be equal in it.
    pub fn unique(mut self) -> Index {
        self.unique = true;
        self
    }

    /// Covers only the rows for which the condition holds.
    pub fn filter(mut self, predicate: Sql) -> Index {
        self.predicate = Some(predicate);
        self
    }

    /// Sets the access method.
    pub fn using(mut self, method: &str) -> Index {
        self.method = Some(method.to_owned());
        self
    }

    /// Adds columns that it carries along.
    pub fn include<const N: usize>(mut self, columns: [&str; N]) -> Index {
        self.include = owned(&columns);
        self
    }
}

/// A column or `sql("…")` in ascending order, to say where NULLs stand.
pub fn asc(target: impl Into<IndexPart>) -> IndexPart {
    target.into()
}

/// A column or `sql("…")` in descending order.
pub fn desc(target: impl Into<IndexPart>) -> IndexPart {
    IndexPart { descending: true, ..target.into() }
}

impl IndexPart {
    /// Puts NULLs before all values.
    pub fn nulls_first(mut self) -> IndexPart {
        self.nulls = Some(Nulls::First);
        self
    }

    /// Puts NULLs behind all values.
    pub fn nulls_last(mut self) -> IndexPart {
        self.nulls = Some(Nulls::Last);
        self
    }
}

/// A foreign key from these columns: `foreign_key("fk_…", ["author_id"]).references("users", ["id"])`.
pub fn foreign_key<const N: usize>(name: &str, columns: [&str; N]) -> ForeignKey {
    ForeignKey {
        name: name.to_owned(),
        columns: owned(&columns),
        table: TableName::plain(""),
        references: Vec::new(),
        on_delete: Action::NoAction,
        on_update: Action::NoAction,
        deferrable: Deferrable::No,
        native: Native::default(),
    }
}

impl ForeignKey {
    /// Sets what it refers to.
    pub fn references<const N: usize>(mut self, table: &str, columns: [&str; N]) -> ForeignKey {
        self.table = table.into();
        self.references = owned(&columns);
        self
    }

    /// Sets what happens when the row referred to is deleted: `cascade()`, `restrict()`, `set_null()`, `set_default()`.
    pub fn on_delete(mut self, action: Action) -> ForeignKey {
        self.on_delete = action;
        self
    }

    /// Sets what happens when the key referred to changes.
    pub fn on_update(mut self, action: Action) -> ForeignKey {
        self.on_update = action;
        self
    }

    /// Checks it at the end of the transaction.
    pub fn deferred(mut self) -> ForeignKey {
        self.deferrable = Deferrable::Deferred;
        self
    }

    /// Checks it with each statement, unless a transaction asks to wait.
    pub fn deferrable(mut self) -> ForeignKey {
        self.deferrable = Deferrable::Immediate;
        self
    }
}

/// Refuse, at the end of the statement.
pub fn no_action() -> Action {
    Action::NoAction
}

/// Refuse, at once.
pub fn restrict() -> Action {
    Action::Restrict
}

/// Follow.
pub fn cascade() -> Action {
    Action::Cascade
}

/// Set the columns to NULL.
pub fn set_null() -> Action {
    Action::SetNull
}

/// Set the columns to their defaults.
pub fn set_default() -> Action {
    Action::SetDefault
}
