//! `wmprov schema`: what editors need to complete and underline the user's files, as JSON Schema (draft 7,
//! which editors of YAML read). Made from the tables that the loaders read.
//!
//! A schema knows the shape of one file. What follows from several values together is the loaders' and the
//! checks' to tell; no right file is refused.

mod catalogue;
mod edits;
mod inventory;
mod piece;
mod playbook;

use serde_json::{Value, json};

use crate::yaml::{Error, Result};

/// The files that there are schemas of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaOf {
    /// An inventory.
    Inventory,
    /// A playbook.
    Playbook,
    /// A product's file in `products/`.
    Catalogue,
}

impl SchemaOf {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Inventory, Self::Playbook, Self::Catalogue];

    /// Its name on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inventory => "inventory",
            Self::Playbook => "playbook",
            Self::Catalogue => "catalogue",
        }
    }
}

/// The schema of a kind of file, as JSON text.
///
/// # Errors
/// It cannot be written as JSON.
pub fn schema(of: SchemaOf) -> Result<String> {
    let body = match of {
        SchemaOf::Inventory => inventory::schema(),
        SchemaOf::Playbook => playbook::schema(),
        SchemaOf::Catalogue => catalogue::schema(),
    };
    let mut whole = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": format!("wmprov {}", of.as_str()),
    });
    if let (Value::Object(whole), Value::Object(body)) = (&mut whole, body) {
        whole.extend(body);
    }
    let text = serde_json::to_string_pretty(&whole)
        .map_err(|cause| Error::new("the schema cannot be written").because(cause))?;
    Ok(text + "\n")
}
