//! Dates and times that change their type, in the forms that Diesel reads.

use migratable::revision::*;

use super::database::{Db, Program, down, line, memory, nothing, run, values};

fn filled(program: &Program, rows: &str) -> Db {
    let mut db = memory();
    program.upgrade_to(&mut db, "r1", &Default::default()).unwrap();
    run(&mut db, &format!("INSERT INTO t (v) VALUES {rows}"));
    db
}

fn dates(op: &mut Operations) {
    op.create_table(table("t").column(column("v", date()).nullable()));
}

fn timestamps(op: &mut Operations) {
    op.create_table(table("t").column(column("v", timestamp()).nullable()));
}

fn zoned(op: &mut Operations) {
    op.create_table(table("t").column(column("v", timestamptz()).nullable()));
}

fn to_date(op: &mut Operations) {
    op.alter_column("t", "v").set_type(date());
}

fn to_timestamp(op: &mut Operations) {
    op.alter_column("t", "v").set_type(timestamp());
}

fn to_zoned(op: &mut Operations) {
    op.alter_column("t", "v").set_type(timestamptz());
}

#[test]
fn values_follow_their_type_there_and_back() {
    let program = line(&[(dates, nothing), (to_timestamp, to_date)]);
    let mut db = filled(&program, "('2024-02-29'), (NULL)");
    program.upgrade(&mut db).unwrap();
    assert_eq!(values(&mut db, "SELECT v FROM t"), ["2024-02-29 00:00:00", "NULL"]);
    run(&mut db, "INSERT INTO t VALUES ('2024-03-01 23:59:59.999999')");
    down(&program, &mut db, "r1").unwrap();
    assert_eq!(values(&mut db, "SELECT v FROM t"), ["2024-02-29", "NULL", "2024-03-01"]);

    let program = line(&[(timestamps, nothing), (to_zoned, to_timestamp)]);
    let mut db = filled(&program, "('2024-02-29 12:00:00.5'), ('2024-02-29T12:00'), ('2024-02-29 12:00:00Z')");
    program.upgrade(&mut db).unwrap();
    let zoned = ["2024-02-29 12:00:00.5+00:00", "2024-02-29T12:00+00:00", "2024-02-29 12:00:00Z"];
    assert_eq!(values(&mut db, "SELECT v FROM t"), zoned);
    run(
        &mut db,
        "INSERT INTO t VALUES ('2024-03-01 00:30:59.999999999+01:00'), ('2024-02-29T23:30:00-01:00'), ('what')",
    );
    down(&program, &mut db, "r1").unwrap();
    let plain = [
        "2024-02-29 12:00:00.5",
        "2024-02-29T12:00",
        "2024-02-29 12:00:00",
        "2024-02-29 23:30:59.999999999",
        "2024-03-01 00:30:00",
        "what",
    ];
    assert_eq!(values(&mut db, "SELECT v FROM t"), plain);

    let program = line(&[(dates, nothing), (to_zoned, to_date)]);
    let mut db = filled(&program, "('2024-02-29')");
    program.upgrade(&mut db).unwrap();
    assert_eq!(values(&mut db, "SELECT v FROM t"), ["2024-02-29 00:00:00+00:00"]);
    down(&program, &mut db, "r1").unwrap();
    assert_eq!(values(&mut db, "SELECT v FROM t"), ["2024-02-29"]);
}

#[test]
fn a_time_that_a_date_would_lose_stands_in_the_way() {
    type Base = fn(&mut Operations);
    let cases: [(Base, &str, &str); 3] = [
        (timestamps, "('2024-02-29T00:00:00.000'), ('2024-02-29 00:00:00.0001')", "v = '2024-02-29 00:00:00.0001'"),
        (timestamps, "('2024-02-29 00:00'), ('what')", "v = 'what'"),
        (zoned, "('2024-02-29 01:00:00+01:00'), ('2024-02-29 00:00:00+01:00')", "v = '2024-02-29 00:00:00+01:00'"),
    ];
    for (base, rows, example) in cases {
        let program = line(&[(base, nothing), (to_date, nothing)]);
        let mut db = filled(&program, rows);
        let error = program.upgrade(&mut db).unwrap_err().to_string();
        assert!(error.contains(example) && error.contains("a time that a date would lose"), "{error}");
        run(&mut db, "DELETE FROM t WHERE rowid = 2");
        program.upgrade(&mut db).unwrap();
        assert_eq!(values(&mut db, "SELECT v FROM t"), ["2024-02-29"]);
    }
    let using = |op: &mut Operations| {
        op.alter_column("t", "v").set_type(date()).using(sql("date(v)"));
    };
    let program = line(&[(timestamps, nothing), (using, nothing)]);
    let mut db = filled(&program, "('2024-02-29 12:00:00')");
    program.upgrade(&mut db).unwrap();
    assert_eq!(values(&mut db, "SELECT v FROM t"), ["2024-02-29"]);
}
