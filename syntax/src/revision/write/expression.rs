//! Operations as the calls that make them.

use migratable_core::{
    Action, Column, ColumnChange, Conversion, DefaultValue, Deferrable, Dialect, ForeignKey, Generated, Identity,
    Index, IndexPart, IndexTarget, Literal, Nulls, Operation, PrimaryKey, Sql, Table, TableName, Unique,
};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use super::value::{column_type, is_float, literal, number};

/// The statement that records an operation on `op`.
pub(super) fn operation(operation: &Operation) -> TokenStream {
    let method = |name: &str| Ident::new(name, Span::call_site());
    let call = |name: &str, arguments: TokenStream| {
        let name = method(name);
        quote!(op.#name(#arguments);)
    };
    let kind = operation.kind();
    match operation {
        Operation::CreateTable(it) => call(kind, table(it)),
        Operation::DropTable { table } => call(kind, name(table)),
        Operation::RenameTable { from, to } => {
            let (from, to) = (name(from), name(to));
            call(kind, quote!(#from, #to))
        }
        Operation::AddColumn { table, column: it } => {
            let (table, it) = (name(table), column(it));
            call(kind, quote!(#table, #it))
        }
        Operation::DropColumn { table, column } => {
            let table = name(table);
            call(kind, quote!(#table, #column))
        }
        Operation::RenameColumn { table, from, to }
        | Operation::RenameIndex { table, from, to }
        | Operation::RenameConstraint { table, from, to } => {
            let table = name(table);
            call(kind, quote!(#table, #from, #to))
        }
        Operation::AlterColumn { table, column, change } => {
            let (table, changes) = (name(table), changes(change));
            quote!(op.alter_column(#table, #column)#changes;)
        }
        Operation::CreateIndex { table, index: it } => {
            let (table, it) = (name(table), index(it));
            call(kind, quote!(#table, #it))
        }
        Operation::CreateUnique { table, unique: it } => {
            let (table, it) = (name(table), unique(it));
            call(kind, quote!(#table, unique(#it)))
        }
        Operation::CreateCheck { table, check } => {
            let (table, check_name, expression) = (name(table), &check.name, sql(&check.expression));
            call(kind, quote!(#table, check(#check_name, #expression)))
        }
        Operation::CreateForeignKey { table, foreign_key: it } => {
            let (table, it) = (name(table), foreign_key(it));
            call(kind, quote!(#table, #it))
        }
        Operation::CreatePrimaryKey { table, primary_key: it } => {
            let (table, it) = (name(table), primary_key(it));
            call(kind, quote!(#table, primary_key(#it)))
        }
        Operation::DropIndex { table, name: it }
        | Operation::DropUnique { table, name: it }
        | Operation::DropCheck { table, name: it }
        | Operation::DropForeignKey { table, name: it }
        | Operation::DropPrimaryKey { table, name: it } => {
            let table = name(table);
            call(kind, quote!(#table, #it))
        }
        Operation::CreateEnum(it) => {
            let (enum_name, values) = (&it.name, &it.values);
            call(kind, quote!(#enum_name, [#(#values),*]))
        }
        Operation::DropEnum { name } => call(kind, quote!(#name)),
        Operation::AddEnumValue { name, value, before: None } => call(kind, quote!(#name, #value)),
        Operation::AddEnumValue { name, value, before: Some(before) } => {
            call("add_enum_value_before", quote!(#name, #value, #before))
        }
        Operation::RenameEnumValue { name, from, to } => call(kind, quote!(#name, #from, #to)),
        Operation::DropEnumValue { name, value } => call(kind, quote!(#name, #value)),
        Operation::SetTableComment { table, comment } => {
            let (table, comment) = (name(table), comment.as_deref().unwrap_or_default());
            call(kind, quote!(#table, #comment))
        }
        Operation::SetTableOption { table, option, value } => {
            let (table, value) = (name(table), value.as_deref().unwrap_or_default());
            call(kind, quote!(#table, #option, #value))
        }
        Operation::BulkInsert { table, columns, rows } => {
            let (table, rows) = (name(table), rows.iter().map(|row| seed_row(row)));
            call(kind, quote!(#table, [#(#columns),*], [#(#rows),*]))
        }
        Operation::Backfill { table, column, value, predicate } => {
            let (table, value) = (name(table), sql(value));
            match predicate.as_ref().map(sql) {
                None => call(kind, quote!(#table, #column, #value)),
                Some(predicate) => call("backfill_where", quote!(#table, #column, #value, #predicate)),
            }
        }
        Operation::Execute { sql: it, effect } => {
            let it = sql(it);
            if effect.is_empty() {
                return call(kind, it);
            }
            let effect = effect.iter().map(self::operation);
            call("execute_as", quote!(#it, |op| { #(#effect)* }))
        }
        Operation::Irreversible { reason } => call(kind, quote!(#reason)),
        Operation::Run { step } => {
            let step = method(step);
            call(kind, quote!(#step))
        }
        Operation::MapRows { table, step, .. }
        | Operation::Convert(Conversion { table, step, .. })
        | Operation::ConvertLast(Conversion { table, step, .. }) => {
            let (table, step) = (name(table), method(step));
            call(kind, quote!(#table, #step))
        }
    }
}

fn name(table: &TableName) -> TokenStream {
    let text = table.to_string();
    quote!(#text)
}

fn seed_row(row: &[Literal]) -> TokenStream {
    let values = row.iter().map(|value| match value {
        Literal::Null => literal(value),
        Literal::Decimal(_) if !is_float(value) => literal(value),
        plain => {
            let plain = literal(plain);
            quote!(value(#plain))
        }
    });
    quote!([#(#values),*])
}

/// The expression that makes a table.
pub(super) fn table(table: &Table) -> TokenStream {
    let name = name(&table.name);
    let mut out = quote!(table(#name));
    for it in &table.columns {
        let it = column(it);
        out.extend(quote!(.column(#it)));
    }
    if let Some(key) = &table.primary_key {
        let key = primary_key(key);
        out.extend(quote!(.primary_key(#key)));
    }
    for it in &table.uniques {
        let it = unique(it);
        out.extend(quote!(.unique(#it)));
    }
    for it in &table.indexes {
        let it = index(it);
        out.extend(quote!(.index(#it)));
    }
    for it in &table.foreign_keys {
        let it = foreign_key(it);
        out.extend(quote!(.foreign_key(#it)));
    }
    for it in &table.checks {
        let (name, expression) = (&it.name, sql(&it.expression));
        out.extend(quote!(.check(#name, #expression)));
    }
    if let Some(comment) = &table.comment {
        out.extend(quote!(.comment(#comment)));
    }
    out
}

fn column(column: &Column) -> TokenStream {
    let (name, of) = (&column.name, column_type(&column.column_type));
    let mut out = quote!(column(#name, #of));
    if column.nullable {
        out.extend(quote!(.nullable()));
    }
    if let Some(value) = &column.default {
        let value = default_value(value);
        out.extend(quote!(.default(#value)));
    }
    if let Some(it) = &column.identity {
        let it = identity(it);
        out.extend(quote!(.identity(#it)));
    }
    if let Some(it) = &column.generated {
        let it = generated(it);
        out.extend(quote!(.generated(#it)));
    }
    if let Some(collation) = &column.collation {
        out.extend(quote!(.collate(#collation)));
    }
    if let Some(comment) = &column.comment {
        out.extend(quote!(.comment(#comment)));
    }
    out
}

fn changes(change: &ColumnChange) -> TokenStream {
    let mut out = TokenStream::new();
    if let Some(it) = &change.column_type {
        let it = column_type(it);
        out.extend(quote!(.set_type(#it)));
    }
    if let Some(it) = &change.using {
        let it = sql(it);
        out.extend(quote!(.using(#it)));
    }
    match change.nullable {
        None => {}
        Some(true) => out.extend(quote!(.nullable())),
        Some(false) => out.extend(quote!(.not_null())),
    }
    match &change.default {
        None => {}
        Some(None) => out.extend(quote!(.drop_default())),
        Some(Some(value)) => {
            let value = default_value(value);
            out.extend(quote!(.default(#value)));
        }
    }
    match &change.identity {
        None => {}
        Some(None) => out.extend(quote!(.drop_identity())),
        Some(Some(it)) => {
            let it = identity(it);
            out.extend(quote!(.identity(#it)));
        }
    }
    match &change.generated {
        None => {}
        Some(None) => out.extend(quote!(.drop_generated())),
        Some(Some(it)) => {
            let it = generated(it);
            out.extend(quote!(.generated(#it)));
        }
    }
    match &change.collation {
        None => {}
        Some(None) => out.extend(quote!(.drop_collate())),
        Some(Some(it)) => out.extend(quote!(.collate(#it))),
    }
    if let Some(comment) = &change.comment {
        let comment = comment.as_deref().unwrap_or_default();
        out.extend(quote!(.comment(#comment)));
    }
    out
}

fn default_value(value: &DefaultValue) -> TokenStream {
    match value {
        DefaultValue::Literal(value) => literal(value),
        DefaultValue::Now => quote!(now()),
        DefaultValue::Sql(text) => sql(text),
    }
}

/// The expression of some SQL.
pub(super) fn sql(sql: &Sql) -> TokenStream {
    match sql {
        Sql::Portable(text) => quote!(sql(#text)),
        Sql::Each(texts) => {
            let mut out = quote!(sql_each());
            for (dialect, text) in texts {
                out.extend(match dialect {
                    Dialect::Sqlite => quote!(.sqlite(#text)),
                    Dialect::Postgres => quote!(.postgres(#text)),
                    Dialect::Mysql => quote!(.mysql(#text)),
                });
            }
            out
        }
    }
}

fn identity(identity: &Identity) -> TokenStream {
    let mut out = quote!(identity());
    if identity.always {
        out.extend(quote!(.always()));
    }
    if let Some(start) = identity.start.map(number) {
        out.extend(quote!(.start(#start)));
    }
    if let Some(increment) = identity.increment.map(number) {
        out.extend(quote!(.increment(#increment)));
    }
    out
}

fn generated(generated: &Generated) -> TokenStream {
    let expression = sql(&generated.expression);
    if generated.stored { quote!(stored(#expression)) } else { quote!(computed(#expression)) }
}

fn primary_key(key: &PrimaryKey) -> TokenStream {
    let (name, columns) = (&key.name, &key.columns);
    quote!(#name, [#(#columns),*])
}

fn unique(unique: &Unique) -> TokenStream {
    let (name, columns) = (&unique.name, &unique.columns);
    quote!(#name, [#(#columns),*])
}

fn index(index: &Index) -> TokenStream {
    let name = &index.name;
    let mut out = quote!(index(#name));
    for it in &index.parts {
        let it = part(it);
        out.extend(quote!(.on(#it)));
    }
    if index.unique {
        out.extend(quote!(.unique()));
    }
    if let Some(predicate) = &index.predicate {
        let predicate = sql(predicate);
        out.extend(quote!(.filter(#predicate)));
    }
    if let Some(method) = &index.method {
        out.extend(quote!(.using(#method)));
    }
    if !index.include.is_empty() {
        let columns = &index.include;
        out.extend(quote!(.include([#(#columns),*])));
    }
    out
}

fn part(part: &IndexPart) -> TokenStream {
    let target = match &part.target {
        IndexTarget::Column(name) => quote!(#name),
        IndexTarget::Expression(expression) => sql(expression),
    };
    let nulls = match part.nulls {
        None => TokenStream::new(),
        Some(Nulls::First) => quote!(.nulls_first()),
        Some(Nulls::Last) => quote!(.nulls_last()),
    };
    match (part.descending, part.nulls) {
        (true, _) => quote!(desc(#target)#nulls),
        (false, Some(_)) => quote!(asc(#target)#nulls),
        (false, None) => target,
    }
}

fn foreign_key(key: &ForeignKey) -> TokenStream {
    let (key_name, columns, table, references) = (&key.name, &key.columns, name(&key.table), &key.references);
    let mut out = quote!(foreign_key(#key_name, [#(#columns),*]).references(#table, [#(#references),*]));
    let action = |action: Action| match action {
        Action::NoAction => None,
        Action::Restrict => Some(quote!(restrict())),
        Action::Cascade => Some(quote!(cascade())),
        Action::SetNull => Some(quote!(set_null())),
        Action::SetDefault => Some(quote!(set_default())),
    };
    if let Some(action) = action(key.on_delete) {
        out.extend(quote!(.on_delete(#action)));
    }
    if let Some(action) = action(key.on_update) {
        out.extend(quote!(.on_update(#action)));
    }
    match key.deferrable {
        Deferrable::No => {}
        Deferrable::Immediate => out.extend(quote!(.deferrable())),
        Deferrable::Deferred => out.extend(quote!(.deferred())),
    }
    out
}
