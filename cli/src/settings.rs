//! What is set for the database, and where each value comes from: the command line, else the environment, else the
//! configuration.

use std::collections::BTreeMap;
#[cfg(feature = "database")]
use std::path::Path;
use std::path::PathBuf;

#[cfg(feature = "database")]
use migratable_build::configuration::Transaction;
use migratable_build::configuration::{Configuration, KEYS};

use crate::arguments::Connection;
use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::project::Project;
use crate::url;

/// What is set, and where.
#[derive(Clone)]
pub(crate) struct Settings {
    /// The values.
    pub(crate) configuration: Configuration,
    /// Where a value comes from that is not the configuration's.
    from: BTreeMap<&'static str, String>,
}

/// A value, as `status -v` shows it.
pub(crate) struct Setting {
    /// The key of the configuration.
    pub(crate) key: &'static str,
    /// What is set.
    pub(crate) value: Option<String>,
    /// Where; nothing for what is as usual.
    pub(crate) from: Option<String>,
}

/// The keys that the environment and the command line know, by their names there.
const ELSEWHERE: [(&str, &str, &str); 6] = [
    ("transaction", "MIGRATABLE_TRANSACTION", "--transaction"),
    ("lock-timeout", "MIGRATABLE_LOCK_TIMEOUT", "--lock-timeout"),
    ("statement-timeout", "MIGRATABLE_STATEMENT_TIMEOUT", "--statement-timeout"),
    ("retries", "MIGRATABLE_RETRIES", "--retries"),
    ("batch-size", "MIGRATABLE_BATCH_SIZE", "--batch-size"),
    ("batch-pause", "MIGRATABLE_BATCH_PAUSE", "--batch-pause"),
];

impl Settings {
    /// What is set for a call of `migrate`.
    pub(crate) fn of(asked: &Connection, project: &Project, console: &Console<'_>) -> Outcome<Settings> {
        let mut settings = Settings { configuration: project.configuration()?, from: BTreeMap::new() };
        for (key, variable, flag) in ELSEWHERE {
            if let Some((value, source)) = environment(variable, console)? {
                settings.set(key, variable, &value, source.shown(variable, console))?;
            }
            let typed = match key {
                "lock-timeout" => &asked.lock_timeout,
                "statement-timeout" => &asked.statement_timeout,
                "retries" => &asked.retries,
                "batch-size" => &asked.batch_size,
                "batch-pause" => &asked.batch_pause,
                _ => &None,
            };
            if let Some(value) = typed {
                settings.set(key, flag, value, flag.to_owned())?;
            }
        }
        Ok(settings)
    }

    /// The same as the runtime takes it.
    #[cfg(feature = "database")]
    pub(crate) fn of_runtime(&self) -> migratable::Settings {
        let set = &self.configuration.settings;
        let mut settings = migratable::Settings::default();
        settings.history.schema = set.history_schema.clone().map(Into::into);
        if let Some(name) = &set.history_table {
            settings.history.name = name.clone().into();
        }
        settings.transaction = match set.transaction {
            None => migratable::Transaction::Usual,
            Some(Transaction::All) => migratable::Transaction::All,
            Some(Transaction::Revision) => migratable::Transaction::Revision,
            Some(Transaction::None) => migratable::Transaction::None,
        };
        settings.lock_timeout = set.lock_timeout;
        settings.statement_timeout = set.statement_timeout;
        settings.retries = set.retries;
        settings.batches.size = set.batch_size;
        settings.batches.pause = set.batch_pause;
        settings.backup = set.backup.unwrap_or_default().then_some(migratable::Backup::Beside);
        settings
    }

    fn set(&mut self, key: &'static str, name: &str, value: &str, from: String) -> Outcome {
        let set = self.configuration.settings.set_text(key, value);
        set.map_err(|message| Failure::Usage(format!("{name}={value}: {message}")))?;
        self.from.insert(key, from);
        Ok(())
    }

    /// Everything that can be set.
    pub(crate) fn listed(&self, console: &Console<'_>) -> Vec<Setting> {
        let configuration = &self.configuration;
        let manifest = console.path(&configuration.dir.join("Cargo.toml"));
        let in_manifest = |key: &str| configuration.lines.get(key).map(|line| format!("{manifest}:{line}"));
        let models: Vec<String> = configuration.models.iter().map(|path| console.path(path)).collect();
        let models = ("models", (!models.is_empty()).then(|| models.join(", ")));
        let text = |key| match key {
            "database-url" => configuration.text(key).map(|url| url::shown(&url)),
            key => configuration.text(key),
        };
        let others = KEYS.into_iter().map(|key| (key, text(key)));
        std::iter::once(models)
            .chain(others)
            .map(|(key, value)| Setting { key, value, from: self.from.get(key).cloned().or_else(|| in_manifest(key)) })
            .collect()
    }
}

/// Where the environment says something.
pub(crate) enum Source {
    /// In a variable of the process.
    Variable,
    /// In a `.env` file.
    File(PathBuf),
}

impl Source {
    /// The variable as it is named to the user.
    pub(crate) fn shown(&self, variable: &str, console: &Console<'_>) -> String {
        match self {
            Source::Variable => variable.to_owned(),
            Source::File(path) => format!("{variable} in {}", console.path(path)),
        }
    }

    /// The folder from which a relative file is meant.
    #[cfg(feature = "database")]
    pub(crate) fn folder<'a>(&'a self, console: &'a Console<'_>) -> &'a Path {
        match self {
            Source::Variable => console.current_dir(),
            Source::File(path) => path.parent().unwrap_or(path),
        }
    }
}

/// What the environment says: the process's variable, else the nearest `.env` file from the current folder upwards.
pub(crate) fn environment(name: &str, console: &Console<'_>) -> Outcome<Option<(String, Source)>> {
    if let Some(value) = console.variable(name) {
        return Ok(Some((value, Source::Variable)));
    }
    let Some(path) = console.current_dir().ancestors().map(|folder| folder.join(".env")).find(|path| path.is_file())
    else {
        return Ok(None);
    };
    let unreadable = |error: dotenvy::Error| {
        let why = match error {
            // The text of the line may hold a password.
            dotenvy::Error::LineParse(..) => "a line of it cannot be read; the form is NAME=\"value\"".to_owned(),
            other => other.to_string(),
        };
        Failure::Failed(format!("{}: {why}", console.path(&path)))
    };
    for entry in dotenvy::from_path_iter(&path).map_err(unreadable)? {
        let (found, value) = entry.map_err(unreadable)?;
        if found == name && !value.is_empty() {
            return Ok(Some((value, Source::File(path))));
        }
    }
    Ok(None)
}
