use super::*;
use crate::builder::*;
use crate::{IndexPart, Sql};

fn users() -> Table {
    table("users").column(column("age", integer())).column(column("email", text()))
}

/// Everything that has a name, without one.
fn nameless() -> Table {
    users()
        .primary_key("", ["age"])
        .unique("", ["email", "age"])
        .index(index("").on("email"))
        .index(index("").on(sql("lower(email)")))
        .foreign_key(foreign_key("", ["age", "email"]).references("people", ["years", "mail"]))
        .check("", sql("age > 0"))
        .check("", sql("1 = 1"))
}

fn names_of(naming: &Naming) -> Vec<String> {
    let mut table = nameless();
    naming.fill(&mut table);
    table.names().map(str::to_owned).collect()
}

#[test]
fn names_are_those_of_the_design() {
    let names = names_of(Naming::usual());
    let second = names[3].strip_prefix("ix_users_email_").unwrap_or_else(|| panic!("{names:?}"));
    assert_eq!(second.len(), 6);
    let plain: Vec<&str> = names.iter().map(String::as_str).filter(|name| *name != names[3]).collect();
    let expected =
        ["pk_users", "uq_users_email_age", "ix_users_email", "fk_users_age_email_people", "ck_users_age", "ck_users"];
    assert_eq!(plain, expected);
}

#[test]
fn every_pattern_names_what_it_is_for() {
    let patterns = [
        ("pk", "{table}_pkey"),
        ("ix", "{table}_{columns}_idx"),
        ("uq", "uq_{table}_{first_column}"),
        ("fk", "{table}_{columns}_to_{referred_table}_{referred_columns}"),
        ("ck", "{table}_{columns}_check"),
    ];
    let mut naming = Naming::default();
    patterns.iter().for_each(|(key, pattern)| naming.set(key, pattern).unwrap());
    let names = names_of(&naming);
    assert!(names[3].starts_with("users_email_idx_"), "{names:?}");
    let plain: Vec<&str> = names.iter().map(String::as_str).filter(|name| *name != names[3]).collect();
    let expected = [
        "users_pkey",
        "uq_users_email",
        "users_email_idx",
        "users_age_email_to_people_years_mail",
        "users_age_check",
        "users_check",
    ];
    assert_eq!(plain, expected);
    let shown: Vec<(&str, String)> = naming.patterns().map(|(key, template)| (key, template.to_string())).collect();
    assert_eq!(shown, patterns.map(|(key, pattern)| (key, pattern.to_owned())));
}

#[test]
fn two_kinds_of_one_pattern_do_not_get_one_name() {
    let mut naming = Naming::default();
    Naming::KEYS.iter().for_each(|key| naming.set(key, "{table}_{first_column}").unwrap());
    let mut names = names_of(&naming);
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count, "{names:?}");
}

#[test]
fn a_pattern_that_names_nothing_is_refused() {
    for (key, pattern, expected) in [
        ("ix", "{tables}", "there is no place `tables`; is it `table`? (table, columns, first_column can stand here)"),
        ("ix", "{table}_{referred_table}", "there is no place `referred_table`"),
        ("uq", "uq_{columns}", "`{table}` must stand in it"),
        ("ck", "ck {table}", "`ck ` cannot stand in a name"),
        ("pk", "pk_{table", "a `{` has no `}` behind it"),
        ("idx", "{table}", "there is no key `idx`; is it `ix`? (pk, ix, uq, fk, ck can stand here)"),
    ] {
        let said = Naming::default().set(key, pattern).unwrap_err();
        assert!(said.starts_with(expected), "{said}");
    }
}

#[test]
fn long_names_are_cut_at_a_character_and_stay_different() {
    let long = |last: &str| Naming::usual().unique(&"é".repeat(40).as_str().into(), &unique("", ["a", last]));
    assert!(long("b").len() <= LIMIT);
    assert_ne!(long("b"), long("c"));
}

#[test]
fn names_do_not_depend_on_the_order_of_attributes() {
    let two = |first: &str, second: &str| {
        let mut table = users().check("", sql(first)).check("", sql(second));
        Naming::usual().fill(&mut table);
        let mut named: Vec<_> = table.checks.into_iter().map(|it| (it.expression, it.name)).collect();
        named.sort();
        named
    };
    let names = two("age > 0", "age < 150");
    assert_eq!(names, two("age < 150", "age > 0"));
    assert_ne!(names[0].1, names[1].1);
}

#[test]
fn an_expression_counts_as_the_columns_that_it_mentions() {
    let by_email = Index { parts: vec![IndexPart::expression(Sql::portable("lower(email)"))], ..index("") };
    assert_eq!(Naming::usual().index(&users(), &by_email), "ix_users_email");
}
