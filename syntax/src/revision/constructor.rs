//! Expressions of a revision file, evaluated by calling the constructors that they name.

use migratable_core::{Column, DefaultValue, ForeignKey, Identity, Index, IndexPart, Sql, Table, builder as b};
use syn::spanned::Spanned;
use syn::{Expr, ExprCall, ExprMethodCall, ExprPath, Lit, UnOp};

use super::reader::{Arguments, Mistakes, NOT_DATA, bare};
use super::tokens::start_of;
use super::value::{Argument, Plain, Value};

/// The functions of `migratable::revision` that make values.
pub(super) const CONSTRUCTORS: [&str; 48] = [
    "any_numeric",
    "array",
    "asc",
    "bigint",
    "binary",
    "boolean",
    "cascade",
    "char",
    "check",
    "column",
    "computed",
    "date",
    "decimal",
    "desc",
    "double",
    "enumeration",
    "foreign_key",
    "identity",
    "index",
    "inet",
    "integer",
    "interval",
    "json",
    "jsonb",
    "native",
    "no_action",
    "now",
    "null",
    "numeric",
    "primary_key",
    "real",
    "restrict",
    "set_default",
    "set_null",
    "smallint",
    "sql",
    "sql_each",
    "stored",
    "table",
    "text",
    "time",
    "timestamp",
    "timestamptz",
    "unique",
    "uuid",
    "value",
    "varbinary",
    "varchar",
];

/// Evaluates an expression.
pub(super) fn evaluate(expression: &Expr, mistakes: &mut Mistakes) -> Option<Argument> {
    mistakes.no_attributes(expression)?;
    let span = start_of(expression);
    let value = match bare(expression) {
        Expr::Lit(literal) => literal_value(&literal.lit, false, mistakes)?,
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => match bare(&unary.expr) {
            Expr::Lit(literal) => literal_value(&literal.lit, true, mistakes)?,
            other => return mistakes.add(start_of(other), NOT_DATA),
        },
        Expr::Array(array) => {
            let values: Vec<_> = array.elems.iter().map(|element| evaluate(element, mistakes)).collect();
            Value::Array(values.into_iter().collect::<Option<_>>()?)
        }
        Expr::Call(call) => constructor_call(call, mistakes)?,
        Expr::MethodCall(call) => method_call(call, mistakes)?,
        other => return mistakes.add(start_of(other), NOT_DATA),
    };
    Some(Argument { value, span })
}

fn literal_value(literal: &Lit, negative: bool, mistakes: &mut Mistakes) -> Option<Value> {
    let value = match literal {
        Lit::Int(it) => {
            let digits = if negative { format!("-{}", it.base10_digits()) } else { it.base10_digits().to_owned() };
            match digits.parse() {
                Ok(value) if it.suffix() == "f64" => Value::Float(value as f64),
                Ok(value) => Value::Integer(value, it.suffix().to_owned()),
                Err(_) => return mistakes.add(it.span(), "a number of at most 64 bits belongs here"),
            }
        }
        Lit::Float(it) if it.suffix().is_empty() || it.suffix() == "f64" => match it.base10_parse::<f64>() {
            Ok(value) => Value::Float(if negative { -value } else { value }),
            Err(error) => return mistakes.add(it.span(), error.to_string()),
        },
        _ if negative => return mistakes.add(literal.span(), NOT_DATA),
        Lit::Str(it) if it.suffix().is_empty() => Value::Text(it.value()),
        Lit::ByteStr(it) if it.suffix().is_empty() => Value::Bytes(it.value()),
        Lit::Bool(it) => Value::Boolean(it.value),
        other => return mistakes.add(other.span(), "a literal of this kind cannot stand in a revision"),
    };
    Some(value)
}

fn constructor_call(call: &ExprCall, mistakes: &mut Mistakes) -> Option<Value> {
    let Expr::Path(path) = bare(&call.func) else {
        return mistakes.add(start_of(&call.func), NOT_DATA);
    };
    let Some(name) = plain_name(path) else {
        return mistakes.add(start_of(&call.func), NOT_DATA);
    };
    let span = path.path.segments.last().map_or_else(|| path.span(), |segment| segment.ident.span());
    if !CONSTRUCTORS.contains(&name.as_str()) {
        let message = format!(
            "`{name}` is no constructor of migratable::revision, and nothing else can stand here: code belongs in a \
             function that `op.run(f)` runs"
        );
        return match migratable_core::names::nearest(&name, CONSTRUCTORS) {
            Some(near) => mistakes.add(span, format!("{message}; is it `{near}`?")),
            None => mistakes.add(span, message),
        };
    }
    let values = call.args.iter().map(|argument| evaluate(argument, mistakes)).collect();
    construct(&name, Arguments { mistakes, of: name.clone(), span, values })
}

/// The name of a function that is named alone or in `migratable::revision`.
fn plain_name(path: &ExprPath) -> Option<String> {
    let segments = &path.path.segments;
    let names: Vec<String> = segments.iter().map(|segment| segment.ident.to_string()).collect();
    match names.as_slice() {
        [name] => Some(name.clone()),
        [first, second, name] if first == "migratable" && second == "revision" => Some(name.clone()),
        _ => None,
    }
}

/// A list of texts where the compiled function takes an array.
type Names = Vec<String>;

fn construct(name: &str, arguments: Arguments<'_>) -> Option<Value> {
    match name {
        "smallint" => arguments.zero(b::smallint).map(Value::from),
        "integer" => arguments.zero(b::integer).map(Value::from),
        "bigint" => arguments.zero(b::bigint).map(Value::from),
        "real" => arguments.zero(b::real).map(Value::from),
        "double" => arguments.zero(b::double).map(Value::from),
        "numeric" => numeric(arguments),
        "any_numeric" => arguments.zero(b::any_numeric).map(Value::from),
        "boolean" => arguments.zero(b::boolean).map(Value::from),
        "text" => arguments.zero(b::text).map(Value::from),
        "varchar" => arguments.one(b::varchar).map(Value::from),
        "char" => arguments.one(b::char).map(Value::from),
        "binary" => arguments.zero(b::binary).map(Value::from),
        "varbinary" => arguments.one(b::varbinary).map(Value::from),
        "date" => arguments.zero(b::date).map(Value::from),
        "time" => arguments.zero(b::time).map(Value::from),
        "timestamp" => arguments.zero(b::timestamp).map(Value::from),
        "timestamptz" => arguments.zero(b::timestamptz).map(Value::from),
        "interval" => arguments.zero(b::interval).map(Value::from),
        "uuid" => arguments.zero(b::uuid).map(Value::from),
        "json" => arguments.zero(b::json).map(Value::from),
        "jsonb" => arguments.zero(b::jsonb).map(Value::from),
        "inet" => arguments.zero(b::inet).map(Value::from),
        "array" => arguments.one(b::array).map(Value::from),
        "enumeration" => arguments.one(|name: String| b::enumeration(&name)).map(Value::from),
        "native" => arguments.one(b::native).map(Value::from),
        "sql" => arguments.one(|text: String| b::sql(&text)).map(Value::from),
        "sql_each" => arguments.zero(b::sql_each).map(Value::from),
        "now" => arguments.zero(b::now).map(Value::from),
        "null" => arguments.zero(b::null).map(Value::from),
        "decimal" => arguments.one(|digits: String| b::decimal(&digits)).map(Value::from),
        "value" => arguments.one(|Plain(value)| b::value(value)).map(Value::from),
        "column" => arguments.two(|name: String, column_type| b::column(&name, column_type)).map(Value::from),
        "identity" => arguments.zero(b::identity).map(Value::from),
        "stored" => arguments.one(b::stored).map(Value::from),
        "computed" => arguments.one(b::computed).map(Value::from),
        "table" => arguments.one(|name: String| b::table(&name)).map(Value::from),
        "primary_key" => arguments.two(primary_key).map(Value::from),
        "unique" => arguments.two(unique).map(Value::from),
        "check" => arguments.two(|name: String, expression| b::check(&name, expression)).map(Value::from),
        "index" => arguments.one(|name: String| b::index(&name)).map(Value::from),
        "asc" => arguments.one(|part: IndexPart| b::asc(part)).map(Value::from),
        "desc" => arguments.one(|part: IndexPart| b::desc(part)).map(Value::from),
        "foreign_key" => arguments
            .two(|name: String, columns: Names| {
                let mut key = b::foreign_key(&name, []);
                key.columns = columns;
                key
            })
            .map(Value::from),
        "no_action" => arguments.zero(b::no_action).map(Value::from),
        "restrict" => arguments.zero(b::restrict).map(Value::from),
        "cascade" => arguments.zero(b::cascade).map(Value::from),
        "set_null" => arguments.zero(b::set_null).map(Value::from),
        "set_default" => arguments.zero(b::set_default).map(Value::from),
        _ => arguments.mistakes.add(arguments.span, NOT_DATA),
    }
}

/// `numeric(p, s)`: no database has one of no digits, or of more behind the point than in all.
fn numeric(arguments: Arguments<'_>) -> Option<Value> {
    let Arguments { mistakes, of, span, values } = arguments;
    let inner = Arguments { mistakes: &mut *mistakes, of, span, values };
    let (precision, scale) = inner.two(|precision: u16, scale: u16| (precision, scale))?;
    if precision == 0 || scale > precision {
        let message = format!(
            "`numeric({precision}, {scale})` cannot be: the first is how many digits there are, at least 1, and the \
             second how many of these stand behind the point"
        );
        return mistakes.add(span, message);
    }
    Some(Value::from(b::numeric(precision, scale)))
}

fn primary_key(name: String, columns: Names) -> migratable_core::PrimaryKey {
    let mut key = b::primary_key(&name, []);
    key.columns = columns;
    key
}

fn unique(name: String, columns: Names) -> migratable_core::Unique {
    let mut unique = b::unique(&name, []);
    unique.columns = columns;
    unique
}

fn method_call(call: &ExprMethodCall, mistakes: &mut Mistakes) -> Option<Value> {
    let receiver = evaluate(&call.receiver, mistakes);
    let values: Vec<_> = call.args.iter().map(|argument| evaluate(argument, mistakes)).collect();
    let receiver = receiver?.value;
    let name = call.method.to_string();
    let known = methods_of(&receiver);
    if known.is_empty() {
        return mistakes.add(call.method.span(), NOT_DATA);
    }
    if !known.contains(&name.as_str()) {
        return mistakes.unknown(call.method.span(), &format!("`{name}` is no call here"), &name, known);
    }
    method(receiver, &name, Arguments { mistakes, of: name.clone(), span: call.method.span(), values })
}

/// The calls that can follow a value.
pub(super) fn methods_of(value: &Value) -> &'static [&'static str] {
    match value {
        Value::Sql(_) => &["sqlite", "postgres", "mysql"],
        Value::Column(_) => &["nullable", "default", "identity", "generated", "collate", "comment"],
        Value::Identity(_) => &["always", "start", "increment"],
        Value::Table(_) => &["column", "primary_key", "unique", "index", "foreign_key", "check", "comment"],
        Value::Index(_) => &["on", "unique", "filter", "using", "include"],
        Value::IndexPart(_) => &["nulls_first", "nulls_last"],
        Value::ForeignKey(_) => &["references", "on_delete", "on_update", "deferred", "deferrable"],
        _ => &[],
    }
}

fn method(receiver: Value, name: &str, arguments: Arguments<'_>) -> Option<Value> {
    match receiver {
        Value::Sql(it) => sql_method(it, name, arguments).map(Value::from),
        Value::Column(it) => column_method(it, name, arguments).map(Value::from),
        Value::Identity(it) => identity_method(it, name, arguments).map(Value::from),
        Value::Table(it) => table_method(it, name, arguments).map(Value::from),
        Value::Index(it) => index_method(it, name, arguments).map(Value::from),
        Value::IndexPart(it) => match name {
            "nulls_first" => arguments.zero(|| it.nulls_first()).map(Value::from),
            "nulls_last" => arguments.zero(|| it.nulls_last()).map(Value::from),
            _ => None,
        },
        Value::ForeignKey(it) => foreign_key_method(it, name, arguments).map(Value::from),
        _ => None,
    }
}

fn sql_method(it: Sql, name: &str, arguments: Arguments<'_>) -> Option<Sql> {
    match name {
        "sqlite" => arguments.one(|text: String| it.sqlite(&text)),
        "postgres" => arguments.one(|text: String| it.postgres(&text)),
        "mysql" => arguments.one(|text: String| it.mysql(&text)),
        _ => None,
    }
}

fn column_method(it: Column, name: &str, arguments: Arguments<'_>) -> Option<Column> {
    match name {
        "nullable" => arguments.zero(|| it.nullable()),
        "default" => arguments.one(|value: DefaultValue| it.default(value)),
        "identity" => arguments.one(|identity| it.identity(identity)),
        "generated" => arguments.one(|generated| it.generated(generated)),
        "collate" => arguments.one(|collation: String| it.collate(&collation)),
        "comment" => arguments.one(|comment: String| it.comment(&comment)),
        _ => None,
    }
}

fn identity_method(it: Identity, name: &str, arguments: Arguments<'_>) -> Option<Identity> {
    match name {
        "always" => arguments.zero(|| it.always()),
        "start" => arguments.one(|start| it.start(start)),
        "increment" => arguments.one(|increment| it.increment(increment)),
        _ => None,
    }
}

fn table_method(mut it: Table, name: &str, arguments: Arguments<'_>) -> Option<Table> {
    match name {
        "column" => arguments.one(|column| it.column(column)),
        "primary_key" => arguments.two(|name: String, columns: Names| {
            it.primary_key = Some(primary_key(name, columns));
            it
        }),
        "unique" => arguments.two(|name: String, columns: Names| {
            it.uniques.push(unique(name, columns));
            it
        }),
        "index" => arguments.one(|index| it.index(index)),
        "foreign_key" => arguments.one(|key| it.foreign_key(key)),
        "check" => arguments.two(|name: String, expression| it.check(&name, expression)),
        "comment" => arguments.one(|comment: String| it.comment(&comment)),
        _ => None,
    }
}

fn index_method(mut it: Index, name: &str, arguments: Arguments<'_>) -> Option<Index> {
    match name {
        "on" => arguments.one(|part: IndexPart| it.on(part)),
        "unique" => arguments.zero(|| it.unique()),
        "filter" => arguments.one(|predicate| it.filter(predicate)),
        "using" => arguments.one(|method: String| it.using(&method)),
        "include" => arguments.one(|columns: Names| {
            it.include = columns;
            it
        }),
        _ => None,
    }
}

fn foreign_key_method(mut it: ForeignKey, name: &str, arguments: Arguments<'_>) -> Option<ForeignKey> {
    match name {
        "references" => arguments.two(|table: String, columns: Names| {
            it = it.references(&table, []);
            it.references = columns;
            it
        }),
        "on_delete" => arguments.one(|action| it.on_delete(action)),
        "on_update" => arguments.one(|action| it.on_update(action)),
        "deferred" => arguments.zero(|| it.deferred()),
        "deferrable" => arguments.zero(|| it.deferrable()),
        _ => None,
    }
}
