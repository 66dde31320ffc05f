//! The databases of a project, and the one whose models are asked for.

use migratable_core::names;

/// Which of a project's databases the models are read for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Databases {
    /// The names that `database = "…"` may give; a model without one is of the database without a name.
    pub names: Vec<String>,
    /// The database whose models are asked for; none for the one without a name.
    pub chosen: Option<String>,
}

impl Databases {
    /// Whether a model that says this is of another database than the chosen one.
    pub(super) fn is_elsewhere(&self, said: Option<&str>) -> bool {
        match said {
            // A name that nobody has is a mistake, and reported once.
            Some(name) if !self.names.iter().any(|it| it == name) => self.chosen.is_some(),
            said => said != self.chosen.as_deref(),
        }
    }

    /// What is wrong with a name, if none of the databases has it.
    pub(super) fn mistake(&self, name: &str) -> Option<String> {
        if self.names.iter().any(|it| it == name) {
            return None;
        }
        if self.names.is_empty() {
            return Some(format!(
                "this project has one database, and none is named {name:?}\nhelp: add it by a section \
                 [package.metadata.migratable.databases.{name}] in the Cargo.toml of the migrations package, or remove \
                 `database`"
            ));
        }
        let near = names::nearest(name, self.names.iter().map(String::as_str));
        let near = near.map_or(String::new(), |near| format!("; is it {near:?}?"));
        Some(format!("there is no database {name:?}{near} (the configuration names {})", self.names.join(", ")))
    }
}
