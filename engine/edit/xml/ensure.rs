//! What `ensure` makes where a path leads to nothing: the missing elements and attributes.

use roxmltree::Node;

use crate::edit::EditError;
use crate::edit::splice::Splice;

use super::element::Element;
use super::find::{Reach, line, named, samples, text_of};
use super::layout::Layout;
use super::path::{Predicate, Step, XmlPath};

/// Makes the rest of `path` below what it reaches, with `value` at its end.
///
/// The place: behind the comment that shows a sample of this very element, else behind the last sibling
/// of the same name, else behind a comment that shows one of that name, else last in the parent.
pub(super) fn create(
    layout: Layout<'_>,
    path: &XmlPath,
    reach: &Reach<'_, '_>,
    value: Option<&str>,
) -> Result<Splice, EditError> {
    let [parent] = reach.nodes.as_slice() else {
        let lines = reach
            .nodes
            .iter()
            .map(|node| line(layout.text, *node))
            .collect();
        return Err(EditError::ambiguous(&path.upto(reach.depth), lines));
    };
    if !text_of(*parent).trim().is_empty() {
        let why = "it holds text, so no element is put beside it";
        return Err(EditError::refused(
            path.as_str(),
            line(layout.text, *parent),
            why,
        ));
    }
    let (step, element) = wanted(path, reach.depth, value)?;
    let elements = [element];
    Ok(match place(*parent, step) {
        Some(node) => layout.after(node, &elements),
        None => layout.inside(*parent, &elements),
    })
}

fn place<'a, 'input>(parent: Node<'a, 'input>, step: &Step) -> Option<Node<'a, 'input>> {
    let any = Step {
        predicates: Vec::new(),
        ..step.clone()
    };
    samples(parent, step)
        .first()
        .or(named(parent, &step.name.local).last())
        .or(samples(parent, &any).last())
        .copied()
}

/// The elements that are missing, nested, with what the predicates ask for.
fn wanted<'p>(
    path: &'p XmlPath,
    depth: usize,
    value: Option<&str>,
) -> Result<(&'p Step, Element), EditError> {
    let malformed = |why: &str| EditError::malformed(path.as_str(), why);
    let mut made: Option<(&Step, Element)> = None;
    for step in path.steps[depth..].iter().rev() {
        let mut element = of_step(step).map_err(|why| malformed(&why))?;
        match made.take() {
            Some((_, child)) if element.text.is_empty() => element.children.push(child),
            Some(_) => return Err(malformed("an element holds text or elements, not both")),
            None => finish(path, &mut element, value).map_err(malformed)?,
        }
        made = Some((step, element));
    }
    made.ok_or_else(|| malformed("nothing is left to make"))
}

fn finish(path: &XmlPath, element: &mut Element, value: Option<&str>) -> Result<(), &'static str> {
    match (&path.attribute, value) {
        (Some(name), Some(value)) => {
            let name = name.qualified();
            element.attributes.retain(|(known, _)| *known != name);
            element.attributes.push((name, value.to_owned()));
        }
        (None, Some(value)) if element.children.is_empty() => value.clone_into(&mut element.text),
        (None, Some(_)) => return Err("an element whose children are asked for holds no text"),
        (None, None) => {}
        (Some(_), None) => return Err("an attribute needs a value"),
    }
    Ok(())
}

fn of_step(step: &Step) -> Result<Element, String> {
    let mut element = Element::new(step.name.qualified());
    for predicate in &step.predicates {
        match predicate {
            Predicate::Attribute(name, value) => {
                element.attributes.push((name.qualified(), value.clone()));
            }
            Predicate::Text(value) => value.clone_into(&mut element.text),
            Predicate::Child(names, value) => add(&mut element, names, value),
            Predicate::Position(_) => {
                return Err(format!(
                    "`{}` names a position, which cannot be made",
                    step.text
                ));
            }
        }
    }
    Ok(element)
}

fn add(element: &mut Element, names: &[String], value: &str) {
    let Some((first, rest)) = names.split_first() else {
        value.clone_into(&mut element.text);
        return;
    };
    let mut child = Element::new(first);
    add(&mut child, rest, value);
    element.children.push(child);
}
