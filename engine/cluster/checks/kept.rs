//! Troubles of backups: rows that `backup` and what reads one cite.

use super::check::Check;
use super::later::gate;

/// The rows, by code.
pub(super) const ROWS: &[Check] = &[
    gate(
        "WM200",
        "no client for a database",
        "A database is dumped by its server's own client, on a host of a node: the login of the nodes is let in from there. None of these hosts has it.",
        "install the client on one of them, best on a manager's",
        "ours",
    ),
    gate(
        "WM201",
        "a part of a backup did not come",
        "A backup holds all of a cluster or is none: where one part cannot be taken, or its host is lost in the middle, no file is left.",
        "mend what the message says, then run it again",
        "ours",
    ),
    gate(
        "WM202",
        "no room for a backup",
        "The file's own disk is full, or the host's: a repository and H2 files of a running server are copied on the host before they are sent.",
        "make room where the message says, or write the file elsewhere",
        "ours",
    ),
    gate(
        "WM203",
        "a backup is damaged",
        "Its last file is a record of every part with its SHA-256. It is not there, or says otherwise than the parts: the file was cut or changed.",
        "take another copy of it, or an older backup",
        "ours",
    ),
    gate(
        "WM204",
        "a backup of something else",
        "Databases, artifacts and keystores of another cluster, product or version are not what these servers can start with.",
        "give the inventory that the backup was made from, or the backup of this cluster",
        "ours",
    ),
    gate(
        "WM205",
        "something is in a restore's way",
        "A restore makes an empty cluster what it was. Nodes that run, tables and revisions that are there may be the only copy of something.",
        "where it is to go, stop the nodes (`wmprov stop`) and name what is replaced (`--over databases`, `--over repository`); a restore that had all parts in place is finished by `wmprov apply`",
        "ours",
    ),
    gate(
        "WM206",
        "a restore was cut",
        "Its parts are in their places half, and nodes that start on that take it for whole.",
        "run the same `wmprov restore` again: what it has left may be replaced by it",
        "ours",
    ),
];
