//! What one command costs: wall time, CPU and peak memory here, CPU of all hosts of the lab.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::hosts::Lab;

/// What one run of a command cost, and what it said.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cost {
    /// Seconds.
    pub(crate) wall: f64,
    /// Seconds of user and system time of the command itself.
    pub(crate) cpu: f64,
    /// Seconds of user and system time of everything on the hosts meanwhile.
    pub(crate) hosts_cpu: f64,
    /// Peak resident memory of the command, KiB.
    pub(crate) peak: f64,
    /// Its standard output.
    pub(crate) out: String,
}

impl Cost {
    /// The CPU of both sides: what the wall time of a machine comes to that plays all hosts at once.
    pub(crate) fn whole(&self) -> f64 {
        self.cpu + self.hosts_cpu
    }

    /// What commands cost that ran one after the other.
    pub(crate) fn sum(costs: impl Iterator<Item = Self>) -> Self {
        costs.fold(Self::default(), |all, one| Self {
            wall: all.wall + one.wall,
            cpu: all.cpu + one.cpu,
            hosts_cpu: all.hosts_cpu + one.hosts_cpu,
            peak: all.peak.max(one.peak),
            out: all.out + &one.out,
        })
    }

    /// The report that `--json` ends with.
    pub(crate) fn report(&self) -> Value {
        let last = self.out.lines().last().unwrap_or_default();
        let report: Value = serde_json::from_str(last).unwrap();
        assert_eq!(report["event"], "run_finished", "{last}");
        report
    }
}

/// Measures commands that run where the hosts' addresses exist.
pub(crate) struct Meter<'a> {
    lab: &'a Lab,
    cgroup: PathBuf,
    notes: PathBuf,
}

impl<'a> Meter<'a> {
    pub(crate) fn new(lab: &'a Lab) -> Self {
        let trees = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"]
            .map(|tree| Path::new(tree).join(lab.name()));
        let cgroup = trees
            .into_iter()
            .find(|tree| tree.join("cpu.stat").exists());
        Self {
            lab,
            cgroup: cgroup.expect("the lab has a cgroup of its own"),
            notes: lab.site.join("meter"),
        }
    }

    /// Runs a command to its end, which must be a good one.
    pub(crate) fn run(&self, argv: &[String]) -> Cost {
        self.ends(argv, &[0])
    }

    /// Runs a check to its end, which may have found something.
    pub(crate) fn finds(&self, argv: &[String]) -> Cost {
        self.ends(argv, &[0, 3])
    }

    /// bash's `time` knows milliseconds of CPU, GNU time the peak of memory.
    fn ends(&self, argv: &[String], codes: &[i32]) -> Cost {
        let mut command: Command = self.lab.control("/usr/bin/time");
        command.args(["-q", "-f", "%M", "-o"]).arg(&self.notes);
        command.args([
            "bash",
            "-c",
            "exec 9>&2; TIMEFORMAT='%R %U %S'; { time \"$@\" 2>&9; } 2>\"$0.times\"",
        ]);
        command.arg(&self.notes).args(argv);
        let before = self.hosts_cpu();
        let out = command.output().unwrap();
        let hosts_cpu = self.hosts_cpu() - before;
        let said = String::from_utf8_lossy(&out.stderr);
        assert!(
            out.status.code().is_some_and(|code| codes.contains(&code)),
            "{argv:?}: {}\n{said}",
            String::from_utf8_lossy(&out.stdout)
        );
        let times = numbers(&self.notes.with_extension("times"));
        Cost {
            wall: times[0],
            cpu: times[1] + times[2],
            hosts_cpu,
            peak: numbers(&self.notes)[0],
            out: String::from_utf8(out.stdout).unwrap(),
        }
    }

    /// Seconds of CPU of all hosts since they came up.
    fn hosts_cpu(&self) -> f64 {
        let stat = std::fs::read_to_string(self.cgroup.join("cpu.stat")).unwrap();
        let line = stat
            .lines()
            .find_map(|line| line.strip_prefix("usage_usec "));
        line.unwrap().trim().parse::<f64>().unwrap() / 1e6
    }
}

fn numbers(file: &Path) -> Vec<f64> {
    let text = std::fs::read_to_string(file).unwrap();
    text.split_whitespace()
        .map(|word| word.parse().unwrap())
        .collect()
}

/// The middle one.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() % 2 {
        0 => f64::midpoint(values[middle - 1], values[middle]),
        _ => values[middle],
    }
}
