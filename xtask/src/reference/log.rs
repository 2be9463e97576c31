//! Every line of the log, by its level and where it comes from.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context, Result, ensure};
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::Lit;
use syn::visit::{self, Visit};

use super::audit;
use super::constants::Constants;
use super::markdown::{anchor, code, codes, head, slug};
use super::sources::{Module, Sources, text};
use super::tokens::{Called, macros, parts};

const LEVELS: [&str; 5] = ["error", "warn", "info", "debug", "trace"];

/// What makes of the span of a request what is sent to a collector.
const SPANS: &str = "session_server::otlp::traced";

const ABOUT: &str = "Every line that the server writes to its log, and which fields it has. Messages are in lower case and the \
    same each time, so they can be searched for; `{…}` stands for what is filled in.";

const PARTS: [(&str, &str); 3] = [
    ("session_server", "The server"),
    ("session_http", "HTTP"),
    ("session_engine", "Sessions, users and stores"),
];

struct Line<'s> {
    level: &'static str,
    /// The module that tells it.
    target: &'s str,
    message: String,
    fields: Vec<String>,
}

pub(crate) fn page(sources: &Sources) -> Result<String> {
    let constants = Constants::of(sources);
    let mut lines = Vec::new();
    let mut spans = Vec::new();
    for module in sources.modules().iter().filter(|module| module.path != audit::MODULE) {
        read(module, &constants, &mut lines, &mut spans)?;
    }
    let mut page = head("Log", ABOUT);
    page += "\nWhat comes from outside, such as the message of the operating system, is in the field `error`. The target of a \
        line is the module that is named with it: `--log info,session_engine::store::redis=debug` has more of that \
        module and those beneath it. ERROR and WARN say what to do where there is something to do. The lines of \
        [security](#audit-log) have a target of their own.\n";
    page += "\n## The span of a request\n\n";
    for (name, fields) in spans {
        writeln!(
            page,
            "A line that belongs to a request has the span {} with these fields, where they are known: {}.",
            code(&name),
            codes(fields)
        )?;
    }
    let attributes = attributes(sources.module(SPANS)?);
    ensure!(!attributes.is_empty(), "the spans that are sent by OTLP have no attributes");
    writeln!(
        page,
        "\nWhat goes to `--otlp-endpoint` is this span, called by the method and the route, with the attributes {} beside these fields.",
        codes(attributes)
    )?;
    let ids = ids(&lines);
    for level in LEVELS {
        let of_level: Vec<&Line> = lines.iter().filter(|line| line.level == level).collect();
        if of_level.is_empty() {
            continue;
        }
        write!(page, "\n## {}\n", level.to_uppercase())?;
        for (name, title) in PARTS {
            let mut of_part: Vec<_> =
                of_level.iter().filter(|line| line.target.split("::").next() == Some(name)).collect();
            if of_part.is_empty() {
                continue;
            }
            of_part.sort_by_key(|line| (line.message.to_lowercase(), line.target));
            write!(page, "\n### {title}: {}\n", level.to_uppercase())?;
            for line in of_part {
                page += &line.written(&ids);
            }
        }
    }
    page += &audit::section(sources)?;
    Ok(page)
}

impl Line<'_> {
    fn written(&self, ids: &BTreeMap<String, usize>) -> String {
        let short = what(&self.message);
        let id = if ids.get(&slug(short)) == Some(&1) { short } else { &self.message };
        let fields =
            if self.fields.is_empty() { String::new() } else { format!(": {}", codes(&self.fields)) };
        format!("\n{}\n**{}**\\\n{}{fields}\n", anchor(id), self.message, code(self.target))
    }
}

/// What the span of a request has more where it is sent to a collector.
fn attributes(module: &Module) -> Vec<String> {
    struct Attributes(Vec<String>);
    impl Visit<'_> for Attributes {
        fn visit_expr_method_call(&mut self, call: &syn::ExprMethodCall) {
            if call.method == "set_attribute" {
                self.0.extend(call.args.first().and_then(text));
            }
            visit::visit_expr_method_call(self, call);
        }
    }
    let mut attributes = Attributes(Vec::new());
    attributes.visit_file(&module.file);
    attributes.0
}

/// How many lines say the same of what has happened.
fn ids(lines: &[Line]) -> BTreeMap<String, usize> {
    let mut ids = BTreeMap::new();
    for line in lines {
        *ids.entry(slug(what(&line.message))).or_default() += 1;
    }
    ids
}

/// What has happened, without what to do about it, of which the words change more often.
fn what(message: &str) -> &str {
    message.split([':', ';', ',']).next().unwrap_or(message)
}

fn read<'s>(
    module: &'s Module,
    constants: &Constants,
    lines: &mut Vec<Line<'s>>,
    spans: &mut Vec<(String, Vec<String>)>,
) -> Result<()> {
    for called in macros(module.file.to_token_stream()) {
        let name = called.name.as_str();
        let level = LEVELS.into_iter().find(|level| *level == name);
        let is_span = name.strip_suffix("_span").is_some_and(|level| LEVELS.contains(&level));
        let is_ours = called.from.as_deref() == Some("tracing");
        if !is_ours {
            ensure!(
                level.is_none() && !is_span,
                "`{}` has a line of the log by `{name}!`, expected `tracing::{name}!`",
                module.path
            );
            continue;
        }
        match level {
            Some(level) => lines.push(line(module, level, called)?),
            None if is_span => spans.push(span(module, constants, called)?),
            None => anyhow::bail!("`{}` calls `tracing::{name}!`, which is not read here", module.path),
        }
    }
    Ok(())
}

fn line<'s>(module: &'s Module, level: &'static str, called: Called) -> Result<Line<'s>> {
    let mut fields = Vec::new();
    for part in parts(called.arguments) {
        if let Some(message) = literal(&part) {
            ensure!(
                !message.contains("{}"),
                "`{}` has the line `{message}`, expected a name for what is filled in",
                module.path
            );
            return Ok(Line { level, target: &module.path, message, fields });
        }
        fields.push(field(&part).with_context(|| format!("`{}` has a field `{part}`", module.path))?);
    }
    anyhow::bail!("`{}` has a line without a message", module.path)
}

fn span(module: &Module, constants: &Constants, called: Called) -> Result<(String, Vec<String>)> {
    let mut parts = parts(called.arguments).into_iter();
    let name = parts.next().context("a span has no name")?;
    let name = literal(&name).or_else(|| constants.text(&module.path, &name.to_string()));
    let fields: Option<_> = parts.map(|part| field(&part)).collect();
    Ok((name.context("a span's name is not read")?, fields.context("a span's fields are not read")?))
}

fn literal(part: &TokenStream) -> Option<String> {
    let mut tokens = part.clone().into_iter();
    match (tokens.next(), tokens.next()) {
        (Some(TokenTree::Literal(literal)), None) => match Lit::new(literal) {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

/// What a field is called: `%error`, `caller`, `method = %request.method`.
fn field(part: &TokenStream) -> Option<String> {
    let mut name = String::new();
    for token in part.clone() {
        match token {
            TokenTree::Ident(ident) => name += &ident.to_string(),
            TokenTree::Punct(punct) if punct.as_char() == '.' => name.push('.'),
            TokenTree::Punct(punct) if "%?".contains(punct.as_char()) && name.is_empty() => {}
            TokenTree::Punct(punct) if punct.as_char() == '=' => break,
            _ => return None,
        }
    }
    if name.is_empty() { None } else { Some(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(code: &str) -> Result<Vec<(&'static str, String, Vec<String>)>> {
        let sources = Sources::default();
        let module = Module { path: "a::b".to_owned(), file: syn::parse_file(code)? };
        let (mut lines, mut spans) = (Vec::new(), Vec::new());
        read(&module, &Constants::of(&sources), &mut lines, &mut spans)?;
        Ok(lines.into_iter().map(|line| (line.level, line.message, line.fields)).collect())
    }

    #[test]
    fn a_line_is_read_wherever_it_is_written() {
        let code = r#"async fn f() {
            tokio::select! {
                () = stop => tracing::warn!(%error, times, path = ?request.path, "it stops: \
                    and {reason}"),
            }
        }"#;
        let fields = ["error", "times", "path"].map(str::to_owned).to_vec();
        assert_eq!(lines(code).unwrap(), [("warn", "it stops: and {reason}".to_owned(), fields)]);
    }

    #[test]
    fn a_line_that_the_page_could_not_have_is_refused() {
        for code in
            ["warn!(\"a\")", "log::warn!(\"a\")", "tracing::event!(LEVEL, \"a\")", "tracing::warn!(error)"]
        {
            assert!(lines(&format!("fn f() {{ {code}; }}")).is_err(), "{code}");
        }
        assert!(lines("fn f() { tracing::warn!(\"{}\", told); }").is_err());
        assert!(lines("fn f() { println!(\"a\"); }").unwrap().is_empty());
    }
}
