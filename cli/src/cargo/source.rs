//! Where a project takes Migratable's own packages from.

use std::path::{Path, PathBuf};

use migratable_syntax::paths::plain;
use toml_edit::InlineTable;

use super::workspace::relative;
use crate::console::Console;
use crate::failure::{Failure, Outcome};

/// The packages that a project depends on, and their folders in the repository.
const PACKAGES: [(&str, &str); 3] =
    [("migratable", "runtime"), ("migratable-cli", "cli"), ("migratable-build", "build-support")];

/// Where the packages come from.
pub(super) enum Source {
    /// The registry.
    Registry,
    /// A checkout, named from the folder that depends on it.
    RelativeCheckout(PathBuf),
    /// A checkout, named by its whole path.
    AbsoluteCheckout(PathBuf),
}

impl Source {
    /// What `--checkout` says.
    pub(super) fn new(checkout: Option<&Path>, console: &Console<'_>) -> Outcome<Source> {
        let Some(typed) = checkout else { return Ok(Source::Registry) };
        let folder = plain(&console.current_dir().join(typed));
        match PACKAGES.iter().find(|(_, package)| !folder.join(package).join("Cargo.toml").is_file()) {
            Some((_, package)) => Err(Failure::Usage(format!(
                "--checkout {}: that is no checkout of Migratable, it has no {package}/Cargo.toml",
                typed.display()
            ))),
            None if typed.is_absolute() => Ok(Source::AbsoluteCheckout(folder)),
            None => Ok(Source::RelativeCheckout(folder)),
        }
    }

    /// The dependency on a package, for the manifest in a folder.
    pub(super) fn dependency(&self, package: &str, from: &Path) -> InlineTable {
        let mut dependency = InlineTable::new();
        let folder = PACKAGES.iter().find(|(name, _)| *name == package).map_or(package, |(_, folder)| folder);
        match self {
            Source::Registry => dependency.insert("version", env!("CARGO_PKG_VERSION").into()),
            Source::RelativeCheckout(checkout) => {
                dependency.insert("path", relative(from, &checkout.join(folder)).into())
            }
            Source::AbsoluteCheckout(checkout) => {
                dependency.insert("path", checkout.join(folder).to_string_lossy().into_owned().into())
            }
        };
        dependency
    }
}
