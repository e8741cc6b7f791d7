//! Variables, options and files → how a host is reached.

use std::path::Path;

use crate::connection::{ConnectOptions, HostKeyPolicy, Target, check_names};
use crate::inventory::Vars;
use crate::yaml::{Error, Node, Place, Value};

fn options(config: &str) -> (tempfile::TempDir, ConnectOptions) {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("config");
    std::fs::write(&file, config).unwrap();
    let mut options = ConnectOptions::bare(home.path().to_owned(), "local".to_owned());
    options.config = vec![file];
    (home, options)
}

fn vars(pairs: &[(&str, &str)]) -> Vars {
    (1..)
        .zip(pairs)
        .map(|(line, (name, value))| {
            let value = match value.parse() {
                Ok(number) => Value::Int(number),
                Err(_) => Value::String((*value).to_owned()),
            };
            let place = Place::new("inventory.yaml", line, 7);
            ((*name).to_owned(), Node::new(value, place))
        })
        .collect()
}

fn resolve(config: &str, pairs: &[(&str, &str)]) -> Result<Target, Error> {
    let (_home, options) = options(config);
    let vars = vars(pairs);
    check_names(vars.iter().map(|(name, node)| (name.as_str(), &node.place)))?;
    Target::resolve("wkr1", &vars, &options)
}

#[test]
fn variables_win_over_options_arguments_and_files() {
    let config = "Host 10.0.0.1\n Port 1\n User file\n HostName 10.9.9.9\n ConnectTimeout 3\n";
    let target = resolve(config, &[("ansible_host", "10.0.0.1")]).unwrap();
    assert_eq!(
        (target.address.as_str(), target.port, target.user.as_str()),
        ("10.9.9.9", 1, "file")
    );
    assert_eq!(target.connect_timeout.as_secs(), 3);
    let (_home, mut options) = options(config);
    options.user = Some("option".to_owned());
    let all = [
        ("ansible_host", "10.0.0.1"),
        (
            "ansible_ssh_common_args",
            "-p 2 -o User=args -o StrictHostKeyChecking=accept-new",
        ),
    ];
    let target = Target::resolve("wkr1", &vars(&all), &options).unwrap();
    assert_eq!((target.port, target.user.as_str()), (2, "option"));
    assert_eq!(target.host_keys, HostKeyPolicy::AcceptNew);
    let all = [
        &all[..],
        &[("ansible_port", "3"), ("ansible_user", "variable")],
    ]
    .concat();
    let target = Target::resolve("wkr1", &vars(&all), &options).unwrap();
    assert_eq!((target.port, target.user.as_str()), (3, "variable"));
}

#[test]
fn without_anything_it_is_the_name_and_the_usual() {
    let target = resolve("", &[]).unwrap();
    assert_eq!((target.address.as_str(), target.port), ("wkr1", 22));
    assert_eq!(
        (target.user.as_str(), target.host_keys),
        ("local", HostKeyPolicy::Strict)
    );
    assert_eq!(
        target.keepalive_interval.as_secs() * u64::from(target.keepalive_max),
        45
    );
    assert!(!target.local && !target.identities_named && target.jumps.is_empty());
    assert_eq!(
        (target.become_user.as_deref(), target.become_wanted),
        (None, None)
    );
}

#[test]
fn passwords_are_secrets_and_may_be_digits() {
    let pairs = [
        ("ansible_password", "123456"),
        ("ansible_become_pass", "sesame"),
    ];
    let target = resolve("", &pairs).unwrap();
    assert_eq!(
        target.password.as_ref().map(|secret| secret.reveal()),
        Some("123456")
    );
    assert_eq!(
        target
            .become_password
            .as_ref()
            .map(|secret| secret.reveal()),
        Some("sesame")
    );
    let shown = format!("{target:?}");
    assert!(
        !shown.contains("123456") && !shown.contains("sesame"),
        "{shown}"
    );
}

#[test]
fn jump_hosts_are_resolved_and_lead_to_others() {
    let config = "Host far\n ProxyJump me@b:7,[::1]:8\nHost b\n HostName 10.0.0.2\n ProxyJump a\n";
    let target = resolve(config, &[("ansible_host", "far")]).unwrap();
    let way: Vec<String> = target
        .jumps
        .iter()
        .map(|jump| format!("{}@{}:{}", jump.user, jump.address, jump.port))
        .collect();
    assert_eq!(way, ["local@a:22", "me@10.0.0.2:7", "local@::1:8"]);
    let round = "Host a\n ProxyJump b\nHost b\n ProxyJump a\n";
    let error = resolve(round, &[("ansible_host", "a")]).unwrap_err();
    assert!(error.to_string().contains("round in circles"), "{error}");
}

#[test]
fn a_file_named_by_arguments_replaces_the_files() {
    let (home, options) = options("Host wkr1\n Port 1\n");
    std::fs::write(home.path().join("other"), "Host wkr1\n Port 2\n").unwrap();
    let named = format!("-F {}", home.path().join("other").display());
    let pairs = [("ansible_ssh_common_args", named.as_str())];
    let target = Target::resolve("wkr1", &vars(&pairs), &options).unwrap();
    assert_eq!(target.port, 2);
}

#[test]
fn what_makes_no_sense_is_refused_with_its_place() {
    for (name, value, message, hint) in [
        (
            "ansible_ssh_privat_key_file",
            "x",
            "unknown connection variable `ansible_ssh_privat_key_file`",
            "did you mean `ansible_ssh_private_key_file`?",
        ),
        (
            "ansible_become_pas",
            "x",
            "unknown connection variable `ansible_become_pas`",
            "did you mean `ansible_become_pass`?",
        ),
        (
            "ansible_usr",
            "deploy",
            "unknown connection variable `ansible_usr`",
            "did you mean `ansible_user`?",
        ),
        (
            "ansible_connection",
            "winrm",
            "`ansible_connection: winrm` is not supported",
            "`ssh` and `local` are",
        ),
        (
            "ansible_become_method",
            "su",
            "`ansible_become_method: su` is not supported",
            "only `sudo` is",
        ),
        (
            "ansible_port",
            "70000",
            "a port is a number from 1 to 65535",
            "",
        ),
        (
            "ansible_ssh_extra_args",
            "-L 1:a:1",
            "the ssh option `-L` is not supported",
            "supported are -o, -J, -i, -p, -l and -F",
        ),
        (
            "ansible_ssh_common_args",
            "-o ProxyCommand=nc",
            "`proxycommand` is not supported",
            "use `ProxyJump` to go through another host",
        ),
        (
            "ansible_ssh_common_args",
            "-o Port=x",
            "`port` wants a number, not `x`",
            "",
        ),
    ] {
        let error = resolve("", &[(name, value)]).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert_eq!(error.way_out().unwrap_or(""), hint);
        let place = error.place().unwrap();
        assert_eq!(
            (&*place.file, place.line),
            (Path::new("inventory.yaml"), 1),
            "{name}"
        );
    }
    // Facts and what other tools use are no mistakes.
    assert!(
        resolve(
            "",
            &[
                ("ansible_distribution", "Debian"),
                ("ansible_python_interpreter", "x")
            ]
        )
        .is_ok()
    );
}
