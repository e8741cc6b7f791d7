//! The table of real-run 11 as rows, and what a password adds.

use std::collections::BTreeMap;

use super::{Answer, Expected, Observed, Verdict, prove};
use crate::carbon::bundle::Tier;
use crate::carbon::log::Said;
use crate::catalogue::{Kernel, Role};

const PID: u32 = 42;

fn expected(role: Role, tier: Tier) -> Expected {
    let worker = role == Role::Worker;
    Expected {
        role,
        kernel: Kernel(4, 4, 1),
        profile: if worker { "worker" } else { "default" }.to_owned(),
        tier,
        ports: BTreeMap::from([("https".to_owned(), 9443)]),
        domain: "wso2.esb.domain".to_owned(),
        member: ("10.77.0.11".parse().unwrap(), 4100),
        others: vec![("10.77.0.12".parse().unwrap(), 4100)],
    }
}

fn answer(status: u16, body: &str) -> Option<Answer> {
    Some(Answer {
        status,
        body: body.to_owned(),
    })
}

/// A node as real-run 11 saw its variants.
fn seen(variant: &str) -> Observed {
    let (flag, profile, ui, console, style, image, admin): (_, _, &[&str], _, _, _, _) =
        match variant {
            "manager" => (
                "false",
                "default",
                &["a.ui", "org.wso2.carbon.ui"],
                302,
                200,
                200,
                "body",
            ),
            "stock" => (
                "true",
                "worker",
                &["a.ui", "org.wso2.carbon.ui"],
                302,
                200,
                200,
                "",
            ),
            "t1" => (
                "true",
                "worker",
                &[
                    "org.wso2.carbon.tenant.redirector.servlet.ui",
                    "org.wso2.carbon.ui",
                ],
                302,
                200,
                404,
                "",
            ),
            "t2" => (
                "true",
                "worker",
                &["org.wso2.carbon.tenant.redirector.servlet.ui"],
                404,
                404,
                404,
                "",
            ),
            "no flag" => (
                "false",
                "default",
                &["a.ui", "org.wso2.carbon.ui"],
                302,
                200,
                200,
                "body",
            ),
            _ => panic!("{variant}"),
        };
    Observed {
        pid: Some(PID),
        second: None,
        worker_flag: Some(Some(flag.to_owned())),
        open_profiles: Some(vec![profile.to_owned()]),
        open_ui: Some(ui.iter().map(|name| (*name).to_owned()).collect()),
        said: Some(Said {
            started: Some(10),
            refused_admin: admin.is_empty(),
            domain: Some("wso2.esb.domain".to_owned()),
            local_member: Some(("10.77.0.11".to_owned(), 4100)),
            ..Said::default()
        }),
        owners: Some(BTreeMap::from([(9443, PID)])),
        console: answer(console, ""),
        console_style: answer(style, ""),
        bundle_image: answer(image, ""),
        admin: if admin.is_empty() {
            answer(202, "")
        } else {
            answer(200, "<soap:Envelope/>")
        },
        members: Some(vec![("10.77.0.12".parse().unwrap(), 4100)]),
        coordinators: Some(1),
    }
}

fn refutations(expected: &Expected, observed: &Observed) -> Vec<&'static str> {
    let proof = prove(expected, observed);
    proof.refuted().map(|row| row.what).collect()
}

#[test]
fn each_variant_is_proved_as_itself_and_refuted_as_another() {
    let manager = expected(Role::Manager, Tier::Keep);
    let worker = |tier| expected(Role::Worker, tier);
    let rows: [(&str, &Expected, &[&str]); 9] = [
        ("manager", &manager, &[]),
        ("stock", &worker(Tier::Keep), &[]),
        ("t1", &worker(Tier::T1), &[]),
        ("t2", &worker(Tier::T2), &[]),
        ("stock", &worker(Tier::T1), &["UI bundles", "static files"]),
        (
            "stock",
            &worker(Tier::T2),
            &["UI bundles", "console", "static files"],
        ),
        (
            "t1",
            &worker(Tier::T2),
            &["UI bundles", "console", "static files"],
        ),
        (
            "no flag",
            &worker(Tier::Keep),
            &["worker flag", "profile", "admin services"],
        ),
        (
            "t2",
            &manager,
            &[
                "worker flag",
                "profile",
                "console",
                "static files",
                "admin services",
            ],
        ),
    ];
    for (variant, expected, refuted) in rows {
        assert_eq!(
            refutations(expected, &seen(variant)),
            refuted,
            "{variant} as {:?}",
            expected.tier
        );
        assert_eq!(
            prove(expected, &seen(variant)).complete(),
            refuted.is_empty()
        );
    }
}

#[test]
fn nothing_seen_is_never_proved() {
    let proof = prove(&expected(Role::Worker, Tier::T2), &Observed::default());
    assert!(!proof.complete());
    for row in &proof.rows[1..] {
        assert!(matches!(row.verdict, Verdict::NotProved(_)), "{row}");
    }
    assert_eq!(
        proof.rows[0].to_string(),
        "process: refuted, the server's process is gone"
    );
}

#[test]
fn every_row_can_fail() {
    let manager = expected(Role::Manager, Tier::Keep);
    type Spoil = fn(&mut Observed);
    let rows: [(Spoil, &str); 14] = [
        (
            |seen| seen.second = Some(7),
            "process: refuted, WM074 process 7 is another server of this Home, started by hand",
        ),
        (
            |seen| seen.pid = Some(7),
            "ports: refuted, 9443 (https) belongs to process 42",
        ),
        (
            |seen| seen.owners = Some(BTreeMap::new()),
            "ports: refuted, nobody known listens on 9443 (https)",
        ),
        (
            |seen| seen.worker_flag = Some(Some("true".into())),
            "worker flag: refuted, the server runs with `-DworkerNode=true`",
        ),
        (
            |seen| seen.open_profiles = Some(vec!["worker".into()]),
            "profile: refuted, it runs profile `worker`, not `default`",
        ),
        (
            |seen| seen.said.as_mut().unwrap().started = None,
            "started: refuted, the log has no `started` line",
        ),
        (
            |seen| seen.said = None,
            "started: not proved, the log (it may be silent) could not be read",
        ),
        (
            |seen| seen.console.as_mut().unwrap().status = 404,
            "console: refuted, `/carbon/` answers 404 on a manager",
        ),
        (
            |seen| seen.admin = answer(500, "x"),
            "admin services: not proved, the administrator's login answers 500: is the password right, and the one that the user store keeps?",
        ),
        (
            |seen| seen.admin = answer(202, ""),
            "admin services: refuted, an admin call answers 202 without a body",
        ),
        (
            |seen| seen.said.as_mut().unwrap().domain = Some("other".into()),
            "domain: refuted, it is in the domain `other`, not `wso2.esb.domain`",
        ),
        (
            |seen| seen.said.as_mut().unwrap().local_member = Some(("10.77.0.11".into(), 4101)),
            "member port: refuted, it is the member 10.77.0.11:4101, not 10.77.0.11:4100",
        ),
        (
            |seen| seen.members = Some(Vec::new()),
            "members: refuted, no join with 10.77.0.12:4100 is logged on either side",
        ),
        (
            |seen| seen.coordinators = Some(2),
            "coordinator: refuted, 2 members are each the domain's coordinator",
        ),
    ];
    for (spoil, wanted) in rows {
        let mut observed = seen("manager");
        spoil(&mut observed);
        let rows: Vec<String> = prove(&manager, &observed)
            .rows
            .iter()
            .map(ToString::to_string)
            .collect();
        assert!(
            rows.iter().any(|row| row == wanted),
            "{wanted}\n{}",
            rows.join("\n")
        );
    }
}

#[test]
fn a_worker_is_refused_by_403_or_by_202_with_the_log_line() {
    let worker = expected(Role::Worker, Tier::T2);
    let rows = [
        (403, "", false, Verdict::Proved),
        (202, "", true, Verdict::Proved),
        (
            202,
            "",
            false,
            Verdict::NotProved(
                "the call answers 202 without a body, but the log has no refusal".into(),
            ),
        ),
        (
            200,
            "<soap:Envelope/>",
            false,
            Verdict::Refuted("the admin services answer on a worker".into()),
        ),
    ];
    for (status, body, line, wanted) in rows {
        let mut observed = seen("t2");
        observed.admin = answer(status, body);
        observed.said.as_mut().unwrap().refused_admin = line;
        let proof = prove(&worker, &observed);
        let row = proof
            .rows
            .iter()
            .find(|row| row.what == "admin services")
            .unwrap();
        assert_eq!(row.verdict, wanted);
    }
    let mut observed = seen("t2");
    observed.admin = None;
    let proof = prove(&worker, &observed);
    assert!(
        proof.holds() && !proof.complete(),
        "without a password: not proved"
    );
}
