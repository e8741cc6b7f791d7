//! One file a verb, as a library call.
