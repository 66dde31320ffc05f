//! Texts that lead the server to its first spelling, where it would write its second one for its own.
//!
//! A database that is made like another is then the same to every reader, those as well that compare texts.

use super::{Node, joined_by, parse, write};

/// SQL that the server keeps and writes as this text, if the text itself is not.
pub(in super::super) fn source(text: &str) -> Option<String> {
    let mut rest = text;
    let mut nodes = parse(&mut rest, None);
    let mut changed = false;
    rewrite(&mut nodes, &mut changed);
    let mut sql = String::with_capacity(text.len());
    write(&nodes, &mut sql);
    (changed && rest.is_empty()).then_some(sql)
}

fn rewrite(nodes: &mut [Node], changed: &mut bool) {
    for node in nodes.iter_mut() {
        if let Node::Round(inner) | Node::Square(inner) = node {
            rewrite(inner, changed);
        }
    }
    *changed |= between(nodes) | listed(nodes);
}

/// `(s)::text = ANY ((ARRAY[a, b])::text[])` is what becomes of `(s) IN (a, b)`.
fn listed(nodes: &mut [Node]) -> bool {
    const WORDS: [(&str, &str); 2] = [("::text = ANY ", " IN "), ("::text <> ALL ", " NOT IN ")];
    let mut changed = false;
    for at in 1..nodes.len().saturating_sub(1) {
        let Some(elements) = cast_array(&nodes[at + 1]) else { continue };
        let (Node::Round(_), Node::Text(text)) = (&nodes[at - 1], &nodes[at]) else { continue };
        let Some((_, word)) = WORDS.iter().find(|(found, _)| text == found) else { continue };
        let elements = Node::Round(elements.clone());
        nodes[at] = Node::Text((*word).to_owned());
        nodes[at + 1] = elements;
        changed = true;
    }
    changed
}

/// The elements in `((ARRAY[a, b])::text[])`.
fn cast_array(node: &Node) -> Option<&Vec<Node>> {
    let Node::Round(inner) = node else { return None };
    let [Node::Round(array), Node::Text(cast), Node::Square(none)] = inner.as_slice() else { return None };
    match array.as_slice() {
        [Node::Text(word), Node::Square(elements)] if word == "ARRAY" && cast == "::text" && none.is_empty() => {
            Some(elements)
        }
        _ => None,
    }
}

/// `(((a >= 1) AND (a <= 2)) AND c)` is what becomes of `((a BETWEEN 1 AND 2) AND c)`.
fn between(nodes: &mut [Node]) -> bool {
    let word = joined_by(nodes);
    let leads = matches!((nodes.get(1), word), (Some(Node::Text(text)), Some(word)) if text.starts_with(word));
    let Some(Node::Round(first)) = nodes.first_mut().filter(|_| leads) else { return false };
    if joined_by(first) != word {
        return false;
    }
    let [Node::Round(least), _, Node::Round(most)] = first.as_slice() else { return false };
    let (words, joins) =
        if word == Some(" AND ") { ([" >= ", " <= "], "BETWEEN") } else { ([" < ", " > "], "NOT BETWEEN") };
    let side = |nodes: &[Node], word: &str| {
        let mut text = String::new();
        write(nodes, &mut text);
        text.split_once(word).map(|(left, right)| (left.to_owned(), right.to_owned()))
    };
    match (side(least, words[0]), side(most, words[1])) {
        (Some((left, least)), Some((same, most))) if left == same => {
            *first = vec![Node::Text(format!("{left} {joins} {least} AND {most}"))];
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::source;

    #[test]
    fn first_spellings_have_a_source_and_second_ones_have_none() {
        for (text, expected) in [
            (
                "((s)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))",
                Some("((s) IN ('a'::character varying, 'b'::character varying))"),
            ),
            ("(((a >= 1) AND (a <= 2)) AND (b > 0))", Some("((a BETWEEN 1 AND 2) AND (b > 0))")),
            ("(((a < 1) OR (a > 2)) OR (b > 0))", Some("((a NOT BETWEEN 1 AND 2) OR (b > 0))")),
            ("((a >= 1) AND (a <= 2) AND (b > 0))", None),
            ("((s)::text = ANY (ARRAY[('a'::character varying)::text]))", None),
        ] {
            assert_eq!(source(text).as_deref(), expected, "{text}");
        }
    }
}
