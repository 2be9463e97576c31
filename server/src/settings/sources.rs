//! Where settings come from: flags, the environment, and a file.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{CommandFactory, FromArgMatches};

use crate::Result;
use crate::command::Cli;

/// What every setting is called in the environment.
const ENVIRONMENT_PREFIX: &str = "SESSION_";

/// A desktop's own variable, which has nothing to do with us.
const FOREIGN_VARIABLE: &str = "SESSION_MANAGER";

/// Reads the command line, the environment, and the settings file they name.
pub(crate) fn parse(
    mut arguments: Vec<OsString>,
    environment: impl Iterator<Item = (OsString, OsString)>,
) -> Result<Cli> {
    let matches = Cli::command().get_matches_from(&arguments);
    if let Some(("serve", serve)) = matches.subcommand() {
        refuse_unknown_variables(environment)?;
        if let Some(path) = serve.get_one::<PathBuf>("config") {
            let is_set = |id: &str| !matches!(serve.value_source(id), None | Some(ValueSource::DefaultValue));
            arguments.extend(arguments_from_file(path, is_set)?);
            // Flags and variables alone were good, so what is wrong now stands in the file.
            let matches = Cli::command().try_get_matches_from(arguments);
            let matches = matches
                .map_err(|error| format!("settings file `{}`: {}", path.display(), first_line(&error)))?;
            return Ok(Cli::from_arg_matches(&matches)?);
        }
    }
    Ok(Cli::from_arg_matches(&matches)?)
}

fn first_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

/// The settings file's lines as flags, without those that are set with more authority. So there is
/// one parser for all three, and one kind of message.
fn arguments_from_file(path: &PathBuf, is_set: impl Fn(&str) -> bool) -> Result<Vec<OsString>> {
    let unreadable =
        |error: &dyn std::fmt::Display| format!("settings file `{}` cannot be read: {error}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(&error))?;
    // The message of the parser quotes the line, which may hold a password.
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
        unreadable(&format!("not TOML, at line {line}"))
    })?;
    let mut known = setting_names();
    known.remove("config");
    let mut arguments = Vec::new();
    for (name, value) in table {
        if !known.contains(&name) {
            let expected = known.into_iter().collect::<Vec<_>>().join(", ");
            let path = path.display();
            return Err(format!(
                "settings file `{path}` has an unknown setting `{name}`, expected {expected}"
            )
            .into());
        }
        if !is_set(&name.replace('-', "_")) {
            let value = as_argument(&value).ok_or_else(|| {
                let path = path.display();
                format!("settings file `{path}`: `{name}` is not a text, a number, or a list of them")
            })?;
            arguments.push(format!("--{name}={value}").into());
        }
    }
    Ok(arguments)
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

fn refuse_unknown_variables(environment: impl Iterator<Item = (OsString, OsString)>) -> Result {
    let known = setting_names();
    for (variable, _) in environment {
        let Some(variable) = variable.to_str().filter(|&name| name != FOREIGN_VARIABLE) else { continue };
        let Some(name) = variable.strip_prefix(ENVIRONMENT_PREFIX) else { continue };
        if !known.iter().any(|known| known.to_ascii_uppercase().replace('-', "_") == name) {
            return Err(format!(
                "environment variable `{variable}` is not a setting; see `session-server serve --help`"
            )
            .into());
        }
    }
    Ok(())
}

fn setting_names() -> BTreeSet<String> {
    let command = Cli::command();
    let serve = command.find_subcommand("serve").into_iter().flat_map(clap::Command::get_arguments);
    serve.filter_map(clap::Arg::get_long).map(str::to_owned).filter(|name| name != "help").collect()
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
        match parse(arguments, std::iter::empty())?.command {
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

    #[test]
    fn an_unknown_setting_is_named() {
        let error = with_file("idle_timeout = \"10m\"\n", &[]).unwrap_err().to_string();
        assert!(error.contains("unknown setting `idle_timeout`"), "{error}");
        assert!(error.contains("idle-timeout"), "{error}");
        for stray in ["SESSION_IDLE", "SESSION_idle_timeout"] {
            let environment = [(OsString::from(stray), OsString::from("5m"))];
            let arguments = vec!["session-server".into(), "serve".into()];
            let error = parse(arguments, environment.into_iter()).unwrap_err().to_string();
            assert!(error.contains(&format!("`{stray}` is not a setting")), "{error}");
        }
    }

    #[test]
    fn a_broken_file_is_not_quoted() {
        let error = with_file("listen = \"127.0.0.1:0\"\nstore = \"redis://:hunter2@x\n", &[]).unwrap_err();
        assert!(error.to_string().contains("at line 2"), "{error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
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
