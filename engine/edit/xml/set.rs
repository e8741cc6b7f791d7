//! Values of elements and attributes that exist: read, changed, removed.

use roxmltree::Node;

use crate::edit::EditError;
use crate::edit::splice::Splice;

use super::escape;
use super::find::{attribute, line, text_of};
use super::layout::Layout;
use super::path::{Name, XmlPath};
use super::tag::Tag;

/// Makes `value` the text of `node`; comments inside it stay.
pub(super) fn set_text(
    layout: Layout<'_>,
    path: &XmlPath,
    node: Node<'_, '_>,
    value: &str,
) -> Result<Vec<Splice>, EditError> {
    if let Some(child) = node.first_element_child() {
        let why = format!(
            "it holds elements (`{}`), not text",
            child.tag_name().name()
        );
        return Err(EditError::refused(
            path.as_str(),
            line(layout.text, node),
            why,
        ));
    }
    if text_of(node) == value {
        return Ok(Vec::new());
    }
    let tag = Tag::of(layout.text, node);
    let written = escape::text(value, layout.ascii, layout.eol(tag.whole.start));
    let Some(content) = tag.content.clone() else {
        return Ok(vec![layout.fill(&tag, &written)]);
    };
    let mut gaps = Vec::new();
    let mut at = content.start;
    for remark in node.children().filter(|child| !child.is_text()) {
        gaps.push(at..remark.range().start);
        at = remark.range().end;
    }
    gaps.push(at..content.end);
    let chosen = gaps
        .iter()
        .position(|gap| !layout.text[gap.clone()].trim().is_empty())
        .unwrap_or(gaps.len() - 1);
    let splices = gaps.into_iter().enumerate().map(|(index, gap)| {
        Splice::new(
            gap,
            if index == chosen {
                written.as_str()
            } else {
                ""
            },
        )
    });
    Ok(splices
        .filter(|splice| layout.text.as_bytes()[splice.range.clone()] != *splice.with)
        .collect())
}

/// Makes `value` the value of an attribute that exists, in its own quotes.
pub(super) fn set_attribute(
    layout: Layout<'_>,
    path: &XmlPath,
    node: Node<'_, '_>,
    name: &Name,
    value: &str,
) -> Result<Vec<Splice>, EditError> {
    let tag = Tag::of(layout.text, node);
    let spans = tag.attribute(layout.text, &name.local);
    let [span] = spans.as_slice() else {
        let lines = vec![line(layout.text, node); spans.len()];
        return Err(EditError::ambiguous(path.as_str(), lines));
    };
    if attribute(node, &name.local).all(|found| found == value) {
        return Ok(Vec::new());
    }
    let quote = layout.text[span.value.end..].chars().next().unwrap_or('"');
    let written = escape::attribute(value, quote, layout.ascii);
    Ok(vec![Splice::new(span.value.clone(), written)])
}

/// Adds an attribute behind the last one, on a line of its own where the last one has one.
pub(super) fn add_attribute(
    layout: Layout<'_>,
    node: Node<'_, '_>,
    name: &Name,
    value: &str,
) -> Splice {
    let tag = Tag::of(layout.text, node);
    let before = match tag.attributes.as_slice() {
        [.., last_but_one, last] => &layout.text[last_but_one.whole.end..last.whole.start],
        _ => " ",
    };
    let before = if before.contains('\n') { before } else { " " };
    let own_line = before.rfind('\n').map(|newline| {
        let from = if before[..newline].ends_with('\r') {
            newline - 1
        } else {
            newline
        };
        &before[from..]
    });
    let value = escape::attribute(value, '"', layout.ascii);
    let written = format!(
        "{}{}=\"{value}\"",
        own_line.unwrap_or(before),
        name.qualified()
    );
    Splice::new(tag.last()..tag.last(), written)
}

/// Cuts the attribute with the blanks before it.
pub(super) fn remove_attribute(layout: Layout<'_>, node: Node<'_, '_>, name: &Name) -> Vec<Splice> {
    let tag = Tag::of(layout.text, node);
    let spans = tag.attribute(layout.text, &name.local);
    spans
        .into_iter()
        .map(|span| {
            let before = &layout.text[..span.whole.start];
            let start = before
                .trim_end_matches(|c: char| c.is_ascii_whitespace())
                .len();
            Splice::new(start..span.whole.end, "")
        })
        .collect()
}
