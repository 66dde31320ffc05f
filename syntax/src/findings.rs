//! What a build script found out and a macro reports: the files in `OUT_DIR/migratable/` through which the two talk.
//!
//! A file is lines of words parted by tabs. Both sides are of one release, so the format has no version; a line that
//! cannot be read is passed over.

use std::path::Path;

use migratable_core::hash;

use crate::paths::plain;

/// The folder in `OUT_DIR` that holds everything.
pub const FOLDER: &str = "migratable";

/// The file of the package in [`FOLDER`].
pub const PACKAGE: &str = "package.txt";

/// The Diesel schema of the models in [`FOLDER`].
pub const SCHEMA: &str = "schema.rs";

/// Something to report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where.
    pub place: Place,
    /// What is wrong and what to do about it.
    pub message: String,
    /// Whether it does not stop the build.
    pub warning: bool,
}

/// Where a finding stands in the item that reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// At the name of the item, or at the call of the macro.
    Item,
    /// At a field, or a variant.
    Field(String),
    /// At a token of a statement of a function, each counted from 0.
    Token {
        /// The function.
        function: String,
        /// The statement in its body.
        statement: usize,
        /// The token in the statement.
        token: usize,
    },
    /// At the name of a function.
    Function(String),
}

/// Writes findings, a line each.
pub fn write(findings: &[Finding]) -> String {
    let mut out = String::new();
    write_to(&mut out, findings);
    out
}

/// Reads what [`write()`] has written.
pub fn read(text: &str) -> Vec<Finding> {
    text.lines().filter_map(|line| finding(&words(line))).collect()
}

/// What the build script says about one model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelFindings {
    /// Its name, without `r#`.
    pub name: String,
    /// The line of its name, if the file has several models of that name.
    pub line: Option<usize>,
    /// The table.
    pub table: Option<String>,
    /// The columns of the table, in the order of the fields; of an enum or newtype the one type that it is.
    pub columns: Vec<ColumnOf>,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

/// A column of the table of a model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnOf {
    /// The field, without `r#`; empty if the column is one of an embedded struct.
    pub field: String,
    /// The name in the database.
    pub name: String,
    /// The type as it is written in the lock.
    pub column_type: String,
    /// Whether NULL may stand in it.
    pub nullable: bool,
    /// Whether the Rust type of the field must be this type.
    pub asserted: bool,
}

/// Writes the models of one source file.
pub fn write_models(models: &[ModelFindings]) -> String {
    let mut out = String::new();
    for model in models {
        match model.line {
            Some(line) => push(&mut out, &["model", &model.name, &line.to_string()]),
            None => push(&mut out, &["model", &model.name]),
        }
        if let Some(table) = &model.table {
            push(&mut out, &["table", table]);
        }
        for column in &model.columns {
            let flags = match (column.nullable, column.asserted) {
                (false, false) => "",
                (true, false) => "null",
                (false, true) => "asserted",
                (true, true) => "null asserted",
            };
            push(&mut out, &["column", &column.field, &column.name, &column.column_type, flags]);
        }
        write_to(&mut out, &model.findings);
    }
    out
}

/// Reads the models of one name (without `r#`) from what [`write_models`] has written; nearly always there is one.
pub fn read_models(text: &str, name: &str) -> Vec<ModelFindings> {
    let mut models: Vec<ModelFindings> = Vec::new();
    let mut is_wanted = false;
    for line in text.lines() {
        let is_heading = line.starts_with("model\t");
        if !is_heading && !is_wanted {
            continue;
        }
        let words = words(line);
        let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
        if is_heading && let ["model", of, line @ ..] = words.as_slice() {
            is_wanted = *of == name;
            if is_wanted {
                let line = line.first().and_then(|line| line.parse().ok());
                models.push(ModelFindings { name: name.to_owned(), line, ..ModelFindings::default() });
            }
            continue;
        }
        let Some(model) = models.last_mut() else { continue };
        match words.as_mut_slice() {
            ["table", table] => model.table = Some((*table).to_owned()),
            ["column", field, name, column_type, flags] => model.columns.push(ColumnOf {
                field: (*field).to_owned(),
                name: (*name).to_owned(),
                column_type: (*column_type).to_owned(),
                nullable: flags.starts_with("null"),
                asserted: flags.ends_with("asserted"),
            }),
            other => model.findings.extend(finding(other)),
        }
    }
    models
}

/// What the build script says about the package as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackageFindings {
    /// The name under which the package knows Diesel, if it does.
    pub diesel: Option<String>,
    /// Whether enums have SQL types of their own in the Diesel schema.
    pub enum_types: bool,
    /// Whether `schema!()` must make the name `diesel` known, because Diesel has another one in the package.
    pub diesel_alias: bool,
    /// Whether some source could not be read, so that a model may be missing without a fault of its own.
    pub incomplete: bool,
    /// What is wrong and has no model to stand at.
    pub findings: Vec<Finding>,
}

/// Writes the file of the package.
pub fn write_package(package: &PackageFindings) -> String {
    let mut out = String::new();
    if let Some(name) = &package.diesel {
        push(&mut out, &["diesel", name]);
    }
    if package.enum_types {
        push(&mut out, &["enum_types"]);
    }
    if package.diesel_alias {
        push(&mut out, &["diesel_alias"]);
    }
    if package.incomplete {
        push(&mut out, &["incomplete"]);
    }
    write_to(&mut out, &package.findings);
    out
}

/// Reads what [`write_package`] has written.
pub fn read_package(text: &str) -> PackageFindings {
    let mut package = PackageFindings::default();
    for line in text.lines() {
        let words = words(line);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["diesel", name] => package.diesel = Some((*name).to_owned()),
            ["enum_types"] => package.enum_types = true,
            ["diesel_alias"] => package.diesel_alias = true,
            ["incomplete"] => package.incomplete = true,
            other => package.findings.extend(finding(other)),
        }
    }
    package
}

/// The file in [`FOLDER`] of the models of a source file: `models/1b2c3d4e.txt`.
pub fn models_file(manifest_dir: &Path, source: &Path) -> String {
    format!("models/{}.txt", hash::hex(&relative(manifest_dir, source), 8))
}

/// The SQL type of an enum in the Diesel schema, where enums have types of their own: `post_status` as `PostStatus`.
pub fn sql_type_name(enumeration: &str) -> String {
    let mut name = String::new();
    for word in enumeration.split(|it| it == '_' || !unicode_ident::is_xid_continue(it)).filter(|word| !word.is_empty())
    {
        let mut characters = word.chars();
        name.extend(characters.next().into_iter().flat_map(char::to_uppercase));
        name.extend(characters);
    }
    if !name.starts_with(unicode_ident::is_xid_start) { format!("Enum{name}") } else { name }
}

/// The path of a source file from the folder of its package, with `/`; as it is if it lies elsewhere.
pub fn relative(manifest_dir: &Path, source: &Path) -> String {
    let (folder, source) = (plain(manifest_dir), plain(source));
    let path = source.strip_prefix(&folder).unwrap_or(&source);
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}

fn write_to(out: &mut String, findings: &[Finding]) {
    for finding in findings {
        let level = if finding.warning { "warning" } else { "error" };
        match &finding.place {
            Place::Item => push(out, &[level, &finding.message, "item"]),
            Place::Field(field) => push(out, &[level, &finding.message, "field", field]),
            Place::Function(function) => push(out, &[level, &finding.message, "function", function]),
            Place::Token { function, statement, token } => {
                let (statement, token) = (statement.to_string(), token.to_string());
                push(out, &[level, &finding.message, "token", function, &statement, &token]);
            }
        }
    }
}

fn finding<T: AsRef<str>>(words: &[T]) -> Option<Finding> {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    let [level @ ("error" | "warning"), message, place @ ..] = words.as_slice() else { return None };
    let place = match place {
        ["item"] => Place::Item,
        ["field", field] => Place::Field((*field).to_owned()),
        ["function", function] => Place::Function((*function).to_owned()),
        ["token", function, statement, token] => Place::Token {
            function: (*function).to_owned(),
            statement: statement.parse().ok()?,
            token: token.parse().ok()?,
        },
        _ => return None,
    };
    Some(Finding { place, message: (*message).to_owned(), warning: *level == "warning" })
}

/// One line. Tabs, line ends and backslashes in words are escaped.
fn push(out: &mut String, words: &[&str]) {
    for (at, word) in words.iter().enumerate() {
        if at > 0 {
            out.push('\t');
        }
        if needs_escapes(word) {
            for character in word.chars() {
                match character {
                    '\\' => out.push_str("\\\\"),
                    '\t' => out.push_str("\\t"),
                    '\n' => out.push_str("\\n"),
                    '\r' => out.push_str("\\r"),
                    other => out.push(other),
                }
            }
        } else {
            out.push_str(word);
        }
    }
    out.push('\n');
}

/// A plain loop: build scripts are not optimised, and nearly every word goes through here.
fn needs_escapes(word: &str) -> bool {
    let bytes = word.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] < b' ' || bytes[at] == b'\\' {
            return true;
        }
        at += 1;
    }
    false
}

fn words(line: &str) -> Vec<String> {
    line.split('\t').map(unescaped).collect()
}

fn unescaped(word: &str) -> String {
    if !word.contains('\\') {
        return word.to_owned();
    }
    let mut plain = String::with_capacity(word.len());
    let mut characters = word.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('t') => plain.push('\t'),
                Some('n') => plain.push('\n'),
                Some('r') => plain.push('\r'),
                other => plain.extend(other),
            },
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings() -> Vec<Finding> {
        let token = Place::Token { function: "upgrade".into(), statement: 2, token: 5 };
        [Place::Item, Place::Field("a\tb".into()), token, Place::Function("downgrade".into())]
            .into_iter()
            .map(|place| Finding { place, message: "tab\t, line\nend\r\n and \\n".into(), warning: false })
            .chain([Finding { place: Place::Item, message: String::new(), warning: true }])
            .collect()
    }

    #[test]
    fn findings_read_back_as_they_are_written() {
        let written = write(&findings());
        assert_eq!(written.lines().count(), 5);
        assert_eq!(read(&written), findings());
    }

    #[test]
    fn models_read_back_as_they_are_written() {
        let column = |nullable: bool, asserted: bool| {
            let (field, name, column_type) = ("id".into(), "the\tid".into(), "varchar(3)[]".into());
            ColumnOf { field, name, column_type, nullable, asserted }
        };
        let columns = vec![column(false, false), column(true, false), column(false, true), column(true, true)];
        let table = Some("a.b".to_owned());
        let first = ModelFindings { name: "One".into(), line: Some(3), table, columns, findings: findings() };
        let second = ModelFindings { line: Some(9), ..first.clone() };
        let other = ModelFindings { name: "Two".into(), ..ModelFindings::default() };
        let written = write_models(&[first.clone(), other.clone(), second.clone()]);
        assert_eq!(read_models(&written, "One"), [first, second]);
        assert_eq!(read_models(&written, "Two"), [other]);
        assert_eq!(read_models(&written, "Three"), []);
    }

    #[test]
    fn packages_read_back_as_they_are_written() {
        let package = PackageFindings {
            diesel: Some("diesel".into()),
            enum_types: true,
            diesel_alias: true,
            incomplete: true,
            findings: findings(),
        };
        assert_eq!(read_package(&write_package(&package)), package);
        assert_eq!(read_package(&write_package(&PackageFindings::default())), PackageFindings::default());
    }

    #[test]
    fn a_file_has_one_key_however_its_path_is_written() {
        let folder = Path::new("/work/app");
        for (path, expected) in [
            ("/work/app/src/models.rs", "src/models.rs"),
            ("/work/app/src/blog/../models.rs", "src/models.rs"),
            ("/work/app/./src//models.rs", "src/models.rs"),
        ] {
            assert_eq!(relative(folder, Path::new(path)), expected);
        }
        let outside = Path::new("/work/app/../shared/models.rs");
        assert_eq!(relative(folder, outside), relative(folder, Path::new("/work/shared/models.rs")));
        assert_ne!(models_file(folder, Path::new("/work/app/a.rs")), models_file(folder, Path::new("/work/app/b.rs")));
    }
}
