//! What a `migrate` knows of its project from when it was compiled.

use std::path::{Path, PathBuf};

use migratable_build::configuration::Configuration;

use crate::failure::{Failure, Outcome};

/// A project, as the `migrate` of its migrations package was built for it.
#[derive(Clone)]
pub struct Project {
    manifest_dir: PathBuf,
    package: String,
    configuration: String,
    /// The database that is meant; none for the one without a name.
    database: Option<String>,
    #[cfg(feature = "database")]
    databases: &'static [(&'static str, &'static [migratable::Revision])],
    #[cfg(feature = "database")]
    migrator: Option<crate::database::Migrator>,
    #[cfg(feature = "database")]
    settings: migratable::Settings,
}

impl Project {
    /// The project of a migrations package: its folder, its name, and what its Cargo.toml says.
    pub fn new(manifest_dir: impl Into<PathBuf>, package: &str, configuration: &str) -> Project {
        Project {
            manifest_dir: manifest_dir.into(),
            package: package.to_owned(),
            configuration: configuration.to_owned(),
            database: None,
            #[cfg(feature = "database")]
            databases: &[],
            #[cfg(feature = "database")]
            migrator: None,
            #[cfg(feature = "database")]
            settings: migratable::Settings::USUAL,
        }
    }

    /// Adds the revisions that were compiled in.
    #[cfg(feature = "database")]
    pub fn with_migrator<C: migratable::Database>(mut self, migrator: migratable::Migrator<C>) -> Project {
        self.migrator = Some(crate::database::Migrator::new(migrator.revisions()));
        self
    }

    /// Adds the revisions of the databases that have a name.
    #[cfg(feature = "database")]
    pub fn with_databases(mut self, databases: &'static [(&'static str, &'static [migratable::Revision])]) -> Project {
        self.databases = databases;
        self
    }

    /// The same project with one of its databases meant.
    pub(crate) fn of_database(&self, name: &str) -> Outcome<Project> {
        let configuration = self.configuration()?.of_database(Some(name)).map_err(Failure::Usage)?;
        let project = Project { database: configuration.database, ..self.clone() };
        #[cfg(feature = "database")]
        let project = project.with_revisions_of_database();
        Ok(project)
    }

    /// The same project with the revisions of the database that is meant.
    #[cfg(feature = "database")]
    fn with_revisions_of_database(self) -> Project {
        let Some(name) = self.database() else { return self };
        let revisions = self.databases.iter().find(|(it, _)| *it == name).map(|(_, revisions)| *revisions);
        Project { migrator: revisions.map(crate::database::Migrator::new), ..self }
    }

    /// The database that is meant; none for the one without a name.
    pub(crate) fn database(&self) -> Option<&str> {
        self.database.as_deref()
    }

    /// What is set for its databases.
    #[cfg(feature = "database")]
    pub(crate) fn settings(&self) -> &migratable::Settings {
        &self.settings
    }

    /// The same project with something else set for its databases.
    #[cfg(feature = "database")]
    pub(crate) fn with_settings(&self, settings: &migratable::Settings) -> Project {
        let migrator = self.migrator.clone().map(|migrator| migrator.with_settings(settings.clone()));
        Project { migrator, settings: settings.clone(), ..self.clone() }
    }

    /// The revisions that were compiled in, if they were.
    #[cfg(feature = "database")]
    pub(crate) fn migrator(&self) -> Option<&crate::database::Migrator> {
        self.migrator.as_ref()
    }

    /// The name of the migrations package.
    #[cfg(feature = "database")]
    pub(crate) fn package(&self) -> &str {
        &self.package
    }

    /// The folder of the migrations package when it was built; it need not be there any more.
    pub(crate) fn manifest_dir(&self) -> &Path {
        &self.manifest_dir
    }

    /// The configuration that was compiled in.
    pub(crate) fn configuration(&self) -> Outcome<Configuration> {
        Configuration::of_text(&self.manifest_dir, &self.configuration)
            .and_then(|it| it.of_database(self.database()))
            .map_err(Failure::Failed)
    }

    /// Whether the sources are where they were.
    pub(crate) fn has_sources(&self) -> bool {
        self.manifest_dir.join("Cargo.toml").is_file()
    }

    /// The file of a revision that was compiled in, as messages show it: from here, if the sources are there.
    #[cfg(feature = "database")]
    pub(crate) fn revision_file(&self, name: &str, console: &crate::console::Console<'_>) -> String {
        match self.configuration() {
            Ok(configuration) if self.has_sources() => console.path(&configuration.versions().join(name)),
            _ => name.to_owned(),
        }
    }

    /// The words of a command for the database that is meant.
    fn of_this(&self, words: &str) -> String {
        self.configuration().map_or_else(|_| words.to_owned(), |it| it.of_this(words))
    }

    /// How a command is typed, from any folder of the workspace.
    pub(crate) fn command(&self, words: &str) -> String {
        let words = self.of_this(words);
        if self.has_sources() {
            format!("cargo run -p {} --bin migrate -- {words}", self.package)
        } else {
            format!("migrate {words}")
        }
    }

    /// How a command is typed that asks a database although the revisions do not compile.
    #[cfg(not(feature = "database"))]
    pub(crate) fn database_command(&self, words: &str) -> String {
        let words = self.of_this(words);
        format!("cargo run -p {} --no-default-features --features database --bin migrate -- {words}", self.package)
    }

    /// How a command that needs only files is typed, so that it works when the revisions do not compile.
    pub(crate) fn file_command(&self, words: &str) -> String {
        let words = self.of_this(words);
        if self.has_sources() {
            format!("cargo run -p {} --no-default-features --bin migrate -- {words}", self.package)
        } else {
            format!("migrate {words}")
        }
    }
}
