//! Tests in Rust: functions with the attribute, and stories, which a macro makes tests of.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use proc_macro2::{TokenStream, TokenTree};
use syn::parse::{Parse, ParseStream, Parser};
use syn::visit::Visit;
use syn::{Attribute, Expr, Ident, ItemFn, ItemMacro, Lit, Meta, ReturnType, braced, parenthesized};

use super::Witness;
use super::numbers::cited;

/// Each makes a test of every function of its file that is named to it.
const STORIES: [&str; 3] = ["on_every_store", "on_both", "on_every_proxy"];

/// Each has in its rules, as `module::function`, what it makes tests of.
const SUITES: [&str; 2] = ["store_contract", "event_log_contract"];

/// What is no test, and tells of a requirement in the words at its head.
const MEASURED: [&str; 2] = ["server/benches/", "fuzz/fuzz_targets/"];

/// All in these files that cite something.
pub(super) fn witnesses(files: &BTreeMap<String, String>) -> Result<Vec<Witness>> {
    let mut parsed = BTreeMap::new();
    for (file, text) in files {
        let syntax = syn::parse_file(text).with_context(|| format!("{file} is no Rust"))?;
        let mut found = Found::default();
        found.visit_file(&syntax);
        parsed.insert(file.as_str(), (syntax, found));
    }
    let listed: BTreeSet<(String, String)> =
        parsed.iter().flat_map(|(file, (_, found))| found.listed(file)).collect();
    let mut witnesses = Vec::new();
    for (file, (syntax, found)) in parsed {
        let is_test = |function: &Function| {
            function.is_test || listed.contains(&(file.to_owned(), function.name.clone()))
        };
        witnesses.extend(found.functions.iter().filter(|function| is_test(function)).map(|test| Witness {
            file: file.to_owned(),
            line: test.line,
            sentence: Some(test.name.replace('_', " ")),
            cited: cited(&test.comment),
        }));
        if MEASURED.iter().any(|place| file.starts_with(place)) {
            let cited = cited(&comment(&syntax.attrs));
            witnesses.push(Witness { file: file.to_owned(), line: 1, sentence: None, cited });
        }
    }
    witnesses.retain(|witness| !witness.cited.is_empty());
    Ok(witnesses)
}

#[derive(Debug)]
struct Function {
    name: String,
    comment: String,
    line: usize,
    is_test: bool,
}

impl Function {
    fn new(attributes: &[Attribute], name: &Ident) -> Self {
        let is_test = |attribute: &Attribute| {
            attribute.path().segments.last().is_some_and(|segment| segment.ident == "test")
        };
        Self {
            name: name.to_string(),
            comment: comment(attributes),
            line: name.span().start().line,
            is_test: attributes.iter().any(is_test),
        }
    }
}

/// What stands in one file.
#[derive(Default)]
struct Found {
    functions: Vec<Function>,
    stories: Vec<String>,
    suite: Vec<(String, String)>,
}

impl Found {
    /// The functions that are made tests of, each with the file that it is in.
    fn listed(&self, file: &str) -> Vec<(String, String)> {
        let stories = self.stories.iter().map(|name| (file.to_owned(), name.clone()));
        let directory = file.trim_end_matches(".rs");
        let suite =
            self.suite.iter().map(|(module, name)| (format!("{directory}/{module}.rs"), name.clone()));
        stories.chain(suite).collect()
    }
}

impl<'ast> Visit<'ast> for Found {
    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.functions.push(Function::new(&function.attrs, &function.sig.ident));
        syn::visit::visit_item_fn(self, function);
    }

    fn visit_item_macro(&mut self, item: &'ast ItemMacro) {
        let is_named = |names: &[&str], name: &Ident| names.iter().any(|known| name == known);
        let (path, tokens) = (&item.mac.path, &item.mac.tokens);
        match (path.segments.last().map(|segment| &segment.ident), &item.ident) {
            (Some(called), None) if is_named(&STORIES, called) => self.stories.extend(identifiers(tokens)),
            (Some(called), None) if called == "proptest" => {
                // What it is configured by comes first, as an inner attribute.
                self.functions.extend(properties.parse2(tokens.clone()).unwrap_or_default());
            }
            (_, Some(defined)) if is_named(&SUITES, defined) => self.suite.extend(paths(tokens)),
            _ => {}
        }
    }
}

fn identifiers(tokens: &TokenStream) -> Vec<String> {
    let tokens = tokens.clone().into_iter();
    tokens
        .filter_map(|token| if let TokenTree::Ident(ident) = token { Some(ident.to_string()) } else { None })
        .collect()
}

/// Each `module::function,` at any depth.
fn paths(tokens: &TokenStream) -> Vec<(String, String)> {
    let tokens: Vec<_> = tokens.clone().into_iter().collect();
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if let TokenTree::Group(group) = token {
            found.extend(paths(&group.stream()));
        }
        let is_punct = |token: Option<&TokenTree>, char| matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == char);
        if let (TokenTree::Ident(module), Some(TokenTree::Ident(name))) = (token, tokens.get(at + 3))
            && is_punct(tokens.get(at + 1), ':')
            && is_punct(tokens.get(at + 2), ':')
            && is_punct(tokens.get(at + 4), ',')
        {
            found.push((module.to_string(), name.to_string()));
        }
    }
    found
}

/// Functions whose parameters are drawn, which no other parser of Rust reads.
fn properties(input: ParseStream<'_>) -> syn::Result<Vec<Function>> {
    let _: Vec<Attribute> = input.call(Attribute::parse_inner)?;
    let mut functions = Vec::new();
    while !input.is_empty() {
        functions.push(input.parse::<Property>()?.0);
    }
    Ok(functions)
}

struct Property(Function);

impl Parse for Property {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        input.parse::<syn::Token![fn]>()?;
        let name: Ident = input.parse()?;
        let (parameters, body);
        parenthesized!(parameters in input);
        parameters.parse::<TokenStream>()?;
        input.parse::<ReturnType>()?;
        braced!(body in input);
        body.parse::<TokenStream>()?;
        Ok(Self(Function::new(&attributes, &name)))
    }
}

/// The doc comment, line by line.
fn comment(attributes: &[Attribute]) -> String {
    let line = |attribute: &Attribute| match &attribute.meta {
        Meta::NameValue(of) if of.path.is_ident("doc") => match &of.value {
            Expr::Lit(text) => match &text.lit {
                Lit::Str(text) => Some(text.value()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    };
    attributes.iter().filter_map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(files: &[(&str, &str)]) -> Vec<String> {
        let files = files.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect();
        let told = |witness: Witness| {
            let cited: Vec<_> = witness.cited.iter().map(ToString::to_string).collect();
            let (file, line) = (witness.file, witness.line);
            format!("{file}:{line} {} {}", witness.sentence.unwrap_or_default(), cited.join(","))
        };
        witnesses(&files).unwrap().into_iter().map(told).collect()
    }

    #[test]
    fn only_what_is_a_test_is_a_witness() {
        let text = "//! R9.\n/// R1.\n#[test]\nfn it_is_so() {}\n/// R2.\nfn helper() {}\n#[test]\nfn silent() {}\n\
            mod tests {\n/// R3,\n/// F4.\n#[tokio::test(start_paused = true)]\nasync fn another() {}\n}\n";
        assert_eq!(told(&[("a.rs", text)]), ["a.rs:4 it is so R1", "a.rs:13 another R3,F4"]);
    }

    #[test]
    fn a_story_is_a_test_where_a_macro_lists_it() {
        let text = "on_every_store!(told, untold,);\n/// R1.\nasync fn told(fleet: Fleet) {}\n/// R2.\nasync fn left_out(fleet: Fleet) {}\n";
        assert_eq!(told(&[("a.rs", text)]), ["a.rs:3 told R1"]);
        assert_eq!(told(&[("b.rs", &text.replace("on_every_store", "vec"))]), [""; 0]);
    }

    #[test]
    fn a_property_is_a_test() {
        let text = "proptest! {\n#![proptest_config(Config::default())]\n/// R1.\n#[test]\nfn it_holds(x in any::<u8>(), y: u8) { prop_assert!(true) }\n}\n";
        assert_eq!(told(&[("a.rs", text)]), ["a.rs:5 it holds R1"]);
    }

    #[test]
    fn a_sentence_of_a_contract_is_a_test_where_the_suite_lists_it() {
        let suite = "macro_rules! store_contract { ($harness:ty) => { $crate::store_contract! { @ $harness: contract::listed, } }; }";
        let module = "/// R1.\npub async fn listed(harness: impl Harness) {}\n/// R2.\npub async fn unlisted(harness: impl Harness) {}\n";
        let files = [("x/testing.rs", suite), ("x/testing/contract.rs", module), ("x/contract.rs", module)];
        assert_eq!(told(&files), ["x/testing/contract.rs:2 listed R1"]);
    }

    #[test]
    fn a_benchmark_is_a_witness_by_the_words_at_its_head() {
        let text = "//! What is measured (R78).\nfn main() {}\n";
        assert_eq!(
            told(&[("server/benches/a.rs", text), ("src/a.rs", text)]),
            ["server/benches/a.rs:1  R78"]
        );
    }
}
