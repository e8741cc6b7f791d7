//! `wmprov vault`: Ansible Vault texts and files, sealed and opened.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use crate::yaml::vault::HEADER;
use crate::yaml::{Error, Result, Secret, VaultPasswords};

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vaulted {
    /// It is sealed now.
    Sealed,
    /// It is open now.
    Opened,
}

/// Seals a text as a YAML value, `name: !vault |` and its lines.
///
/// # Errors
/// Where the text is empty, as that of a pipe is whose command failed, or no vault password is known.
pub fn encrypt_string(text: &Secret, name: Option<&str>, vault: &VaultPasswords) -> Result<String> {
    if text.reveal().is_empty() {
        return Err(Error::new("there is no text to seal")
            .hint("type it where it is asked for, or give it on standard input"));
    }
    let sealed = vault.seal(text.reveal())?;
    let lead = name.map(|name| format!("{name}: ")).unwrap_or_default();
    let mut value = format!("{lead}!vault |\n");
    for line in sealed.lines() {
        value.push_str("  ");
        value.push_str(line);
        value.push('\n');
    }
    Ok(value)
}

/// Seals a file in its place.
///
/// # Errors
/// Where it is sealed already, or cannot be read or written.
pub fn encrypt(file: &Path, vault: &VaultPasswords) -> Result<Vaulted> {
    let text = read(file)?;
    if text.reveal().starts_with(HEADER) {
        return Err(
            Error::new(format!("`{}` is sealed already", file.display()))
                .hint("`wmprov vault view` shows it"),
        );
    }
    replace(file, &vault.seal(text.reveal())?)?;
    Ok(Vaulted::Sealed)
}

/// The text of a sealed file. With `write` the file holds it from then on.
///
/// # Errors
/// Where it is not sealed, no password fits, or it cannot be read or written.
pub fn decrypt(file: &Path, vault: &VaultPasswords, write: bool) -> Result<Secret> {
    let text = read(file)?;
    let opened = vault
        .open(text.reveal())
        .map_err(|error| Error::new(format!("cannot open `{}`", file.display())).because(error))?;
    if write {
        replace(file, opened.reveal())?;
    }
    Ok(opened)
}

fn read(file: &Path) -> Result<Secret> {
    let text = fs::read_to_string(file)
        .map_err(|cause| Error::new(format!("cannot read `{}`", file.display())).because(cause))?;
    Ok(Secret::new(text))
}

/// Writes beside the file and renames, so that it is never half written, and readable by its owner only.
fn replace(file: &Path, text: &str) -> Result<()> {
    let cannot = |cause: std::io::Error| {
        Error::new(format!("cannot write `{}`", file.display())).because(cause)
    };
    // A link stays a link: what it points to is replaced.
    let file = fs::canonicalize(file).map_err(cannot)?;
    if !fs::metadata(&file).map_err(cannot)?.is_file() {
        return Err(Error::new(format!("`{}` is no file", file.display())));
    }
    let name = file
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let beside = file.with_file_name(format!(".{name}.{}", std::process::id()));
    let written = write_new(&beside, text).and_then(|()| fs::rename(&beside, &file));
    if written.is_err() {
        // The first error is the one to tell; a leftover is readable by its owner only.
        let _leftover = fs::remove_file(&beside);
    }
    written.map_err(cannot)
}

fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::{Vaulted, decrypt, encrypt, encrypt_string};
    use crate::yaml::{Secret, VaultPasswords, parse_vaulted};

    fn vault() -> VaultPasswords {
        let mut vault = VaultPasswords::default();
        vault.add(Secret::new("open sesame"));
        vault
    }

    #[test]
    fn nothing_is_not_sealed() {
        let error = encrypt_string(&Secret::new(""), Some("x"), &vault()).unwrap_err();
        assert_eq!(error.message(), "there is no text to seal");
    }

    #[test]
    fn a_value_that_was_pasted_at_the_wrong_depth_is_told_so() {
        let sealed = encrypt_string(&Secret::new("hunter22"), Some("x"), &vault()).unwrap();
        // Its lines stand no deeper than its name; what follows stands as deep as they do.
        let no_lines = format!("all:\n  vars:\n    {sealed}    y: 1\n");
        let swallows = format!("{sealed}  y: 1\n");
        for text in [no_lines, swallows] {
            let read = parse_vaulted(&text, "x.yaml".as_ref(), &vault());
            let error = read.unwrap_err();
            let hint = error.way_out().unwrap_or_default();
            assert!(
                hint.starts_with("indent the whole of it"),
                "{text}{error}: {hint}"
            );
        }
    }

    #[test]
    fn a_file_is_sealed_in_place_and_opens_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secrets.yaml");
        fs::write(&file, "a: hunter22\n").unwrap();
        assert_eq!(encrypt(&file, &vault()).unwrap(), Vaulted::Sealed);
        let sealed = fs::read_to_string(&file).unwrap();
        assert!(!sealed.contains("hunter22"), "{sealed}");
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(
            encrypt(&file, &vault())
                .unwrap_err()
                .message()
                .contains("sealed already")
        );
        assert_eq!(
            decrypt(&file, &vault(), false).unwrap().reveal(),
            "a: hunter22\n"
        );
        assert_eq!(fs::read_to_string(&file).unwrap(), sealed);
        decrypt(&file, &vault(), true).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "a: hunter22\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_sealed_string_reads_back_as_a_value() {
        let value = encrypt_string(&Secret::new("hunter22"), Some("password"), &vault()).unwrap();
        assert!(value.starts_with("password: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n"));
        let node = parse_vaulted(&value, "x.yaml".as_ref(), &vault())
            .unwrap()
            .unwrap();
        let map = node.map().unwrap();
        assert_eq!(map.get("password").unwrap().text().unwrap(), "hunter22");
    }
}
