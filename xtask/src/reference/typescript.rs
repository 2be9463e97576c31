//! The closed lists of the npm package, as its types have them.

use std::fs;

use anyhow::{Context, Result, ensure};

use crate::root::root;

/// The members of `export type NAME = | 'a' | 'b'`, each with the comment before it.
pub(crate) fn union(file: &str, name: &str) -> Result<Vec<(String, String)>> {
    let text = read(file)?;
    let from = text.split_once(&format!("export type {name} =\n"));
    let (_, rest) = from.with_context(|| format!("{file} has no type `{name}`"))?;
    // Comments may have one, too.
    let (body, _) = rest.split_once("';\n").with_context(|| format!("the type `{name}` has no end"))?;
    let (mut members, mut comment) = (Vec::new(), String::new());
    for line in body.lines().map(str::trim) {
        match line.strip_prefix("| '") {
            Some(member) => {
                members.push((member.trim_end_matches('\'').to_owned(), std::mem::take(&mut comment)));
            }
            None => {
                let words =
                    line.trim_start_matches("/**").trim_end_matches("*/").trim_start_matches('*').trim();
                comment = [comment.as_str(), words].join(" ").trim().to_owned();
            }
        }
    }
    ensure!(!members.is_empty(), "the type `{name}` has no members");
    for (member, about) in &members {
        ensure!(!about.is_empty(), "`{member}` of the type `{name}` has no comment");
    }
    Ok(members)
}

/// A problem that an adapter answers with.
pub(crate) struct AdapterProblem {
    pub(crate) status: String,
    pub(crate) code: String,
    /// None where it depends on the reason.
    pub(crate) detail: Option<String>,
}

/// What the adapters answer by themselves.
pub(crate) fn problems(file: &str) -> Result<Vec<AdapterProblem>> {
    let text = read(file)?;
    let calls = text.split("problem(").skip(1).filter_map(|call| {
        let (status, members) = call.split_once(',')?;
        let status = status.trim().to_owned();
        let (members, _) = members.split_once('}')?;
        let value = |name: &str| {
            let (_, rest) = members.split_once(&format!("{name}: '"))?;
            rest.split_once('\'').map(|(value, _)| value.to_owned())
        };
        Some(AdapterProblem { status, code: value("code")?, detail: value("detail") })
    });
    let problems: Vec<_> = calls.collect();
    ensure!(!problems.is_empty(), "{file} answers with no problem");
    Ok(problems)
}

fn read(file: &str) -> Result<String> {
    let path = root().join("session-wasm/js").join(file);
    fs::read_to_string(&path).with_context(|| format!("{} is not read", path.display()))
}
