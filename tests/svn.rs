//! Pattern 3 with artifacts that go through a repository, its registry in PostgreSQL, and a balancer before each sub-domain, on
//! real hosts: a real Apache over TLS and then a real svnserve that wmprov has set up, in which each node has a login of its own
//! and the active manager's alone may write; then broken by hand in the ways that an operator meets.

use std::process::Command;

use crate::broken::{Break, break_all, drift_names, of_nodes};
use crate::databases::drivers;
use crate::hosts::{Lab, Ran, lab_pack, root};
use crate::main_job::{right_clock, wrong_clock};

/// `svn1` is the balancer of the managers besides, and has the database server.
const HOSTS: [&str; 6] = ["svn1", "mgr1", "mgr2", "wkr1", "wkr2", "lb1"];
const NODES: [&str; 4] = ["mgr1", "mgr2", "wkr1", "wkr2"];
const APIS: &str = "synapse-configs/default/api";
const HOME: &str = "/opt/wso2/wso2esb-4.9.0";
const SERVER: &str = "/opt/wso2/wso2esb-4.9.0/repository/deployment/server";
const REPOSITORY: &str = "/var/lib/wmprov-svn/all";
const PASSWORD: &str = "svn-pass&1";
const CONFIG: &str = "/etc/nginx/conf.d/wmprov-all.conf";
/// What has Apache serve the repository, beside the nginx of the same host.
const APACHE: &str = "    carbon_svn_server: apache
    carbon_svn_port: 8443
    carbon_svn_certificate: store.crt
    carbon_svn_certificate_key: store.key
";

/// The database server, as an administrator of databases sets it up: the nodes' login may make tables, and owns no database.
const SERVER_OF_DATABASES: &str = r#"set -e
export DEBIAN_FRONTEND=noninteractive
apt-get install -y -q postgresql-15 >/root/apt.log 2>&1 || { tail -20 /root/apt.log; exit 1; }
cd /etc/postgresql/15/main
printf "listen_addresses = '*'\n" >> postgresql.conf
printf 'host carbon carbon 10.77.0.0/16 scram-sha-256\n' >> pg_hba.conf
systemctl restart postgresql@15-main
runuser -u postgres -- psql -q -c "CREATE ROLE carbon LOGIN PASSWORD 'db-pass1'" -c "CREATE DATABASE carbon"
runuser -u postgres -- psql -q carbon -c "GRANT CONNECT ON DATABASE carbon TO carbon" -c "REVOKE CONNECT ON DATABASE carbon FROM PUBLIC" \
  -c "GRANT ALL ON SCHEMA public TO carbon"
echo up"#;

fn write_inventory(lab: &Lab, password: &str, served: &str) {
    let keys = lab.keys().display();
    let address = |host: &str| format!("{host}: {{ ansible_host: {} }}", lab.address(host));
    let [svn1, mgr1, mgr2, wkr1, wkr2, _] = HOSTS.map(address);
    let [server, administrator, lb1] = ["svn1", "wkr1", "lb1"].map(|host| lab.address(host));
    let text = format!(
        "all:
  vars:
    carbon_product: esb
    carbon_version: \"4.9.0\"
    carbon_pattern: 3
    carbon_pack: wso2esb-4.9.0.zip
    carbon_hostname: esb.example.com
    carbon_mgt_hostname: mgt.esb.example.com
    carbon_console_allow: {administrator}
    carbon_certificate: front.crt
    carbon_certificate_key: front.key
    carbon_admin_password: admin
    carbon_heap: 64m:256m
    carbon_waive: {{WM062: a lab}}
    carbon_database_jars: drivers.jar
    carbon_databases:
      registry: {{ url: \"jdbc:postgresql://{server}/carbon\", user: carbon, password: db-pass1, pool: 10 }}
    carbon_artifact_sync: svn
    carbon_svnkit_jar: svnkit-all-1.8.14.jar
    carbon_svn_password: \"{password}\"
{served}    java_home: /usr/lib/jvm/java-17-openjdk-amd64
    ansible_user: deploy
    ansible_ssh_private_key_file: {keys}/id_ed25519
    ansible_ssh_common_args: -o UserKnownHostsFile={keys}/known_hosts
  children:
    manager: {{ hosts: {{ {mgr1}, {mgr2} }} }}
    worker: {{ hosts: {{ {wkr1}, {wkr2} }} }}
    artifact_store: {{ hosts: {{ {svn1} }} }}
    load_balancer:
      hosts:
        lb1: {{ ansible_host: {lb1}, carbon_balances: workers }}
        svn1: {{ carbon_balances: managers }}
"
    );
    lab.write("inventory.yaml", &text);
}

/// The client that no pack ships: SVNKit itself.
pub(crate) fn client(lab: &Lab) {
    client_of(lab, "svnkit-all-1.8.14.jar", "1.8.14");
}

/// The same of another version.
pub(crate) fn client_of(lab: &Lab, name: &str, version: &str) {
    let built = Command::new(root().join("tests/pack/svnkit"))
        .arg(lab.site.join(name))
        .arg(version)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "{said}");
}

#[test]
fn artifacts_go_through_a_repository_that_one_node_writes() {
    let Some(lab) = Lab::up("wmsv", &HOSTS) else {
        return;
    };
    let clients = "export DEBIAN_FRONTEND=noninteractive
        apt-get install -y -q --no-install-recommends postgresql-client-15 >/root/apt.log 2>&1 && echo up";
    std::thread::scope(|scope| {
        let servers = scope.spawn(|| lab.on("svn1", SERVER_OF_DATABASES));
        // With it the database is dumped.
        let clients = scope.spawn(|| lab.on("mgr1", clients));
        lab_pack(&lab, "esb", "4.9.0");
        client(&lab);
        for said in [servers, clients].map(|one| one.join().unwrap()) {
            assert!(said.contains("up"), "{said}");
        }
    });
    drivers(&lab);
    let names = "DNS:esb.example.com,DNS:mgt.esb.example.com";
    a_certificate(&lab, "front", names);
    a_certificate(&lab, "store", &format!("IP:{}", lab.address("svn1")));
    write_inventory(&lab, PASSWORD, APACHE);
    // Carbon looks every 15 s; here it may be sooner.
    for node in NODES {
        lab.on(node, "echo scan.interval=1000 > /etc/labpack.properties");
    }
    let plan = lab.run(&["plan", "--diff"]);
    assert_eq!(plan.status, Some(3), "{}", plan.all());
    silent(&plan);
    lab.applied();
    again_nothing(&lab);
    the_role_decides_who_commits(&lab);
    each_balancer_has_its_side(&lab);
    what_the_pack_brought_is_laid_aside(&lab);
    each_node_reads_and_one_writes(&lab);
    who_may_write_is_known_at_once(&lab);
    an_artifact_goes_to_every_worker(&lab);
    a_lost_repository_comes_back(&lab);
    passwords_are_kept(&lab);
    what_breaks_is_named_before_a_node_is_stopped(&lab);
    another_password_shows_nowhere(&lab);
    another_manager_commits(&lab);
    who_was_away_writes_no_more(&lab);
    who_goes_has_no_login_any_more(&lab);
}

/// No password is in what is said.
fn silent(ran: &Ran) {
    for password in ["svn-pass", "another-pass", "db-pass"] {
        assert!(!ran.all().contains(password), "{}", ran.all());
    }
}

/// From a backup, into the store that an `apply` makes anew. Nodes whose check-outs are of another repository than the one
/// that is there begin with new ones.
fn a_lost_repository_comes_back(lab: &Lab) {
    let youngest = || lab.on("svn1", &format!("svnlook youngest {REPOSITORY}"));
    let before = youngest();
    let file = lab.site.join("all.backup");
    let file = file.to_str().unwrap();
    // Whoever is the server's user has laid a link: what that user may not read comes into no backup.
    let evil = format!("{HOME}/repository/database/Evil.h2.db");
    lab.on(
        "wkr2",
        &format!("runuser -u wso2 -- ln -s /etc/shadow {evil}"),
    );
    let ran = lab.run(&["backup", "--output", file]);
    assert_eq!(ran.status, Some(1), "{}", ran.all());
    let words = "WM201 `node/wkr2/h2.tar` cannot be taken on host `wkr2`: tar: ./Evil.h2.db: Cannot open: Permission denied";
    assert!(ran.all().contains(words), "{}", ran.all());
    lab.on("wkr2", &format!("rm {evil}"));
    let ran = lab.run(&["backup", "--output", file]);
    assert_eq!(ran.status, Some(0), "{}", ran.all());
    silent(&ran);
    let names = Command::new("sh")
        .args(["-c", "tar -xOf \"$0\" repository.tar.gz | tar -tz", file])
        .output()
        .unwrap();
    let names = String::from_utf8_lossy(&names.stdout).into_owned();
    assert!(names.contains("./db/current"), "{names}");
    assert!(!names.contains("passwd"), "{names}");
    let ran = lab.run(&["stop", "--allow-downtime"]);
    assert_eq!(ran.status, Some(0), "{}", ran.failure());
    let ran = lab.run(&["restore", file]);
    assert_eq!(ran.status, Some(2), "{}", ran.all());
    let words = format!(
        "WM205 the repository on host `svn1` has {} revisions",
        before.trim()
    );
    for words in [&words, "WM205 database `registry` has 39 tables"] {
        assert!(ran.all().contains(words), "{}", ran.all());
    }
    let uuid = lab.on("svn1", &format!("svnlook uuid {REPOSITORY}"));
    let uuid = uuid.trim();
    for node in ["mgr1", "wkr1"] {
        let other = uuid.chars().rev().collect::<String>();
        lab.on(
            node,
            &format!("sed -i s/{uuid}/{other}/g {SERVER}/.svn/wc.db"),
        );
    }
    lab.on(
        "svn1",
        "systemctl stop wmprov-svn-apache; rm -rf /var/lib/wmprov-svn",
    );
    nothing_is_written_through_a_link(lab, file);
    // It comes back with svnserve before it, so that check-outs are from another URL besides.
    write_inventory(lab, PASSWORD, "");
    let ran = lab.run(&["restore", file, "--over", "databases"]);
    assert_eq!(ran.status, Some(0), "{}", ran.failure());
    silent(&ran);
    assert_eq!(youngest(), before);
    for (node, asides) in [("mgr1", "1"), ("wkr1", "2"), ("wkr2", "2")] {
        let line = format!(
            "grep -qaF {uuid} {SERVER}/.svn/wc.db && ls -d {HOME}.wmprov/left-*/server | wc -l"
        );
        assert_eq!(lab.on(node, &line).trim(), asides, "{node}");
    }
    let apache =
        "systemctl is-active wmprov-svn wmprov-svn-apache; ls /etc/wmprov-svn; pgrep -c apache2";
    assert_eq!(lab.on("svn1", apache), "active\ninactive\napache.conf\n0\n");
    again_nothing(lab);
}

/// The server's user has laid a link in the place of a folder that a restore writes to: root does not write for that user where
/// it may not itself.
fn nothing_is_written_through_a_link(lab: &Lab, file: &str) {
    let folder = format!("{HOME}/repository/database");
    lab.on(
        "wkr2",
        &format!(
            "mkdir /root/kept; echo mine > /root/kept/WSO2CARBON_DB.h2.db
            runuser -u wso2 -- sh -c 'mv {folder} {folder}.away; ln -s /root/kept {folder}'"
        ),
    );
    let ran = lab.run(&["restore", file, "--over", "databases"]);
    assert_eq!(ran.status, Some(1), "{}", ran.all());
    for words in [
        "WM201 `node/wkr2/h2.tar` cannot be put on host `wkr2`",
        &format!("{folder}': Permission denied"),
    ] {
        assert!(ran.all().contains(words), "{}", ran.all());
    }
    assert_eq!(
        lab.on(
            "wkr2",
            "cd /root/kept && ls -A && cat * && stat -c '%U' . *"
        ),
        "WSO2CARBON_DB.h2.db\nmine\nroot\nroot\n"
    );
    lab.on(
        "wkr2",
        &format!("rm -r /root/kept {folder}; mv {folder}.away {folder}"),
    );
}

fn again_nothing(lab: &Lab) {
    let again = lab.applied();
    for host in HOSTS {
        assert_eq!(again["hosts"][host]["changed"], 0, "{again}");
        assert_eq!(again["traffic"][host]["execs"], 1, "{again}");
    }
}

fn the_role_decides_who_commits(lab: &Lab) {
    let url = format!("<SvnUrl>https://{}:8443/all</SvnUrl>", lab.address("svn1"));
    for node in NODES {
        let file = lab.on(node, &format!("cat {HOME}/repository/conf/carbon.xml"));
        let commits = format!("<AutoCommit>{}</AutoCommit>", node == "mgr1");
        let user = format!("<SvnUser>{node}</SvnUser>");
        for wanted in [
            "<Enabled>true</Enabled>",
            &commits,
            "<AutoCheckout>true</AutoCheckout>",
            &url,
            &user,
            "<SvnPassword>svn-pass&amp;1</SvnPassword>",
            "<SvnUrlAppendTenantId>true</SvnUrlAppendTenantId>",
        ] {
            assert!(file.contains(wanted), "{node}: {wanted}");
        }
        let mode = format!(
            "stat -c %a {HOME}/repository/conf/carbon.xml; ls {HOME}/repository/components/dropins"
        );
        let shown = lab.on(node, &mode);
        assert!(
            shown.starts_with("640\n") && shown.contains("svnkit-all-1.8.14.jar"),
            "{shown}"
        );
    }
}

/// A certificate of the user's own, for both balancers in place of one that a lab makes, or for Apache.
fn a_certificate(lab: &Lab, file: &str, names: &str) {
    let made = Command::new("openssl")
        .args([
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "90",
        ])
        .args(["-subj", "/CN=esb.example.com", "-addext"])
        .arg(format!("subjectAltName={names}"))
        .args([
            "-keyout",
            &format!("{file}.key"),
            "-out",
            &format!("{file}.crt"),
        ])
        .current_dir(&lab.site)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
}

/// Workers answer by their balancer and the console by its own, each under its name and the user's certificate; what each role
/// is told of the names in front of it.
fn each_balancer_has_its_side(lab: &Lab) {
    let client = root().join("tests/balancer/client.py");
    for host in ["wkr1", "mgr1"] {
        lab.put(host, &client, "/root/client.py");
    }
    let [workers, managers] = ["lb1", "svn1"].map(|host| lab.address(host));
    let console = "https://mgt.esb.example.com/carbon/";
    // The administrator sits at wkr1.
    for (from, address, url, wanted) in [
        (
            "wkr1",
            &managers,
            console,
            "302 https://mgt.esb.example.com/carbon/",
        ),
        ("mgr1", &managers, console, "403 "),
        ("wkr1", &workers, "https://esb.example.com/carbon/", "403 "),
        (
            "wkr1",
            &workers,
            "https://esb.example.com/services/Version",
            "200 ",
        ),
    ] {
        let said = lab.on(
            from,
            &format!("python3 /root/client.py ask {address} {url}"),
        );
        assert!(said.starts_with(wanted), "{from}, {address}, {url}: {said}");
    }
    let own = std::fs::read_to_string(lab.site.join("front.crt")).unwrap();
    for (host, name) in [("lb1", "esb.example.com"), ("svn1", "mgt.esb.example.com")] {
        let shown = format!(
            "openssl s_client -connect 127.0.0.1:443 -servername {name} < /dev/null 2>/dev/null | openssl x509"
        );
        assert_eq!(lab.on(host, &shown), own, "{host}");
    }
    // Of procedure 1.5 what this kernel knows: the console's name and its proxy port, the label, addresses in a WSDL.
    let told = format!(
        "cd {HOME}/repository/conf; grep -c '<MgtHostName>mgt.esb' carbon.xml; python3 -c \"import xml.etree.ElementTree as e
print([one.get('proxyPort') for one in e.parse('tomcat/catalina-server.xml').iter('Connector')])
axis = e.parse('axis2/axis2.xml')
print([one.get('value') for one in axis.iter('property') if one.get('name') == 'subDomain'])
print([one.text for one in axis.iter('parameter') if one.get('name') == 'WSDLEPRPrefix'])\""
    );
    let names = "['http://esb.example.com:80', 'https://esb.example.com:443']";
    let console = "1\n['80', '443']\n['mgt']\n";
    for (host, wanted) in [
        ("mgr1", console),
        ("mgr2", console),
        ("wkr1", "0\n[None, None]\n['worker']\n"),
    ] {
        assert_eq!(lab.on(host, &told), format!("{wanted}{names}\n"), "{host}");
    }
}

/// The first check-out of a worker meets nothing; the pack's artifacts are the active manager's first commit.
fn what_the_pack_brought_is_laid_aside(lab: &Lab) {
    for worker in ["wkr1", "wkr2"] {
        let found = lab.on(
            worker,
            &format!("cd {SERVER} && ls -d .svn axis2services/Echo.aar; cd {HOME}.wmprov && ls left-*/server/axis2services/Echo.aar; grep -o 'Checked out using SVN Kit' {HOME}/repository/logs/wso2carbon.log; stat -c %U {SERVER}"),
        );
        let lines: Vec<&str> = found.lines().collect();
        assert_eq!(lines.len(), 5, "{found}");
        assert_eq!(lines[3..], ["Checked out using SVN Kit", "wso2"], "{found}");
    }
    let kept = lab.on("mgr1", &format!("ls -d {HOME}.wmprov/left-* 2>&1"));
    assert!(kept.contains("No such file"), "{kept}");
}

/// Waits until a line of shell on a host says `wanted`.
fn awaited(lab: &Lab, host: &str, line: &str, wanted: &str) {
    let wait = format!(
        "for i in $(seq 200); do [ \"$({line})\" = '{wanted}' ] && echo came && exit; sleep 0.3; done; {line}; tail -n 20 {HOME}/repository/logs/wso2carbon.log"
    );
    let said = lab.on(host, &wait);
    assert_eq!(said.trim(), "came", "{host}: {line}");
}

/// Deployed on the active manager, committed, told by a message, checked out and served; and so it goes again.
fn an_artifact_goes_to_every_worker(lab: &Lab) {
    let probed = lab.run(&["apply", "--probe-artifact"]);
    assert_eq!(probed.status, Some(0), "{}", probed.failure());
    let said = "a probe artifact of cluster all was on all nodes, and served, after ";
    assert!(probed.all().contains(said), "{}", probed.all());
    let through = "grep -c 'GET /wmprov-probe HTTP/1.1\" 200' /var/log/nginx/access.log";
    assert_ne!(lab.on("lb1", through).trim(), "0", "no balancer was asked");
    for node in NODES {
        let left = lab.on(node, &format!("find {SERVER} -name '*robe*'"));
        assert_eq!(left, "", "{node}");
    }
    let api = "<api xmlns=\"http://ws.apache.org/ns/synapse\" name=\"Probe\" context=\"/probe\"><resource methods=\"GET\"><inSequence><payloadFactory media-type=\"json\"><format>{\"v\":1}</format></payloadFactory><respond/></inSequence></resource></api>";
    let path = format!("{SERVER}/synapse-configs/default/api/Probe.xml");
    lab.on(
        "mgr1",
        &format!("mkdir -p $(dirname {path}) && printf '%s' '{api}' > {path} && chown -R wso2:wso2 {SERVER}"),
    );
    for worker in ["wkr1", "wkr2"] {
        let asked = "python3 -c \"import urllib.request as r; print(r.urlopen(\\\"http://127.0.0.1:8280/probe\\\").read().decode())\" 2>/dev/null";
        awaited(lab, worker, asked, "{\"v\":1}");
        // What is changed by hand on a worker goes back, and is never committed.
        lab.on(worker, &format!("echo broken > {path}"));
    }
    let told = lab.on("wkr1", &format!("grep -c 'Received \\[SynchronizeRepositoryRequest{{tenantId=-1234' {HOME}/repository/logs/wso2carbon.log"));
    assert_ne!(told.trim(), "0", "no message came");
    lab.on(
        "mgr1",
        &format!("touch {SERVER}/another.bk {SERVER}/second.xml && chown wso2:wso2 {SERVER}/*"),
    );
    for worker in ["wkr1", "wkr2"] {
        awaited(lab, worker, &format!("cat {path}"), api);
    }
    // What the synchroniser leaves out stays where it is, and is no difference.
    lab.on("mgr1", &format!("rm {path} {SERVER}/second.xml"));
    for worker in ["wkr1", "wkr2"] {
        awaited(
            lab,
            worker,
            &format!("find {SERVER} -name Probe.xml -o -name second.xml -o -name another.bk"),
            "",
        );
    }
    let log = svn(
        lab,
        "wkr1",
        &format!(
            "log -q https://{}:8443/all | grep -o '| [a-z0-9]* |' | sort -u",
            lab.address("svn1")
        ),
    );
    assert_eq!(log.trim(), "| mgr1 |", "a worker has committed");
}

/// A command of Subversion's own client, on the store's host.
fn svn(lab: &Lab, user: &str, words: &str) -> String {
    let address = lab.address("svn1");
    lab.on(
        "svn1",
        &format!("echo '{PASSWORD}' | svn --non-interactive --no-auth-cache --trust-server-cert-failures=unknown-ca,cn-mismatch --username {user} --password-from-stdin {words} 2>&1 | sed 's#{address}#store#g'"),
    )
}

/// Apache lets a user do what the rules say, and nothing more, from the next request on: nobody has to reload it.
fn who_may_write_is_known_at_once(lab: &Lab) {
    let url = format!("https://{}:8443/all", lab.address("svn1"));
    let rules = format!("{REPOSITORY}/conf/authz");
    let may = |who: &str, what: &str| {
        lab.on(
            "svn1",
            &format!("sed -i 's/^{who} = .*/{who} = {what}/' {rules}"),
        );
    };
    may("mgr1", "r");
    let refused = svn(lab, "mgr1", &format!("mkdir -m probe {url}/probe"));
    assert!(refused.contains("E175013"), "{refused}");
    may("mgr1", "rw");
}

fn each_node_reads_and_one_writes(lab: &Lab) {
    let url = format!("https://{}:8443/all", lab.address("svn1"));
    let written = svn(lab, "mgr1", &format!("mkdir -m probe {url}/probe"));
    assert!(written.contains("Committed revision"), "{written}");
    for worker in ["wkr1", "wkr2"] {
        assert!(svn(lab, worker, &format!("ls {url}")).contains("probe/"));
        let refused = svn(lab, worker, &format!("mkdir -m probe {url}/{worker}"));
        assert!(refused.contains("E175013"), "{refused}");
    }
    let trusted = "--non-interactive --trust-server-cert-failures=unknown-ca,cn-mismatch";
    let stranger = lab.on("svn1", &format!("svn {trusted} ls {url} 2>&1"));
    assert!(stranger.contains("E215004"), "{stranger}");
    svn(lab, "mgr1", &format!("rm -m probe {url}/probe"));
    let settings = "/etc/wmprov-svn/all";
    let modes = format!(
        "stat -c '%a %U %G' {REPOSITORY} {REPOSITORY}/conf/authz {settings}.htpasswd {settings}.key; \
         ls {REPOSITORY}/conf; ps -C apache2 -o user= | sort -u; grep -cF 'wkr1:$2y$05$' {settings}.htpasswd"
    );
    assert_eq!(
        lab.on("svn1", &modes),
        "750 wmprov-svn wmprov-svn\n640 root wmprov-svn\n640 root wmprov-svn\n640 root wmprov-svn\n\
         authz\nhooks-env.tmpl\nsvnserve.conf\nwmprov-svn\n1\n"
    );
}

/// svnserve knows passwords as they are: root's alone, and its own to read.
fn passwords_are_kept(lab: &Lab) {
    let modes = format!("stat -c '%a %U %G' {REPOSITORY}/conf/passwd {REPOSITORY}/conf/authz");
    let kept = "640 root wmprov-svn\n640 root wmprov-svn\n";
    assert_eq!(lab.on("svn1", &modes), kept);
}

fn failed(lab: &Lab, arguments: &[&str], words: &[&str]) {
    let ran = lab.run(&[&["apply"], arguments].concat());
    assert_eq!(ran.status, Some(1), "{}", ran.all());
    for word in words {
        assert!(ran.all().contains(word), "{word}: {}", ran.all());
    }
    silent(&ran);
}

fn pid(lab: &Lab, host: &str) -> String {
    lab.on(host, "systemctl show -p MainPID --value wso2esb")
}

/// What the store and the balancer meet. (The rule of `wkr1` is gone already.)
const BESIDES: [Break; 2] = [
    (
        "svn1",
        "systemctl stop wmprov-svn; echo x >> /var/lib/wmprov-svn/all/conf/passwd",
        &["wmprov-svn", "conf/authz", "passwords of the repository"],
    ),
    ("lb1", "systemctl stop nginx", &["nginx"]),
];

/// A server that is stopped, a password that is another, a user who may not even read, a database that lets the node in no more,
/// a full disk: each is named for the node that has to start, which is not stopped for it; and all of it, with what nodes meet
/// besides, is mended by an apply.
fn what_breaks_is_named_before_a_node_is_stopped(lab: &Lab) {
    let before = pid(lab, "wkr1");
    lab.on("svn1", "systemctl stop wmprov-svn");
    // Its start wants another file, and is not begun.
    lab.on(
        "wkr1",
        &format!("echo '<!-- by hand -->' >> {HOME}/repository/conf/registry.xml"),
    );
    let words = [
        "WM183 repository `svn://",
        "of node `wkr1`: nothing takes connections at ",
    ];
    failed(lab, &["--limit", "wkr1"], &words);
    let conf = format!("{REPOSITORY}/conf");
    lab.on(
        "svn1",
        "systemctl start wmprov-svn; runuser -u postgres -- psql -q -c 'REVOKE CONNECT ON DATABASE carbon FROM carbon'",
    );
    let words = "WM030 database `registry` of node `wkr1`: it refuses `carbon`: permission denied for database";
    failed(lab, &["--limit", "wkr1"], &[words]);
    lab.on(
        "svn1",
        "runuser -u postgres -- psql -q -c 'GRANT CONNECT ON DATABASE carbon TO carbon'",
    );
    let state = format!("{HOME}.wmprov");
    lab.tool(&["fault", "wkr1", "full", &state]);
    failed(
        lab,
        &["--limit", "wkr1"],
        &["No space left on device", "make room on the host"],
    );
    lab.tool(&["fault", "wkr1", "heal"]);
    lab.on(
        "svn1",
        &format!("sed -i 's/^wkr1 = .*/wkr1 = other/' {conf}/passwd; systemctl start wmprov-svn"),
    );
    failed(
        lab,
        &["--limit", "wkr1"],
        &["WM183", "it refuses `wkr1`: Password incorrect"],
    );
    lab.on(
        "svn1",
        &format!(
            "sed -i 's/^wkr1 = .*/wkr1 = {}/' {conf}/passwd; sed -i '/^wkr1/d' {conf}/authz",
            PASSWORD.replace('&', "\\&")
        ),
    );
    failed(
        lab,
        &["--limit", "wkr1"],
        &["WM183", "it refuses `wkr1`", "uthoriz"],
    );
    assert_eq!(pid(lab, "wkr1"), before, "it was stopped");
    let breaks = [&of_nodes("mgr2")[..], &BESIDES].concat();
    break_all(lab, &breaks);
    wrong_clock(lab, "mgr2");
    silent(&drift_names(lab, &breaks));
    let mended = lab.run(&["apply"]);
    right_clock(lab, "mgr2");
    assert_eq!(mended.status, Some(0), "{}", mended.failure());
    let told = "WM057 cluster `all`: the clock of `mgr2` is at least";
    assert!(mended.all().contains(told), "{}", mended.all());
    again_nothing(lab);
    assert_eq!(lab.on("svn1", "systemctl is-active wmprov-svn"), "active\n");
    // A unit that changed is another process.
    let process = || lab.on("svn1", "systemctl show -p MainPID --value wmprov-svn");
    let old = process();
    lab.on(
        "svn1",
        "echo '# mine' >> /etc/systemd/system/wmprov-svn.service",
    );
    lab.applied();
    assert_ne!(process(), old, "svnserve still runs by the former unit");
    assert_eq!(lab.on("svn1", "systemctl is-active wmprov-svn"), "active\n");
    again_nothing(lab);
}

fn another_password_shows_nowhere(lab: &Lab) {
    write_inventory(lab, "another-pass%1", "");
    let plan = lab.run(&["plan", "--diff"]);
    assert!(
        plan.all()
            .contains("passwords of the repository of cluster all"),
        "{}",
        plan.all()
    );
    silent(&plan);
    write_inventory(lab, PASSWORD, "");
}

/// Deploys an API on a manager, as its console would.
fn deploy(lab: &Lab, host: &str, name: &str) {
    let context = name.to_lowercase();
    let text = format!(
        "<api xmlns=\"http://ws.apache.org/ns/synapse\" name=\"{name}\" context=\"/{context}\"><resource methods=\"GET\"><inSequence><respond/></inSequence></resource></api>"
    );
    lab.on(
        host,
        &format!("mkdir -p {SERVER}/{APIS} && printf '%s' '{text}' > {SERVER}/{APIS}/{name}.xml && chown -R wso2:wso2 {SERVER}/{APIS}"),
    );
}

fn has(lab: &Lab, host: &str, name: &str) -> bool {
    let line = format!("[ -e {SERVER}/{APIS}/{name}.xml ] && echo yes");
    lab.on(host, &line).trim() == "yes"
}

/// One writes and commits: `active`; and nothing is left to do.
fn stands(lab: &Lab, active: &str, passive: &str) {
    let rules = lab.on("svn1", &format!("grep '^mgr' {REPOSITORY}/conf/authz"));
    assert!(rules.contains(&format!("{active} = rw")), "{rules}");
    assert!(rules.contains(&format!("{passive} = r\n")), "{rules}");
    for (manager, commits) in [(active, true), (passive, false)] {
        let file = lab.on(manager, &format!("cat {HOME}/repository/conf/carbon.xml"));
        let wanted = format!("<AutoCommit>{commits}</AutoCommit>");
        assert!(file.contains(&wanted), "{manager}: {wanted}");
    }
    let console = lab.on("svn1", &format!("grep '; # mgr' {CONFIG}"));
    assert!(
        console.contains(&format!("; # {active}")) && !console.contains(passive),
        "{console}"
    );
    again_nothing(lab);
}

/// What was deployed a moment before is with all; no worker is restarted.
fn another_manager_commits(lab: &Lab) {
    let workers = [pid(lab, "wkr1"), pid(lab, "wkr2")];
    deploy(lab, "mgr1", "Late");
    let promoted = lab.run(&["promote", "mgr2"]);
    assert_eq!(promoted.status, Some(0), "{}", promoted.failure());
    silent(&promoted);
    for node in NODES {
        assert!(has(lab, node, "Late"), "Late is lost on {node}");
    }
    assert_eq!(workers, [pid(lab, "wkr1"), pid(lab, "wkr2")]);
}

/// A manager that was away when another took over still takes itself for the committer: it may read only, and what only it
/// has is kept beside its Home. (`tests/promote.rs` has a host that has really lost power.)
fn who_was_away_writes_no_more(lab: &Lab) {
    let file = format!("{HOME}/repository/conf/carbon.xml");
    lab.on("mgr1", &format!("echo x > {HOME}.wmprov/committer; sed -i 's#<AutoCommit>false#<AutoCommit>true#' {file}; systemctl restart wso2esb"));
    deploy(lab, "mgr1", "Lost");
    let refused = format!(
        "grep -o 'Error while talking to the SVN repository: svn: E170001' {HOME}/repository/logs/wso2carbon.log | tail -n 1 | cut -c 1-5"
    );
    awaited(lab, "mgr1", &refused, "Error");
    let back = lab.run(&["apply"]);
    assert_eq!(back.status, Some(0), "{}", back.failure());
    let said = "what it had deployed is kept in";
    assert!(back.all().contains(said), "{}", back.all());
    let kept = format!("ls {HOME}.wmprov/left-*/server/{APIS}");
    assert!(lab.on("mgr1", &kept).contains("Lost.xml"));
    for node in NODES {
        assert!(has(lab, node, "Late") && !has(lab, node, "Lost"), "{node}");
    }
    stands(lab, "mgr2", "mgr1");
}

/// The store forgets a worker that leaves the cluster, and the balancer does.
fn who_goes_has_no_login_any_more(lab: &Lab) {
    let file = lab.site.join("inventory.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    let waived = text.replace("{WM062: a lab}", "{WM062: a lab, WM104: a lab}");
    std::fs::write(&file, waived).unwrap();
    let gone = lab.run(&["decommission", "wkr2"]);
    assert_eq!(gone.status, Some(0), "{}", gone.failure());
    let left = format!(
        "grep -c wkr2 {REPOSITORY}/conf/passwd {REPOSITORY}/conf/authz {CONFIG} | grep -v ':0$'"
    );
    for host in ["svn1", "lb1"] {
        assert_eq!(lab.on(host, &left), "", "{host}");
    }
    let again = lab.applied();
    for host in HOSTS.iter().filter(|host| **host != "wkr2") {
        assert_eq!(again["hosts"][*host]["changed"], 0, "{again}");
    }
}
