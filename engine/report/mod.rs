//! Events and findings → pages: terminal lines, recap, hunks, JSON.
