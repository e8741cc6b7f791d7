//! What a module is given: its parameters, and what is known about the host without asking.

use crate::modules::{Args, Unlike, World};
use crate::script::Facts;
use crate::yaml::Error;

/// One call of a module for one host (and one item of a loop).
pub struct Call<'a> {
    /// The rendered parameters.
    pub args: &'a Args,
    /// The host's name in the inventory.
    pub host: &'a str,
    /// What every host is asked; [`None`] while the first round trip is still ahead.
    pub facts: Option<&'a Facts>,
    /// True where nothing is acted on: the host will not be what earlier tasks would have made it.
    pub planning: bool,
    /// Something has been done to some host of the run.
    pub acting: bool,
    /// The run is to prove that artifacts arrive, whether anything differs or not.
    pub probe_artifact: bool,
    /// What nodes of clusters have not deployed alike, as the first look saw all of them.
    pub unlike: &'a [Unlike],
    /// The clusters of the run.
    pub world: &'a World,
    /// Files beside the playbook: `src` of `copy`, templates.
    pub files: &'a dyn Files,
}

/// Files and templates beside the playbook.
pub trait Files: Sync {
    /// The content of a file named by `src`.
    ///
    /// # Errors
    /// Where it cannot be found or read; the places searched are in the message.
    fn read(&self, name: &str) -> Result<Vec<u8>, Error>;

    /// A template, rendered with the host's variables.
    ///
    /// # Errors
    /// Where it cannot be found, or names what is undefined.
    fn render(&self, name: &str) -> Result<String, Error> {
        self.render_with(name, &[])
    }

    /// A template, rendered with the host's variables and these before them.
    ///
    /// # Errors
    /// As [`Files::render`].
    fn render_with(&self, name: &str, own: &[(&str, minijinja::Value)]) -> Result<String, Error>;
}
