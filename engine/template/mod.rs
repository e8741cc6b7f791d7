//! Expression + variables → value: minijinja with Ansible's filters and tests, strict about the undefined.
