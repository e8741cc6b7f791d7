//! What each verb does: a document and an edit → the splices that make it hold.

use roxmltree::{Document, Node};

use crate::edit::EditError;
use crate::edit::splice::Splice;

use super::document::XmlReading;
use super::edit::{XmlEdit, XmlVerb};
use super::element::Element;
use super::ensure::create;
use super::find::{attribute, line, missing, reach, text_of};
use super::layout::Layout;
use super::path::Name;
use super::set::{add_attribute, remove_attribute, set_attribute, set_text};

impl XmlEdit {
    pub(in crate::edit) fn splices(&self, read: &XmlReading<'_>) -> Result<Vec<Splice>, EditError> {
        let (layout, document) = (Layout::new(read.text), &read.document);
        match &self.verb {
            XmlVerb::Set(value) => self.set_in(layout, document, value),
            XmlVerb::Ensure(value) => self.ensure_in(layout, document, value.as_deref()),
            XmlVerb::Remove => self.remove_in(layout, document),
            XmlVerb::ReplaceChildren(wanted) => {
                self.replace_in(layout, self.only(layout, document)?, wanted)
            }
            XmlVerb::Append(wanted) => {
                let target = self.only(layout, document)?;
                if target
                    .children()
                    .any(|child| child.is_element() && wanted.same(child))
                {
                    return Ok(Vec::new());
                }
                self.no_text(layout, target)?;
                Ok(vec![layout.inside(target, std::slice::from_ref(wanted))])
            }
            XmlVerb::InsertAfter(wanted) => {
                let target = self.only(layout, document)?;
                let mut followers = target.next_siblings().skip(1);
                if followers.any(|next| next.is_element() && wanted.same(next)) {
                    return Ok(Vec::new());
                }
                Ok(vec![layout.after(target, std::slice::from_ref(wanted))])
            }
            XmlVerb::Declare(prefix, uri) => {
                let target = self.only(layout, document)?;
                let known = target.lookup_namespace_uri(Some(prefix)) == Some(uri);
                let name = Name {
                    prefix: Some("xmlns".to_owned()),
                    local: prefix.clone(),
                };
                let add = || add_attribute(layout, target, &name, uri);
                Ok(if known { Vec::new() } else { vec![add()] })
            }
        }
    }

    fn set_in(
        &self,
        layout: Layout<'_>,
        document: &Document<'_>,
        value: &str,
    ) -> Result<Vec<Splice>, EditError> {
        let reach = reach(document, &self.path);
        if reach.depth < self.path.steps.len() {
            return Err(missing(layout.text, &self.path, &reach));
        }
        self.at_most_one(layout, &reach.nodes)?;
        let mut splices = Vec::new();
        for node in &reach.nodes {
            splices.extend(match &self.path.attribute {
                Some(name) if attribute(*node, &name.local).next().is_none() => {
                    return Err(missing(layout.text, &self.path, &reach));
                }
                Some(name) => set_attribute(layout, &self.path, *node, name, value)?,
                None => set_text(layout, &self.path, *node, value)?,
            });
        }
        Ok(splices)
    }

    fn ensure_in(
        &self,
        layout: Layout<'_>,
        document: &Document<'_>,
        value: Option<&str>,
    ) -> Result<Vec<Splice>, EditError> {
        let reach = reach(document, &self.path);
        if reach.depth < self.path.steps.len() {
            return Ok(vec![create(layout, &self.path, &reach, value)?]);
        }
        self.at_most_one(layout, &reach.nodes)?;
        let node = reach.nodes[0];
        match (&self.path.attribute, value) {
            (_, None) => Ok(Vec::new()),
            (Some(name), Some(value)) if attribute(node, &name.local).next().is_none() => {
                Ok(vec![add_attribute(layout, node, name, value)])
            }
            (Some(name), Some(value)) => set_attribute(layout, &self.path, node, name, value),
            (None, Some(value)) => set_text(layout, &self.path, node, value),
        }
    }

    fn remove_in(
        &self,
        layout: Layout<'_>,
        document: &Document<'_>,
    ) -> Result<Vec<Splice>, EditError> {
        let reach = reach(document, &self.path);
        let steps = self.path.steps.len();
        let above = if self.path.attribute.is_some() {
            steps
        } else {
            steps - 1
        };
        if reach.depth < above {
            return Err(missing(layout.text, &self.path, &reach));
        }
        if reach.depth < steps {
            return Ok(Vec::new());
        }
        self.at_most_one(layout, &reach.nodes)?;
        Ok(match &self.path.attribute {
            Some(name) => reach
                .nodes
                .iter()
                .flat_map(|node| remove_attribute(layout, *node, name))
                .collect(),
            None => reach
                .nodes
                .iter()
                .map(|node| Splice::new(layout.cut(*node), ""))
                .collect(),
        })
    }

    fn replace_in(
        &self,
        layout: Layout<'_>,
        target: Node<'_, '_>,
        wanted: &[Element],
    ) -> Result<Vec<Splice>, EditError> {
        let children: Vec<_> = target.children().filter(Node::is_element).collect();
        let same = children.len() == wanted.len()
            && wanted
                .iter()
                .zip(&children)
                .all(|(wanted, child)| wanted.same(*child));
        if same {
            return Ok(Vec::new());
        }
        self.no_text(layout, target)?;
        let Some((first, rest)) = children.split_first() else {
            return Ok(vec![layout.inside(target, wanted)]);
        };
        let mut splices: Vec<_> = rest
            .iter()
            .map(|child| Splice::new(layout.cut(*child), ""))
            .collect();
        splices.push(match wanted {
            [] => Splice::new(layout.cut(*first), ""),
            _ => layout.instead(*first, wanted),
        });
        Ok(splices)
    }

    /// The one element that the path reaches.
    fn only<'a, 'input>(
        &self,
        layout: Layout<'_>,
        document: &'a Document<'input>,
    ) -> Result<Node<'a, 'input>, EditError> {
        let reach = reach(document, &self.path);
        if reach.depth < self.path.steps.len() {
            return Err(missing(layout.text, &self.path, &reach));
        }
        self.at_most_one(layout, &reach.nodes)?;
        Ok(reach.nodes[0])
    }

    fn at_most_one(&self, layout: Layout<'_>, nodes: &[Node<'_, '_>]) -> Result<(), EditError> {
        if self.every || nodes.len() < 2 {
            return Ok(());
        }
        let lines = nodes.iter().map(|node| line(layout.text, *node)).collect();
        Err(EditError::ambiguous(self.path.as_str(), lines))
    }

    fn no_text(&self, layout: Layout<'_>, target: Node<'_, '_>) -> Result<(), EditError> {
        if text_of(target).trim().is_empty() {
            return Ok(());
        }
        let why = "it holds text, so no element is put beside it";
        Err(EditError::refused(
            self.path.as_str(),
            line(layout.text, target),
            why,
        ))
    }
}
