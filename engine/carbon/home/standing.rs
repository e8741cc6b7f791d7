//! What a user says of a path besides its bytes (`file:` in `carbon_edits`), laid over what a Home would have there.

use crate::catalogue::Restart;
use crate::yaml::{Error, Place, Result};

use super::content::{Content, Desired};
use super::desired::from_pack;
use super::maker::Maker;
use super::patterns::cover;
use super::row::{Kind, Row};

/// One thing that is said of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing is there, nor below it.
    Absent,
    /// A folder is there.
    Directory,
    /// A symbolic link is there, whatever the pack has.
    Link(String),
    /// What is there has these permissions.
    Mode(u32),
}

impl Standing {
    /// The verbs, in Ansible's words.
    pub const VERBS: [&str; 3] = ["state", "link", "mode"];

    /// Reads what an edits file says.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read(verb: &str, said: &str) -> std::result::Result<Self, String> {
        match (verb, said) {
            ("state", "absent") => Ok(Self::Absent),
            ("state", "directory") => Ok(Self::Directory),
            // A host lists links in rows whose parts are parted by blanks.
            ("link", target) if !target.is_empty() && !target.contains(char::is_whitespace) => {
                Ok(Self::Link(target.to_owned()))
            }
            ("link", _) => Err(format!(
                "`{said}` is no target of a link: it may hold no blank"
            )),
            ("mode", digits) => match u32::from_str_radix(digits, 8) {
                Ok(mode) if mode <= 0o777 && digits.len() <= 4 => Ok(Self::Mode(mode)),
                _ => Err(format!("`{said}` is no mode")),
            },
            ("state", _) => Err(format!("`{said}` is no state of a file")),
            _ => Err(format!("`{verb}` is no verb of edits")),
        }
    }
}

impl Maker<'_, '_> {
    /// Lays it over what is made already.
    ///
    /// # Errors
    /// Where that would undo what the server needs or another edit sets, or there is nothing to say it of.
    pub(super) fn stands(
        &mut self,
        path: &str,
        (standing, restart, place): (&Standing, Restart, &Place),
    ) -> Result<()> {
        let wrong = |message: String| Error::at(place, message);
        let paths = &self.cluster.release.paths;
        if cover(&paths.own, path) {
            return Err(wrong(format!(
                "`{path}` is the server's own once it is written"
            )));
        }
        match standing {
            Standing::Directory => match self.there(path) {
                Some(Desired {
                    content: Content::Folder,
                    ..
                }) => Ok(()),
                Some(_) => Err(wrong(format!("`{path}` is no folder"))),
                None => {
                    self.folder(path);
                    Ok(())
                }
            },
            Standing::Absent => {
                self.may_go(path).map_err(wrong)?;
                let inside = format!("{path}/");
                self.own
                    .retain(|known, _| known != path && !known.starts_with(&inside));
                self.gone.insert(path.to_owned());
                Ok(())
            }
            Standing::Link(target) => {
                if let Some(desired) = self.there(path) {
                    if desired.row.kind == Kind::Folder {
                        return Err(wrong(format!(
                            "`{path}` is a folder, and what is in it would lie elsewhere"
                        )));
                    }
                    self.may_go(path).map_err(wrong)?;
                }
                if let Some((above, _)) = path.rsplit_once('/') {
                    self.folder(above);
                }
                let row = Row {
                    mode: 0o777,
                    kind: Kind::Link(target.clone()),
                    path: path.to_owned(),
                };
                self.put(row, restart, Content::Link, false);
                Ok(())
            }
            Standing::Mode(mode) => {
                let mut desired = self
                    .there(path)
                    .ok_or_else(|| wrong(format!("the Home has no `{path}`")))?;
                if desired.secret && mode & 0o007 != 0 {
                    return Err(wrong(format!(
                        "`{path}` holds a secret, and mode {mode:04o} would let every user of the host read it"
                    ))
                    .hint("leave the last digit 0"));
                }
                if matches!(desired.content, Content::Link) {
                    return Err(wrong(format!(
                        "`{path}` is a link, and has no mode of its own"
                    )));
                }
                desired.row.mode = *mode;
                self.own.insert(path.to_owned(), desired);
                Ok(())
            }
        }
    }

    /// What is there so far.
    fn there(&self, path: &str) -> Option<Desired> {
        let own = self.own.get(path).cloned();
        own.or_else(|| self.of_pack(path).map(from_pack))
    }

    /// Whether all at and below a path may go.
    fn may_go(&self, path: &str) -> std::result::Result<(), String> {
        let below = |known: &str| {
            known == path
                || known
                    .strip_prefix(path)
                    .is_some_and(|rest| rest.starts_with('/'))
        };
        let mut needed = self.cluster.release.paths.folders.iter();
        if let Some(needed) = needed.find(|folder| below(folder)) {
            return Err(format!("the server needs the folder `{needed}`"));
        }
        let mut own = self.own.iter().filter(|(known, _)| below(known));
        if let Some((edited, _)) =
            own.find(|(_, desired)| matches!(desired.content, Content::Computed(_)))
        {
            return Err(format!(
                "`{edited}` is what edits make it, and cannot be something else besides"
            ));
        }
        if self.there(path).is_none() {
            return Err(format!("neither pack nor overlay has `{path}`"));
        }
        Ok(())
    }
}
