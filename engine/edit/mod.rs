//! Bytes + edits → bytes: structural edits that leave every byte alone which they do not mean.
//! Knows nothing of Carbon or of hosts.
