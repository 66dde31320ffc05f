//! Attributes of structs that are tables.

use migratable_core::{Action, Sql};
use proc_macro2::{Span, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Expr, Ident, LitStr, Path, Token};

use super::entries::{Entry, Value, entries, split};
use super::index::{IndexSpec, UniqueSpec, index, unique};
use super::known::{Level, unknown};
use super::{At, Mistakes, Target, diesel, once, values};

/// What the attributes of a struct say.
#[derive(Clone, Debug, Default)]
pub(crate) struct StructAttributes {
    pub(crate) table: Option<At<String>>,
    pub(crate) schema: Option<At<String>>,
    pub(crate) primary_key: Option<KeySpec>,
    pub(crate) indexes: Vec<IndexSpec>,
    pub(crate) uniques: Vec<UniqueSpec>,
    pub(crate) checks: Vec<CheckSpec>,
    pub(crate) foreign_keys: Vec<ForeignKeySpec>,
    pub(crate) belongs_to: Vec<BelongsTo>,
    pub(crate) renamed_from: Option<At<String>>,
    pub(crate) comment: Option<String>,
    pub(crate) database: Option<At<String>>,
    pub(crate) appear_with: Vec<Path>,
}

/// `primary_key(a, b)` or `primary_key = false`.
#[derive(Clone, Debug)]
pub(crate) enum KeySpec {
    Fields(Vec<At<String>>),
    /// Diesel's, which names columns.
    Columns(Vec<At<String>>),
    None,
}

/// A check.
#[derive(Clone, Debug)]
pub(crate) struct CheckSpec {
    pub(crate) span: Span,
    pub(crate) name: Option<At<String>>,
    pub(crate) expression: At<Sql>,
}

/// `foreign_key(..)`.
#[derive(Clone, Debug)]
pub(crate) struct ForeignKeySpec {
    pub(crate) span: Span,
    pub(crate) name: Option<At<String>>,
    pub(crate) fields: Vec<At<String>>,
    pub(crate) target: Target,
    pub(crate) on_delete: Option<At<Action>>,
    pub(crate) on_update: Option<At<Action>>,
    pub(crate) deferrable: bool,
}

/// Diesel's `belongs_to`.
#[derive(Clone, Debug)]
pub(crate) struct BelongsTo {
    pub(crate) span: Span,
    pub(crate) parent: Path,
    pub(crate) column: At<String>,
}

const LEVEL: Level = Level::Struct;

/// Reads the attributes of a struct that is a table.
pub(crate) fn struct_level(attributes: &[Attribute], mistakes: &mut Mistakes) -> StructAttributes {
    let mut found = StructAttributes::default();
    for entry in entries(attributes, "migratable", LEVEL, mistakes) {
        let key = &entry.key;
        match entry.name().as_str() {
            "table" => {
                let value = mistakes.good(values::name(&entry, LEVEL));
                once(&mut found.table, key, value, mistakes);
            }
            "schema" => {
                let value = mistakes.good(values::name(&entry, LEVEL));
                once(&mut found.schema, key, value, mistakes);
            }
            "primary_key" => {
                let value = mistakes.good(primary_key(&entry));
                once(&mut found.primary_key, key, value, mistakes);
            }
            "index" => found.indexes.extend(index(&entry, LEVEL, mistakes)),
            "unique" => found.uniques.extend(unique(&entry, LEVEL, mistakes)),
            "check" => found.checks.extend(mistakes.good(check(&entry, LEVEL))),
            "foreign_key" => found.foreign_keys.extend(mistakes.good(foreign_key(&entry))),
            "renamed_from" => {
                let value = mistakes.good(values::name(&entry, LEVEL));
                once(&mut found.renamed_from, key, value, mistakes);
            }
            "comment" => {
                let value = mistakes.good(values::comment(&entry, LEVEL)).flatten();
                once(&mut found.comment, key, value, mistakes);
            }
            "database" => {
                let value = mistakes.good(values::name(&entry, LEVEL));
                once(&mut found.database, key, value, mistakes);
            }
            "appear_with" => found.appear_with.extend(mistakes.good(paths(&entry)).unwrap_or_default()),
            other => mistakes.at(key.span(), unknown(LEVEL, other)),
        }
    }
    diesel::struct_level(attributes, &mut found, mistakes);
    found
}

fn primary_key(entry: &Entry) -> syn::Result<KeySpec> {
    match &entry.value {
        Value::Parens(tokens) => match values::fields(tokens.clone()) {
            Ok(fields) if !fields.is_empty() => Ok(KeySpec::Fields(fields)),
            _ => Err(entry.wrong(LEVEL)),
        },
        _ => match values::boolean(entry, LEVEL) {
            Ok(At { value: false, .. }) => Ok(KeySpec::None),
            _ => Err(entry.wrong(LEVEL)),
        },
    }
}

fn paths(entry: &Entry) -> syn::Result<Vec<Path>> {
    let Value::Parens(tokens) = &entry.value else { return Err(entry.wrong(LEVEL)) };
    let parse = |input: ParseStream<'_>| input.parse_terminated(Path::parse_mod_style, Token![,]);
    let paths = parse.parse2(tokens.clone()).map_err(|_| entry.wrong(LEVEL))?;
    if paths.is_empty() { Err(entry.wrong(LEVEL)) } else { Ok(paths.into_iter().collect()) }
}

/// `check("…")`, `check(name = "…", "…")`, and on a field also `check = "…"`.
pub(super) fn check(entry: &Entry, level: Level) -> syn::Result<CheckSpec> {
    let span = entry.key.span();
    let tokens = match &entry.value {
        Value::Equals(value) if level == Level::Field => {
            return Ok(CheckSpec { span, name: None, expression: values::sql(value)? });
        }
        Value::Parens(tokens) => tokens.clone(),
        _ => return Err(entry.wrong(level)),
    };
    let mut name = None;
    let mut expression = None;
    for piece in split(tokens) {
        match syn::parse2::<Expr>(piece).map_err(|_| entry.wrong(level))? {
            Expr::Assign(assign) if matches!(&*assign.left, Expr::Path(path) if path.path.is_ident("name")) => {
                let right = &assign.right;
                name = Some(values::checked_name(&syn::parse2::<LitStr>(quote::quote!(#right))?)?);
            }
            value if expression.is_none() => expression = Some(values::sql(&value)?),
            _ => return Err(entry.wrong(level)),
        }
    }
    match expression {
        Some(expression) => Ok(CheckSpec { span, name, expression }),
        None => Err(entry.wrong(level)),
    }
}

fn foreign_key(entry: &Entry) -> syn::Result<ForeignKeySpec> {
    let Value::Parens(tokens) = &entry.value else { return Err(entry.wrong(LEVEL)) };
    let mut fields = Vec::new();
    let mut target = None;
    let mut key = ForeignKeySpec {
        span: entry.key.span(),
        name: None,
        fields: Vec::new(),
        target: Target { table: values::TargetTable::Model(Path::from(entry.key.clone())), columns: Vec::new() },
        on_delete: None,
        on_update: None,
        deferrable: false,
    };
    for piece in split(tokens.clone()) {
        let parse = |input: ParseStream<'_>| {
            let word = input.call(Ident::parse_any)?;
            let value = if input.peek(Token![=]) {
                input.parse::<Token![=]>()?;
                Value::Equals(Box::new(input.parse()?))
            } else if input.peek(syn::token::Paren) {
                let inner;
                syn::parenthesized!(inner in input);
                Value::Parens(inner.parse::<TokenStream>()?)
            } else {
                Value::Flag
            };
            Ok(Entry { key: word, value })
        };
        let inner = parse.parse2(piece).map_err(|_| entry.wrong(LEVEL))?;
        match (inner.key.unraw().to_string().as_str(), &inner.value) {
            ("columns", Value::Parens(tokens)) => fields = values::fields(tokens.clone())?,
            ("references", Value::Parens(tokens)) => target = Some(values::target(tokens.clone())?),
            ("on_delete", Value::Equals(_)) => key.on_delete = Some(values::action(&inner, LEVEL)?),
            ("on_update", Value::Equals(_)) => key.on_update = Some(values::action(&inner, LEVEL)?),
            ("deferrable", Value::Flag) => key.deferrable = true,
            ("name", Value::Equals(_)) => key.name = Some(values::name(&inner, LEVEL)?),
            _ => return Err(syn::Error::new(inner.key.span(), entry.wrong(LEVEL))),
        }
    }
    match target {
        Some(target) if !fields.is_empty() => Ok(ForeignKeySpec { fields, target, ..key }),
        _ => Err(entry.wrong(LEVEL)),
    }
}
