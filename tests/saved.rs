//! Saved plans, on the hosts of `rollback`: what was reviewed is done, what has moved is refused by name, and nobody reads
//! a secret in the file.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::hosts::{Lab, Ran, note_words};

const CONFIG: &str = "/opt/wso2/wso2esb-4.9.0/repository/conf/carbon.xml";

/// The binary on a plan's file.
fn on_plan(lab: &Lab, verb: &str, file: &Path, more: &[&str]) -> Ran {
    let password = lab.site.join("vault-password");
    let mut command = lab.control(env!("CARGO_BIN_EXE_wmprov"));
    command.arg(verb).arg(file).args(more);
    if verb == "apply" {
        command.arg("--vault-password-file").arg(password);
    }
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let sealed: &[&str] = match verb {
        "apply" => &["--vault-password-file", "vault-password"],
        _ => &[],
    };
    let words = [&[verb, "next.plan"], more, sealed].concat();
    note_words(status.code(), &words);
    Ran {
        status: status.code(),
        out: String::from_utf8(stdout).unwrap(),
        errors: String::from_utf8(stderr).unwrap(),
    }
}

/// The inventory wants something else than the hosts have, a password among it.
pub(crate) fn what_was_reviewed_is_done(lab: &Lab) {
    let inventory = lab.site.join("inventory.yaml");
    let text = std::fs::read_to_string(&inventory).unwrap();
    let wanted = text
        .replace("canary-57ab", "canary-99cd")
        .replace("carbon_hostname: ", "carbon_hostname: planned.");
    std::fs::write(&inventory, &wanted).unwrap();
    lab.write("vault-password", "open sesame\n");
    let password = lab.site.join("vault-password");
    let file = lab.site.join("next.plan");
    let (password, saved) = (password.to_str().unwrap(), file.to_str().unwrap());

    let unsealed = lab.run(&["plan", "-o", saved]);
    assert_eq!(unsealed.status, Some(2), "{}", unsealed.all());
    assert!(!file.exists() && unsealed.errors.contains("--vault-password-file"));
    let made = lab.run(&["plan", "-o", saved, "--vault-password-file", password]);
    assert_eq!(made.status, Some(3), "{}", made.all());
    assert!(made.out.contains(&format!("apply {saved}")), "{}", made.out);
    reviewed(lab, &file);
    refused(lab, &file, &wanted);
    behind_a_command(lab);

    let report = |ran: &Ran| -> Value {
        assert_eq!(ran.status, Some(0), "{}", ran.failure());
        serde_json::from_str(ran.out.lines().last().unwrap()).unwrap()
    };
    let done = report(&on_plan(lab, "apply", &file, &["--json"]));
    for host in ["mgr1", "wkr1", "wkr2"] {
        assert!(
            done["hosts"][host]["changed"].as_u64().unwrap() > 0,
            "{done}"
        );
        assert!(lab.on(host, &format!("cat {CONFIG}")).contains("planned."));
    }
    // All of it is done, and so nothing of it is left.
    let again = report(&on_plan(lab, "apply", &file, &["--json"]));
    lab.all_typed(&["wmprov apply inventory.yaml --vault-password-file vault-password"]);
    let drift = lab.run(&["drift", "--vault-password-file", password]);
    assert_eq!(drift.status, Some(0), "{}", drift.failure());
    for host in ["mgr1", "wkr1", "wkr2"] {
        assert_eq!(again["hosts"][host]["changed"], 0, "{again}");
    }
}

fn reviewed(lab: &Lab, file: &Path) {
    let mode = std::fs::metadata(file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = std::fs::read_to_string(file).unwrap();
    for canary in ["canary-57ab", "canary-99cd", "open sesame"] {
        assert!(!text.contains(canary), "{canary} is in the plan");
    }
    // Nor a digest that could be tried against: of the file as it is and as it will be.
    let digest = lab.on(
        "wkr1",
        "sha256sum /opt/wso2/wso2esb-4.9.0/repository/conf/user-mgt.xml",
    );
    assert!(!text.contains(digest.split_whitespace().next().unwrap()));
    let shown = on_plan(lab, "show", file, &[]);
    assert_eq!(shown.status, Some(0), "{}", shown.failure());
    assert!(shown.out.contains("planned."), "{}", shown.out);
    assert!(
        shown
            .out
            .contains("not shown: a secret stood or stands here"),
        "{}",
        shown.out
    );
    let password = lab.site.join("vault-password");
    let more = [
        "--json",
        "--vault-password-file",
        password.to_str().unwrap(),
    ];
    let html = lab.site.join("next.html");
    let written = on_plan(lab, "show", file, &["--html"]);
    assert!(written.out.contains("was not checked"), "{}", written.all());
    std::fs::write(&html, &written.out).unwrap();
    crate::browser::looks_right(&html);
    lab.all_typed(&["wmprov show next.plan --html --vault-password-file vault-password"]);
    let json = on_plan(lab, "show", file, &more);
    let json: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(
        json["hosts"]["wkr1"]["facts"]["system"], "debian 12",
        "{json}"
    );
}

/// One thing after the other moves, and comes back.
fn refused(lab: &Lab, file: &Path, wanted: &str) {
    let refused = |more: &[&str], words: &[&str]| {
        let ran = on_plan(lab, "apply", file, more);
        assert_eq!(ran.status, Some(2), "{}", ran.all());
        for word in words {
            assert!(ran.errors.contains(word), "{word}: {}", ran.all());
        }
        assert!(
            !lab.on("mgr1", &format!("cat {CONFIG}"))
                .contains("planned.")
        );
    };
    lab.on("wkr1", &format!("echo >> {CONFIG}"));
    refused(&[], &["wkr1", "repository/conf/carbon.xml"]);
    lab.on("wkr1", &format!("truncate -s -1 {CONFIG}"));
    lab.on("wkr2", "hostname other");
    refused(
        &[],
        &["`host name` of `wkr2` has moved from `wkr2` to `other`"],
    );
    lab.on("wkr2", "hostname wkr2");
    let inventory = lab.write("inventory.yaml", &format!("{wanted}# later\n"));
    refused(&[], &["inventory.yaml` has moved since the plan was saved"]);
    std::fs::write(inventory, wanted).unwrap();
    refused(&["--limit", "wkr1"], &["--limit"]);
    let text = std::fs::read_to_string(file).unwrap();
    std::fs::write(file, text.replace("system: debian 12", "system: debian 13")).unwrap();
    refused(&[], &["was changed after it was saved"]);
    std::fs::write(file, text).unwrap();
}

/// What could not be known when the plan was made is bound to the paths that its tasks declare: a copy behind a command
/// replaces whatever that has left in its place, and the one that would go elsewhere stops the run.
fn behind_a_command(lab: &Lab) {
    let play = lab.write(
        "behind.yaml",
        "- hosts: wkr1
  become: true
  tasks:
    - name: nobody knows
      shell: echo of the command > /srv/declared; echo of the command > /srv/undeclared
      register: made
      changed_when: false
    - name: declared
      copy: { content: wanted, dest: /srv/declared }
    - name: elsewhere
      copy: { content: wanted, dest: \"/srv/{{ made is changed | ternary('declared', 'undeclared') }}\" }
",
    );
    let file = lab.site.join("behind.plan");
    let (play, saved) = (play.to_str().unwrap(), file.to_str().unwrap());
    let password = lab.site.join("vault-password");
    let password = password.to_str().unwrap();
    let plan = ["plan", "-p", play, "-o", saved];
    let made = lab.run(&[&plan[..], &["--vault-password-file", password]].concat());
    assert_eq!(made.status, Some(3), "{}", made.all());
    let shown = on_plan(lab, "show", &file, &[]);
    let bound = "behind a command: may change /srv/declared, and nothing else";
    assert!(shown.out.contains(bound), "{}", shown.all());
    let ran = on_plan(lab, "apply", &file, &[]);
    assert_eq!(ran.status, Some(1), "{}", ran.all());
    let told = "the saved plan does not foresee this";
    assert!(
        ran.all().contains(told) && ran.all().contains("/srv/undeclared"),
        "{}",
        ran.all()
    );
    let there = lab.on("wkr1", "cat /srv/declared; echo; cat /srv/undeclared");
    assert_eq!(there, "wanted\nof the command\n");
    lab.on("wkr1", "rm /srv/declared /srv/undeclared");
}
