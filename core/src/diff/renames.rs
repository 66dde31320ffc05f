//! The order of renames, so that none meets a name that is still taken.

/// Puts renames in an order in which each target is free. A circle is opened by a passing name.
pub(super) fn in_order<T: Clone + PartialEq>(renames: &[(T, T)], passing: impl Fn(&T) -> T) -> Vec<(T, T)> {
    let mut open: Vec<(T, T)> = renames.iter().filter(|(from, to)| from != to).cloned().collect();
    let mut ordered = Vec::new();
    while !open.is_empty() {
        let free = open.iter().position(|(_, to)| !open.iter().any(|(from, _)| from == to));
        match free {
            Some(at) => ordered.push(open.remove(at)),
            None => {
                let aside = passing(&open[0].0);
                let from = std::mem::replace(&mut open[0].0, aside.clone());
                ordered.push((from, aside));
            }
        }
    }
    ordered
}

/// A name that nothing has: this one, else with the first number behind it that makes it so.
pub(super) fn free(name: String, is_taken: impl Fn(&str) -> bool) -> String {
    let numbered = (2..).map(|number| format!("{name}_{number}"));
    let mut names = std::iter::once(name.clone()).chain(numbered);
    names.find(|name| !is_taken(name)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::in_order;

    #[test]
    fn a_chain_runs_from_its_end_and_a_circle_through_a_passing_name() {
        let ordered = |pairs: &[(&'static str, &'static str)]| in_order(pairs, |_| "x");
        assert_eq!(ordered(&[("a", "b"), ("b", "c")]), [("b", "c"), ("a", "b")]);
        assert_eq!(ordered(&[("a", "b"), ("b", "a")]), [("a", "x"), ("b", "a"), ("x", "b")]);
    }
}
