//! What the build script of the package being compiled left in `OUT_DIR`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::{env, fs};

use migratable_syntax::findings::{self, FOLDER, ModelFindings, PACKAGE, PackageFindings};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;

use crate::report;

/// The folder of the build script's files.
pub(crate) struct BuildOutput {
    folder: PathBuf,
    /// What the build script says about the package.
    pub(crate) package: PackageFindings,
}

/// What is known about one item.
pub(crate) enum Known {
    /// The build script has read it.
    Scanned {
        /// What it says.
        findings: ModelFindings,
        /// The file in which it says so.
        file: PathBuf,
    },
    /// Nobody can tell: an editor is asking, or the build script could not read all sources.
    Nothing,
    /// The build script has not seen it.
    Unseen,
}

impl BuildOutput {
    /// Finds the files, if there are any.
    pub(crate) fn find() -> Option<BuildOutput> {
        let folder = Path::new(&env::var_os("OUT_DIR")?).join(FOLDER);
        let package = fs::read_to_string(folder.join(PACKAGE)).ok()?;
        Some(BuildOutput { folder, package: findings::read_package(&package) })
    }

    /// What is known about the item of that name.
    pub(crate) fn model(&self, ident: &Ident) -> Known {
        let Some((source, line)) = place(ident.span()) else { return Known::Nothing };
        let unseen = if self.package.incomplete { Known::Nothing } else { Known::Unseen };
        let Some(manifest_dir) = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from) else { return unseen };
        let name = ident.unraw().to_string();
        for (manifest_dir, source) in spellings(&manifest_dir, &source) {
            let file = self.folder.join(findings::models_file(&manifest_dir, &source));
            let Ok(text) = fs::read_to_string(&file) else { continue };
            let found = findings::read_models(&text, &name).into_iter().find(|it| it.line.is_none_or(|it| it == line));
            if let Some(findings) = found {
                return Known::Scanned { findings, file };
            }
        }
        unseen
    }

    /// A file as an absolute path in a literal, so that the compiler notices when it changes.
    pub(crate) fn path(&self, file: &str) -> Option<String> {
        self.folder.join(file).to_str().map(str::to_owned)
    }
}

/// Makes the compiler notice when a file changes; once for a file is enough.
pub(crate) fn tracked(file: &Path) -> Option<TokenStream> {
    static TRACKED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    let is_new = TRACKED.lock().map_or(true, |mut tracked| tracked.insert(file.to_path_buf()));
    let file = file.to_str().filter(|_| is_new)?;
    Some(quote!(
        const _: &[u8] = ::core::include_bytes!(#file);
    ))
}

/// The error for a package whose build script leaves nothing, once in a package.
pub(crate) fn missing(span: Span) -> TokenStream {
    static SAID: AtomicBool = AtomicBool::new(false);
    if is_editor(span) || SAID.swap(true, Ordering::Relaxed) {
        return TokenStream::new();
    }
    report::error(
        span,
        "the build script of this package does not call Migratable, so nothing checks this model against schema.lock\n\
         help: write `build.rs` beside Cargo.toml:\n\n    fn main() {\n        migratable_build::check_models();\n    }\n\n\
         help: and in Cargo.toml:\n\n    [build-dependencies]\n    migratable-build = \"0.1\"\n\n\
         help: `cargo migratable init` does all of this",
    )
}

/// Whether the macro runs in an editor, which knows no files and keeps old expansions.
pub(crate) fn is_editor(span: Span) -> bool {
    place(span).is_none()
}

/// The source file, absolute, and the line.
fn place(span: Span) -> Option<(PathBuf, usize)> {
    if !proc_macro::is_available() {
        return None;
    }
    let span = span.unwrap();
    let file = span.local_file()?;
    let file = if file.is_absolute() { file } else { env::current_dir().ok()?.join(file) };
    Some((file, span.line()))
}

/// The folder and the file as cargo and rustc name them, and with links followed.
fn spellings(manifest_dir: &Path, source: &Path) -> impl Iterator<Item = (PathBuf, PathBuf)> {
    let as_they_are = (manifest_dir.to_path_buf(), source.to_path_buf());
    let followed = fs::canonicalize(manifest_dir).ok().zip(fs::canonicalize(source).ok());
    std::iter::once(as_they_are).chain(followed)
}
