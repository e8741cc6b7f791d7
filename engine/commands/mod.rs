//! One file a verb, as a library call: options in, a value or every mistake out. Nothing here prints or exits.
//!
//! [`Files`] is what all verbs over an inventory begin with: everything is read and checked before
//! the first connection.

mod apply;
mod certificates;
mod drift;
mod explain;
mod files;
mod init;
mod inventory;
mod pack;
mod playbook;
mod schema;
mod site;
mod topology;
mod unlock;
mod validate;
mod vault;
mod version;

pub use apply::{ApplyOptions, apply};
pub use drift::{DriftOptions, drift, kept_report};
pub use explain::explain;
pub use files::{FileOptions, Files, secrets_of};
pub use init::{Draft, FirstInventory, Question};
pub use inventory::{InventoryView, inventory};
pub use pack::{inspect, products};
pub use playbook::{built_in, export, modules};
pub use schema::{SchemaOf, schema};
pub use topology::topology;
pub use unlock::{Unlocked, unlock};
pub use validate::{Validated, ValidatedCluster, validate};
pub use vault::{Vaulted, decrypt, encrypt, encrypt_string};
pub use version::{Version, version};
