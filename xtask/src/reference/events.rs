//! Every event that others are told of.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use serde_json::json;
use syn::{Field, Type, Variant};

use super::audit::causes;
use super::codes::Coded;
use super::links;
use super::markdown::{cell, code, codes, head, sentence};
use super::setting::words;
use super::sources::{Sources, docs, fields, inner_of, name_of, text};

const ABOUT: &str = "Every event that a server with `--events` tells others of.";

const MODULE: &str = "session_engine::event";

/// What an ID looks like: 16 bytes in base64url.
const IDS: [&str; 3] = ["3Zq1mB0yT5uVxW8aCdEfGQ", "CC7Q1y57oTBbZixFqCSvuQ", "n8Ww1uYtT0yYb2m0d3JkZA"];

pub(crate) fn page(sources: &Sources) -> Result<String> {
    let module = sources.module(MODULE)?;
    let causes: Vec<_> = causes(sources)?.into_iter().map(|Coded { code, .. }| code).collect();
    let causes = causes.as_slice();
    let mut page = head("Events", ABOUT);
    page += "\nEach is a JSON object, which is read at `GET /events` of the management listener, in a stream in Redis, or by a webhook. \
        Further members and types may come, so a reader ignores what it does not know ([FORMAT.md §8](../../FORMAT.md)).\n";
    writeln!(page, "\n[How they are delivered, and what is promised]({}) is told elsewhere.", links::EVENTS)?;
    page += "\n## In every event\n\n| member | form | |\n|---|---|---|\n";
    let event = module.structure("Event")?;
    for (name, field) in fields(&event.fields).filter(|(name, _)| name != "kind") {
        page += &member(&name, field, causes)?;
    }
    page += "| `type` | text | Which of those below it is. |\n";
    let kinds = module.variants("EventKind")?;
    writeln!(page, "\n{}", docs(&kinds.attrs))?;
    for variant in &kinds.variants {
        let name = snake(&variant.ident.to_string());
        write!(
            page,
            "\n## {name}\n\n{}\n\n| member | form | |\n|---|---|---|\n",
            sentence(&docs(&variant.attrs))
        )?;
        for (name, field) in fields(&variant.fields) {
            page += &member(&name, field, causes)?;
        }
        write!(page, "\n```json\n{}\n```\n", example(&name, variant)?)?;
    }
    Ok(page)
}

fn member(name: &str, field: &Field, causes: &[String]) -> Result<String> {
    let (kind, is_optional) = peeled(&field.ty);
    let form = match name_of(kind).as_str() {
        "str" => format!("one of {}", codes(causes)),
        other => form(other).with_context(|| format!("the form of `{name}` is not known"))?.to_owned(),
    };
    let optional = if is_optional && is_left_out(field) { ", or not there" } else { "" };
    Ok(format!("| {} | {form}{optional} | {} |\n", code(name), cell(&sentence(&docs(&field.attrs)))))
}

/// How serde writes what the events are made of.
fn form(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "String" | "Subject" => "text",
        "SessionId" => "22 characters of base64url",
        "UnixTime" => "whole seconds since 1970",
        "IpAddr" => "an IPv4 or IPv6 address",
        "bool" => "`true` or `false`",
        _ => return None,
    })
}

/// With every member, in the order in which a server writes them.
fn example(name: &str, variant: &Variant) -> Result<String> {
    let mut members = Vec::new();
    let mut ids = IDS.into_iter();
    let mut id = || ids.next().context("an event has more IDs than there are examples");
    members.push(("id".to_owned(), json!(id()?)));
    members.push(("occurred_at".to_owned(), json!(1_800_000_000)));
    members.push(("type".to_owned(), json!(name)));
    for (name, field) in fields(&variant.fields) {
        let value = match name_of(peeled(&field.ty).0).as_str() {
            "SessionId" => json!(id()?),
            "Subject" => json!("alice"),
            "IpAddr" => json!("192.0.2.7"),
            "bool" => json!(false),
            // With it the example is whole: no other cause has all members.
            "str" => json!("owner"),
            _ => anyhow::bail!("there is no example of `{name}`"),
        };
        members.push((name, value));
    }
    let members = members.iter().map(|(name, value)| format!("{}: {value}", json!(name)));
    Ok(format!("{{{}}}", members.collect::<Vec<_>>().join(", ")))
}

fn peeled(kind: &Type) -> (&Type, bool) {
    inner_of(kind, "Option").map_or((kind, false), |inner| (inner, true))
}

fn is_left_out(field: &Field) -> bool {
    let words = words(&field.attrs, "serde");
    words.get("skip_serializing_if").and_then(|value| text(value.as_ref()?)).as_deref()
        == Some("Option::is_none")
}

fn snake(name: &str) -> String {
    super::settings::kebab(name).replace('-', "_")
}
