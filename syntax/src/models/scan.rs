//! The scan of a package: its files, what they say of each other, and the schema that this gives.

use std::path::Path;

use migratable_core::{Dialect, Naming};

use super::cache::{self, Key, Results};
use super::lookup::{Asking, Lookup};
use super::module_tree::{self, SourceFile, Tree};
use super::resolve::{self, Context};
use super::{Databases, Reporter, Scan, whole};

/// Reads the models of a package from its source.
///
/// Follows the modules from its roots, whatever `cfg` says except `#[cfg(test)]`. `cache` is a file that keeps what was
/// read, so that only changed files are read again; one that is damaged or of another version is ignored.
pub fn scan(package: &str, manifest_dir: &Path, dialects: &[Dialect], cache: Option<&Path>) -> Scan {
    scan_database(package, manifest_dir, dialects, &Databases::default(), Naming::usual(), cache)
}

/// Reads the models of one of several databases: what belongs to the others is as if it were not there. An enum is of
/// the databases whose tables use it; the one without a name also has those that no table uses.
pub fn scan_database(
    package: &str,
    manifest_dir: &Path,
    dialects: &[Dialect],
    databases: &Databases,
    naming: &Naming,
    cache: Option<&Path>,
) -> Scan {
    let manifest_dir = std::path::absolute(manifest_dir).unwrap_or_else(|_| manifest_dir.to_owned());
    let key = Key::new(package, &manifest_dir, dialects, databases, naming);
    let stored = cache.map(|path| cache::read(path, &key)).unwrap_or_default();
    let tree = module_tree::walk(package, &manifest_dir, &stored);
    let lookup = Lookup::new(tree.files.iter().map(|file| (&file.facts, file.text_hash)));
    let sources = |file: usize| tree.files[file].source(package);
    let context = Context { package, dialects, databases, naming, sources: &sources };
    let results: Vec<Results> =
        tree.files.iter().enumerate().map(|(at, file)| results(&context, &lookup, at, file)).collect();
    if let Some(path) = cache {
        cache::write(path, &key, &stored, &tree.files, &results);
    }
    assembled(&manifest_dir, &tree, results, &context)
}

/// What a file gives: what it gave in an earlier run, if nothing that it asks of other files has changed.
fn results(context: &Context<'_>, lookup: &Lookup<'_>, at: usize, file: &SourceFile) -> Results {
    let embedded = lookup.embedded_in(at);
    if let Some(stored) = &file.stored {
        let same = |it: &super::lookup::Dependency| lookup.stamp(it.aspect, &it.path) == it.stamp;
        if stored.embedded == embedded
            && stored.dependencies.iter().all(same)
            && let Some(models) = stored.models()
        {
            return Results { models, fresh: None };
        }
    }
    let source = file.source(context.package);
    let asking = Asking::new(lookup);
    let models: Vec<_> =
        source.items.iter().map(|item| resolve::resolve(context, &asking, at, &file.path, &source, item)).collect();
    Results { models, fresh: Some((asking.dependencies(), embedded)) }
}

fn assembled(manifest_dir: &Path, tree: &Tree, results: Vec<Results>, context: &Context<'_>) -> Scan {
    let mut scan = Scan { errors: tree.errors.clone(), folders: tree.folders.clone(), ..Scan::default() };
    let manifest = manifest_dir.join("Cargo.toml");
    scan.reporter = reporter(tree);
    scan.files.extend(tree.files.iter().map(|file| file.path.clone()));
    if manifest.is_file() {
        scan.files.push(manifest);
    }
    scan.errors.extend(tree.files.iter().filter_map(|file| file.facts.error.clone()));
    whole::assemble(results.into_iter().flat_map(|results| results.models).collect(), context, &mut scan);
    scan.errors.sort_by(|a, b| (&a.file, a.line, a.column, &a.message).cmp(&(&b.file, b.line, b.column, &b.message)));
    scan.errors.dedup();
    scan
}

/// The call of `schema!()` or else the first model in the first root that has one: the library is compiled with every
/// binary.
fn reporter(tree: &Tree) -> Option<Reporter> {
    let certain = || tree.files.iter().filter(|file| !file.is_conditional);
    let reports = |file: &&SourceFile| file.facts.calls_schema || file.facts.first_model.is_some();
    let root = certain().filter(reports).map(|file| file.root).min()?;
    let in_root = || certain().filter(|file| file.root == root);
    if in_root().any(|file| file.facts.calls_schema) {
        return Some(Reporter::Schema);
    }
    in_root().find_map(|file| Some(Reporter::Model { file: file.path.clone(), line: file.facts.first_model? }))
}
