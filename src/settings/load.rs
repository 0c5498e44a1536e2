//! Reading the settings: the file, then the environment, then the files that secrets are in. All that is
//! wrong is reported at once, each with its place.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use config::{Config, Map, Source, Value, ValueKind};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diagnostic::{Diagnostic, SourceFile, did_you_mean};
use crate::document::{self, Codes, Findings};
use crate::settings::Settings;
use crate::settings::keys::{self, CLIENT, FIELDS, KEYS, Kind, Refusal, Written, forbidden, in_table, kind_of};
use crate::settings::origin::{ENVIRONMENT, Origin, is_secret};

/// The file that is read where none is named.
pub const DEFAULT_FILE: &str = "config/newswatch.toml";
const PREFIX: &str = "NEWSWATCH__";
const FILE: &str = "_file";

const CODES: Codes = Codes { syntax: "NW0301", unknown_key: "NW0302", wrong_type: "NW0303" };
const UNREADABLE: &str = "NW0300";
const IMPOSSIBLE: &str = "NW0304";
const FORBIDDEN: &str = "NW0305";
const SECRET: &str = "NW0306";
const OPEN: &str = "NW0307";

impl Settings {
    /// The settings in force: defaults, then the file, then the environment. A file that is named must
    /// exist; [`DEFAULT_FILE`] need not.
    pub fn load(
        path: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let shown = path.unwrap_or(Path::new(DEFAULT_FILE));
        let mut layers = Layers::default();
        match std::fs::read(shown).map(String::from_utf8) {
            Ok(Ok(text)) => layers.file(&SourceFile::new(shown.to_string_lossy(), text)),
            Ok(Err(_)) => layers.unreadable(shown, "the settings are not UTF-8"),
            Err(error) if path.is_none() && error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => layers.unreadable(shown, &format!("the settings cannot be read: {error}")),
        }
        layers.environment(environment);
        Ok(layers.merge()?.beside(shown))
    }

    /// The defaults, with the folders where they would be for this settings file.
    pub fn defaults_beside(path: Option<&Path>) -> Self {
        Self::default().beside(path.unwrap_or(Path::new(DEFAULT_FILE)))
    }

    fn beside(mut self, file: &Path) -> Self {
        let base = file.parent().and_then(Path::parent).unwrap_or(Path::new(""));
        self.watchlists.path = base.join(&self.watchlists.path);
        self.vocabulary.path = base.join(&self.vocabulary.path);
        self
    }

    /// Each key with the value in force, secrets hidden, and where it came from.
    pub fn in_force(&self) -> Vec<(String, String, String)> {
        let values = serde_json::to_value(self).unwrap_or_default();
        let defaults = KEYS.iter().filter(|(key, _)| !self.origins.contains_key(*key)).filter_map(|(key, _)| {
            let value = values.pointer(&format!("/{}", key.replace('.', "/")))?;
            Some(((*key).to_owned(), value.to_string(), "default".to_owned()))
        });
        let set = self.origins.iter().map(|(key, origin)| (key.clone(), origin.shown.clone(), origin.place()));
        let mut all: Vec<_> = defaults.chain(set).collect();
        all.sort();
        all
    }

    /// Where a key's value came from; a default stands in a file of its own, named `default`.
    pub fn origin(&self, key: &str) -> Origin {
        self.origins.get(key).cloned().unwrap_or_else(|| {
            let values = serde_json::to_value(self).unwrap_or_default();
            let shown = values.pointer(&format!("/{}", key.replace('.', "/"))).cloned().unwrap_or_default().to_string();
            let text = format!("{key} = {shown}");
            Origin { span: text.len() - shown.len()..text.len(), file: SourceFile::new("default", text), shown }
        })
    }

    /// What is wrong with a settings file by itself, without environment.
    pub fn check(file: &Arc<SourceFile>) -> Vec<Diagnostic> {
        let mut layers = Layers::default();
        layers.file(file);
        layers.merge().err().unwrap_or_default()
    }
}

/// One value, and where it stands.
#[derive(Debug)]
struct Found {
    key: String,
    written: Written,
    file: Arc<SourceFile>,
    span: Range<usize>,
}

/// What was read so far; a later value of a key goes before an earlier one.
#[derive(Debug, Default)]
struct Layers {
    values: Map<String, Value>,
    origins: BTreeMap<String, Origin>,
    diagnostics: Vec<Diagnostic>,
}

impl Layers {
    fn unreadable(&mut self, path: &Path, why: &str) {
        let file = SourceFile::new(path.to_string_lossy(), "");
        self.diagnostics.push(Diagnostic::error(UNREADABLE, &file, 0..0, why));
    }

    fn file(&mut self, file: &Arc<SourceFile>) {
        let (table, mut findings) = document::parse(file, CODES);
        let mut found = Vec::new();
        flatten("", table.get_ref(), &mut findings, &mut found);
        self.diagnostics.append(&mut findings.list);
        for each in found {
            self.add(each);
        }
    }

    fn environment(&mut self, environment: impl Iterator<Item = (String, String)>) {
        let mut variables: Vec<_> = environment.filter(|(name, _)| name.starts_with(PREFIX)).collect();
        variables.sort();
        for (name, value) in variables {
            let file = SourceFile::new(ENVIRONMENT, format!("{name}={value}"));
            let key = variable_key(&name);
            let Some(kind) = kind_of(&key) else {
                let known = KEYS.map(|(key, _)| variable(key));
                let unknown =
                    Diagnostic::error(CODES.unknown_key, &file, 0..name.len(), format!("unknown setting {name}"));
                self.diagnostics.push(match did_you_mean(&name, known.iter().map(String::as_str)) {
                    Some(meant) => unknown.help(format!("did you mean {meant}?")),
                    None => unknown
                        .help(format!("a variable is {PREFIX} and a key of {DEFAULT_FILE}, with __ for each dot")),
                });
                continue;
            };
            self.add(Found { key, written: kind.read(&value), span: name.len() + 1..file.text.len(), file });
        }
    }

    fn add(&mut self, found: Found) {
        let Found { key, written, file, span } = found;
        if let (Some(named), Written::Text(path)) = (named_by_file(&key), &written) {
            let (path, named) = (path.clone(), named.to_owned());
            return match std::fs::read_to_string(&path) {
                Ok(secret) => {
                    let written = Written::Text(secret.trim_end_matches(['\r', '\n']).to_owned());
                    self.add(Found { key: named, written, file, span });
                }
                Err(error) => {
                    let message = format!("the file for `{named}` cannot be read: {error}");
                    self.diagnostics.push(Diagnostic::error(SECRET, &file, span, message));
                }
            };
        }
        if let Some(why) = in_table(&key, CLIENT).and_then(forbidden) {
            let message = format!("`{key}` is not for the settings to set");
            return self.diagnostics.push(Diagnostic::error(FORBIDDEN, &file, span, message).help(why));
        }
        let kind = kind_of(&key).expect("only known keys are added");
        match kind.check(&written) {
            Ok(value) => {
                insert(&mut self.values, &path_of(&key), Value::new(Some(&file.name), value));
                let shown = if is_secret(&key) { "(hidden)".into() } else { show(&written) };
                self.origins.insert(key, Origin { file, span, shown });
            }
            Err(refusal) => {
                let (code, message, help) = match refusal {
                    Refusal::WrongType(expected) => (CODES.wrong_type, format!("`{key}` is {expected}"), None),
                    Refusal::Impossible(why) => {
                        (IMPOSSIBLE, format!("`{key}` cannot be {}", show(&written)), Some(why))
                    }
                };
                let diagnostic = Diagnostic::error(code, &file, span, message);
                self.diagnostics.push(Diagnostic { help, ..diagnostic });
            }
        }
    }

    fn merge(mut self) -> Result<Settings, Vec<Diagnostic>> {
        let merged = Config::try_from(&Settings::default())
            .and_then(|defaults| Config::builder().add_source(defaults).add_source(Layer(self.values)).build())
            .and_then(Config::try_deserialize::<Settings>);
        let mut settings = match merged {
            Ok(settings) => settings,
            Err(error) => {
                let file = SourceFile::new("settings", "");
                self.diagnostics.push(Diagnostic::error(IMPOSSIBLE, &file, 0..0, error.to_string()));
                return Err(self.diagnostics);
            }
        };
        settings.origins = self.origins;
        self.diagnostics.extend(disagreements(&settings));
        if self.diagnostics.is_empty() { Ok(settings) } else { Err(self.diagnostics) }
    }
}

/// What was read, as a source for the merge with the defaults.
#[derive(Clone, Debug)]
struct Layer(Map<String, Value>);

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, config::ConfigError> {
        Ok(self.0.clone())
    }
}

/// Values that are right by themselves and wrong together.
fn disagreements(settings: &Settings) -> Vec<Diagnostic> {
    let mut list = Vec::new();
    let mut disagree = |keys: &[&str], code, message: String, help: &str| {
        if let Some(origin) = keys.iter().find_map(|key| settings.origins.get(*key)) {
            list.push(Diagnostic::error(code, &origin.file, origin.span.clone(), message).help(help));
        }
    };
    let http = &settings.http;
    if !http.listen.ip().is_loopback() && http.token.is_none() && !http.allow_without_token {
        let message = format!("anybody who reaches {} could use it: there is no `http.token`", http.listen);
        let help = "set `http.token`, listen on 127.0.0.1, or set `http.allow_without_token = true`";
        disagree(&["http.listen"], OPEN, message, help);
    }
    let delivery = &settings.delivery;
    if delivery.batch_bytes > delivery.in_flight_bytes {
        let message = "`delivery.batch_bytes` is more than `delivery.in_flight_bytes`: a batch could never fill".into();
        disagree(&["delivery.batch_bytes", "delivery.in_flight_bytes"], IMPOSSIBLE, message, "make the batch smaller");
    }
    let topics = &settings.topics;
    let ours = [
        ("topics.matches", &topics.matches),
        ("topics.alerts", &topics.alerts),
        ("topics.stories", &topics.stories),
        ("topics.dead_letters", &topics.dead_letters),
    ];
    for (index, (key, name)) in ours.iter().enumerate() {
        let twin = ours[..index].iter().find(|(_, other)| other == name).map(|(other, _)| *other);
        let twin = twin.or(topics.events.contains(name).then_some("topics.events"));
        if let Some(twin) = twin {
            let message = format!("`{key}` and `{twin}` are both {name}");
            disagree(&[key, twin], IMPOSSIBLE, message, "each topic holds one kind of record: name them apart");
        }
    }
    list
}

/// All values of a table and its tables, by key.
fn flatten(prefix: &str, table: &DeTable<'_>, findings: &mut Findings<'_>, found: &mut Vec<Found>) {
    for (name, value) in table.iter() {
        let key = if prefix.is_empty() { name.get_ref().to_string() } else { format!("{prefix}.{}", name.get_ref()) };
        let inside = table_keys(&key);
        match value.get_ref() {
            DeValue::Table(inner) if !inside.is_empty() || in_table(&key, CLIENT).is_some() => {
                flatten(&key, inner, findings, found);
            }
            _ if !inside.is_empty() => findings.wrong_type(&key, "a table", value),
            _ if kind_of(&key).is_some() => {
                found.push(Found { key, written: written(value), file: Arc::clone(findings.file), span: value.span() });
            }
            _ => findings.unknown_key(name.get_ref(), name.span(), table_keys(prefix)),
        }
    }
}

/// The names that may stand in a table; none where the key is no table's.
fn table_keys(table: &str) -> Vec<&'static str> {
    if table == FIELDS {
        return keys::EVENT_FIELDS.to_vec();
    }
    if table == CLIENT {
        return vec!["security.protocol", "sasl.mechanism", "sasl.username", "sasl.password", "ssl.ca.location"];
    }
    let mut names = Vec::new();
    for key in KEYS.iter().map(|(key, _)| *key).chain([CLIENT, FIELDS]) {
        let rest = if table.is_empty() { Some(key) } else { in_table(key, table) };
        let name = rest.and_then(|rest| rest.split('.').next());
        names.extend(name.filter(|name| !names.contains(name)));
    }
    names
}

fn written(value: &Spanned<DeValue<'_>>) -> Written {
    let value = value.get_ref();
    match value {
        DeValue::String(text) => Written::Text(text.to_string()),
        DeValue::Boolean(flag) => Written::Flag(*flag),
        DeValue::Integer(_) => document::integer(value).map_or(Written::Other("integer"), Written::Whole),
        DeValue::Float(float) => float.as_str().parse().map_or(Written::Other("float"), Written::Fraction),
        DeValue::Array(array) => {
            let texts: Option<Vec<_>> = array.iter().map(|each| each.get_ref().as_str().map(str::to_owned)).collect();
            texts.map_or(Written::Other("array"), Written::Texts)
        }
        _ => Written::Other(value.type_str()),
    }
}

fn show(written: &Written) -> String {
    match written {
        Written::Text(text) => format!("{text:?}"),
        Written::Whole(number) => number.to_string(),
        Written::Fraction(number) => number.to_string(),
        Written::Flag(flag) => flag.to_string(),
        Written::Texts(texts) => format!("{texts:?}"),
        Written::Other(name) => (*name).to_owned(),
    }
}

/// The key that a variable sets: `__` parts tables; a librdkafka property has dots for `_`.
fn variable_key(name: &str) -> String {
    let key = name[PREFIX.len()..].to_lowercase().replace("__", ".");
    let Some(property) = in_table(&key, CLIENT) else { return key };
    match property.strip_suffix(FILE) {
        Some(property) => format!("{CLIENT}.{}{FILE}", property.replace('_', ".")),
        None => format!("{CLIENT}.{}", property.replace('_', ".")),
    }
}

fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.to_uppercase().replace('.', "__"))
}

/// The key whose value is in the file that this key names.
fn named_by_file(key: &str) -> Option<&str> {
    let named = key.strip_suffix(FILE)?;
    (in_table(key, CLIENT).is_some() || kind_of(named) == Some(Kind::Text)).then_some(named)
}

/// The tables that a key is in and its name; a librdkafka property is one name, dots and all.
fn path_of(key: &str) -> Vec<&str> {
    match in_table(key, CLIENT) {
        Some(property) => CLIENT.split('.').chain([property]).collect(),
        None => key.split('.').collect(),
    }
}

fn insert(table: &mut Map<String, Value>, path: &[&str], value: Value) {
    match path {
        [] => {}
        [name] => {
            table.insert((*name).to_owned(), value);
        }
        [name, rest @ ..] => {
            let inner =
                table.entry((*name).to_owned()).or_insert_with(|| Value::new(None, ValueKind::Table(Map::new())));
            if let ValueKind::Table(inner) = &mut inner.kind {
                insert(inner, rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests;
