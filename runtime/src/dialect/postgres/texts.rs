//! Texts that PostgreSQL has written, in the form in which it writes them again when it has read its own: some of its
//! first spellings are others than the second.

mod first;

pub(super) use first::source;

/// A name as the server writes it in texts.
pub(super) fn identifier(name: &str) -> String {
    let plain = name.starts_with(|it: char| it.is_ascii_lowercase() || it == '_')
        && name.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_');
    if plain { name.to_owned() } else { super::ddl::quoted(name) }
}

/// A text in its second spelling.
pub(super) fn normal(text: &str) -> String {
    let nested = text.contains(" AND ") || text.contains(" OR ");
    if !nested && !text.contains("(ARRAY[") {
        return text.to_owned();
    }
    let mut rest = text;
    let mut nodes = parse(&mut rest, None);
    simplify(&mut nodes);
    let mut written = String::with_capacity(text.len());
    write(&nodes, &mut written);
    written.push_str(rest);
    written
}

/// A piece of a text: what stands in brackets, or what stands outside of them.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Node {
    Text(String),
    Round(Vec<Node>),
    Square(Vec<Node>),
}

fn parse(rest: &mut &str, end: Option<char>) -> Vec<Node> {
    let mut nodes = Vec::new();
    let mut plain = String::new();
    let flush = |plain: &mut String, nodes: &mut Vec<Node>| {
        if !plain.is_empty() {
            nodes.push(Node::Text(std::mem::take(plain)));
        }
    };
    while let Some(next) = rest.chars().next() {
        if Some(next) == end {
            break;
        }
        *rest = &rest[next.len_utf8()..];
        match next {
            '\'' | '"' => {
                let length = rest.find(next).map_or(rest.len(), |at| at + 1);
                plain.push(next);
                plain.push_str(&rest[..length]);
                *rest = &rest[length..];
            }
            '(' | '[' => {
                flush(&mut plain, &mut nodes);
                let close = if next == '(' { ')' } else { ']' };
                let inner = parse(rest, Some(close));
                *rest = rest.strip_prefix(close).unwrap_or(rest);
                nodes.push(if next == '(' { Node::Round(inner) } else { Node::Square(inner) });
            }
            other => plain.push(other),
        }
    }
    flush(&mut plain, &mut nodes);
    nodes
}

fn write(nodes: &[Node], written: &mut String) {
    for node in nodes {
        match node {
            Node::Text(text) => written.push_str(text),
            Node::Round(inner) => {
                written.push('(');
                write(inner, written);
                written.push(')');
            }
            Node::Square(inner) => {
                written.push('[');
                write(inner, written);
                written.push(']');
            }
        }
    }
}

fn simplify(nodes: &mut Vec<Node>) {
    for node in nodes.iter_mut() {
        if let Node::Round(inner) | Node::Square(inner) = node {
            simplify(inner);
        }
    }
    flatten(nodes);
    cast_elements(nodes);
}

/// The word that joins the conditions on this level.
fn joined_by(nodes: &[Node]) -> Option<&'static str> {
    let stands = |word: &&&str| nodes.iter().any(|it| matches!(it, Node::Text(text) if text.contains(**word)));
    [" AND ", " OR "].iter().find(stands).copied()
}

/// `((a AND b) AND c)` is read as `(a AND b AND c)`.
fn flatten(nodes: &mut Vec<Node>) {
    let Some(word) = joined_by(nodes) else { return };
    let leads = matches!(nodes.get(1), Some(Node::Text(text)) if text.starts_with(word));
    if let (Some(Node::Round(first)), true) = (nodes.first(), leads)
        && joined_by(first) == Some(word)
    {
        let first = first.clone();
        nodes.splice(0..1, first);
    }
}

/// `(ARRAY[a, b])::text[]` is read as `ARRAY[(a)::text, (b)::text]`.
fn cast_elements(nodes: &mut Vec<Node>) {
    let mut at = 0;
    while at + 2 < nodes.len() {
        let elements = match &nodes[at] {
            Node::Round(inner) => match inner.as_slice() {
                [Node::Text(word), Node::Square(elements)] if word == "ARRAY" => Some(elements.clone()),
                _ => None,
            },
            _ => None,
        };
        let cast = match (&nodes[at + 1], &nodes[at + 2]) {
            (Node::Text(cast), Node::Square(none)) if none.is_empty() => cast.strip_prefix("::").map(str::to_owned),
            _ => None,
        };
        if let (Some(elements), Some(cast)) = (elements, cast) {
            let mut each = Vec::new();
            for element in split(&elements) {
                each.extend((!each.is_empty()).then(|| Node::Text(", ".to_owned())));
                each.push(Node::Round(element));
                each.push(Node::Text(format!("::{cast}")));
            }
            nodes.splice(at..at + 3, [Node::Text("ARRAY".to_owned()), Node::Square(each)]);
        }
        at += 1;
    }
}

/// The parts of a list.
fn split(nodes: &[Node]) -> Vec<Vec<Node>> {
    let mut parts = vec![Vec::new()];
    let mut add = |node: Node, new: bool| {
        if new {
            parts.push(Vec::new());
        }
        if let Some(last) = parts.last_mut() {
            last.push(node);
        }
    };
    for node in nodes {
        let Node::Text(text) = node else {
            add(node.clone(), false);
            continue;
        };
        let mut start = 0;
        let mut quote = None;
        let mut new = false;
        for (at, character) in text.char_indices() {
            match quote {
                Some(open) if open == character => quote = None,
                Some(_) => {}
                None if matches!(character, '\'' | '"') => quote = Some(character),
                None if character == ',' => {
                    add(Node::Text(text[start..at].to_owned()), new);
                    (start, new) = (at + 2, true);
                }
                None => {}
            }
        }
        add(Node::Text(text.get(start..).unwrap_or_default().to_owned()), new);
    }
    for part in &mut parts {
        part.retain(|node| !matches!(node, Node::Text(text) if text.is_empty()));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::normal;

    #[test]
    fn a_text_is_spelled_as_the_server_spells_its_own() {
        for (first, second) in [
            (
                "((s)::text = ANY ((ARRAY['a, b'::character varying, 'c'::character varying])::text[]))",
                "((s)::text = ANY (ARRAY[('a, b'::character varying)::text, ('c'::character varying)::text]))",
            ),
            ("(((a >= 1) AND (a <= 2)) AND (b > 0))", "((a >= 1) AND (a <= 2) AND (b > 0))"),
            ("((b > 0) AND ((a >= 1) AND (a <= 2)))", "((b > 0) AND ((a >= 1) AND (a <= 2)))"),
            ("(((a = 1) OR (a = 2)) AND (b > 0))", "(((a = 1) OR (a = 2)) AND (b > 0))"),
            ("(n <> ' AND (ARRAY['::text)", "(n <> ' AND (ARRAY['::text)"),
        ] {
            assert_eq!(normal(first), second);
            assert_eq!(normal(second), second);
        }
    }
}
