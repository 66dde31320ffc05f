//! Random operations in random order, on tables with rows: the result is that of a fresh database, both ways.

use std::cell::RefCell;

use migratable::revision::*;
use migratable::{Cause, Dialect, Error, Failure};
use migratable_core::operation::reverse_all;
use migratable_core::{Column, ColumnChange, ColumnType, Literal, Operation, Schema, TableName};

use super::database::{Db, down, fresh, line, memory, one, run, values};
use super::offline;
use super::reader::{self, assert_same};

thread_local! {
    static CHANGES: RefCell<[Vec<Operation>; 3]> = const { RefCell::new([Vec::new(), Vec::new(), Vec::new()]) };
}

/// Xorshift, so that a failing seed can be run again.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }

    fn one<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len()))
    }
}

fn base(op: &mut Operations) {
    op.create_enum("mood", ["happy", "sad"]);
    for name in ["users", "posts", "notes"] {
        let mut made = table(name)
            .column(column("id", bigint()).identity(identity()))
            .column(column("number", integer()).default(4))
            .column(column("word", text()).nullable())
            .column(column("mood", enumeration("mood")).default("sad"))
            .column(column("other", bigint()).nullable())
            .primary_key(&format!("pk_{name}"), ["id"])
            .index(index(&format!("ix_{name}_word")).on("word").on(desc("number")))
            .check(&format!("ck_{name}_number"), sql("number > 0"));
        if name != "users" {
            let key = foreign_key(&format!("fk_{name}_other_users"), ["other"]);
            made = made.foreign_key(key.references("users", ["id"]).on_delete(cascade()));
        }
        op.create_table(made);
    }
}

const ROWS: &str = "INSERT INTO users (id, number, word) VALUES (1, 1, 'one'), (2, 2, NULL), (7, 3, '3');
                    INSERT INTO posts (number, word, mood, other) VALUES (5, 'x', 'happy', 1), (6, '6', 'sad', NULL);
                    INSERT INTO notes (other) VALUES (7), (7), (2);";

/// An operation that may or may not fit.
fn draw(random: &mut Random, schema: &Schema) -> Option<Operation> {
    let tables: Vec<_> = schema.tables.values().cloned().collect();
    let it = random.one(&tables)?.clone();
    let table = it.name.clone();
    let some = random.one(&it.columns)?.name.clone();
    let word = ["alpha", "beta", "gamma", "delta", "word", "other"][random.below(6)].to_owned();
    let types = [text(), integer(), bigint(), double(), varchar(20), boolean(), json(), enumeration("mood")];
    let column_type = random.one(&types)?.clone();
    Some(match random.below(22) {
        0 => Operation::AddColumn { table, column: column(&word, column_type).nullable() },
        1 => Operation::AddColumn { table, column: column(&word, integer()).default(3) },
        2 => Operation::AddColumn { table, column: column(&word, timestamp()).default(now()) },
        3 => Operation::AddColumn { table, column: column(&word, enumeration("mood")).default(sql("'sad'")) },
        4 => {
            let generated = if random.below(2) == 0 { stored(sql("id + 1")) } else { computed(sql("id + 1")) };
            Operation::AddColumn { table, column: column(&word, bigint()).nullable().generated(generated) }
        }
        5 | 6 => Operation::DropColumn { table, column: some },
        7 | 8 => Operation::RenameColumn { table, from: some, to: word },
        9 => Operation::RenameTable { from: table, to: TableName::plain(word) },
        10 => {
            let change = ColumnChange { nullable: Some(random.below(2) == 0), ..ColumnChange::default() };
            Operation::AlterColumn { table, column: some, change }
        }
        11 if some != "id" => {
            let change =
                ColumnChange { column_type: Some(column_type), default: Some(None), ..ColumnChange::default() };
            Operation::AlterColumn { table, column: some, change }
        }
        12 => Operation::CreateUnique { unique: unique(&format!("uq_{word}_{some}"), [&some]), table },
        13 => Operation::DropUnique { name: it.uniques.first()?.name.clone(), table },
        14 => {
            let check = check(&format!("ck_{word}"), sql(&format!("\"{some}\" IS NULL OR \"{some}\" <> 'never'")));
            Operation::CreateCheck { table, check }
        }
        15 => Operation::DropCheck { name: it.checks.first()?.name.clone(), table },
        16 => Operation::CreateIndex { index: index(&format!("ix_{word}")).on(some.as_str()), table },
        17 => Operation::DropIndex { name: it.indexes.first()?.name.clone(), table },
        18 => Operation::DropForeignKey { name: it.foreign_keys.first()?.name.clone(), table },
        19 => {
            let name = if random.below(2) == 0 { "happy" } else { "glad" };
            let to = if name == "happy" { "glad" } else { "happy" };
            Operation::RenameEnumValue { name: "mood".into(), from: name.into(), to: to.into() }
        }
        20 => Operation::CreateTable(
            migratable::revision::table(&word)
                .column(column("id", bigint()).identity(identity()))
                .column(column("word", text()).default("w"))
                .primary_key(&format!("pk_{word}"), ["id"]),
        ),
        21 => Operation::BulkInsert {
            table,
            columns: vec!["id".into()],
            rows: vec![vec![Literal::Integer(100 + random.below(1000) as i64)]],
        },
        _ => return None,
    })
}

/// Indexes have one space of names in a database, columns and tables no two names that differ in case only.
fn is_possible(schema: &Schema) -> bool {
    let mut taken = std::collections::BTreeSet::new();
    schema.tables.values().flat_map(|table| &table.indexes).all(|index| taken.insert(&index.name))
        && schema.tables.values().all(|table| {
            let generated = |name: &str| table.find(name).is_some_and(|it| it.generated.is_some());
            let key = table.primary_key.as_ref().is_some_and(|key| key.columns == ["id"]);
            let typed =
                table.find("id").is_some_and(|id| id.column_type == ColumnType::BigInt && id.identity.is_some());
            let plain = |it: &Column| it.generated.is_none() || it.default.is_none();
            key && typed && !generated("id") && table.columns.iter().all(plain)
        })
}

/// Whether rows stood in the way: those that were there, or those that the revision inserts.
fn is_about_rows(failure: &Failure) -> bool {
    matches!(failure.cause, Cause::Rows(_)) || failure.operations.iter().any(|it| it.starts_with("insert"))
}

/// The rows of every table, without the time at which they were made.
fn rows(db: &mut Db) -> Vec<String> {
    let tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' \
                  AND name <> 'migratable_revisions' ORDER BY name";
    let mut rows = Vec::new();
    for table in values(db, tables) {
        let columns = values(
            db,
            &format!("SELECT 'quote(\"' || name || '\")' FROM pragma_table_xinfo('{table}') WHERE type <> 'TIMESTAMP'"),
        );
        let query = format!("SELECT '{table} ' || rowid || ': ' || {} FROM \"{table}\"", columns.join(" || ' ' || "));
        rows.extend(values(db, &query));
    }
    rows
}

fn changes(random: &mut Random, schema: &mut Schema) -> Vec<Operation> {
    let mut operations = Vec::new();
    for _ in 0..1 + random.below(9) {
        let Some(operation) = draw(random, schema) else { continue };
        let mut after = schema.clone();
        if operation.apply(&mut after).is_ok() && is_possible(&after) {
            *schema = after;
            operations.push(operation);
        }
    }
    operations
}

/// More by hand: `SEEDS=20000 cargo test -p migratable random`.
fn seeds() -> u64 {
    std::env::var("SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(150)
}

#[test]
fn random_operations_lead_where_a_fresh_database_is() {
    let program = line(&[
        (|op| CHANGES.with_borrow(|it| op.operations.extend(it[0].iter().cloned())), super::database::nothing),
        (
            |op| CHANGES.with_borrow(|it| op.operations.extend(it[1].iter().cloned())),
            |op| CHANGES.with_borrow(|it| op.operations.extend(it[2].iter().cloned())),
        ),
    ]);
    let mut first = Operations::default();
    base(&mut first);
    let (mut finished, mut stopped) = (0, 0);
    for seed in 1..seeds() {
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut before = Schema::default();
        first.operations.iter().for_each(|operation| operation.apply(&mut before).unwrap());
        let mut after = before.clone();
        let up = changes(&mut random, &mut after);
        let back = reverse_all(&up, &before).unwrap();
        let lines: Vec<String> = up.iter().map(ToString::to_string).collect();
        let what = format!("seed {seed}:\n  {}", lines.join("\n  "));
        CHANGES.with_borrow_mut(|it| *it = [first.operations.clone(), up.clone(), back.clone()]);
        let mut db = memory();
        program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
        run(&mut db, ROWS);
        let start = reader::schema(&mut db);
        let count = |db: &mut _| {
            one(
                db,
                "SELECT (SELECT count(*) FROM users) || (SELECT count(*) FROM posts) || (SELECT count(*) FROM notes)",
            )
        };
        // A process and a file for each seed would be slow.
        let by_script = (seed % 8 == 0)
            .then(|| program.upgrade_sql(Dialect::Sqlite, "r1:r2").unwrap())
            .and_then(|script| offline::on_a_copy(&mut db, &script));
        match program.upgrade(&mut db) {
            Ok(_) => {}
            Err(Error::Failed(failure)) if is_about_rows(&failure) => {
                assert_eq!(reader::schema(&mut db), start, "{what}");
                assert_eq!(count(&mut db), "323", "{what}");
                assert!(by_script.is_none_or(|ran| ran.is_err()), "the script goes on, {what}");
                stopped += 1;
                continue;
            }
            Err(error) => panic!("{what}\n{error}"),
        }
        assert_same(&mut db, &mut fresh(&after), &what);
        if let Some(ran) = by_script {
            let (mut copy, _folder) = ran.unwrap_or_else(|said| panic!("by script, {what}\n{said}"));
            assert_eq!(reader::schema(&mut copy), reader::schema(&mut db), "by script, {what}");
            assert_eq!(rows(&mut copy), rows(&mut db), "by script, {what}");
        }
        assert_eq!(values(&mut db, "SELECT count(*) FROM pragma_foreign_key_check"), ["0"], "{what}");
        match down(&program, &mut db, "r1") {
            Ok(_) => {}
            Err(Error::Failed(failure)) if is_about_rows(&failure) => {
                stopped += 1;
                continue;
            }
            Err(error) => panic!("back, {what}\n{error}"),
        }
        let mut again = after.clone();
        back.iter().for_each(|operation| operation.apply(&mut again).unwrap());
        assert_same(&mut db, &mut fresh(&again), &format!("back, {what}"));
        let inserted = up.iter().any(|operation| matches!(operation, Operation::BulkInsert { .. }));
        assert!(inserted || count(&mut db) == "323", "{what}");
        finished += 1;
    }
    assert!(finished > stopped && stopped > 5, "{finished} finished, {stopped} stopped");
}
