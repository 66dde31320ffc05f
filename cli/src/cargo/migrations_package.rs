//! The files of a migrations package.

use std::path::{Path, PathBuf};

use migratable_core::{Schema, lock};
use toml_edit::{Array, Value};

use super::changes::Changes;
use super::source::Source;

/// A migrations package that is to be made.
pub(super) struct MigrationsPackage<'a> {
    /// Its folder.
    pub(super) folder: &'a Path,
    /// Its name.
    pub(super) name: &'a str,
    /// The name of the package whose models it follows.
    pub(super) app: &'a str,
    /// The folder of that package, from here.
    pub(super) models: &'a str,
    /// The dialect's name.
    pub(super) dialect: &'a str,
    /// The features of `migratable` that the rows need.
    pub(super) row_features: &'a [&'a str],
    /// The database that is asked for when nothing else says which, unless it is secret.
    pub(super) database_url: Option<&'a str>,
    /// Where our packages come from.
    pub(super) source: &'a Source,
}

impl MigrationsPackage<'_> {
    /// Plans the files that are missing.
    pub(super) fn plan(&self, changes: &mut Changes) {
        for (path, text) in [
            ("Cargo.toml", self.manifest()),
            ("build.rs", BUILD.to_owned()),
            ("src/lib.rs", self.library()),
            ("src/bin/migrate.rs", self.binary()),
            ("versions/.gitkeep", String::new()),
            ("schema.lock", lock::write(&[], &Schema::default())),
        ] {
            changes.create(self.path(path), text);
        }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    fn manifest(&self) -> String {
        let MigrationsPackage { name, app, models, dialect, .. } = self;
        let dependency = |package: &str, more: &[(&str, Value)]| {
            let mut dependency = self.source.dependency(package, self.folder);
            for (key, value) in more {
                dependency.insert(*key, value.clone());
            }
            format!("{package} = {dependency}")
        };
        let features: Array = [dialect].into_iter().chain(self.row_features).copied().collect();
        let url = match self.database_url {
            Some(url) => format!("\ndatabase-url = {}", Value::from(url)),
            None => String::new(),
        };
        format!(
            r#"[package]
name = "{name}"
description = "The revisions of {app}"
version = "0.1.0"
edition = "2024"
publish = false

[package.metadata.migratable]
dialects = ["{dialect}"]{url}
models = ["{models}"]

[features]
default = ["revisions"]
# The revisions, and the database. Without them the commands that need only files work whatever state the revisions are
# in: cargo run -p {name} --no-default-features --bin migrate -- check
revisions = ["database"]
# With the database alone they can ask it all the same: --no-default-features --features database
database = ["dep:migratable", "migratable-cli/database"]

[dependencies]
{runtime}
{cli}

[build-dependencies]
{build}
"#,
            runtime = dependency(
                "migratable",
                &[("default-features", false.into()), ("features", features.into()), ("optional", true.into())]
            ),
            cli = dependency("migratable-cli", &[("default-features", false.into())]),
            build = dependency("migratable-build", &[]),
        )
    }

    fn library(&self) -> String {
        format!(
            "//! The revisions of {}, and what brings a database to them.\n//!\n\
             //! cargo test -p {} runs the tests of their data steps.\n\n\
             #[cfg(feature = \"revisions\")]\nmigratable::revisions!();\n",
            self.app, self.name
        )
    }

    fn binary(&self) -> String {
        format!(
            "//! cargo run -p {} --bin migrate -- --help\n\nmigratable_cli::main!({});\n",
            self.name,
            self.name.replace('-', "_")
        )
    }
}

const BUILD: &str = "fn main() {\n    migratable_build::embed_migrations();\n}\n";
