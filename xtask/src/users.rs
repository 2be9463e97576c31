//! Who can sign in at what `run` serves, and how whoever does not know a password gets in.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::process::{command, output, run_with_input};
use crate::root::root;

/// As the server has it.
const DEFAULT_FILE: &str = "session-data/users";
const FIRST_USER: &str = "demo";

/// So many are named; a file may have thousands.
const NAMED: usize = 10;

/// Makes a first user where there is none, and says how to sign in.
pub(crate) fn let_in(server: &Path, flags: &[&str]) -> Result<()> {
    let file = file(flags);
    let listed = output(command(&server.to_string_lossy(), ["user", "list"]).args(&file))?;
    if listed.is_empty() {
        let password = first_user(server, &file)?;
        println!("sign in as {FIRST_USER} with the password {password} (shown only now)");
    } else {
        println!("{}", ways_in(&listed, &Typed::here(server, flags)?));
    }
    Ok(())
}

/// The flags by which `user` finds the file that `serve` reads.
fn file(flags: &[&str]) -> Vec<String> {
    let given = ["config", "users"].map(|name| (name, setting(flags, name)));
    given.into_iter().filter_map(|(name, value)| Some([format!("--{name}"), value?])).flatten().collect()
}

fn first_user(server: &Path, file: &[String]) -> Result<String> {
    let password = random_password()?;
    let add = ["user", "add", FIRST_USER, "--password-stdin"];
    run_with_input(command(&server.to_string_lossy(), add).args(file), &password)?;
    Ok(password)
}

fn random_password() -> Result<String> {
    let mut bytes = [0; 15];
    getrandom::fill(&mut bytes).context("the system's generator failed")?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// What `user list` says, and the commands that help whoever does not know a password any more.
fn ways_in(listed: &str, typed: &Typed) -> String {
    let users: Vec<_> = listed.lines().map(User::read).collect();
    let mut names: Vec<_> = users.iter().take(NAMED).map(User::shown).collect();
    if users.len() > NAMED {
        names.push(format!("{} more", users.len() - NAMED));
    }
    let enabled = || users.iter().filter(|user| !user.is_disabled);
    let again = match enabled().find(|user| user.name == FIRST_USER).or_else(|| enabled().next()) {
        Some(user) => typed.line("set-password", &quoted(user.name)),
        None => typed.line("enable", &quoted(users[0].name)),
    };
    format!(
        "users: {}\nno password is kept, only hashes; in another terminal, to get in again:\n  {again}\n  {}",
        names.join(", "),
        typed.line("add", "NAME"),
    )
}

struct User<'a> {
    name: &'a str,
    is_disabled: bool,
}

impl<'a> User<'a> {
    fn read(line: &'a str) -> Self {
        match line.split_once('\t') {
            Some((name, state)) => Self { name, is_disabled: state == "disabled" },
            None => Self { name: line, is_disabled: false },
        }
    }

    fn shown(&self) -> String {
        if self.is_disabled { format!("{} (disabled)", self.name) } else { self.name.to_owned() }
    }
}

/// Commands as they are typed where `run` was.
struct Typed {
    program: String,
    file: String,
}

impl Typed {
    fn here(server: &Path, flags: &[&str]) -> Result<Self> {
        let here = env::current_dir()?;
        // The server is at work at the top, so that is where it finds what has no whole path.
        let users = match (setting(flags, "users"), setting(flags, "config")) {
            (None, None) if here != root() => Some(DEFAULT_FILE.to_owned()),
            (users, _) => users,
        };
        let mut file = String::new();
        for (name, value) in [("config", setting(flags, "config")), ("users", users)] {
            if let Some(value) = value {
                file += &format!(" --{name} {}", path(root().join(value), &here));
            }
        }
        Ok(Self { program: path(server.to_owned(), &here), file })
    }

    fn line(&self, action: &str, name: &str) -> String {
        format!("{} user {action} {name}{}", self.program, self.file)
    }
}

fn path(path: PathBuf, here: &Path) -> String {
    let short = path.strip_prefix(here).map(Path::to_owned).unwrap_or(path);
    quoted(&short.to_string_lossy())
}

/// As a shell takes it for one word.
fn quoted(word: &str) -> String {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "-_./@:+,".contains(char);
    if word.chars().all(is_plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// What the server's setting `name` is given as, by flag or, failing that, by environment.
fn setting(flags: &[&str], name: &str) -> Option<String> {
    let flag = format!("--{name}");
    let mut words = flags.iter();
    while let Some(word) = words.next() {
        match word.strip_prefix(&flag) {
            Some("") => return words.next().map(|value| (*value).to_owned()),
            Some(rest) if rest.starts_with('=') => return Some(rest[1..].to_owned()),
            _ => {}
        }
    }
    env::var(format!("SESSION_{}", name.to_uppercase())).ok()
}

#[cfg(test)]
mod tests {
    use super::{Typed, setting, ways_in};

    fn typed() -> Typed {
        Typed { program: "session-server".to_owned(), file: " --users u".to_owned() }
    }

    #[test]
    fn a_setting_is_read_in_both_spellings_of_a_flag() {
        assert_eq!(setting(&["--listen", "[::1]:80"], "listen").as_deref(), Some("[::1]:80"));
        assert_eq!(setting(&["--x", "--listen=[::1]:80"], "listen").as_deref(), Some("[::1]:80"));
        assert_eq!(setting(&["--listener=a", "--store", "b"], "listen"), None);
    }

    #[test]
    fn the_second_run_says_who_there_is_and_how_to_get_in_again() {
        let said = ways_in("alice\ndemo", &typed());
        assert!(said.starts_with("users: alice, demo\n"), "{said}");
        assert!(said.contains("\n  session-server user set-password demo --users u\n"), "{said}");
        assert!(said.ends_with("\n  session-server user add NAME --users u"), "{said}");
    }

    #[test]
    fn a_file_without_the_first_user_is_told_of_in_the_same_way() {
        let said = ways_in("alice\tdisabled\no'brien", &typed());
        assert!(said.starts_with("users: alice (disabled), o'brien\n"), "{said}");
        assert!(said.contains(r"user set-password 'o'\''brien' --users u"), "{said}");
    }

    #[test]
    fn who_is_disabled_is_enabled_before_anything_else() {
        let said = ways_in("demo\tdisabled", &typed());
        assert!(said.contains("\n  session-server user enable demo --users u\n"), "{said}");
    }

    #[test]
    fn of_many_users_the_first_are_named() {
        let names: Vec<_> = (10..40).map(|number| format!("user-{number}")).collect();
        let said = ways_in(&names.join("\n"), &typed());
        assert!(said.contains("user-19, 20 more\n") && !said.contains("user-20"), "{said}");
    }
}
