//! Which operation answers with which code, as the two OpenAPI documents say it; the tests hold them against every answer.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::root::root;

/// An API, and the codes that it answers with.
pub(crate) struct Api {
    pub(crate) codes: BTreeMap<String, Answered>,
    /// What is said of each reason for which there is no session.
    pub(crate) reasons: BTreeMap<String, String>,
}

#[derive(Default)]
pub(crate) struct Answered {
    pub(crate) statuses: BTreeSet<u16>,
    /// `POST /login`.
    pub(crate) operations: BTreeSet<String>,
    pub(crate) meaning: String,
    pub(crate) has_retry_after: bool,
}

/// Answered like the reading of the same, without the body.
const HEAD: &str = "head";

/// What each value of an enum means, by a name that generators of documentation know.
const MEANINGS: &str = "x-enumDescriptions";

pub(crate) fn read(document: &str) -> Result<Api> {
    let document: Value = serde_json::from_str(&fs::read_to_string(root().join(document))?)?;
    let schemas = &document["components"]["schemas"];
    let mut codes: BTreeMap<_, _> = meanings(&schemas["Problem"]["properties"]["code"])?
        .into_iter()
        .map(|(code, meaning)| (code, Answered { meaning, ..Answered::default() }))
        .collect();
    let items = document["paths"].as_object().context("there are no paths")?;
    for (path, item) in items {
        let operations = item.as_object().context("a path has no operations")?;
        for (method, operation) in operations.iter().filter(|(method, _)| *method != HEAD) {
            let responses = operation["responses"].as_object().into_iter().flatten();
            let operation = format!("{} {path}", method.to_uppercase());
            for (status, response) in responses {
                note(&document, status, response, Some(&operation), &mut codes)?;
            }
        }
    }
    // Those of no operation, as that there is none.
    let rest = [("404", "NotFound"), ("405", "MethodNotAllowed")];
    for (status, name) in rest {
        note(&document, status, &document["components"]["responses"][name], None, &mut codes)?;
    }
    let reasons = match &schemas["Reason"] {
        Value::Null => BTreeMap::new(),
        reason => meanings(reason)?,
    };
    Ok(Api { codes, reasons })
}

fn note(
    document: &Value,
    status: &str,
    response: &Value,
    operation: Option<&str>,
    codes: &mut BTreeMap<String, Answered>,
) -> Result<()> {
    let response = match response["$ref"].as_str().and_then(|name| name.strip_prefix('#')) {
        Some(place) => document.pointer(place).context("a reference leads nowhere")?,
        None => response,
    };
    let problem = &response["content"]["application/problem+json"]["schema"];
    let Some(named) = problem.pointer("/allOf/1/properties/code/enum").and_then(Value::as_array) else {
        return Ok(());
    };
    for code in named.iter().filter_map(Value::as_str) {
        let answered = codes.get_mut(code).with_context(|| format!("`{code}` is in no list of codes"))?;
        answered.statuses.insert(status.parse()?);
        answered.operations.extend(operation.map(str::to_owned));
        answered.has_retry_after |= response["headers"]["Retry-After"].is_object();
    }
    Ok(())
}

fn meanings(schema: &Value) -> Result<BTreeMap<String, String>> {
    let listed: BTreeSet<_> =
        schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let meanings = schema[MEANINGS].as_object().with_context(|| format!("there are no `{MEANINGS}`"))?;
    let described: BTreeSet<_> = meanings.keys().map(String::as_str).collect();
    let differing: Vec<_> = listed.symmetric_difference(&described).collect();
    ensure!(differing.is_empty(), "in one of `enum` and `{MEANINGS}` alone: {differing:?}");
    let meanings = meanings.iter().map(|(code, meaning)| {
        let meaning = meaning.as_str().with_context(|| format!("what `{code}` means is no text"))?;
        Ok((code.clone(), meaning.to_owned()))
    });
    meanings.collect()
}
