//! The history holds every operation that a revision can record, and every change of a column.

use std::collections::BTreeSet;

use migratable::{Dialect, Direction};
use migratable_core::{ColumnChange, Operation};

use super::history;

/// Names of the variants, and the variant that an operation is. One that is not named here does not compile.
macro_rules! kinds {
    ($($kind:ident)* , not $($other:pat)*) => {
        const KINDS: &[&str] = &[$(stringify!($kind)),*];

        fn kind(operation: &Operation) -> Option<&'static str> {
            match operation {
                $(Operation::$kind { .. } => Some(stringify!($kind)),)*
                $($other => None,)*
            }
        }
    };
}

kinds! {
    CreateTable DropTable RenameTable AddColumn DropColumn RenameColumn AlterColumn CreateIndex DropIndex RenameIndex
    CreateUnique DropUnique CreateCheck DropCheck CreateForeignKey DropForeignKey CreatePrimaryKey DropPrimaryKey
    RenameConstraint CreateEnum DropEnum AddEnumValue RenameEnumValue DropEnumValue SetTableComment SetTableOption
    BulkInsert Backfill Execute Run MapRows,
    not
    // What `MapRows` becomes when it is run.
    Operation::Convert(_) | Operation::ConvertLast(_)
    // It is never run, and nothing goes back over it.
    | Operation::Irreversible { .. }
}

/// The facts of a column, each with whether it changes.
fn facts(change: &ColumnChange) -> [(&'static str, bool); 14] {
    // Only a database that was read has native facts: no revision says them.
    let ColumnChange { column_type, using, nullable, default, identity, generated, collation, comment, native: _ } =
        change;
    fn is_set<T>(change: &Option<Option<T>>) -> bool {
        change.as_ref().is_some_and(Option::is_some)
    }
    fn is_taken<T>(change: &Option<Option<T>>) -> bool {
        change.as_ref().is_some_and(Option::is_none)
    }
    [
        ("type", column_type.is_some()),
        ("using", using.is_some()),
        ("not null", *nullable == Some(false)),
        ("nullable", *nullable == Some(true)),
        ("default", is_set(default)),
        ("no default", is_taken(default)),
        ("identity", is_set(identity)),
        ("no identity", is_taken(identity)),
        ("generated", is_set(generated)),
        ("not generated", is_taken(generated)),
        ("collation", is_set(collation)),
        ("no collation", is_taken(collation)),
        ("comment", is_set(comment)),
        ("no comment", is_taken(comment)),
    ]
}

/// What the revisions record that are interrupted: all but the first.
fn recorded(dialect: Dialect) -> Vec<Operation> {
    let revisions = history::of(dialect).iter().skip(1);
    revisions
        .flat_map(|it| [Direction::Upgrade, Direction::Downgrade].map(|way| it.operations(way)))
        .flatten()
        .collect()
}

#[test]
fn every_kind_of_operation_is_in_the_history() {
    for dialect in Dialect::ALL {
        let recorded = recorded(dialect);
        for wanted in KINDS {
            assert!(recorded.iter().any(|it| kind(it) == Some(wanted)), "{dialect}: {wanted}");
        }
    }
}

#[test]
fn every_change_of_a_column_is_in_the_history() {
    for dialect in Dialect::ALL {
        let recorded = recorded(dialect);
        let changes = recorded.iter().filter_map(|it| match it {
            Operation::AlterColumn { change, .. } => Some(facts(change)),
            _ => None,
        });
        let changed: BTreeSet<&str> = changes.flatten().filter(|(_, changes)| *changes).map(|(name, _)| name).collect();
        for (wanted, _) in facts(&ColumnChange::default()) {
            assert!(changed.contains(wanted), "{dialect}: {wanted}");
        }
    }
}

#[test]
fn what_is_more_than_its_kind_is_in_the_history() {
    let is_outside = |operation: &Operation, word: &str| match operation {
        Operation::Execute { sql, .. } => sql.texts().any(|text| text.contains(word)),
        _ => false,
    };
    for dialect in Dialect::ALL {
        let recorded = recorded(dialect);
        for (what, is_there) in [
            (
                "a fill of some rows",
                (|it| matches!(it, Operation::Backfill { predicate: Some(_), .. })) as fn(&_) -> bool,
            ),
            ("a fill of all rows", |it| matches!(it, Operation::Backfill { predicate: None, .. })),
            ("SQL with an effect", |it| matches!(it, Operation::Execute { effect, .. } if !effect.is_empty())),
            ("SQL without one", |it| matches!(it, Operation::Execute { effect, .. } if effect.is_empty())),
        ] {
            assert!(recorded.iter().any(is_there), "{dialect}: {what}");
        }
    }
    for (dialect, word) in [(Dialect::Sqlite, "VACUUM"), (Dialect::Postgres, "CONCURRENTLY")] {
        assert!(recorded(dialect).iter().any(|it| is_outside(it, word)), "{dialect}: {word}");
    }
}
