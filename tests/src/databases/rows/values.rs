//! A value for a column of any type: the same for the same type and row, others in other rows.

use migratable_core::Dialect;

use super::catalogue::Column;

/// The value in SQL.
pub fn value(dialect: Dialect, column: &Column, row: u32) -> String {
    let column_type = &*column.column_type;
    if let Some(element) = column_type.strip_suffix("[]") {
        let element = Column { column_type: element.to_owned(), ..column.clone() };
        return format!("ARRAY[{}]::{column_type}", value(dialect, &element, row));
    }
    if !column.labels.is_empty() {
        let label = &column.labels[(row as usize - 1) % column.labels.len()];
        return format!("'{}'", label.replace('\'', "''"));
    }
    let (name, arguments) = column_type.split_once('(').unwrap_or((column_type, ""));
    let length = arguments.split([',', ')']).next().and_then(|length| length.parse::<usize>().ok());
    let quoted = |text: String| format!("'{text}'");
    match dialect {
        Dialect::Postgres => postgres(name.trim(), column_type, length, row).map_or_else(|| text(length, row), quoted),
        Dialect::Mysql => mysql(name.trim(), column_type, length, row),
        Dialect::Sqlite => sqlite(column_type, length, row),
    }
}

/// `a1`, `b2`, `c3`, cut to the length.
fn text(length: Option<usize>, row: u32) -> String {
    let letter = char::from(b'a' + row as u8 - 1);
    let text: String = format!("{letter}{row}").chars().take(length.unwrap_or(2)).collect();
    format!("'{text}'")
}

/// `1.5`, or what fits: `1`, `0.1`.
fn decimal(column_type: &str, row: u32) -> String {
    let arguments = column_type.split_once('(').map_or("", |(_, arguments)| arguments);
    let mut digits = arguments.split([',', ')']).map(|digits| digits.trim().parse::<u32>().ok());
    match (digits.next().flatten(), digits.next().flatten()) {
        (Some(_), None | Some(0)) => row.to_string(),
        (Some(precision), Some(scale)) if precision == scale => format!("0.{row}"),
        _ => format!("{row}.5"),
    }
}

fn postgres(name: &str, column_type: &str, length: Option<usize>, row: u32) -> Option<String> {
    let next = row + 1;
    Some(match name {
        "smallint" | "integer" | "bigint" | "oid" | "money" => row.to_string(),
        "numeric" => decimal(column_type, row),
        "real" | "double precision" => format!("{row}.5"),
        "boolean" => (row % 2 == 1).to_string(),
        "bytea" => format!("\\x0{row}"),
        "date" => format!("2024-01-0{row}"),
        _ if name.starts_with("timestamp") => format!("2024-01-0{row} 10:00:00+00"),
        _ if name.starts_with("time") => format!("0{row}:30:00+00"),
        "interval" => format!("{row} days"),
        _ if name.starts_with("interval") => format!("{row}"),
        "uuid" => format!("00000000-0000-4000-8000-00000000000{row}"),
        "json" | "jsonb" => format!("{{\"row\": {row}}}"),
        "jsonpath" => format!("$.a{row}"),
        "inet" => format!("10.0.0.{row}"),
        "cidr" => format!("10.0.{row}.0/24"),
        "macaddr" => format!("08:00:2b:01:02:0{row}"),
        "macaddr8" => format!("08:00:2b:01:02:03:04:0{row}"),
        "bit" => {
            format!("{row:0width$b}", width = length.unwrap_or(1)).chars().rev().take(length.unwrap_or(1)).collect()
        }
        "bit varying" => format!("{row:b}"),
        "xml" => format!("<row n=\"{row}\"/>"),
        "tsvector" | "tsquery" => format!("word{row}"),
        "point" => format!("({row},{row})"),
        "box" | "lseg" => format!("(({row},{row}),({next},{next}))"),
        "path" | "polygon" => format!("(({row},{row}),({next},{row}),({next},{next}))"),
        "line" => format!("{{{row},1,0}}"),
        "circle" => format!("<({row},{row}),1>"),
        "int4range" | "int8range" | "numrange" => format!("[{row}0,{next}0)"),
        "int4multirange" | "int8multirange" | "nummultirange" => format!("{{[{row}0,{next}0)}}"),
        "daterange" => format!("[2024-01-0{row},2024-01-0{next})"),
        "tsrange" => format!("[\"2024-01-0{row} 10:00:00\",\"2024-01-0{row} 11:00:00\")"),
        "tstzrange" => format!("[\"2024-01-0{row} 10:00:00+00\",\"2024-01-0{row} 11:00:00+00\")"),
        _ => return None,
    })
}

fn mysql(name: &str, column_type: &str, length: Option<usize>, row: u32) -> String {
    let next = row + 1;
    let name = name.split(' ').next().unwrap_or(name);
    let quoted = |text: String| format!("'{text}'");
    let shape = |text: String| format!("ST_GeomFromText('{text}')");
    match name {
        "tinyint" if length == Some(1) => (row % 2).to_string(),
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" => row.to_string(),
        "decimal" => decimal(column_type, row),
        "float" | "double" => format!("{row}.5"),
        "bit" => format!("b'{:b}'", if length == Some(1) { row % 2 } else { row }),
        "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => format!("0x0{row}"),
        "date" => format!("'2024-01-0{row}'"),
        "datetime" | "timestamp" => format!("'2024-01-0{row} 10:00:00'"),
        "time" => format!("'0{row}:30:00'"),
        "year" => format!("202{row}"),
        "json" => quoted(format!("{{\"row\": {row}}}")),
        "uuid" => quoted(format!("00000000-0000-4000-8000-00000000000{row}")),
        "inet4" => quoted(format!("10.0.0.{row}")),
        "inet6" => quoted(format!("::{row}")),
        "point" | "geometry" => shape(format!("POINT({row} {row})")),
        "linestring" => shape(format!("LINESTRING(0 0, {row} {row})")),
        "polygon" => shape(format!("POLYGON((0 0, {next} 0, {next} {next}, 0 0))")),
        "multipoint" => shape(format!("MULTIPOINT({row} {row})")),
        "longtext" => quoted(format!("{row}")),
        _ => text(length, row),
    }
}

/// By affinity, as SQLite itself decides; dates in the form of its own functions.
fn sqlite(column_type: &str, length: Option<usize>, row: u32) -> String {
    let has = |words: &[&str]| words.iter().any(|word| column_type.contains(word));
    if has(&["int"]) {
        row.to_string()
    } else if has(&["char", "clob", "text", "json"]) {
        text(length, row)
    } else if has(&["blob"]) {
        format!("x'0{row}'")
    } else if has(&["real", "floa", "doub", "decimal", "numeric"]) {
        decimal(column_type, row)
    } else if has(&["datetime", "timestamp"]) {
        format!("'2024-01-0{row} 10:00:00'")
    } else if has(&["date"]) {
        format!("'2024-01-0{row}'")
    } else if has(&["time"]) {
        format!("'0{row}:30:00'")
    } else if has(&["bool"]) {
        (row % 2).to_string()
    } else if column_type.is_empty() || has(&["any"]) {
        row.to_string()
    } else {
        text(length, row)
    }
}
