//! The binary: arguments, settings, exit code.

fn main() {}
