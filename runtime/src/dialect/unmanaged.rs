//! What is said of things that no schema can hold, and that stand in the way of a change.

#[cfg(any(feature = "postgres", feature = "mysql"))]
use migratable_core::Operation;

#[cfg(any(feature = "postgres", feature = "mysql"))]
use crate::inspect::Need;

/// Something needs what goes.
pub(super) fn needs(by: &str, what: &str) -> String {
    format!("the {by} needs `{what}` and is not managed: change or drop it by hand first")
}

/// Gives what is needed the names that an operation gives it. SQLite tries what is needed instead.
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(super) fn follow(needs: &mut [Need], operation: &Operation) {
    match operation {
        Operation::RenameTable { from, to } => {
            for need in needs {
                let with = need.with.as_mut();
                with.into_iter().chain([&mut need.of]).filter(|it| *it == from).for_each(|it| it.clone_from(to));
            }
        }
        Operation::RenameColumn { table, from, to } => {
            let columns = needs.iter_mut().filter(|it| it.of == *table).filter_map(|it| it.column.as_mut());
            columns.filter(|it| *it == from).for_each(|it| it.clone_from(to));
        }
        Operation::RenameConstraint { table, from, to } => {
            let is_it = |it: &&mut Need| it.of.schema == table.schema && it.of.name == *from && it.column.is_none();
            needs.iter_mut().filter(is_it).for_each(|it| it.of.name.clone_from(to));
        }
        _ => {}
    }
}

#[cfg(all(test, any(feature = "postgres", feature = "mysql")))]
mod tests {
    use migratable_core::TableName;

    use super::*;

    #[test]
    fn names_are_followed() {
        let need = |of: &str, column: Option<&str>, with: Option<&str>| Need {
            of: TableName::parse(of),
            column: column.map(str::to_owned),
            by: "view v".to_owned(),
            with: with.map(TableName::parse),
        };
        let mut needs = [need("a", Some("x"), None), need("b", None, Some("a")), need("s.a_pkey", None, None)];
        for operation in [
            Operation::RenameTable { from: TableName::parse("a"), to: TableName::parse("c") },
            Operation::RenameColumn { table: TableName::parse("c"), from: "x".to_owned(), to: "y".to_owned() },
            Operation::RenameColumn { table: TableName::parse("b"), from: "y".to_owned(), to: "z".to_owned() },
            Operation::RenameConstraint {
                table: TableName::parse("s.a"),
                from: "a_pkey".to_owned(),
                to: "c_pkey".to_owned(),
            },
        ] {
            follow(&mut needs, &operation);
        }
        assert_eq!(needs, [need("c", Some("y"), None), need("b", None, Some("c")), need("s.c_pkey", None, None)]);
    }
}
