//! One file a verb, as a library call: options in, a value or every mistake out. Nothing here prints or exits.
//!
//! [`Files`] is what all verbs over an inventory begin with: everything is read and checked before
//! the first connection.

mod adopt;
mod apply;
mod backup;
mod certificates;
mod decommission;
mod drift;
mod expiry;
mod explain;
mod file_change;
mod files;
mod generations;
mod history;
mod init;
mod inventory;
mod look;
mod pack;
mod packs;
mod plan;
mod playbook;
mod power;
mod promote;
mod reading;
mod replace;
mod restore;
mod rollback;
mod said;
mod schema;
mod site;
mod status;
mod topology;
mod unlock;
mod vagrant;
mod validate;
mod vault;
mod version;

pub use adopt::{AdoptOptions, Adopted, HandEdit, HandEditOf, HandEdits, hand_edits};
pub use apply::{ApplyOptions, apply};
pub use backup::{BackupOptions, backup, verify_backup};
pub use decommission::{Decommission, DecommissionOptions, decommission};
pub use drift::{DriftOptions, drift, kept_report};
pub use explain::explain;
pub use files::{FileOptions, Files, secrets_of};
pub use generations::generations;
pub use history::{history, state_folder};
pub use init::{Draft, FirstInventory, Question};
pub use inventory::{InventoryView, inventory};
pub use look::LookOptions;
pub use pack::{inspect, products};
pub use plan::{apply_plan, save_plan};
pub use playbook::{built_in, export, modules};
pub use power::{Power, power};
pub use promote::{PromoteOptions, Promotion, promote};
pub use replace::{replace, replacing};
pub use restore::{RestoreOptions, restore};
pub use rollback::rollback;
pub use said::{logs, threads};
pub use schema::{SchemaOf, schema};
pub use status::status;
pub use topology::topology;
pub use unlock::{Unlocked, unlock};
pub use validate::{Validated, ValidatedCluster, validate};
pub use vault::{Vaulted, decrypt, encrypt, encrypt_string};
pub use version::{Version, version};
