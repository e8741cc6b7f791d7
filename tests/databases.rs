//! A cluster with shared databases on real servers, MariaDB for the registry and PostgreSQL for users: what is wrong
//! with one is told before anything is touched, and before a node is stopped; tables are made once. Then all of it goes
//! into a backup, cut and uncut.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::hosts::{Lab, Ran, lab_pack, note_words};

const HOSTS: [&str; 3] = ["db1", "mgr1", "wkr1"];

/// The servers, as an administrator of databases sets them up.
const SERVERS: &str = r#"set -e
export DEBIAN_FRONTEND=noninteractive
apt-get install -y -q mariadb-server postgresql-15 >/root/apt.log 2>&1
printf '[mysqld]\nbind-address=0.0.0.0\nskip-name-resolve\n' > /etc/mysql/mariadb.conf.d/99-lab.cnf
systemctl restart mariadb
mariadb -e "CREATE DATABASE REG; CREATE USER reg@'10.77.%' IDENTIFIED BY 'reg-pass&1'; GRANT ALL ON REG.* TO reg@'10.77.%'"
cd /etc/postgresql/15/main
printf "listen_addresses = '*'\n" >> postgresql.conf
printf 'host um um 10.77.0.0/16 scram-sha-256\nhost um old 10.77.0.0/16 md5\n' >> pg_hba.conf
systemctl restart postgresql@15-main
runuser -u postgres -- psql -q -c "CREATE ROLE um LOGIN PASSWORD 'um-pass1'" -c "CREATE DATABASE um OWNER um" \
  -c "SET password_encryption = 'md5'" -c "CREATE ROLE old LOGIN PASSWORD 'old-pass1'"
echo up"#;

const CLIENTS: &str = "export DEBIAN_FRONTEND=noninteractive
apt-get install -y -q --no-install-recommends mariadb-client postgresql-client-15 >/root/apt.log 2>&1 && echo up";

/// What Carbon keeps of the password `admin`, and of `another1`, with this salt.
pub(crate) const SALT: &str = "c2FsdA==";
pub(crate) const ADMIN: &str = "SZ/5g6LoB+NO+VmzMngx3+2OQ4YI5Xaz6td7YMEJVRU=";
pub(crate) const ANOTHER: &str = "ZY8BHxK3iBvrhus6qBtOcDWqxOVXNkb3aYqzMuPm7lc=";

/// What a case says otherwise than the good inventory.
struct Site {
    port: u16,
    password: &'static str,
    admin: &'static str,
    users: [&'static str; 2],
    pool: u16,
    more: &'static str,
}

const GOOD: Site = Site {
    port: 3306,
    password: "reg-pass&1",
    admin: "admin",
    users: ["um", "um-pass1"],
    pool: 20,
    more: "",
};

fn write_inventory(lab: &Lab, site: &Site) {
    let keys = lab.keys().display();
    let address = |host: &str| format!("{host}: {{ ansible_host: {} }}", lab.address(host));
    let (db, mgr1, wkr1) = (lab.address("db1"), address("mgr1"), address("wkr1"));
    let Site {
        port,
        password,
        admin,
        users: [user, users],
        pool,
        more,
    } = site;
    let text = format!(
        "all:
  vars:
    carbon_product: esb
    carbon_version: \"4.9.0\"
    carbon_pack: wso2esb-4.9.0.zip
    carbon_hostname: esb.example.com
    carbon_admin_password: {admin}
    carbon_heap: 64m:256m
    carbon_waive: {{WM062: a lab, WM104: a lab}}
    carbon_database_jars: drivers.jar
    carbon_databases:
      registry: {{ url: \"jdbc:mysql://{db}:{port}/REG?autoReconnect=true\", user: reg, password: \"{password}\", pool: {pool} }}
      users: {{ url: \"jdbc:postgresql://{db}/um\", user: {user}, password: {users}, pool: 10 }}
    java_home: /usr/lib/jvm/java-17-openjdk-amd64
    ansible_user: deploy
    ansible_ssh_private_key_file: {keys}/id_ed25519
    ansible_ssh_common_args: -o UserKnownHostsFile={keys}/known_hosts
{more}  children:
    manager: {{ hosts: {{ {mgr1} }} }}
    worker: {{ hosts: {{ {wkr1} }} }}
"
    );
    lab.write("inventory.yaml", &text);
}

/// A jar with the names of both drivers' classes; the lab pack loads neither.
pub(crate) fn drivers(lab: &Lab) {
    let file = std::fs::File::create(lab.site.join("drivers.jar")).unwrap();
    let mut jar = zip::ZipWriter::new(file);
    let options = zip::write::SimpleFileOptions::default();
    jar.start_file("META-INF/MANIFEST.MF", options).unwrap();
    jar.write_all(b"Manifest-Version: 1.0\r\n\r\n").unwrap();
    for class in ["com/mysql/jdbc/Driver.class", "org/postgresql/Driver.class"] {
        jar.start_file(class, options).unwrap();
        jar.write_all(b"class").unwrap();
    }
    jar.finish().unwrap();
}

#[test]
fn databases_are_asked_as_each_node_will_ask_them() {
    let Some(lab) = Lab::up("wmdb", &HOSTS) else {
        return;
    };
    lab_pack(&lab, "esb", "4.9.0");
    drivers(&lab);
    std::thread::scope(|scope| {
        // Only the manager's host gets the servers' clients, with which databases are dumped.
        let clients = scope.spawn(|| lab.on("mgr1", CLIENTS));
        for (host, said) in [
            ("db1", lab.on("db1", SERVERS)),
            ("mgr1", clients.join().unwrap()),
        ] {
            let log = || lab.on(host, "tail -20 /root/apt.log");
            assert!(said.contains("up"), "{host}: {said}{}", log());
        }
    });
    wrong_before_anything_is_touched(&lab);
    half_made_and_forbidden(&lab);
    from_nothing(&lab);
    wrong_before_a_node_is_stopped(&lab);
    a_backup_that_cannot_be_whole_is_none(&lab);
    a_backup_holds_the_cluster(&lab);
    a_restore_goes_over_nothing(&lab);
    an_empty_cluster_is_what_it_was(&lab);
    a_restore_goes_over_what_is_named(&lab);
    a_lost_control_machine_loses_nothing(&lab);
    a_probe_needs_a_way(&lab);
}

/// Nothing brings artifacts from one node to another here.
fn a_probe_needs_a_way(lab: &Lab) {
    let probed = lab.run(&["apply", "--probe-artifact"]);
    assert_eq!(probed.status, Some(2), "{}", probed.all());
    let said = "a probe artifact would arrive nowhere";
    assert!(probed.all().contains(said), "{}", probed.all());
}

/// Each trouble of real-run 7 that shows without tables, as one sentence.
fn wrong_before_anything_is_touched(lab: &Lab) {
    let sql = |line: &str| drop(lab.on("db1", &format!("mariadb -e \"{line}\"")));
    let rows = [
        (
            Site {
                password: "wrong",
                ..GOOD
            },
            ["", ""],
            "WM030 database `registry` of node `mgr1`: it refuses `reg`: Access denied for user 'reg'@",
        ),
        (
            Site { port: 3399, ..GOOD },
            ["", ""],
            ":3399, seen from its host",
        ),
        (
            Site {
                users: ["um", "wrong"],
                ..GOOD
            },
            ["", ""],
            "database `users` of node `mgr1`: it refuses `um`: password authentication failed for user \"um\" (28P01)",
        ),
        (
            Site {
                users: ["old", "wrong"],
                ..GOOD
            },
            ["", ""],
            "it refuses `old`: password authentication failed",
        ),
        (
            Site { pool: 100, ..GOOD },
            ["", ""],
            "WM066 database `registry` of node `mgr1`: it allows 151 connections, and the pools of all nodes may open 200; it is MariaDB 10.",
        ),
        (
            GOOD,
            [
                "SET GLOBAL innodb_force_primary_key=ON",
                "SET GLOBAL innodb_force_primary_key=OFF",
            ],
            "WM029 database `registry` of node `mgr1`: it has `innodb_force_primary_key` on; it is MariaDB 10.",
        ),
        (
            GOOD,
            [
                "SET GLOBAL innodb_default_row_format=compact",
                "SET GLOBAL innodb_default_row_format=dynamic",
            ],
            "row format `compact` and the character set `utf8mb4`",
        ),
    ];
    for (site, [spoil, mend], words) in rows {
        write_inventory(lab, &site);
        if !spoil.is_empty() {
            sql(spoil);
        }
        let plan = lab.run(&["apply"]);
        if !mend.is_empty() {
            sql(mend);
        }
        assert_eq!(plan.status, Some(1), "{words}: {}", plan.all());
        assert!(plan.all().contains(words), "{words}: {}", plan.all());
        for secret in ["reg-pass", "um-pass1"] {
            assert!(!plan.all().contains(secret), "{}", plan.all());
        }
        assert_eq!(lab.on("mgr1", "ls /opt"), "", "{words}");
    }
    // The old way of logging in is spoken as well.
    write_inventory(
        lab,
        &Site {
            users: ["old", "old-pass1"],
            ..GOOD
        },
    );
    let plan = lab.run(&["plan"]);
    assert_eq!(plan.status, Some(3), "{}", plan.all());
}

/// A schema that is half made, and one that may not be made, are refused with the way out.
fn half_made_and_forbidden(lab: &Lab) {
    write_inventory(lab, &GOOD);
    let sql = |line: &str| drop(lab.on("db1", &format!("mariadb REG -e \"{line}\"")));
    sql("CREATE TABLE REG_LOG (ID INTEGER)");
    let half = lab.run(&["apply"]);
    sql("DROP TABLE REG_LOG");
    assert_eq!(half.status, Some(1), "{}", half.all());
    let words = "WM070 database `registry` of node `mgr1`: it has some of the 39 tables of dbscripts/mysql.sql, and \
                 lacks reg_association, reg_cluster_lock, reg_comment and 35 more";
    assert!(half.all().contains(words), "{}", half.all());
    assert_eq!(lab.on("mgr1", "ls /opt"), "");
    let plan = lab.run(&["plan"]);
    assert_eq!(plan.status, Some(3), "{}", plan.all());
    let words = "database `users` is empty: its 39 tables will be made from dbscripts/postgresql.sql in PostgreSQL 15.";
    assert!(plan.all().contains(words), "{}", plan.all());
    sql("REVOKE CREATE ON REG.* FROM reg@'10.77.%'");
    let forbidden = lab.run(&["apply"]);
    sql("GRANT CREATE ON REG.* TO reg@'10.77.%'");
    assert_eq!(forbidden.status, Some(1), "{}", forbidden.all());
    let words =
        "WM031 database `registry` of node `mgr1`: it has no tables, and they cannot be made";
    assert!(forbidden.all().contains(words), "{}", forbidden.all());
    assert!(
        forbidden.all().contains("CREATE command denied"),
        "{}",
        forbidden.all()
    );
}

fn from_nothing(lab: &Lab) {
    lab.applied();
    let counts = [
        ("mariadb -N -e \"SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'REG'\""),
        ("runuser -u postgres -- psql -At um -c \"SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'\""),
    ];
    for count in counts {
        assert_eq!(lab.on("db1", count).trim(), "39", "{count}");
    }
    let again = lab.applied();
    for host in ["mgr1", "wkr1"] {
        assert_eq!(again["hosts"][host]["changed"], 0, "{again}");
        assert_eq!(again["traffic"][host]["execs"], 1, "{again}");
    }
    let home = "/opt/wso2/wso2esb-4.9.0/repository";
    for (host, config) in [("mgr1", "false"), ("wkr1", "true")] {
        let registry = lab.on(host, &format!("cat {home}/conf/registry.xml"));
        assert!(
            registry.contains(&format!("<readOnly>{config}</readOnly>")),
            "{registry}"
        );
        let mounted = lab.on(
            host,
            &format!("grep -c 'Connected to mount at shared' {home}/logs/wso2carbon.log"),
        );
        assert_eq!(mounted.trim(), "2", "{host}");
        let mode = lab.on(
            host,
            &format!("stat -c %a {home}/conf/datasources/master-datasources.xml"),
        );
        assert_eq!(mode.trim(), "640");
    }
}

/// Broken by hand under a running cluster: a change that wants restarts is refused while all nodes serve. Another password
/// goes to the user store, and a rollback brings the former one back there, too.
fn wrong_before_a_node_is_stopped(lab: &Lab) {
    let pids =
        || ["mgr1", "wkr1"].map(|host| lab.on(host, "systemctl show -p MainPID --value wso2esb"));
    let before = pids();
    // From here to the end a node may do no more than it must once its tables are there.
    lab.on("db1", "mariadb -e \"REVOKE ALL ON REG.* FROM reg@'10.77.%'; GRANT SELECT, INSERT, UPDATE, DELETE ON REG.* TO reg@'10.77.%'\"");
    write_inventory(
        lab,
        &Site {
            admin: "another1",
            more: "    carbon_heartbeat: 50\n",
            ..GOOD
        },
    );
    let users = |sql: &str| {
        lab.on(
            "db1",
            &format!("runuser -u postgres -- psql -qAt um -c \"{sql}\""),
        )
    };
    let kept = "SELECT UM_USER_PASSWORD FROM UM_USER WHERE UM_USER_NAME = 'admin' AND UM_TENANT_ID = -1234";
    // As the first start of a real server leaves it; one of a tenant is another's.
    users(&format!(
        "INSERT INTO UM_USER VALUES (1, 'admin', '{ADMIN}', '{SALT}', now(), -1234), (2, 'admin', '{ADMIN}', '{SALT}', now(), 1)"
    ));
    let plan = lab.run(&["plan"]);
    let told = "the administrator's password is read at the first start only; it is changed in the database `users` too";
    assert!(plan.all().contains(told), "{}", plan.all());
    let worker = lab.address("wkr1");
    let rows = [
        (
            "systemctl stop mariadb".to_owned(),
            "systemctl start mariadb".to_owned(),
            "WM030 database `registry` of node `mgr1`: nothing takes connections at",
        ),
        (
            format!("mariadb -e \"CREATE USER reg@'{worker}' IDENTIFIED BY 'another'\""),
            format!("mariadb -e \"DROP USER reg@'{worker}'\""),
            "WM030 database `registry` of node `wkr1`: it refuses `reg`: Access denied for user 'reg'@",
        ),
    ];
    for (spoil, mend, words) in rows {
        lab.on("db1", &spoil);
        let ran = lab.run(&["apply"]);
        lab.on("db1", &mend);
        assert_eq!(ran.status, Some(1), "{words}: {}", ran.all());
        assert!(ran.all().contains(words), "{words}: {}", ran.all());
        assert_eq!(pids(), before, "a node was restarted");
    }
    assert_eq!(users(kept).trim(), ADMIN);
    let ran = lab.run(&["apply"]);
    assert_eq!(ran.status, Some(0), "{}", ran.failure());
    let told = "database `users`: the administrator's password is changed there";
    assert!(ran.all().contains(told), "{}", ran.all());
    assert_ne!(pids(), before);
    assert_eq!(users(kept).trim(), ANOTHER);
    let of_tenants = "SELECT COUNT(*) FROM UM_USER WHERE UM_USER_PASSWORD = ";
    assert_eq!(users(&format!("{of_tenants}'{ADMIN}'")).trim(), "1");
    let again = lab.applied();
    for host in ["mgr1", "wkr1"] {
        assert_eq!(again["hosts"][host]["changed"], 0, "{again}");
    }
    let file = "/opt/wso2/wso2esb-4.9.0/repository/conf/user-mgt.xml";
    let has = |password: &str| {
        let count = format!("grep -c '<Password>{password}</Password>' {file}");
        lab.on("wkr1", &count)
    };
    assert_eq!(has("another1"), "1\n");
    let ran = lab.run(&["rollback"]);
    assert_eq!(ran.status, Some(0), "{}", ran.failure());
    assert!(ran.all().contains(told), "{}", ran.all());
    // Whoever logs in to prove the roles has the former password, too.
    assert!(
        !ran.all().contains("is the password right"),
        "{}",
        ran.all()
    );
    assert_eq!(has("another1"), "0\n");
    assert_eq!(users(kept).trim(), ADMIN);
    lab.on("db1", "mariadb -e \"GRANT ALL ON REG.* TO reg@'10.77.%'\"");
}

/// Runs `wmprov backup`, which must leave no secret in what it says.
fn backed_up(lab: &Lab, arguments: &[&str]) -> Ran {
    let ran = lab.run(&[&["backup", "--lock-wait", "30"], arguments].concat());
    for secret in ["reg-pass", "um-pass1", "open sesame"] {
        assert!(!ran.all().contains(secret), "{}", ran.all());
    }
    ran
}

/// The files of the site's folder that a backup could have left.
fn left(lab: &Lab) -> Vec<String> {
    let names = std::fs::read_dir(&lab.site).unwrap();
    let names = names.map(|one| one.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.contains("backup")).collect()
}

/// Each way in which a part does not come: one sentence, and no file.
fn a_backup_that_cannot_be_whole_is_none(lab: &Lab) {
    write_inventory(lab, &GOOD);
    let file = lab.site.join("esb.backup");
    let output = file.to_str().unwrap();
    let manager = lab.address("mgr1");
    let rows = [
        (
            ["--limit", "wkr1"],
            String::new(),
            String::new(),
            "WM200 `database/registry.sql`: none of mariadb-dump, mysqldump is on wkr1",
        ),
        (
            ["--limit", "mgr1,wkr1"],
            format!("mariadb -e \"CREATE USER reg@'{manager}' IDENTIFIED BY 'another'\""),
            format!("mariadb -e \"DROP USER reg@'{manager}'\""),
            "WM030 `database/registry.sql` cannot be taken on host `mgr1`",
        ),
        (
            ["--limit", "mgr1,wkr1"],
            "systemctl stop postgresql@15-main".to_owned(),
            "systemctl start postgresql@15-main".to_owned(),
            "WM201 `database/users.sql` cannot be taken on host `mgr1`",
        ),
    ];
    for (limit, spoil, mend, words) in rows {
        lab.on("db1", &spoil);
        let ran = backed_up(lab, &[&["--output", output], &limit[..]].concat());
        lab.on("db1", &mend);
        assert_eq!(ran.status, Some(1), "{words}: {}", ran.all());
        assert!(ran.all().contains(words), "{words}: {}", ran.all());
        assert_eq!(left(lab), [""; 0], "{words}");
    }
    let state = "/opt/wso2/wso2esb-4.9.0.wmprov";
    lab.tool(&["fault", "mgr1", "full", state, "1M", "0"]);
    let ran = backed_up(lab, &["--output", output]);
    lab.tool(&["fault", "mgr1", "heal"]);
    assert_eq!(ran.status, Some(1), "{}", ran.all());
    let words = "WM202 `node/mgr1/h2.tar` cannot be taken on host `mgr1`: No space left";
    assert!(ran.all().contains(words), "{}", ran.all());
    assert_eq!(left(lab), [""; 0]);
    // While another run acts on one of the hosts.
    let held = "cd /var/lib/wmprov; echo '1 somebody running `wmprov apply`' > holder; \
        sh -c 'exec 9>> lock; flock 9; exec sleep 600' < /dev/null > /dev/null 2>&1 & echo $!";
    let holder = lab.on("wkr1", held);
    let ran = lab.run(&["backup", "--output", output]);
    lab.on(
        "wkr1",
        &format!("kill {}; rm /var/lib/wmprov/holder", holder.trim()),
    );
    assert_eq!(ran.status, Some(1), "{}", ran.all());
    let words = "somebody running `wmprov apply` holds the lock of `wkr1`";
    assert!(ran.all().contains(words), "{}", ran.all());
    assert_eq!(left(lab), [""; 0]);
    // So much that it is still on its way when it is cut: by the user, by the host, by a kill.
    lab.on(
        "db1",
        "mariadb REG -e \"CREATE TABLE BIG (A LONGTEXT) SELECT REPEAT('x', 1000000) A FROM seq_1_to_200\"",
    );
    let begun = || {
        let mut command = lab.command(&["backup", "--lock-wait", "30", "--output", output]);
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        let partial = lab.site.join("esb.backup.partial");
        let since = Instant::now();
        while std::fs::metadata(&partial).map_or(0, |of| of.len()) < 1_000_000 {
            assert!(since.elapsed() < Duration::from_secs(120), "nothing comes");
            std::thread::sleep(Duration::from_millis(10));
        }
        child
    };
    let kill = |name: &str, pid: u32| {
        let sent = Command::new("kill")
            .args(["-s", name, &pid.to_string()])
            .status();
        assert!(sent.unwrap().success());
    };
    let child = begun();
    kill("INT", child.id());
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130), "{ended:?}");
    assert_eq!(left(lab), [""; 0]);
    let child = begun();
    // By their numbers, as pgrep tells them, on the lab's host.
    lab.on("mgr1", "kill -KILL $(pgrep -x -f 'sshd: deploy(@notty)?')");
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(1), "{said}");
    let words = "WM201 `database/registry.sql` of host `mgr1` did not come";
    assert!(said.contains(words), "{said}");
    assert_eq!(left(lab), [""; 0]);
    let child = begun();
    kill("KILL", child.id());
    child.wait_with_output().unwrap();
    assert_eq!(left(lab), ["esb.backup.partial"]);
    lab.on("db1", "mariadb REG -e 'DROP TABLE BIG'");
    let rest = format!("ls -d {state}/.wmprov-copy* /tmp/tmp.* 2>/dev/null; pgrep -a dump");
    assert_eq!(
        lab.on("mgr1", &format!("sleep 1; {rest}")),
        "",
        "left on the host"
    );
}

/// What no script of the pack makes: bytes and letters of every kind, and a sequence.
const KEPT: &str = r#"mariadb --default-character-set=utf8mb4 REG -e "CREATE TABLE KEPT (B BLOB, T TEXT) CHARACTER SET utf8mb4; INSERT INTO KEPT VALUES (0x00ff0a27, 'grün /kept/by/backup')"
runuser -u postgres -- psql -q um -c "SET ROLE um" -c "CREATE SEQUENCE kept_ids START 4711" -c "CREATE TABLE kept (i INTEGER DEFAULT nextval('kept_ids'), t TEXT)" -c "INSERT INTO kept (t) VALUES ('it''s kept')""#;

/// What is in it, that verify reads all of it, and that a sealed one says nothing.
fn a_backup_holds_the_cluster(lab: &Lab) {
    lab.on("db1", KEPT);
    lab.on(
        "mgr1",
        &format!("mkdir -p {APIS} && echo '{API}' > {APIS}/Kept.xml && chown -R wso2:wso2 {APIS}"),
    );
    lab.on("wkr1", "systemctl stop wso2esb");
    let file = lab.site.join("esb.backup");
    let output = file.to_str().unwrap();
    let ran = backed_up(lab, &["--output", output]);
    lab.on("wkr1", "systemctl start wso2esb");
    assert_eq!(ran.status, Some(0), "{}", ran.all());
    assert_eq!(left(lab), ["esb.backup"]);
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let shown = |inner: &str, tool: &[&str]| {
        let out = Command::new("sh")
            .args([
                "-c",
                &format!("tar -xOf \"$0\" {inner}.gz | gzip -d | {}", tool.join(" ")),
                output,
            ])
            .output()
            .unwrap();
        String::from_utf8_lossy(&out.stdout).into_owned()
    };
    let rows = [
        (
            "database/registry.sql",
            "grep -o /kept/by/backup",
            "/kept/by/backup\n",
        ),
        ("database/registry.sql", "grep -c '^CREATE TABLE'", "40\n"),
        ("database/users.sql", "grep -c '^CREATE TABLE'", "40\n"),
        (
            "node/mgr1/h2.tar",
            "tar -t | grep h2",
            "./WSO2CARBON_DB.h2.db\n",
        ),
        (
            "node/wkr1/h2.tar",
            "tar -t | grep h2",
            "./WSO2CARBON_DB.h2.db\n",
        ),
        (
            "node/mgr1/records.tar",
            "tar -t | grep -x manifest",
            "manifest\n",
        ),
    ];
    for (part, tool, wanted) in rows {
        assert_eq!(shown(part, &[tool]), wanted, "{part}: {tool}");
    }
    let keystores = shown("node/mgr1/security.tar", &["tar -t"]);
    assert!(
        keystores.contains("resources/security/wso2carbon.jks"),
        "{keystores}"
    );
    let artifacts = shown("node/mgr1/artifacts.tar", &["tar -t"]);
    assert!(artifacts.contains("deployment/server/"), "{artifacts}");
    let state = lab.on(
        "mgr1",
        "ps -o stat= -p $(systemctl show -p MainPID --value wso2esb)",
    );
    assert!(!state.starts_with('T'), "the server stands still: {state}");
    let again = backed_up(lab, &["--output", output]);
    assert_eq!(again.status, Some(2), "{}", again.all());
    assert!(again.all().contains("is there already"), "{}", again.all());
    verified(&file, &[], Some(0), "database/registry.sql");
    std::fs::rename(&file, lab.site.join(OPEN)).unwrap();
    sealed(lab, &file);
    lab.applied();
}

fn verified(file: &Path, arguments: &[&str], status: Option<i32>, words: &str) {
    let out = Command::new(env!("CARGO_BIN_EXE_wmprov"))
        .args(["backup", "verify"])
        .arg(file)
        .args(arguments)
        .output()
        .unwrap();
    let typed = [&["backup", "verify", file.to_str().unwrap()], arguments].concat();
    note_words(out.status.code(), &typed);
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr)
    );
    assert_eq!(out.status.code(), status, "{said}");
    assert!(said.contains(words), "{words}: {said}");
}

fn sealed(lab: &Lab, file: &Path) {
    let passphrase = lab.write("passphrase", "open sesame\n");
    let passphrase = passphrase.to_str().unwrap();
    let output = file.to_str().unwrap();
    let asked = [
        "--output",
        output,
        "--encrypt",
        "--passphrase-file",
        passphrase,
    ];
    let ran = backed_up(lab, &asked);
    assert_eq!(ran.status, Some(0), "{}", ran.all());
    let bytes = std::fs::read(file).unwrap();
    for clear in ["CREATE TABLE", "/kept/by/backup", "wso2esb"] {
        let found = bytes.windows(clear.len()).any(|at| at == clear.as_bytes());
        assert!(!found, "{clear} is in clear");
    }
    verified(
        file,
        &["--passphrase-file", passphrase],
        Some(0),
        "sealed with a passphrase",
    );
    let json = ["--passphrase-file", passphrase, "--json"];
    verified(file, &json, Some(0), "\"database/registry.sql\"");
    verified(file, &[], Some(2), "is sealed");
    std::fs::copy(file, lab.site.join(DRILL)).unwrap();
    let mut other = bytes;
    other[1000] ^= 1;
    std::fs::write(file, other).unwrap();
    let words = "WM203 the backup `";
    verified(file, &["--passphrase-file", passphrase], Some(2), words);
}

/// The backup that the drill begins with, which is sealed, and one that is not.
const DRILL: &str = "drill.tar";
const OPEN: &str = "open.tar";

/// A restore from a backup that is sealed.
fn restore(lab: &Lab, more: &[&str]) -> Ran {
    let (file, passphrase) = (lab.site.join(DRILL), lab.site.join("passphrase"));
    let words = [
        "restore",
        file.to_str().unwrap(),
        "--passphrase-file",
        passphrase.to_str().unwrap(),
    ];
    lab.run(&[&words, more].concat())
}

const APIS: &str =
    "/opt/wso2/wso2esb-4.9.0/repository/deployment/server/synapse-configs/default/api";
const API: &str = r#"<api xmlns="http://ws.apache.org/ns/synapse" name="Kept" context="/kept"><resource methods="GET"><inSequence><respond/></inSequence></resource></api>"#;

/// Everything that is there is named, before anything is touched.
fn a_restore_goes_over_nothing(lab: &Lab) {
    let ran = restore(lab, &[]);
    assert_eq!(ran.status, Some(2), "{}", ran.all());
    for words in [
        "WM205 node `mgr1` runs on host `mgr1`",
        "WM205 node `wkr1` runs on host `wkr1`",
        "WM205 database `registry` has 40 tables",
        "WM205 database `users` has 40 tables",
    ] {
        assert!(ran.all().contains(words), "{words}: {}", ran.all());
    }
    let ran = restore(lab, &["--check", "--over", "databases"]);
    assert_eq!(ran.status, Some(2), "{}", ran.all());
    assert!(
        ran.all().contains("WM205 node `mgr1` runs"),
        "{}",
        ran.all()
    );
    assert!(!ran.all().contains("WM205 database"), "{}", ran.all());
    let damaged = lab.site.join("damaged.tar");
    let mut bytes = std::fs::read(lab.site.join(OPEN)).unwrap();
    bytes[700] ^= 1;
    std::fs::write(&damaged, &bytes).unwrap();
    let ran = lab.run(&["restore", damaged.to_str().unwrap()]);
    assert_eq!(ran.status, Some(2), "{}", ran.all());
    assert!(ran.all().contains("WM203 the backup `"), "{}", ran.all());
    let good = std::fs::read_to_string(lab.site.join("inventory.yaml")).unwrap();
    lab.write("inventory.yaml", &good.replace("4.9.0", "5.0.0"));
    let ran = restore(lab, &[]);
    lab.write("inventory.yaml", &good);
    assert_eq!(ran.status, Some(2), "{}", ran.all());
    let words = "WM204 the backup is of product esb 4.9.0, and the inventory has esb 5.0.0";
    assert!(ran.all().contains(words), "{}", ran.all());
}

/// The drill: all hosts and databases are empty; cut in the middle, told by the next run, and done again.
fn an_empty_cluster_is_what_it_was(lab: &Lab) {
    for host in ["mgr1", "wkr1"] {
        lab.on(
            host,
            "systemctl stop wso2esb; rm -rf /opt/wso2 /etc/systemd/system/wso2esb.service /var/lib/wmprov; systemctl daemon-reload; userdel wso2; groupdel wso2",
        );
    }
    lab.on("db1", "mariadb -e 'DROP DATABASE REG; CREATE DATABASE REG'");
    let sql = |words: &str| drop(lab.on("db1", &format!("runuser -u postgres -- psql -q {words}")));
    // Its login may look and not create, which shows when the other database is back already.
    sql("-c 'DROP DATABASE um' -c 'CREATE DATABASE um OWNER postgres'");
    let ran = restore(lab, &[]);
    assert_eq!(ran.status, Some(1), "{}", ran.all());
    let words = "WM201 `database/users.sql` cannot be put on host `mgr1`";
    assert!(ran.all().contains(words), "{}", ran.all());
    let apply = lab.run(&["apply"]);
    assert_eq!(apply.status, Some(1), "{}", apply.all());
    assert!(
        apply.all().contains("WM206 a restore of backup "),
        "{}",
        apply.all()
    );
    let running = lab.on("mgr1", "systemctl is-active wso2esb");
    assert_ne!(
        running.trim(),
        "active",
        "a node was started on half a database"
    );
    sql("-c 'ALTER DATABASE um OWNER TO um'");
    killed_on_its_way(lab);
    let ran = restore(lab, &["--lock-wait", "120"]);
    assert_eq!(ran.status, Some(0), "{}", ran.failure());
    let again = lab.applied();
    for host in ["mgr1", "wkr1"] {
        assert_eq!(again["hosts"][host]["changed"], 0, "{again}");
    }
    let rows = [
        (
            "db1",
            "mariadb --default-character-set=utf8mb4 -N REG -e 'SELECT HEX(B), T FROM KEPT'"
                .to_owned(),
            "00FF0A27\tgrün /kept/by/backup\n",
        ),
        (
            "db1",
            "runuser -u postgres -- psql -At um -c \"SELECT i, t, nextval('kept_ids') FROM kept\""
                .to_owned(),
            "4711|it's kept|4712\n",
        ),
        ("mgr1", format!("stat -c %U {APIS}/Kept.xml"), "wso2\n"),
    ];
    for (host, line, wanted) in rows {
        assert_eq!(lab.on(host, &line), wanted, "{line}");
    }
    assert_eq!(lab.on("mgr1", &format!("cat {APIS}/Kept.xml")).trim(), API);
    let laid = "ls /opt/wso2/wso2esb-4.9.0.wmprov/left-*/WSO2CARBON_DB.h2.db";
    assert!(
        lab.on("wkr1", laid).contains("left-"),
        "the pack's H2 was not laid aside"
    );
}

/// Over databases that hold something, where that is named: what came after the backup is gone.
fn a_restore_goes_over_what_is_named(lab: &Lab) {
    lab.on("db1", "mariadb REG -e 'CREATE TABLE LATER (A INT)'");
    lab.all_typed(&[
        "wmprov stop inventory.yaml --allow-downtime",
        "wmprov restore drill.tar inventory.yaml --passphrase-file passphrase --over databases",
    ]);
    let later = "mariadb -N REG -e \"SHOW TABLES LIKE 'LATER'\"";
    assert_eq!(lab.on("db1", later), "");
    assert_eq!(lab.on("wkr1", "systemctl is-active wso2esb"), "active\n");
}

/// `kill -9` when one database is back and the other is not: both again, with what it has left.
fn killed_on_its_way(lab: &Lab) {
    let (file, passphrase) = (lab.site.join(DRILL), lab.site.join("passphrase"));
    let words = ["restore", file.to_str().unwrap(), "--passphrase-file"];
    let mut live = lab.follow(&[&words[..], &[passphrase.to_str().unwrap()]].concat());
    live.until("database/registry.sql: ");
    live.signal("KILL");
    assert_eq!(live.end().status, None);
    let apply = lab.run(&["apply", "--lock-wait", "120"]);
    assert_eq!(apply.status, Some(1), "{}", apply.all());
    let words = "WM206 a restore of backup ";
    assert!(apply.all().contains(words), "{}", apply.all());
}

/// Nothing that this machine remembers is needed: where all of it is gone, the next plan finds nothing to do.
fn a_lost_control_machine_loses_nothing(lab: &Lab) {
    let (state, cache) = (lab.site.join("state"), lab.site.join("cache"));
    let run = |verb: &str| {
        let mut command = lab.command(&[verb]);
        command
            .env("XDG_STATE_HOME", &state)
            .env("XDG_CACHE_HOME", &cache);
        let out = command.output().unwrap();
        assert_eq!(out.status.code(), Some(0), "{verb}: {out:?}");
    };
    run("apply");
    for folder in [&state, &cache] {
        assert!(folder.exists(), "{} was never written", folder.display());
        std::fs::remove_dir_all(folder).unwrap();
    }
    run("plan");
}
