//! Before, after, answers, expected operations.

mod databases;

use super::*;
use crate::builder::*;
use crate::{ColumnType, Enum, Table, fingerprint};

fn schema(tables: impl IntoIterator<Item = Table>) -> Schema {
    let tables = tables.into_iter().map(|table| (table.name.clone(), table)).collect();
    Schema { tables, ..Schema::default() }
}

fn with_enum(mut schema: Schema, values: &[&str]) -> Schema {
    let values = values.iter().map(|&value| value.to_owned()).collect();
    schema.enums.insert("status".into(), Enum { name: "status".into(), values, model: None });
    schema
}

fn users() -> Table {
    table("users").column(column("id", bigint()).identity(identity())).primary_key("pk_users", ["id"])
}

fn answers(flags: &[&str]) -> Answers {
    let mut answers = Answers::default();
    for flag in flags {
        match flag.split_once(' ').unwrap() {
            ("rename", text) => answers.rename(text).unwrap(),
            ("drop", text) => answers.drop(text),
            ("default", text) => answers.fill(text).unwrap(),
            (other, _) => panic!("{other}"),
        }
    }
    answers
}

/// Plans, checks that both ways lead where they should, and returns the upgrade and the downgrade, a line each.
fn planned(before: &Schema, after: &Schema, flags: &[&str]) -> (Vec<String>, Vec<String>) {
    let plan = diff(before, after, &answers(flags)).unwrap_or_else(|error| panic!("{error:?}"));
    let mut schema = before.clone();
    for operation in &plan.upgrade {
        operation.apply(&mut schema).unwrap();
    }
    assert_eq!(fingerprint(&schema), fingerprint(after), "the upgrade leads elsewhere: {:#?}", plan.upgrade);
    assert_eq!(diff(&schema, after, &Answers::default()).unwrap().upgrade, [], "a second diff finds something");
    for operation in &plan.downgrade {
        operation.apply(&mut schema).unwrap();
    }
    assert_eq!(fingerprint(&schema), fingerprint(before), "the downgrade leads elsewhere: {:#?}", plan.downgrade);
    let lines = |operations: &[Operation]| operations.iter().map(ToString::to_string).collect();
    (lines(&plan.upgrade), lines(&plan.downgrade))
}

fn check(before: &Schema, after: &Schema, flags: &[&str], upgrade: &[&str], downgrade: &[&str]) {
    let (up, down) = planned(before, after, flags);
    assert_eq!(up, upgrade);
    assert_eq!(down, downgrade);
}

#[test]
fn nothing_changes() {
    check(&schema([users()]), &schema([users()]), &[], &[], &[]);
}

#[test]
fn the_order_of_columns_is_no_change() {
    let before = schema([users().column(column("a", text())).column(column("b", text()))]);
    let after = schema([users().column(column("b", text())).column(column("a", text()))]);
    check(&before, &after, &[], &[], &[]);
}

#[test]
fn a_nullable_column_needs_nothing() {
    check(
        &schema([users()]),
        &schema([users().column(column("bio", text()).nullable())]),
        &[],
        &["add column users.bio (text, nullable)"],
        &["drop column users.bio"],
    );
}

#[test]
fn a_required_column_leaves_a_hole_or_takes_a_default() {
    let (before, after) = (schema([users()]), schema([users().column(column("bio", text()))]));
    check(
        &before,
        &after,
        &[],
        &["add column users.bio (text, nullable)", "run fill_users_bio", "alter column users.bio: not null"],
        &["drop column users.bio"],
    );
    let plan = diff(&before, &after, &Answers::default()).unwrap();
    assert_eq!(plan.holes[0].step, "fill_users_bio");
    check(
        &before,
        &after,
        &["default users.bio=''"],
        &["add column users.bio (text, nullable)", "fill users.bio with \"''\"", "alter column users.bio: not null"],
        &["drop column users.bio"],
    );
}

#[test]
fn a_column_that_is_filled_gets_its_default_behind_that() {
    let (with, without) = (schema([users().column(column("n", integer()).default(0))]), schema([users()]));
    let fills = [
        "add column users.n (integer, nullable)",
        "fill users.n with \"7\"",
        "alter column users.n: not null, default 0",
    ];
    check(&without, &with, &["default users.n=7"], &fills, &["drop column users.n"]);
    check(&with, &without, &["default users.n=7"], &["drop column users.n"], &fills);
}

#[test]
fn a_dropped_required_column_comes_back_with_a_neutral_value() {
    let before = schema([users().column(column("bio", text()))]);
    check(
        &before,
        &schema([users()]),
        &[],
        &["drop column users.bio"],
        &["add column users.bio (text, nullable)", "fill users.bio with \"''\"", "alter column users.bio: not null"],
    );
    let plan = diff(&before, &schema([users()]), &Answers::default()).unwrap();
    assert_eq!(plan.losses[0].at, 0);
    let answered = diff(&before, &schema([users()]), &answers(&["default users.bio='none'"])).unwrap();
    assert_eq!(answered.downgrade[1].to_string(), "fill users.bio with \"'none'\"");
}

#[test]
fn a_column_beside_another_is_asked_about() {
    let before = schema([users().column(column("name", text()).nullable())]);
    let after = schema([users().column(column("title", text()).nullable())]);
    let Err(DiffError::Questions(questions)) = diff(&before, &after, &Answers::default()) else { panic!() };
    assert_eq!(questions[0].flags(), ["--rename users.name=users.title", "--drop users.name"]);
    check(
        &before,
        &after,
        &["rename users.name=users.title"],
        &["rename column users.name to title"],
        &["rename column users.title to name"],
    );
    check(
        &before,
        &after,
        &["drop users.name"],
        &["add column users.title (text, nullable)", "drop column users.name"],
        &["add column users.name (text, nullable)", "drop column users.title"],
    );
}

#[test]
fn a_rename_takes_names_and_texts_along() {
    let before = schema([users()
        .column(column("age", integer()).nullable())
        .index(index("ix_users_age").on("age"))
        .check("ck_users_age", sql("age > 0"))]);
    let after = schema([users()
        .column(column("years", integer()).nullable())
        .index(index("ix_users_years").on("years"))
        .check("ck_users_years", sql("years > 0"))]);
    check(
        &before,
        &after,
        &["rename users.age=users.years"],
        &["rename column users.age to years"],
        &["rename column users.years to age"],
    );
}

#[test]
fn two_columns_swap() {
    let of = |a, b| schema([users().column(column("a", a).nullable()).column(column("b", b).nullable())]);
    let (up, _) =
        planned(&of(text(), integer()), &of(integer(), text()), &["rename users.a=users.b", "rename users.b=users.a"]);
    assert_eq!(up.len(), 3, "{up:?}");
}

#[test]
fn a_table_is_renamed_with_what_refers_to_it() {
    let posts = |of: &str| {
        table("posts").column(column("user_id", bigint())).foreign_key(
            foreign_key(&format!("fk_posts_user_id_{of}"), ["user_id"]).references(of, ["id"]).on_delete(cascade()),
        )
    };
    let mut people = users();
    people.name = "people".into();
    people.primary_key = Some(primary_key("pk_people", ["id"]));
    let (before, after) = (schema([users(), posts("users")]), schema([people, posts("people")]));
    assert!(matches!(diff(&before, &after, &Answers::default()), Err(DiffError::Questions(_))));
    check(
        &before,
        &after,
        &["rename users=people"],
        &["rename table users to people"],
        &["rename table people to users"],
    );
}

#[test]
fn tables_are_made_behind_and_dropped_before_what_they_refer_to() {
    let a = table("a").column(column("id", bigint())).column(column("z", bigint())).primary_key("pk_a", ["id"]);
    let a = a.foreign_key(foreign_key("fk_a", ["z"]).references("z", ["id"]));
    let z = table("z").column(column("id", bigint())).primary_key("pk_z", ["id"]);
    check(
        &schema([]),
        &schema([a.clone(), z.clone()]),
        &[],
        &["create table z (1 column)", "create table a (2 columns)"],
        &["drop table a", "drop table z"],
    );
    let z = z.column(column("a", bigint())).foreign_key(foreign_key("fk_z", ["a"]).references("a", ["id"]));
    let (up, down) = planned(&schema([]), &schema([a.clone(), z.clone()]), &[]);
    assert_eq!(up[2], "create foreign key fk_a from a (z) to z (id)", "{up:?}");
    assert_eq!(down[0], "drop foreign key fk_a of a");
    planned(&schema([a, z]), &schema([]), &[]);
}

#[test]
fn what_depends_on_a_column_goes_before_it() {
    let before = schema([users()
        .column(column("email", text()))
        .unique("uq_users_email", ["email"])
        .index(index("ix_users_email").on(sql("lower(email)")))
        .check("ck_users_email", sql("email <> ''"))]);
    check(
        &before,
        &schema([users()]),
        &[],
        &[
            "drop check ck_users_email of users",
            "drop index ix_users_email of users",
            "drop unique uq_users_email of users",
            "drop column users.email",
        ],
        &[
            "add column users.email (text, nullable)",
            "fill users.email with sqlite = \"CAST(\\\"id\\\" AS TEXT)\", postgres = \"CAST(\\\"id\\\" AS TEXT)\", \
             mysql = \"CAST(`id` AS CHAR)\"",
            "alter column users.email: not null",
            "create unique uq_users_email on users (email)",
            "create index ix_users_email on users (\"lower(email)\")",
            "create check ck_users_email on users: \"email <> ''\"",
        ],
    );
}

#[test]
fn types_that_hold_less_leave_a_hole() {
    let of = |column_type| schema([users().column(column("n", column_type))]);
    check(
        &of(integer()),
        &of(bigint()),
        &[],
        &["alter column users.n: type bigint"],
        &["alter column users.n: type integer"],
    );
    check(
        &of(text()),
        &of(integer()),
        &[],
        &["run convert_users_n", "alter column users.n: type integer"],
        &["alter column users.n: type text"],
    );
    let plan = diff(&of(text()), &of(integer()), &answers(&["default users.n=length(n)"])).unwrap();
    let [Operation::AlterColumn { change, .. }] = plan.upgrade.as_slice() else { panic!("{:?}", plan.upgrade) };
    assert_eq!(change.using, Some(sql("length(n)")));
}

#[test]
fn null_becomes_not_null_for_rows_that_are_there() {
    let of = |column| schema([users().column(column)]);
    let (loose, tight) = (column("bio", text()).nullable(), column("bio", text()));
    check(
        &of(loose.clone()),
        &of(tight.clone()),
        &[],
        &["run fill_users_bio", "alter column users.bio: not null"],
        &["alter column users.bio: nullable"],
    );
    check(
        &of(tight),
        &of(loose),
        &[],
        &["alter column users.bio: nullable"],
        &["fill users.bio with \"''\"", "alter column users.bio: not null"],
    );
}

#[test]
fn enum_values_come_go_and_move() {
    let of = |values: &[&str]| {
        with_enum(schema([users().column(column("status", enumeration("status")).default("a"))]), values)
    };
    check(
        &of(&["a", "c"]),
        &of(&["a", "b", "c"]),
        &[],
        &["add value b to enum status before c"],
        &["fill users.status with \"'a'\"", "drop value b of enum status"],
    );
    check(
        &of(&["a", "b"]),
        &of(&["a"]),
        &[],
        &["run replace_status_b", "drop value b of enum status"],
        &["add value b to enum status"],
    );
    check(
        &of(&["a", "b"]),
        &of(&["a"]),
        &["default users.status='a'"],
        &["fill users.status with \"'a'\"", "drop value b of enum status"],
        &["add value b to enum status"],
    );
    check(
        &of(&["a", "b"]),
        &of(&["a", "c"]),
        &["rename status.b=status.c"],
        &["rename value b of enum status to c"],
        &["rename value c of enum status to b"],
    );
    check(
        &of(&["a", "b", "c"]),
        &of(&["c", "a", "b"]),
        &[],
        &[
            "rename value c of enum status to c_moved",
            "add value c to enum status before a",
            "fill users.status with \"'c'\"",
            "drop value c_moved of enum status",
        ],
        &[
            "add value c_moved to enum status",
            "fill users.status with \"'c_moved'\"",
            "drop value c of enum status",
            "rename value c_moved of enum status to c",
        ],
    );
    planned(&of(&["a", "b", "c"]), &of(&["c", "b", "a"]), &[]);
}

#[test]
fn a_value_is_not_taken_for_one_that_moved_because_of_its_name() {
    let of = |values: &[&str]| with_enum(schema([users().column(column("status", enumeration("status")))]), values);
    check(
        &of(&["card_moved", "done"]),
        &of(&["card", "card_moved", "done"]),
        &[],
        &["add value card to enum status before card_moved"],
        &["fill users.status with \"'card_moved'\"", "drop value card of enum status"],
    );
    check(
        &of(&["card_moved", "done"]),
        &of(&["card_moved", "card", "done"]),
        &[],
        &["add value card to enum status before done"],
        &["fill users.status with \"'card_moved'\"", "drop value card of enum status"],
    );
    planned(&of(&["x", "x_moved", "y"]), &of(&["x_moved", "y", "x"]), &[]);
    planned(
        &of(&["a", "b", "a_renamed"]),
        &of(&["b", "a", "a_renamed"]),
        &["rename status.a=status.b", "rename status.b=status.a"],
    );
    planned(&of(&["a", "b", "c", "c_moved"]), &of(&["c", "a", "b", "d", "c_moved"]), &[]);
}

#[test]
fn a_passing_name_is_one_that_nothing_has() {
    let of = |first: ColumnType, second: ColumnType| {
        let columns = users().column(column("a", first)).column(column("b", second));
        let other = table("users_renamed").column(column("id", bigint())).primary_key("pk_users_renamed", ["id"]);
        schema([columns.column(column("a_renamed", text())), other])
    };
    check(
        &of(text(), integer()),
        &of(integer(), text()),
        &["rename users.a=users.b", "rename users.b=users.a"],
        &["rename column users.a to a_renamed_2", "rename column users.b to a", "rename column users.a_renamed_2 to b"],
        &["rename column users.b to a_renamed_2", "rename column users.a to b", "rename column users.a_renamed_2 to a"],
    );
    let same = of(text(), text());
    planned(&same, &same, &["rename users=users_renamed", "rename users_renamed=users"]);
}

#[test]
fn the_way_back_says_what_it_does_not_bring_back() {
    let a = |of| schema([users().column(of)]);
    let of_enum = |values: &[&str]| with_enum(a(column("status", enumeration("status"))), values);
    let answered = |before: &Schema, after: &Schema, flags: &[&str]| -> Vec<String> {
        let plan = diff(before, after, &answers(flags)).unwrap_or_else(|error| panic!("{error:?}"));
        plan.losses.into_iter().map(|loss| loss.note).collect()
    };
    let (integers, booleans) = (a(column("n", integer())), a(column("n", boolean())));
    let (texts, doubled) = (a(column("n", text())), a(column("n", bigint()).generated(stored(sql("id * 2")))));
    for (what, before, after, flags, expected) in [
        (
            "a value that went",
            of_enum(&["a", "b"]),
            of_enum(&["a"]),
            &["default users.status='a'"][..],
            &["The rows of users.status that had the value b do not come back to it."][..],
        ),
        (
            "a value that came",
            of_enum(&["a"]),
            of_enum(&["a", "b"]),
            &[],
            &["b is no value of status before this revision: the rows of users.status that have it get a."],
        ),
        ("a value that moved", of_enum(&["a", "b"]), of_enum(&["b", "a"]), &[], &[]),
        (
            "NULLs that were filled",
            a(column("n", integer()).nullable()),
            integers.clone(),
            &["default users.n=1"],
            &["The NULLs of users.n that were filled do not come back."],
        ),
        (
            "a conversion by a person",
            texts,
            integers.clone(),
            &[],
            &["The values of users.n that were changed to become integer do not come back."],
        ),
        (
            "a conversion by an answer",
            booleans.clone(),
            integers.clone(),
            &["default users.n=CASE WHEN n THEN 5 ELSE 6 END"],
            &[
                "The values of users.n that were changed to become integer do not come back.",
                "boolean does not hold every value of integer: what does not fit stops the downgrade.",
            ],
        ),
        (
            "a number that becomes a boolean",
            integers.clone(),
            booleans.clone(),
            &[],
            &["The values of users.n that were changed to become boolean do not come back."],
        ),
        (
            "a boolean that becomes a number",
            booleans,
            integers.clone(),
            &[],
            &["boolean does not hold every value of integer: what does not fit stops the downgrade."],
        ),
        (
            "a wider type",
            integers,
            a(column("n", bigint())),
            &[],
            &["integer does not hold every value of bigint: what does not fit stops the downgrade."],
        ),
        (
            "a column that is computed from now on",
            a(column("n", bigint())),
            doubled,
            &[],
            &["The values that users.n had before it was computed do not come back."],
        ),
    ] {
        assert_eq!(answered(&before, &after, flags), expected, "{what}");
    }
}

#[test]
fn the_last_user_takes_the_enum_along() {
    let used = with_enum(schema([users().column(column("status", enumeration("status")).nullable())]), &["a"]);
    check(
        &used,
        &schema([users()]),
        &[],
        &["drop column users.status", "drop enum status"],
        &["create enum status (a)", "add column users.status (enum(status), nullable)"],
    );
}

#[test]
fn a_column_is_dropped_and_added_anew_when_asked() {
    let of = |column_type| schema([users().column(column("n", column_type).nullable())]);
    check(
        &of(text()),
        &of(integer()),
        &["drop users.n"],
        &["drop column users.n", "add column users.n (integer, nullable)"],
        &["drop column users.n", "add column users.n (text, nullable)"],
    );
}

#[test]
fn answers_that_fit_nothing_say_what_there_is() {
    let before = schema([users().column(column("name", text()))]);
    for (flag, expected) in [
        ("rename users.nam=users.title", "has no column `users.nam`"),
        ("rename users.name=users.titel", "no field has the column `users.titel`"),
        ("rename user=people", "has no table `user`"),
        ("drop users.nam", "column or enum value; is it `users.name`? there is users.id, users.name"),
        ("drop user", "has no table `user`; there is users"),
        ("default users.nam=1", "there is no such column"),
        ("default users.name=1", "leave it out. Values are needed by users.title"),
        (
            "rename user.name=user.title",
            "there is no table or enum `user` of which `name` could be renamed; there is users",
        ),
    ] {
        let after = schema([users().column(column("name", text())).column(column("title", text()))]);
        match diff(&before, &after, &answers(&[flag])) {
            Err(DiffError::Answers(wrong)) => assert!(wrong[0].contains(expected), "{flag}: {wrong:?}"),
            other => panic!("{flag}: {other:?}"),
        }
    }
}

#[test]
fn a_rename_never_drops_what_has_the_name_already() {
    let before = schema([users().column(column("name", text()).nullable()).column(column("nick", text()).nullable())]);
    let after = schema([users().column(column("nick", text()).nullable())]);
    let Err(DiffError::Answers(wrong)) = diff(&before, &after, &answers(&["rename users.name=users.nick"])) else {
        panic!("nick was dropped unasked")
    };
    assert!(wrong[0].contains("`--drop users.nick`"), "{wrong:?}");
    check(
        &before,
        &after,
        &["rename users.name=users.nick", "drop users.nick"],
        &["drop column users.nick", "rename column users.name to nick"],
        &["rename column users.nick to name", "add column users.nick (text, nullable)"],
    );
}

#[test]
fn two_steps_never_share_a_name() {
    let of = |name: &str, other: &str| {
        let mut plain = users();
        plain.name = name.into();
        plain.column(column(other, text()))
    };
    let strip = |mut table: Table| {
        table.columns.pop();
        table
    };
    let (a, b) = (of("user", "post_id"), of("user_post", "id_"));
    let b = Table { columns: vec![b.columns[0].clone(), column("id", text())], primary_key: None, ..b };
    let b_before = Table { columns: vec![b.columns[0].clone()], ..b.clone() };
    let mut b_after = b;
    b_after.columns[0].name = "key".into();
    let mut b_before = b_before;
    b_before.columns[0].name = "key".into();
    let plan = diff(&schema([strip(a.clone()), b_before]), &schema([a, b_after]), &Answers::default()).unwrap();
    let steps: Vec<&str> = plan.holes.iter().map(|hole| hole.step.as_str()).collect();
    assert_eq!(steps, ["fill_user_post_id", "fill_user_post_id_2"]);
}

#[test]
fn what_is_put_back_is_what_its_type_can_be_read_as() {
    let of = |column| schema([users().column(column)]);
    for (column_type, expected) in [("date", "CURRENT_DATE"), ("timestamp", "CURRENT_TIMESTAMP")] {
        let strict = column("at", column_type.parse().unwrap()).default(now());
        let plan = diff(&of(strict.clone()), &of(strict.nullable()), &Answers::default()).unwrap();
        assert!(plan.downgrade[0].to_string().contains(expected), "{:?}", plan.downgrade);
    }
    let native = crate::ColumnType::Native(sql_each().sqlite("timestamp").postgres("timestamptz"));
    let plan = diff(&of(column("at", native)), &schema([users()]), &Answers::default()).unwrap();
    let Operation::Backfill { value, .. } = &plan.downgrade[1] else { panic!("{:?}", plan.downgrade) };
    assert_eq!(value.text(crate::Dialect::Sqlite), Some("'1970-01-01 00:00:00'"));
}

#[test]
fn a_primary_key_changes_with_what_refers_to_it() {
    let key = |columns: &[&str]| {
        let mut table = table("a").column(column("x", bigint())).column(column("y", bigint()));
        table.primary_key = Some(crate::PrimaryKey {
            name: "pk_a".into(),
            columns: columns.iter().map(|it| (*it).into()).collect(),
            native: Default::default(),
        });
        table
    };
    let (up, _) = planned(&schema([key(&["x"])]), &schema([key(&["x", "y"])]), &[]);
    assert_eq!(up, ["drop primary key pk_a of a", "create primary key pk_a on a (x, y)"]);
}

#[test]
fn the_order_of_columns_counts_where_the_database_says_so() {
    let ordered = |columns: [&str; 3], kept: bool| {
        let mut table = table("a");
        table.columns = columns.iter().map(|name| column(name, bigint())).collect();
        table.native.set(Table::COLUMN_ORDER, kept.then_some("kept"));
        Schema { is_database: true, ..schema([table]) }
    };
    let plan = |kept: bool| {
        let (before, after) = (ordered(["x", "y", "z"], kept), ordered(["z", "new", "x"], kept));
        let plan = diff(&before, &after, &Answers { allow_loss: true, ..Answers::default() }).unwrap();
        let mut reached = before.clone();
        plan.upgrade.iter().for_each(|operation| operation.apply(&mut reached).unwrap());
        let order = reached.tables[&"a".into()].column_order();
        (plan.upgrade.iter().map(ToString::to_string).collect::<Vec<_>>(), order)
    };
    let (operations, reached) = plan(true);
    let order = "set column_order of table a to z, new, x";
    assert_eq!(operations, ["add column a.new (bigint, not null)", "drop column a.y", order]);
    assert_eq!(reached, "z, new, x");
    assert_eq!(plan(false).0, ["add column a.new (bigint, not null)", "drop column a.y"]);
}

#[test]
fn a_column_that_referred_to_another_of_its_table_comes_back_behind_it() {
    let with = |columns: [crate::Column; 2]| {
        let table = columns.into_iter().fold(users(), |table, column| table.column(column));
        schema([table
            .unique("uq_users_age", ["age"])
            .foreign_key(foreign_key("fk_users_like_users", ["like"]).references("users", ["age"]))])
    };
    for columns in [["age", "like"], ["like", "age"]] {
        let before = with(columns.map(|name| column(name, bigint())));
        let plan = diff(&before, &schema([users()]), &answers(&["drop users.age", "drop users.like"])).unwrap();
        let back: Vec<String> = plan.downgrade.iter().map(ToString::to_string).collect();
        let place =
            |of: &str| back.iter().position(|it| it.starts_with(of)).unwrap_or_else(|| panic!("{of}: {back:?}"));
        assert!(place("add column users.age") < place("add column users.like"), "{back:?}");
        assert!(place("add column users.age") < place("fill users.like"), "{back:?}");
    }
}

#[test]
fn drift_is_said_at_the_column_with_both_sides() {
    let before = schema([users().column(column("a", text())).column(column("gone", text()))]);
    let after = schema([users()
        .column(column("a", integer()).nullable())
        .column(column("b", text()).default("x"))
        .index(index("ix_users_b").on("b"))]);
    let said = |before: &Schema, after: &Schema, is_whole: bool| -> Vec<String> {
        let found = drift(before, after, &Answers::default(), is_whole);
        found.iter().map(|it| format!("{:?}: {}{}", it.place, it.message, it.with_answers())).collect()
    };
    let without_gone = schema([users().column(column("a", text()))]);
    assert_eq!(
        said(&without_gone, &after, true),
        [
            "Column(\"a\"): `users.a` differs: schema.lock has text, not null, the model has integer, nullable",
            "Column(\"b\"): the column `users.b` (text, not null, default \"x\") is new: schema.lock does not have it",
            "Column(\"b\"): the index `ix_users_b` (on = [\"b\"]) is new: schema.lock does not have it",
        ]
    );
    assert_eq!(
        said(&before, &without_gone, true),
        ["Table: schema.lock has the column `users.gone` (text, not null), and no field has it any more"]
    );
    assert_eq!(
        said(&before, &after, true),
        [
            "Column(\"a\"): `users.a` differs: schema.lock has text, not null, the model has integer, nullable",
            "Column(\"b\"): the column users.gone is gone: is it renamed to users.b, or dropped? \
             with `--rename users.gone=users.b` or `--drop users.gone`",
        ],
        "the index is said when it is known whose it is"
    );
    let moved = schema([table("members").column(column("a", text()))]);
    assert_eq!(
        said(&without_gone, &moved, true),
        ["Table: the table users is gone: is it renamed to members, or dropped? with `--rename users=members` or \
          `--drop users`"]
    );
    let new = "Table: the table `members` is new: schema.lock does not have it";
    assert_eq!(said(&without_gone, &moved, false), [new], "another package may have the other");
    let dropped = drift(&before, &schema([]), &Answers::default(), true);
    assert_eq!(dropped[0].place, Place::DroppedTable);
    assert_eq!(
        said(&with_enum(schema([]), &["old", "a"]), &with_enum(schema([]), &["old", "b"]), true),
        ["Enum(\"status\"): the enum value status.a is gone: is it renamed to status.b, or dropped? with \
          `--rename status.a=status.b` or `--drop status.a`"]
    );
}

fn database(tables: impl IntoIterator<Item = Table>) -> Schema {
    Schema { is_database: true, ignores_case: true, ..schema(tables) }
}

/// The operations between two databases, a line each, without the way back.
fn between(before: &Schema, after: &Schema, flags: &[&str]) -> Vec<String> {
    let plan = diff(before, after, &answers(flags)).unwrap_or_else(|error| panic!("{error:?}"));
    plan.upgrade.iter().map(ToString::to_string).collect()
}

#[test]
fn a_database_may_refer_to_what_no_model_may() {
    let child = || table("children").column(column("parent", text()).nullable());
    let to = |columns: &[&str]| {
        let mut key = foreign_key("fk", ["parent"]).references("parents", ["code"]);
        key.references = columns.iter().map(|&it| it.to_owned()).collect();
        child().foreign_key(key)
    };
    let parents = || table("parents").column(column("code", text()).nullable());
    for columns in [&["code"][..], &[]] {
        let (before, after) = (database([]), database([parents(), to(columns)]));
        let expected = ["create table parents (1 column)", "create table children (1 column)"];
        let mut made = between(&before, &after, &[]);
        made.sort();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(made, expected, "no reference waits for a key that never comes");
        diff(&after, &before, &Answers::default()).unwrap();
    }
    let gone = parents().column(column("other", text()).nullable());
    assert_eq!(
        between(&database([gone.clone(), to(&["other"])]), &database([parents(), to(&["other"])]), &[]),
        ["drop column parents.other"],
        "a reference to a column that is not there is no hindrance"
    );
}

#[test]
fn constraints_without_names_follow_a_rename() {
    let users = |name: &str| {
        let mut users = table("users")
            .column(column(name, text()).nullable())
            .check("", format!("length({name}) > 1").as_str().into())
            .unique("", [name]);
        crate::names::spell_out(&mut users);
        users
    };
    assert_eq!(users("name").checks[0].name, "CHECK (length(name) > 1)");
    let operations = between(&database([users("name")]), &database([users("nick")]), &["rename users.name=users.nick"]);
    assert_eq!(operations, ["rename column users.name to nick"]);
}

#[test]
fn letters_of_names_count_only_where_they_do() {
    let in_case = |table: &str, column_name: &str| {
        crate::builder::table(table)
            .column(column(column_name, text()).nullable())
            .column(column("a", text()))
            .index(index("ix").on(column_name))
    };
    let (before, after) = (database([in_case("USERS", "Name")]), database([in_case("users", "name")]));
    assert_eq!(between(&before, &after, &[]), [""; 0]);
    let sensitive = |schema: &Schema| Schema { ignores_case: false, ..schema.clone() };
    let mut answers = Answers { allow_loss: true, ..Answers::default() };
    assert_eq!(diff(&sensitive(&before), &sensitive(&after), &answers).unwrap().upgrade.len(), 2);
    answers.rename("USERS=users").unwrap();
    answers.rename("users.Name=users.name").unwrap();
    assert_eq!(diff(&before, &after, &answers).unwrap().upgrade.len(), 2, "an answer renames all the same");
}

#[test]
fn a_table_goes_on_in_another_database_schema() {
    let of = |name: &str, column_name: &str| {
        let key = format!("pk_{}", TableName::parse(name).name);
        schema([table(name).column(column(column_name, bigint())).primary_key(&key, ["id"])])
    };
    for (from, to) in [("old.users", "fresh.users"), ("old.users", "users"), ("users", "fresh.users")] {
        let rename = format!("rename {from}={to}");
        let (up, down) = planned(&of(from, "id"), &of(to, "id"), &[&rename]);
        assert_eq!(
            (up, down),
            (vec![format!("rename table {from} to {to}")], vec![format!("rename table {to} to {from}")])
        );
    }
}

#[test]
fn a_column_may_be_named_by_both_names_of_its_table() {
    let of = |name: &str, column_name: &str| schema([table(name).column(column(column_name, text()))]);
    let (up, _) =
        planned(&of("usr", "nick"), &of("users", "name"), &["rename usr=users", "rename usr.nick=users.name"]);
    assert_eq!(up, ["rename table usr to users", "rename column users.nick to name"]);
}

#[test]
fn half_a_column_is_no_rename() {
    let DiffError::Answers(wrong) =
        diff(&schema([users()]), &schema([users()]), &answers(&["rename users.id=key"])).unwrap_err()
    else {
        panic!("another error");
    };
    assert!(wrong[0].contains("`--rename users.id=key`: the correct form is"), "{wrong:?}");
}

#[test]
fn another_naming_renames_and_drops_nothing() {
    let nameless = || {
        let users = users()
            .column(column("mail", text()))
            .unique("", ["mail"])
            .index(index("").on("mail"))
            .check("", sql("id > 0"));
        let posts = table("posts")
            .column(column("user_id", bigint()))
            .primary_key("", ["user_id"])
            .foreign_key(foreign_key("", ["user_id"]).references("users", ["id"]));
        [Table { primary_key: Some(primary_key("", ["id"])), ..users }, posts]
    };
    let named = |naming: &crate::Naming, rename: &str| {
        schema(nameless().map(|mut table| {
            if table.name == "users".into() {
                table.name = rename.into();
            }
            table.foreign_keys.iter_mut().for_each(|key| key.table = rename.into());
            naming.fill(&mut table);
            table
        }))
    };
    let mut naming = crate::Naming::default();
    for (key, pattern) in [
        ("pk", "{table}_pkey"),
        ("ix", "{table}_{columns}_idx"),
        ("uq", "{table}_{columns}_key"),
        ("fk", "{table}_{columns}_fkey"),
        ("ck", "{table}_{columns}_check"),
    ] {
        naming.set(key, pattern).unwrap();
    }
    check(
        &named(crate::Naming::usual(), "users"),
        &named(&naming, "users"),
        &[],
        &[
            "rename constraint pk_posts of posts to posts_pkey",
            "rename constraint fk_posts_user_id_users of posts to posts_user_id_fkey",
            "rename index ix_users_mail of users to users_mail_idx",
            "rename constraint pk_users of users to users_pkey",
            "rename constraint uq_users_mail of users to users_mail_key",
            "rename constraint ck_users_id of users to users_id_check",
        ],
        &[
            "rename constraint users_id_check of users to ck_users_id",
            "rename constraint users_mail_key of users to uq_users_mail",
            "rename constraint users_pkey of users to pk_users",
            "rename index users_mail_idx of users to ix_users_mail",
            "rename constraint posts_user_id_fkey of posts to fk_posts_user_id_users",
            "rename constraint posts_pkey of posts to pk_posts",
        ],
    );
    // A rename of the table takes along only the names of the usual naming; the others follow by themselves.
    let (up, _) = planned(&named(&naming, "users"), &named(&naming, "people"), &["rename users=people"]);
    assert_eq!(up[..2], ["rename table users to people", "rename index users_mail_idx of people to people_mail_idx"]);
    assert!(up[2..].iter().all(|line| line.starts_with("rename constraint ")), "{up:?}");
}

#[test]
fn a_name_that_something_else_has_is_free_only_when_that_is_gone() {
    let named = |one: &str, two: &str| {
        schema([users()
            .column(column("a", text()))
            .column(column("b", text()))
            .index(index(one).on("a"))
            .index(index(two).on("b"))])
    };
    for (before, after) in [(["one", "two"], ["two", "three"]), (["one", "two"], ["two", "one"])] {
        let (up, _) = planned(&named(before[0], before[1]), &named(after[0], after[1]), &[]);
        assert!(up.iter().all(|line| line.starts_with("drop index") || line.starts_with("create index")), "{up:?}");
    }
    let posts = |name: &str| table("posts").column(column("a", text())).index(index(name).on("a"));
    let both = |one: &str, two: &str| {
        let mut both = named(one, "other");
        both.tables.insert("posts".into(), posts(two));
        both
    };
    let (up, _) = planned(&both("one", "two"), &both("two", "three"), &[]);
    assert_eq!(up[0], "rename index two of posts to three");
    let (up, _) = planned(&both("two", "one"), &both("three", "two"), &[]);
    assert_eq!(up, ["rename index two of users to three", "drop index one of posts", "create index two on posts (a)"]);
}

#[test]
fn a_new_table_refers_to_a_column_once_that_has_its_type() {
    let before = schema([users()]);
    let mut users = users();
    users.columns[0].identity = None;
    users.columns[0].column_type = ColumnType::Uuid;
    let posts = table("posts")
        .column(column("id", uuid()))
        .column(column("user_id", uuid()))
        .primary_key("pk_posts", ["id"])
        .foreign_key(foreign_key("fk_posts_user_id_users", ["user_id"]).references("users", ["id"]));
    let after = schema([users, posts]);
    let (up, _) = planned(&before, &after, &["default users.id=gen_random_uuid()"]);
    let at = |text: &str| up.iter().position(|it| it.contains(text)).unwrap_or_else(|| panic!("{text}: {up:#?}"));
    assert!(at("create table posts") < at("alter column users.id: type uuid"), "{up:#?}");
    assert!(at("alter column users.id: type uuid") < at("foreign key fk_posts_user_id_users"), "{up:#?}");
}
