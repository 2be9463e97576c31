//! What is measured of whom.

use std::fmt;

use anyhow::{Result, ensure};

use super::clients::{Clients, Who, subject};
use super::http::{Answer, Connection, Request};
use super::programs::{Program, Programs};
use super::redis::{Redis, SESSIONS};

/// What a case is one of: these are held against each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    Check,
    View,
    SignIn,
    Forgery,
    Change,
    Feed,
    Redis,
}

/// In whose favour a ratio is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Ours,
    Peer,
    Limit,
}

/// One server with one task.
pub(super) struct Case {
    pub(super) group: Group,
    pub(super) name: &'static str,
    /// None for Redis by itself.
    pub(super) server: Option<(Program, String)>,
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) who: Who,
    /// With `%06d` for a number.
    pub(super) body: &'static str,
    /// What each answer has to be.
    pub(super) status: u16,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}, {}", self.group, self.name)
    }
}

impl Case {
    pub(super) fn side(&self) -> Side {
        match self.server {
            None | Some((Program::Bare, _)) => Side::Limit,
            Some((Program::Filter | Program::Layer | Program::Server, _)) => Side::Ours,
            Some(_) => Side::Peer,
        }
    }

    /// Fails unless the server answers as it should: nobody is to measure errors.
    pub(super) fn check(
        &self,
        program: Program,
        connection: &mut Connection,
        clients: &Clients,
    ) -> Result<()> {
        let Answer { status, body, .. } = self.ask(program, connection, clients)?;
        let expected = match (self.group, program) {
            (_, Program::Bare | Program::Server) | (Group::Forgery, _) => body.clone(),
            (Group::Change, _) => sample(self.body),
            _ => format!("{{\"subject\":\"{}\"}}", subject(0)),
        };
        ensure!(status == self.status && body == expected, "{}: answered {status} `{body}`", self.name);
        Ok(())
    }

    fn ask(&self, program: Program, connection: &mut Connection, clients: &Clients) -> Result<Answer> {
        let (path, cookie) = clients.request(program, self.path, self.who, 0)?;
        let body = sample(self.body);
        connection.ask(Request { method: self.method, path: &path, cookie: &cookie, body: &body })
    }
}

/// A body for a request by hand.
fn sample(body: &str) -> String {
    body.replace("%06d", "000000")
}

const FILTER: (Program, &str) = (Program::Filter, "near");
const SERVER: (Program, &str) = (Program::Server, "near");
const EXPRESS: (Program, &str) = (Program::Express, "plain");
const FASTIFY: (Program, &str) = (Program::Fastify, "plain");
const TOWER: (Program, &str) = (Program::TowerSessions, "plain");
const ACTIX: (Program, &str) = (Program::ActixSession, "plain");

/// All, in the order in which they are told.
pub(super) fn all(programs: &Programs, redis: &Redis, clients: &Clients) -> Result<Vec<Case>> {
    let checks = [
        Case { who: Who::Regular, ..check("session filter, near cache, all known", FILTER) },
        check("session filter, near cache", FILTER),
        check("session filter, no near cache", (Program::Filter, "far")),
        check("session layer (axum), near cache", (Program::Layer, "near")),
        check("session layer (axum), no near cache", (Program::Layer, "far")),
        check("express-session", EXPRESS),
        check("express-session, extending", (Program::Express, "extended")),
        check("@fastify/session", FASTIFY),
        check("@fastify/session, extending", (Program::Fastify, "extended")),
        check("tower-sessions", TOWER),
        check("tower-sessions, extending", (Program::TowerSessions, "extended")),
        check("actix-session", ACTIX),
        check("actix-session, extending", (Program::ActixSession, "extended")),
    ];
    let views = [
        view("GET /session, near cache", SERVER),
        view("GET /session, no near cache", (Program::Server, "far")),
        view("GET /session, near cache, request log", (Program::Server, "logging")),
    ];
    let sign_ins = [
        sign_in("sign_in() of the filter's visitor", FILTER),
        sign_in("express-session", EXPRESS),
        sign_in("@fastify/session", FASTIFY),
        sign_in("tower-sessions", TOWER),
        sign_in("actix-session", ACTIX),
    ];
    let forgeries = [
        forgery("session filter", "/check", FILTER),
        forgery("GET /session", "/session", SERVER),
        forgery("express-session", "/check", EXPRESS),
        forgery("@fastify/session", "/check", FASTIFY),
        forgery("tower-sessions", "/check", TOWER),
        forgery("actix-session", "/check", ACTIX),
    ];
    let changes = [
        change("edit_data() behind the filter", "/data", FILTER),
        change("PATCH /session/data", "/session/data", SERVER),
        change("express-session", "/data", EXPRESS),
        change("@fastify/session", "/data", FASTIFY),
        change("tower-sessions", "/data", TOWER),
        change("actix-session", "/data", ACTIX),
    ];
    let bare = |group, like: &Case| bare(group, like, programs, redis, clients);
    let mut cases = vec![bare(Group::Check, &checks[0])?];
    cases.extend(checks);
    cases.push(bare(Group::View, &views[0])?);
    cases.extend(views.into_iter().chain(sign_ins));
    cases.push(bare(Group::Forgery, &forgeries[0])?);
    cases.extend(forgeries.into_iter().chain(changes));
    cases.push(feed());
    cases.push(Case { group: Group::Redis, name: "redis-benchmark, GET", server: None, ..feed() });
    Ok(cases)
}

/// A server that has nothing to do but answer the same requests with as many bytes as in that case.
fn bare(group: Group, like: &Case, programs: &Programs, redis: &Redis, clients: &Clients) -> Result<Case> {
    let url = redis.url(SESSIONS);
    let length = |case: &Case| {
        let Some((program, mode)) = &case.server else { return Ok(0) };
        let (_server, address) = programs.start(*program, mode, &url)?;
        Ok::<_, anyhow::Error>(case.ask(*program, &mut Connection::open(address)?, clients)?.length)
    };
    let case = |body: usize| Case {
        group,
        who: like.who,
        server: Some((Program::Bare, body.to_string())),
        ..check("bare warp", (Program::Bare, ""))
    };
    let wanted = length(like)?;
    // Its own header is the rest.
    let header = length(&case(wanted))? - wanted;
    Ok(case(wanted.saturating_sub(header)))
}

fn check(name: &'static str, (program, mode): (Program, &str)) -> Case {
    Case {
        group: Group::Check,
        name,
        server: Some((program, mode.to_owned())),
        method: "GET",
        path: "/check",
        who: Who::SignedIn,
        body: "",
        status: 200,
    }
}

fn view(name: &'static str, server: (Program, &str)) -> Case {
    Case { group: Group::View, path: "/session", ..check(name, server) }
}

fn sign_in(name: &'static str, server: (Program, &str)) -> Case {
    let case = check(name, server);
    Case { group: Group::SignIn, method: "POST", path: "/login", who: Who::Newcomer, ..case }
}

fn forgery(name: &'static str, path: &'static str, server: (Program, &str)) -> Case {
    Case { group: Group::Forgery, path, who: Who::Forger, status: 401, ..check(name, server) }
}

fn change(name: &'static str, path: &'static str, server: (Program, &str)) -> Case {
    let body = r#"{"cart":["book-%06d"]}"#;
    Case { group: Group::Change, method: "PATCH", path, body, ..check(name, server) }
}

fn feed() -> Case {
    let path = "/.well-known/session-revocations";
    Case { group: Group::Feed, path, who: Who::Anybody, ..check("the revocation feed, of 100", SERVER) }
}
