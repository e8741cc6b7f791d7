//! `--tags` and `--skip-tags` → which tasks run, by Ansible's rules.

use crate::playbook::Task;

/// What `--tags` and `--skip-tags` select.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// `--tags`; empty stands for `all`.
    pub only: Vec<String>,
    /// `--skip-tags`.
    pub skip: Vec<String>,
}

impl Selection {
    /// True where a task runs: its tags are selected, and so is every `include_tasks` above it.
    #[must_use]
    pub fn takes(&self, task: &Task) -> bool {
        self.matches(&task.tags) && task.gates.iter().all(|gate| self.matches(gate))
    }

    /// True where something with these tags (inherited ones included) is selected.
    ///
    /// `always` runs unless skipped, `never` only where one of its tags is named; `all`, `tagged`
    /// and `untagged` are asked for as tags.
    #[must_use]
    pub fn matches(&self, tags: &[String]) -> bool {
        let has = |tag: &str| tags.iter().any(|own| own == tag);
        self.wants(tags, has) && !self.skips(tags, has)
    }

    fn wants(&self, tags: &[String], has: impl Fn(&str) -> bool) -> bool {
        let asked = |tag: &str| self.only.iter().any(|only| only == tag);
        let every = self.only.is_empty() || asked("all");
        has("always")
            || (every && !has("never"))
            || tags.iter().any(|tag| asked(tag))
            || (tags.is_empty() && asked("untagged"))
            || (asked("tagged") && !tags.is_empty() && !has("never"))
    }

    fn skips(&self, tags: &[String], has: impl Fn(&str) -> bool) -> bool {
        let skipped = |tag: &str| self.skip.iter().any(|skip| skip == tag);
        if skipped("all") {
            return !has("always") || skipped("always");
        }
        tags.iter().any(|tag| skipped(tag))
            || (tags.is_empty() && skipped("untagged"))
            || (skipped("tagged") && !tags.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::Selection;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    const TASKS: [&str; 6] = ["", "a", "b", "a b", "always", "never a"];

    /// Which of the tasks run; the rows are what `ansible-playbook --list-tasks` of ansible-core
    /// 2.19 says of the same six tasks.
    #[test]
    fn selection_is_ansibles() {
        let rows = [
            ("", "", "1 2 3 4 5"),
            ("a", "", "2 4 5 6"),
            ("a", "b", "2 5 6"),
            ("all", "", "1 2 3 4 5"),
            ("tagged", "", "2 3 4 5"),
            ("untagged", "", "1 5"),
            ("never", "", "5 6"),
            ("", "all", "5"),
            ("", "all always", ""),
            ("", "always", "1 2 3 4"),
            ("", "tagged", "1"),
            ("", "untagged", "2 3 4 5"),
            ("b a", "tagged", ""),
        ];
        for (only, skip, wanted) in rows {
            let selection = Selection {
                only: words(only),
                skip: words(skip),
            };
            let found: Vec<String> = (1..)
                .zip(TASKS)
                .filter(|(_, tags)| selection.matches(&words(tags)))
                .map(|(number, _)| number.to_string())
                .collect();
            assert_eq!(found.join(" "), wanted, "--tags {only} --skip-tags {skip}");
        }
    }
}
