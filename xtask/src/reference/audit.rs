//! The lines of the audit log, and why a session is said to have ended.

use std::fmt::Write as _;

use anyhow::{Context, Result, ensure};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprStruct, ImplItem, Item};

use super::bindings::Bindings;
use super::codes::{Coded, codes_of};
use super::constants::{Constants, path_of};
use super::links;
use super::markdown::{anchor, code, codes, sentence};
use super::sources::{Module, Sources, docs, text};

/// The one module that tells of security.
pub(crate) const MODULE: &str = "session_engine::audit";

const LINE: &str = "Line";

struct AuditLine {
    level: &'static str,
    message: String,
    fields: Vec<String>,
    meaning: String,
}

pub(crate) fn section(sources: &Sources) -> Result<String> {
    let module = sources.module(MODULE)?;
    let target =
        Constants::of(sources).text(MODULE, "AUDIT_TARGET").context("the audit log has no target")?;
    let mut section = format!(
        "\n## Audit log\n\nWhat concerns security has the target {}, and the fields `event` and `outcome`, of which the message \
         is made. Of the others those are there that are known: a name that is nobody's is not told. [Telemetry]({}) says how it is kept apart.\n",
        code(&target),
        links::AUDIT_LOG
    );
    for line in lines(sources, module)? {
        let AuditLine { level, message, fields, meaning } = line;
        write!(section, "\n{}\n**{message}**, {level}: {}\\\n{meaning}\n", anchor(&message), codes(fields))?;
    }
    section += "\n### Causes\n\nWhy a session was ended, as the field `cause` of `session ended` and the \
        [event `revoked`](events.md#revoked) say it:\n\n| cause | |\n|---|---|\n";
    for Coded { code: cause, meaning, .. } in causes(sources)? {
        writeln!(section, "| {} | {meaning} |", code(&cause))?;
    }
    Ok(section)
}

/// Why a session is said to have ended.
pub(crate) fn causes(sources: &Sources) -> Result<Vec<Coded>> {
    codes_of(sources.module(MODULE)?, "End")
}

fn lines(sources: &Sources, module: &Module) -> Result<Vec<AuditLine>> {
    let failures = codes_of(sources.module("session_engine::logins")?, "LoginError")?;
    let mut lines = Vec::new();
    for item in &module.file.items {
        match item {
            Item::Fn(function) => lines.extend(told(&function.attrs, &function.block, &failures)?),
            Item::Impl(block) => {
                for item in &block.items {
                    if let ImplItem::Fn(function) = item {
                        lines.extend(told(&function.attrs, &function.block, &failures)?);
                    }
                }
            }
            _ => {}
        }
    }
    lines.sort_by(|one, other| one.message.cmp(&other.message));
    ensure!(!lines.is_empty(), "the audit log has no lines");
    Ok(lines)
}

/// The lines that a function writes.
fn told(attributes: &[syn::Attribute], block: &Block, failures: &[Coded]) -> Result<Vec<AuditLine>> {
    let mut found = Found::default();
    found.visit_block(block);
    let Some(is_suspicious) = found.written else { return Ok(Vec::new()) };
    let bindings = Bindings::of(block);
    let fields: Vec<_> = found.lines.iter().flat_map(|line| &line.fields).collect();
    let value = |name: &str| {
        let field = fields.iter().find(|field| field.member.to_token_stream().to_string() == name);
        field.map(|field| &field.expr).with_context(|| format!("a line of the audit log has no `{name}`"))
    };
    let mut names: Vec<_> = fields.iter().map(|field| field.member.to_token_stream().to_string()).collect();
    names.retain(|name| name != "event" && name != "outcome");
    let meaning = sentence(docs(attributes).split("\n\n").next().unwrap_or_default());
    let mut lines = Vec::new();
    for event in texts(value("event")?, &bindings)? {
        for (variant, outcome, why) in outcomes(value("outcome")?, &bindings, failures)? {
            let level = if is_warned_of(is_suspicious, &variant, &bindings)? { "WARN" } else { "INFO" };
            let meaning = if why.is_empty() { meaning.clone() } else { why };
            let message = format!("{event} {outcome}");
            lines.push(AuditLine { level, message, fields: names.clone(), meaning });
        }
    }
    Ok(lines)
}

/// With the variant that they are of, and what it means, where there is one.
fn outcomes(value: &Expr, bindings: &Bindings, failures: &[Coded]) -> Result<Vec<(String, String, String)>> {
    match value {
        Expr::MethodCall(call) if call.method == "code" => Ok(failures
            .iter()
            .map(|Coded { variant, code, meaning }| (variant.clone(), code.clone(), meaning.clone()))
            .collect()),
        other => {
            Ok(texts(other, bindings)?.into_iter().map(|text| (String::new(), text, String::new())).collect())
        }
    }
}

fn texts(value: &Expr, bindings: &Bindings) -> Result<Vec<String>> {
    if let Some(text) = text(value) {
        return Ok(vec![text]);
    }
    match value {
        Expr::If(choice) => {
            let mut both = tail(&choice.then_branch, bindings)?;
            let (_, other) = choice.else_branch.as_ref().context("an outcome is not said")?;
            both.extend(texts(other, bindings)?);
            Ok(both)
        }
        Expr::Block(block) => tail(&block.block, bindings),
        Expr::Path(_) => {
            let bound = bindings.values(&path_of(value).unwrap_or_default());
            ensure!(!bound.is_empty(), "`{}` is bound to nothing", value.to_token_stream());
            bound.iter().try_fold(Vec::new(), |mut all, value| {
                all.extend(texts(value, bindings)?);
                Ok(all)
            })
        }
        _ => anyhow::bail!("`{}` is not read here", value.to_token_stream()),
    }
}

fn tail(block: &Block, bindings: &Bindings) -> Result<Vec<String>> {
    match block.stmts.last() {
        Some(syn::Stmt::Expr(value, None)) => texts(value, bindings),
        _ => anyhow::bail!("a block has no value"),
    }
}

/// `true`, `false`, or `matches!` with the variants that are.
fn is_warned_of(is_suspicious: &Expr, variant: &str, bindings: &Bindings) -> Result<bool> {
    match is_suspicious {
        Expr::Lit(syn::ExprLit { lit: syn::Lit::Bool(truth), .. }) => Ok(truth.value),
        Expr::Path(_) => {
            let bound = bindings.values(&path_of(is_suspicious).unwrap_or_default());
            let [Expr::Macro(matches)] = bound else { anyhow::bail!("what is suspicious is not read here") };
            Ok(matches
                .mac
                .tokens
                .to_string()
                .split(|c: char| !c.is_alphanumeric())
                .any(|word| word == variant))
        }
        _ => anyhow::bail!("what is suspicious is not read here"),
    }
}

#[derive(Default)]
struct Found<'s> {
    lines: Vec<&'s ExprStruct>,
    /// What `write` was told.
    written: Option<&'s Expr>,
}

impl<'s> Visit<'s> for Found<'s> {
    fn visit_expr_struct(&mut self, line: &'s ExprStruct) {
        if line.path.is_ident(LINE) {
            self.lines.push(line);
        }
        visit::visit_expr_struct(self, line);
    }

    fn visit_expr_method_call(&mut self, call: &'s syn::ExprMethodCall) {
        if call.method == "write" {
            self.written = call.args.first();
        }
        visit::visit_expr_method_call(self, call);
    }
}
