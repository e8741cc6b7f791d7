//! Checks of `carbon_java_options`: what the role decides, and what breaks a cluster.

use super::super::Cluster;
use super::check::{Check, Finding, When, placed};

/// A finding for every java option of any node that `wrong` tells.
fn options(clusters: &[Cluster], wrong: fn(&str) -> bool, why: &str) -> Vec<Finding> {
    placed(clusters)
        .flat_map(|(cluster, node)| {
            node.java_options
                .iter()
                .filter(|option| wrong(option))
                .map(move |option| {
                    let message = format!("java option `{option}` of node `{}` {why}", node.name);
                    Finding::of(cluster, node.place_of("carbon_java_options"), message)
                })
        })
        .collect()
}

/// True where the option sets the system property `name`.
fn sets(option: &str, name: &str) -> bool {
    option
        .strip_prefix("-D")
        .is_some_and(|set| set.split('=').next() == Some(name))
}

pub(super) const SETUP: Check = Check {
    code: "WM032",
    title: "-Dsetup in the java options",
    cause: "Its help text says that it cleans the registry; the code makes tables where they are missing, and a schema that was half made so never heals. It has no place in options that every start gets.",
    fix: "take it out: tables are made before the first start",
    source: "procedure 7, row 32; real-run 7",
    waivable: true,
    when: When::Before(|clusters| {
        options(
            clusters,
            |option| sets(option, "setup"),
            "asks every start to make tables",
        )
    }),
};

pub(super) const ROLE_OPTION: Check = Check {
    code: "WM040",
    title: "the java options decide the role",
    cause: "`-DworkerNode` and `-Dprofile` make a node a worker or a manager. wmprov writes them from the role, where no restart by hand can lose them; a second place that says otherwise wins or loses by kernel.",
    fix: "take the option out, and put the host into the group of the role that is meant",
    source: "procedure 7, row 40; carbon 1.2",
    waivable: false,
    when: When::Before(|clusters| {
        let wrong = |option: &str| sets(option, "workerNode") || sets(option, "profile");
        options(clusters, wrong, "decides its role, which its group does")
    }),
};

pub(super) const HOME_OPTION: Check = Check {
    code: "WM043",
    title: "the java options lead to another Home",
    cause: "The start script takes `CARBON_HOME` and `carbon.home` as they come: set to another product's folder, they start that one.",
    fix: "take the option out; `carbon_home` sets the Home",
    source: "procedure 7, row 43",
    waivable: false,
    when: When::Before(|clusters| {
        let wrong =
            |option: &str| sets(option, "carbon.home") || sets(option, "carbon.config.dir.path");
        options(clusters, wrong, "leads the server to another Home")
    }),
};

pub(super) const SHUTDOWN_HOOK: Check = Check {
    code: "WM053b",
    title: "hazelcast.shutdownhook.enabled=false",
    cause: "It is an advice against an ugly line at shutdown, but a node that leaves then deletes the tasks and message processors that it shared.",
    fix: "take the option out, or waive this where the product's patches have mended it",
    source: "procedure 7, row 53b",
    waivable: true,
    when: When::Before(|clusters| {
        let wrong = |option: &str| {
            sets(option, "hazelcast.shutdownhook.enabled") && option.ends_with("=false")
        };
        options(clusters, wrong, "makes a leaving node delete shared tasks")
    }),
};

pub(super) const OFFSET_OPTION: Check = Check {
    code: "WM119",
    title: "the java options move the ports",
    cause: "`-DportOffset` beats carbon.xml: the node opens other ports than those that are checked, probed and told to the load balancer.",
    fix: "set `carbon_offset` instead",
    source: "carbon 2",
    waivable: false,
    when: When::Before(|clusters| {
        let wrong = |option: &str| sets(option, "portOffset") || option.starts_with("-Dtomcat.");
        options(clusters, wrong, "moves its ports behind wmprov's back")
    }),
};

pub(super) const CLEAN_REGISTRY: Check = Check {
    code: "WM120",
    title: "cleanRegistry destroys the configuration registry",
    cause: "An argument that ends in `cleanRegistry` makes every start delete Carbon's space of the registry.",
    fix: "take the option out",
    source: "procedure 2.10",
    waivable: false,
    when: When::Before(|clusters| {
        let wrong = |option: &str| {
            option
                .split('=')
                .next()
                .is_some_and(|name| name.to_lowercase().ends_with("cleanregistry"))
        };
        options(clusters, wrong, "deletes the registry at every start")
    }),
};

pub(super) const HEAP_OPTION: Check = Check {
    code: "WM121",
    title: "the java options set the heap",
    cause: "The start script sets the heap; with two settings the one that comes last wins, and which that is differs from kernel to kernel.",
    fix: "set `carbon_heap` instead",
    source: "carbon 1.1",
    waivable: false,
    when: When::Before(|clusters| {
        let wrong = |option: &str| option.starts_with("-Xms") || option.starts_with("-Xmx");
        options(clusters, wrong, "sets its heap a second time")
    }),
};
