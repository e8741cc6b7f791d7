//! A cluster's state in one file: what of it is asked of which host (`parts`), streamed through the hosts' connections
//! (`take`, `line`) into an archive (`archive`), whose record says what it is (`record`), and back to
//! them (`way`, `restore`); under the hosts' locks both (`hold`).
//!
//! The archive is a tar that any tar reads, of parts that any gzip unpacks. Sealed, each part is encrypted under a key that stands in the record, and the
//! record is sealed with a passphrase as Ansible Vault seals.

mod archive;
mod cipher;
mod hold;
mod line;
mod partial;
mod parts;
mod passage;
mod record;
mod restore;
mod shape;
mod take;
mod way;

pub use archive::{Archive, Stored, Writer};
pub use record::{BackupRecord, LeftOut, Part, PartKind};
pub use restore::{Over, Return};
pub use take::{Order, Taken, take};
