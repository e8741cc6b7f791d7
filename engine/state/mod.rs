//! What wmprov keeps on a host: Manifest, journal, lock, generations, Evidence; formats and rules.
