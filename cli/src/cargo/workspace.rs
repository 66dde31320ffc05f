//! The cargo workspace, as cargo itself sees it.

use std::path::{Path, PathBuf};
use std::process::Command;

use migratable_syntax::paths::plain;
use serde_json::Value;

use crate::failure::{Failure, Outcome};

/// The workspace that a folder is in.
pub(super) struct Workspace {
    /// Its root.
    pub(super) root: PathBuf,
    /// Its members.
    pub(super) packages: Vec<Package>,
}

/// A member of a workspace.
pub(super) struct Package {
    /// The name.
    pub(super) name: String,
    /// The folder.
    pub(super) folder: PathBuf,
    /// The names of its binaries.
    pub(super) binaries: Vec<String>,
    /// Whether it says what `cargo run` runs.
    pub(super) has_default_run: bool,
    /// Whether it is a migrations package.
    pub(super) is_migrations: bool,
    /// Where its manifest says that its migrations are.
    pub(super) migrations: Option<PathBuf>,
}

impl Workspace {
    /// Asks cargo for the workspace of a folder.
    ///
    /// # Errors
    /// What cargo says, if a manifest is wrong.
    pub(super) fn of(folder: &Path) -> Outcome<Workspace> {
        let output = cargo()
            .args(["metadata", "--no-deps", "--format-version", "1", "--color", "never"])
            .current_dir(folder)
            .output()
            .map_err(|error| Failure::Failed(format!("cannot run cargo: {error}")))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let said = said.trim();
            return Err(Failure::Failed(said.strip_prefix("error: ").unwrap_or(said).to_owned()));
        }
        serde_json::from_slice(&output.stdout)
            .ok()
            .as_ref()
            .and_then(read)
            .ok_or_else(|| "`cargo metadata` printed something that is no workspace".into())
    }

    /// The migrations packages.
    pub(super) fn migrations(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.is_migrations)
    }

    /// The package in a folder.
    pub(super) fn package_in(&self, folder: &Path) -> Option<&Package> {
        self.packages.iter().find(|package| package.folder == folder)
    }
}

/// The cargo that called us, or the one in the path.
pub(super) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn read(metadata: &Value) -> Option<Workspace> {
    let packages = metadata["packages"].as_array()?;
    Some(Workspace {
        root: metadata["workspace_root"].as_str()?.into(),
        packages: packages.iter().filter_map(read_package).collect(),
    })
}

fn read_package(package: &Value) -> Option<Package> {
    let list = |key: &str| package[key].as_array().into_iter().flatten();
    let is_binary = |target: &&Value| target["kind"].as_array().is_some_and(|kinds| kinds.iter().any(|it| it == "bin"));
    let folder = Path::new(package["manifest_path"].as_str()?).parent()?;
    let binaries: Vec<String> =
        list("targets").filter(is_binary).filter_map(|it| it["name"].as_str().map(str::to_owned)).collect();
    Some(Package {
        name: package["name"].as_str()?.to_owned(),
        is_migrations: binaries.iter().any(|it| it == "migrate")
            && list("dependencies").any(|it| it["name"] == "migratable-cli"),
        binaries,
        has_default_run: package["default_run"].is_string(),
        migrations: package["metadata"]["migratable"]["migrations"].as_str().map(|it| plain(&folder.join(it))),
        folder: folder.to_owned(),
    })
}

/// How one folder is reached from another, as manifests write it; both are absolute.
pub(super) fn relative(from: &Path, to: &Path) -> String {
    let (from, to) = (plain(from), plain(to));
    let (from, to): (Vec<_>, Vec<_>) = (from.components().collect(), to.components().collect());
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from[shared..].iter().map(|_| "..".to_owned());
    let down = to[shared..].iter().map(|it| it.as_os_str().to_string_lossy().into_owned());
    let parts: Vec<String> = up.chain(down).collect();
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

/// Whether a pattern of `members` covers a folder: `*` and `?` stand for what is inside one name.
pub(super) fn covers(pattern: &str, folder: &str) -> bool {
    let pattern = pattern.trim_start_matches("./").trim_end_matches('/');
    let (mut patterns, mut names) = (pattern.split('/'), folder.split('/'));
    loop {
        match (patterns.next(), names.next()) {
            (None, None) => return true,
            (Some(pattern), Some(name)) if matches(pattern.as_bytes(), name.as_bytes()) => {}
            _ => return false,
        }
    }
}

fn matches(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern, name) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => matches(rest, name) || (!name.is_empty() && matches(pattern, &name[1..])),
        ([b'?', rest @ ..], [_, others @ ..]) => matches(rest, others),
        ([first, rest @ ..], [other, others @ ..]) if first == other => matches(rest, others),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_reached_from_each_other() {
        for (from, to, expected) in [
            ("/a/b", "/a/b", "."),
            ("/a/b", "/a/b/c", "c"),
            ("/a/b/c", "/a/b", ".."),
            ("/a/b/c", "/a/d", "../../d"),
            ("/a/./b/../c", "/a/d", "../d"),
        ] {
            assert_eq!(relative(Path::new(from), Path::new(to)), expected);
        }
    }

    #[test]
    fn patterns_cover_one_name_at_a_time() {
        for (pattern, folder, expected) in [
            ("migrations", "migrations", true),
            ("./migrations/", "migrations", true),
            ("crates/*", "crates/blog", true),
            ("crates/*", "crates/blog/migrations", false),
            ("*", "migrations", true),
            ("mig*s", "migrations", true),
            ("mig?ations", "migrations", true),
            ("crates/*", "migrations", false),
        ] {
            assert_eq!(covers(pattern, folder), expected, "{pattern} {folder}");
        }
    }
}
