//! What one file asks of the others: which column type a name has, which table a model is.
//!
//! Every question is kept with a stamp of its answer. A file whose text and whose answers are the same as in the last run
//! need not be read again.

use std::cell::RefCell;
use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{Hash, Hasher};

use migratable_core::{ColumnType, TableName};

use super::attributes::nearest;
use super::rust_type::{Origin, RustType, TypePath};
use super::source::{Definition, DefinitionKind, Facts};

/// Everything that the files define.
pub(super) struct Lookup<'a> {
    definitions: Vec<(usize, &'a Definition)>,
    by_name: HashMap<&'a str, Vec<usize>>,
    embedded: HashSet<usize>,
    /// The same, by file.
    embedded_in: HashMap<usize, Vec<usize>>,
    /// The hashes of the files' texts.
    texts: Vec<u64>,
}

/// What of an answer matters to who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Aspect {
    /// The column type.
    Type,
    /// The table and its key.
    Key,
    /// The names of the columns.
    Columns,
    /// All of its text.
    Text,
}

/// A question and a stamp of its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Dependency {
    pub(super) aspect: Aspect,
    pub(super) path: TypePath,
    pub(super) stamp: u64,
}

enum Found<'a> {
    Nothing,
    One(usize, &'a Definition),
    Several,
}

impl<'a> Lookup<'a> {
    /// Over the facts and the text hashes of all files.
    pub(super) fn new(files: impl Iterator<Item = (&'a Facts, u64)>) -> Lookup<'a> {
        let mut lookup = Lookup {
            definitions: Vec::new(),
            by_name: HashMap::new(),
            embedded: HashSet::new(),
            embedded_in: HashMap::new(),
            texts: Vec::new(),
        };
        let mut embeds = Vec::new();
        for (file, (facts, text)) in files.enumerate() {
            lookup.texts.push(text);
            embeds.extend(&facts.embeds);
            for definition in &facts.definitions {
                lookup.by_name.entry(&definition.name).or_default().push(lookup.definitions.len());
                lookup.definitions.push((file, definition));
            }
        }
        for path in embeds {
            if let Found::One(at, _) = lookup.find(path)
                && lookup.embedded.insert(at)
            {
                lookup.embedded_in.entry(lookup.definitions[at].0).or_default().push(at);
            }
        }
        lookup
    }

    fn find(&self, path: &TypePath) -> Found<'a> {
        if path.origin == Origin::Outside {
            return Found::Nothing;
        }
        let Some(named) = self.by_name.get(path.name()) else { return Found::Nothing };
        let parent = &path.segments[..path.segments.len() - 1];
        let exact = |at: &&usize| path.origin == Origin::Crate && self.definitions[**at].1.module == parent;
        let below = |at: &&usize| self.definitions[**at].1.module.starts_with(parent);
        // A path that leads to no definition leads to a re-export of one.
        let mut candidates: Vec<usize> = named.iter().filter(exact).copied().collect();
        if candidates.is_empty() {
            candidates = named.iter().filter(below).copied().collect();
        }
        if candidates.is_empty() {
            candidates.clone_from(named);
        }
        let first = candidates[0];
        let kind = |at: usize| &self.definitions[at].1.kind;
        if candidates.iter().all(|at| kind(*at) == kind(first)) {
            Found::One(first, self.definitions[first].1)
        } else {
            Found::Several
        }
    }

    /// The stamp of the answer to a question.
    pub(super) fn stamp(&self, aspect: Aspect, path: &TypePath) -> u64 {
        let mut hasher = DefaultHasher::new();
        match self.find(path) {
            Found::Nothing => 0u8.hash(&mut hasher),
            Found::Several => 1u8.hash(&mut hasher),
            Found::One(at, definition) => {
                2u8.hash(&mut hasher);
                match (&definition.kind, aspect) {
                    (_, Aspect::Text) => self.texts[self.definitions[at].0].hash(&mut hasher),
                    (DefinitionKind::Model(_), Aspect::Type) => {}
                    (DefinitionKind::Model(model), Aspect::Key) => {
                        (&model.table, &model.key, self.embedded.contains(&at)).hash(&mut hasher);
                    }
                    (DefinitionKind::Model(model), Aspect::Columns) => model.renamed.hash(&mut hasher),
                    (kind, _) => kind.hash(&mut hasher),
                }
            }
        }
        hasher.finish()
    }

    /// The definitions of a file that some model embeds.
    fn embedded_of(&self, file: usize) -> impl Iterator<Item = &'a Definition> + '_ {
        let here = self.embedded_in.get(&file).map_or(&[][..], Vec::as_slice);
        here.iter().map(|at| self.definitions[*at].1)
    }

    /// The names of the definitions of a file that some model embeds.
    pub(super) fn embedded_in(&self, file: usize) -> Vec<String> {
        let mut names: Vec<String> = self.embedded_of(file).map(|definition| definition.name.clone()).collect();
        names.sort();
        names
    }
}

/// Why a type has no column type.
pub(super) enum TypeError {
    /// It must be said, or written otherwise.
    Unknown(String),
    /// Its own definition is wrong, which is reported there.
    Broken,
}

/// A column type, and whether NULL may stand in it.
pub(super) struct Resolved {
    pub(super) column_type: ColumnType,
    pub(super) nullable: bool,
}

/// The questions of one file.
pub(super) struct Asking<'l, 'a> {
    pub(super) lookup: &'l Lookup<'a>,
    asked: RefCell<BTreeMap<(Aspect, TypePath), u64>>,
}

impl<'l, 'a> Asking<'l, 'a> {
    pub(super) fn new(lookup: &'l Lookup<'a>) -> Asking<'l, 'a> {
        Asking { lookup, asked: RefCell::default() }
    }

    /// The questions that were asked.
    pub(super) fn dependencies(self) -> Vec<Dependency> {
        let asked = self.asked.into_inner().into_iter();
        asked.map(|((aspect, path), stamp)| Dependency { aspect, path, stamp }).collect()
    }

    fn ask(&self, aspect: Aspect, path: &TypePath) -> Found<'a> {
        let mut asked = self.asked.borrow_mut();
        asked.entry((aspect, path.clone())).or_insert_with(|| self.lookup.stamp(aspect, path));
        self.lookup.find(path)
    }

    /// The column type of a Rust type.
    pub(super) fn column_type(&self, rust: &RustType) -> Result<Resolved, TypeError> {
        self.type_at(rust, 0)
    }

    fn type_at(&self, rust: &RustType, depth: usize) -> Result<Resolved, TypeError> {
        let unknown = |message: String| Err(TypeError::Unknown(message));
        if depth > 16 {
            return unknown("the type leads back to itself".to_owned());
        }
        if let Some(inner) = rust.option() {
            let inner = self.type_at(inner, depth + 1)?;
            if inner.nullable {
                return unknown("an Option in an Option has no column type: NULL is NULL".to_owned());
            }
            return Ok(Resolved { nullable: true, ..inner });
        }
        if let Some(inner) = rust.vec() {
            if inner.is_byte() {
                return Ok(Resolved { column_type: ColumnType::Binary, nullable: false });
            }
            let inner = self.type_at(inner, depth + 1)?;
            if matches!(inner.column_type, ColumnType::Array(_)) {
                return unknown("an array of arrays has no column type".to_owned());
            }
            return Ok(Resolved { column_type: ColumnType::Array(Box::new(inner.column_type)), nullable: false });
        }
        let path = match rust {
            RustType::Path(path, _) => path,
            RustType::Other(text) => return unknown(format!("`{text}` has no column type")),
        };
        let plain = |column_type| Ok(Resolved { column_type, nullable: false });
        if path.is_primitive() {
            return match path.column_type() {
                Some(column_type) => plain(column_type),
                None => unknown(format!("`{path}` has no column type")),
            };
        }
        if path.origin == Origin::Outside {
            return match path.column_type() {
                Some(column_type) => plain(column_type),
                None => unknown(format!("`{path}` is of another crate, and its column type is not known")),
            };
        }
        match self.ask(Aspect::Type, path) {
            Found::Several => unknown(format!("several types are named `{}`: name the one that is meant", path.name())),
            Found::Nothing => match path.column_type() {
                Some(column_type) => plain(column_type),
                None => unknown(format!("the column type of `{path}` is not known{}", integer_hint(path.name()))),
            },
            Found::One(_, definition) => match &definition.kind {
                DefinitionKind::Alias(inner) => self.type_at(inner, depth + 1),
                DefinitionKind::Newtype(_, Some(said)) => plain(said.clone()),
                DefinitionKind::Newtype(inner, None) => {
                    let found = self.type_at(inner, depth + 1)?;
                    if found.nullable {
                        return unknown(format!(
                            "`{}` holds an Option: write Option<{0}>, and the type without Option in it",
                            path.name()
                        ));
                    }
                    Ok(found)
                }
                DefinitionKind::Enum(name) => plain(ColumnType::Enum(name.clone())),
                DefinitionKind::Broken => Err(TypeError::Broken),
                DefinitionKind::Underived(what) => {
                    unknown(format!("the {what} `{}` does not derive `Migratable`: let it", path.name()))
                }
                DefinitionKind::GenericAlias => {
                    unknown(format!("the alias `{}` has parameters, and is not followed", path.name()))
                }
                DefinitionKind::Model(_) => unknown(format!(
                    "`{0}` is a table: hold its key and refer to it with `#[migratable(references = {0})]`, or embed \
                     it with `#[diesel(embed)]`",
                    path.name()
                )),
                DefinitionKind::Struct(_) => unknown(format!(
                    "`{}` is a struct: embed it with `#[diesel(embed)]`, or store it in one column",
                    path.name()
                )),
            },
        }
    }

    /// The table of a model, and the columns of its key.
    pub(super) fn model(&self, path: &TypePath) -> Result<(TableName, Vec<String>), TypeError> {
        self.model_at(path, 0)
    }

    fn model_at(&self, path: &TypePath, depth: usize) -> Result<(TableName, Vec<String>), TypeError> {
        let unknown = |message: String| Err(TypeError::Unknown(message));
        match self.ask(Aspect::Key, path) {
            Found::Several => unknown(format!("several types are named `{}`: name the one that is meant", path.name())),
            Found::Nothing => {
                let models =
                    self.lookup.definitions.iter().filter(|(_, it)| matches!(it.kind, DefinitionKind::Model(_)));
                let near = nearest(path.name(), models.map(|(_, it)| it.name.as_str()));
                let near = near.map_or_else(String::new, |near| format!(": is `{near}` meant?"));
                unknown(format!("there is no model `{}`{near}", path.name()))
            }
            Found::One(at, definition) => match &definition.kind {
                DefinitionKind::Model(_) if self.lookup.embedded.contains(&at) => {
                    unknown(format!("`{}` is embedded in other models and has no table of its own", path.name()))
                }
                DefinitionKind::Model(model) => Ok((model.table.clone(), model.key.clone())),
                DefinitionKind::Struct(Some((table, key))) => Ok((TableName::plain(table), key.clone())),
                DefinitionKind::Alias(RustType::Path(path, _)) if depth < 16 => self.model_at(path, depth + 1),
                DefinitionKind::Broken => Err(TypeError::Broken),
                _ => unknown(format!("`{}` is no model: it does not derive `Migratable` as a table", path.name())),
            },
        }
    }

    /// The column of a field of a model.
    pub(super) fn column_of(&self, path: &TypePath, field: &str) -> String {
        match self.ask(Aspect::Columns, path) {
            Found::One(_, Definition { kind: DefinitionKind::Model(model), .. }) => {
                let renamed = model.renamed.iter().find(|(name, _)| name == field);
                renamed.map_or_else(|| field.to_owned(), |(_, column)| column.clone())
            }
            Found::One(_, Definition { kind: DefinitionKind::Alias(RustType::Path(path, _)), .. })
                if path.name() != field =>
            {
                self.column_of(path, field)
            }
            _ => field.to_owned(),
        }
    }

    /// The struct that a field embeds: its file, its module and its name.
    pub(super) fn embedded(&self, path: &TypePath) -> Option<(usize, &'a [String], &'a str)> {
        match self.ask(Aspect::Text, path) {
            Found::One(at, definition) => match &definition.kind {
                DefinitionKind::Model(_) | DefinitionKind::Struct(_) => {
                    Some((self.lookup.definitions[at].0, &definition.module, &definition.name))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether a definition of this file is embedded somewhere.
    pub(super) fn is_embedded(&self, file: usize, module: &[String], name: &str) -> bool {
        self.lookup.embedded_of(file).any(|definition| definition.name == name && definition.module == module)
    }
}

fn integer_hint(name: &str) -> &'static str {
    match name {
        "i8" | "u8" | "u16" | "u32" | "u64" | "usize" | "isize" | "i128" | "u128" => {
            ": databases know i16, i32 and i64 everywhere"
        }
        "char" | "str" => ": String is text",
        _ => "",
    }
}
