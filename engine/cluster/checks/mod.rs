//! The invariants: one row a trouble, each with a stable code, its cause, its fix, and where it shows.
//!
//! A new invariant is a `const` [`Check`] beside its like, one line in `BEFORE`, and a folder in
//! `tests/cases/checks` that breaks exactly it.

mod address;
mod check;
mod databases;
mod files;
mod firewall;
mod front;
mod identity;
mod kept;
mod keystores;
mod later;
mod options;
mod settings;
mod svn;
mod sync;
mod system;
mod topology;

pub use address::Claim;
pub(super) use check::against_address;
pub use check::{Check, Finding, Waived, When, check};
pub use keystores::keystores_outside;

/// Every check that looks before a connection, in the order in which findings are told.
const BEFORE: &[&Check] = &[
    &address::LOOPBACK,
    &address::HOST_NAME,
    &address::UNKNOWN,
    &address::NOT_UNICAST,
    &topology::NO_SUCH_PATTERN,
    &topology::NO_MANAGER,
    &topology::TWO_MANAGERS,
    &topology::TWO_ACTIVE,
    &topology::FEW_MANAGERS,
    &topology::NO_WORKER,
    &topology::ONE_MEMBER,
    &topology::ONE_WORKER,
    &topology::TWO_ROLES,
    &topology::TWO_VERSIONS,
    &topology::TWO_FAMILIES,
    &topology::NO_WORKER_PROFILE,
    &identity::ONE_NAME,
    &identity::ONE_IDENTITY,
    &identity::MEMBER_PORT_TAKEN,
    &identity::ONE_PORT,
    &identity::NESTED_HOMES,
    &identity::ONE_UNIT,
    &identity::SYSTEM_HOME,
    &identity::SHARED_DOMAIN,
    &settings::HOSTNAME,
    &settings::KEY_MANAGER,
    &settings::ONE_HOSTNAME,
    &settings::HEARTBEAT,
    &settings::HEAP,
    &settings::ROOT,
    &settings::PASSWORD_IN_CLEAR,
    &settings::ALL_AT_ONCE,
    &options::SETUP,
    &options::ROLE_OPTION,
    &options::HOME_OPTION,
    &options::SHUTDOWN_HOOK,
    &options::OFFSET_OPTION,
    &options::CLEAN_REGISTRY,
    &options::HEAP_OPTION,
    &front::OFFSET,
    &front::SHARED,
    &front::NO_CONSOLE_NAME,
    &front::OPEN_CONSOLE,
    &front::ONE_NAME,
    &front::STANDBY,
    &front::ONE_SIDED,
    &firewall::NO_ADMINISTRATOR,
    &firewall::NO_ADDRESS,
    &sync::ONE_SENDER,
    &sync::OVERLAID,
    &svn::COMMITTER,
    &svn::NO_CLIENT,
    &svn::FORMAT,
    &svn::OLD_CLIENT,
    &svn::NO_STORE,
    &svn::NO_PASSWORD,
    &svn::URL,
    &svn::ONE_USER,
    &svn::PORT,
    &files::SUB_DOMAIN,
    &files::STRAY_HAZELCAST,
    &files::MULTICAST,
    &files::TASK_COUNT,
    &keystores::DIFFER,
    &files::CLUSTERING_OFF,
    &files::DERIVED_EDIT,
    &files::NO_OVERLAY,
    &files::PATCH_IN_OVERLAY,
    &system::UNIT,
    &system::USER,
    &system::HEAP_SIZE,
    &system::OVERLAY,
    &databases::READ_ONLY,
    &databases::ONE_TARGET,
    &databases::VERSIONS,
    &databases::MOUNTS,
    &databases::CACHE_ID,
    &databases::LOCAL_SHARED,
    &databases::CONNECTIONS,
    &databases::H2,
    &databases::NO_DRIVER,
    &databases::LOOPBACK,
];

/// How many checks there are.
const COUNT: usize = BEFORE.len() + later::ROWS.len() + kept::ROWS.len();

/// Every check.
pub const ALL: &[&Check] = &{
    let mut all = [BEFORE[0]; COUNT];
    let mut at = 0;
    while at < BEFORE.len() {
        all[at] = BEFORE[at];
        at += 1;
    }
    while at < BEFORE.len() + later::ROWS.len() {
        all[at] = &later::ROWS[at - BEFORE.len()];
        at += 1;
    }
    while at < COUNT {
        all[at] = &kept::ROWS[at - BEFORE.len() - later::ROWS.len()];
        at += 1;
    }
    all
};
