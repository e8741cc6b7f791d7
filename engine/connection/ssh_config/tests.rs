//! What is refused; what is understood is held against `ssh -G` in `tests/connection/oracles.rs`.

use super::{SshConfig, SshOptions};
use crate::yaml::Result;

fn of(text: &str, host: &str) -> Result<SshOptions> {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("config");
    std::fs::write(&file, text).unwrap();
    SshConfig::read(&[file], home.path(), "me")?.of(host)
}

#[test]
fn what_matters_and_is_not_supported_is_refused_where_it_holds() {
    for (line, message) in [
        ("ProxyCommand nc %h %p", "`proxycommand` is not supported"),
        (
            "KnownHostsCommand /bin/x",
            "`knownhostscommand` is not supported",
        ),
        (
            "CanonicalizeHostname yes",
            "`canonicalizehostname` is not supported",
        ),
        ("Port many", "`port` wants a number, not `many`"),
        (
            "IdentitiesOnly maybe",
            "`identitiesonly` wants yes or no, not `maybe`",
        ),
        (
            "ConnectTimeout soon",
            "`connecttimeout` wants a time, not `soon`",
        ),
        ("HostName", "`hostname` wants a value"),
    ] {
        let text = format!("Host other\n  User x\nHost here\n  {line}\n");
        let error = of(&text, "here").unwrap_err();
        assert_eq!(error.to_string(), message);
        assert_eq!(error.place().unwrap().line, 4);
        assert!(of(&text, "elsewhere").is_ok());
    }
    let exec = "Match originalhost here exec \"true\"\n  User x\n";
    assert_eq!(
        of(exec, "here").unwrap_err().to_string(),
        "`Match exec` is not supported"
    );
    assert!(of(exec, "elsewhere").is_ok());
    assert!(of("ProxyJump a\nProxyCommand nc\n", "here").is_ok());
}

#[test]
fn an_include_of_itself_ends() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("config");
    std::fs::write(&file, format!("Include {}\n", file.display())).unwrap();
    let error = SshConfig::read(&[file], home.path(), "me").unwrap_err();
    assert_eq!(error.to_string(), "`Include` goes too deep");
}
