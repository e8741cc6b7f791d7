//! `package`: packages of the host's own manager are installed, or not.

use crate::modules::{Call, Change, Difference, Module, Subject};
use crate::playbook::{Kind, ModuleSpec, Parameter};
use crate::script::{Answer, Answers, Package as Installed, Probe, Step};
use crate::yaml::{Error, Result};

/// The module.
#[derive(Debug)]
pub(super) struct Package;

static SPEC: ModuleSpec = ModuleSpec {
    name: "package",
    doc: "Installs or removes packages with the host's own manager (apt, dnf, yum).",
    parameters: &[
        Parameter {
            name: "name",
            aliases: &["pkg"],
            kind: Kind::List,
            required: true,
            doc: "One package or a list. `NAME=VERSION` pins its version; a `*` at the end of that takes any end.",
            ..Parameter::BLANK
        },
        Parameter {
            name: "rpm",
            kind: Kind::List,
            doc: "Their names on hosts with rpm, where they have others there.",
            ..Parameter::BLANK
        },
        Parameter {
            name: "state",
            choices: &["present", "installed", "absent", "removed"],
            default: "`present`",
            doc: "Whether they are to be installed. `latest` is not taken: it changes hosts without a change of yours.",
            ..Parameter::BLANK
        },
        Parameter {
            name: "update_cache",
            kind: Kind::Bool,
            default: "no",
            doc: "Fetch the package lists before an installation.",
            ..Parameter::BLANK
        },
    ],
    example: "- name: What the rollout needs\n  package:\n    name: [util-linux, openssl]\n",
    ..ModuleSpec::BLANK
};

impl Module for Package {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn probes(&self, call: &Call<'_>) -> Result<Vec<Probe>> {
        let names = call.args.list("name")?.into_iter();
        let names = names.chain(call.args.list("rpm")?);
        Ok(names
            .map(|wish| Probe::Package(Wish::of(&wish).name.to_owned()))
            .collect())
    }

    fn subject(&self, _difference: &Difference) -> Subject {
        Subject::Version
    }

    fn change(&self, call: &Call<'_>, seen: &Answers) -> Result<Change> {
        let absent = matches!(
            call.args.text("state")?.as_deref(),
            Some("absent" | "removed")
        );
        let names = call.args.list("name")?;
        let family = match names.first() {
            Some(first) => installed(seen, Wish::of(first).name)?.family.clone(),
            None => None,
        };
        let mut wrong = Vec::new();
        for name in there(family.as_deref(), names, call.args.list("rpm")?) {
            let wish = Wish::of(&name);
            let found = installed(seen, wish.name)?;
            if wish.is_met_by(found.version.as_deref()) == absent {
                wrong.push((name, found.version.clone()));
            }
        }
        let mut change = Change::none()
            .touching("/var/lib/dpkg")
            .touching("/var/lib/rpm")
            .touching("/");
        if wrong.is_empty() {
            return Ok(change);
        }
        let family = family
            .ok_or_else(|| Error::at(call.args.place(), "the host has neither dpkg nor rpm"))?;
        let names: Vec<String> = wrong.iter().map(|(name, _)| name.clone()).collect();
        let mut commands = Vec::new();
        if !absent && call.args.bool("update_cache")? == Some(true) {
            commands.extend(refresh(&family));
        }
        commands.push(act(&family, absent, &names));
        for (name, version) in wrong {
            let wish = Wish::of(&name);
            change.differences.push(Difference::Property {
                what: format!("package {}", wish.name),
                before: version.unwrap_or_else(|| "nothing".to_owned()),
                after: match wish.version {
                    _ if absent => "nothing",
                    Some(version) => version,
                    None => "installed",
                }
                .to_owned(),
            });
        }
        let steps = commands
            .into_iter()
            .map(|argv| Step::Run { argv })
            .collect();
        change.acts.push(crate::modules::Act::Steps(steps));
        Ok(change)
    }
}

/// The packages as they are called on a host.
fn there(family: Option<&str>, names: Vec<String>, rpm: Vec<String>) -> Vec<String> {
    match family {
        Some("rpm") if !rpm.is_empty() => rpm,
        _ => names,
    }
}

/// A package as a task names it.
struct Wish<'a> {
    name: &'a str,
    version: Option<&'a str>,
}

impl<'a> Wish<'a> {
    fn of(text: &'a str) -> Self {
        match text.split_once('=') {
            Some((name, version)) => Self {
                name,
                version: Some(version),
            },
            None => Self {
                name: text,
                version: None,
            },
        }
    }

    fn is_met_by(&self, installed: Option<&str>) -> bool {
        match (installed, self.version) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(installed), Some(version)) => match version.strip_suffix('*') {
                Some(begin) => installed.starts_with(begin),
                None => installed == version,
            },
        }
    }
}

fn installed<'a>(seen: &'a Answers, name: &str) -> Result<&'a Installed> {
    match seen.get(&Probe::Package(name.to_owned())) {
        Some(Answer::Package(package)) => Ok(package),
        _ => Err(Error::new(format!("package `{name}` was not asked"))),
    }
}

fn refresh(family: &str) -> Option<Vec<String>> {
    // dnf and yum refresh their lists by themselves.
    (family == "dpkg").then(|| words(&["apt-get", "-q", "update"]))
}

/// The command of a family. Debian's is told not to ask; RHEL's is dnf, or yum where there is no dnf.
fn act(family: &str, absent: bool, names: &[String]) -> Vec<String> {
    let mut argv = if family == "dpkg" {
        let verb = if absent { "remove" } else { "install" };
        words(&[
            "env",
            "DEBIAN_FRONTEND=noninteractive",
            "apt-get",
            "-q",
            "-y",
            "-o",
            "Dpkg::Options::=--force-confold",
            "--no-install-recommends",
            verb,
        ])
    } else {
        let verb = if absent { "remove" } else { "install" };
        let choose =
            r#"if command -v dnf >/dev/null 2>&1; then exec dnf "$@"; else exec yum "$@"; fi"#;
        words(&["sh", "-c", choose, "wmprov", "-q", "-y", verb])
    };
    let pinned = names.iter().any(|name| name.contains('='));
    if family == "dpkg" && pinned {
        // Whoever names a version means it, an older one too.
        argv.insert(argv.len() - 1, "--allow-downgrades".to_owned());
    }
    let named = |name: &String| match family {
        "dpkg" => name.clone(),
        _ => name.replacen('=', "-", 1),
    };
    argv.extend(names.iter().map(named));
    argv
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| (*word).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::{Wish, act, there};

    #[test]
    fn a_package_may_have_another_name_with_rpm() {
        let list = |name: &str| vec![name.to_owned()];
        for (family, rpm, wanted) in [
            (Some("dpkg"), list("httpd"), "apache2-bin"),
            (Some("rpm"), list("httpd"), "httpd"),
            (Some("rpm"), Vec::new(), "apache2-bin"),
            (None, list("httpd"), "apache2-bin"),
        ] {
            assert_eq!(there(family, list("apache2-bin"), rpm), [wanted]);
        }
    }

    #[test]
    fn each_family_gets_its_own_command() {
        let names = ["nginx".to_owned()];
        assert_eq!(
            act("dpkg", false, &names).join(" "),
            "env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Options::=--force-confold \
             --no-install-recommends install nginx"
        );
        let rpm = act("rpm", true, &names);
        assert_eq!(rpm[rpm.len() - 4..], ["-q", "-y", "remove", "nginx"]);
        assert!(rpm[2].contains("dnf") && rpm[2].contains("yum"));
        let pinned = ["nginx=1.22.1-9".to_owned()];
        let dpkg = act("dpkg", false, &pinned);
        assert_eq!(
            dpkg[dpkg.len() - 3..],
            ["--allow-downgrades", "install", "nginx=1.22.1-9"]
        );
        let rpm = act("rpm", false, &pinned);
        assert_eq!(rpm[rpm.len() - 2..], ["install", "nginx-1.22.1-9"]);
    }

    #[test]
    fn a_version_is_pinned_whole_or_by_its_beginning() {
        for (wish, installed, met) in [
            ("nginx", Some("1.22.1-9"), true),
            ("nginx", None, false),
            ("nginx=1.22.1-9", Some("1.22.1-9"), true),
            ("nginx=1.22.1-9", Some("1.22.1-90"), false),
            ("nginx=1.22*", Some("1.22.1-9"), true),
            ("nginx=1.22*", Some("1.24.0-1"), false),
            ("nginx=1.22*", None, false),
        ] {
            assert_eq!(
                Wish::of(wish).is_met_by(installed),
                met,
                "{wish}, {installed:?}"
            );
        }
    }
}
