//! Builds again when a file under `playbooks/` comes or goes, because they are embedded in the library.

fn main() {
    println!("cargo::rerun-if-changed=playbooks");
}
