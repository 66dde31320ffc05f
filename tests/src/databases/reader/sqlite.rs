//! The PRAGMAs, and from `sqlite_master` what they do not tell.

use super::Held;
use crate::databases::client::Database;

const COLUMNS: &str = "
SELECT m.name || char(31) || c.name || char(31) || upper(c.type) || ' notnull ' || c.\"notnull\" || ' key ' || c.pk ||
  ' hidden ' || c.hidden || ' default ' || char(31) || coalesce(c.dflt_value, '-') || char(30)
FROM sqlite_master AS m, pragma_table_xinfo(m.name) AS c WHERE m.type = 'table' AND {plain}";

const INDEXES: &str = "
SELECT m.name || char(31) || CASE l.origin WHEN 'c' THEN l.name ELSE l.origin END || ' unique ' || l.\"unique\" || ' partial ' ||
  l.partial || ' ' || (SELECT group_concat(coalesce(name, '?') || ' ' || \"desc\" || ' ' || coll, ', ')
  FROM pragma_index_xinfo(l.name) WHERE key = 1) || char(31) ||
  coalesce((SELECT sql FROM sqlite_master WHERE type = 'index' AND name = l.name), '') || char(30)
FROM sqlite_master AS m, pragma_index_list(m.name) AS l WHERE m.type = 'table' AND {plain}";

const FOREIGN_KEYS: &str = "
SELECT name || char(31) || group_concat(\"from\" || ' > ' || \"table\" || '.' || coalesce(\"to\", '?'), ', ') || ' ' ||
  on_update || ' ' || on_delete || char(30)
FROM (SELECT m.name, k.* FROM sqlite_master AS m, pragma_foreign_key_list(m.name) AS k
  WHERE m.type = 'table' ORDER BY m.name, k.id, k.seq) GROUP BY name, id";

const TEXTS: &str = "
SELECT CASE WHEN type <> 'table' OR {plain} THEN type ELSE 'virtual' END || char(31) || name || char(31) || sql || char(30)
FROM sqlite_master AS m WHERE type IN ('table', 'view', 'trigger') AND name NOT LIKE 'sqlite_%'";

/// Whether a table is neither SQLite's own nor virtual nor part of a virtual one.
const PLAIN: &str = "m.name IN (SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table') \
                     AND m.name NOT LIKE 'sqlite_%'";

pub(super) fn read(database: &Database<'_>) -> Result<Held, String> {
    let mut held = Held::default();
    let mut add = |line: String| held.managed.extend([line]);
    for record in records(database, COLUMNS)? {
        if let [table, column, facts, default] = &fields(&record)[..] {
            add(format!("{table}: column {column} {facts} {}", tokens(default).join(" ")));
        }
    }
    for record in records(database, INDEXES)? {
        if let [table, facts, sql] = &fields(&record)[..] {
            let sql = tokens(sql);
            let columns = sql.iter().position(|it| it == "(").unwrap_or(sql.len());
            add(format!("{table}: index {facts} {}", sql[columns..].join(" ")));
        }
    }
    for record in records(database, FOREIGN_KEYS)? {
        add(record.replacen('\x1f', ": foreign key ", 1));
    }
    for record in records(database, TEXTS)? {
        let fields = fields(&record);
        match &fields[..] {
            ["table", name, sql] => told_by_text(sql).into_iter().for_each(|it| add(format!("{name}: {it}"))),
            [kind, name, sql] => held.others.extend([format!("{kind} {name} {}", tokens(sql).join(" "))]),
            _ => {}
        }
    }
    Ok(held)
}

fn records(database: &Database<'_>, sql: &str) -> Result<Vec<String>, String> {
    let text = database.query(&format!("{};", sql.replace("{plain}", PLAIN)))?;
    Ok(text.split('\x1e').map(str::trim).filter(|it| !it.is_empty()).map(str::to_owned).collect())
}

fn fields(record: &str) -> Vec<&str> {
    record.split('\x1f').collect()
}

/// What only the text of a CREATE TABLE says: checks, collations, computed columns, names, options.
fn told_by_text(sql: &str) -> Vec<String> {
    let tokens = tokens(sql);
    let Some(open) = tokens.iter().position(|it| it == "(") else { return vec![tokens.join(" ")] };
    let close = closing(&tokens, open);
    let mut found: Vec<String> = tokens[close + 1..].split(|it| it == ",").map(|it| it.join(" ")).collect();
    found.iter_mut().for_each(|it| it.insert_str(0, "option "));
    let (mut subject, mut is_first, mut name) = (String::new(), true, String::new());
    let mut at = open + 1;
    while at < close {
        let next = |from: usize| tokens.get(from).map_or("", String::as_str);
        match (&*tokens[at], next(at + 1)) {
            (",", _) => {
                (is_first, name) = (true, String::new());
                at += 1;
                continue;
            }
            ("constraint", it) => {
                name = format!("{it} ");
                at += 1;
            }
            (word @ ("check" | "as"), "(") => {
                let end = closing(&tokens, at + 1);
                let of = if word == "as" { &subject } else { "" };
                found.push(format!("{name}{word} {of} {}", tokens[at + 1..=end].join(" ")));
                at = end;
            }
            (word @ ("unique" | "primary" | "foreign" | "references"), _) if !name.is_empty() => {
                found.push(format!("{name}{word}"));
                name.clear();
            }
            ("(", _) => at = closing(&tokens, at),
            ("collate" | "conflict", it) => found.push(format!("{subject} {} {it}", tokens[at])),
            ("autoincrement" | "stored" | "virtual" | "deferrable" | "deferred", _) => {
                found.push(format!("{subject} {}", tokens[at]));
            }
            _ => {}
        }
        if is_first {
            subject = tokens[at].clone();
            is_first = false;
        }
        at += 1;
    }
    found
}

/// Where the bracket closes that opens here.
fn closing(tokens: &[String], open: usize) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match &**token {
            "(" => depth += 1,
            ")" if depth == 1 => return at,
            ")" => depth -= 1,
            _ => {}
        }
    }
    tokens.len() - 1
}

/// The words of SQL in small letters, names without quotes, without comments.
fn tokens(sql: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = sql.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |at| at + 2),
            '\'' | '"' | '`' | '[' => quoted(rest, if first == '[' { ']' } else { first }),
            c if c.is_alphanumeric() || c == '_' => {
                rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len())
            }
            c => c.len_utf8(),
        };
        let (token, behind) = rest.split_at(length);
        match first {
            '-' | '/' if length > 1 => {}
            '\'' => tokens.push(token.to_owned()),
            '"' | '`' | '[' => tokens.push(token[1..length - 1].to_lowercase()),
            _ => tokens.push(token.to_lowercase()),
        }
        rest = behind.trim_start();
    }
    tokens
}

/// How long a quoted text is, its quotes included; a doubled quote stands for itself.
fn quoted(text: &str, quote: char) -> usize {
    let mut from = 1;
    while let Some(at) = text[from..].find(quote) {
        from += at + 1;
        if !text[from..].starts_with(quote) {
            return from;
        }
        from += 1;
    }
    text.len()
}
