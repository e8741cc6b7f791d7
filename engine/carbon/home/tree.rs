//! Which paths of a Home a host lists, in a few hundred bytes: never the paths themselves.

use std::collections::BTreeSet;

use super::patterns::cover;

/// Where the paths of a Home begin, before anything of it is left to the server.
#[derive(Debug)]
pub(super) struct Tops {
    roots: BTreeSet<String>,
    folders: BTreeSet<String>,
}

impl Tops {
    /// Those of these paths; true with a folder.
    pub(super) fn of<'a>(paths: impl IntoIterator<Item = (&'a str, bool)>) -> Self {
        let (mut roots, mut folders) = (BTreeSet::new(), BTreeSet::new());
        let mut last = "";
        for (path, folder) in paths {
            let (top, below) = path.split_once('/').unwrap_or((path, ""));
            let root = match below.split('/').next() {
                _ if top != "repository" => top,
                Some("") | None if folder => {
                    folders.insert(top.to_owned());
                    continue;
                }
                Some("") | None => top,
                Some(child) => &path[..top.len() + 1 + child.len()],
            };
            // Paths come sorted: most have the root of the one before.
            if root != last {
                roots.insert(root.to_owned());
            }
            last = root;
        }
        Self { roots, folders }
    }
}

/// What a host walks through to find the Owned paths, and no others.
///
/// All names are relative to the Home. The listing is: each of `folders` by itself, and everything at
/// and below each of `roots`, except at and below what a pattern of `prunes` matches (`find -path`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreeRules {
    /// Files and folders that are walked whole, sorted, none below another.
    pub roots: Vec<String>,
    /// Folders that are looked at without being walked.
    pub folders: Vec<String>,
    /// Patterns of what is the server's own.
    pub prunes: Vec<String>,
    /// Files whose digest is that of their normal form (`edit::bundles::NORMAL_FORM_SH`).
    pub normal: Vec<String>,
}

impl TreeRules {
    /// The rules for a Home with the paths of a pack and these of its own: its top is not walked, nor is `repository`, so that what
    /// others put beside the product is not wmprov's.
    #[must_use]
    pub(super) fn new<'a>(
        pack: &'a Tops,
        own: impl IntoIterator<Item = (&'a str, bool)>,
        prunes: Vec<String>,
        normal: Vec<String>,
    ) -> Self {
        let own = Tops::of(own);
        let all = |of: fn(&Tops) -> &BTreeSet<String>| of(pack).union(of(&own)).cloned();
        Self {
            roots: all(|tops| &tops.roots)
                .filter(|root| !cover(&prunes, root))
                .collect(),
            folders: all(|tops| &tops.folders).collect(),
            prunes,
            normal,
        }
    }

    /// True where a host with this path lists it.
    #[must_use]
    pub fn lists(&self, path: &str) -> bool {
        let walked = self.roots.iter().any(|root| {
            path.strip_prefix(root.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        (walked && !cover(&self.prunes, path)) || self.folders.iter().any(|folder| folder == path)
    }
}
