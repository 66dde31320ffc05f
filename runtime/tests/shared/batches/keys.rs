//! Primary keys of every kind, by which rows are done in an order, and done again.

use std::panic::{AssertUnwindSafe, catch_unwind};

use migratable::revision::*;
use migratable::{Options, Settings};
use migratable_core::ColumnType;

use super::beside;
use crate::database::{assert_is, line, nothing, replay, run, two, values};
use crate::shared::programs::Record;
use crate::shared::{MYSQL, each};

fn keyed<const N: usize>(op: &mut Operations, key: [(&str, ColumnType); N]) {
    let names = key.each_ref().map(|(name, _)| *name);
    let made =
        key.into_iter().fold(table("things"), |table, (name, column_type)| table.column(column(name, column_type)));
    op.create_table(made.column(column("v", bigint())).primary_key("pk_things", names));
}

fn filled(op: &mut Operations) {
    op.add_column("things", column("w", bigint()).nullable());
    op.backfill("things", "w", sql("v + 1"));
    op.alter_column("things", "w").not_null();
}

/// A kind of key, with values in any order.
struct Kind {
    name: &'static str,
    make: Record,
    values: [&'static str; 8],
}

fn kinds() -> [Kind; 9] {
    let bytes = each(
        "x'00',x'0a',x'000a',x'ff',x'27',x'5c',x'7e31',x'0101ff'",
        r"'\x00','\x0a','\x000a','\xff','\x27','\x5c','\x7e31','\x0101ff'",
        "x'00',x'0a',x'000a',x'ff',x'27',x'5c',x'7e31',x'0101ff'",
    );
    let mut bytes = bytes.split(',');
    [
        Kind {
            name: "composite",
            make: |op| keyed(op, [("a", bigint()), ("b", varchar(20))]),
            values: ["2, 'b'", "1, ''", "2, 'a'", "-1, 'z'", "1, '~1'", "3, 'c'", "2, 'a''b'", "10, 'a'"],
        },
        Kind {
            name: "three columns",
            make: |op| keyed(op, [("a", date()), ("b", smallint()), ("c", varchar(20))]),
            values: [
                "'2026-01-02', 1, 'x'",
                "'2026-01-02', 1, 'y'",
                "'2026-01-01', 9, 'x'",
                "'2026-01-02', 0, 'z'",
                "'1999-12-31', 1, 'x'",
                "'2026-01-02', 2, 'a'",
                "'2026-01-01', 9, ''",
                "'2030-01-01', 1, 'x'",
            ],
        },
        Kind {
            name: "text",
            make: |op| keyed(op, [("a", varchar(20))]),
            values: ["'b'", "''", "'it''s'", "'~0~1'", "'\u{e9}t\u{e9}'", "'a b'", "'10'", "'9'"],
        },
        Kind {
            name: "uuid",
            make: |op| keyed(op, [("a", uuid_or_text())]),
            values: [
                "'6f1b2c3d-0000-4000-8000-000000000001'",
                "'00000000-0000-4000-8000-000000000002'",
                "'ffffffff-0000-4000-8000-000000000003'",
                "'6f1b2c3d-0000-4000-8000-000000000004'",
                "'a0000000-0000-4000-8000-000000000005'",
                "'0a000000-0000-4000-8000-000000000006'",
                "'9fffffff-0000-4000-8000-000000000007'",
                "'10000000-0000-4000-8000-000000000008'",
            ],
        },
        Kind {
            name: "enum",
            make: |op| {
                op.create_enum("letter", ["m", "b", "z", "a", "q", "10", "9", "c"]);
                keyed(op, [("a", enumeration("letter"))]);
            },
            values: ["'a'", "'b'", "'z'", "'m'", "'9'", "'10'", "'q'", "'c'"],
        },
        Kind {
            name: "bytes",
            make: |op| keyed(op, [("a", varbinary(20))]),
            values: std::array::from_fn(|_| bytes.next().unwrap()),
        },
        Kind {
            name: "date",
            make: |op| keyed(op, [("a", date())]),
            values: [
                "'2026-01-31'",
                "'2026-02-01'",
                "'1969-12-31'",
                "'2024-02-29'",
                "'1000-01-01'",
                "'9999-12-31'",
                "'2026-01-30'",
                "'2000-01-01'",
            ],
        },
        Kind {
            name: "large numbers",
            make: |op| keyed(op, [("a", bigint())]),
            values: [
                "9007199254740993",
                "9007199254740992",
                "-1",
                "9007199254740994",
                "9007199254740995",
                "10",
                "9",
                "9007199254740991",
            ],
        },
        Kind {
            name: "decimal",
            make: |op| keyed(op, [("a", numeric(20, 2))]),
            values: [
                "1.5",
                "10",
                "-2.25",
                "9.99",
                // SQLite keeps them as floating point.
                each("1234.01", "123456789012345678.01", "123456789012345678.01"),
                each("1234.02", "123456789012345678.02", "123456789012345678.02"),
                each("1234.03", "123456789012345678.03", "123456789012345678.03"),
                "0.01",
            ],
        },
    ]
}

fn uuid_or_text() -> ColumnType {
    if MYSQL { char(36) } else { uuid() }
}

#[test]
fn rows_are_done_in_the_order_of_any_key_and_gone_on_with_behind_any_row() {
    for (Kind { name, make, values: keys }, stop) in kinds().into_iter().zip((0..4).cycle()) {
        let program = line(&[(make, nothing), (filled, nothing)]);
        let program = program.with_settings(Settings::default().with_batch_size(2));
        let (_stays, mut db, mut other) = two();
        program.upgrade_to(&mut db, "r1", &Options::default()).unwrap();
        (0..6).for_each(|at| run(&mut db, &format!("INSERT INTO things VALUES ({}, {at})", keys[at])));

        let stopped = catch_unwind(AssertUnwindSafe(|| {
            beside::upgrade(&program, &mut db, &mut other, |batch, other| {
                if batch == 0 {
                    run(other, "UPDATE things SET v = v + 100");
                }
                assert_ne!(batch, stop, "stop here");
            })
        }));
        assert!(stopped.is_err(), "{name}");
        (6..8).for_each(|at| run(&mut other, &format!("INSERT INTO things VALUES ({}, {at}, NULL)", keys[at])));
        run(&mut other, "UPDATE things SET v = v + 10");
        program.upgrade(&mut db).unwrap();

        assert_eq!(values(&mut db, "SELECT w FROM things WHERE w = v + 1").len(), keys.len(), "{name}");
        assert_eq!(values(&mut db, "SELECT w FROM things").len(), keys.len(), "{name}");
        assert_is(&mut db, &replay(&program, &[]), name);
    }
}
