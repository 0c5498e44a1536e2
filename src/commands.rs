//! What people type: each command's arguments and its work. The only layer that prints.

mod alert_text;
mod lines;
pub mod publish;
pub mod tail;
