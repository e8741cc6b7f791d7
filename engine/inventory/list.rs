//! The JSON shape of `ansible-inventory --list`.

use serde_json::{Map, Value as Json, json};

use crate::inventory::Inventory;
use crate::inventory::secrets::is_secret;
use crate::yaml::{Node, Value};

impl Inventory {
    /// Hosts by group under `hosts` and `children`, variables by host under `_meta`. Secrets are `***`.
    #[must_use]
    pub fn to_list(&self) -> Json {
        let mut list = Map::new();
        let hostvars: Map<String, Json> = self
            .hosts
            .iter()
            .map(|host| {
                let vars = self.vars(&host.name);
                let vars: Map<String, Json> = vars
                    .iter()
                    .map(|(name, node)| (name.clone(), named(name, node)))
                    .collect();
                (host.name.clone(), Json::Object(vars))
            })
            .collect();
        list.insert("_meta".to_owned(), json!({ "hostvars": hostvars }));
        for group in &self.groups {
            let mut entry = Map::new();
            let mut children = group.children.clone();
            if group.name == "all" {
                children.retain(|child| child != "ungrouped");
                children.insert(0, "ungrouped".to_owned());
            }
            if !children.is_empty() {
                entry.insert("children".to_owned(), json!(children));
            }
            if !group.hosts.is_empty() && group.name != "all" {
                entry.insert("hosts".to_owned(), json!(group.hosts));
            }
            if !entry.is_empty() {
                list.insert(group.name.clone(), Json::Object(entry));
            }
        }
        Json::Object(list)
    }
}

fn json(node: &Node) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Bool(value) => json!(value),
        Value::Int(value) => json!(value),
        Value::Float(value) => json!(value),
        Value::String(value) => json!(value),
        Value::Secret(_) => json!("***"),
        Value::List(list) => list.iter().map(json).collect(),
        Value::Map(map) => Json::Object(
            map.iter()
                .map(|(key, node)| (key.name.clone(), named(&key.name, node)))
                .collect(),
        ),
    }
}

/// The value of a name; a password is not shown, whether it is vaulted or not. A template is none yet.
fn named(name: &str, node: &Node) -> Json {
    let template = node.text().is_ok_and(|text| text.contains("{{"));
    match &node.value {
        Value::String(_) | Value::Int(_) if is_secret(name) && !template => json!("***"),
        _ => json(node),
    }
}
