//! Answers → the text of an inventory, with comments that tell what may be changed.

use super::seats::Seat;
use crate::catalogue::Release;

/// What is written.
pub(super) struct Answers<'a> {
    pub(super) release: &'a Release,
    pub(super) file: &'a str,
    pub(super) product: &'a str,
    pub(super) version: &'a str,
    pub(super) pattern: &'a str,
    pub(super) managers: &'a [Seat],
    pub(super) workers: &'a [Seat],
    pub(super) hostname: &'a str,
    pub(super) mgt_hostname: Option<&'a str>,
    /// Which one, and the networks of the administrators.
    pub(super) firewall: Option<(&'a str, &'a str)>,
    pub(super) key_manager: Option<&'a str>,
    pub(super) pack: &'a str,
    pub(super) java_home: &'a str,
}

/// The file.
pub(super) fn text(answers: &Answers<'_>) -> String {
    let release = answers.release;
    let file = answers.file;
    let mut page = format!(
        "# {} {} in pattern {}: {}.
#
# Made by `wmprov init`; yours to change. Then:
#
#   wmprov validate {file}    reads and checks your files, connects to nothing
#   wmprov topology {file}    draws the cluster
#   wmprov plan {file}        says what would change, file by file
#   wmprov apply {file}       does it
#   wmprov drift {file}       says what has moved since
#
# Every variable is told in docs/inventory.md.

all:
  vars:
    # The group that sets carbon_product is a cluster. Here that is `all`: the whole inventory.
",
        release.name,
        answers.version,
        answers.pattern,
        meaning(answers.pattern)
    );
    page.push_str(&cluster(answers));
    page.push_str(ACCESS);
    page.push_str("  children:\n");
    page.push_str(MANAGERS);
    page.push_str(&group("manager", answers.managers, None));
    page.push_str(&group("\n    worker", answers.workers, Some(WORKERS)));
    page.push_str(BALANCERS);
    page
}

/// The variables of the cluster, each with its comment in one column.
fn cluster(answers: &Answers<'_>) -> String {
    let mut rows = vec![
        ("carbon_product", scalar(answers.product), ""),
        (
            "carbon_version",
            quoted(answers.version),
            "quoted: YAML would take 5.0 for a number",
        ),
        ("carbon_pattern", number(answers.pattern), ""),
        (
            "carbon_pack",
            scalar(answers.pack),
            "the product's zip, beside this file",
        ),
        ("", String::new(), ""),
        (
            "carbon_hostname",
            scalar(answers.hostname),
            "what clients call: the workers, or what stands before them",
        ),
    ];
    if let Some(name) = answers.mgt_hostname {
        rows.push((
            "carbon_mgt_hostname",
            scalar(name),
            "what administrators call: the console",
        ));
    }
    if let Some((firewall, allow)) = answers.firewall {
        let networks: Vec<String> = allow.split(',').map(|one| quoted(one.trim())).collect();
        rows.push((
            "carbon_firewall",
            scalar(firewall),
            "each port is open to whom it is for (docs/firewall.md)",
        ));
        rows.push((
            "carbon_console_allow",
            format!("[{}]", networks.join(", ")),
            "the administrators",
        ));
    }
    if let Some(asked) = answers.key_manager {
        rows.push((
            "carbon_key_manager",
            scalar(asked),
            "checks every call's key; never a worker",
        ));
    }
    rows.push((
        "java_home",
        scalar(answers.java_home),
        "the JDK on the hosts",
    ));
    let said = |(name, value, _): &(&str, String, &str)| format!("    {name}: {value}");
    let widest = rows.iter().map(|row| said(row).len()).max().unwrap_or(0);
    let mut lines = String::new();
    for row in &rows {
        let line = match (row.0, row.2) {
            ("", _) => String::new(),
            (_, "") => said(row),
            (_, comment) => format!("{:widest$}  # {comment}", said(row)),
        };
        lines.push_str(&line);
        lines.push('\n');
    }
    lines
}

const ACCESS: &str = "
    # With it each start proves by a login which role the node has. It makes the vaulted value:
    #   wmprov vault encrypt-string --name carbon_admin_password --ask-vault-pass
    # carbon_admin_password: !vault |
    #   ...

    # ansible_user: deploy    # the login name, where it is not yours
    ansible_become: true      # through sudo

";

const MANAGERS: &str =
    "    # A host's role is the group it is in. Member lists, ports, sub-domains, profile and worker flag follow
    # from it. Of two managers the first is active: it commits, and its console is served.
    ";

const WORKERS: &str =
    "      # vars: { carbon_heap: 512m:2g }    # of workers only; where not said 256m:1024m\n";

const BALANCERS: &str = "
    # nginx before workers and console; docs/balancers.md tells what goes with it:
    # load_balancer:
    #   hosts:
    #     lb1: { ansible_host: 10.0.0.31 }
";

fn group(name: &str, seats: &[Seat], comment: Option<&str>) -> String {
    let hosts: String = seats
        .iter()
        .map(|seat| {
            let (name, address) = (scalar(&seat.name), scalar(&seat.address));
            format!("        {name}: {{ ansible_host: {address} }}\n")
        })
        .collect();
    format!(
        "{name}:\n{}      hosts:\n{hosts}",
        comment.unwrap_or_default()
    )
}

fn meaning(pattern: &str) -> &'static str {
    match pattern {
        "1" => "one manager and two or more workers in one clustering domain",
        "2" => {
            "two managers, active and passive, in a clustering domain of their own, and workers in another"
        }
        "3" => {
            "two managers, active and passive, and workers as sub-domains of one clustering domain"
        }
        _ => "no pattern of the clustering guide",
    }
}

/// A number stays one; anything else is a text, for the check to refuse.
fn number(text: &str) -> String {
    match text.parse::<u32>() {
        Ok(number) => number.to_string(),
        Err(_no_number) => quoted(text),
    }
}

/// A text as YAML reads it back: bare where nothing else can be made of it, else quoted.
fn scalar(text: &str) -> String {
    let plain =
        |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_' | '/');
    let begins = |letter: char| letter.is_ascii_alphabetic() || letter == '/';
    let words = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    let address = text.parse::<std::net::Ipv4Addr>().is_ok();
    let bare = text.starts_with(begins)
        && text.chars().all(plain)
        && !words.contains(&text.to_ascii_lowercase().as_str());
    if bare || address {
        text.to_owned()
    } else {
        quoted(text)
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            '\t' => out.push_str("\\t"),
            other if other.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(other))),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}
