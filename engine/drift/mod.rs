//! Desired state + Manifest + Answers → findings.
