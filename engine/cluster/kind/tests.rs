//! What each kind of value takes and refuses.

use super::*;
use crate::yaml::{Key, Map, Place};

fn place() -> Place {
    Place::new("inventory.yaml", 3, 7)
}

fn text_node(text: &str) -> Node {
    Node::new(Value::String(text.into()), place())
}

#[test]
fn each_kind_takes_what_it_should_and_refuses_the_rest() {
    let rows: &[(Kind, &str, bool)] = &[
        (Kind::Version, "5.0.0", true),
        (Kind::Version, "5..0", false),
        (Kind::HostName, "esb.example.com", true),
        (Kind::HostName, "esb_a.example.com", false),
        (Kind::HostName, "https://esb", false),
        (Kind::HostName, "-esb", false),
        (Kind::Domain, "wso2.esb.domain", true),
        (Kind::Domain, "wso2 esb", false),
        (Kind::Whole(0, 9), "9", true),
        (Kind::Whole(0, 9), "10", false),
        (Kind::HostPath, "/opt/wso2", true),
        (Kind::HostPath, "opt/wso2", false),
        (Kind::HostPath, "/opt/../etc", false),
        (Kind::HostPath, "/opt/my server", false),
        (Kind::Identifier, "wso2", true),
        (Kind::Identifier, "2wso", false),
        (Kind::Identifier, "a b", false),
        (Kind::Heap, "256m:1g", true),
        (Kind::Heap, "512m", true),
        (Kind::Heap, "512", false),
        (Kind::Heap, "m:1g", false),
        (Kind::Choice(&["t1", "keep"]), "keep", true),
        (Kind::Choice(&["t1", "keep"]), "t3", false),
        (Kind::Flag, "true", true),
        (Kind::Flag, "false", true),
        (Kind::Flag, "often", false),
        (Kind::Text, " esb", false),
    ];
    for (kind, written, taken) in rows {
        let result = kind.check(&text_node(written));
        assert_eq!(result.is_ok(), *taken, "{kind:?} {written}: {result:?}");
    }
}

#[test]
fn a_bare_version_is_told_to_be_quoted() {
    let error = version(&Node::new(Value::Float(5.0), place())).unwrap_err();
    assert_eq!(error.to_string(), "expected a version, found a number");
    assert_eq!(error.way_out(), Some("put it in quotes: \"5.0.0\""));
}

#[test]
fn a_waiver_without_a_reason_is_none() {
    let map: Map = [(
        Key {
            name: "WM044".into(),
            place: place(),
        },
        Node::new(Value::Null, place()),
    )]
    .into_iter()
    .collect();
    let error = waivers(&Node::new(Value::Map(map), place())).unwrap_err();
    assert_eq!(error.to_string(), "the waiver of `WM044` gives no reason");
}

#[test]
fn java_sizes_are_read_in_bytes() {
    assert_eq!(bytes("256m"), Some(256 << 20));
    assert_eq!(bytes("2G"), Some(2 << 30));
    assert_eq!(bytes("+2g"), None);
    assert_eq!(bytes(""), None);
}
