//! Artifacts that the active manager pushes to its workers, on real hosts: real rsync over real SSH between them, by a
//! real timer; then broken by hand as an operator meets it.

use crate::hosts::{Lab, Ran, lab_pack};

const HOSTS: [&str; 3] = ["mgr1", "wkr1", "wkr2"];
const HOME: &str = "/opt/wso2/wso2esb-4.9.0";
const SERVER: &str = "/opt/wso2/wso2esb-4.9.0/repository/deployment/server";
const FOLDER: &str = "/var/lib/wmprov/sync-all";

fn write_inventory(lab: &Lab, sync: &str) {
    let keys = lab.keys().display();
    let address = |host: &str| format!("{host}: {{ ansible_host: {} }}", lab.address(host));
    let [mgr1, wkr1, wkr2] = HOSTS.map(address);
    let text = format!(
        "all:
  vars:
    carbon_product: esb
    carbon_version: \"4.9.0\"
    carbon_pack: wso2esb-4.9.0.zip
    carbon_hostname: esb.example.com
    carbon_admin_password: admin
    carbon_heap: 64m:256m
{sync}    java_home: /usr/lib/jvm/java-17-openjdk-amd64
    ansible_user: deploy
    ansible_ssh_private_key_file: {keys}/id_ed25519
    ansible_ssh_common_args: -o UserKnownHostsFile={keys}/known_hosts
  children:
    manager: {{ hosts: {{ {mgr1} }} }}
    worker: {{ hosts: {{ {wkr1}, {wkr2} }} }}
"
    );
    lab.write("inventory.yaml", &text);
}

/// Puts an artifact on a host, as a server there would.
fn deploy(lab: &Lab, host: &str, path: &str, text: &str) {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    lab.on(
        host,
        &format!("mkdir -p {SERVER}/{folder} && printf '%s' '{text}' > {SERVER}/{path} && chown -R wso2:wso2 {SERVER}"),
    );
}

/// Waits until a line of shell on a host says `wanted`: a push of the timer comes within seconds.
fn awaited(lab: &Lab, host: &str, line: &str, wanted: &str) {
    let wait = format!(
        "for i in $(seq 300); do [ \"$({line})\" = '{wanted}' ] && echo came && exit; sleep 0.3; done; {line}; cat {FOLDER}/state/last"
    );
    assert_eq!(lab.on(host, &wait).trim(), "came", "{host}: {line}");
}

fn failed(lab: &Lab, words: &[&str]) -> Ran {
    let ran = lab.run(&["apply"]);
    assert_eq!(ran.status, Some(1), "{}", ran.all());
    for word in words {
        assert!(ran.all().contains(word), "{word}: {}", ran.all());
    }
    ran
}

#[test]
fn artifacts_are_pushed_and_what_breaks_is_named() {
    let Some(lab) = Lab::up("wmsy", &HOSTS) else {
        return;
    };
    lab_pack(&lab, "esb", "4.9.0");
    write_inventory(
        &lab,
        "    carbon_artifact_sync: rsync\n    carbon_sync_interval: 5\n",
    );
    let plan = lab.run(&["plan"]);
    assert_eq!(plan.status, Some(3), "{}", plan.all());
    lab.applied();
    again_nothing(&lab);
    an_artifact_goes_to_every_worker(&lab);
    a_tenant_is_there_before_clients_come(&lab);
    the_key_does_nothing_else(&lab);
    pushes_at_once_from_anywhere(&lab);
    what_breaks_is_named_and_mended(&lab);
    what_apply_may_not_mend_is_named(&lab);
    a_new_machine_gets_them(&lab);
    they_come_back_from_a_backup(&lab);
    a_shared_file_system_must_be_mounted(&lab);
}

/// Under the name of a worker a machine comes that has nothing and other keys: the sender takes its key, and it has all
/// artifacts when it is proved.
fn a_new_machine_gets_them(lab: &Lab) {
    lab.on("wkr2", &format!("systemctl stop wso2esb; rm -rf /opt/wso2 {HOME}.wmprov /var/lib/wmprov /etc/systemd/system/wso2esb.service /etc/ssh/ssh_host_*; systemctl daemon-reload; userdel wso2; ssh-keygen -A; systemctl restart ssh"));
    let key = lab.on("wkr2", "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub");
    let key = key.split(' ').nth(1).unwrap();
    let done = lab.answered("wmprov replace wkr2 inventory.yaml", "y");
    assert_eq!(done.status, Some(0), "{}", done.failure());
    assert!(done.out.contains(key), "{}", done.out);
    let there = lab.on("wkr2", &format!("cat {SERVER}/webapps/shop.war"));
    assert_eq!(there, "an archive");
    again_nothing(lab);
}

/// The active manager's come back from a backup, the workers' from the active manager; what came after the backup is gone.
fn they_come_back_from_a_backup(lab: &Lab) {
    let file = backed_up(lab);
    for host in HOSTS {
        lab.on(host, &format!("rm -f {SERVER}/webapps/shop.war; echo x > {SERVER}/later.xml; chown wso2:wso2 {SERVER}/later.xml"));
    }
    restored(lab, &file);
    for host in HOSTS {
        let line = format!("cat {SERVER}/webapps/shop.war; ls {SERVER}/later.xml 2>/dev/null");
        awaited(lab, host, &line, "an archive");
    }
    again_nothing(lab);
}

fn again_nothing(lab: &Lab) {
    let again = lab.applied();
    for host in HOSTS {
        assert_eq!(again["hosts"][host]["changed"], 0, "{again}");
        assert_eq!(again["traffic"][host]["execs"], 1, "{again}");
    }
}

/// Tenants, and what each server makes for itself, are left as they are.
fn an_artifact_goes_to_every_worker(lab: &Lab) {
    let tenants = format!("{HOME}/repository/tenants");
    deploy(lab, "mgr1", "webapps/shop.war", "an archive");
    for host in ["wkr1", "wkr2"] {
        // What is unpacked stands beside its archive.
        awaited(
            lab,
            host,
            &format!("cat {SERVER}/webapps/shop.war"),
            "an archive",
        );
        lab.on(host, &format!("mkdir -p {SERVER}/webapps/shop/WEB-INF {SERVER}/servicemetafiles {tenants}/7 && touch {SERVER}/webapps/shop/WEB-INF/web.xml {SERVER}/servicemetafiles/own {tenants}/7/own.xml && chown -R wso2:wso2 {SERVER} {tenants}"));
    }
    let api = "<api xmlns=\"http://ws.apache.org/ns/synapse\" name=\"Probe\" context=\"/probe\"><resource methods=\"GET\"><inSequence><payloadFactory media-type=\"json\"><format>{\"v\":1}</format></payloadFactory><respond/></inSequence></resource></api>";
    deploy(lab, "mgr1", "synapse-configs/default/api/Probe.xml", api);
    for host in ["wkr1", "wkr2"] {
        let asked = "python3 -c \"import urllib.request as r; print(r.urlopen(\\\"http://127.0.0.1:8280/probe\\\").read().decode())\" 2>/dev/null";
        awaited(lab, host, asked, "{\"v\":1}");
        let there = lab.on(host, &format!("stat -c '%U %n' {SERVER}/webapps/shop.war {SERVER}/webapps/shop/WEB-INF/web.xml {SERVER}/servicemetafiles/own {tenants}/7/own.xml"));
        assert_eq!(there.matches("wso2 ").count(), 4, "{there}");
    }
    // Tenants that the manager has do go, each to its own folder.
    lab.on(
        "mgr1",
        &format!(
            "mkdir -p {tenants}/9 && echo x > {tenants}/9/new.xml && chown -R wso2:wso2 {tenants}"
        ),
    );
    let found =
        format!("cd {HOME}/repository && find tenants deployment/server/9 -type f 2>/dev/null");
    awaited(lab, "wkr1", &found, "tenants/9/new.xml");
}

/// Who asks a tenant first meets nothing (procedure 7, row 18); a worker that has been asked by wmprov serves its clients.
fn a_tenant_is_there_before_clients_come(lab: &Lab) {
    let api = "synapse-configs/default/api/Shop.xml";
    let text = "<api xmlns=\"http://ws.apache.org/ns/synapse\" name=\"Shop\" context=\"/shop\"><resource methods=\"GET\"><inSequence><payloadFactory media-type=\"json\"><format>{\"open\":1}</format></payloadFactory><respond/></inSequence></resource></api>";
    let tenant = format!("{HOME}/repository/tenants/9");
    lab.on(
        "mgr1",
        &format!("mkdir -p {tenant}/synapse-configs/default/api && printf '%s' '{text}' > {tenant}/{api} && chown -R wso2:wso2 {tenant}"),
    );
    for host in ["wkr1", "wkr2"] {
        awaited(lab, host, &format!("cat {tenant}/{api}"), text);
        lab.on(
            host,
            "echo tenants=shop.example:9 > /etc/labpack.properties",
        );
    }
    let asked = |host: &str| {
        let ask = "import urllib.request as r, urllib.error as e
try: print(r.urlopen('http://127.0.0.1:8280/t/shop.example/shop').read().decode())
except e.HTTPError as no: print(no.code)";
        lab.on(host, &format!("python3 -c \"{ask}\""))
            .trim()
            .to_owned()
    };
    assert_eq!(
        ["first", "second"].map(|_| asked("wkr1")),
        ["404", "{\"open\":1}"]
    );
    write_inventory(
        lab,
        "    carbon_artifact_sync: rsync\n    carbon_sync_interval: 5\n    carbon_tenants: [shop.example, gone.example]\n",
    );
    lab.on("wkr2", "systemctl stop wso2esb");
    let ran = lab.run(&["apply"]);
    assert_eq!(ran.status, Some(0), "{}", ran.failure());
    let told = "WM018 `wkr2` has not loaded the tenant `gone.example`: asked for `/services/t/gone.example/` it answered 500";
    assert!(ran.all().contains(told), "{}", ran.all());
    assert_eq!(
        ran.all().matches("has not loaded").count(),
        1,
        "{}",
        ran.all()
    );
    assert_eq!(asked("wkr2"), "{\"open\":1}");
    again_nothing(lab);
}

fn the_key_does_nothing_else(lab: &Lab) {
    let worker = lab.address("wkr1");
    let ssh = format!(
        "runuser -u wso2 -- ssh -F /dev/null -i {FOLDER}/key -o UserKnownHostsFile={FOLDER}/known_hosts wso2@{worker}"
    );
    for asked in [
        "id",
        "rsync --server --sender -logDtpre.iLsfxC . server/",
        "rsync --server -slogDtpre.iLsfxC . server/",
        "rsync --server -e.iLsfxC --delete . /etc/",
        "rsync --server -e.iLsfxC . server/../conf/",
        "rsync --server -e.iLsfxC;id . server/",
        "rsync --server -e.iLsfxC --log-file=/tmp/x . server/",
    ] {
        let said = lab.on("mgr1", &format!("{ssh} '{asked}' 2>&1; echo status $?"));
        assert!(
            said.starts_with("wmprov: ") && said.trim().ends_with("status 1"),
            "{asked}: {said}"
        );
    }
    let forward = lab.on(
        "mgr1",
        &format!("timeout 20 {ssh} -N -o ExitOnForwardFailure=yes -R 127.0.0.1:7777:127.0.0.1:22 2>&1; echo status $?"),
    );
    assert!(forward.contains("forwarding failed"), "{forward}");
}

/// The guide's script loses its lock to a second run, and finds its list of nodes in its own folder only.
fn pushes_at_once_from_anywhere(lab: &Lab) {
    let push = |name: &str, folder: &str| {
        format!("(cd {folder}; runuser -u wso2 -- sh {FOLDER}/push; echo {name} $?)")
    };
    deploy(lab, "mgr1", "webapps/at-once.war", "one archive");
    let pushes = [push("one", "/"), push("two", "/tmp"), push("three", "/var")];
    let said = lab.on(
        "mgr1",
        &format!(
            "{}; wait",
            pushes
                .map(|push| push + " & ")
                .concat()
                .trim_end_matches("& ")
        ),
    );
    for ended in ["one 0", "two 0", "three 0"] {
        assert!(said.contains(ended), "{said}");
    }
    for host in ["wkr1", "wkr2"] {
        assert_eq!(
            lab.on(host, &format!("cat {SERVER}/webapps/at-once.war")),
            "one archive"
        );
    }
    lab.on("mgr1", &format!("rm {SERVER}/webapps/at-once.war"));
    awaited(
        lab,
        "wkr1",
        &format!("ls {SERVER}/webapps | grep -c at-once"),
        "0",
    );
}

fn what_breaks_is_named_and_mended(lab: &Lab) {
    // The timer stands still, so that nothing mends itself meanwhile; a push that is under way ends first.
    lab.on(
        "mgr1",
        "systemctl disable --now wmprov-sync-all.timer; systemctl start wmprov-sync-all",
    );
    deploy(
        lab,
        "wkr2",
        "synapse-configs/default/api/Foreign.xml",
        "<api/>",
    );
    lab.on("wkr1", &format!("rm {SERVER}/webapps/shop.war; sed -i '/wmprov-sync/d' /opt/wso2/.ssh/authorized_keys; echo '# mine' >> /opt/wso2/.ssh/authorized_keys"));
    let drift = lab.run(&["drift"]);
    assert_eq!(drift.status, Some(3), "{}", drift.all());
    for named in [
        "wmprov-sync-all.timer",
        "synapse-configs/default/api/Foreign.xml",
        "webapps/shop.war",
        "key that brings artifacts to wkr1",
    ] {
        assert!(drift.all().contains(named), "{named}: {}", drift.all());
    }
    let plan = lab.run(&["plan"]);
    assert!(
        plan.all().contains("Foreign.xml is a stranger on wkr2"),
        "{}",
        plan.all()
    );
    lab.applied();
    let keys = lab.on("wkr1", "cat /opt/wso2/.ssh/authorized_keys");
    assert!(keys.starts_with("# mine\nrestrict,command="), "{keys}");
    let there = lab.on("wkr1", &format!("cat {SERVER}/webapps/shop.war"));
    assert_eq!(there, "an archive");
    let gone = lab.on("wkr2", &format!("ls {SERVER}/synapse-configs/default/api"));
    assert_eq!(gone.trim(), "Probe.xml");
    again_nothing(lab);
    // A key that is not the sender's, host keys that are not the host's: the push fails, and says so.
    lab.on("mgr1", &format!("systemctl stop wmprov-sync-all.timer; sed -i 's/ AAAA[^ ]*/ AAAAB3NzaC1yc2E=/' {FOLDER}/known_hosts; systemctl start wmprov-sync-all"));
    let plan = lab.run(&["plan"]);
    assert!(
        plan.all().contains("Host key verification failed"),
        "{}",
        plan.all()
    );
    lab.applied();
    again_nothing(lab);
}

fn what_apply_may_not_mend_is_named(lab: &Lab) {
    lab.on("mgr1", "systemctl stop wmprov-sync-all.timer");
    lab.on(
        "wkr2",
        "echo 'DenyUsers wso2' > /etc/ssh/sshd_config.d/deny.conf; systemctl reload ssh",
    );
    deploy(lab, "mgr1", "more/one.xml", "x");
    failed(lab, &["WM181", "wkr2", "Permission denied ("]);
    lab.on(
        "wkr2",
        "rm /etc/ssh/sshd_config.d/deny.conf; systemctl reload ssh",
    );
    // More than fifty go at once: refused on each, and nothing is gone. Meant, they go.
    lab.on("mgr1", &format!("mkdir -p {SERVER}/many && cd {SERVER}/many && for i in $(seq 60); do : > $i.xml; done; chown -R wso2:wso2 {SERVER}; systemctl start wmprov-sync-all"));
    let count = format!("ls {SERVER}/many 2>/dev/null | wc -l");
    assert_eq!(lab.on("wkr1", &count).trim(), "60");
    lab.on(
        "mgr1",
        &format!("systemctl stop wmprov-sync-all.timer; rm -r {SERVER}/many"),
    );
    failed(lab, &["WM019", "61 deletions in server, more than 50"]);
    assert_eq!(lab.on("wkr1", &count).trim(), "60");
    lab.on(
        "mgr1",
        &format!("runuser -u wso2 -- sh {FOLDER}/push --allow-deletions"),
    );
    assert_eq!(lab.on("wkr1", &count).trim(), "0");
    // What is not mounted looks empty.
    lab.on("mgr1", &format!("mount -t tmpfs none {SERVER}"));
    failed(lab, &["WM022", "holds no file, so nothing is pushed"]);
    assert!(
        lab.on("wkr1", &format!("cat {SERVER}/webapps/shop.war"))
            .starts_with("an archive")
    );
    lab.on("mgr1", &format!("umount {SERVER}"));
    lab.applied();
    again_nothing(lab);
}

/// A mount stands for the share here: what is told apart is whether anything is mounted, on each host.
fn a_shared_file_system_must_be_mounted(lab: &Lab) {
    write_inventory(lab, "    carbon_artifact_sync: shared\n");
    let pid = || lab.on("wkr1", "systemctl show -p MainPID --value wso2esb");
    let before = pid();
    failed(lab, &["WM022", "nothing is mounted at"]);
    assert_eq!(pid(), before);
    let mount = format!("mount --bind /srv/share {SERVER}");
    for host in HOSTS {
        lab.on(host, &format!("cp -a {SERVER} /srv/share && {mount}"));
    }
    lab.applied();
    again_nothing(lab);
    // Nobody pushes any more, and nobody is let in for it.
    let timer =
        "systemctl is-active wmprov-sync-all.timer; systemctl is-enabled wmprov-sync-all.timer";
    assert_eq!(lab.on("mgr1", timer), "inactive\ndisabled\n");
    let shell = lab.on("wkr1", "getent passwd wso2 | cut -d: -f7");
    assert_eq!(shell.trim(), "/usr/sbin/nologin");
    // A server does not see its artifacts vanish: it stops with the mount, and does not start without.
    lab.on("wkr1", &format!("umount -l {SERVER}"));
    let state = "systemctl show -p ActiveState --value wso2esb";
    awaited(lab, "wkr1", state, "inactive");
    lab.on("wkr1", "systemctl start wso2esb");
    assert_ne!(lab.on("wkr1", state), "active\n");
    let drift = lab.run(&["drift"]);
    assert!(
        drift.all().contains("nothing is mounted at"),
        "{}",
        drift.all()
    );
    failed(lab, &["WM022", "nothing is mounted at"]);
    lab.on("wkr1", &mount);
    lab.applied();
    again_nothing(lab);
    a_mount_is_restored_into(lab);
}

/// What is mounted stays mounted, and gets what the backup has.
fn a_mount_is_restored_into(lab: &Lab) {
    let file = backed_up(lab);
    lab.on("mgr1", &format!("rm {SERVER}/webapps/shop.war"));
    restored(lab, &file);
    let line = format!("mountpoint -q {SERVER} && cat {SERVER}/webapps/shop.war");
    assert_eq!(lab.on("mgr1", &line), "an archive");
    again_nothing(lab);
}

/// Takes a backup, and stops the cluster.
fn backed_up(lab: &Lab) -> String {
    let file = lab.site.join("all.backup").display().to_string();
    let taken = lab.run(&["backup", "--output", &file]);
    assert_eq!(taken.status, Some(0), "{}", taken.failure());
    let stopped = lab.run(&["stop", "--allow-downtime"]);
    assert_eq!(stopped.status, Some(0), "{}", stopped.failure());
    file
}

fn restored(lab: &Lab, file: &str) {
    lab.all_typed(&["wmprov restore all.backup inventory.yaml --check"]);
    let back = lab.run(&["restore", file]);
    assert_eq!(back.status, Some(0), "{}", back.failure());
    std::fs::remove_file(file).unwrap();
}
