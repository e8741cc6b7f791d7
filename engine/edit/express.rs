//! Two texts → the edits that make one of the other: what `adopt` writes into the user's files.
//!
//! Nothing is guessed: edits are an answer only where [`apply`] makes the very bytes of them.

use std::collections::BTreeMap;

use roxmltree::Node;
use similar::{DiffTag, TextDiff};

use super::{Edit, Format, apply, properties, xml};

/// A file that needs more edits than these is better laid over as a whole.
const MOST: usize = 40;

/// An edit in the words of an edits file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Expressed {
    /// The format.
    pub format: Format,
    /// The verb.
    pub verb: &'static str,
    /// The target.
    pub target: String,
    /// The value, where the verb takes one.
    pub value: Option<String>,
}

impl Expressed {
    /// An edit of this format.
    #[must_use]
    pub fn new(format: Format, verb: &'static str, target: String, value: Option<String>) -> Self {
        Self {
            format,
            verb,
            target,
            value,
        }
    }

    fn edit(&self) -> Option<Edit> {
        Edit::read(self.format, self.verb, &self.target, self.value.as_deref()).ok()
    }
}

/// The edits that make `to` of `from`, byte for byte: by structure where the format has one (`.xml`, `.properties` by
/// `path`), else by lines; [`None`] where a few edits cannot say it.
#[must_use]
pub fn express(path: &str, from: &[u8], to: &[u8]) -> Option<Vec<Expressed>> {
    let structure = match path.rsplit_once('.') {
        Some((_, "xml")) => by_path(from, to),
        Some((_, "properties")) => by_key(from, to),
        _ => None,
    };
    structure
        .filter(|edits| makes(edits, from, to))
        .or_else(|| by_line(from, to).filter(|edits| makes(edits, from, to)))
}

/// True where these edits make `to` of `from`.
fn makes(edits: &[Expressed], from: &[u8], to: &[u8]) -> bool {
    if edits.is_empty() || edits.len() > MOST {
        return false;
    }
    let edits: Option<Vec<Edit>> = edits.iter().map(Expressed::edit).collect();
    edits.is_some_and(|edits| apply(from, &edits).is_ok_and(|made| made == to))
}

/// Values and attributes of two documents of one structure.
fn by_path(from: &[u8], to: &[u8]) -> Option<Vec<Expressed>> {
    let (from, to) = (xml::read(from).ok()?, xml::read(to).ok()?);
    let mut edits = Vec::new();
    elements(from.root_element(), to.root_element(), "", &mut edits)?;
    Some(edits)
}

fn elements(
    from: Node<'_, '_>,
    to: Node<'_, '_>,
    path: &str,
    edits: &mut Vec<Expressed>,
) -> Option<()> {
    attributes(from, to, path, edits);
    let children = |node: Node<'_, '_>| node.children().any(|child| child.is_element());
    if !children(from) && !children(to) {
        let (before, after) = (xml::text_of(from), xml::text_of(to));
        if before != after {
            let target = if path.is_empty() { "." } else { path };
            edits.push(Expressed::new(
                Format::Xml,
                "set",
                target.to_owned(),
                Some(after),
            ));
        }
        return Some(());
    }
    let inner =
        |node| -> Vec<Node<'_, '_>> { Node::children(&node).filter(Node::is_element).collect() };
    let (old, new) = (inner(from), inner(to));
    let same_names = old
        .iter()
        .map(|node| node.tag_name())
        .eq(new.iter().map(|node| node.tag_name()));
    if !same_names || xml::text_of(from).trim() != xml::text_of(to).trim() {
        return None;
    }
    for (at, (one, other)) in old.iter().zip(&new).enumerate() {
        let step = step(&old, &new, at);
        let below = if path.is_empty() {
            step
        } else {
            format!("{path}/{step}")
        };
        elements(*one, *other, &below, edits)?;
    }
    Some(())
}

fn attributes(from: Node<'_, '_>, to: Node<'_, '_>, path: &str, edits: &mut Vec<Expressed>) {
    let all = |node: Node<'_, '_>| -> BTreeMap<String, String> {
        let all = node.attributes();
        all.map(|one| (one.name().to_owned(), one.value().to_owned()))
            .collect()
    };
    let (old, new) = (all(from), all(to));
    let target = |name: &str| match path {
        "" => format!("@{name}"),
        _ => format!("{path}/@{name}"),
    };
    for (name, value) in &new {
        let verb = match old.get(name) {
            Some(before) if before == value => continue,
            Some(_) => "set",
            None => "ensure",
        };
        edits.push(Expressed::new(
            Format::Xml,
            verb,
            target(name),
            Some(value.clone()),
        ));
    }
    for name in old.keys().filter(|name| !new.contains_key(*name)) {
        edits.push(Expressed::new(Format::Xml, "remove", target(name), None));
    }
}

/// The step to the child at `at`: by its name alone where there is no other of it, by an attribute that tells it from
/// the others, or by its number.
fn step(old: &[Node<'_, '_>], new: &[Node<'_, '_>], at: usize) -> String {
    let name = old[at].tag_name().name();
    let alike: Vec<usize> = (0..old.len())
        .filter(|other| old[*other].tag_name().name() == name)
        .collect();
    if alike.len() == 1 {
        return name.to_owned();
    }
    for key in ["name", "id", "class", "path", "port", "key"] {
        let Some(value) = old[at]
            .attribute(key)
            .filter(|value| new[at].attribute(key) == Some(*value))
        else {
            continue;
        };
        let others = alike.iter().filter(|other| **other != at);
        let alone = !others.clone().any(|other| {
            [old[*other], new[*other]]
                .iter()
                .any(|node| node.attribute(key) == Some(value))
        });
        if alone && !value.contains(['{', '\'']) {
            return format!("{name}[@{key}='{value}']");
        }
    }
    let number = alike
        .iter()
        .position(|other| *other == at)
        .map_or(1, |number| number + 1);
    format!("{name}[{number}]")
}

/// Keys that have another value, came or went.
fn by_key(from: &[u8], to: &[u8]) -> Option<Vec<Expressed>> {
    let (old, new) = (properties::entries(from), properties::entries(to));
    let (before, after): (BTreeMap<_, _>, BTreeMap<_, _>) =
        (old.iter().cloned().collect(), new.iter().cloned().collect());
    if before.len() != old.len() || after.len() != new.len() {
        return None;
    }
    let mut edits = Vec::new();
    for (key, value) in &new {
        let verb = match before.get(key) {
            Some(known) if known == value => continue,
            Some(_) => "set",
            None => "ensure",
        };
        edits.push(Expressed::new(
            Format::Properties,
            verb,
            key.clone(),
            Some(value.clone()),
        ));
    }
    let gone = old.iter().filter(|(key, _)| !after.contains_key(key));
    edits.extend(
        gone.map(|(key, _)| Expressed::new(Format::Properties, "remove", key.clone(), None)),
    );
    Some(edits)
}

/// Lines that came, went or became others, each found by a line that stands once.
fn by_line(from: &[u8], to: &[u8]) -> Option<Vec<Expressed>> {
    let (from, to) = (
        std::str::from_utf8(from).ok()?,
        std::str::from_utf8(to).ok()?,
    );
    let (old, new): (Vec<&str>, Vec<&str>) = (from.lines().collect(), to.lines().collect());
    let mut edits = Vec::new();
    for op in TextDiff::from_slices(&old, &new).ops() {
        let (gone, come) = (&old[op.old_range()], &new[op.new_range()]);
        match op.tag() {
            DiffTag::Equal => {}
            DiffTag::Delete => edits.extend(removed(&old, gone)?),
            DiffTag::Insert => edits.push(inserted(&old, op.old_range().start, come)?),
            DiffTag::Replace => {
                let (first, rest) = gone.split_first()?;
                edits.push(line("replace", &old, first, Some(come))?);
                edits.extend(removed(&old, rest)?);
            }
        }
    }
    Some(edits)
}

fn removed(old: &[&str], gone: &[&str]) -> Option<Vec<Expressed>> {
    gone.iter()
        .map(|one| line("remove", old, one, None))
        .collect()
}

fn inserted(old: &[&str], at: usize, come: &[&str]) -> Option<Expressed> {
    let before = at.checked_sub(1).and_then(|at| old.get(at));
    let behind = before.and_then(|anchor| line("after", old, anchor, Some(come)));
    match (behind, old.get(at), come) {
        (Some(behind), ..) => Some(behind),
        (None, Some(next), _) => line("before", old, next, Some(come)),
        // At the end of the file.
        (None, None, [one]) => Some(Expressed::new(
            Format::Lines,
            "ensure",
            (*one).to_owned(),
            None,
        )),
        (None, None, _) => None,
    }
}

fn line(
    verb: &'static str,
    old: &[&str],
    anchor: &str,
    text: Option<&[&str]>,
) -> Option<Expressed> {
    let once = old.iter().filter(|line| **line == anchor).count() == 1;
    let target = regex::escape(anchor);
    once.then(|| {
        Expressed::new(
            Format::Lines,
            verb,
            target,
            text.map(|lines| lines.join("\n")),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::{Expressed, express};

    const XML: &str = "<?xml version=\"1.0\"?>\n<a x=\"1\">\n  <!-- note -->\n  <b>one</b>\n  <p name=\"m\">1</p>\n  <p name=\"n\">2</p>\n  <q/><q>z</q>\n</a>\n";

    fn said(path: &str, from: &str, to: &str) -> Option<Vec<String>> {
        let word = |one: Expressed| {
            let value = one
                .value
                .map_or(String::new(), |value| format!(" = {value}"));
            format!("{} {} {}{value}", one.format, one.verb, one.target)
        };
        let edits = express(path, from.as_bytes(), to.as_bytes())?;
        Some(edits.into_iter().map(word).collect())
    }

    #[test]
    fn a_change_is_said_in_the_words_of_its_format() {
        let rows: [(&str, &str, &str, &[&str]); 9] = [
            ("a.xml", ">one<", ">t &amp; w<", &["xml set b = t & w"]),
            ("a.xml", ">2<", ">3<", &["xml set p[@name='n'] = 3"]),
            ("a.xml", ">z<", ">y<", &["xml set q[2] = y"]),
            ("a.xml", "x=\"1\"", "x=\"2\"", &["xml set @x = 2"]),
            ("a.xml", "<b>", "<b k=\"v\">", &["xml ensure b/@k = v"]),
            (
                "a.xml",
                "note",
                "other",
                &["lines replace   <!\\-\\- note \\-\\-> =   <!-- other -->"],
            ),
            (
                "a.xml",
                "  <b>one</b>\n",
                "",
                &["lines remove   <b>one</b>"],
            ),
            (
                "a.xml",
                "  <q/>",
                "  <r/>\n  <q/>",
                &["lines after   <p name=\"n\">2</p> =   <r/>"],
            ),
            (
                "a.sh",
                "  <b>one</b>\n  <p name=\"m\">1</p>\n",
                "x\ny\n",
                &[
                    "lines replace   <b>one</b> = x\ny",
                    "lines remove   <p name=\"m\">1</p>",
                ],
            ),
        ];
        for (path, before, after, wanted) in rows {
            let to = XML.replacen(before, after, 1);
            assert_eq!(said(path, XML, &to).unwrap(), wanted, "{before} -> {after}");
        }
        let from = "# x\na=1\nb=2\nc=3\n";
        let to = "# x\na=1\nb=4\nd=5\n";
        let wanted = [
            "properties set b = 4",
            "properties ensure d = 5",
            "properties remove c",
        ];
        let keys = said("a.properties", from, to);
        // Where a new key goes is the editor's choice: here it is where the host has it.
        assert_eq!(keys.unwrap(), wanted);
        assert_eq!(
            said("a.properties", from, "# y\na=1\nb=2\nc=3\n").unwrap(),
            ["lines replace \\# x = # y"]
        );
        assert_eq!(
            said("a", "a\na\n", "a\na\nb\n").unwrap(),
            ["lines ensure b"]
        );
    }

    #[test]
    fn what_no_edit_can_say_is_not_said() {
        // No line around stands once; a line end alone; no text.
        assert_eq!(said("a", "a\na\n", "a\nb\na\n"), None);
        assert_eq!(said("a", "a\na\n", "a\na\nb\nc\n"), None);
        assert_eq!(said("a", "a\nb\n", "a\nb"), None);
        assert_eq!(express("a", b"\xff\n", b"\xfe\n"), None);
        assert_eq!(said("a", "a\n", "a\n"), None);
    }
}
