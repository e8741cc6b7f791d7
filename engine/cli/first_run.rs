//! The first run that acts from a machine says what will be kept, and where; later ones are silent about it.

use std::path::{Path, PathBuf};

use wmprov::commands::{cache_folder, state_folder};
use wmprov::report::fitted;

use crate::screen::Screen;

/// Tells it, where this machine remembers no run.
pub(crate) fn tell(screen: Screen) {
    let state = state_folder();
    if state
        .as_ref()
        .is_some_and(|folder| folder.join("history").exists())
    {
        return;
    }
    let columns = screen.err_size.map(|(_, columns)| columns);
    screen.tell(&fitted(&page(state, cache_folder()), columns));
}

fn page(state: Option<PathBuf>, cache: Option<PathBuf>) -> String {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let rows = [
        (state, "who ran what (`wmprov history`), reports of drift"),
        (cache, "what zips hold; may be removed at any time"),
    ];
    let mut page = "this machine's first run; what is kept from now on:\n".to_owned();
    for (folder, what) in rows {
        if let Some(folder) = folder {
            page.push_str(&format!(
                "  here, {}: {what}\n",
                short(&folder, home.as_deref())
            ));
        }
    }
    page.push_str(
        "  on each host, /var/lib/wmprov: its lock, who did what there\n  \
           beside each product, HOME.wmprov: the files before each change (`wmprov rollback`), digests, proofs\n",
    );
    page
}

/// A path as a shell's user writes it.
fn short(path: &Path, home: Option<&Path>) -> String {
    match home.and_then(|home| path.strip_prefix(home).ok()) {
        Some(rest) => format!("~/{}", rest.display()),
        None => path.display().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::short;

    #[test]
    fn a_path_below_the_home_is_told_as_one() {
        let home = Some(Path::new("/home/ops"));
        assert_eq!(
            short(Path::new("/home/ops/.cache/wmprov"), home),
            "~/.cache/wmprov"
        );
        assert_eq!(short(Path::new("/srv/state"), home), "/srv/state");
        assert_eq!(short(Path::new("/srv/state"), None), "/srv/state");
    }
}
