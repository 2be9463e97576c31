use std::io::{self, BufRead, IsTerminal};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use session_engine::{HashingMemory, Password, PasswordHash, UsersFile};

use crate::Result;
use crate::data_files::{data_file, make_parent};
use crate::settings::values::PasswordCostSetting;

#[derive(Args, Debug)]
pub(crate) struct File {
    /// Users file
    #[arg(long = "users", env = "SESSION_USERS", value_name = "FILE", global = true, default_value_os_t = data_file("users"))]
    path: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Add a user
    Add(NewPassword),
    /// Give a user another password
    SetPassword(NewPassword),
    /// Remove a user; sessions that are alive stay so until they expire
    Remove {
        /// The user
        name: String,
    },
    /// List every user
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
            if users.names()?.iter().any(|other| other == name) {
                return Err(exists(name));
            }
            let hash = new.read_hash()?;
            make_parent(&file.path)?;
            let added = users.change(|users| match users.contains_key(name) {
                true => false,
                false => users.insert(name.into(), hash).is_none(),
            })?;
            if !added {
                return Err(exists(name));
            }
            println!("user added: {name}");
        }
        Action::SetPassword(new) => {
            let name = &new.name;
            if !users.names()?.contains(name) {
                return Err(missing(name));
            }
            let hash = new.read_hash()?;
            let changed = users.change(|users| users.get_mut(name).map(|old| *old = hash).is_some())?;
            if !changed {
                return Err(missing(name));
            }
            println!("password changed: {name}");
        }
        Action::Remove { name } => {
            if users.change(|users| users.remove(&name))?.is_none() {
                return Err(missing(&name));
            }
            println!("user removed: {name}");
        }
        Action::List => users.names()?.iter().for_each(|name| println!("{name}")),
    }
    Ok(())
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
