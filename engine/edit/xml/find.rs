//! A path in a document: what it reaches, and if not all, how far it came and what is there instead.

use roxmltree::{Document, Node};

use crate::edit::EditError;
use crate::edit::text::line_of;
use crate::yaml::near;

use super::path::{Predicate, Step, XmlPath};

/// The deepest elements that a path's steps reach.
pub(super) struct Reach<'a, 'input> {
    /// Elements matched by the first `depth` steps; never empty.
    pub(super) nodes: Vec<Node<'a, 'input>>,
    /// How many steps matched.
    pub(super) depth: usize,
}

/// Follows the steps of `path` as far as elements match.
pub(super) fn reach<'a, 'input>(
    document: &'a Document<'input>,
    path: &XmlPath,
) -> Reach<'a, 'input> {
    let mut nodes = vec![document.root_element()];
    for (depth, step) in path.steps.iter().enumerate() {
        let next: Vec<_> = nodes
            .iter()
            .flat_map(|node| children(*node, step))
            .collect();
        if next.is_empty() {
            return Reach { nodes, depth };
        }
        nodes = next;
    }
    Reach {
        nodes,
        depth: path.steps.len(),
    }
}

/// The elements that all steps of `path` reach, in document order.
pub(super) fn find<'a, 'input>(
    document: &'a Document<'input>,
    path: &XmlPath,
) -> Vec<Node<'a, 'input>> {
    let reach = reach(document, path);
    if reach.depth == path.steps.len() {
        reach.nodes
    } else {
        Vec::new()
    }
}

/// The child elements of `parent` that `step` matches.
fn children<'a, 'input>(parent: Node<'a, 'input>, step: &Step) -> Vec<Node<'a, 'input>> {
    let mut found = named(parent, &step.name.local);
    for predicate in &step.predicates {
        match predicate {
            Predicate::Position(position) => {
                found = found.into_iter().skip(position - 1).take(1).collect();
            }
            _ => found.retain(|node| holds(*node, predicate)),
        }
    }
    found
}

/// The child elements of `parent` with that local name.
pub(super) fn named<'a, 'input>(parent: Node<'a, 'input>, local: &str) -> Vec<Node<'a, 'input>> {
    parent
        .children()
        .filter(|node| node.is_element() && node.tag_name().name() == local)
        .collect()
}

fn holds(node: Node<'_, '_>, predicate: &Predicate) -> bool {
    match predicate {
        Predicate::Attribute(name, value) => {
            attribute(node, &name.local).any(|found| found == value)
        }
        Predicate::Text(value) => text_of(node).trim() == value.trim(),
        Predicate::Child(names, value) => child_holds(node, names, value),
        Predicate::Position(_) => true,
    }
}

fn child_holds(node: Node<'_, '_>, names: &[String], value: &str) -> bool {
    let Some((first, rest)) = names.split_first() else {
        return text_of(node).trim() == value.trim();
    };
    let local = first.rsplit(':').next().unwrap_or(first);
    node.children()
        .filter(|child| child.is_element() && child.tag_name().name() == local)
        .any(|child| child_holds(child, rest, value))
}

/// The values of the attributes of that local name.
pub(super) fn attribute<'a>(node: Node<'a, '_>, local: &str) -> impl Iterator<Item = &'a str> {
    node.attributes()
        .filter(move |attribute| attribute.name() == local)
        .map(|attribute| attribute.value())
}

/// The element's own text, comments and children left out, exactly.
pub(in crate::edit) fn text_of(node: Node<'_, '_>) -> String {
    node.children()
        .filter(Node::is_text)
        .filter_map(|text| text.text())
        .collect()
}

/// The line on which a node starts, from 1.
pub(super) fn line(text: &str, node: Node<'_, '_>) -> usize {
    line_of(text.as_bytes(), node.range().start)
}

/// The error that says how far `path` came and what was near.
pub(super) fn missing(text: &str, path: &XmlPath, reach: &Reach<'_, '_>) -> EditError {
    let node = reach.nodes[0];
    let here = if reach.depth == 0 {
        format!("the root element `{}`", node.tag_name().name())
    } else {
        format!("`{}`", path.upto(reach.depth))
    };
    let (lacks, near) = match path.steps.get(reach.depth) {
        Some(step) => (
            format!("no `{}`", step.text),
            near_step(text, path, reach, step),
        ),
        None => {
            let local = path
                .attribute
                .as_ref()
                .map_or("", |name| name.local.as_str());
            let known: Vec<&str> = node
                .attributes()
                .map(|attribute| attribute.name())
                .collect();
            let near =
                near(local, known.iter().copied()).map(|name| format!("is `@{name}` meant?"));
            (format!("no attribute `{local}`"), near)
        }
    };
    EditError::Missing {
        target: path.as_str().to_owned(),
        reached: format!("{here} on line {} has {lacks}", line(text, node)),
        line: line(text, node),
        near,
    }
}

fn near_step(text: &str, path: &XmlPath, reach: &Reach<'_, '_>, step: &Step) -> Option<String> {
    let node = reach.nodes[0];
    let local = step.name.local.as_str();
    if reach.depth == 0 && node.tag_name().name() == local {
        return Some(format!(
            "paths start below the root element, leave `{local}/` out"
        ));
    }
    if let Some(sample) = samples(node, step).first() {
        return Some(format!(
            "the one in the comment on line {} is a sample; `ensure` makes a real one",
            line(text, *sample)
        ));
    }
    if !named(node, local).is_empty() {
        return Some(others(text, node, step));
    }
    let known: Vec<&str> = node
        .children()
        .filter(Node::is_element)
        .map(|child| child.tag_name().name())
        .collect();
    let meant = near(local, known.iter().copied())?;
    Some(format!(
        "is `{}` meant?",
        joined(&path.upto(reach.depth), meant)
    ))
}

/// Elements of the right name for which the predicates do not hold, by what the first predicate asks.
fn others(text: &str, parent: Node<'_, '_>, step: &Step) -> String {
    let seen: Vec<String> = named(parent, &step.name.local)
        .into_iter()
        .take(8)
        .map(|node| {
            let what = match step.predicates.first() {
                Some(Predicate::Attribute(name, _)) => attribute(node, &name.local)
                    .next()
                    .map(|value| format!("[@{}='{value}'] ", name.local)),
                _ => None,
            };
            format!("{}on line {}", what.unwrap_or_default(), line(text, node))
        })
        .collect();
    format!("`{}` is there as {}", step.name.local, seen.join(", "))
}

fn joined(above: &str, name: &str) -> String {
    if above == "." {
        name.to_owned()
    } else {
        format!("{above}/{name}")
    }
}

/// The comments among `parent`'s children that open with the step's element, `<!--HostName>` or
/// `<!--<HostName>`, and hold the values of its predicates (carbon 2).
pub(super) fn samples<'a, 'input>(parent: Node<'a, 'input>, step: &Step) -> Vec<Node<'a, 'input>> {
    parent
        .children()
        .filter(|node| node.is_comment() && node.text().is_some_and(|text| shows(text, step)))
        .collect()
}

fn shows(comment: &str, step: &Step) -> bool {
    let opening = comment.trim_start();
    let opening = opening.strip_prefix('<').unwrap_or(opening).trim_start();
    let local = step.name.local.as_str();
    let name_ends =
        |rest: &str| rest.starts_with(|c: char| c.is_whitespace() || matches!(c, '>' | '/'));
    opening.strip_prefix(local).is_some_and(|rest| {
        name_ends(rest)
            && (rest.contains('>') || rest.trim_end().ends_with('/'))
            && step
                .predicates
                .iter()
                .filter_map(Predicate::value)
                .all(|value| comment.contains(value))
    })
}
