//! Task + Answers → Change: one file a module, one line in the registry.
