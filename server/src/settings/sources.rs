//! Where settings come from: flags, the environment, and a file.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{ArgMatches, Command, CommandFactory, FromArgMatches};

use crate::Result;
use crate::command::Cli;

/// What every setting is called in the environment.
const ENVIRONMENT_PREFIX: &str = "SESSION_";

/// What others set for themselves under our prefix, though it looks like a setting: X11's session manager.
const FOREIGN: &str = "SESSION_MANAGER";

/// How like a setting a foreign name must be to have been meant for it.
const RESEMBLANCE: f64 = 0.85;

/// What was asked for, and what is to be warned of once there is a log.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) cli: Cli,
    pub(crate) foreign: Vec<ForeignVariable>,
}

/// A variable that looks like a setting and is none.
#[derive(Debug, PartialEq)]
pub(crate) struct ForeignVariable {
    name: String,
    /// The setting that may have been meant.
    nearest: Option<String>,
}

impl ForeignVariable {
    pub(crate) fn warn(&self) {
        let Self { name, nearest } = self;
        match nearest {
            Some(nearest) => {
                tracing::warn!("environment variable `{name}` is not a setting; was `{nearest}` meant?");
            }
            None => tracing::warn!("environment variable `{name}` is not a setting; it is ignored"),
        }
    }
}

/// Reads the command line, the environment, and the settings file they name. Every command heeds the
/// same file and variables, each as far as they concern it.
pub(crate) fn parse(
    mut arguments: Vec<OsString>,
    environment: impl Iterator<Item = (OsString, OsString)>,
) -> Result<Parsed> {
    let (empty, set): (Vec<_>, Vec<_>) = environment.partition(|(_, value)| value.is_empty());
    // An empty variable is as good as none: `ORIGIN=${ORIGIN:-}` is a habit of compose files.
    let empty: BTreeSet<OsString> = empty.into_iter().map(|(name, _)| name).collect();
    let command = || without_variables(Cli::command(), &empty);
    let matches = command().get_matches_from(&arguments);
    let mut foreign = Vec::new();
    let (path, leaf) = leaf(&matches);
    if path == ["serve"] {
        foreign = foreign_variables(set.iter().filter_map(|(name, _)| name.to_str()));
    }
    if let Ok(Some(file)) = leaf.try_get_one::<PathBuf>("config") {
        let known_here = settings_at(&path);
        let is_wanted = |name: &str| {
            let source = |id: &String| leaf.value_source(id);
            known_here
                .get(name)
                .is_some_and(|id| matches!(source(id), None | Some(ValueSource::DefaultValue)))
        };
        let from_file = arguments_from_file(file, is_wanted)?;
        // What follows `--` is no flag.
        let end = arguments.iter().position(|argument| argument == "--").unwrap_or(arguments.len());
        arguments.splice(end..end, from_file);
        // Flags and variables alone were good, so what is wrong now stands in the file.
        let matches = command().try_get_matches_from(arguments);
        let matches =
            matches.map_err(|error| format!("settings file `{}`: {}", file.display(), first_line(&error)))?;
        return Ok(Parsed { cli: Cli::from_arg_matches(&matches)?, foreign });
    }
    Ok(Parsed { cli: Cli::from_arg_matches(&matches)?, foreign })
}

fn without_variables(command: Command, empty: &BTreeSet<OsString>) -> Command {
    let command = command.mut_args(|argument| match argument.get_env() {
        // No variable has this name, and a variable once given cannot be taken back otherwise.
        Some(name) if empty.contains(name) => argument.env("").hide_env(true),
        _ => argument,
    });
    command.mut_subcommands(|command| without_variables(command, empty))
}

/// The command that was asked for, as the names that lead to it.
fn leaf(matches: &ArgMatches) -> (Vec<&str>, &ArgMatches) {
    let (mut path, mut leaf) = (Vec::new(), matches);
    while let Some((name, below)) = leaf.subcommand() {
        path.push(name);
        leaf = below;
    }
    (path, leaf)
}

fn first_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

/// The settings file's lines as flags, those that are wanted. So there is one parser for all three,
/// and one kind of message.
fn arguments_from_file(path: &Path, is_wanted: impl Fn(&str) -> bool) -> Result<Vec<OsString>> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("settings file `{shown}` cannot be read: {error}"))?;
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let (number, line) = line_at(&text, error.span().map_or(0, |span| span.start));
        format!("settings file `{shown}` is not TOML, line {number}: `{line}`: {}", told(error.message()))
    })?;
    let mut known = names_at(&["serve"]);
    known.remove("config");
    let mut arguments = Vec::new();
    for (name, value) in table {
        if !known.contains(&name) {
            let expected = known.into_iter().collect::<Vec<_>>().join(", ");
            let unknown = format!("settings file `{shown}` has an unknown setting `{name}`");
            return Err(format!("{unknown}, expected {expected}").into());
        }
        if is_wanted(&name) {
            let value = as_argument(&value).ok_or_else(|| {
                format!("settings file `{shown}`: `{name}` is not a text, a number, or a list of them")
            })?;
            arguments.push(format!("--{name}={value}").into());
        }
    }
    Ok(arguments)
}

/// A line as it may be shown: what stands after `store =` may hold a password.
pub(super) fn line_at(text: &str, position: usize) -> (usize, String) {
    let before = &text[..position.min(text.len())];
    let number = before.matches('\n').count() + 1;
    let line = text.lines().nth(number - 1).unwrap_or_default().trim();
    match line.split_once('=') {
        Some((name, _)) if line.contains("://") => (number, format!("{name}= ...")),
        _ if line.contains("://") => (number, "...".into()),
        _ => (number, line.to_owned()),
    }
}

/// The parser's words without their line breaks.
pub(super) fn told(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn as_argument(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Array(items) => {
            Some(items.iter().map(as_argument).collect::<Option<Vec<_>>>()?.join(","))
        }
        _ => None,
    }
}

/// Orchestrators set some for each service whose name begins with `session` (R63), so that is no reason not to start.
fn foreign_variables<'v>(variables: impl Iterator<Item = &'v str>) -> Vec<ForeignVariable> {
    let variable_of =
        |name: &String| ENVIRONMENT_PREFIX.to_owned() + &name.to_ascii_uppercase().replace('-', "_");
    let known: Vec<_> = names_at(&["serve"]).iter().map(variable_of).collect();
    let foreign = variables.filter(|name| {
        name.to_ascii_uppercase().starts_with(ENVIRONMENT_PREFIX) && !known.iter().any(|known| known == name)
    });
    let foreign_variable = |name: &str| {
        // The prefix is what all of them have in common.
        let own = |name: &str| name[ENVIRONMENT_PREFIX.len()..].to_ascii_uppercase();
        let likeness = |known: &&String| strsim::jaro_winkler(&own(known), &own(name));
        let nearest = known.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
        let nearest = nearest.filter(|nearest| name != FOREIGN && likeness(nearest) > RESEMBLANCE);
        ForeignVariable { name: name.to_owned(), nearest: nearest.cloned() }
    };
    foreign.map(foreign_variable).collect()
}

fn names_at(path: &[&str]) -> BTreeSet<String> {
    settings_at(path).into_keys().collect()
}

/// The long flags of a command, with those that it has from the ones above it, and what the parser
/// calls each.
fn settings_at(path: &[&str]) -> BTreeMap<String, String> {
    let (mut command, mut settings) = (Cli::command(), BTreeMap::new());
    for name in path {
        let Some(below) = command.find_subcommand(name).cloned() else { break };
        let named =
            |argument: &clap::Arg| Some((argument.get_long()?.to_owned(), argument.get_id().to_string()));
        settings.extend(below.get_arguments().filter_map(named));
        command = below;
    }
    settings.remove("help");
    settings
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use session_core::{SameSite, StatementCookie, Timeouts};
    use session_engine::{AttemptLimits, HashingLimits};
    use session_http::Limits;

    use super::*;
    use crate::command::Command;
    use crate::settings::Settings;

    fn settings(arguments: &[&str]) -> Result<Settings> {
        let arguments = ["session-server", "serve"].iter().chain(arguments).map(OsString::from).collect();
        match parse(arguments, std::iter::empty())?.cli.command {
            Command::Serve(settings) => Ok(*settings),
            other => panic!("{other:?}"),
        }
    }

    fn with_file(content: &str, arguments: &[&str]) -> Result<Settings> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("settings.toml");
        std::fs::write(&path, content).unwrap();
        settings(&[&["--config", path.to_str().unwrap()], arguments].concat())
    }

    #[test]
    fn what_is_not_set_is_as_in_the_library() {
        let settings = settings(&[]).unwrap();
        assert_eq!(settings.attempt_limits(), AttemptLimits::default());
        assert_eq!(settings.hashing_limits(), HashingLimits::default());
        assert_eq!(settings.limits(), Limits::default());
        assert_eq!(settings.timeouts().unwrap(), Timeouts::default());
        assert_eq!(settings.same_site(), SameSite::default());
        assert_eq!(settings.statement_cookie(), Some(StatementCookie::default()));
    }

    #[test]
    fn every_setting_has_its_name_in_the_environment() {
        let command = Cli::command();
        for argument in command.find_subcommand("serve").unwrap().get_arguments() {
            let Some(long) = argument.get_long().filter(|&long| long != "help") else { continue };
            let expected = format!("{ENVIRONMENT_PREFIX}{}", long.to_ascii_uppercase().replace('-', "_"));
            assert_eq!(argument.get_env().and_then(|name| name.to_str()), Some(expected.as_str()));
        }
    }

    #[test]
    fn a_wrong_value_in_the_file_is_told_with_the_file() {
        for line in ["idle-timeout = 30", "idle-timeout = true", "login-attempts-per-account = 0"] {
            let error = with_file(line, &[]).unwrap_err().to_string();
            assert!(error.contains("settings.toml`: "), "{error}");
            assert!(error.contains(line.split(' ').next().unwrap()), "{error}");
        }
    }

    #[test]
    fn a_flag_wins_over_the_file() {
        let file =
            "idle-timeout = \"10m\"\nmax-connections = 7\ntrusted-proxies = [\"10.0.0.0/8\", \"::1\"]\n";
        let settings = with_file(file, &["--idle-timeout", "5m"]).unwrap();
        assert_eq!(settings.idle_timeout, Duration::from_secs(300));
        assert_eq!(settings.limits().connections.get(), 7);
        assert_eq!(settings.trusted_proxies.len(), 2);
    }

    /// R63: a line of the file that means nothing is an error.
    #[test]
    fn an_unknown_setting_is_named() {
        let error = with_file("idle_timeout = \"10m\"\n", &[]).unwrap_err().to_string();
        assert!(error.contains("unknown setting `idle_timeout`"), "{error}");
        assert!(error.contains("idle-timeout"), "{error}");
    }

    /// R63: and is no reason not to start.
    #[test]
    fn a_foreign_variable_is_warned_of_with_the_nearest_setting() {
        let foreign = |name: &str| foreign_variables([name].into_iter());
        let warned_of = |name: &str, nearest: Option<&str>| {
            vec![ForeignVariable { name: name.to_owned(), nearest: nearest.map(str::to_owned) }]
        };
        for (name, meant) in [
            ("SESSION_IDLE_TIMEOUTS", "SESSION_IDLE_TIMEOUT"),
            ("SESSION_idle_timeout", "SESSION_IDLE_TIMEOUT"),
            ("SESSION_TRUSTED_PROXY", "SESSION_TRUSTED_PROXIES"),
            ("SESSION_KEY", "SESSION_KEYS"),
        ] {
            assert_eq!(foreign(name), warned_of(name, Some(meant)));
        }
        assert_eq!(foreign("SESSION_MANAGER"), warned_of("SESSION_MANAGER", None));
        for ours in ["SESSION_IDLE_TIMEOUT", "PATH", "SESSIONS", "MY_SESSION_KEYS"] {
            assert_eq!(foreign(ours), []);
        }
    }

    #[test]
    fn every_command_heeds_the_file_as_far_as_it_concerns_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("settings.toml");
        std::fs::write(&path, "users = \"/from/file\"\nkeys = \"/keys\"\nmax-connections = 7\n").unwrap();
        let config = format!("--config={}", path.display());
        let told = |words: &[&str]| {
            let words = words.iter().map(OsString::from).collect();
            format!("{:?}", parse(words, std::iter::empty()).unwrap().cli)
        };
        let shown = told(&["session-server", "user", &config, "add", "--password-stdin", "--", "alice"]);
        assert!(shown.contains("/from/file") && shown.contains("\"alice\""), "{shown}");
        let shown = told(&["session-server", "user", "list", &config, "--users", "/flag"]);
        assert!(shown.contains("/flag") && !shown.contains("/from/file"), "{shown}");
        assert!(told(&["session-server", "keys", "list", &config]).contains("/keys"));
        assert!(told(&["session-server", "explain", &config]).contains("/keys"));
    }

    /// R39: the store's URL may have one.
    #[test]
    fn a_broken_line_that_may_hold_a_password_is_not_shown() {
        let error = with_file("listen = \"127.0.0.1:0\"\nstore = \"redis://:hunter2@x\n", &[]).unwrap_err();
        let error = error.to_string();
        assert!(error.contains("line 2: `store = ...`"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn a_broken_line_is_shown_with_what_was_expected() {
        let error = with_file("log = \"info\"\nidle-timeout 30m\n", &[]).unwrap_err().to_string();
        assert!(error.contains("line 2: `idle-timeout 30m`: "), "{error}");
        assert!(error.contains("expected"), "{error}");
    }

    #[test]
    fn the_statement_cookie_is_for_scripts_for_edges_or_for_nobody() {
        let expected = [
            ("readable", Some(StatementCookie::Readable)),
            ("http-only", Some(StatementCookie::HttpOnly)),
            ("off", None),
        ];
        for (value, readers) in expected {
            let flag = settings(&["--statement-cookie", value]).unwrap();
            let file = with_file(&format!("statement-cookie = \"{value}\""), &[]).unwrap();
            assert_eq!((flag.statement_cookie(), file.statement_cookie()), (readers, readers));
        }
    }
}
