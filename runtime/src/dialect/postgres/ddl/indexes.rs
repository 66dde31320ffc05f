//! CREATE INDEX.

use migratable_core::{Index, IndexPart, IndexTarget, Nulls, TableName};

use super::super::types::sql_text;
use super::{check_name, in_schema_of, in_tablespace, list, qualified, quoted};
use crate::dialect::literal;

/// CREATE INDEX, and what belongs to the index.
pub(in super::super) fn create_index(table: &TableName, index: &Index) -> Result<Vec<String>, String> {
    check_name(&index.name)?;
    let unique = if index.unique { "UNIQUE " } else { "" };
    let method = index.method.as_ref().map_or(String::new(), |method| format!(" USING {}", quoted(method)));
    let parts: Vec<String> = index.parts.iter().map(|part| index_part(index, part)).collect::<Result<_, _>>()?;
    let name = quoted(&index.name);
    let mut sql = format!("CREATE {unique}INDEX {name} ON {}{method} ({})", qualified(table), parts.join(", "));
    if !index.include.is_empty() {
        sql.push_str(&format!(" INCLUDE ({})", list(&index.include)));
    }
    if index.native.has("nulls_not_distinct") {
        sql.push_str(" NULLS NOT DISTINCT");
    }
    if let Some(parameters) = index.native.get("storage_parameters") {
        sql.push_str(&format!(" WITH ({parameters})"));
    }
    sql.push_str(&in_tablespace(&index.native));
    if let Some(predicate) = &index.predicate {
        sql.push_str(" WHERE ");
        sql.push_str(sql_text(predicate, &format!("the condition of the index `{}`", index.name))?);
    }
    let mut statements = vec![sql];
    let name = in_schema_of(table, &index.name);
    // The number of a part, and its target.
    let targets = index.native.get("statistics").into_iter().flat_map(|it| it.split(", "));
    statements.extend(
        targets
            .filter_map(|it| it.split_once(' '))
            .map(|(part, target)| format!("ALTER INDEX {name} ALTER COLUMN {part} SET STATISTICS {target}")),
    );
    let comment = index.native.get("comment");
    statements.extend(comment.map(|it| format!("COMMENT ON INDEX {name} IS {}", literal(it))));
    Ok(statements)
}

fn index_part(index: &Index, part: &IndexPart) -> Result<String, String> {
    let mut sql = expression(index, part)?;
    if let Some(collation) = part.native.get("collation") {
        sql.push_str(&format!(" COLLATE {collation}"));
    }
    if let Some(class) = part.native.get("operator_class") {
        sql.push_str(&format!(" {class}"));
    }
    if part.descending {
        sql.push_str(" DESC");
    }
    sql.push_str(match part.nulls {
        Some(Nulls::First) => " NULLS FIRST",
        Some(Nulls::Last) => " NULLS LAST",
        None => "",
    });
    Ok(sql)
}

/// What a part of an index orders by.
pub(in super::super) fn expression(index: &Index, part: &IndexPart) -> Result<String, String> {
    Ok(match &part.target {
        IndexTarget::Column(name) => quoted(name),
        IndexTarget::Expression(sql) => {
            format!("({})", sql_text(sql, &format!("an expression of the index `{}`", index.name))?)
        }
    })
}
