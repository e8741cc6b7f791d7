//! What OpenSSH itself makes of the same files: `ssh -G` for `ssh_config`, `ssh-keygen -F` for
//! `known_hosts`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use wmprov::connection::{KnownHosts, SshConfig, SshOptions};

use super::sshd::{keygen, whoami};

fn installed(program: &str) -> bool {
    let found = Command::new(program).arg("-V").output().is_ok();
    if !found {
        println!("skipped: there is no `{program}`");
    }
    found
}

/// The home that `ssh` itself sees, whatever `HOME` says.
fn home() -> PathBuf {
    let out = Command::new("getent")
        .args(["passwd", &whoami()])
        .output()
        .unwrap();
    let line = String::from_utf8(out.stdout).unwrap();
    PathBuf::from(line.split(':').nth(5).unwrap())
}

/// Ours in the words of `ssh -G`; what is not set has no line.
fn ours(options: &SshOptions) -> Vec<String> {
    let paths = |paths: &[PathBuf]| {
        let all: Vec<String> = paths
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        all.join(" ")
    };
    let yes = |yes: bool| if yes { "yes" } else { "no" };
    let mut lines = Vec::new();
    let mut line = |name: &str, value: Option<String>| {
        lines.extend(value.map(|value| format!("{name} {value}")));
    };
    line("hostname", options.host_name.clone());
    line("port", options.port.map(|port| port.to_string()));
    line("user", options.user.clone());
    for file in &options.identities {
        line("identityfile", Some(file.display().to_string()));
    }
    for file in &options.certificates {
        line("certificatefile", Some(file.display().to_string()));
    }
    line(
        "identitiesonly",
        options.identities_only.map(|only| yes(only).to_owned()),
    );
    line("proxyjump", options.proxy_jump.clone());
    line(
        "userknownhostsfile",
        options.user_known_hosts.as_deref().map(paths),
    );
    line(
        "globalknownhostsfile",
        options.global_known_hosts.as_deref().map(paths),
    );
    line("stricthostkeychecking", options.strict.clone());
    line(
        "connecttimeout",
        options
            .connect_timeout
            .map(|time| time.as_secs().to_string()),
    );
    line(
        "serveraliveinterval",
        options
            .alive_interval
            .map(|time| time.as_secs().to_string()),
    );
    line(
        "serveralivecountmax",
        options.alive_max.map(|count| count.to_string()),
    );
    line("hostkeyalias", options.host_key_alias.clone());
    line(
        "hashknownhosts",
        options.hash_known_hosts.map(|hash| yes(hash).to_owned()),
    );
    lines
}

/// What `ssh -G` says, without what it says of an empty file, where ours has no line.
fn theirs(file: &Path, host: &str) -> Vec<String> {
    let out = Command::new("ssh")
        .args(["-G", "-F"])
        .arg(file)
        .arg(host)
        .output()
        .unwrap();
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    let text = String::from_utf8(out.stdout).unwrap();
    // `ssh -G` quotes nothing, and writes `~` and tokens of files as they were written.
    let value = |name: &str| {
        let found = text.lines().find_map(|line| line.strip_prefix(name));
        found.unwrap_or_default().to_owned()
    };
    text.lines()
        .map(|line| line.replace("~/", &format!("{}/", home().display())))
        .map(|line| line.replace("%h", &value("hostname ")))
        .map(|line| line.replace("%p", &value("port ")))
        .map(|line| line.replace("%r", &value("user ")))
        .collect()
}

#[test]
fn ssh_config_means_what_ssh_takes_it_for() {
    if !installed("ssh") {
        return;
    }
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/connection/ssh_config");
    let mut seen = 0;
    for entry in fs::read_dir(&cases).unwrap() {
        let case = entry.unwrap().path();
        if case.extension().is_none_or(|end| end != "conf") {
            continue;
        }
        let text = fs::read_to_string(&case).unwrap();
        let text = text.replace("@DIR@", cases.to_str().unwrap());
        let hosts = text
            .lines()
            .next()
            .unwrap()
            .strip_prefix("# hosts: ")
            .unwrap();
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("config");
        fs::write(&file, &text).unwrap();
        let config = SshConfig::read(std::slice::from_ref(&file), &home(), &whoami()).unwrap();
        let empty = dir.path().join("empty");
        fs::write(&empty, "").unwrap();
        for host in hosts.split(' ') {
            compare(
                &case,
                host,
                &ours(&config.of(host).unwrap()),
                &theirs(&file, host),
                &theirs(&empty, host),
            );
            seen += 1;
        }
    }
    assert!(seen >= 15, "only {seen} hosts were compared");
}

fn compare(case: &Path, host: &str, ours: &[String], theirs: &[String], usual: &[String]) {
    let case = case.file_name().unwrap().to_string_lossy().into_owned();
    for line in ours {
        let same = theirs.iter().any(|found| found.eq_ignore_ascii_case(line));
        assert!(
            same,
            "{case}, {host}: `ssh -G` does not say `{line}`:\n{}",
            theirs.join("\n")
        );
    }
    // And nothing that ssh found in the file is missing in ours.
    let known = [
        "hostname",
        "port",
        "user",
        "identityfile",
        "certificatefile",
        "identitiesonly",
        "proxyjump",
        "userknownhostsfile",
        "globalknownhostsfile",
        "stricthostkeychecking",
        "connecttimeout",
        "serveraliveinterval",
        "serveralivecountmax",
        "hostkeyalias",
        "hashknownhosts",
    ];
    for line in theirs.iter().filter(|line| !usual.contains(line)) {
        let name = line.split(' ').next().unwrap();
        let missed =
            known.contains(&name) && !ours.iter().any(|mine| mine.eq_ignore_ascii_case(line));
        assert!(
            !missed,
            "{case}, {host}: ours does not say `{line}`:\n{}",
            ours.join("\n")
        );
    }
}

#[test]
fn known_hosts_names_whom_ssh_keygen_finds() {
    if !installed("ssh-keygen") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    keygen(&["-t", "ed25519", "-N", "", "-f"], &dir.path().join("key"));
    let key = fs::read_to_string(dir.path().join("key.pub")).unwrap();
    let key = key.trim();
    let file = dir.path().join("known_hosts");
    let names = [
        "plain",
        "Mixed.Example.COM",
        "a,b,10.0.0.1",
        "[ported]:2222",
        "*.example.org,!bad.example.org",
        "w?r",
        "[*.example.net]:2222",
        "::1",
        "[::1]:2222",
        "!neg,*.neg",
    ];
    let mut text = String::from("# comment\n\n");
    for name in names {
        text.push_str(&format!("{name} {key}\n"));
    }
    text.push_str(&format!(
        "@cert-authority *.example.com {key}\n@revoked plain {key}\nbroken\n"
    ));
    fs::write(&file, &text).unwrap();
    agree(&file, false);
    // `ssh-keygen -H` does not touch a file with garbage in it.
    fs::write(&file, text.replace("broken\n", "")).unwrap();
    // Hashed: only names without wildcards and markers are.
    let hashed = Command::new("ssh-keygen")
        .args(["-H", "-f"])
        .arg(&file)
        .output()
        .unwrap();
    assert!(
        fs::read_to_string(&file).unwrap().contains("|1|"),
        "{hashed:?}"
    );
    agree(&file, true);
}

fn agree(file: &Path, hashed: bool) {
    let known = KnownHosts::read([&file.to_path_buf()]).unwrap();
    let mut hits = 0;
    for (host, port) in [
        ("plain", 22),
        ("PLAIN", 22),
        ("plain", 2222),
        ("mixed.example.com", 22),
        ("a", 22),
        ("b", 22),
        ("10.0.0.1", 22),
        ("ported", 2222),
        ("ported", 22),
        ("x.example.org", 22),
        ("bad.example.org", 22),
        ("wkr", 22),
        ("wkrr", 22),
        ("x.example.net", 2222),
        ("x.example.com", 22),
        ("::1", 22),
        ("::1", 2222),
        ("neg", 22),
        ("x.neg", 22),
        ("nobody", 22),
    ] {
        // `ssh` lowers the name before it looks; `ssh-keygen` hashes it as it stands.
        if hashed && host != host.to_lowercase() {
            continue;
        }
        let name = match port {
            22 => host.to_owned(),
            port => format!("[{host}]:{port}"),
        };
        let out = Command::new("ssh-keygen")
            .args(["-F", &name, "-f"])
            .arg(file)
            .output()
            .unwrap();
        let text = String::from_utf8(out.stdout).unwrap();
        let theirs: Vec<u32> = text
            .lines()
            .filter_map(|line| line.strip_prefix("# Host ")?.split("line ").nth(1))
            .map(|rest| rest.split_whitespace().next().unwrap().parse().unwrap())
            .collect();
        let ours: Vec<u32> = known.places(host, port).map(|place| place.line).collect();
        assert_eq!(ours, theirs, "{name}, hashed {hashed}: {text}");
        hits += ours.len();
    }
    assert!(hits > 10, "only {hits} lines were found");
}
