//! The spans inside one element's tags, which the tree does not keep: name, attributes, content.

use std::ops::Range;

use roxmltree::Node;

/// One attribute (or namespace declaration) of a start tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AttributeSpan {
    /// Prefix and name.
    pub(super) name: Range<usize>,
    /// The value, without its quotes.
    pub(super) value: Range<usize>,
    /// Name to closing quote.
    pub(super) whole: Range<usize>,
}

/// Where the parts of an element stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tag {
    /// Prefix and name in the start tag.
    pub(super) name: Range<usize>,
    /// Attributes in order.
    pub(super) attributes: Vec<AttributeSpan>,
    /// Between start and end tag; [`None`] for `<a/>`.
    pub(super) content: Option<Range<usize>>,
    /// The whole element.
    pub(super) whole: Range<usize>,
}

impl Tag {
    /// Reads the tags of `element`, which the parser has found well-formed.
    pub(super) fn of(text: &str, element: Node<'_, '_>) -> Self {
        let whole = element.range();
        let mut at = whole.start + 1;
        let name = at..at
            + until(&text[at..], |c| {
                c.is_ascii_whitespace() || matches!(c, '/' | '>')
            });
        at = name.end;
        let mut attributes = Vec::new();
        loop {
            at += until(&text[at..], |c| !c.is_ascii_whitespace());
            if text[at..].starts_with(['/', '>']) || at >= whole.end {
                break;
            }
            let attribute = attribute(text, at);
            at = attribute.whole.end;
            attributes.push(attribute);
        }
        let content = text[at..].starts_with('>').then(|| {
            let end = text[whole.clone()]
                .rfind("</")
                .map_or(whole.end, |end| whole.start + end);
            at + 1..end
        });
        Self {
            name,
            attributes,
            content,
            whole,
        }
    }

    /// The end of the last attribute, or of the name where there is none.
    pub(super) fn last(&self) -> usize {
        self.attributes
            .last()
            .map_or(self.name.end, |attribute| attribute.whole.end)
    }

    /// The attribute whose local name is `local`, namespace declarations left out.
    pub(super) fn attribute(&self, text: &str, local: &str) -> Vec<&AttributeSpan> {
        self.attributes
            .iter()
            .filter(|attribute| {
                let name = &text[attribute.name.clone()];
                let (prefix, own) = name.split_once(':').unwrap_or(("", name));
                own == local && prefix != "xmlns" && name != "xmlns"
            })
            .collect()
    }

    /// The element's prefix.
    pub(super) fn prefix<'a>(&self, text: &'a str) -> Option<&'a str> {
        text[self.name.clone()]
            .split_once(':')
            .map(|(prefix, _)| prefix)
    }
}

fn attribute(text: &str, at: usize) -> AttributeSpan {
    let name = at..at + until(&text[at..], |c| c.is_ascii_whitespace() || c == '=');
    let quote = name.end + until(&text[name.end..], |c| matches!(c, '"' | '\''));
    let closing = text[quote..].chars().next().unwrap_or('"');
    let value = quote + 1..quote + 1 + until(&text[quote + 1..], |c| c == closing);
    AttributeSpan {
        whole: at..value.end + 1,
        name,
        value,
    }
}

fn until(text: &str, stop: impl Fn(char) -> bool) -> usize {
    text.find(stop).unwrap_or(text.len())
}
