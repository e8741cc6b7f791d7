//! The command line: argv → a command of the library, its report → an exit code.

fn main() {}
