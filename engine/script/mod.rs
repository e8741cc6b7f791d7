//! Probes and Steps → one shell script; its output → Answers. The only room that knows `sh`.
