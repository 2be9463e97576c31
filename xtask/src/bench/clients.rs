//! Those who have sessions: as many with each server, who signed in there by themselves.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::http::{Connection, Request};
use super::programs::{Program, Programs};
use super::redis::{Redis, SESSIONS};

/// With each server.
pub(super) const COUNT: usize = 10_000;

/// How many are [regular](Who::Regular).
const REGULARS: usize = 200;

/// So many more had a session and have logged out: whom the revocation feed tells of.
const LOGGED_OUT: usize = 100;

/// Who makes the sessions of whom: the shipped server has those of the library.
const ISSUERS: [Program; 5] =
    [Program::Filter, Program::Express, Program::Fastify, Program::TowerSessions, Program::ActixSession];

/// What a request has to show for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// Nothing.
    Anybody,
    /// Nothing, and the path ends with a name.
    Newcomer,
    /// A cookie that the server made.
    SignedIn,
    /// The same, of so few that each is back before a moment has passed.
    Regular,
    /// The same with one character changed.
    Forger,
}

/// What they have: for each server, the value of `Cookie`.
pub(super) struct Clients {
    cookies: BTreeMap<&'static str, Vec<String>>,
}

impl Clients {
    pub(super) fn sign_in(programs: &Programs, redis: &Redis) -> Result<Self> {
        let mut cookies = BTreeMap::new();
        for issuer in ISSUERS {
            eprintln!("xtask: {COUNT} sign in: {issuer:?}");
            let mode = if issuer == Program::Filter { "near" } else { "plain" };
            let (_server, address) = programs.start(issuer, mode, &redis.url(SESSIONS))?;
            let mut connection = Connection::open(address)?;
            let made: Result<Vec<_>> = (0..COUNT).map(|number| sign_in(&mut connection, number)).collect();
            cookies.insert(name(issuer), made?);
        }
        let clients = Self { cookies };
        clients.log_out(programs, redis)?;
        Ok(clients)
    }

    /// Others than those of whom there are cookies.
    fn log_out(&self, programs: &Programs, redis: &Redis) -> Result<()> {
        let (_library, address) = programs.start(Program::Filter, "near", &redis.url(SESSIONS))?;
        let mut library = Connection::open(address)?;
        let (_server, address) = programs.start(Program::Server, "near", &redis.url(SESSIONS))?;
        let mut server = Connection::open(address)?;
        for number in COUNT..COUNT + LOGGED_OUT {
            let cookie = sign_in(&mut library, number)?;
            let log_out = Request { method: "POST", path: "/logout", cookie: &cookie, body: "" };
            ensure!(server.ask(log_out)?.status == 204, "somebody was not logged out");
        }
        Ok(())
    }

    /// A file of what is sent to this server in turn, as [`load`](super::load) has it.
    pub(super) fn requests(&self, to: Program, path: &str, who: Who, directory: &Path) -> Result<PathBuf> {
        let mut lines = String::new();
        let count = if who == Who::Regular { REGULARS } else { COUNT };
        for number in 0..count {
            let (path, cookie) = self.request(to, path, who, number)?;
            lines += &format!("{path}\t{cookie}\n");
        }
        let file = directory.join("requests");
        fs::write(&file, lines)?;
        Ok(file)
    }

    /// Path and cookie of one.
    pub(super) fn request(
        &self,
        to: Program,
        path: &str,
        who: Who,
        number: usize,
    ) -> Result<(String, String)> {
        let cookie = || {
            let cookies = self.cookies.get(name(to)).context("nobody has signed in there")?;
            Ok::<_, anyhow::Error>(cookies[number].as_str())
        };
        Ok(match who {
            Who::Anybody => (path.to_owned(), String::new()),
            Who::Newcomer => (format!("{path}/{}", subject(number)), String::new()),
            Who::SignedIn | Who::Regular => (path.to_owned(), cookie()?.to_owned()),
            Who::Forger => (path.to_owned(), forged(cookie()?)?),
        })
    }
}

/// Of equal length, since answers are to be.
pub(super) fn subject(number: usize) -> String {
    format!("user-{number:06}")
}

fn sign_in(connection: &mut Connection, number: usize) -> Result<String> {
    let path = format!("/login/{}", subject(number));
    let answer = connection.ask(Request { method: "POST", path: &path, cookie: "", body: "" })?;
    ensure!(answer.status == 200 && !answer.cookie.is_empty(), "a sign-in was answered {}", answer.status);
    Ok(answer.cookie)
}

/// By whom its cookies are; of a server that looks at none, those of what is held against it.
fn name(program: Program) -> &'static str {
    match program {
        Program::Bare | Program::Filter | Program::Layer | Program::Server => "ours",
        Program::Express => "express",
        Program::Fastify => "fastify",
        Program::TowerSessions => "tower-sessions",
        Program::ActixSession => "actix-session",
    }
}

/// The first cookie with another character near its end, where a tag is if there is one. Not the last one, of which
/// not every bit may count.
fn forged(cookies: &str) -> Result<String> {
    let end = cookies.find(';').unwrap_or(cookies.len());
    let bytes = cookies.as_bytes();
    // A percent sign and two digits are one character.
    let is_itself = |at: &usize| bytes[*at].is_ascii_alphanumeric() && !bytes[*at - 2..*at].contains(&b'%');
    let at = (2..end - 4).rev().find(is_itself).context("a cookie has nothing to change")?;
    let other = if bytes[at] == b'A' { "B" } else { "A" };
    Ok(format!("{}{other}{}", &cookies[..at], &cookies[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::forged;

    #[test]
    fn one_character_of_the_first_cookie_is_changed() {
        assert_eq!(forged("id=abcdefgh").unwrap(), "id=abcAefgh");
        assert_eq!(forged("id=abcAefgh; other=abcdefgh").unwrap(), "id=abcBefgh; other=abcdefgh");
        assert_eq!(forged("id=ab%2Befgh").unwrap(), "id=aA%2Befgh");
    }
}
