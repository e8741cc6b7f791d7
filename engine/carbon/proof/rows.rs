//! Each thing to prove, as a function of what must be and what was seen (real-run 2, 3, 5, 11).

use crate::carbon::bundle::Tier;
use crate::catalogue::{Kernel, Role};

use super::{Expected, Observed, Proof, ProofRow, Verdict};

type Check = fn(&Expected, &Observed) -> Verdict;

/// In the order in which a start shows them.
const CHECKS: [(&str, Check); 13] = [
    ("process", process),
    ("worker flag", worker_flag),
    ("profile", profile),
    ("started", started),
    ("ports", ports),
    ("UI bundles", ui_bundles),
    ("console", console),
    ("static files", static_files),
    ("admin services", admin),
    ("domain", domain),
    ("member port", member_port),
    ("members", members),
    ("coordinator", coordinator),
];

/// Holds what was seen of a node against what it must show.
#[must_use]
pub fn prove(expected: &Expected, observed: &Observed) -> Proof {
    let rows = CHECKS.iter().map(|(what, check)| ProofRow {
        what,
        verdict: check(expected, observed),
    });
    Proof {
        rows: rows.collect(),
    }
}

fn unseen(what: &str) -> Verdict {
    Verdict::NotProved(format!("{what} could not be read"))
}

fn refuted(why: impl Into<String>) -> Verdict {
    Verdict::Refuted(why.into())
}

fn is(holds: bool, why: impl FnOnce() -> String) -> Verdict {
    if holds {
        Verdict::Proved
    } else {
        refuted(why())
    }
}

fn worker(expected: &Expected) -> bool {
    expected.role == Role::Worker
}

/// A second server that was started by hand writes over the pid file, and hangs on the database of the first (real-run 9).
fn process(_: &Expected, observed: &Observed) -> Verdict {
    match (observed.pid, observed.second) {
        (Some(_), None) => Verdict::Proved,
        (_, Some(second)) => refuted(format!(
            "WM074 process {second} is another server of this Home, started by hand"
        )),
        (None, None) => refuted("the server's process is gone"),
    }
}

/// The last flag wins; one without a value is true (procedure 2.10).
fn worker_flag(expected: &Expected, observed: &Observed) -> Verdict {
    let Some(flag) = &observed.worker_flag else {
        return unseen("the command line");
    };
    let set = flag.as_deref() == Some("true");
    is(set == worker(expected), || match flag {
        Some(flag) => format!("the server runs with `-DworkerNode={flag}`"),
        None => "the server runs without `-DworkerNode`".to_owned(),
    })
}

fn profile(expected: &Expected, observed: &Observed) -> Verdict {
    let Some(profiles) = &observed.open_profiles else {
        return unseen("the open files");
    };
    if profiles.is_empty() {
        return Verdict::NotProved("no file of a profile is open".to_owned());
    }
    is(profiles.as_slice() == [expected.profile.as_str()], || {
        let seen = profiles.join("`, `");
        let mut why = format!("it runs profile `{seen}`, not `{}`", expected.profile);
        if worker(expected) && expected.kernel < Kernel::EXPLICIT_PROFILE_WINS {
            why.push_str("; on this kernel the worker flag alone chooses");
        }
        why
    })
}

/// Without the log4j fragment the log stays silent though the server runs (real-run 3).
fn started(_: &Expected, observed: &Observed) -> Verdict {
    let Some(said) = &observed.said else {
        return unseen("the log (it may be silent)");
    };
    is(said.started.is_some(), || match said.reason() {
        Some(reason) => format!("the log has no `started` line, its last word is: {reason}"),
        None => "the log has no `started` line".to_owned(),
    })
}

/// A stranger on a port is only a warning in the log (real-run 8).
fn ports(expected: &Expected, observed: &Observed) -> Verdict {
    let (Some(owners), Some(pid)) = (&observed.owners, observed.pid) else {
        return unseen("the owners of the ports");
    };
    let mut wrong = Vec::new();
    for (name, port) in &expected.ports {
        match owners.get(port) {
            Some(owner) if *owner == pid => {}
            Some(0) | None => wrong.push(format!("nobody known listens on {port} ({name})")),
            Some(owner) => wrong.push(format!("{port} ({name}) belongs to process {owner}")),
        }
    }
    is(wrong.is_empty(), || wrong.join(", "))
}

/// One jar of the UI stays on T1 workers besides the console: the servlet's, which is no UI (carbon 1.7).
fn ui_bundles(expected: &Expected, observed: &Observed) -> Verdict {
    const NO_UI: [&str; 3] = [
        "org.wso2.carbon.tenant.redirector.servlet.ui",
        "org.wso2.carbon.redirector.servlet.ui",
        "org.wso2.carbon.event.output.adapter.ui",
    ];
    const CONSOLE: &str = "org.wso2.carbon.ui";
    if !worker(expected) || expected.tier == Tier::Keep {
        return Verdict::Proved;
    }
    let Some(open) = &observed.open_ui else {
        return unseen("the open files");
    };
    let wrong = open.iter().find(|name| {
        let console = *name == CONSOLE;
        !NO_UI.contains(&name.as_str()) && (!console || expected.tier == Tier::T2)
    });
    match wrong {
        Some(name) => refuted(format!("the UI bundle `{name}` is open")),
        None => Verdict::Proved,
    }
}

/// A 404 right after the start is a matter of moments (real-run 8): the caller asks again.
fn console(expected: &Expected, observed: &Observed) -> Verdict {
    let Some(answer) = &observed.console else {
        return unseen("`/carbon/`");
    };
    let status = answer.status;
    match (worker(expected), expected.tier) {
        (false, _) => is(matches!(status, 200 | 302), || {
            format!("`/carbon/` answers {status} on a manager")
        }),
        (true, Tier::T2) => is(status == 404, || {
            format!("`/carbon/` answers {status} on a worker without the console")
        }),
        // A login page proves nothing of a worker that keeps the console's frame (real-run 1).
        (true, _) => is(matches!(status, 200 | 302 | 404), || {
            format!("`/carbon/` answers {status}")
        }),
    }
}

fn static_files(expected: &Expected, observed: &Observed) -> Verdict {
    let (Some(style), Some(image)) = (&observed.console_style, &observed.bundle_image) else {
        return unseen("the two static files");
    };
    let wanted = match (worker(expected), expected.tier) {
        (false, _) | (true, Tier::Keep) => (200, 200),
        (true, Tier::T1) => (200, 404),
        (true, Tier::T2) => (404, 404),
    };
    is((style.status, image.status) == wanted, || {
        format!(
            "the console's style and a UI bundle's image answer {} and {}, not {} and {}",
            style.status, image.status, wanted.0, wanted.1
        )
    })
}

/// Only a login shows it; a worker refuses with 403, or with 202 and no body and a line in the log
/// (real-run 2). A wrong password answers 500, none 401.
fn admin(expected: &Expected, observed: &Observed) -> Verdict {
    let Some(answer) = &observed.admin else {
        return Verdict::NotProved("no administrator's password is given".to_owned());
    };
    match (answer.status, answer.body.trim().is_empty()) {
        (401 | 500, _) => Verdict::NotProved(format!(
            "the administrator's login answers {}: is the password right, and the one that the user store keeps?",
            answer.status
        )),
        (200, false) if answer.body.contains("Envelope") => is(!worker(expected), || {
            "the admin services answer on a worker".to_owned()
        }),
        (403, _) => is(worker(expected), || {
            "the admin services answer 403 on a manager".to_owned()
        }),
        (202, true) if worker(expected) => match &observed.said {
            Some(said) if said.refused_admin => Verdict::Proved,
            _ => Verdict::NotProved(
                "the call answers 202 without a body, but the log has no refusal".to_owned(),
            ),
        },
        (status, empty) => refuted(format!(
            "an admin call answers {status}{}",
            if empty { " without a body" } else { "" }
        )),
    }
}

fn domain(expected: &Expected, observed: &Observed) -> Verdict {
    let Some(said) = &observed.said else {
        return unseen("the log");
    };
    match &said.domain {
        Some(domain) => is(*domain == expected.domain, || {
            format!("it is in the domain `{domain}`, not `{}`", expected.domain)
        }),
        None => Verdict::NotProved("the log names no domain".to_owned()),
    }
}

/// A port that is taken is silently counted up (procedure 7, row 3).
fn member_port(expected: &Expected, observed: &Observed) -> Verdict {
    let Some(said) = &observed.said else {
        return unseen("the log");
    };
    let Some((host, port)) = &said.local_member else {
        return Verdict::NotProved("the log has no `Local member` line".to_owned());
    };
    let wanted = (expected.member.0.to_string(), expected.member.1);
    is((host, port) == (&wanted.0, &wanted.1), || {
        format!(
            "it is the member {host}:{port}, not {}:{}",
            wanted.0, wanted.1
        )
    })
}

fn members(expected: &Expected, observed: &Observed) -> Verdict {
    let Some(seen) = &observed.members else {
        return unseen("the members' logs");
    };
    let missing: Vec<String> = expected
        .others
        .iter()
        .filter(|other| !seen.contains(other))
        .map(|(host, port)| format!("{host}:{port}"))
        .collect();
    is(missing.is_empty(), || {
        format!(
            "no join with {} is logged on either side",
            missing.join(", ")
        )
    })
}

fn coordinator(_: &Expected, observed: &Observed) -> Verdict {
    match observed.coordinators {
        None => unseen("the members' logs"),
        Some(1) => Verdict::Proved,
        Some(0) => Verdict::NotProved("no log names the domain's coordinator".to_owned()),
        Some(count) => refuted(format!("{count} members are each the domain's coordinator")),
    }
}
