//! Names that SQL does not like.

use migratable::Direction;
use migratable::revision::*;

use super::database::{down, fresh, line, memory, nothing, replay, run, values};
use super::reader::assert_same;

/// A table, a column and another name, all of them strange.
fn make(op: &mut Operations, table_name: &str, column_name: &str) {
    op.create_enum("it's", ["a'b", "ü"]);
    op.create_table(
        table(table_name)
            .column(column("id", integer()).identity(identity()))
            .column(column(column_name, text()).nullable())
            .column(column("parent", integer()).nullable())
            .column(column("kind", enumeration("it's")).default("a'b"))
            .primary_key("pk \"x\"", ["id"])
            .unique("uq '😀'", [column_name])
            .index(index("ix select").on(desc(column_name)))
            .foreign_key(foreign_key("fk.a.b", ["parent"]).references(table_name, ["id"]).on_delete(cascade())),
    );
}

fn change(op: &mut Operations, table_name: &str, column_name: &str) {
    op.rename_column(table_name, column_name, "order by");
    op.add_column(table_name, column("group", text()).default(now()));
    op.add_column(table_name, column("te\"xt", text()).nullable());
    op.rename_enum_value("it's", "a'b", "c\"d");
    op.create_check(table_name, check("check;--", sql("\"order by\" <> 'it''s'")));
    op.create_index(table_name, index("ix '").on("group").unique());
    op.backfill(table_name, "te\"xt", sql("\"order by\" || '!'"));
}

fn back(op: &mut Operations, table_name: &str, column_name: &str) {
    op.drop_index(table_name, "ix '");
    op.drop_check(table_name, "check;--");
    op.rename_enum_value("it's", "c\"d", "a'b");
    op.drop_column(table_name, "te\"xt");
    op.drop_column(table_name, "group");
    op.rename_column(table_name, "order by", column_name);
}

macro_rules! strange {
    ($($test:ident: $table:literal, $column:literal;)*) => {$(
        #[test]
        fn $test() {
            let program = line(&[
                (|op| make(op, $table, $column), nothing),
                (|op| change(op, $table, $column), |op| back(op, $table, $column)),
            ]);
            let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
            let name = quoted(&migratable_core::TableName::from($table).name);
            let mut db = memory();
            program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
            run(&mut db, &format!("INSERT INTO {name} (id, {}, parent) VALUES (1, 'x', NULL)", quoted($column)));
            program.upgrade(&mut db).unwrap();
            assert_same(&mut db, &mut fresh(&replay(&program, &[])), $table);
            assert_eq!(values(&mut db, &format!("SELECT \"te\"\"xt\" || kind FROM {name}")), ["x!c\"d"]);
            down(&program, &mut db, "r1").unwrap();
            let undo = program.revisions()[1].operations(Direction::Downgrade);
            assert_same(&mut db, &mut fresh(&replay(&program, &undo)), $table);
            assert_eq!(values(&mut db, &format!("SELECT {} || kind FROM {name}", quoted($column))), ["xa'b"]);
        }
    )*};
}

strange! {
    reserved_words: "select", "from";
    quotes: "\"a\"\"b\"", "c\"d";
    emoji: "😀", "👍🏽";
    dots: "\"a.b\"", "c.d";
    spaces_and_apostrophes: "it's a table", "it's a column";
    rowid_is_taken: "t", "rowid";
}
