//! Random documents and edits: what is not the target stays, a second run changes nothing.

use proptest::prelude::*;
use roxmltree::{Document, Node};

use crate::edit::{Edit, EditError, Format, apply, evaluate};

use super::find::text_of;

/// What stands between elements.
fn gap() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("\n".to_owned()),
        Just("\r\n\t".to_owned()),
        Just("\n    ".to_owned()),
        Just("\n  <!-- a>1</a --> ".to_owned()),
        Just("<!--b x='1'/-->\n".to_owned()),
        Just("<?pi <a/>?>".to_owned()),
    ]
}

fn attributes() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        Just("'1'"),
        Just("\"it's />\""),
        Just("'&lt;x&gt; \"'"),
        Just("''")
    ];
    let blank = prop_oneof![Just(" "), Just("\n   "), Just("\r\n  ")];
    proptest::collection::btree_map("[xyz]", (blank, value), 0..3).prop_map(|attributes| {
        let written = attributes
            .iter()
            .map(|(name, (blank, value))| format!("{blank}{name}={value}"));
        written.collect()
    })
}

fn leaf() -> impl Strategy<Value = String> {
    let text = prop_oneof![
        Just("one"),
        Just(" two &amp; three\n"),
        Just("<![CDATA[<a>]]>x"),
        Just("<!-- c -->four<!-- d -->five"),
        Just(""),
    ];
    ("[abc]", attributes(), text, any::<bool>()).prop_map(|(name, attributes, text, closed)| {
        if closed && text.is_empty() {
            format!("<{name}{attributes} />")
        } else {
            format!("<{name}{attributes}>{text}</{name} >")
        }
    })
}

fn document() -> impl Strategy<Value = String> {
    let tree = leaf().prop_recursive(4, 24, 4, |inner| {
        let children = proptest::collection::vec((gap(), inner), 1..4);
        ("[abc]", attributes(), children, gap()).prop_map(|(name, attributes, children, end)| {
            let children: String = children
                .into_iter()
                .map(|(gap, child)| gap + &child)
                .collect();
            format!("<{name}{attributes}>{children}{end}</{name}>")
        })
    });
    let head = prop_oneof![
        Just(""),
        Just("\u{feff}<?xml version='1.0' encoding='utf-8'?>\r\n"),
        Just("<!-- <a/> -->\n")
    ];
    let tail = prop_oneof![Just(""), Just("\n"), Just("\r\n<!-- end -->")];
    (head, tree, tail).prop_map(|(head, tree, tail)| format!("{head}{tree}{tail}"))
}

/// The path that reaches just this element.
fn path_of(node: Node<'_, '_>) -> String {
    let mut steps = Vec::new();
    let mut at = node;
    while let Some(parent) = at.parent_element() {
        let name = at.tag_name().name();
        let alike = at
            .prev_siblings()
            .filter(|other| other.is_element() && other.tag_name().name() == name);
        steps.push(format!("{name}[{}]", alike.count()));
        at = parent;
    }
    steps.reverse();
    if steps.is_empty() {
        ".".to_owned()
    } else {
        steps.join("/")
    }
}

/// One line for everything in the document but blanks.
fn flat(text: &str) -> Vec<String> {
    let document = Document::parse(text).unwrap();
    let nodes = document.root().descendants().filter(|node| !node.is_root());
    let lines = nodes.filter_map(|node| match node.node_type() {
        roxmltree::NodeType::Element => {
            let attributes: Vec<_> = node
                .attributes()
                .map(|found| format!("{}={}", found.name(), found.value()))
                .collect();
            Some(format!("{} {attributes:?}", path_of(node)))
        }
        roxmltree::NodeType::Text => {
            let text = node.text().unwrap();
            (!text.trim().is_empty()).then(|| format!("text {text:?}"))
        }
        _ => Some(format!("{node:?}")),
    });
    lines.collect()
}

/// True where `kept` is `all` with some lines left out.
fn within(kept: &[String], all: &[String]) -> bool {
    let mut all = all.iter();
    kept.iter().all(|line| all.any(|other| other == line))
}

/// The comments right inside an element.
fn remarks(node: Node<'_, '_>) -> Vec<String> {
    let comments = node.children().filter(Node::is_comment);
    comments
        .filter_map(|comment| comment.text())
        .map(ToOwned::to_owned)
        .collect()
}

/// Applies twice, and returns the result of the first time.
fn twice(before: &str, verb: &str, target: &str, value: Option<&str>) -> Result<String, EditError> {
    let edits = [Edit::read(Format::Xml, verb, target, value)?];
    let made = apply(before.as_bytes(), &edits)?;
    assert_eq!(apply(&made, &edits).unwrap(), made);
    Ok(String::from_utf8(made).unwrap())
}

/// The bytes around `range` are those around what stands there now.
fn kept_around(before: &str, after: &str, range: std::ops::Range<usize>) -> bool {
    after.starts_with(&before[..range.start]) && after.ends_with(&before[range.end..])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn set_changes_its_element_only(text in document(), pick in any::<prop::sample::Index>(), value in "[ -~ü\n]{0,12}") {
        let document = Document::parse(&text).unwrap();
        let elements: Vec<_> = document.descendants().filter(Node::is_element).collect();
        let node = elements[pick.index(elements.len())];
        let path = path_of(node);
        match twice(&text, "set", &path, Some(&value)) {
            Ok(after) => {
                prop_assert!(kept_around(&text, &after, node.range()));
                prop_assert_eq!(evaluate(after.as_bytes(), Format::Xml, &path).unwrap(), [value]);
                let rest = |text: &str| -> Vec<String> { flat(text).into_iter().filter(|line| !line.starts_with("text")).collect() };
                prop_assert_eq!(rest(&text), rest(&after));
            }
            Err(EditError::Refused { .. }) => prop_assert!(node.first_element_child().is_some()),
            Err(error) => prop_assert!(false, "{}", error),
        }
    }

    #[test]
    fn an_attribute_is_set_made_and_removed(text in document(), pick in any::<prop::sample::Index>(), name in "[xyzw]", value in "[ -~ü\n\t]{0,12}") {
        let document = Document::parse(&text).unwrap();
        let elements: Vec<_> = document.descendants().filter(Node::is_element).collect();
        let node = elements[pick.index(elements.len())];
        let path = format!("{}/@{name}", path_of(node)).replace("./", "");
        let after = twice(&text, "ensure", &path, Some(&value)).unwrap();
        prop_assert!(kept_around(&text, &after, node.range()));
        prop_assert_eq!(evaluate(after.as_bytes(), Format::Xml, &path).unwrap(), [value]);
        let gone = twice(&after, "remove", &path, None).unwrap();
        if node.attribute(name.as_str()).is_none() {
            prop_assert_eq!(gone, text);
        }
    }

    #[test]
    fn what_is_ensured_is_there_and_the_rest_too(text in document(), pick in any::<prop::sample::Index>(), name in "[abd]", value in "[ -~]{0,12}") {
        let document = Document::parse(&text).unwrap();
        let elements: Vec<_> = document.descendants().filter(Node::is_element).collect();
        let node = elements[pick.index(elements.len())];
        let path = format!("{}/{name}[@n='new']/e", path_of(node)).replace("./", "");
        match twice(&text, "ensure", &path, Some(&value)) {
            Ok(after) => {
                prop_assert!(kept_around(&text, &after, node.range()));
                prop_assert_eq!(evaluate(after.as_bytes(), Format::Xml, &path).unwrap(), [value]);
                prop_assert!(within(&flat(&text), &flat(&after)));
                let gone = format!("{}/{name}[@n='new']", path_of(node)).replace("./", "");
                let back = twice(&after, "remove", &gone, None).unwrap();
                prop_assert_eq!(flat(&back), flat(&text));
            }
            Err(EditError::Refused { .. }) => prop_assert!(!text_of(node).trim().is_empty()),
            Err(error) => prop_assert!(false, "{}", error),
        }
    }

    #[test]
    fn replaced_children_are_those_and_comments_stay(text in document(), pick in any::<prop::sample::Index>(), count in 0..4_usize) {
        let document = Document::parse(&text).unwrap();
        let elements: Vec<_> = document.descendants().filter(Node::is_element).collect();
        let node = elements[pick.index(elements.len())];
        let path = path_of(node);
        let wanted: String = (0..count).map(|index| format!("<m n='{index}'><h>x</h></m>")).collect();
        match twice(&text, "replace_children", &path, Some(&wanted)) {
            Ok(after) => {
                prop_assert!(kept_around(&text, &after, node.range()));
                let made = evaluate(after.as_bytes(), Format::Xml, &format!("{path}/m/@n").replace("./", "")).unwrap();
                prop_assert_eq!(made, (0..count).map(|index| index.to_string()).collect::<Vec<_>>());
                let again = Document::parse(&after).unwrap();
                let target = again.descendants().find(|found| found.is_element() && path_of(*found) == path);
                prop_assert_eq!(remarks(node), remarks(target.unwrap()));
            }
            Err(EditError::Refused { .. }) => prop_assert!(!text_of(node).trim().is_empty()),
            Err(error) => prop_assert!(false, "{}", error),
        }
    }
}
