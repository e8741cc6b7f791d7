//! The file of a saved plan: YAML that a reviewer can read, under a seal.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use crate::run::saved::{PlanKey, SavedPlan};
use crate::yaml::{Error, Result, VaultPasswords};

/// The first line of a plan's file, by which `apply` tells it from an inventory.
const HEAD: &str =
    "# A plan that wmprov has saved: `wmprov show` shows it, `wmprov apply` does it.\n";

/// The version of the form.
pub(super) const FORM: u32 = 1;

/// True where a file is a saved plan.
#[must_use]
pub fn is_saved_plan(path: &Path) -> bool {
    // What cannot be read is told by whoever reads it as what it was meant to be.
    fs::read(path).is_ok_and(|bytes| bytes.starts_with(HEAD.as_bytes()))
}

/// Reads a saved plan. Its seal is not checked yet.
///
/// # Errors
/// Where it cannot be read, is something else, or was made by another version of the form.
pub fn read_plan(path: &Path) -> Result<SavedPlan> {
    let unread = || Error::new(format!("cannot read the plan `{}`", path.display()));
    let text = fs::read_to_string(path).map_err(|cause| unread().because(cause))?;
    if !text.starts_with(HEAD) {
        let error = Error::new(format!("`{}` is no saved plan", path.display()));
        return Err(error.hint("`wmprov plan INVENTORY --output FILE` saves one"));
    }
    let plan: SavedPlan = serde_yaml::from_str(&text).map_err(|cause| unread().because(cause))?;
    if plan.wmprov_plan != FORM {
        return Err(unread().because(format!(
            "it has the form {}, this program reads {FORM}",
            plan.wmprov_plan
        )));
    }
    Ok(plan)
}

impl SavedPlan {
    /// Puts the seal on.
    ///
    /// # Errors
    /// Where the plan cannot be written, which is a defect.
    pub fn sealed(mut self, key: &PlanKey) -> Result<Self> {
        self.wmprov_plan = FORM;
        self.seal = self.seal_by(key)?;
        Ok(self)
    }

    /// Opens its key, and sees that nobody has changed a letter.
    ///
    /// # Errors
    /// Where no password opens it, or somebody has.
    pub fn key(&self, vault: &VaultPasswords) -> Result<PlanKey> {
        let key = PlanKey::read(&self.key, vault)?;
        if self.seal_by(&key)? != self.seal {
            return Err(Error::new("the plan's file was changed after it was saved")
                .hint("make a new plan"));
        }
        Ok(key)
    }

    fn seal_by(&self, key: &PlanKey) -> Result<String> {
        let bare = Self {
            seal: String::new(),
            ..self.clone()
        };
        let text = serde_json::to_vec(&bare)
            .map_err(|cause| Error::new("the plan cannot be written").because(cause))?;
        key.digest(&text)
    }

    /// Writes it beside its place and renames, readable by its owner only.
    ///
    /// # Errors
    /// Where that cannot be done.
    pub fn write(&self, path: &Path) -> Result<()> {
        use std::os::unix::fs::OpenOptionsExt as _;
        let unwritten = || Error::new(format!("cannot write the plan `{}`", path.display()));
        let text = serde_yaml::to_string(self).map_err(|cause| unwritten().because(cause))?;
        let beside = path.with_extension(format!("{}.new", std::process::id()));
        let written = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&beside)
            .and_then(|mut file| {
                file.write_all(HEAD.as_bytes())?;
                file.write_all(text.as_bytes())?;
                file.sync_all()
            })
            .and_then(|()| fs::rename(&beside, path));
        if written.is_err() {
            // The first error is the one to tell.
            let _leftover = fs::remove_file(&beside);
        }
        written.map_err(|cause| unwritten().because(cause))
    }
}

#[cfg(test)]
mod tests {
    use super::{is_saved_plan, read_plan};
    use crate::modules::Difference;
    use crate::run::saved::{HostPlan, PlanKey, PlanOf, Planned, SavedPlan, TaskPlan};
    use crate::yaml::{Secret, VaultPasswords};

    fn plan(key: String) -> SavedPlan {
        let text = Difference::Text {
            path: "/etc/x: y".into(),
            before: None,
            after: Some(" a\n\tb: 'c'\n# d\n\n".into()),
        };
        let task = TaskPlan {
            play: "p".into(),
            task: "t".into(),
            module: "copy".into(),
            place: "site.yaml:1:1".into(),
            is_command: false,
            declares: Vec::new(),
            changes: vec![Planned {
                digest: "00".into(),
                shown: Some(text),
            }],
        };
        SavedPlan {
            wmprov_plan: 0,
            program: "0".into(),
            at: 1,
            by: "me".into(),
            of: PlanOf::default(),
            key,
            rests_on: [("a".into(), "b".into())].into(),
            hosts: [(
                "h".into(),
                HostPlan {
                    facts: [("system".into(), "debian 12".into())].into(),
                    tasks: vec![task],
                },
            )]
            .into(),
            seal: String::new(),
        }
    }

    #[test]
    fn a_plan_is_read_as_it_was_written_and_not_otherwise() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.plan");
        let mut vault = VaultPasswords::default();
        vault.add(Secret::new("open sesame"));
        let key = PlanKey::new().unwrap();
        let sealed = plan(key.written(Some(&vault)).unwrap())
            .sealed(&key)
            .unwrap();
        sealed.write(&file).unwrap();
        assert!(is_saved_plan(&file));
        let read = read_plan(&file).unwrap();
        assert_eq!(read, sealed);
        let opened = read.key(&vault).unwrap();
        assert_eq!(opened.digest(b"x").unwrap(), key.digest(b"x").unwrap());
        assert!(read.key(&VaultPasswords::default()).is_err());
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, text.replace("debian 12", "debian 13")).unwrap();
        let error = read_plan(&file).unwrap().key(&vault).unwrap_err();
        assert_eq!(
            error.message(),
            "the plan's file was changed after it was saved"
        );
        std::fs::write(&file, "all:\n  hosts: {}\n").unwrap();
        assert!(!is_saved_plan(&file));
        let error = read_plan(&file).unwrap_err();
        assert!(
            error.message().ends_with("x.plan` is no saved plan"),
            "{error}"
        );
        assert_eq!(
            error.way_out(),
            Some("`wmprov plan INVENTORY --output FILE` saves one")
        );
    }
}
