//! Checks of what is the system's: units, users, memory, folders that no node may have for its own.

use super::super::kind;
use super::check::{Check, Finding, When, placed};

/// Units of the system, or of what else runs on such hosts: written over, the host may not come back.
const UNITS: [&str; 31] = [
    "accounts-daemon",
    "apache2",
    "auditd",
    "chrony",
    "containerd",
    "cron",
    "crond",
    "dbus",
    "dbus-broker",
    "docker",
    "firewalld",
    "httpd",
    "iptables",
    "irqbalance",
    "kubelet",
    "mariadb",
    "mysql",
    "mysqld",
    "networking",
    "nftables",
    "nginx",
    "polkit",
    "postgresql",
    "rescue",
    "rsync",
    "rsyslog",
    "ssh",
    "sshd",
    "sudo",
    "svnserve",
    "udev",
];

/// How the names of more of them begin.
const UNIT_FAMILIES: [&str; 9] = [
    "NetworkManager",
    "emergency",
    "getty",
    "initrd",
    "serial-getty",
    "systemd",
    "user",
    "wmprov",
    "console-getty",
];

/// Users that a system has for itself.
const USERS: [&str; 31] = [
    "_apt",
    "adm",
    "apache",
    "backup",
    "bin",
    "daemon",
    "dbus",
    "ftp",
    "games",
    "gnats",
    "halt",
    "irc",
    "list",
    "lp",
    "mail",
    "man",
    "messagebus",
    "mysql",
    "news",
    "nobody",
    "operator",
    "polkitd",
    "postgres",
    "proxy",
    "shutdown",
    "sshd",
    "sync",
    "sys",
    "toor",
    "uucp",
    "www-data",
];

/// Groups whose members may do what root may, or read what is root's.
const GROUPS: [&str; 9] = [
    "adm", "disk", "docker", "kmem", "lxd", "root", "shadow", "sudo", "wheel",
];

/// The least and the most of a heap, in bytes: java does not start below, and no machine has more.
const HEAPS: std::ops::RangeInclusive<u64> = 2 << 20..=4 << 40;

pub(super) const UNIT: Check = Check {
    code: "WM124",
    title: "a unit of the system's",
    cause: "The unit file would be written in place of one that the host needs: its sshd, its cron, its database.",
    fix: "leave `carbon_unit` out, or name the unit after the node, such as wso2esb",
    source: "ours",
    waivable: false,
    when: When::Before(|clusters| {
        let of_the_system = |unit: &str| {
            let family = |start: &str| {
                let rest = unit.strip_prefix(start);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '@']))
            };
            UNITS.contains(&unit) || UNIT_FAMILIES.iter().any(|start| family(start))
        };
        placed(clusters)
            .filter(|(_, node)| of_the_system(&node.unit))
            .map(|(cluster, node)| {
                let message = format!("the unit of `{}` would be `{}`", node.name, node.unit);
                Finding::of(cluster, node.place_of("carbon_unit"), message)
            })
            .collect()
    }),
};

pub(super) const USER: Check = Check {
    code: "WM125",
    title: "a server that runs as a user or in a group of the system's",
    cause: "What such a user owns is the system's, and what belongs to such a group is as good as root's: deployed artifacts would have it too.",
    fix: "leave `carbon_user` and `carbon_group` out (`wso2`), or name a user and a group of the server's own",
    source: "ours",
    waivable: true,
    when: When::Before(|clusters| {
        placed(clusters)
            .filter_map(|(cluster, node)| {
                let user = USERS.contains(&node.user.as_str()) || node.user.starts_with("systemd-");
                // A server that runs as root is a check of its own.
                let group = GROUPS.contains(&node.group.as_str()) && node.user != "root";
                let (what, name, variable) = if user {
                    ("as the user", &node.user, "carbon_user")
                } else if group {
                    ("in the group", &node.group, "carbon_group")
                } else {
                    return None;
                };
                let message = format!("node `{}` would run {what} `{name}`", node.name);
                Some(Finding::of(cluster, node.place_of(variable), message))
            })
            .collect()
    }),
};

pub(super) const HEAP_SIZE: Check = Check {
    code: "WM126",
    title: "a heap that java cannot have",
    cause: "Below 2m java does not start (`Too small maximum heap`); above what any machine has it ends at once.",
    fix: "write `carbon_heap` as least:most, such as 256m:1024m",
    source: "ours",
    waivable: false,
    when: When::Before(|clusters| {
        let senseless = |size: &str| kind::bytes(size).is_none_or(|bytes| !HEAPS.contains(&bytes));
        placed(clusters)
            .filter_map(|(cluster, node)| {
                let sizes = [&node.heap.0, &node.heap.1];
                let wrong = sizes.into_iter().find(|size| senseless(size))?;
                let message = format!("the heap of `{}` has a limit of {wrong}", node.name);
                Some(Finding::of(cluster, node.place_of("carbon_heap"), message))
            })
            .collect()
    }),
};

pub(super) const OVERLAY: Check = Check {
    code: "WM127",
    title: "an overlay that holds more than overlays",
    cause: "Every file of an overlay goes to the hosts: with the inventory's own folder, or one above it, that is the inventory with its passwords, the pack, or this whole machine.",
    fix: "make a folder of its own beside the inventory, such as overlays/, and name that",
    source: "ours",
    waivable: false,
    when: When::Before(|clusters| {
        let mut findings = Vec::new();
        for (cluster, node) in placed(clusters) {
            for overlay in &node.overlays {
                let inventory = overlay.place.file.parent();
                let inventory = inventory.and_then(|folder| match folder.as_os_str().is_empty() {
                    true => std::env::current_dir().ok(),
                    false => folder.canonicalize().ok(),
                });
                let (Some(inventory), Ok(folder)) = (inventory, overlay.path.canonicalize()) else {
                    // One that is not there is told by another check.
                    continue;
                };
                if inventory.starts_with(&folder) {
                    let shown = overlay.path.display();
                    let message = format!("`{shown}` holds the inventory itself");
                    findings.push(Finding::of(cluster, &overlay.place, message));
                }
            }
        }
        findings
    }),
};
