//! Cluster + Pack → the desired Home of each node, and what a running node must show to prove its role.
