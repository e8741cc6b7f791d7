//! What of the user's variables is secret: all that was vaulted, and passwords by their names.

use crate::inventory::Vars;
use crate::yaml::{Map, Node, Secret, Secrets, Value};

/// Makes all texts of a vaulted file secrets.
pub(super) fn seal(node: &mut Node) {
    match &mut node.value {
        Value::String(text) => node.value = Value::Secret(Secret::new(std::mem::take(text))),
        Value::List(list) => list.iter_mut().for_each(seal),
        Value::Map(map) => {
            let sealed = map.iter().map(|(key, node)| {
                let mut node = node.clone();
                seal(&mut node);
                (key.clone(), node)
            });
            *map = sealed.collect::<Map>();
        }
        _ => {}
    }
}

/// Remembers every secret among `vars`: vaulted texts, and what a name like `db_password` holds.
pub(super) fn gather(vars: &Vars, secrets: &mut Secrets, vaulted: &mut Secrets) {
    for (name, node) in vars {
        named(name, node, secrets);
        under(node, secrets, vaulted);
    }
}

fn under(node: &Node, secrets: &mut Secrets, vaulted: &mut Secrets) {
    match &node.value {
        Value::Secret(secret) => {
            secrets.add(secret.reveal());
            vaulted.add(secret.reveal());
        }
        Value::List(list) => list.iter().for_each(|node| under(node, secrets, vaulted)),
        Value::Map(map) => map.iter().for_each(|(key, node)| {
            named(&key.name, node, secrets);
            under(node, secrets, vaulted);
        }),
        _ => {}
    }
}

fn named(name: &str, node: &Node, secrets: &mut Secrets) {
    if let Value::String(text) = &node.value
        && !text.contains("{{")
        // Carbon's stock password, which everybody knows: masked, it would blank half of every page.
        && text != "admin"
        && is_secret(name)
    {
        secrets.add(text);
    }
}

/// True where a variable of this name holds a password.
pub(super) fn is_secret(name: &str) -> bool {
    const ENDS: [&str; 6] = [
        "password",
        "passwd",
        "secret",
        "passphrase",
        "_pass",
        "token",
    ];
    let name = name.to_ascii_lowercase();
    ENDS.iter().any(|end| name.ends_with(end))
}
