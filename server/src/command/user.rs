use std::io::{self, BufRead, IsTerminal};
use std::path::PathBuf;
use std::thread::sleep;
use std::time::Duration;

use clap::{Args, Subcommand};
use session_core::UnixTime;
use session_engine::{
    Clock, FileContent, FileUser, HashingMemory, Password, PasswordHash, SystemClock, UsersFile,
};

use crate::Result;
use crate::data_files::{data_file, make_parent};
use crate::output::say;
use crate::settings::values::PasswordCostSetting;

/// So far may the clocks of two machines differ.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(60);

#[derive(Args, Debug)]
pub(crate) struct File {
    /// A TOML file with settings, as for `serve`
    #[arg(long, env = "SESSION_CONFIG", value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// Users file
    #[arg(long = "users", env = "SESSION_USERS", value_name = "FILE", global = true, default_value_os_t = data_file("users"))]
    path: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Add a user
    Add(NewPassword),
    /// Give a user another password, and end the sessions that were begun with the old one
    SetPassword {
        #[command(flatten)]
        new: NewPassword,
        /// Leave the user's sessions alone
        #[arg(long)]
        keep_sessions: bool,
    },
    /// Remove a user, and end the user's sessions
    Remove {
        /// The user
        name: String,
        /// Leave the user's sessions alone: nobody signs in by this name any more
        #[arg(long)]
        keep_sessions: bool,
    },
    /// End every session of a user, on every server that reads this file
    EndSessions {
        /// The user
        name: String,
    },
    /// Keep a user from signing in, and end the user's sessions
    Disable {
        /// The user
        name: String,
    },
    /// Let a user who was disabled sign in again; sessions from before stay ended
    Enable {
        /// The user
        name: String,
    },
    /// List every user, and who is disabled
    List,
}

#[derive(Args, Debug)]
pub(crate) struct NewPassword {
    /// The user
    name: String,
    /// Read the password from the first line of standard input
    #[arg(long)]
    password_stdin: bool,
    /// Work of the password's hash
    #[arg(long, env = "SESSION_PASSWORD_COST", value_enum, default_value_t)]
    password_cost: PasswordCostSetting,
}

pub(crate) fn run(file: &File, action: Action) -> Result {
    let users = UsersFile::new(file.path.clone());
    match action {
        Action::Add(new) => {
            let name = UsersFile::user_name(&new.name)?;
            if users.names()?.contains(&name) {
                return Err(exists(&name));
            }
            // Nobody inherits the sessions of somebody who had this name before.
            let sessions_since = Some(SystemClock.now().saturating_sub(CLOCK_TOLERANCE));
            let user = FileUser { password_hash: Some(new.read_hash()?), sessions_since };
            make_parent(&file.path)?;
            let added = users.change(|users| {
                let is_new = users.get(&name).is_none();
                if is_new {
                    users.put(&name, user);
                }
                is_new
            })?;
            if !added {
                return Err(exists(&name));
            }
            sleep(2 * UsersFile::SEEN_WITHIN);
            say!("user added: {name}")
        }
        Action::SetPassword { new, keep_sessions } => {
            let name = &new.name;
            if !users.names()?.contains(name) {
                return Err(missing(name));
            }
            let hash = new.read_hash()?;
            let from = (!keep_sessions).then(next_second);
            change(&users, name, |users, user| {
                let sessions_since = from.or(user.sessions_since);
                users.put(name, FileUser { password_hash: Some(hash), sessions_since });
            })?;
            wait_until(from);
            say!("password changed: {name}")
        }
        Action::Remove { name, keep_sessions } => {
            change(&users, &name, |users, user| match keep_sessions {
                true => users.put(&name, FileUser { password_hash: None, ..user }),
                false => drop(users.remove(&name)),
            })?;
            say!("user removed: {name}")
        }
        Action::EndSessions { name } => {
            let from = Some(next_second());
            change(&users, &name, |users, user| {
                users.put(&name, FileUser { sessions_since: from, ..user });
            })?;
            wait_until(from);
            say!("sessions ended: {name}")
        }
        Action::Disable { name } => {
            change_if(&users, &name, |users| users.disable(&name).then_some(()).ok_or("disabled"))?;
            say!("user disabled: {name}")
        }
        Action::Enable { name } => {
            let from = Some(next_second());
            change_if(&users, &name, |users| {
                if !users.enable(&name) {
                    return Err("enabled");
                }
                // Else those that were only away from the list of users would be back.
                let user = users.get(&name).cloned().unwrap_or_default();
                users.put(&name, FileUser { sessions_since: from, ..user });
                Ok(())
            })?;
            wait_until(from);
            say!("user enabled: {name}")
        }
        Action::List => {
            let content = users.content()?;
            users.names()?.iter().try_for_each(|name| match content.is_disabled(name) {
                true => say!("{name}\tdisabled"),
                false => say!("{name}"),
            })
        }
    }
}

fn change(users: &UsersFile, name: &str, change: impl FnOnce(&mut FileContent, FileUser)) -> Result {
    change_if(users, name, |users| {
        let user = users.get(name).cloned().unwrap_or_default();
        change(users, user);
        Ok(())
    })
}

/// Changes a user, who must be there, unless it is so already.
fn change_if(
    users: &UsersFile,
    name: &str,
    change: impl FnOnce(&mut FileContent) -> Result<(), &'static str>,
) -> Result {
    let changed = users.change(|users| users.get(name).is_some().then(|| change(users)))?;
    match changed {
        None => return Err(missing(name)),
        Some(Err(already)) => return Err(format!("user `{name}` is {already} already").into()),
        Some(Ok(())) => {}
    }
    // Once this command has ended, its change holds everywhere.
    sleep(2 * UsersFile::SEEN_WITHIN);
    Ok(())
}

/// Times are whole seconds: whoever signed in within this one did so before.
fn next_second() -> UnixTime {
    SystemClock.now().saturating_add(Duration::from_secs(1))
}

/// Afterwards whoever signs in does so later.
fn wait_until(time: Option<UnixTime>) {
    while time.is_some_and(|time| SystemClock.now() < time) {
        sleep(Duration::from_millis(10));
    }
}

impl NewPassword {
    fn read_hash(&self) -> Result<PasswordHash> {
        let text = if self.password_stdin {
            let mut line = String::new();
            io::stdin().lock().read_line(&mut line)?;
            line.truncate(line.trim_end_matches(['\r', '\n']).len());
            line
        } else if io::stdin().is_terminal() {
            let text = rpassword::prompt_password("Password: ")?;
            if rpassword::prompt_password("Password again: ")? != text {
                return Err("the two passwords differ".into());
            }
            text
        } else {
            return Err("there is no terminal to ask for the password; use `--password-stdin`".into());
        };
        let password = Password::new(text);
        password.check_strength(&self.name)?;
        Ok(PasswordHash::new(&password, self.password_cost.into(), &mut HashingMemory::default())?)
    }
}

fn exists(name: &str) -> Box<dyn std::error::Error> {
    format!("user `{name}` exists; `session-server user set-password` changes the password").into()
}

fn missing(name: &str) -> Box<dyn std::error::Error> {
    format!("there is no user `{name}`").into()
}
