mod calls;
mod kept;
mod reading;
mod steps;
#[cfg(feature = "write")]
mod writing;

/// A revision file with these bodies.
fn file(upgrade: &str, downgrade: &str) -> String {
    format!(
        "//! a test\n\nuse migratable::revision::*;\n\nrevision!(\"aaaaaaaaaaaa\", after = [\"bbbbbbbbbbbb\"]);\n\n\
         #[operations]\npub fn upgrade(op: &mut Operations) {{\n{upgrade}\n}}\n\n\
         #[operations]\npub fn downgrade(op: &mut Operations) {{\n{downgrade}\n}}\n"
    )
}
