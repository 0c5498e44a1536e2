//! Builds, runs and drains the daemon: the only place that spawns, and that reads watchlists from disk.

pub mod files;
