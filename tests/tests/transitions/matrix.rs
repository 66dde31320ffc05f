//! Which kinds of change are tried in which situations, as a table: on SQLite, PostgreSQL and MySQL.

use std::collections::BTreeMap;
use std::fs;

use migratable_core::Dialect;
use migratable_tests::checkout;
use toml::de::{DeTable, DeValue};

use crate::transition::{self, dialects, text, texts};

/// What `tests/transitions/matrix.toml` says: the kinds and situations in their order, what Alembic does not detect, and
/// why a cell is empty for a database.
struct Cells {
    kinds: Vec<String>,
    situations: Vec<String>,
    alembic: Vec<String>,
    empty: BTreeMap<(String, String, Dialect), String>,
}

impl Cells {
    fn read() -> Result<Cells, String> {
        let file = checkout().join("tests/transitions/matrix.toml");
        let source = fs::read_to_string(&file).map_err(|error| error.to_string())?;
        let table = DeTable::parse(&source).map_err(|error| error.to_string())?;
        let table = table.get_ref();
        let list = |key: &str| texts(table.get(key).ok_or_else(|| format!("there is no `{key}`"))?.get_ref());
        let mut cells = Cells {
            kinds: list("kinds")?,
            situations: list("situations")?,
            alembic: list("alembic")?,
            empty: BTreeMap::new(),
        };
        let Some(DeValue::Array(list)) = table.get("empty").map(|list| list.get_ref()) else { return Ok(cells) };
        for value in list.iter() {
            let DeValue::Table(entry) = value.get_ref() else { return Err("`empty` is written [[empty]]".to_owned()) };
            let of = |key: &str| entry.get(key).map(|value| value.get_ref()).ok_or_else(|| format!("no `{key}`"));
            let why = text(of("why")?)?;
            let dialects = entry.get("dialects").map_or(Ok(Dialect::ALL.to_vec()), |list| dialects(list.get_ref()))?;
            for kind in texts(of("kinds")?)? {
                for situation in texts(of("situations")?)? {
                    for dialect in &dialects {
                        cells.empty.insert((kind.clone(), situation.clone(), *dialect), why.clone());
                    }
                }
            }
        }
        Ok(cells)
    }
}

#[test]
fn every_kind_of_change_is_tried_in_every_situation() {
    let cells = Cells::read().unwrap();
    let transitions = transition::read("").unwrap();
    let mut counts: BTreeMap<(&str, &str, Dialect), usize> = BTreeMap::new();
    for it in &transitions {
        // What is refused is not tried on any database.
        for dialect in it.dialects.iter().filter(|_| it.refused.is_empty()) {
            *counts.entry((&it.kind, &it.situation, *dialect)).or_default() += 1;
        }
        assert!(cells.kinds.contains(&it.kind), "{}: `{}` is no kind of change", it.name, it.kind);
        assert!(cells.situations.contains(&it.situation), "{}: `{}` is no situation", it.name, it.situation);
    }
    let width = cells.kinds.iter().map(String::len).max().unwrap_or(0);
    let mut table = format!(
        "{:width$}  {}\n",
        "",
        cells.situations.iter().map(|it| format!("{it:>8}")).collect::<Vec<_>>().join("  ")
    );
    let mut wrong = Vec::new();
    for kind in &cells.kinds {
        let mut line = format!("{kind:width$}");
        for situation in &cells.situations {
            let mut shown = Vec::new();
            for dialect in Dialect::ALL {
                let count = counts.get(&(kind.as_str(), situation.as_str(), dialect));
                let why = cells.empty.get(&(kind.clone(), situation.clone(), dialect));
                shown.push(match (count, why) {
                    (Some(count), None) => count.to_string(),
                    (None, Some(_)) => "-".to_owned(),
                    (None, None) => {
                        wrong.push(format!("{kind}, {situation}, {dialect}: no transition, and no reason why not"));
                        "?".to_owned()
                    }
                    (Some(count), Some(why)) => {
                        wrong.push(format!("{kind}, {situation}, {dialect}: there are {count}, in spite of \"{why}\""));
                        count.to_string()
                    }
                });
            }
            let shown = shown.join(" ");
            line.push_str(&format!("  {shown:>width$}", width = situation.len().max(8)));
        }
        table.push_str(&line);
        table.push('\n');
    }
    println!("{table}{} transitions", transitions.len());
    assert!(wrong.is_empty(), "{table}{}", wrong.join("\n"));
}

#[test]
fn what_alembic_does_not_detect_is_tried() {
    let transitions = transition::read("").unwrap();
    for what in Cells::read().unwrap().alembic {
        assert!(transitions.iter().any(|it| it.alembic == what), "{what}");
    }
}

#[test]
fn there_are_many_and_some_do_much_at_once() {
    let transitions = transition::read("").unwrap();
    assert!(transitions.len() >= 200, "{}", transitions.len());
    assert!(transitions.iter().filter(|it| it.operations.len() >= 10).count() >= 7);
}
