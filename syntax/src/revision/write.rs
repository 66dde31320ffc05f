//! Revision files, written.

mod expression;
mod layout;
mod value;

use migratable_core::diff::Plan;

/// A revision to write.
#[derive(Clone, Debug)]
pub struct NewRevision<'a> {
    /// The identifier.
    pub id: &'a str,
    /// The revisions that it follows.
    pub after: &'a [String],
    /// Revisions of other branches that must be applied before it.
    pub depends_on: &'a [String],
    /// Names of the branch that begins here.
    pub labels: &'a [String],
    /// Revisions that are gone and for which it stands, in their order.
    pub replaces: &'a [String],
    /// What it is for.
    pub message: &'a str,
    /// What it does.
    pub plan: &'a Plan,
}

/// The text of a revision file.
pub fn write(revision: &NewRevision) -> String {
    let mut out = String::new();
    for line in revision.message.lines() {
        out.push_str(format!("//! {}", line.trim()).trim_end());
        out.push('\n');
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out.push_str("use migratable::revision::*;\n\n");
    out.push_str(&header(revision));
    let plan = revision.plan;
    out.push_str("\n#[operations]\npub fn upgrade(op: &mut Operations) {");
    out.push_str(&body(plan.upgrade.iter().map(|operation| (None, operation))));
    out.push_str("}\n\n#[operations]\npub fn downgrade(op: &mut Operations) {");
    let note = |at| plan.losses.iter().filter(move |loss| loss.at == at).map(|loss| loss.note.as_str());
    let downgrade = plan.downgrade.iter().enumerate();
    out.push_str(&body(downgrade.map(|(at, it)| (Some(note(at).collect::<Vec<_>>().join("\n")), it))));
    out.push_str("}\n");
    for hole in &plan.holes {
        out.push('\n');
        out.push_str(&layout::hole(hole));
    }
    out
}

fn header(revision: &NewRevision) -> String {
    let mut out = format!("revision!({:?}, after = {:?}", revision.id, revision.after);
    let lists = [("depends_on", revision.depends_on), ("labels", revision.labels), ("replaces", revision.replaces)];
    for (key, values) in lists {
        if !values.is_empty() {
            out.push_str(&format!(", {key} = {values:?}"));
        }
    }
    out + ");\n"
}

fn body<'a>(statements: impl Iterator<Item = (Option<String>, &'a migratable_core::Operation)>) -> String {
    let mut out = String::new();
    for (note, operation) in statements {
        if out.is_empty() {
            out.push('\n');
        }
        for line in note.iter().filter(|note| !note.is_empty()).flat_map(|note| layout::comment(note)) {
            out.push_str(&format!("    // {line}\n"));
        }
        out.push_str(&layout::statement(operation));
    }
    out
}
