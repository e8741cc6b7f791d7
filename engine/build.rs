//! Builds again when a file under `playbooks/` comes or goes, because they are embedded in the library, and
//! tells the program what it is built for and from.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=playbooks");
    println!("cargo::rerun-if-env-changed=WMPROV_COMMIT");
    for (name, value) in [
        ("WMPROV_TARGET", variable("TARGET")),
        ("WMPROV_COMMIT", commit()),
    ] {
        println!("cargo::rustc-env={name}={}", value.unwrap_or_default());
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The commit that the sources are of: said by whoever builds, else git's where this is a release. Another
/// build is not made anew at every commit for it.
fn commit() -> Option<String> {
    if let Some(said) = variable("WMPROV_COMMIT") {
        return Some(said);
    }
    if variable("PROFILE").as_deref() != Some("release") {
        return None;
    }
    for file in ["HEAD", "logs/HEAD"] {
        println!(
            "cargo::rerun-if-changed={}",
            git(&["rev-parse", "--git-path", file])?
        );
    }
    git(&["rev-parse", "HEAD"])
}

/// What git says; nothing where there is no git, or these sources are in none of its trees.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let said = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !said.trim().is_empty()).then(|| said.trim().to_owned())
}
