//! Reading `schema.lock`.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Lock, LockError, LockErrorKind, VERSION};
use crate::{
    Action, Check, Column, ColumnType, DefaultValue, Deferrable, Dialect, Enum, ForeignKey, Generated, Identity, Index,
    IndexPart, IndexTarget, Literal, Model, Native, Nulls, PrimaryKey, Schema, Sql, Table, TableName, Unique,
};

/// What is wrong, and where in the text.
struct Mistake {
    at: usize,
    message: String,
    kind: LockErrorKind,
}

type Result<T> = std::result::Result<T, Mistake>;
type Value<'a> = Spanned<DeValue<'a>>;

fn mistake<T>(span: Range<usize>, message: impl Into<String>) -> Result<T> {
    Err(Mistake { at: span.start, message: message.into(), kind: LockErrorKind::Syntax })
}

/// Reads the text of a lock.
///
/// # Errors
/// With the place and the kind of the first mistake.
pub fn read(text: &str) -> std::result::Result<Lock, LockError> {
    read_lock(text).map_err(|mistake| {
        let before = text.get(..mistake.at).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        LockError {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            message: mistake.message,
            kind: mistake.kind,
        }
    })
}

fn read_lock(text: &str) -> Result<Lock> {
    if let Some(at) = conflict(text) {
        let message = "git's conflict markers stand in the lock".to_owned();
        return Err(Mistake { at, message, kind: LockErrorKind::Conflict });
    }
    let root = DeTable::parse(text).map_err(|error| Mistake {
        at: error.span().map_or(0, |span| span.start),
        message: error.message().to_owned(),
        kind: LockErrorKind::Syntax,
    })?;
    let root_span = root.span();
    let mut root = Fields { table: root.into_inner(), span: root_span, of: "the lock" };
    let (version, at) = root.required("version", |value| Ok((integer(value)?, value.span())))?;
    if version != VERSION {
        let message = format!(
            "this lock is of version {version} and this release reads version {VERSION}: use the release that wrote it"
        );
        return Err(Mistake { at: at.start, message, kind: LockErrorKind::Newer });
    }
    let heads = root.required("heads", strings)?;
    let fingerprint = root.required("fingerprint", string)?;
    let mut schema = Schema::default();
    for (mut fields, span) in root.tables("enum", "an enum")? {
        let found = Enum {
            name: fields.required("name", string)?,
            values: fields.required("values", strings)?,
            model: model(&mut fields)?,
        };
        fields.end()?;
        if let Some(twice) = schema.enums.insert(found.name.clone(), found) {
            return mistake(span, format!("the enum `{}` stands here twice", twice.name));
        }
    }
    for (fields, span) in root.tables("table", "a table")? {
        let found = table(fields)?;
        if let Some(twice) = schema.tables.insert(found.name.clone(), found) {
            return mistake(span, format!("the table `{}` stands here twice", twice.name));
        }
    }
    root.end()?;
    Ok(Lock { heads, fingerprint, schema })
}

/// Where the first line is that git puts before a conflict.
fn conflict(text: &str) -> Option<usize> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if ["<<<<<<< ", "=======\n", ">>>>>>> ", "=======\r\n"].iter().any(|marker| line.starts_with(marker)) {
            return Some(at);
        }
        at += line.len();
    }
    None
}

/// The fields of one TOML table, taken out one by one; what is left at the end is unknown.
struct Fields<'a> {
    table: DeTable<'a>,
    span: Range<usize>,
    of: &'static str,
}

impl<'a> Fields<'a> {
    fn of(value: Value<'a>, of: &'static str) -> Result<Fields<'a>> {
        let span = value.span();
        match value.into_inner() {
            DeValue::Table(table) => Ok(Fields { table, span, of }),
            _ => mistake(span, format!("{of} is a table")),
        }
    }

    fn take(&mut self, key: &str) -> Option<Value<'a>> {
        self.table.remove(key)
    }

    fn optional<T>(&mut self, key: &str, read: impl FnOnce(&Value<'a>) -> Result<T>) -> Result<Option<T>> {
        self.take(key).map(|value| read(&value)).transpose()
    }

    fn required<T>(&mut self, key: &str, read: impl FnOnce(&Value<'a>) -> Result<T>) -> Result<T> {
        match self.optional(key, read)? {
            Some(value) => Ok(value),
            None => mistake(self.span.clone(), format!("{} has no `{key}`", self.of)),
        }
    }

    fn flag(&mut self, key: &str) -> Result<bool> {
        Ok(self.optional(key, boolean)?.unwrap_or(false))
    }

    fn tables(&mut self, key: &str, of: &'static str) -> Result<Vec<(Fields<'a>, Range<usize>)>> {
        let Some(value) = self.take(key) else { return Ok(Vec::new()) };
        let span = value.span();
        let DeValue::Array(items) = value.into_inner() else {
            return mistake(span, format!("`{key}` is written as [[{key}]]"));
        };
        items
            .into_iter()
            .map(|item| {
                let span = item.span();
                Ok((Fields::of(item, of)?, span))
            })
            .collect()
    }

    fn end(self) -> Result<()> {
        match self.table.iter().next() {
            Some((key, _)) => mistake(key.span(), format!("{} has no `{}`", self.of, key.get_ref())),
            None => Ok(()),
        }
    }
}

fn string(value: &Value<'_>) -> Result<String> {
    match value.get_ref() {
        DeValue::String(text) => Ok(text.to_string()),
        _ => mistake(value.span(), "a text in quotes belongs here"),
    }
}

fn boolean(value: &Value<'_>) -> Result<bool> {
    match value.get_ref() {
        DeValue::Boolean(value) => Ok(*value),
        _ => mistake(value.span(), "true or false belongs here"),
    }
}

fn integer(value: &Value<'_>) -> Result<i64> {
    match value.get_ref() {
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Ok(number),
            Err(_) => mistake(value.span(), "this number is too large"),
        },
        _ => mistake(value.span(), "a whole number belongs here"),
    }
}

fn items<'v, 'a>(value: &'v Value<'a>) -> Result<impl Iterator<Item = &'v Value<'a>>> {
    match value.get_ref() {
        DeValue::Array(items) => Ok(items.iter()),
        _ => mistake(value.span(), "a list in [ ] belongs here"),
    }
}

fn strings(value: &Value<'_>) -> Result<Vec<String>> {
    items(value)?.map(string).collect()
}

fn entries<'v, 'a>(value: &'v Value<'a>) -> Option<Vec<(&'v str, &'v Value<'a>)>> {
    match value.get_ref() {
        DeValue::Table(table) => Some(table.iter().map(|(key, value)| (key.get_ref().as_ref(), value)).collect()),
        _ => None,
    }
}

fn sql(value: &Value<'_>) -> Result<Sql> {
    let Some(entries) = entries(value) else { return Ok(Sql::portable(&string(value)?)) };
    let mut texts = Vec::new();
    for (key, text) in entries {
        match Dialect::from_name(key) {
            Some(dialect) => texts.push((dialect, string(text)?)),
            None => return mistake(text.span(), format!("`{key}` is no dialect: sqlite, postgres and mysql are")),
        }
    }
    Ok(Sql::each(texts.iter().map(|(dialect, text)| (*dialect, text.as_str()))))
}

fn column_type(value: &Value<'_>) -> Result<ColumnType> {
    if let Some(entries) = entries(value) {
        return match entries.as_slice() {
            [("native", native)] => Ok(ColumnType::Native(sql(native)?)),
            _ => mistake(value.span(), "a type is a text or `{ native = … }`"),
        };
    }
    string(value)?.parse().or_else(|message: String| mistake(value.span(), message))
}

fn default(value: &Value<'_>) -> Result<DefaultValue> {
    if let Some(entries) = entries(value) {
        match entries.as_slice() {
            [("now", _)] => return Ok(DefaultValue::Now),
            [("sql", text)] => return Ok(DefaultValue::Sql(sql(text)?)),
            _ => {}
        }
    }
    Ok(DefaultValue::Literal(literal(value)?))
}

fn literal(value: &Value<'_>) -> Result<Literal> {
    match value.get_ref() {
        DeValue::Boolean(value) => Ok(Literal::Boolean(*value)),
        DeValue::Integer(_) => Ok(Literal::Integer(integer(value)?)),
        DeValue::String(text) => Ok(Literal::Text(text.to_string())),
        DeValue::Table(_) => match entries(value).unwrap_or_default().as_slice() {
            [("null", _)] => Ok(Literal::Null),
            [("decimal", text)] => Ok(Literal::Decimal(string(text)?)),
            [("bytes", text)] => match bytes(&string(text)?) {
                Some(bytes) => Ok(Literal::Bytes(bytes)),
                None => mistake(text.span(), "bytes are pairs of hexadecimal digits"),
            },
            _ => mistake(value.span(), "this is no default"),
        },
        _ => mistake(value.span(), "this is no default"),
    }
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = hex.chars().map(|digit| digit.to_digit(16)).collect();
    let digits = digits?;
    digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair.get(1)?).ok()).collect()
}

fn model(fields: &mut Fields<'_>) -> Result<Option<Model>> {
    let name = fields.optional("model", string)?;
    let package = fields.optional("package", string)?;
    Ok(name.zip(package).map(|(name, package)| Model { name, package }))
}

fn table(mut fields: Fields<'_>) -> Result<Table> {
    let name = fields.required("name", string)?;
    let mut table = Table::new(TableName::parse(&name));
    table.model = model(&mut fields)?;
    table.comment = fields.optional("comment", string)?;
    if let Some(value) = fields.take("primary_key") {
        let mut key = Fields::of(value, "a primary key")?;
        let found = PrimaryKey {
            name: key.required("name", string)?,
            columns: key.required("columns", strings)?,
            native: Native::default(),
        };
        key.end()?;
        table.primary_key = Some(found);
    }
    for (fields, span) in fields.tables("column", "a column")? {
        let found = column(fields)?;
        if table.find(&found.name).is_some() {
            return mistake(span, format!("`{name}` has two columns `{}`", found.name));
        }
        table.columns.push(found);
    }
    for (mut unique, _) in fields.tables("unique", "a unique")? {
        let found = Unique {
            name: unique.required("name", string)?,
            columns: unique.required("columns", strings)?,
            native: Native::default(),
        };
        unique.end()?;
        table.uniques.push(found);
    }
    for (fields, _) in fields.tables("index", "an index")? {
        table.indexes.push(index(fields)?);
    }
    for (fields, _) in fields.tables("foreign_key", "a foreign key")? {
        table.foreign_keys.push(foreign_key(fields)?);
    }
    for (mut check, _) in fields.tables("check", "a check")? {
        let found = Check {
            name: check.required("name", string)?,
            expression: check.required("expression", sql)?,
            native: Native::default(),
        };
        check.end()?;
        table.checks.push(found);
    }
    fields.end()?;
    Ok(table)
}

fn column(mut fields: Fields<'_>) -> Result<Column> {
    let mut column = Column::new(fields.required("name", string)?, fields.required("type", column_type)?);
    column.nullable = fields.flag("nullable")?;
    column.default = fields.optional("default", default)?;
    if let Some(value) = fields.take("identity") {
        column.identity = Some(if let DeValue::Boolean(true) = value.get_ref() {
            Identity::default()
        } else {
            let mut fields = Fields::of(value, "an identity")?;
            let identity = Identity {
                always: fields.flag("always")?,
                start: fields.optional("start", integer)?,
                increment: fields.optional("increment", integer)?,
            };
            fields.end()?;
            identity
        });
    }
    for (key, stored) in [("stored", true), ("virtual", false)] {
        if let Some(expression) = fields.optional(key, sql)? {
            column.generated = Some(Generated { expression, stored });
        }
    }
    column.collation = fields.optional("collate", string)?;
    column.comment = fields.optional("comment", string)?;
    fields.end()?;
    Ok(column)
}

fn index(mut fields: Fields<'_>) -> Result<Index> {
    let index = Index {
        name: fields.required("name", string)?,
        parts: fields.required("on", |value| items(value)?.map(index_part).collect())?,
        unique: fields.flag("unique")?,
        predicate: fields.optional("where", sql)?,
        method: fields.optional("using", string)?,
        include: fields.optional("include", strings)?.unwrap_or_default(),
        native: Native::default(),
    };
    fields.end()?;
    Ok(index)
}

fn index_part(value: &Value<'_>) -> Result<IndexPart> {
    let Some(entries) = entries(value) else { return Ok(IndexPart::column(string(value)?)) };
    let mut target = None;
    let mut descending = false;
    let mut nulls = None;
    for (key, value) in entries {
        match key {
            "column" => target = Some(IndexTarget::Column(string(value)?)),
            "expression" => target = Some(IndexTarget::Expression(sql(value)?)),
            "desc" => descending = boolean(value)?,
            "nulls" => nulls = Some(if string(value)? == "first" { Nulls::First } else { Nulls::Last }),
            _ => return mistake(value.span(), format!("a part of an index has no `{key}`")),
        }
    }
    match target {
        Some(target) => Ok(IndexPart { target, descending, nulls, native: Native::default() }),
        None => mistake(value.span(), "a part of an index has a `column` or an `expression`"),
    }
}

fn foreign_key(mut fields: Fields<'_>) -> Result<ForeignKey> {
    let action = |value: &Value<'_>| match Action::from_name(&string(value)?) {
        Some(action) => Ok(action),
        None => mistake(value.span(), "cascade, restrict, set_null or set_default belongs here"),
    };
    let key = ForeignKey {
        name: fields.required("name", string)?,
        columns: fields.required("columns", strings)?,
        table: TableName::parse(&fields.required("table", string)?),
        references: fields.required("references", strings)?,
        on_delete: fields.optional("on_delete", action)?.unwrap_or_default(),
        on_update: fields.optional("on_update", action)?.unwrap_or_default(),
        deferrable: match fields.optional("deferrable", string)?.as_deref() {
            None => Deferrable::No,
            Some("immediate") => Deferrable::Immediate,
            Some(_) => Deferrable::Deferred,
        },
        native: Native::default(),
    };
    fields.end()?;
    Ok(key)
}
