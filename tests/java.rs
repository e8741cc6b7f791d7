//! A JDK that wmprov brings, on the hosts of `versions`: nodes run on it; it comes back after a cut and after somebody's
//! hand; one for other processors touches nothing.

use std::path::PathBuf;
use std::process::Command;

use crate::hosts::{Lab, root};
use crate::versions::{HOSTS, changed};

const JDK: &str = "/opt/java/jdk-17-lab";

/// The archive of a JDK 17, made on this machine.
pub(crate) fn archive() -> PathBuf {
    let made = Command::new(root().join("tests/lab/jdk")).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    PathBuf::from(String::from_utf8(made.stdout).unwrap().trim())
}

/// The cluster is up on the JDK; now it is broken in two ways.
pub(crate) fn comes_back(lab: &Lab, home: &str) {
    for host in HOSTS {
        let line = format!(
            "readlink /proc/$(tr -d '\\000' < {home}/wso2carbon.pid)/exe; stat -c '%a %U' {JDK}/bin/java; \
             readlink {JDK}/legal/jdk.jcmd/LICENSE; ls /opt/java"
        );
        let wanted = format!("{JDK}/bin/java\n755 root\n../java.base/LICENSE\njdk-17-lab\n");
        assert_eq!(lab.on(host, &line), wanted, "{host}");
    }
    lab.on(
        "wkr1",
        &format!("echo '# ours' >> {JDK}/conf/net.properties; touch {JDK}/lib/foreign.jar"),
    );
    // As a run leaves it that was cut before the rename, with half of it sent.
    lab.on(
        "wkr2",
        &format!(
            "mkdir {JDK}.wmprov; mv {JDK} {JDK}.wmprov/stage; rm -r {JDK}.wmprov/stage/lib/server; \
             echo old > {JDK}.wmprov/stage/old"
        ),
    );
    let drift = lab.run(&["drift"]);
    assert_eq!(drift.status, Some(3), "{}", drift.all());
    for told in ["conf/net.properties", "lib/foreign.jar", "jdk-17-lab"] {
        assert!(drift.out.contains(told), "{told}: {}", drift.all());
    }
    let back = lab.applied();
    assert_eq!(back["hosts"]["mgr1"]["changed"], 0, "{back}");
    assert_eq!(back["hosts"]["wkr1"]["changed"], 1, "{back}");
    assert_eq!(back["hosts"]["wkr2"]["changed"], 1, "{back}");
    let again = lab.applied();
    assert_eq!(changed(&again), 0, "{again}");
    for host in HOSTS {
        assert_eq!(again["traffic"][host]["execs"], 1, "{again}");
    }
}

/// A saved plan brings the JDK that was looked at, and no other archive that has come under its name since.
pub(crate) fn a_saved_plan_knows_its_archive(lab: &Lab) {
    let archive = |java: &str| {
        let line = format!(
            "set -e; cd {}; rm -rf next; mkdir -p next/bin; echo '{java}' > next/bin/java; chmod 755 next/bin/java; \
             printf 'JAVA_VERSION=\"17\"\\n' > next/release; tar -czf next.tar.gz next",
            lab.site.display()
        );
        assert!(
            Command::new("sh")
                .args(["-c", &line])
                .status()
                .unwrap()
                .success()
        );
    };
    archive("#!/bin/sh");
    let saved = lab.site.join("jdk.plan");
    let vault = lab.write("vault-password", "open sesame\n");
    let sealed = ["--vault-password-file", vault.to_str().unwrap()];
    let plan = [
        "plan",
        "-e",
        "java_pack=next.tar.gz",
        "-o",
        saved.to_str().unwrap(),
    ];
    let made = lab.run(&[&plan[..], &sealed].concat());
    assert_eq!(made.status, Some(3), "{}", made.failure());
    archive("#!/bin/true");
    let mut apply = lab.control(env!("CARGO_BIN_EXE_wmprov"));
    let refused = apply
        .arg("apply")
        .arg(&saved)
        .args(sealed)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2), "{said}");
    let words = "next.tar.gz` has moved since the plan was saved";
    assert!(
        said.contains("`java_pack ") && said.contains(words),
        "{said}"
    );
    assert_eq!(lab.on("wkr1", "ls /opt/java").trim(), "jdk-17-lab");
}

/// A JDK whose `release` names other processors is refused at the look, before anything is touched.
pub(crate) fn other_processors(lab: &Lab) {
    let line = format!(
        "set -e; cd {}; mkdir -p other/bin; printf '#!/bin/sh\\n' > other/bin/java; chmod 755 other/bin/java; \
         printf 'JAVA_VERSION=\"17\"\\nOS_ARCH=\"s390x\"\\n' > other/release; tar -czf other.tar.gz other",
        lab.site.display()
    );
    assert!(
        Command::new("sh")
            .args(["-c", &line])
            .status()
            .unwrap()
            .success()
    );
    let plan = lab.run(&["plan", "-e", "java_pack=other.tar.gz"]);
    assert_eq!(plan.status, Some(1), "{}", plan.all());
    assert!(plan.all().contains("WM169"), "{}", plan.all());
    assert_eq!(
        lab.on("wkr1", "ls /opt/java 2>&1 | grep -c other").trim(),
        "0"
    );
}
