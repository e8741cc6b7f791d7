//! What a host tells of Carbon servers that nobody has told us about.

/// A server that runs, or a Home that was named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Server {
    /// The Home.
    pub home: String,
    /// Its process; nothing where it does not run.
    pub pid: String,
    /// User and group of the Home; nothing where there is none.
    pub owner: String,
    /// The unit that the process runs in, without `.service`.
    pub unit: String,
    /// The words of the command line.
    pub argv: Vec<String>,
    /// The lines of the worker profile's bundles.info that name a UI bundle.
    pub ui: Vec<String>,
    /// `repository/conf/carbon.xml`.
    pub carbon: String,
    /// `repository/conf/axis2/axis2.xml`.
    pub axis2: String,
    /// `bin/wso2server.sh`.
    pub start_script: String,
}

/// How many fields tell of a server.
const FIELDS: usize = 9;

/// The servers; [`None`] where the fields are not those of whole ones.
pub(super) fn servers(fields: &[Vec<u8>]) -> Option<Vec<Server>> {
    let text = |field: &Vec<u8>| String::from_utf8_lossy(field).into_owned();
    let lines = |field: &Vec<u8>| text(field).lines().map(str::to_owned).collect();
    let all = fields.chunks(FIELDS).map(|fields| {
        let [
            home,
            pid,
            owner,
            unit,
            argv,
            ui,
            carbon,
            axis2,
            start_script,
        ] = fields
        else {
            return None;
        };
        Some(Server {
            home: text(home),
            pid: text(pid),
            owner: text(owner),
            unit: text(unit),
            argv: lines(argv),
            ui: lines(ui),
            carbon: text(carbon),
            axis2: text(axis2),
            start_script: text(start_script),
        })
    });
    all.collect()
}
