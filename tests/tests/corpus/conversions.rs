//! Values that another type of PostgreSQL would make others: a script stops at them, whatever the two types are.

use migratable_core::Dialect::Postgres;
use migratable_tests::databases::client::Server;
use migratable_tests::databases::comparison::diff;

const TYPES: &str = "CREATE DOMAIN code AS varchar(3); CREATE DOMAIN amount AS numeric;
                     CREATE TYPE mood AS ENUM ('good', 'bad');";

/// A type and another one, a value that is the same in both, and one that is not, which is converted on demand.
const CONVERSIONS: &[[&str; 4]] = &[
    ["text[]", "varchar(3)[]", "'{abc,NULL}'", "'{abc,abcd}'"],
    ["text", "varchar(3)[]", "'abc'", "'abcd'"],
    ["text", "code", "'abc'", "'abcd'"],
    ["text", "name", "repeat('a', 63)", "repeat('a', 64)"],
    ["text", "\"char\"", "'a'", "'ab'"],
    ["text", "bit(3)", "'101'", "'1011'"],
    ["numeric[]", "integer[]", "'{{1,2},{3,4}}'", "'{{1,2},{3,4.5}}'"],
    ["numeric(10,3)[]", "numeric(10,1)[]", "'{1.5}'", "'{1.5,1.25}'"],
    ["double precision[]", "real[]", "'{0.5}'", "'{0.123456789}'"],
    ["numeric", "numeric(5,-2)", "1200", "1250"],
    ["numeric(10,4)", "money", "1.25", "1.2345"],
    ["text", "money", "'$1,200.50'", "'12.345'"],
    ["numeric", "real", "1234567.5", "123456.789"],
    ["real", "numeric(12,1)", "1234567.5", "123456.79"],
    ["real[]", "numeric(12,1)[]", "'{1234567.5}'", "'{123456.79}'"],
    ["amount", "integer", "5", "5.5"],
    ["jsonb", "integer", "'5'", "'5.5'"],
    ["json", "numeric(5,1)", "'5.50'", "'5.55'"],
    ["timestamp", "timestamp(0)", "'2024-02-29 12:30'", "'2024-02-29 12:30:00.5'"],
    ["timestamptz", "timestamptz(3)", "'2024-02-29 12:30:00.123'", "'2024-02-29 12:30:00.1234'"],
    ["time", "time(0)", "'12:30'", "'12:30:00.5'"],
    ["timestamp(3)", "date", "'2024-02-29'", "'2024-02-29 12:30'"],
    ["timestamptz", "timetz", "NULL", "'2024-02-29 12:30'"],
    ["timetz", "time", "'12:30+00'", "'12:30+02'"],
    ["text", "date", "'29 Feb 2024'", "'2024-02-29 12:30'"],
    ["text", "timestamp", "'2024-02-29 12:30'", "'2024-02-29 12:30+02'"],
    ["text", "timestamptz(0)", "'2024-02-29 12:30+02'", "'2024-02-29 12:30:00.5+02'"],
    ["text", "time", "'12:30:15'", "'2024-02-29 12:30'"],
    ["text", "time(0)", "'12:30'", "'12:30:00.5'"],
    ["text", "numeric(5,-2)", "'1200'", "'1250'"],
    ["interval", "time", "'2:30'", "'1 day 2:30'"],
    ["interval", "interval day", "'2 days'", "'2 days 3:00'"],
    ["inet", "cidr", "'10.0.0.0/8'", "'10.0.0.1/8'"],
    ["bit varying(5)", "bit varying(3)", "'101'", "'10101'"],
    ["integer", "bit(8)", "7", "300"],
    ["tsrange", "daterange", "'[2024-01-01,2024-01-02)'", "'[2024-01-01 12:00,2024-01-02)'"],
    ["box", "point", "'((1,1),(1,1))'", "'((0,0),(2,2))'"],
];

/// The same where nothing converts the other value.
const REFUSED: &[[&str; 4]] = &[
    ["text", "integer[]", "'{1,NULL}'", "'{1,x}'"],
    ["bytea", "varchar(3)", "'abc'", "'abcd'"],
    ["text", "integer[]", "'7'", "'7.5'"],
    ["text[]", "mood[]", "'{good}'", "'{good,odd}'"],
    ["bigint[]", "integer[]", "'{1}'", "'{3000000000}'"],
    ["text[]", "numeric(3,1)[]", "'{1.5}'", "'{1234}'"],
];

/// A table for each conversion, with columns of one of the two types.
fn tables<'c>(conversions: impl Iterator<Item = &'c [&'c str; 4]>, side: usize) -> String {
    let table =
        |(at, it): (usize, &[&str; 4])| format!("CREATE TABLE t{at} (id integer PRIMARY KEY, v {});\n", it[side]);
    TYPES.to_owned() + &conversions.enumerate().map(table).collect::<String>()
}

fn rows<'c>(conversions: impl Iterator<Item = &'c [&'c str; 4]>, which: usize) -> String {
    let row = |(at, it): (usize, &[&str; 4])| format!("INSERT INTO t{at} VALUES ({which}, {});\n", it[which]);
    conversions.enumerate().map(row).collect()
}

#[test]
fn a_script_stops_at_every_value_that_another_type_would_make_another_one() {
    const FITS: usize = 2;
    const OFFENDS: usize = 3;
    let all = || CONVERSIONS.iter().chain(REFUSED);
    let server = Server::of(Postgres).unwrap();
    let (database, wanted) = (server.database("values").unwrap(), server.database("values_to").unwrap());
    wanted.make(&tables(all(), 1)).unwrap();
    database.make(&(tables(all(), 0) + &rows(all(), FITS))).unwrap();
    let script = diff(&database, &wanted, &[], &["--sql"]).unwrap().out;
    for (at, conversion) in all().enumerate() {
        let [from, to, _, value] = conversion;
        database.run(&format!("INSERT INTO t{at} VALUES ({OFFENDS}, {value});")).unwrap();
        let said = database.run(&script).expect_err(&format!("{value}: {from} to {to}\n{script}"));
        let wanted = format!("rows of t{at} hold something in `v` that has no equal as");
        assert!(said.contains(&wanted), "{value}: {from} to {to}: {said}\n{script}");
        database.run(&format!("DELETE FROM t{at} WHERE id = {OFFENDS};")).unwrap();
    }
    database.run(&script).unwrap();

    wanted.make(&tables(CONVERSIONS.iter(), 1)).unwrap();
    database.make(&(tables(CONVERSIONS.iter(), 0) + &rows(CONVERSIONS.iter(), OFFENDS))).unwrap();
    let script = diff(&database, &wanted, &[], &["--sql", "--allow-loss"]).unwrap().out;
    database.run(&script).unwrap();
}
