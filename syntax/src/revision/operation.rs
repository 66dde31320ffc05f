//! The calls on `op`, evaluated by calling the same builder.

use migratable_core::builder::{AlterColumn, OperationList};
use migratable_core::{DefaultValue, Enum, Literal, Operation};
use syn::{Expr, ExprClosure, ExprMethodCall, Pat, Stmt};

use super::constructor::evaluate;
use super::reader::{Arguments, Mistakes, NOT_DATA, bare};
use super::tokens::{start, start_of};

/// The calls that can be made on `op`.
pub(super) const OPERATIONS: [&str; 35] = [
    "add_column",
    "add_enum_value",
    "add_enum_value_before",
    "alter_column",
    "backfill",
    "backfill_where",
    "bulk_insert",
    "create_check",
    "create_enum",
    "create_foreign_key",
    "create_index",
    "create_primary_key",
    "create_table",
    "create_unique",
    "drop_check",
    "drop_column",
    "drop_enum",
    "drop_enum_value",
    "drop_foreign_key",
    "drop_index",
    "drop_primary_key",
    "drop_table",
    "drop_unique",
    "execute",
    "execute_as",
    "irreversible",
    "map_rows",
    "rename_column",
    "rename_constraint",
    "rename_enum_value",
    "rename_index",
    "rename_table",
    "run",
    "set_table_comment",
    "set_table_option",
];

/// The calls that can follow `alter_column`.
pub(super) const ALTERATIONS: [&str; 13] = [
    "set_type",
    "using",
    "not_null",
    "nullable",
    "default",
    "drop_default",
    "identity",
    "drop_identity",
    "generated",
    "drop_generated",
    "collate",
    "drop_collate",
    "comment",
];

/// Reads one statement of a function whose operations are called on `op`.
pub(super) fn statement(statement: &Stmt, op: &str, mistakes: &mut Mistakes) -> Option<Operation> {
    match statement {
        Stmt::Expr(expression, _) => call(expression, op, mistakes),
        other => mistakes.add(start(other), only_calls(op)),
    }
}

fn only_calls(op: &str) -> String {
    format!(
        "only calls on `{op}` can stand here, because the build step reads them without running them; code belongs in a \
         function that `{op}.run(f)` runs"
    )
}

fn call(expression: &Expr, op: &str, mistakes: &mut Mistakes) -> Option<Operation> {
    mistakes.no_attributes(expression)?;
    let mut chain: Vec<&ExprMethodCall> = Vec::new();
    let mut receiver = bare(expression);
    while let Expr::MethodCall(call) = receiver {
        mistakes.no_attributes(receiver)?;
        chain.push(call);
        receiver = bare(&call.receiver);
    }
    let named = matches!(receiver, Expr::Path(path) if path.path.is_ident(op));
    let (Some(first), true) = (chain.pop(), named) else {
        return mistakes.add(start_of(expression), only_calls(op));
    };
    chain.reverse();
    operation(first, &chain, mistakes)
}

fn operation(call: &ExprMethodCall, chain: &[&ExprMethodCall], mistakes: &mut Mistakes) -> Option<Operation> {
    let name = call.method.to_string();
    let span = call.method.span();
    if !OPERATIONS.contains(&name.as_str()) {
        return mistakes.unknown(span, &format!("`{name}` is no operation"), &name, &OPERATIONS);
    }
    if let (Some(next), true) = (chain.first(), name != "alter_column") {
        return mistakes.add(next.method.span(), format!("nothing can be called on what `{name}` gives"));
    }
    let mut list = OperationList::default();
    match name.as_str() {
        "run" => match call.args.len() {
            1 => list.run_named(&step(&call.args[0], mistakes, "op.run(fill_bio)")?),
            given => return mistakes.add(span, format!("`run` takes one argument, not {given}")),
        },
        "map_rows" => map_rows(call, &mut list, mistakes)?,
        "execute_as" => execute_as(call, &mut list, mistakes)?,
        _ => {
            let values = call.args.iter().map(|argument| evaluate(argument, mistakes)).collect();
            let list = &mut list;
            if name == "alter_column" {
                let arguments = Arguments { mistakes: &mut *mistakes, of: name, span, values };
                let named = arguments.two(|table: String, column: String| (table, column));
                alter_column(named, chain, list, mistakes)?;
            } else {
                plain(&name, list, Arguments { mistakes, of: name.clone(), span, values })?;
            }
        }
    }
    list.operations.pop()
}

/// The name of a function.
fn step(argument: &Expr, mistakes: &mut Mistakes, example: &str) -> Option<String> {
    match bare(argument) {
        Expr::Path(path) if path.attrs.is_empty() && path.path.get_ident().is_some() => {
            path.path.get_ident().map(ToString::to_string)
        }
        other => mistakes
            .add(start_of(other), format!("the name of a function of this file belongs here, as in `{example}`")),
    }
}

fn map_rows(call: &ExprMethodCall, list: &mut OperationList, mistakes: &mut Mistakes) -> Option<()> {
    let (Some(table), Some(function), 2) = (call.args.first(), call.args.get(1), call.args.len()) else {
        let given = call.args.len();
        return mistakes.add(call.method.span(), format!("`map_rows` takes 2 arguments, not {given}"));
    };
    let values = vec![evaluate(table, mistakes)];
    let arguments = Arguments { mistakes, of: "map_rows".to_owned(), span: call.method.span(), values };
    let table: Option<String> = arguments.one(|table| table);
    let step = step(function, mistakes, "op.map_rows(\"users\", join_names)");
    // What the function keeps is read where the functions are.
    list.map_rows_named(&table?, &step?, &[]);
    Some(())
}

fn execute_as(call: &ExprMethodCall, list: &mut OperationList, mistakes: &mut Mistakes) -> Option<()> {
    let (Some(sql), Some(effect), 2) = (call.args.first(), call.args.get(1), call.args.len()) else {
        let given = call.args.len();
        return mistakes.add(call.method.span(), format!("`execute_as` takes 2 arguments, not {given}"));
    };
    let values = vec![evaluate(sql, mistakes)];
    let arguments = Arguments { mistakes, of: "execute_as".to_owned(), span: call.method.span(), values };
    let sql = arguments.one(|sql| sql);
    let effect = match bare(effect) {
        Expr::Closure(closure) => closure_operations(closure, mistakes),
        other => mistakes.add(start_of(other), "a closure belongs here, as in `|op| { op.drop_table(\"old\"); }`"),
    };
    let (sql, effect) = (sql?, effect?);
    list.execute_as(sql, |inner| inner.operations = effect);
    Some(())
}

fn closure_operations(closure: &ExprClosure, mistakes: &mut Mistakes) -> Option<Vec<Operation>> {
    let op = match (closure.inputs.first(), closure.inputs.len()) {
        (Some(parameter), 1) => parameter_name(parameter),
        _ => None,
    };
    let Some(op) = op else {
        return mistakes.add(start(&closure.or1_token), "a closure with one parameter belongs here: `|op| { … }`");
    };
    let operations: Vec<_> = match bare(&closure.body) {
        Expr::Block(block) if block.label.is_none() && block.attrs.is_empty() => {
            block.block.stmts.iter().map(|it| statement(it, &op, mistakes)).collect()
        }
        other => vec![call(other, &op, mistakes)],
    };
    operations.into_iter().collect()
}

/// The name of a parameter.
pub(super) fn parameter_name(pattern: &Pat) -> Option<String> {
    match pattern {
        Pat::Ident(it) if it.by_ref.is_none() && it.subpat.is_none() => Some(it.ident.to_string()),
        Pat::Type(it) => parameter_name(&it.pat),
        Pat::Wild(_) => Some("_".to_owned()),
        _ => None,
    }
}

fn alter_column(
    named: Option<(String, String)>,
    chain: &[&ExprMethodCall],
    list: &mut OperationList,
    mistakes: &mut Mistakes,
) -> Option<()> {
    let (table, column) = named.clone().unwrap_or_default();
    let mut altered = Some(list.alter_column(&table, &column));
    for call in chain {
        let values = call.args.iter().map(|argument| evaluate(argument, mistakes)).collect();
        let name = call.method.to_string();
        if !ALTERATIONS.contains(&name.as_str()) {
            let message = format!("`{name}` is no change of a column");
            return mistakes.unknown(call.method.span(), &message, &name, &ALTERATIONS);
        }
        let arguments = Arguments { mistakes: &mut *mistakes, of: name.clone(), span: call.method.span(), values };
        altered = alteration(altered?, &name, arguments);
    }
    altered?;
    named.map(|_| ())
}

fn alteration<'a>(it: AlterColumn<'a>, name: &str, arguments: Arguments<'_>) -> Option<AlterColumn<'a>> {
    match name {
        "set_type" => arguments.one(|column_type| it.set_type(column_type)),
        "using" => arguments.one(|sql| it.using(sql)),
        "not_null" => arguments.zero(|| it.not_null()),
        "nullable" => arguments.zero(|| it.nullable()),
        "default" => arguments.one(|value: DefaultValue| it.default(value)),
        "drop_default" => arguments.zero(|| it.drop_default()),
        "identity" => arguments.one(|identity| it.identity(identity)),
        "drop_identity" => arguments.zero(|| it.drop_identity()),
        "generated" => arguments.one(|generated| it.generated(generated)),
        "drop_generated" => arguments.zero(|| it.drop_generated()),
        "collate" => arguments.one(|collation: String| it.collate(&collation)),
        "drop_collate" => arguments.zero(|| it.drop_collate()),
        "comment" => arguments.one(|comment: String| it.comment(&comment)),
        _ => None,
    }
}

type Text = String;

fn plain(name: &str, list: &mut OperationList, arguments: Arguments<'_>) -> Option<()> {
    match name {
        "create_table" => arguments.one(|table| list.create_table(table)),
        "drop_table" => arguments.one(|table: Text| list.drop_table(&table)),
        "rename_table" => arguments.two(|from: Text, to: Text| list.rename_table(&from, &to)),
        "add_column" => arguments.two(|table: Text, column| list.add_column(&table, column)),
        "drop_column" => arguments.two(|table: Text, column: Text| list.drop_column(&table, &column)),
        "rename_column" => arguments.three(|table: Text, from: Text, to: Text| list.rename_column(&table, &from, &to)),
        "create_index" => arguments.two(|table: Text, index| list.create_index(&table, index)),
        "drop_index" => arguments.two(|table: Text, name: Text| list.drop_index(&table, &name)),
        "create_unique" => arguments.two(|table: Text, unique| list.create_unique(&table, unique)),
        "drop_unique" => arguments.two(|table: Text, name: Text| list.drop_unique(&table, &name)),
        "create_check" => arguments.two(|table: Text, check| list.create_check(&table, check)),
        "drop_check" => arguments.two(|table: Text, name: Text| list.drop_check(&table, &name)),
        "create_foreign_key" => arguments.two(|table: Text, key| list.create_foreign_key(&table, key)),
        "drop_foreign_key" => arguments.two(|table: Text, name: Text| list.drop_foreign_key(&table, &name)),
        "create_primary_key" => arguments.two(|table: Text, key| list.create_primary_key(&table, key)),
        "drop_primary_key" => arguments.two(|table: Text, name: Text| list.drop_primary_key(&table, &name)),
        "rename_index" => arguments.three(|table: Text, from: Text, to: Text| list.rename_index(&table, &from, &to)),
        "rename_constraint" => {
            arguments.three(|table: Text, from: Text, to: Text| list.rename_constraint(&table, &from, &to))
        }
        "create_enum" => arguments.two(|name: Text, values: Vec<Text>| {
            list.create_enum(&name, []);
            if let Some(Operation::CreateEnum(Enum { values: empty, .. })) = list.operations.last_mut() {
                *empty = values;
            }
        }),
        "drop_enum" => arguments.one(|name: Text| list.drop_enum(&name)),
        "add_enum_value" => arguments.two(|name: Text, value: Text| list.add_enum_value(&name, &value)),
        "add_enum_value_before" => arguments.three(|name: Text, value: Text, before: Text| {
            list.add_enum_value_before(&name, &value, &before);
        }),
        "rename_enum_value" => {
            arguments.three(|name: Text, from: Text, to: Text| list.rename_enum_value(&name, &from, &to))
        }
        "drop_enum_value" => arguments.two(|name: Text, value: Text| list.drop_enum_value(&name, &value)),
        "set_table_comment" => arguments.two(|table: Text, comment: Text| list.set_table_comment(&table, &comment)),
        "set_table_option" => arguments.three(|table: Text, option: Text, value: Text| {
            list.set_table_option(&table, &option, &value);
        }),
        "bulk_insert" => arguments.three(|table: Text, names: Vec<Text>, values: Vec<Vec<Literal>>| {
            list.bulk_insert::<0, 0>(&table, [], []);
            if let Some(Operation::BulkInsert { columns, rows, .. }) = list.operations.last_mut() {
                (*columns, *rows) = (names, values);
            }
        }),
        "backfill" => arguments.three(|table: Text, column: Text, value| list.backfill(&table, &column, value)),
        "backfill_where" => arguments.four(|table: Text, column: Text, value, predicate| {
            list.backfill_where(&table, &column, value, predicate);
        }),
        "execute" => arguments.one(|sql| list.execute(sql)),
        "irreversible" => arguments.one(|reason: Text| list.irreversible(&reason)),
        _ => arguments.mistakes.add(arguments.span, NOT_DATA),
    }
}
