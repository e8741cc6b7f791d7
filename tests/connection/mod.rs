//! Connections through real OpenSSH servers on loopback ports, each with its own keys in a folder of
//! its own. Where OpenSSH is not installed, each test says `skipped`.

mod channels;
mod host_keys;
mod logins;
mod oracles;
mod refusals;
mod sshd;
mod ways;
