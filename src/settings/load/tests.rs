//! Settings files and variables that are right, and a table of those that are not.

use super::*;
use crate::settings::DeliveryMode;

fn load(text: &str, environment: &[(&str, &str)]) -> Result<Settings, Vec<Diagnostic>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("newswatch.toml");
    std::fs::write(&path, text).unwrap();
    Settings::load(Some(&path), variables(environment))
}

fn variables(environment: &[(&str, &str)]) -> impl Iterator<Item = (String, String)> {
    environment.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect::<Vec<_>>().into_iter()
}

fn found(diagnostics: &[Diagnostic]) -> Vec<(&str, usize, usize)> {
    let place = |each: &Diagnostic| each.file.line_column(each.span.start);
    diagnostics.iter().map(|each| (each.code, place(each).0, place(each).1)).collect()
}

#[test]
fn the_environment_goes_before_the_file_and_the_file_before_the_default() {
    let file = "[kafka]\nbrokers = 'one:9092'\ngroup = 'desk'\n[kafka.client]\n'sasl.username' = 'reader'\n[topics]\nreplication = 3\n";
    let settings = load(
        file,
        &[
            ("NEWSWATCH__KAFKA__BROKERS", "two:9092,three:9092"),
            ("NEWSWATCH__KAFKA__CLIENT__SECURITY_PROTOCOL", "SASL_SSL"),
            ("NEWSWATCH__TOPICS__EVENTS", "a, b"),
            ("NEWSWATCH__DELIVERY__MODE", "at_least_once"),
            ("NEWSWATCH__DELIVERY__BATCH_TIME", "5ms"),
            ("NEWSWATCH__DEAD_LETTERS__MAX_RATIO", "1"),
            ("NEWSWATCH__TOPICS__CREATE", "false"),
            ("NEWSWATCH__EVENTS__FIELDS__PUBLISHED_AT", "/meta/date"),
            ("UNRELATED", "x"),
        ],
    )
    .unwrap();
    assert_eq!(settings.kafka.brokers, "two:9092,three:9092");
    assert_eq!(settings.kafka.group, "desk");
    assert_eq!(settings.kafka.instance, "0");
    let client: Vec<_> = settings.kafka.client.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(client, [("sasl.username", "reader"), ("security.protocol", "SASL_SSL")]);
    assert_eq!(settings.topics.events, ["a", "b"]);
    assert_eq!(settings.topics.replication, Some(3));
    assert!(!settings.topics.create);
    assert_eq!(settings.delivery.mode, DeliveryMode::AtLeastOnce);
    assert_eq!(settings.delivery.batch_time.as_millis(), 5);
    assert!((settings.dead_letters.max_ratio - 1.0).abs() < f64::EPSILON);
    assert_eq!(settings.events.fields["published_at"], "/meta/date");
    assert_eq!(settings.origins["kafka.brokers"].place(), "environment NEWSWATCH__KAFKA__BROKERS");
    assert!(settings.origins["kafka.group"].place().ends_with("newswatch.toml:3"));
}

#[test]
fn a_secret_is_read_from_its_file_and_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "p4ss word\n").unwrap();
    let secret = secret.to_str().unwrap();
    for (file, environment) in [
        ("", vec![("NEWSWATCH__KAFKA__CLIENT__SASL_PASSWORD_FILE", secret), ("NEWSWATCH__HTTP__TOKEN_FILE", secret)]),
        (&*format!("[http]\ntoken_file = '{secret}'\n[kafka.client]\n'sasl.password_file' = '{secret}'\n"), vec![]),
    ] {
        let settings = load(file, &environment).unwrap();
        assert_eq!(settings.kafka.client["sasl.password"], "p4ss word");
        assert_eq!(settings.http.token.as_deref(), Some("p4ss word"));
        for key in ["kafka.client.sasl.password", "http.token"] {
            assert_eq!(settings.origins[key].shown, "(hidden)");
        }
    }
    let open = load("[http]\nallow_without_token = true", &[]).unwrap();
    assert_eq!(open.origins["http.allow_without_token"].shown, "true", "what names a token is none");
}

#[test]
fn every_mistake_has_its_code_and_place() {
    for (file, code, line, column) in [
        ("[kafka]\nbrokesr = 'a:1'", "NW0302", 2, 1),
        ("[kafak]\nbrokers = 'a:1'", "NW0302", 1, 2),
        ("kafka = 3", "NW0303", 1, 9),
        ("[delivery]\nbatch_time = 100", "NW0303", 2, 14),
        ("[delivery]\nbatch_time = '100 parsecs'", "NW0304", 2, 14),
        ("[delivery]\nbatch_events = 0", "NW0304", 2, 16),
        ("[delivery]\nbatch_events = '5'", "NW0303", 2, 16),
        ("[delivery]\ndrain = '11m'", "NW0304", 2, 9),
        ("[delivery]\nbatch_bytes = '128MiB'", "NW0304", 2, 15),
        ("[dead_letters]\nmax_ratio = 1.5", "NW0304", 2, 13),
        ("[topics]\nevents = 'news'", "NW0303", 2, 10),
        ("[topics]\nalerts = 'news.events'", "NW0304", 2, 10),
        ("[topics]\nevents = []", "NW0304", 2, 10),
        ("[events.fields]\nheadline = '/h'", "NW0302", 2, 1),
        ("[events.fields]\ntitle = 'h'", "NW0304", 2, 9),
        ("[http]\nlisten = '0.0.0.0:9464'", "NW0307", 2, 10),
        ("[http]\nlisten = 'everywhere'", "NW0304", 2, 10),
        ("[http]\ntoken_file = '/nowhere/at/all'", "NW0306", 2, 14),
        ("[kafka.client]\n'enable.auto.commit' = true", "NW0305", 2, 24),
        ("[kafka.client]\nisolation.level = 'read_uncommitted'", "NW0305", 2, 19),
        ("[kafka]\nclient = { 'transactional.id' = 'x' }", "NW0305", 2, 33),
        ("[log]\nlevel = 'info", "NW0301", 2, 14),
    ] {
        let diagnostics = load(file, &[]).unwrap_err();
        assert_eq!(found(&diagnostics), [(code, line, column)], "{file}: {diagnostics:?}");
    }
}

#[test]
fn all_mistakes_are_told_at_once() {
    let diagnostics = load(
        "deploymnet = 'x'\n[log]\nlevel = 'loud'\n",
        &[("NEWSWATCH__KAFKA__BROKESR", "a:1"), ("NEWSWATCH__DELIVERY__DRAIN", "1h")],
    )
    .unwrap_err();
    assert_eq!(found(&diagnostics), [("NW0302", 1, 1), ("NW0304", 3, 9), ("NW0304", 1, 28), ("NW0302", 1, 1)]);
    assert_eq!(diagnostics[3].help.as_deref(), Some("did you mean NEWSWATCH__KAFKA__BROKERS?"));
    assert_eq!(diagnostics[3].file.name, "environment");
}

#[test]
fn only_a_file_that_is_named_must_exist() {
    let diagnostics = Settings::load(Some(Path::new("/nowhere/newswatch.toml")), std::iter::empty()).unwrap_err();
    assert_eq!(found(&diagnostics), [("NW0300", 1, 1)]);
}

#[test]
fn folders_are_relative_to_the_parent_of_the_files_folder() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config/newswatch.toml");
    std::fs::create_dir(folder.path().join("config")).unwrap();
    std::fs::write(&path, "[vocabulary]\npath = '/srv/words'\n").unwrap();
    let settings = Settings::load(Some(&path), std::iter::empty()).unwrap();
    assert_eq!(settings.watchlists.path, folder.path().join("config/watchlists"));
    assert_eq!(settings.vocabulary.path, Path::new("/srv/words"));
}

#[test]
fn the_shipped_file_lists_every_key_with_its_default() {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join(DEFAULT_FILE);
    let text = std::fs::read_to_string(&shipped).unwrap();
    // Keys without a default stand in comments: uncommented, the file must still be right.
    let uncommented: String = text
        .lines()
        .map(|line| line.strip_prefix("#: ").unwrap_or(line))
        .fold(String::new(), |all, line| all + line + "\n");
    let file = SourceFile::new(DEFAULT_FILE, text);
    let mut layers = Layers::default();
    layers.file(&file);
    let named: Vec<_> = layers.origins.keys().cloned().collect();
    let mut settings = layers.merge().unwrap();
    settings.origins.clear();
    assert_eq!(
        serde_json::to_value(&settings).unwrap(),
        serde_json::to_value(Settings::default()).unwrap(),
        "its values are the defaults"
    );
    let all = SourceFile::new(DEFAULT_FILE, uncommented);
    let (table, mut findings) = document::parse(&all, CODES);
    let mut found = Vec::new();
    flatten("", table.get_ref(), &mut findings, &mut found);
    assert!(findings.list.is_empty(), "{:?}", findings.list);
    for (key, _) in KEYS {
        assert!(found.iter().any(|each| each.key == key), "{key} is not in {DEFAULT_FILE}");
        let optional = ["topics.replication", "http.token", "http.token_file", "log.format"].contains(&key);
        assert!(optional || named.iter().any(|each| each == key), "{key} is only a comment in {DEFAULT_FILE}");
    }
    for each in found {
        kind_of(&each.key).unwrap().check(&each.written).unwrap_or_else(|refusal| panic!("{}: {refusal:?}", each.key));
    }
}
