//! Troubles that show on a host, in the pack or after a start, and those that cannot happen: rows
//! without a rule, which the run cites and `wmprov explain` tells.

use super::check::{Check, When};

/// A row that the run cites.
const fn gate(
    code: &'static str,
    title: &'static str,
    cause: &'static str,
    fix: &'static str,
    source: &'static str,
) -> Check {
    Check {
        code,
        title,
        cause,
        fix,
        source,
        waivable: false,
        when: When::Gate,
    }
}

/// A row that cannot happen.
const fn derived(
    code: &'static str,
    title: &'static str,
    cause: &'static str,
    fix: &'static str,
    source: &'static str,
) -> Check {
    Check {
        code,
        title,
        cause,
        fix,
        source,
        waivable: false,
        when: When::Derived,
    }
}

/// The rows, by code.
pub(super) const ROWS: &[Check] = &[
    derived(
        "WM005",
        "a wrong line in a member list",
        "The guide's printed sample lists a worker's own line with the wrong port, and copies spread it.",
        "nothing: member lists are made from the nodes, the same on each",
        "procedure 7, row 5",
    ),
    derived(
        "WM009",
        "a property that a replacement did not hit",
        "ESB's axis2.xml has the sub-domain in a comment only: search and replace finds nothing and says nothing.",
        "nothing: files are edited by structure, a comment is no target, and each result is read back",
        "procedure 7, row 9",
    ),
    gate(
        "WM038",
        "a worker answers as a manager",
        "A server that was started without `-DworkerNode=true` runs the admin services for whoever logs in, and on T2 the console too.",
        "restart the node by its unit, which holds the flag; if it comes back the same, see what else starts it",
        "procedure 7, row 38; real-run 2",
    ),
    gate(
        "WM042",
        "the start command succeeded, and nothing runs",
        "`wso2server.sh start` ends with 0 whatever happens; many bad starts hang, with the reason in the log.",
        "read the last error of repository/logs/wso2carbon.log, which the report quotes, mend it and apply again",
        "procedure 7, row 42; real-run 7",
    ),
    gate(
        "WM045",
        "two coordinators in one domain",
        "Each part of a split cluster elects its own oldest member; they merge minutes later, or never where they cannot reach each other.",
        "see that every node reaches every other's member port, then restart the nodes that are outside one by one",
        "procedure 7, row 45; real-run 9",
    ),
    gate(
        "WM049",
        "a node's address cannot be reached by its peers",
        "Behind NAT, or in a container, the address that a node knows is not the one that others can dial.",
        "set `carbon_address` to the address that the other nodes reach, and open the member port both ways",
        "procedure 7, row 49",
    ),
    gate(
        "WM050",
        "a member port is closed between two nodes",
        "Members dial each other in both directions; a firewall that opens one of them makes a cluster that falls apart.",
        "open the member port of every node to every other node",
        "procedure 7, row 50",
    ),
    gate(
        "WM053",
        "a task runs on two nodes",
        "Rapid restarts give conflicting member ids. wmprov restarts one node at a time and waits until the others have logged that it left and joined.",
        "let the rollout finish; do not restart nodes by hand meanwhile",
        "procedure 7, row 53",
    ),
    derived(
        "WM055",
        "inbound endpoints do not run",
        "ESB 5.0.0's clustering pattern decides whether managers run tasks and inbound endpoints; its name differs between products.",
        "nothing: the catalogue holds each version's",
        "procedure 7, row 55",
    ),
    gate(
        "WM057",
        "the clocks of the hosts differ",
        "Tokens, timers and leases compare times of different hosts.",
        "run chrony or another NTP client on every host",
        "procedure 7, row 57",
    ),
    derived(
        "WM061",
        "changed configuration, old process",
        "A file that changed under a running server is read at its next start, whenever that is.",
        "nothing: wmprov knows which nodes a file belongs to and restarts them in order",
        "procedure 7, row 61",
    ),
    derived(
        "WM063",
        "configuration in another folder",
        "Product generations keep their configuration in different folders.",
        "nothing: the catalogue holds each version's paths, and an edit without its target is an error",
        "procedure 7, row 63",
    ),
    gate(
        "WM067",
        "the host's own name does not resolve on it",
        "Carbon asks for the address of its own host name: without one 8280 and 8243 never open, and it says `started` all the same.",
        "add the host's name to its /etc/hosts, or to DNS",
        "real-run 8",
    ),
    gate(
        "WM068",
        "a port belongs to a stranger",
        "Another process has the port. On 9443 the server has no console, on 8280 there is only a warning, and it says `started` all the same.",
        "stop the other process, or move the node by `carbon_offset`",
        "real-run 8",
    ),
    gate(
        "WM071",
        "the console answers 404 just after the start",
        "The console is deployed a moment after the server says `started`.",
        "nothing where it goes away: the gate asks again until its deadline",
        "real-run 8",
    ),
    gate(
        "WM072",
        "a bundle that the start waits for cannot resolve",
        "Carbon waits for every installed bundle with a services.xml; one whose console bundle was taken away never comes, and the start hangs.",
        "set `carbon_worker_ui: t1`, or add the bundle to the entry's `ui_only` list",
        "real-run 1",
    ),
    gate(
        "WM073",
        "a server whose log stays silent",
        "Without the folder repository/components/dropins, or with a blank line in bundles.info, the logging fragment is missing: the server runs and its log stays empty.",
        "apply again, which restores both; the gate then looks at ports and process",
        "real-run 3",
    ),
    gate(
        "WM074",
        "the pid file is not the server's",
        "A second start in the foreground overwrites the pid file, and then hangs on the database of the first.",
        "stop the process that the report names, then apply again; start and stop by the unit only",
        "real-run 9",
    ),
    gate(
        "WM075",
        "a restarted node made a cluster of its own",
        "It came back while only nodes lived that it did not list, and elected itself.",
        "wait: it merges within seconds; member lists are written on all nodes at once so that it does not happen again",
        "real-run 9",
    ),
    gate(
        "WM150",
        "`carbon_address` is none of the host's",
        "The node would advertise an address that leads elsewhere, and no member would reach it.",
        "set `carbon_address` to one of the addresses that the report lists",
        "procedure 7, row 2; design 3.1",
    ),
    gate(
        "WM151",
        "no JDK at `java_home`",
        "There is no bin/java in that folder of the host.",
        "install a JDK, or set `java_home` to where it is",
        "procedure 2.1",
    ),
    gate(
        "WM152",
        "a JDK that the product does not run on",
        "The start script warns and goes on; the server then fails where it first touches what has changed.",
        "set `java_home` to one of the versions that the report names",
        "procedure 2.1; carbon 5",
    ),
    gate(
        "WM153",
        "not enough room on the disk",
        "The Home needs its own size, twice while a new one is staged; a full disk under H2 hangs the server.",
        "free as much as the report says, or set `carbon_home` on another file system",
        "real-run 12",
    ),
    gate(
        "WM154",
        "no coordinator in a domain",
        "No node has logged that it was elected: clustering is not up.",
        "read the log of the oldest member for what kept Hazelcast from starting",
        "procedure 2.11",
    ),
    gate(
        "WM155",
        "fewer members joined than the cluster has",
        "The others did not log that a node joined.",
        "see that domain, addresses and member ports agree and are open, then restart the node",
        "procedure 2.11; real-run 5",
    ),
    gate(
        "WM156",
        "another member port than the one configured",
        "The port was taken, and Hazelcast took the next. The others still dial the configured one.",
        "free the port, or set `carbon_member_port`, then restart the node",
        "procedure 7, row 3; real-run 5",
    ),
    gate(
        "WM157",
        "a manager that refuses admin calls",
        "It runs with `-DworkerNode=true`.",
        "restart the node by its unit; if it comes back the same, see what else starts it",
        "real-run 2",
    ),
    gate(
        "WM158",
        "a node runs another profile than its role's",
        "The open files under repository/components tell the profile. Kernels up to 4.4.1 let `-DworkerNode` override `-Dprofile`.",
        "restart the node by its unit; if it comes back the same, see what else starts it",
        "real-run 11; carbon 1.2",
    ),
    gate(
        "WM159",
        "a worker still serves the management UI",
        "Bundles that were taken out of bundles.info are loaded, or the process is older than the file.",
        "restart the node; if they come back, see whether dropins or a patch brings them",
        "real-run 11",
    ),
    gate(
        "WM160",
        "the server ended during its start",
        "The process is gone before any sign of life.",
        "read the last error line, which the report quotes",
        "real-run 7",
    ),
    gate(
        "WM161",
        "a host without systemd",
        "Nodes run as systemd units, so that restarts, limits and the role's flag outlive whoever started them.",
        "use a host that runs systemd",
        "design 5.4",
    ),
    gate(
        "WM162",
        "a read-only file system",
        "Nothing can be written where the Home or wmprov's own records belong.",
        "mount it writable, or set `carbon_home` elsewhere",
        "ours",
    ),
    gate(
        "WM163",
        "the server ran out of memory",
        "An OutOfMemoryError leaves a process that answers some requests and no others, and a heap dump in repository/logs.",
        "set a larger `carbon_heap`, remove the dump, restart the node",
        "real-run 4, 5",
    ),
    gate(
        "WM164",
        "the stop had to be enforced",
        "The server did not end within `carbon_stop_timeout`, and was killed.",
        "look at its log for what it was doing; a larger timeout gives it longer",
        "real-run 3",
    ),
];
