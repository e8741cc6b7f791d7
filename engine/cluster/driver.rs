//! `carbon_database_jars`: the drivers' jars, each by its path or by its Maven coordinates, which a local repository of Maven has.
//! Nothing is fetched: who may ask which registry is Maven's own matter, and its settings know.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use sha1::{Digest as _, Sha1};

use super::kind;
use super::overlay::Overlay;
use crate::inventory::Vars;
use crate::yaml::{Error, Node, Result, hex};

/// `group:artifact:version`.
struct Coordinates<'a> {
    group: &'a str,
    artifact: &'a str,
    version: &'a str,
}

impl<'a> Coordinates<'a> {
    /// [`None`] where the text is a path.
    fn parse(text: &'a str) -> Option<Self> {
        let plain = |part: &&str| {
            let known = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
            !part.is_empty() && part.chars().all(known)
        };
        let parts: Vec<&str> = text.split(':').filter(plain).collect();
        match (parts.as_slice(), text.matches(':').count()) {
            (&[group, artifact, version], 2) => Some(Self {
                group,
                artifact,
                version,
            }),
            _ => None,
        }
    }

    /// Where a repository has the jar.
    fn within(&self, repository: &Path) -> PathBuf {
        let folder = repository.join(self.group.replace('.', "/"));
        let folder = folder.join(self.artifact).join(self.version);
        folder.join(format!("{}-{}.jar", self.artifact, self.version))
    }
}

/// The jars of a cluster; `beside` is the folder of the inventory file.
///
/// # Errors
/// Where they are no list of texts, or the repository has a jar that is named by coordinates not, or damaged.
pub(super) fn jars(vars: &Vars, beside: &Path) -> Result<Vec<Overlay>> {
    let listed = match vars.get("carbon_database_jars") {
        Some(set) => kind::words(set, false)?,
        None => Vec::new(),
    };
    let one = |file: &Node| {
        let text = file.text()?;
        let path = match Coordinates::parse(text) {
            Some(coordinates) => {
                let repository = repository(vars, beside, file)?;
                fetched(&coordinates, &repository, file)?
            }
            None => beside.join(text),
        };
        Ok(Overlay {
            path,
            place: file.place.clone(),
        })
    };
    listed.iter().map(one).collect()
}

/// The repository that is named, or Maven's own.
fn repository(vars: &Vars, beside: &Path, named: &Node) -> Result<PathBuf> {
    match vars.get("carbon_maven_repository") {
        Some(set) => Ok(beside.join(set.text()?)),
        None => match std::env::var_os("HOME") {
            Some(home) => Ok(PathBuf::from(home).join(".m2/repository")),
            None => {
                let message = "`HOME` is not set, so there is no Maven repository to look in";
                Err(Error::at(&named.place, message).hint("`carbon_maven_repository` names one"))
            }
        },
    }
}

/// The jar, which is what Maven has noted of it.
fn fetched(coordinates: &Coordinates<'_>, repository: &Path, named: &Node) -> Result<PathBuf> {
    let jar = coordinates.within(repository);
    let text = named.text()?;
    let fetch = format!("`mvn dependency:get -Dartifact={text} -Dtransitive=false` fetches it");
    let bytes = std::fs::read(&jar).map_err(|cause| {
        let message = format!(
            "`{text}` is not in the Maven repository `{}`",
            repository.display()
        );
        Error::at(&named.place, message)
            .hint(format!(
                "{fetch}; `carbon_maven_repository` names another repository"
            ))
            .because(cause)
    })?;
    let mut noted = jar.clone().into_os_string();
    noted.push(".sha1");
    let noted = match std::fs::read_to_string(&noted) {
        Ok(noted) => noted,
        // A repository that somebody has filled by hand notes nothing.
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(jar),
        Err(cause) => {
            let message = format!("cannot read what Maven has noted of `{}`", jar.display());
            return Err(Error::at(&named.place, message).because(cause));
        }
    };
    // No digest is the one of an empty note.
    let noted = noted.split_whitespace().next().unwrap_or_default();
    let digest = hex(&Sha1::digest(&bytes));
    if noted.eq_ignore_ascii_case(&digest) {
        return Ok(jar);
    }
    let message = format!(
        "`{}` is not what Maven has noted of it: its SHA-1 is {digest}, not {noted}",
        jar.display()
    );
    Err(Error::at(&named.place, message).hint(format!("remove it; {fetch}")))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::yaml::parse;

    const DRIVER: &str = "org.mariadb.jdbc:mariadb-java-client:2.7.12";

    fn jars_of(listed: &str, repository: &Path) -> Result<Vec<Overlay>> {
        let text = format!(
            "carbon_database_jars: {listed}\ncarbon_maven_repository: {}\n",
            repository.display()
        );
        let parsed = parse(&text, Path::new("x.yaml"))?.unwrap();
        let pairs = parsed.map()?.iter();
        let vars: Vars = pairs
            .map(|(key, value)| (key.name.clone(), value.clone()))
            .collect();
        jars(&vars, Path::new("site"))
    }

    #[test]
    fn coordinates_lead_into_the_repository_and_paths_do_not() {
        let folder = tempfile::tempdir().unwrap();
        let within = "org/mariadb/jdbc/mariadb-java-client/2.7.12/mariadb-java-client-2.7.12.jar";
        let jar = folder.path().join(within);
        let missing = jars_of(DRIVER, folder.path()).unwrap_err();
        assert!(missing.message().contains("is not in the Maven repository"));
        let way_out = missing.way_out().unwrap();
        assert!(way_out.contains(&format!("mvn dependency:get -Dartifact={DRIVER}")));

        fs::create_dir_all(jar.parent().unwrap()).unwrap();
        fs::write(&jar, "driver").unwrap();
        let both = jars_of(
            &format!("[{DRIVER}, drivers/own.jar, 'C:own.jar']"),
            folder.path(),
        );
        let paths: Vec<PathBuf> = both.unwrap().into_iter().map(|jar| jar.path).collect();
        assert_eq!(
            paths,
            [
                jar.clone(),
                "site/drivers/own.jar".into(),
                "site/C:own.jar".into()
            ]
        );

        let noted = |sha1: &str| fs::write(jar.with_extension("jar.sha1"), sha1).unwrap();
        noted("0000000000000000000000000000000000000000  mariadb-java-client-2.7.12.jar\n");
        let damaged = jars_of(DRIVER, folder.path()).unwrap_err();
        let told = "its SHA-1 is fdda0c46f953c1a45bdc520849be1e4edf4e228c, not 0000";
        assert!(damaged.message().contains(told), "{damaged}");
        noted("FDDA0C46F953C1A45BDC520849BE1E4EDF4E228C");
        assert_eq!(jars_of(DRIVER, folder.path()).unwrap().len(), 1);
    }
}
