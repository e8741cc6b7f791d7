//! Every format of one report that has one of everything.

use insta::assert_snapshot;

use super::{Format, drift_page};
use crate::drift::{Class, DriftReport, Finding, HostDrift, Kind};
use crate::report::Paint;

/// A host that is fine, one that is not, one that is silent; hostile names.
fn report() -> DriftReport {
    let mut text = Finding::new("/opt/x/conf/carbon.xml", Kind::Modified, Class::Both)
        .expected("sha256 aa")
        .observed("sha256 bb")
        .of_node("wkr1");
    text.hunk = Some("--- wanted\n+++ on the host\n@@ -1,1 +1,1 @@\n-<a>1</a>\n+<a>2</a>\n".into());
    let stranger = Finding::new("/opt/x/a \"b\"&\u{1}<c>\\", Kind::Unexpected, Class::Drift)
        .observed("sha256 cc");
    let hosts = [
        ("mgr1", HostDrift::asked(Vec::new())),
        ("wkr1", HostDrift::asked(vec![text, stranger])),
        (
            "wkr2",
            HostDrift::unreachable("no route to host".into(), Some("is it on?".into())),
        ),
    ];
    let mut earlier = DriftReport {
        at: 1_772_200_000,
        ..DriftReport::default()
    };
    let gone = Finding::new("/opt/x/bin", Kind::Mode, Class::Drift);
    let before = [
        ("mgr1", vec![gone]),
        ("wkr1", Vec::new()),
        ("wkr2", Vec::new()),
    ];
    earlier.hosts = before
        .into_iter()
        .map(|(name, found)| (name.to_owned(), HostDrift::asked(found)))
        .collect();
    let mut report = DriftReport {
        inventory: "a&b.yaml".into(),
        at: 1_772_323_200,
        hosts: hosts
            .into_iter()
            .map(|(name, host)| (name.to_owned(), host))
            .collect(),
        ..DriftReport::default()
    };
    report.compare(&earlier);
    report
}

fn page(format: Format) -> String {
    drift_page(&report(), format, Paint::new(false)).unwrap()
}

#[test]
fn text() {
    assert_snapshot!(page(Format::Text), @r#"
    both: wkr1
      drift unexpected /opt/x/a "b"&?<c>\ (new)
        wanted nothing, found sha256 cc
      both modified /opt/x/conf/carbon.xml (new)
        --- wanted
        +++ on the host
        @@ -1,1 +1,1 @@
        -<a>1</a>
        +<a>2</a>
    unreachable: wkr2: no route to host (new)
      hint: is it on?
    ok: mgr1
    gone: mgr1: mode /opt/x/bin
    3 hosts: 1 unreachable, 1 both, 1 ok; 3 new and 1 gone since 2026-02-27 13:46 UTC
    "#);
}

#[test]
fn junit() {
    assert_snapshot!(page(Format::Junit), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="wmprov drift a&amp;b.yaml" tests="4" failures="2" errors="1" time="0">
      <testsuite name="mgr1" hostname="mgr1" tests="1" failures="0" errors="0" skipped="0" time="0" timestamp="2026-03-01T00:00:00">
        <testcase classname="mgr1" name="as wanted" time="0"/>
      </testsuite>
      <testsuite name="wkr1" hostname="wkr1" tests="2" failures="2" errors="0" skipped="0" time="0" timestamp="2026-03-01T00:00:00">
        <testcase classname="wkr1" name="unexpected /opt/x/a &quot;b&quot;&amp;?&lt;c&gt;\" time="0">
          <failure type="drift" message="new: wanted nothing, found sha256 cc"></failure>
        </testcase>
        <testcase classname="wkr1" name="modified /opt/x/conf/carbon.xml" time="0">
          <failure type="both" message="new: wanted sha256 aa, found sha256 bb">--- wanted
    +++ on the host
    @@ -1,1 +1,1 @@
    -&lt;a&gt;1&lt;/a&gt;
    +&lt;a&gt;2&lt;/a&gt;
    </failure>
        </testcase>
      </testsuite>
      <testsuite name="wkr2" hostname="wkr2" tests="1" failures="0" errors="1" skipped="0" time="0" timestamp="2026-03-01T00:00:00">
        <testcase classname="wkr2" name="can be asked" time="0">
          <error type="unreachable" message="no route to host">is it on?</error>
        </testcase>
      </testsuite>
    </testsuites>
    "#);
}

#[test]
fn prometheus() {
    assert_snapshot!(page(Format::Prometheus), @r#"
    # HELP wmprov_drift_last_check_timestamp_seconds When the hosts were last checked.
    # TYPE wmprov_drift_last_check_timestamp_seconds gauge
    wmprov_drift_last_check_timestamp_seconds{inventory="a&b.yaml"} 1772323200
    # HELP wmprov_drift_host_status 1 for how a host stands, 0 for how it does not.
    # TYPE wmprov_drift_host_status gauge
    wmprov_drift_host_status{inventory="a&b.yaml",host="mgr1",status="ok"} 1
    wmprov_drift_host_status{inventory="a&b.yaml",host="mgr1",status="drift"} 0
    wmprov_drift_host_status{inventory="a&b.yaml",host="mgr1",status="pending"} 0
    wmprov_drift_host_status{inventory="a&b.yaml",host="mgr1",status="both"} 0
    wmprov_drift_host_status{inventory="a&b.yaml",host="mgr1",status="unknown"} 0
    wmprov_drift_host_status{inventory="a&b.yaml",host="mgr1",status="unreachable"} 0
    wmprov_drift_host_status{inventory="a&b.yaml",host="wkr1",status="ok"} 0
    wmprov_drift_host_status{inventory="a&b.yaml",host="wkr1",status="drift"} 0
    wmprov_drift_host_status{inventory="a&b.yaml",host="wkr1",status="pending"} 0
    wmprov_drift_host_status{inventory="a&b.yaml",host="wkr1",status="both"} 1
    wmprov_drift_host_status{inventory="a&b.yaml",host="wkr1",status="unknown"} 0
    wmprov_drift_host_status{inventory="a&b.yaml",host="wkr1",status="unreachable"} 0
    wmprov_drift_host_status{inventory="a&b.yaml",host="wkr2",status="ok"} 0
    wmprov_drift_host_status{inventory="a&b.yaml",host="wkr2",status="drift"} 0
    wmprov_drift_host_status{inventory="a&b.yaml",host="wkr2",status="pending"} 0
    wmprov_drift_host_status{inventory="a&b.yaml",host="wkr2",status="both"} 0
    wmprov_drift_host_status{inventory="a&b.yaml",host="wkr2",status="unknown"} 0
    wmprov_drift_host_status{inventory="a&b.yaml",host="wkr2",status="unreachable"} 1
    # HELP wmprov_drift_differences What is not as wanted, by kind and by who moved.
    # TYPE wmprov_drift_differences gauge
    wmprov_drift_differences{inventory="a&b.yaml",host="mgr1",class="drift",kind="modified"} 0
    wmprov_drift_differences{inventory="a&b.yaml",host="wkr1",class="drift",kind="modified"} 0
    wmprov_drift_differences{inventory="a&b.yaml",host="wkr1",class="drift",kind="unexpected"} 1
    wmprov_drift_differences{inventory="a&b.yaml",host="wkr1",class="both",kind="modified"} 1
    # HELP wmprov_drift_new_differences What was not there in the report before this one.
    # TYPE wmprov_drift_new_differences gauge
    wmprov_drift_new_differences{inventory="a&b.yaml"} 3
    "#);
}

#[test]
fn json_reads_back() {
    let again: DriftReport = serde_json::from_str(&page(Format::Json)).unwrap();
    assert_eq!(again, report());
}

/// Well-formed as XML but for the doctype, the void `meta` and `br`; nothing is fetched, nothing runs.
#[test]
fn html_is_whole_by_itself() {
    let page = page(Format::Html);
    let xml = page
        .replace("<!DOCTYPE html>\n", "")
        .replace("charset=\"utf-8\">", "charset=\"utf-8\"/>")
        .replace("initial-scale=1\">", "initial-scale=1\"/>")
        .replace("<br>", "<br/>");
    let document = roxmltree::Document::parse(&xml).unwrap();
    let names: Vec<&str> = document
        .descendants()
        .filter(roxmltree::Node::is_element)
        .map(|element| element.tag_name().name())
        .collect();
    for foreign in ["script", "link", "img", "iframe"] {
        assert!(!names.contains(&foreign), "{foreign}");
    }
    assert!(!page.contains("http") && !page.contains("url(") && !page.contains("@import"));
    let text: String = document
        .descendants()
        .filter_map(|node| node.text())
        .collect();
    for word in [
        "no route to host",
        "<a>2</a>",
        "a \"b\"&?<c>\\",
        "is it on?",
    ] {
        assert!(text.contains(word), "{word}");
    }
}
