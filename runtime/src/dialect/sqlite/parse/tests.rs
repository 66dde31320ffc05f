//! Texts, and what they say.

use super::*;

fn columns(sql: &str) -> Vec<String> {
    let table = table(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    let one = |column: &ColumnText<'_>| {
        let tokens = |tokens: &[Token<'_>]| tokens.iter().map(|token| token.text).collect::<Vec<_>>().join(" ");
        let mut said = format!("{}: {}", column.name, column.type_name);
        if column.not_null {
            said.push_str(" not null");
        }
        if let Some(default) = &column.default {
            said.push_str(&format!(" default {}", tokens(default)));
        }
        if let Some((expression, stored)) = &column.generated {
            said.push_str(&format!(" {} {}", if *stored { "stored" } else { "virtual" }, tokens(expression)));
        }
        if let Some(collation) = &column.collation {
            said.push_str(&format!(" collate {collation}"));
        }
        if !column.native.is_empty() {
            said.push_str(&format!(" [{}]", column.native));
        }
        said
    };
    table.columns.iter().map(one).collect()
}

fn rules(sql: &str) -> Vec<String> {
    let table = table(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    let parts = |parts: &[Part<'_>]| {
        let part = |part: &Part<'_>| {
            let collation = part.collation.as_ref().map(|it| format!(" {it}")).unwrap_or_default();
            format!(
                "{}{collation}{}",
                part.name.clone().unwrap_or_default(),
                if part.descending { " desc" } else { "" }
            )
        };
        parts.iter().map(part).collect::<Vec<_>>().join(", ")
    };
    let one = |constraint: &Constraint<'_>| {
        let said = match &constraint.rule {
            Rule::PrimaryKey { parts: of, autoincrement, inline } => {
                format!("key {} {autoincrement} {inline}", parts(of))
            }
            Rule::Unique(of) => format!("unique {}", parts(of)),
            Rule::Check(tokens) => format!("check of {} pieces", tokens.len()),
            Rule::ForeignKey(key) => format!(
                "{} to {} {} {} {} {:?} {}",
                key.columns.join(", "),
                key.table,
                key.references.join(", "),
                key.on_delete,
                key.on_update,
                key.deferrable,
                key.matching.clone().unwrap_or_default()
            ),
        };
        let name = constraint.name.clone().map(|name| format!("{name}: ")).unwrap_or_default();
        let conflict = constraint.on_conflict.clone().map(|it| format!(" or {it}")).unwrap_or_default();
        format!("{name}{said}{conflict}")
    };
    table.constraints.iter().map(one).collect()
}

#[test]
fn columns_say_what_they_are() {
    for (sql, expected) in [
        (
            "CREATE TABLE t (a, b INT, 'c d' [big int], \"e\" \"INTEGER\")",
            &["a: ", "b: int", "c d: big int", "e: integer"][..],
        ),
        (
            "CREATE TABLE t(a varchar ( 20 ), b Decimal(10 , 2), c double\n precision)",
            &["a: varchar(20)", "b: decimal(10,2)", "c: double precision"],
        ),
        (
            "CREATE TABLE t (a DEFAULT -1, b DEFAULT (1 + 1), c DEFAULT x'00' NOT NULL, d DEFAULT \"x\" NULL)",
            &["a:  default - 1", "b:  default 1 + 1", "c:  not null default x'00'", "d:  default \"x\""],
        ),
        (
            "CREATE TABLE t (a INT, b INT GENERATED ALWAYS AS (a + 1), c AS (a) STORED COLLATE nocase)",
            &["a: int", "b: int virtual a + 1", "c:  stored a collate NOCASE"],
        ),
        (
            "CREATE TABLE t (a CONSTRAINT n NOT NULL ON CONFLICT FAIL CONSTRAINT d DEFAULT 1, b NOT NULL ON CONFLICT ABORT)",
            &["a:  not null default 1 [default d, not_null n, not_null_on_conflict FAIL]", "b:  not null"],
        ),
        (
            "CREATE TABLE t (key TEXT, date DATE, without INT, strict INT) STRICT",
            &["key: text", "date: date", "without: int", "strict: int"],
        ),
    ] {
        assert_eq!(columns(sql), expected, "{sql}");
    }
}

#[test]
fn constraints_say_what_they_demand() {
    for (sql, expected) in [
        (
            "CREATE TABLE t (id INTEGER PRIMARY KEY DESC ON CONFLICT REPLACE AUTOINCREMENT)",
            &["key id desc true true or REPLACE"][..],
        ),
        (
            "CREATE TABLE t (a, b, PRIMARY KEY (a, b DESC) ON CONFLICT ABORT UNIQUE (\"b\" COLLATE nocase))",
            &["key a, b desc false false", "unique b NOCASE"],
        ),
        (
            "CREATE TABLE t (a CONSTRAINT u UNIQUE CHECK (a IN (')', ',')) CONSTRAINT f REFERENCES p)",
            &["u: unique a", "check of 7 pieces", "f: a to p  no_action no_action No "],
        ),
        (
            "CREATE TABLE t (a REFERENCES p (x) ON DELETE SET NULL MATCH full ON UPDATE CASCADE NOT NULL NOT DEFERRABLE)",
            &["a to p x set_null cascade No FULL"],
        ),
        (
            "CREATE TABLE t (a REFERENCES p (x) NOT NULL DEFERRABLE INITIALLY DEFERRED, b REFERENCES p DEFERRABLE)",
            &["a to p x no_action no_action Deferred ", "b to p  no_action no_action Immediate "],
        ),
        (
            "CREATE TABLE t (a, b, FOREIGN KEY (a, b) REFERENCES \"p q\" (x, y) NOT DEFERRABLE INITIALLY DEFERRED)",
            &["a, b to p q x, y no_action no_action No "],
        ),
    ] {
        assert_eq!(rules(sql), expected, "{sql}");
    }
}

#[test]
fn options_and_comments_do_not_disturb() {
    let sql = "CREATE TABLE t ( -- a ) here\n a INT /* , b */\n) STRICT, WITHOUT ROWID";
    let table = table(sql).unwrap();
    assert!(table.strict && table.without_rowid);
    assert_eq!(&sql[table.columns[0].place.clone()], "a INT");
}

#[test]
fn indexes_say_what_they_order_by() {
    let index =
        index("CREATE UNIQUE INDEX i ON t (a COLLATE nocase DESC, lower(b || ',') , 'c' ASC) WHERE d > 0").unwrap();
    assert!(index.unique);
    let parts: Vec<_> =
        index.parts.iter().map(|it| (it.name.as_deref(), it.collation.as_deref(), it.descending)).collect();
    assert_eq!(parts, [(Some("a"), Some("NOCASE"), true), (None, None, false), (Some("c"), None, false)]);
    assert_eq!(index.predicate.unwrap().len(), 3);
}

#[test]
fn what_is_not_understood_is_said() {
    for (sql, expected) in [
        ("CREATE TABLE t (a INT", "a bracket is not closed"),
        ("CREATE TABLE t (a INT) SPARSE", "there is `SPARSE`"),
        ("CREATE TABLE t (a REFERENCES p ON DELETE EXPLODE)", "there is `EXPLODE` where an action should be"),
    ] {
        assert_eq!(table(sql).unwrap_err(), expected);
    }
}
