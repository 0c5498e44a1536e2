//! Where a value of the settings came from, and how it is shown.

use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::SourceFile;

/// Where a value of the settings came from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The file, or the variable as `NAME=value` in a file named `environment`.
    pub file: Arc<SourceFile>,
    /// The value's bytes in it.
    pub span: Range<usize>,
    /// The value for people, `(hidden)` where it is a secret.
    pub shown: String,
}

impl Origin {
    /// `file:line` of a file, the variable's name of the environment.
    pub fn place(&self) -> String {
        match self.file.text.split_once('=') {
            Some((variable, _)) if self.file.name == ENVIRONMENT => format!("{ENVIRONMENT} {variable}"),
            _ => format!("{}:{}", self.file.name, self.file.line_column(self.span.start).0),
        }
    }
}

/// The name of the file that stands for an environment variable.
pub const ENVIRONMENT: &str = "environment";

/// Whether a key's value is shown to nobody.
pub fn is_secret(key: &str) -> bool {
    let is_named_so = ["password", "token", "secret", "key.pem", "jaas"].iter().any(|word| key.contains(word));
    is_named_so && !key.ends_with("_file") && key != "http.allow_without_token"
}
