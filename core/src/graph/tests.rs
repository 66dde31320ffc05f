use super::*;

/// `"c: a b"` is a revision `c` behind `a` and `b`; `c@x` bears a label, `c=y z` replaces others.
pub(crate) fn graph(lines: &[&str]) -> Graph {
    Graph::new(nodes(lines)).unwrap()
}

fn nodes(lines: &[&str]) -> Vec<Node> {
    let node = |line: &&str| {
        let (id, after) = line.split_once(':').unwrap();
        let (id, replaces) = id.split_once('=').unwrap_or((id, ""));
        let (id, label) = id.split_once('@').map_or((id, None), |(id, label)| (id, Some(label.to_owned())));
        let after = after.split_whitespace().map(str::to_owned).collect();
        let replaces = replaces.split_whitespace().map(str::to_owned).collect();
        Node { id: id.to_owned(), after, labels: label.into_iter().collect(), replaces, ..Node::default() }
    };
    lines.iter().map(node).collect()
}

const DIAMOND: [&str; 6] = ["e: d", "d: b c", "b: a", "c: a", "a:", "f: c"];

fn set(ids: &str) -> BTreeSet<String> {
    ids.split_whitespace().map(str::to_owned).collect()
}

fn list(ids: &str) -> Vec<String> {
    ids.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn order_puts_parents_first_and_is_stable() {
    assert_eq!(graph(&DIAMOND).order(), ["a", "b", "c", "d", "e", "f"]);
    assert_eq!(graph(&DIAMOND).heads(), ["e", "f"]);
}

#[test]
fn paths_run_what_is_needed_and_nothing_else() {
    let graph = graph(&DIAMOND);
    for (applied, targets, expected) in
        [("", "e", "a b c d e"), ("a b", "e", "c d e"), ("a b c d e", "e", ""), ("a", "f", "c f"), ("a", "", "")]
    {
        let target = Target { revisions: list(targets), ..Target::default() };
        assert_eq!(graph.upgrade_path(&set(applied), &target), list(expected), "up {applied} to {targets}");
    }
    for (applied, targets, expected) in [
        ("a b c d e f", "", "f e d c b a"),
        ("a b c d e", "d", "e"),
        ("a b c d e", "b", "e d"),
        ("a b c d e f", "a", "f e d c b"),
        ("a b", "b", ""),
    ] {
        let target = Target { revisions: list(targets), ..Target::default() };
        assert_eq!(graph.downgrade_path(&set(applied), &target), list(expected), "down {applied} to {targets}");
    }
    assert_eq!(graph.tips(&set("a b c")), ["b", "c"]);
}

#[test]
fn what_is_no_graph_says_why() {
    for (lines, expected) in [
        (&["a:", "a:"][..], "two revisions are called a"),
        (&["b: a"], "revision b follows a, which is not there"),
        (&["a: b", "b: a"], "in a circle: a, b"),
        (&["a:", "b=a:"], "revision b replaces a, which is there"),
        (&["b=a:", "c=a:"], "revision c replaces a, which is there or replaced by another one"),
        (&["a@x:", "b@x: a"], "the label `x` stands on a and on b"),
    ] {
        let error = Graph::new(nodes(lines)).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

/// A trunk with two branches, and another base that depends on one of them.
fn branched() -> Graph {
    let mut nodes = nodes(&["a:", "b1@shop: a", "c1: a", "b2: b1", "c2: c1", "n@other:", "n2: n"]);
    nodes[5].depends_on.push("b1".into());
    Graph::new(nodes).unwrap()
}

#[test]
fn a_downgrade_keeps_to_its_branch() {
    let graph = branched();
    for (text, applied, expected) in [
        ("b2@-1", "a b1 b2 c1 c2", "b2"),
        ("b2-2", "a b1 b2 c1 c2 n", "n b2 b1"),
        ("shop@base", "a b1 b2 c1 c2", "b2 b1"),
        ("other@base", "a b1 b2 c1 c2 n n2", "n2 n"),
        ("a", "a b1 b2 c1 c2", "c2 b2 c1 b1"),
        ("base", "a b1 n", "n b1 a"),
        ("-1", "a b1 n n2", "n2"),
    ] {
        let applied = set(applied);
        let tips = graph.tips(&applied);
        let tips = if text == "-1" { vec!["n2"] } else { tips };
        let target = graph.target(text, &tips).unwrap();
        assert_eq!(graph.downgrade_path(&applied, &target).join(" "), expected, "{text}");
    }
}

#[test]
fn ranges_have_both_their_ends_in_them() {
    let graph = branched();
    for (from, to, expected) in [
        ("base", "heads", "a b1 b2 c1 c2 n n2"),
        ("b1", "b2", "b1 b2"),
        ("a", "n2", "a b1 n n2"),
        ("shop@base", "shop@head", "b1 b2"),
        ("other@base", "heads", "n n2"),
        ("b2-1", "b2", "b1 b2"),
        ("b2", "b1", ""),
    ] {
        let [from, to] = [from, to].map(|text| graph.target(text, &[]).unwrap());
        assert_eq!(graph.between(&from, &to), set(expected), "{from:?} {to:?}");
    }
}

#[test]
fn heads_collide_unless_each_has_labels_of_its_own() {
    for (lines, expected) in [
        (&["a:", "b: a", "c: a"][..], "b c"),
        (&["a:", "b: a", "c@x: a"], ""),
        (&["a:", "b: a", "c@x: a", "d: c", "e: c"], "d e"),
        (&["a:", "b: a", "c@x: a", "d: c", "e@y: c"], ""),
        (&["a:", "b@x: a", "c@y: a", "m: b c"], ""),
        (&["a:", "z:"], "a z"),
    ] {
        let found = graph(lines).colliding_heads().concat().join(" ");
        assert_eq!(found, expected, "{lines:?}");
    }
}

#[test]
fn a_head_that_another_branch_depends_on_may_be_left_out() {
    let mut nodes = nodes(&["a:", "b: a", "n:"]);
    nodes[2].depends_on.push("b".into());
    let graph = Graph::new(nodes).unwrap();
    assert_eq!(graph.heads(), ["b", "n"]);
    assert_eq!(graph.heads_nothing_depends_on(), ["n"]);
    assert_eq!(graph.in_order(&set("n b zz a")), ["a", "b", "n"]);
}
