//! A cluster with shared databases on real servers, MariaDB for the registry and PostgreSQL for users: what is wrong
//! with one is told before anything is touched, and before a node is stopped; tables are made once.

use std::io::Write as _;

use crate::hosts::{Lab, lab_pack};

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

/// What a case says otherwise than the good inventory.
struct Site {
    port: u16,
    password: &'static str,
    users: [&'static str; 2],
    pool: u16,
    more: &'static str,
}

const GOOD: Site = Site {
    port: 3306,
    password: "reg-pass&1",
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
    carbon_admin_password: admin
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
fn drivers(lab: &Lab) {
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
    let said = lab.on("db1", SERVERS);
    assert!(
        said.contains("up"),
        "{said}{}",
        lab.on("db1", "tail -20 /root/apt.log")
    );
    wrong_before_anything_is_touched(&lab);
    half_made_and_forbidden(&lab);
    from_nothing(&lab);
    wrong_before_a_node_is_stopped(&lab);
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
            "WM066 database `registry` of node `mgr1`: it allows 151 connections, and the pools of all nodes may open 200",
        ),
        (
            GOOD,
            [
                "SET GLOBAL innodb_force_primary_key=ON",
                "SET GLOBAL innodb_force_primary_key=OFF",
            ],
            "WM029 database `registry` of node `mgr1`: it has `innodb_force_primary_key` on",
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
    let words =
        "database `users` is empty: its 39 tables will be made from dbscripts/postgresql.sql";
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

/// Broken by hand under a running cluster: a change that wants restarts is refused while all nodes serve.
fn wrong_before_a_node_is_stopped(lab: &Lab) {
    let pids =
        || ["mgr1", "wkr1"].map(|host| lab.on(host, "systemctl show -p MainPID --value wso2esb"));
    let before = pids();
    write_inventory(
        lab,
        &Site {
            more: "    carbon_heartbeat: 50\n",
            ..GOOD
        },
    );
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
    lab.applied();
    assert_ne!(pids(), before);
    let again = lab.applied();
    for host in ["mgr1", "wkr1"] {
        assert_eq!(again["hosts"][host]["changed"], 0, "{again}");
    }
}
