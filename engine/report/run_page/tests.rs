//! One run that has one of everything, with hostile names and a secret.

use super::*;
use crate::run::{NodeLine, Tally};

fn task(outcome: Outcome) -> TaskFinished {
    TaskFinished {
        host: "wkr1".into(),
        play: "Homes".into(),
        task: "Home".into(),
        module: "carbon_home".into(),
        item: Some("wkr1 & more".into()),
        outcome,
        forgiven: false,
        unknown: false,
        differences: vec![Difference::Text {
            path: "/opt/x/<a>.xml".into(),
            before: Some("<p>old-word</p>\n".into()),
            after: Some("<p>hunter22</p>\n".into()),
        }],
        recorded: std::collections::BTreeMap::new(),
        messages: Vec::new(),
        error: vec!["`mysql -phunter22` failed".into(), "no route".into()],
        place: None,
        hint: Some("is it on?".into()),
    }
}

fn page() -> String {
    let mut secrets = Secrets::default();
    secrets.add("hunter22");
    let happened = [
        (
            100,
            Event::CheckWaived {
                code: "WM034".into(),
                finding: "an offset".into(),
                reason: "nobody <follows>".into(),
            },
        ),
        (112, Event::TaskFinished(Box::new(task(Outcome::Failed)))),
        (
            113,
            Event::HostUnreachable {
                host: "wkr2".into(),
                error: "silence".into(),
                hint: Some("look at its cable".into()),
            },
        ),
        (
            114,
            Event::Noticed {
                host: Some("wkr1".into()),
                message: "hunter22 is short".into(),
            },
        ),
    ];
    assert!(happened.iter().all(|(_, event)| is_told(event)));
    let node = |cluster: &str| NodeLine {
        cluster: cluster.into(),
        node: "wkr1".into(),
        host: "wkr1".into(),
        role: "worker".into(),
        proof: vec!["12 of 13 signs".into(), "console: not proved".into()],
        memory: Some(2048),
        address: "https://10.0.0.1:9443/".into(),
    };
    let failed = Tally {
        failed: 1,
        ..Tally::default()
    };
    let report = Report {
        hosts: [
            ("mgr1".to_owned(), Tally::default()),
            ("wkr1".to_owned(), failed),
            ("wkr2".to_owned(), Tally::default()),
        ]
        .into(),
        nodes: vec![node("bus"), node("data")],
        failures: vec!["wkr1: <no> route".into()],
        notes: vec!["a note".into()],
        go_on: Some("wmprov apply x.yaml".into()),
        ..Report::default()
    };
    run_page(&RunPage {
        title: "apply of a&b.yaml",
        command: "wmprov apply a&b.yaml",
        time: (100, 130),
        picture: "<svg></svg>",
        happened: &happened,
        report: &report,
        secrets: &secrets,
    })
}

#[test]
fn a_page_tells_all_and_no_secret() {
    let page = page();
    for told in [
        "<title>apply of a&amp;b.yaml</title>",
        "1970-01-01 00:01 UTC, 30 s · <span class=\"tag failed\">failed on 1 of 3 hosts</span>",
        "<span class=\"tag failed\">failed</span> wkr1: &lt;no&gt; route",
        "Go on with: <code>wmprov apply x.yaml</code>",
        "<td>bus/wkr1<br>",
        "12 of 13 signs<br>console: not proved",
        "<figure><svg></svg></figure>",
        "<span class=\"at\">+12 s</span> <span class=\"tag failed\">failed</span> Home (wkr1 &amp; more)",
        "`mysql -p***` failed<br>no route<br>is it on?",
        "<span class=\"tag unreachable\">unreachable</span> silence<br>Hint: look at its cable",
        "<section id=\"mgr1\"><h2>mgr1</h2>\n<ul>\n<li>Nothing to do.</li>",
        "<span class=\"tag pending\">waived WM034</span> an offset<br>nobody &lt;follows&gt;",
        "wkr1: *** is short",
        "<li>a note</li>",
    ] {
        assert!(page.contains(told), "{told}\n{page}");
    }
    assert!(
        !page.contains("hunter22") && !page.contains("old-word"),
        "{page}"
    );
    assert!(page.contains("<ins class=\"ok\">  +&lt;p&gt;"), "{page}");
}

#[test]
fn what_was_as_wanted_is_left_out() {
    for (outcome, told) in [
        (Outcome::Ok, false),
        (Outcome::Skipped, false),
        (Outcome::Changed, true),
        (Outcome::Unreachable, true),
    ] {
        let event = Event::TaskFinished(Box::new(task(outcome)));
        assert_eq!(is_told(&event), told, "{outcome:?}");
    }
}
