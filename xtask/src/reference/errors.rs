//! Every code by which something is refused: of the APIs, of the npm package, and of the commands.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use anyhow::{Context, Result, ensure};
use http::StatusCode;

use super::constants::Constants;
use super::details::{self, Made};
use super::markdown::{cell, code, codes, head, sentence};
use super::operations::{self, Answered, Api};
use super::sources::Sources;
use super::typescript::{self, AdapterProblem};

const ABOUT: &str = "Every code by which something is refused.";

/// The closed lists of the npm package: the file, the type, and what it is about.
const LISTS: [(&str, &str, &str); 4] = [
    ("misuse.d.ts", "MisuseCode", "`code` of a `MisuseError`, which is thrown"),
    ("cookie.d.ts", "CookieRefusal", "`reason` for which a session cookie is refused"),
    ("statement.d.ts", "StatementRefusal", "`reason` for which a statement is refused"),
    ("client.d.ts", "EndReason", "`reason` for which a `SessionClient` says that a session has ended"),
];

pub(crate) fn page(sources: &Sources) -> Result<String> {
    let public = operations::read("session-http/openapi.json")?;
    let management = operations::read("session-http/management.json")?;
    let made = details::read(sources)?;
    let mut page = head("Errors", ABOUT);
    page += "\n## Problem details\n\nWhat is not as it was asked for is answered with problem details (RFC 9457, `application/problem+json`):\n\n\
        ```json\n{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,\"code\":\"not_found\",\"detail\":\"there is nothing at this path\"}\n```\n\n\
        Programs go by `code`, which stays as it is. `title` is that of the status. `detail` is for people and may change; it never quotes \
        the request. `Retry-After` is in whole seconds. Of the listeners, *public* is that of `--listen`, with the operations of \
        [openapi.json](../../session-http/openapi.json), and *management* that of `--manage`, with those of \
        [management.json](../../session-http/management.json). `HEAD` is answered as `GET`, without the body.\n";
    let all: BTreeSet<&String> =
        public.codes.keys().chain(management.codes.keys()).chain(made.keys()).collect();
    for name in all {
        page += &problem(name, [&public, &management], made.get(name))?;
    }
    page += &reasons(&public)?;
    page += &package()?;
    page += &exit_codes(sources)?;
    Ok(page)
}

fn problem(name: &str, apis: [&Api; 2], made: Option<&Made>) -> Result<String> {
    let answered = apis.map(|api| api.codes.get(name));
    let mut section = format!("\n### {name}\n\n");
    let mut meanings: Vec<&str> = answered.into_iter().flatten().map(|one| one.meaning.as_str()).collect();
    meanings.dedup();
    match meanings.as_slice() {
        [] => writeln!(section, "{}\n", sentence(made.map_or("", |made| &made.meaning)))?,
        [one] => writeln!(section, "{one}\n")?,
        [public, management, ..] => {
            writeln!(section, "{public}\n\nOn the management listener: {management}\n")?;
        }
    }
    let mut statuses: BTreeSet<u16> =
        answered.into_iter().flatten().flat_map(|one| one.statuses.iter().copied()).collect();
    let said = made.into_iter().flat_map(|made| &made.statuses).filter_map(|name| status_of(name));
    statuses.extend(said);
    ensure!(!statuses.is_empty(), "`{name}` has no status");
    let statuses = statuses.into_iter().map(titled).collect::<Result<Vec<_>>>()?;
    writeln!(section, "- status: {}", statuses.join(", "))?;
    for detail in made.into_iter().flat_map(|made| &made.details) {
        writeln!(section, "- detail: {}", sentence_of(detail))?;
    }
    if let Some(after) = retry_after(answered, made) {
        writeln!(section, "- `Retry-After`: {after}")?;
    }
    for (listener, one) in ["public", "management"].into_iter().zip(answered) {
        if let Some(one) = one.filter(|one| !one.operations.is_empty()) {
            writeln!(section, "- {listener}: {}", codes(&one.operations))?;
        }
    }
    if answered.iter().all(Option::is_none) {
        writeln!(
            section,
            "- answered by no operation of the two documents, but by the page, by forward-auth, or in an application's own routes"
        )?;
    }
    Ok(section)
}

/// As it is told, without a full stop of ours.
fn sentence_of(detail: &str) -> String {
    format!("“{detail}”")
}

fn retry_after(answered: [Option<&Answered>; 2], made: Option<&Made>) -> Option<String> {
    let is_documented = answered.into_iter().flatten().any(|one| one.has_retry_after);
    match made.and_then(|made| made.retry_after) {
        Some(seconds) => Some(format!("{seconds} s")),
        None if is_documented => Some("where it can be told".to_owned()),
        None => None,
    }
}

/// `NOT_FOUND`, as the sources call it.
fn status_of(name: &str) -> Option<u16> {
    (400..600).find(|number| {
        let reason = StatusCode::from_u16(*number).ok().and_then(|status| status.canonical_reason());
        reason.is_some_and(|reason| reason.to_uppercase().replace([' ', '-'], "_") == name)
    })
}

fn titled(status: u16) -> Result<String> {
    let reason = StatusCode::from_u16(status)?.canonical_reason();
    Ok(format!("{status} {}", reason.with_context(|| format!("{status} has no title"))?))
}

fn reasons(public: &Api) -> Result<String> {
    let mut section = "\n## Reasons of a 401\n\nA problem of the code [`no_session`](#no_session) has a `reason`, and no other has one:\n\n\
        | reason | |\n|---|---|\n"
        .to_owned();
    for (reason, meaning) in &public.reasons {
        writeln!(section, "| {} | {} |", code(reason), cell(meaning))?;
    }
    section += "\nWhy exactly a cookie is refused is told in the log and by the metric \
        [`session_cookies_refused_total`](metrics.md#session_cookies_refused_total) alone.\n";
    Ok(section)
}

fn package() -> Result<String> {
    let mut section = "\n## The npm package\n\nA `MisuseError` says that the calling code is wrong, or what is around it. What a visitor sends never throws: it \
        comes as a verdict `{ ok: false, reason }`.\n"
        .to_owned();
    for (file, name, about) in LISTS {
        write!(section, "\n### {name}\n\nThe {about}.\n\n| | |\n|---|---|\n")?;
        for (member, meaning) in typescript::union(file, name)? {
            writeln!(section, "| {} | {} |", code(&member), cell(&sentence(&meaning)))?;
        }
    }
    section += "\n### What the adapters answer\n\nAs the server does, in problem details. What is the server's alone is \
        [above](#problem-details).\n\n| status | code | detail |\n|---|---|---|\n";
    for AdapterProblem { status, code: name, detail } in typescript::problems("guard/answers.js")? {
        let detail = detail.unwrap_or_else(|| "by the `reason`".to_owned());
        writeln!(section, "| {status} | {} | {} |", code(&name), cell(&detail))?;
    }
    Ok(section)
}

fn exit_codes(sources: &Sources) -> Result<String> {
    let constants = Constants::of(sources);
    let told = constants.text("session_server::command", "EXIT_CODES").context("there are no exit codes")?;
    let mut section = "\n## Exit codes\n\nOf each command of `session-server`; why it failed is on standard error.\n\n| code | |\n|---|---|\n"
        .to_owned();
    let lines = told.lines().skip(1).map(str::trim);
    let codes: BTreeMap<&str, &str> = lines.filter_map(|line| line.split_once(' ')).collect();
    ensure!(!codes.is_empty(), "there are no exit codes");
    let mut codes: Vec<_> = codes.into_iter().collect();
    codes.sort_by_key(|(code, _)| code.len());
    for (number, meaning) in codes {
        writeln!(section, "| {number} | {} |", cell(&sentence(meaning.trim())))?;
    }
    Ok(section)
}
