//! Where new elements go and how they look: the indentation, line ends and prefixes of their neighbours.

use std::ops::Range;

use roxmltree::Node;

use crate::edit::splice::Splice;
use crate::edit::text::line_end;

use super::element::Element;
use super::tag::Tag;
use super::{document, escape};

/// The text of a document, asked for its habits.
#[derive(Clone, Copy)]
pub(super) struct Layout<'a> {
    pub(super) text: &'a str,
    /// New text beyond ASCII is written as references.
    pub(super) ascii: bool,
}

/// How new elements are written at one place.
struct Style<'a> {
    prefix: Option<&'a str>,
    /// The indentation of the line; [`None`] where elements stand on one line with their parent.
    indent: Option<String>,
    unit: String,
    eol: &'static str,
}

impl<'a> Layout<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            ascii: document::ascii_only(text),
        }
    }

    /// The line end at `at`.
    pub(super) fn eol(&self, at: usize) -> &'static str {
        line_end(self.text.as_bytes(), at)
    }

    /// Writes `elements` after `node`, an element or a comment.
    pub(super) fn after(&self, node: Node<'_, '_>, elements: &[Element]) -> Splice {
        let at = self.end_with_remarks(node);
        let parent = node.parent_element();
        let style = Style {
            prefix: self.prefix(node),
            indent: self.indent_beside(node),
            unit: self.unit(parent.unwrap_or(node)),
            eol: self.eol(at),
        };
        let mut written = String::new();
        for element in elements {
            if let Some(indent) = &style.indent {
                written.push_str(style.eol);
                written.push_str(indent);
            }
            self.render(element, &style, &mut written);
        }
        Splice::new(at..at, written)
    }

    /// Writes `elements` as the last of `parent`'s children.
    pub(super) fn inside(&self, parent: Node<'_, '_>, elements: &[Element]) -> Splice {
        if let Some(last) = parent.children().rfind(|child| !child.is_text()) {
            return self.after(last, elements);
        }
        let tag = Tag::of(self.text, parent);
        let unit = self.unit(parent);
        let outer = self.indent(tag.whole.start);
        let style = Style {
            prefix: tag.prefix(self.text),
            indent: outer.map(|outer| format!("{outer}{unit}")),
            unit,
            eol: self.eol(tag.whole.start),
        };
        let mut written = String::new();
        for element in elements {
            if let Some(indent) = &style.indent {
                written.push_str(style.eol);
                written.push_str(indent);
            }
            self.render(element, &style, &mut written);
        }
        if let Some(outer) = outer {
            written.push_str(style.eol);
            written.push_str(outer);
        }
        self.fill(&tag, &written)
    }

    /// Puts `elements` in the place of `node`.
    pub(super) fn instead(&self, node: Node<'_, '_>, elements: &[Element]) -> Splice {
        let style = Style {
            prefix: self.prefix(node),
            indent: self.indent_beside(node),
            unit: self.unit(node.parent_element().unwrap_or(node)),
            eol: self.eol(node.range().end),
        };
        let between = match &style.indent {
            Some(indent) => format!("{}{indent}", style.eol),
            None => String::new(),
        };
        let mut written = String::new();
        for (number, element) in elements.iter().enumerate() {
            if number > 0 {
                written.push_str(&between);
            }
            self.render(element, &style, &mut written);
        }
        Splice::new(node.range(), written)
    }

    /// Replaces the content of an element, opening `<a/>` where needed; `written` is escaped.
    pub(super) fn fill(&self, tag: &Tag, written: &str) -> Splice {
        match &tag.content {
            Some(content) => Splice::new(content.clone(), written),
            None => {
                let name = &self.text[tag.name.clone()];
                Splice::new(tag.last()..tag.whole.end, format!(">{written}</{name}>"))
            }
        }
    }

    /// The span to cut so that a node goes, with its line where it stands alone on it.
    pub(super) fn cut(&self, node: Node<'_, '_>) -> Range<usize> {
        let range = node.range();
        let rest = &self.text[range.end..];
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        let ends = &rest[blanks..];
        let eol = ["\r\n", "\n"].into_iter().find(|eol| ends.starts_with(eol));
        match (self.indent(range.start), eol) {
            (Some(indent), Some(eol)) => range.start - indent.len()..range.end + blanks + eol.len(),
            _ => range,
        }
    }

    /// The blanks before `at`, where nothing else stands before it on its line.
    fn indent(&self, at: usize) -> Option<&'a str> {
        let before = &self.text[self.line_start(at)..at];
        before
            .trim_matches([' ', '\t', '\u{feff}'])
            .is_empty()
            .then(|| before.trim_start_matches('\u{feff}'))
    }

    fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// The indentation of `node`'s line if that line is inside its parent.
    fn indent_beside(&self, node: Node<'_, '_>) -> Option<String> {
        let start = self.line_start(node.range().start);
        let parent = node.parent_element()?;
        if start <= parent.range().start {
            return None;
        }
        let line = &self.text[start..node.range().start];
        let blanks = line.len() - line.trim_start_matches([' ', '\t']).len();
        Some(line[..blanks].to_owned())
    }

    /// The end of `node`, or of the comments that stand behind it on its line and speak of it.
    fn end_with_remarks(&self, node: Node<'_, '_>) -> usize {
        let mut end = node.range().end;
        for next in node.next_siblings().skip(1) {
            let between_lines = self.text[end..next.range().end].contains('\n');
            let blank = next.is_text() && self.text[next.range()].trim().is_empty();
            if next.is_comment() && !self.text[end..next.range().start].contains('\n') {
                end = next.range().end;
            } else if !blank || between_lines {
                break;
            }
        }
        end
    }

    /// One level of indentation: as between `parent` and its children, else as below the root element.
    fn unit(&self, parent: Node<'_, '_>) -> String {
        let step = |node: Node<'_, '_>| {
            let outer = self.indent(node.range().start)?;
            let inner = node
                .children()
                .filter(|child| !child.is_text())
                .find_map(|child| self.indent(child.range().start))?;
            let unit = inner.strip_prefix(outer)?;
            (!unit.is_empty()).then(|| unit.to_owned())
        };
        step(parent)
            .or_else(|| step(parent.document().root_element()))
            .unwrap_or_else(|| "    ".to_owned())
    }

    /// The prefix of new siblings of `node`.
    fn prefix(&self, node: Node<'_, '_>) -> Option<&'a str> {
        let model = if node.is_element() {
            Some(node)
        } else {
            node.parent_element()
        };
        model.and_then(|node| Tag::of(self.text, node).prefix(self.text))
    }

    fn render(&self, element: &Element, style: &Style<'_>, written: &mut String) {
        let prefix = style.prefix.filter(|_| !element.name.contains(':'));
        let name = [
            prefix.unwrap_or(""),
            prefix.map_or("", |_| ":"),
            &element.name,
        ];
        written.push('<');
        written.extend(name);
        for (name, value) in &element.attributes {
            let value = escape::attribute(value, '"', self.ascii);
            written.extend([" ", name, "=\"", &value, "\""]);
        }
        if element.text.is_empty() && element.children.is_empty() {
            written.push_str("/>");
            return;
        }
        written.push('>');
        written.push_str(&escape::text(&element.text, self.ascii, style.eol));
        let inner = Style {
            prefix: style.prefix,
            indent: style
                .indent
                .as_ref()
                .map(|indent| format!("{indent}{}", style.unit)),
            unit: style.unit.clone(),
            eol: style.eol,
        };
        for child in &element.children {
            if let Some(indent) = &inner.indent {
                written.push_str(style.eol);
                written.push_str(indent);
            }
            self.render(child, &inner, written);
        }
        if let (Some(indent), false) = (&style.indent, element.children.is_empty()) {
            written.push_str(style.eol);
            written.push_str(indent);
        }
        written.push_str("</");
        written.extend(name);
        written.push('>');
    }
}
