//! Passwords in Carbon's secure vault, on a host of `rollback`: the server opens it, a second apply changes nothing, a way back,
//! another password, and a start without the keystore's.

use std::fs;

use crate::hosts::{Lab, Ran, root};

const HOME: &str = "/opt/wso2/wso2esb-4.9.0";
const HOST: &str = "wkr1";

pub(crate) fn passwords_go_into_the_vault(lab: &Lab) {
    let folder = lab.site.join("own/repository/resources/security");
    fs::create_dir_all(&folder).unwrap();
    let store = root().join("engine/carbon/home/tests/wso2carbon.jks");
    fs::copy(store, folder.join("wso2carbon.jks")).unwrap();
    let plain = fs::read_to_string(lab.site.join("inventory.yaml")).unwrap();
    let name = "    carbon_admin_password: ";
    let (_, password) = plain.split_once(name).unwrap();
    let password = password.lines().next().unwrap();
    let more = "    carbon_secure_vault: true\n    carbon_overlays: own\n";
    let vaulted = plain.replace(name, &format!("{more}{name}"));
    lab.write("inventory.yaml", &vaulted);
    let plan = of_host(lab, "plan", 3);
    for never in [password, "+wso2carbon"] {
        assert!(!plan.all().contains(never), "{never}: {}", plan.all());
    }
    assert_eq!(proved(lab), 2);
    assert_eq!(proved(lab), 0);
    of_host(lab, "drift", 0);
    // Back to clear text, and into the vault again with another password.
    of_host(lab, "rollback", 0);
    let there =
        format!("cd {HOME}; ls password-persist; grep -c {password} repository/conf/user-mgt.xml");
    assert_eq!(lab.on(HOST, &there), "1\n");
    let another = vaulted.replace(password, "canary-8c21");
    lab.write("inventory.yaml", &another);
    assert_eq!(proved(lab), 2);
    let clear =
        "grep -rlsF canary-8c21 /opt /etc /var/lib/wmprov /var/log /root /home /tmp /run; true";
    assert_eq!(lab.on(HOST, clear), "");
    let modes = format!(
        "cd {HOME}; stat -c %a password-persist repository/conf/security/cipher-text.properties"
    );
    assert_eq!(lab.on(HOST, &modes), "600\n600\n");
    without_the_password(lab);
}

/// A verb on the host alone, which must end like this.
fn of_host(lab: &Lab, verb: &str, status: i32) -> Ran {
    let ran = lab.run(&[verb, "--limit", HOST]);
    assert_eq!(ran.status, Some(status), "{verb}: {}", ran.failure());
    ran
}

/// Applies, and gives how much that changed; the node proves its role by a login with the password that stands in its vault
/// alone.
fn proved(lab: &Lab) -> u64 {
    let ran = lab.run(&["apply", "--json", "--limit", HOST]);
    assert_eq!(ran.status, Some(0), "{}", ran.failure());
    let report: serde_json::Value = serde_json::from_str(ran.out.lines().last().unwrap()).unwrap();
    assert_eq!(report["nodes"][0]["proof"][0], "13 of 13 signs", "{report}");
    report["hosts"][HOST]["changed"].as_u64().unwrap()
}

/// A server that finds no password waits for one without a word (real-run 12); the next run lays it there.
fn without_the_password(lab: &Lab) {
    let ports = lab.on(
        HOST,
        &format!(
            "systemctl stop wso2esb; rm {HOME}/password-persist; systemctl start wso2esb; sleep 5; \
             systemctl is-active wso2esb; ss -ltn | grep -c ':9443 '; systemctl kill -s KILL wso2esb; systemctl stop wso2esb"
        ),
    );
    assert_eq!(ports, "active\n0\n");
    assert_eq!(proved(lab), 2);
}
