//! What is measured, chapter by chapter. Each leaves the hosts as the next one wants them.

use serde_json::Value;

use crate::meter::{Cost, Meter, median};
use crate::night::restarted;
use crate::site::{HOME, PACK, Site};
use crate::table::Table;

/// The tasks that make users and folders; those that make Homes; both.
const HOSTS: &[&str] = &["apply", "--tags", "hosts"];
const HOMES: &[&str] = &["apply", "--tags", "homes"];
pub(crate) const BOTH: &[&str] = &["apply", "--tags", "hosts,homes"];
const PLAN: &[&str] = &["plan", "--tags", "hosts,homes"];

/// Where the other side of the first install puts its files.
const BY_HAND: &str = "/opt/by-hand";

/// Where it installs Homes that no other chapter wants.
const OTHER_HOMES: &str = "/opt/other";

/// What a login that does nothing runs: as root, as a no-op looks.
const NOTHING: &str = "sudo true";

/// What a login asks by hand that wants to know what a no-op without Homes asks; with Homes; with nodes that run.
pub(crate) const ASK_HOST: &str =
    "cat /etc/os-release; ip -o addr; date; getent group wso2; getent passwd wso2; stat /opt/wso2";
pub(crate) const ASK_NODE: &str = "systemctl show wso2esb; cat /etc/systemd/system/wso2esb.service; ss -ltn; \
                        tail -n 200 /opt/wso2/wso2esb-4.9.0/repository/logs/wso2carbon.log";

pub(crate) fn asked(questions: &str) -> String {
    format!("sudo sh -c '({questions}) >/dev/null'")
}

/// A Home hashed by hand (design 4.5).
pub(crate) fn by_hand() -> String {
    format!("sudo sh -c '{}'", hash(HOME))
}

pub(crate) fn hash(folder: &str) -> String {
    format!("find {folder} -type f -print0 | xargs -0 openssl dgst -sha256 >/tmp/by-hand")
}

/// What is done before the first connection, for five hundred hosts: topology, checks, desired Homes; with a pack that was never
/// read before, and with its index kept; against `unzip -t` of that pack.
pub(crate) fn checks(site: &Site, meter: &Meter<'_>, table: &mut Table, rounds: usize) {
    const MANY: usize = 500;
    site.write_nodes("checks.yaml", MANY, PACK);
    let validated = |cache: &str| {
        let cache = format!("XDG_CACHE_HOME={}", site.path(cache));
        let program = env!("CARGO_BIN_EXE_wmprov").to_owned();
        let inventory = site.path("checks.yaml");
        meter.run(&[
            "env".to_owned(),
            cache,
            program,
            "validate".to_owned(),
            inventory,
        ])
    };
    let tested = ["unzip".to_owned(), "-tq".to_owned(), site.path(PACK)];
    let (mut theirs, mut cold, mut kept) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        theirs.push(meter.run(&tested));
        cold.push(validated(&format!("cache-{round}")));
        kept.push(validated(&format!("cache-{round}")));
    }
    let what = "checks of 500 hosts, cold pack, against `unzip -t`";
    ratios(table, what, &cold, &theirs, 1.5);
    let what = "the same with the pack's index kept";
    ratios(table, what, &kept, &theirs, 0.2);
    let peak = cold.iter().map(|cost| cost.peak).fold(0.0, f64::max);
    table.most("memory of them", peak / 1024.0, 100.0, "MB");
}

/// The first install of every Home, against `tar c | ssh host tar x` of the same tree to the same hosts.
pub(crate) fn install(site: &Site, meter: &Meter<'_>, table: &mut Table, rounds: usize) {
    site.wmprov(meter, HOSTS, "inventory.yaml");
    let mut ours = vec![site.wmprov(meter, HOMES, "inventory.yaml")];
    let files = site
        .lab
        .on(&site.hosts[0], &format!("find {HOME} -type f | wc -l"));
    table.told("hosts", &site.hosts.len().to_string());
    table.told("files of a Home", files.trim());
    if rounds == 0 {
        return;
    }
    let tree = site.tree_of(&site.hosts[0]);
    // Ours hashes what has landed; hosts that share the machine with us pay for that in the same seconds.
    let by_hand = |round: usize| {
        let to = format!("{BY_HAND}/{round}");
        site.tar_to_all(meter, &tree, &to, Some(&hash(&to)))
    };
    let mut theirs = vec![by_hand(0)];
    let alone = site.tar_to_all(meter, &tree, &format!("{BY_HAND}/alone"), None);
    // Each round has folders of its own: for minutes ext4 is slower to make files where others were removed
    // (`recently_deleted` in its inode allocator), and whoever came first after that would pay for both.
    for round in 1..rounds.min(3) {
        let home = format!("carbon_home={OTHER_HOMES}/{round}");
        let words = [HOMES, &["-e", &home]].concat();
        if round % 2 == 1 {
            theirs.push(by_hand(round));
        }
        ours.push(site.wmprov(meter, &words, "inventory.yaml"));
        if round % 2 == 0 {
            theirs.push(by_hand(round));
        }
    }
    let clear = format!("sudo rm -rf {BY_HAND} {OTHER_HOMES}");
    site.bare(meter, "inventory.yaml", None, &clear);
    let what = "first install against `tar c | ssh host tar x`, hashed";
    ratios(table, what, &ours, &theirs, 1.2);
    table.told(
        "    against tar that is not hashed, wall",
        &format!("{:.2}", ours[0].wall / alone.wall),
    );
    memory(site, table, "memory of a first install", &ours);
}

/// A run that finds nothing to do: what is sent, what it costs here, against logins.
pub(crate) fn nothing_to_do(site: &Site, meter: &Meter<'_>, table: &mut Table, rounds: usize) {
    let first = &site.hosts[0];
    let (logins, received) = (site.logins(first), site.received(first));
    let one = site.wmprov(meter, BOTH, "inventory.yaml");
    let (logins, received) = (site.logins(first) - logins, site.received(first) - received);
    no_change(&one);
    table.exactly("logins of a no-op apply, as sshd counts them", logins, 1);
    table.exactly("execs of a no-op apply, a host", traffic(&one, "execs"), 1);
    table.exactly(
        "execs of a plan, a host",
        traffic(&site.wmprov(meter, PLAN, "inventory.yaml"), "execs"),
        1,
    );
    table.most(
        "sent to commands by a no-op, a host",
        kilobytes(traffic(&one, "sent")),
        20.0,
        "KB",
    );
    table.most(
        "all that a host receives for it, SSH and TCP",
        kilobytes(received),
        20.0,
        "KB",
    );
    if rounds == 0 {
        return;
    }
    let mut costs: [Vec<Cost>; 5] = Default::default();
    let (host, homes) = (
        asked(ASK_HOST),
        asked(&format!("{ASK_HOST}; {}", hash(HOME))),
    );
    for _ in 0..rounds {
        costs[0].push(site.bare(meter, "inventory.yaml", None, NOTHING));
        costs[1].push(site.wmprov(meter, HOSTS, "inventory.yaml"));
        costs[2].push(site.bare(meter, "inventory.yaml", None, &homes));
        costs[3].push(site.wmprov(meter, BOTH, "inventory.yaml"));
        costs[4].push(site.bare(meter, "inventory.yaml", None, &host));
    }
    let [bare, tasks, hashing, whole, asking] = costs;
    #[allow(clippy::cast_precision_loss, reason = "a few hosts")]
    let hosts = site.hosts.len() as f64;
    let beyond =
        pairs(&whole, &bare).map(|(ours, theirs)| (ours.cpu - theirs.cpu) * 1000.0 / hosts);
    table.most(
        "CPU here of a no-op, a host, beyond bare logins",
        median(beyond),
        6.0,
        "ms",
    );
    ratios(
        table,
        "no-op without Homes against logins that ask the same",
        &tasks,
        &asking,
        1.2,
    );
    // The hosts share this machine: what they are asked takes turns here, and none on machines of their own.
    let wall = |costs: &[Cost]| median(costs.iter().map(|cost| cost.wall));
    table.told(
        "    against logins that ask nothing, wall",
        &format!("{:.2}", wall(&tasks) / wall(&bare)),
    );
    ratios(
        table,
        "no-op against logins that ask and hash the same",
        &whole,
        &hashing,
        1.2,
    );
    memory(site, table, "memory of a no-op", &whole);
}

/// One value changed: the host name of `carbon.xml`.
pub(crate) fn one_value(site: &Site, meter: &Meter<'_>, table: &mut Table) {
    let words = [HOMES, &["-e", "carbon_hostname=other.example.com"]].concat();
    let changed = site.wmprov(meter, &words, "inventory.yaml");
    table.exactly(
        "hosts that change with one value",
        changes(&changed),
        site.hosts.len() as u64,
    );
    table.most(
        "execs where one value changed, a host",
        count(traffic(&changed, "execs")),
        3.0,
        "",
    );
    let beyond = traffic(&changed, "sent").saturating_sub(changed_bytes(&changed));
    table.most(
        "sent beyond the bytes of the changed files, a host",
        kilobytes(beyond),
        60.0,
        "KB",
    );
    let again = site.wmprov(meter, &words, "inventory.yaml");
    no_change(&again);
    site.wmprov(meter, HOMES, "inventory.yaml");
}

/// The check of one Home, against the same done by hand on that host.
pub(crate) fn hashing(site: &Site, meter: &Meter<'_>, table: &mut Table, rounds: usize) {
    let host = site.hosts[1].as_str();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        theirs.push(site.bare(meter, "inventory.yaml", Some(host), &by_hand()));
        ours.push(site.wmprov(
            meter,
            &["plan", "--tags", "homes", "--limit", host],
            "inventory.yaml",
        ));
    }
    ratios(
        table,
        "check of one Home against `find | xargs openssl dgst`",
        &ours,
        &theirs,
        1.2,
    );
}

/// A cluster that runs: the real no-op, proof of role and all.
pub(crate) fn running_cluster(site: &Site, meter: &Meter<'_>, table: &mut Table, rounds: usize) {
    site.write_inventory("running.yaml", &site.hosts[..3], None);
    site.wmprov(meter, &["apply"], "running.yaml");
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let same = asked(&format!("{ASK_HOST}; {ASK_NODE}; {}", hash(HOME)));
    for _ in 0..rounds {
        theirs.push(site.bare(meter, "running.yaml", None, &same));
        ours.push(site.wmprov(meter, &["apply"], "running.yaml"));
    }
    ours.iter().for_each(no_change);
    table.exactly(
        "execs of a no-op on a running cluster, a host",
        traffic(&ours[0], "execs"),
        1,
    );
    table.most(
        "sent by it, a host",
        kilobytes(traffic(&ours[0], "sent")),
        20.0,
        "KB",
    );
    ratios(
        table,
        "no-op of a running cluster against such logins",
        &ours,
        &theirs,
        1.2,
    );
    restarted(site, meter, table, "running.yaml");
}

/// How many hosts [`rolling_change`] takes: a manager, four workers, a balancer before them.
pub(crate) const ROLLING: usize = 6;

/// A change that restarts four workers one after the other, each drained, stopped, started, proved and sent requests again, against the
/// sum of their starts alone: from `systemctl start` to the line in the log, each started by hand while the others serve.
pub(crate) fn rolling_change(site: &Site, meter: &Meter<'_>, table: &mut Table, rounds: usize) {
    const INVENTORY: &str = "rolling.yaml";
    const START: &str = "sudo sh -c 'log=/opt/wso2/wso2esb-4.9.0/repository/logs/wso2carbon.log
        started() { grep -c \"WSO2 Carbon started\" $log; }
        before=$(started); systemctl start wso2esb; until [ $(started) -gt $before ]; do sleep 0.1; done'";
    let (nodes, balancer) = (&site.hosts[..ROLLING - 1], &site.hosts[ROLLING - 1]);
    site.write_inventory(INVENTORY, nodes, Some(balancer));
    for node in nodes {
        // A real one takes 20 to 33 s in a cluster (real-run 3), the lab pack 4 to 10.
        let slow = "echo start.delay=15000 > /etc/labpack.properties";
        site.lab.on(node, slow);
    }
    site.wmprov(meter, &["apply"], INVENTORY);
    let workers = &nodes[1..];
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..rounds.min(2) {
        let starts = workers.iter().map(|worker| {
            let stop = "sudo systemctl stop wso2esb";
            site.bare(meter, INVENTORY, Some(worker), stop);
            site.bare(meter, INVENTORY, Some(worker), START)
        });
        theirs.push(Cost::sum(starts));
        let heap = format!("carbon_heap=64m:{}m", 260 + round);
        let words = ["apply", "--limit", "worker", "-e", &heap];
        let rolled = site.wmprov(meter, &words, INVENTORY);
        let what = "workers that a rolling change restarts";
        table.exactly(what, changes(&rolled), workers.len() as u64);
        ours.push(rolled);
    }
    let what = "rolling change of 4 workers against the sum of their starts";
    ratios(table, what, &ours, &theirs, 1.2);
    site.wmprov(meter, &["stop", "--allow-downtime"], INVENTORY);
    for node in nodes {
        site.lab.on(node, "rm /etc/labpack.properties");
    }
}

/// Many hosts at once: memory and CPU here grow by little with each.
pub(crate) fn many_hosts(site: &Site, meter: &Meter<'_>, table: &mut Table) {
    const MANY: u32 = 500;
    site.write_many("many.yaml", MANY as usize);
    let playbook = "- hosts: all\n  become: true\n  tasks:\n    \
        - file: { path: /opt, state: directory, mode: \"0755\" }\n    - stat: { path: /etc/passwd }\n";
    let playbook = site.lab.write("many-play.yaml", playbook);
    let words = ["apply", "-p", &playbook.display().to_string()];
    let theirs = site.bare(meter, "many.yaml", None, NOTHING);
    let ours = site.wmprov(meter, &words, "many.yaml");
    no_change(&ours);
    let many = f64::from(MANY);
    table.exactly(
        "execs of a no-op of 500 hosts, a host",
        traffic(&ours, "execs"),
        1,
    );
    table.most("memory of it", ours.peak / 1024.0, 30.0 + 0.2 * many, "MB");
    table.most(
        "CPU here of it, a host, beyond bare logins",
        (ours.cpu - theirs.cpu) * 1000.0 / many,
        6.0,
        "ms",
    );
}

/// Wall time, and the CPU of both sides where hosts share this machine.
pub(crate) fn ratios(table: &mut Table, what: &str, ours: &[Cost], theirs: &[Cost], budget: f64) {
    let of = |costs: &[Cost], part: fn(&Cost) -> f64| median(costs.iter().map(part));
    let wall = |cost: &Cost| cost.wall;
    table.most(
        &format!("{what}, wall"),
        of(ours, wall) / of(theirs, wall),
        budget,
        "",
    );
    let ratio = of(ours, Cost::whole) / of(theirs, Cost::whole);
    table.told("    the same in CPU of all sides", &format!("{ratio:.2}"));
    let seconds = format!("{:.2}/{:.2} s", of(ours, wall), of(theirs, wall));
    table.told("    ours, theirs", &seconds);
    // Whether a median means anything is seen by what it is the middle of.
    let all = |costs: &[Cost]| {
        let walls = costs.iter().map(|cost| format!("{:.1}", cost.wall));
        walls.collect::<Vec<_>>().join(" ")
    };
    if ours.len() > 1 {
        let rounds = format!("{} / {}", all(ours), all(theirs));
        table.told("    their rounds", &rounds);
    }
}

fn memory(site: &Site, table: &mut Table, what: &str, costs: &[Cost]) {
    let peak = costs.iter().map(|cost| cost.peak).fold(0.0, f64::max);
    let budget = 30.0 + 0.2 * count(site.hosts.len() as u64);
    table.most(what, peak / 1024.0, budget, "MB");
}

fn pairs<'a>(ours: &'a [Cost], theirs: &'a [Cost]) -> impl Iterator<Item = (&'a Cost, &'a Cost)> {
    ours.iter().zip(theirs)
}

/// The most of one kind of traffic that any host had.
fn traffic(cost: &Cost, kind: &str) -> u64 {
    let report = cost.report();
    let hosts = report["traffic"].as_object().unwrap().values();
    hosts
        .map(|traffic| traffic[kind].as_u64().unwrap())
        .max()
        .unwrap()
}

/// How many hosts were changed.
fn changes(cost: &Cost) -> u64 {
    let report = cost.report();
    let hosts = report["hosts"].as_object().unwrap().values();
    hosts
        .filter(|tally| tally["changed"].as_u64().unwrap() > 0)
        .count() as u64
}

fn no_change(cost: &Cost) {
    assert_eq!(changes(cost), 0, "{}", cost.out);
}

/// The bytes of the files that differed on the host with the fewest.
fn changed_bytes(cost: &Cost) -> u64 {
    let events = cost
        .out
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let finished =
        events.filter(|event| event["event"] == "task_finished" && event["outcome"] == "changed");
    let bytes = |event: Value| -> u64 {
        let files = event["differences"].as_array().unwrap();
        files
            .iter()
            .map(|file| file["after"].as_str().map_or(0, str::len) as u64)
            .sum()
    };
    finished.map(bytes).min().unwrap_or(0)
}

#[allow(clippy::cast_precision_loss, reason = "small counts")]
pub(crate) fn count(number: u64) -> f64 {
    number as f64
}

pub(crate) fn kilobytes(bytes: u64) -> f64 {
    count(bytes) / 1000.0
}
