//! What SQLite makes of each type, key and default.

use migratable::revision::*;

use super::database::{line, memory, nothing, one, run, values};

#[test]
fn types_have_telling_names_and_keep_values_as_diesel_writes_them() {
    let program = line(&[(
        |op| {
            op.create_enum("mood", ["happy"]);
            op.create_table(
                table("t")
                    .column(column("smallint", smallint()).nullable())
                    .column(column("integer", integer()).nullable())
                    .column(column("bigint", bigint()).nullable())
                    .column(column("real", real()).nullable())
                    .column(column("double", double()).nullable())
                    .column(column("numeric", numeric(10, 2)).nullable())
                    .column(column("boolean", boolean()).nullable())
                    .column(column("text", text()).nullable())
                    .column(column("varchar", varchar(140)).nullable())
                    .column(column("char", char(2)).nullable())
                    .column(column("binary", binary()).nullable())
                    .column(column("varbinary", varbinary(16)).nullable())
                    .column(column("date", date()).nullable())
                    .column(column("time", time()).nullable())
                    .column(column("timestamp", timestamp()).nullable())
                    .column(column("timestamptz", timestamptz()).nullable())
                    .column(column("interval", interval()).nullable())
                    .column(column("uuid", uuid()).nullable())
                    .column(column("json", json()).nullable())
                    .column(column("jsonb", jsonb()).nullable())
                    .column(column("inet", inet()).nullable())
                    .column(column("mood", enumeration("mood")).nullable())
                    .column(column("own", native(sql_each().sqlite("MONEY TEXT"))).nullable()),
            );
        },
        nothing,
    )]);
    let mut db = memory();
    program.upgrade(&mut db).unwrap();
    // Column, name of the type, a value as Diesel writes it, and what SQLite keeps it as.
    for (column, name, written, kept) in [
        ("smallint", "SMALLINT", "1", "integer"),
        ("integer", "INTEGER", "1", "integer"),
        ("bigint", "BIGINT", "9223372036854775807", "integer"),
        ("real", "REAL", "1.5", "real"),
        ("double", "DOUBLE", "1", "real"),
        ("numeric", "NUMERIC(10, 2)", "1.5", "real"),
        ("boolean", "BOOLEAN", "1", "integer"),
        ("text", "TEXT", "'1.10'", "text"),
        ("varchar", "VARCHAR(140)", "'1.10'", "text"),
        ("char", "CHAR(2)", "'01'", "text"),
        ("binary", "BLOB", "X'3130'", "blob"),
        ("varbinary", "BLOB(16)", "'1.10'", "text"),
        ("date", "DATE", "'2024-02-29'", "text"),
        ("time", "TIME", "'12:30:00'", "text"),
        ("timestamp", "TIMESTAMP", "'2024-02-29 12:30:00.5'", "text"),
        ("timestamptz", "TIMESTAMPTZ", "'2024-02-29 12:30:00+00:00'", "text"),
        ("interval", "TEXT", "'3'", "text"),
        ("uuid", "UUID TEXT", "'12345678-1234-1234-1234-123456789012'", "text"),
        ("json", "JSON TEXT", "'1.10'", "text"),
        ("jsonb", "JSONB BLOB", "jsonb('[1]')", "blob"),
        ("inet", "INET TEXT", "'10.0'", "text"),
        ("mood", "TEXT", "'happy'", "text"),
        ("own", "MONEY TEXT", "'1.10'", "text"),
    ] {
        let declared = format!("SELECT type FROM pragma_table_info('t') WHERE name = '{column}'");
        assert_eq!(one(&mut db, &declared), name, "{column}");
        run(&mut db, &format!("DELETE FROM t; INSERT INTO t (\"{column}\") VALUES ({written})"));
        assert_eq!(one(&mut db, &format!("SELECT typeof(\"{column}\") FROM t")), kept, "{column}");
        assert_eq!(one(&mut db, &format!("SELECT \"{column}\" = {written} FROM t")), "1", "{column}");
    }
}

#[test]
fn only_a_generated_integer_key_is_the_rowid() {
    let program = line(&[(
        |op| {
            op.create_table(
                table("a").column(column("id", smallint()).identity(identity())).primary_key("pk_a", ["id"]),
            );
            op.create_table(table("b").column(column("id", integer())).primary_key("pk_b", ["id"]));
            op.create_table(
                table("c")
                    .column(column("id", bigint()).identity(identity().always().start(100)))
                    .primary_key("pk_c", ["id"]),
            );
            op.create_table(
                table("d")
                    .column(column("x", integer()))
                    .column(column("y", integer()))
                    .primary_key("pk_d", ["x", "y"]),
            );
        },
        nothing,
    )]);
    let mut db = memory();
    program.upgrade(&mut db).unwrap();
    run(
        &mut db,
        "INSERT INTO a DEFAULT VALUES; INSERT INTO a DEFAULT VALUES; INSERT INTO c DEFAULT VALUES; INSERT INTO b VALUES (7)",
    );
    assert_eq!(one(&mut db, "SELECT id FROM a WHERE rowid = 2"), "2");
    assert_eq!(one(&mut db, "SELECT rowid || ' ' || id FROM b"), "1 7");
    assert_eq!(one(&mut db, "SELECT id FROM c"), "100");
    run(&mut db, "DELETE FROM c; INSERT INTO c DEFAULT VALUES");
    assert_eq!(one(&mut db, "SELECT id FROM c"), "101", "numbers do not come again");
    assert_eq!(values(&mut db, "SELECT type FROM pragma_table_info('b')"), ["INT"]);
}

#[test]
fn defaults_are_what_they_say() {
    let program = line(&[(
        |op| {
            op.create_table(
                table("t")
                    .column(column("key", integer()))
                    .column(column("quote", text()).default("it's"))
                    .column(column("nul", text()).default("a\0b"))
                    .column(column("yes", boolean()).default(true))
                    .column(column("least", bigint()).default(i64::MIN))
                    .column(column("half", double()).default(0.5))
                    .column(column("bytes", binary()).default(b"\x00\xff"))
                    .column(column("object", jsonb()).default("{}"))
                    .column(column("day", date()).default(now()))
                    .column(column("clock", time()).default(now()))
                    .column(column("moment", timestamp()).default(now()))
                    .column(column("instant", timestamptz()).default(now()))
                    .column(column("computed", integer()).default(sql_each().sqlite("abs(-3)").postgres("3"))),
            );
        },
        nothing,
    )]);
    let mut db = memory();
    program.upgrade(&mut db).unwrap();
    run(&mut db, "INSERT INTO t (key) VALUES (1)");
    for (expression, expected) in [
        ("quote", "it's"),
        ("hex(nul)", "610062"),
        ("yes", "1"),
        ("least", "-9223372036854775808"),
        ("half", "0.5"),
        ("hex(bytes)", "00FF"),
        ("json(object)", "{}"),
        ("day GLOB '????-??-??'", "1"),
        ("clock GLOB '??:??:??'", "1"),
        ("moment GLOB '????-??-?? ??:??:??'", "1"),
        ("instant GLOB '????-??-?? ??:??:??+00:00'", "1"),
        ("computed", "3"),
    ] {
        assert_eq!(one(&mut db, &format!("SELECT {expression} FROM t")), expected, "{expression}");
    }
}

#[test]
fn what_sqlite_cannot_hold_is_refused_before_anything_runs() {
    type Change = fn(&mut Operations);
    let cases: [(Change, &str); 5] = [
        (|op| op.create_table(table("t").column(column("a", array(text())))), "SQLite has no arrays"),
        (|op| op.create_table(table("s.t").column(column("a", text()))), "SQLite has no schemas"),
        (
            |op| op.create_table(table("t").column(column("a", text()).identity(identity()))),
            "numbers rows only by a primary key",
        ),
        (
            |op| op.create_table(table("t").column(column("a", native(sql_each().postgres("citext"))))),
            "no SQL for SQLite",
        ),
        (|op| op.execute(sql("UPDATE x SET y = 1; COMMIT")), "COMMIT cannot stand in a revision"),
    ];
    for (change, expected) in cases {
        let mut db = memory();
        let error = line(&[(change, nothing)]).upgrade(&mut db).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert_eq!(values(&mut db, "SELECT name FROM sqlite_master"), [] as [&str; 0]);
    }
}
