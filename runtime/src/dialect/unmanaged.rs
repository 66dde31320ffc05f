//! What is said of things that no schema can hold, and that stand in the way of a change.

/// Something needs what goes.
pub(super) fn needs(by: &str, what: &str) -> String {
    format!("the {by} needs `{what}` and is not managed: change or drop it by hand first")
}
