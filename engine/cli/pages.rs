//! The verbs that reach no host: each gives a page of text.

use std::io::{self, IsTerminal as _, Read as _};
use std::path::Path;

use clap::CommandFactory as _;
use wmprov::commands::{
    FileOptions, InventoryView, Validated, built_in, decrypt, encrypt, encrypt_string, explain,
    export, inspect, inventory, modules, products, schema, topology, validate, version,
};
use wmprov::connection::ConnectOptions;
use wmprov::yaml::{Error, Secret};

use crate::arguments::{
    Cli, InventoryArgs, PackVerb, PlaybookVerb, ValidateArgs, VaultVerb, Verb, View,
};
use crate::first_arguments::TopologyArgs;
use crate::ready::{files_of, vault_of};
use crate::screen::Screen;
use crate::secrets;
use wmprov::report::fitted;

/// The page that a verb writes.
pub(crate) fn write(verb: Verb, screen: Screen) -> Result<String, Vec<Error>> {
    match verb {
        Verb::Validate(args) => validated(args),
        Verb::Explain { code } => explain(code.as_deref())
            .map(|page| fitted(&page, screen.out_columns))
            .map_err(one),
        Verb::Inventory(args) => shown(args),
        Verb::Playbook { verb } => playbook(verb).map_err(one),
        Verb::Pack {
            verb: PackVerb::Inspect { file },
        } => inspect(&file).map_err(one),
        Verb::Pack {
            verb: PackVerb::Products,
        } => products().map_err(one),
        Verb::Vault { verb } => vault(verb),
        Verb::Completions { shell } => Ok(completions(shell)),
        Verb::Man { folder } => manual(folder.as_deref()).map_err(one),
        Verb::Version => versions(screen.verbose).map_err(one),
        Verb::Topology(args) => drawn(args),
        Verb::Show(args) => crate::saved::shown(args),
        Verb::Schema(args) => schema(args.of).map_err(one),
        Verb::Apply(_)
        | Verb::Plan(_)
        | Verb::Adopt(_)
        | Verb::Drift(_)
        | Verb::Backup(_)
        | Verb::Restore(_)
        | Verb::Unlock(_)
        | Verb::Init(_)
        | Verb::Rollback(_)
        | Verb::Promote(_)
        | Verb::Decommission(_)
        | Verb::Replace(_)
        | Verb::Logs(_)
        | Verb::Threads(_)
        | Verb::Start(_)
        | Verb::Stop(_)
        | Verb::Restart(_)
        | Verb::Generations(_)
        | Verb::Status(_)
        | Verb::History(_) => Err(one(Error::new("what acts is no page"))),
    }
}

fn one(error: Error) -> Vec<Error> {
    vec![error]
}

fn validated(args: ValidateArgs) -> Result<String, Vec<Error>> {
    let options = FileOptions {
        playbook: args.playbook.playbook,
        limit: args.playbook.limit,
        ..files_of(args.files)?
    };
    let connect = ConnectOptions::from_environment();
    let found = validate(&options, &connect, !args.without_pack)?;
    if args.json {
        return match serde_json::to_string_pretty(&found) {
            Ok(text) => Ok(text + "\n"),
            Err(cause) => Err(one(Error::new("cannot be written as JSON").because(cause))),
        };
    }
    Ok(as_text(&found))
}

fn as_text(found: &Validated) -> String {
    let mut page = format!(
        "right: {}, {} in {}\n",
        counted(found.hosts, "host"),
        counted(found.tasks, "task"),
        counted(found.plays, "play"),
    );
    for cluster in &found.clusters {
        page.push_str(&format!(
            "cluster `{}`: {}: {}\n",
            cluster.name,
            cluster.product,
            cluster.nodes.join(", ")
        ));
    }
    for note in &found.notes {
        page.push_str(&format!("note: {note}\n"));
    }
    for waived in &found.waived {
        page.push_str(&format!("waived {waived}\n"));
    }
    page
}

fn counted(count: usize, word: &str) -> String {
    let end = if count == 1 { "" } else { "s" };
    format!("{count} {word}{end}")
}

fn shown(args: InventoryArgs) -> Result<String, Vec<Error>> {
    let view = match args.view {
        View {
            host: Some(host), ..
        } => Some(InventoryView::Host(host)),
        View { graph: true, .. } => Some(InventoryView::Graph),
        View { list: true, .. } => Some(InventoryView::List),
        _ => None,
    };
    let vagrant = args.from_vagrant.as_deref();
    inventory(&files_of(args.files)?, view.as_ref(), vagrant)
}

fn drawn(args: TopologyArgs) -> Result<String, Vec<Error>> {
    let width = args.width.map_or_else(columns, usize::from);
    topology(&files_of(args.files)?, args.format, width)
}

/// How many columns the terminal has; 80 where there is none.
pub(crate) fn columns() -> usize {
    let terminals = [console::Term::stdout(), console::Term::stderr()];
    let size = terminals.iter().find_map(console::Term::size_checked);
    size.map_or(80, |(_, columns)| usize::from(columns))
}

fn versions(verbose: bool) -> Result<String, Error> {
    let version = version()?;
    let mut page = format!("wmprov {}\n", version.number);
    if verbose {
        page.push_str(&format!(
            "commit: {}\ntarget: {}\nbuilt-in playbooks: sha256 {}\nproducts:\n",
            version.commit.unwrap_or("not known"),
            version.target,
            version.playbooks
        ));
        for (product, versions) in &version.products {
            page.push_str(&format!("  {product} {}\n", versions.join(", ")));
        }
    }
    Ok(page)
}

fn playbook(verb: PlaybookVerb) -> Result<String, Error> {
    let lines = |paths: Vec<String>| paths.iter().map(|path| format!("{path}\n")).collect();
    match verb {
        PlaybookVerb::List => Ok(lines(
            built_in()
                .iter()
                .map(|path| path.display().to_string())
                .collect(),
        )),
        PlaybookVerb::Export { folder } => {
            let written = export(&folder)?;
            Ok(lines(
                written
                    .iter()
                    .map(|path| path.display().to_string())
                    .collect(),
            ))
        }
        PlaybookVerb::Modules { name } => modules(name.as_deref()),
    }
}

fn vault(verb: VaultVerb) -> Result<String, Vec<Error>> {
    match verb {
        VaultVerb::EncryptString { name, vault } => {
            let passwords = vault_of(&vault).map_err(one)?;
            let from_stdin = vault
                .vault_password_file
                .iter()
                .any(|file| file == Path::new("-"));
            let text = text(from_stdin).map_err(one)?;
            encrypt_string(&text, name.as_deref(), &passwords).map_err(one)
        }
        VaultVerb::Encrypt { files, vault } => {
            let passwords = vault_of(&vault).map_err(one)?;
            each(&files, "sealed", |file| encrypt(file, &passwords).map(drop))
        }
        VaultVerb::Decrypt { files, vault } => {
            let passwords = vault_of(&vault).map_err(one)?;
            each(&files, "opened", |file| {
                decrypt(file, &passwords, true).map(drop)
            })
        }
        VaultVerb::View { file, vault } => vault_of(&vault)
            .and_then(|passwords| decrypt(&file, &passwords, false))
            .map(|text| text.reveal().to_owned())
            .map_err(one),
    }
}

/// Does it to each file; one that fails keeps none of the others from it, and the end tells which are done.
fn each(
    files: &[std::path::PathBuf],
    word: &str,
    mut act: impl FnMut(&Path) -> Result<(), Error>,
) -> Result<String, Vec<Error>> {
    let mut errors = Vec::new();
    let mut page = String::new();
    for file in files {
        match act(file) {
            Ok(()) => page.push_str(&format!("{word}: {}\n", file.display())),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() {
        return Ok(page);
    }
    if !page.is_empty() {
        let done = page.trim_end().replace('\n', "; ");
        errors.push(Error::new(format!("the other files are done ({done})")));
    }
    Err(errors)
}

/// The text to seal: standard input, or asked for on a terminal.
fn text(stdin_is_taken: bool) -> Result<Secret, Error> {
    if io::stdin().is_terminal() || stdin_is_taken {
        return secrets::ask("text to seal");
    }
    let mut text = String::new();
    io::stdin()
        .read_to_string(&mut text)
        .map_err(|cause| Error::new("cannot read standard input").because(cause))?;
    Ok(Secret::new(text.strip_suffix('\n').unwrap_or(&text)))
}

fn completions(shell: clap_complete::Shell) -> String {
    let mut page = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "wmprov", &mut page);
    String::from_utf8_lossy(&page).into_owned()
}

fn manual(folder: Option<&Path>) -> Result<String, Error> {
    let cannot = |cause| Error::new("cannot write the manual pages").because(cause);
    match folder {
        Some(folder) => {
            std::fs::create_dir_all(folder).map_err(cannot)?;
            clap_mangen::generate_to(Cli::command(), folder).map_err(cannot)?;
            Ok(format!("manual pages: {}\n", folder.display()))
        }
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command())
                .render(&mut page)
                .map_err(cannot)?;
            Ok(String::from_utf8_lossy(&page).into_owned())
        }
    }
}
