//! Constraints that somebody put on a table by hand are not lost when it is made anew.

use migratable::revision::*;

use super::database::{line, memory, nothing, one, run};

fn base(op: &mut Operations) {
    op.create_table(table("p").column(column("id", bigint()).identity(identity())).primary_key("pk_p", ["id"]));
    op.create_table(table("t").column(column("a", bigint()).nullable()).column(column("b", text()).nullable()));
}

#[test]
fn a_rebuild_refuses_to_lose_constraints_that_no_revision_made() {
    let program = line(&[
        (base, nothing),
        (
            |op| {
                op.alter_column("t", "b").default("x");
            },
            nothing,
        ),
    ]);
    for (columns, said) in [
        ("a BIGINT REFERENCES p (id), b TEXT", "a foreign key from (a) to `p`"),
        ("a BIGINT, b TEXT UNIQUE", "a UNIQUE (b)"),
        ("a BIGINT, b TEXT, PRIMARY KEY (a, b)", "a PRIMARY KEY (a, b)"),
        ("a BIGINT CHECK (a > 0), b TEXT", "a CHECK (1 in all, and revisions made 0)"),
        ("a BIGINT, b TEXT COLLATE NOCASE", "a COLLATE (1 in all, and revisions made 0)"),
    ] {
        let mut db = memory();
        program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
        run(&mut db, &format!("DROP TABLE t; CREATE TABLE t ({columns})"));
        let error = program.upgrade(&mut db).unwrap_err().to_string();
        assert!(error.contains(&format!("`t` has {said} in the database that no revision made")), "{error}");
        assert_eq!(one(&mut db, "SELECT revision FROM migratable_revisions"), "r1");
    }
}
