//! What problem details say in words, where they are made.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, ensure};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprCall, Fields, Pat};

use super::bindings::Bindings;
use super::codes::variant_of;
use super::constants::{Constants, number, path_of};
use super::sources::{Module, Sources, docs, name_of, text};

/// What makes a problem, with the place of its code among the arguments.
const MAKERS: [(&str, usize); 6] = [
    ("Problem::new", 1),
    ("Self::new", 1),
    ("problem", 1),
    ("Problem::unavailable", 0),
    ("Self::unavailable", 0),
    ("unprocessable", 0),
];

#[derive(Default)]
pub(crate) struct Made {
    /// What is said of the error, or else of the function that makes it.
    pub(crate) meaning: String,
    /// `NOT_FOUND`, where it stands there.
    pub(crate) statuses: BTreeSet<String>,
    pub(crate) details: BTreeSet<String>,
    /// In seconds, where that is always the same.
    pub(crate) retry_after: Option<u64>,
}

/// Each by its code.
pub(crate) fn read(sources: &Sources) -> Result<BTreeMap<String, Made>> {
    let constants = Constants::of(sources);
    let mut made = BTreeMap::new();
    for module in sources.of("session_http") {
        let mut reader = Reader {
            sources,
            constants: &constants,
            module,
            blocks: Vec::new(),
            function: String::new(),
            arms: Vec::new(),
            made: &mut made,
        };
        reader.visit_file(&module.file);
    }
    ensure!(!made.is_empty(), "no problem details are made");
    Ok(made)
}

struct Reader<'s, 'r> {
    sources: &'s Sources,
    constants: &'r Constants<'s>,
    module: &'s Module,
    /// Those that it stands in, the innermost last.
    blocks: Vec<&'s Block>,
    /// What is said of the function.
    function: String,
    /// The patterns that have matched where it stands.
    arms: Vec<&'s Pat>,
    made: &'r mut BTreeMap<String, Made>,
}

impl<'s> Reader<'s, '_> {
    fn maker(call: &ExprCall) -> Option<usize> {
        let path = path_of(&call.func)?;
        MAKERS.into_iter().find(|(maker, _)| *maker == path).map(|(_, place)| place)
    }

    fn code(call: &ExprCall) -> Option<String> {
        call.args.get(Self::maker(call)?).and_then(text)
    }

    fn note(&mut self, call: &'s ExprCall) {
        let (Some(place), Some(code)) = (Self::maker(call), Self::code(call)) else { return };
        let status = call.args.first().and_then(path_of).filter(|_| place == 1);
        let status = status.and_then(|path| path.strip_prefix("StatusCode::").map(str::to_owned));
        let is_unavailable = path_of(&call.func).is_some_and(|path| path.ends_with("::unavailable"));
        let details = match call.args.get(place + 1) {
            Some(detail) => self.details(detail, 0),
            // A closure that says what the error says.
            None => self.errors(),
        };
        let retry_after =
            call.args.get(place + 2).and_then(|span| self.constants.seconds(&self.module.path, span));
        let error = self.arms.last().map(|arm| self.meaning_of(arm)).filter(|meaning| !meaning.is_empty());
        let meaning =
            error.unwrap_or_else(|| self.function.split("\n\n").next().unwrap_or_default().to_owned());
        let made = self.made.entry(code).or_default();
        made.meaning = meaning;
        made.statuses.extend(status);
        made.statuses.extend(is_unavailable.then(|| "SERVICE_UNAVAILABLE".to_owned()));
        made.details.extend(details);
        made.retry_after = made.retry_after.or(retry_after);
    }

    fn details(&self, detail: &Expr, depth: usize) -> Vec<String> {
        if let Some(text) = text(detail) {
            return vec![text];
        }
        match detail {
            Expr::Macro(called) if called.mac.path.is_ident("format") => {
                let template = super::tokens::parts(called.mac.tokens.clone()).into_iter().next();
                let template = template.and_then(|part| syn::parse2::<syn::LitStr>(part).ok());
                template.map(|template| self.filled(&template.value())).into_iter().collect()
            }
            Expr::Match(choice) => {
                choice.arms.iter().flat_map(|arm| self.details(&arm.body, depth + 1)).collect()
            }
            Expr::MethodCall(call) if call.method == "to_string" => self.errors(),
            Expr::Path(_) if depth < 3 => {
                let name = path_of(detail).unwrap_or_default();
                let mut bindings = self.blocks.iter().rev().map(|block| Bindings::of(block));
                let bound = bindings.find(|bindings| !bindings.values(&name).is_empty());
                let bound = bound.iter().flat_map(|bindings| bindings.values(&name));
                bound.flat_map(|value| self.details(value, depth + 1)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// A template, with constants in place of their names, and of others that something is filled in.
    fn filled(&self, template: &str) -> String {
        let mut filled = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            filled += before;
            filled += &self.constant(name).unwrap_or_else(|| "…".to_owned());
            rest = after;
        }
        filled + rest
    }

    fn constant(&self, name: &str) -> Option<String> {
        let value = self.constants.expression(&self.module.path, name)?;
        text(value).or_else(|| number(value).map(|number| number.to_string()))
    }

    /// What the errors say that have matched here.
    fn errors(&self) -> Vec<String> {
        let Some(arm) = self.arms.last() else { return Vec::new() };
        let cases: Vec<&Pat> = match arm {
            Pat::Or(cases) => cases.cases.iter().collect(),
            other => vec![other],
        };
        cases.into_iter().flat_map(|case| self.error(case)).collect()
    }

    fn error(&self, case: &Pat) -> Vec<String> {
        let (Some(variant), Some(owner)) = (variant_of(case), owner_of(case)) else { return Vec::new() };
        let Some(choice) = self.sources.variants(&owner) else { return Vec::new() };
        let variant = choice.variants.iter().find(|known| known.ident == variant);
        variant.map(|variant| self.words_of(&variant.attrs, &variant.fields)).unwrap_or_default()
    }

    fn meaning_of(&self, case: &Pat) -> String {
        let (Some(variant), Some(owner)) = (variant_of(case), owner_of(case)) else { return String::new() };
        let variants = self.sources.variants(&owner).into_iter().flat_map(|choice| &choice.variants);
        let mut known = variants.filter(|known| known.ident == variant);
        known.next().map(|variant| docs(&variant.attrs)).unwrap_or_default()
    }

    /// What `thiserror` makes an error say.
    fn words_of(&self, attributes: &[syn::Attribute], fields: &Fields) -> Vec<String> {
        let error = attributes.iter().find(|attribute| attribute.path().is_ident("error"));
        let Some(list) = error.and_then(|error| error.meta.require_list().ok()) else { return Vec::new() };
        let first = super::tokens::parts(list.tokens.clone()).into_iter().next();
        if let Some(template) = first.and_then(|part| syn::parse2::<syn::LitStr>(part).ok()) {
            return vec![self.filled(&template.value())];
        }
        // Transparent: what is within says it.
        let Some(within) = fields.iter().next().map(|field| name_of(&field.ty)) else { return Vec::new() };
        if let Some(structure) = self.sources.structure(&within) {
            return self.words_of(&structure.attrs, &structure.fields);
        }
        let variants = self.sources.variants(&within).into_iter().flat_map(|choice| &choice.variants);
        variants.flat_map(|variant| self.words_of(&variant.attrs, &variant.fields)).collect()
    }
}

fn owner_of(case: &Pat) -> Option<String> {
    let tokens = case.to_token_stream().to_string();
    tokens.split_once("::").map(|(owner, _)| owner.trim().to_owned())
}

impl<'s> Visit<'s> for Reader<'s, '_> {
    fn visit_block(&mut self, block: &'s Block) {
        self.blocks.push(block);
        visit::visit_block(self, block);
        self.blocks.pop();
    }

    fn visit_impl_item_fn(&mut self, function: &'s syn::ImplItemFn) {
        self.function = docs(&function.attrs);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_item_fn(&mut self, function: &'s syn::ItemFn) {
        self.function = docs(&function.attrs);
        visit::visit_item_fn(self, function);
    }

    fn visit_arm(&mut self, arm: &'s syn::Arm) {
        self.arms.push(&arm.pat);
        visit::visit_arm(self, arm);
        self.arms.pop();
    }

    fn visit_expr_call(&mut self, call: &'s ExprCall) {
        self.note(call);
        visit::visit_expr_call(self, call);
    }

    /// `….after(SPAN)`.
    fn visit_expr_method_call(&mut self, call: &'s syn::ExprMethodCall) {
        if call.method == "after"
            && let Expr::Call(maker) = &*call.receiver
            && let Some(code) = Self::code(maker)
        {
            let seconds = call.args.first().and_then(|span| self.constants.seconds(&self.module.path, span));
            let made = self.made.entry(code).or_default();
            made.retry_after = made.retry_after.or(seconds);
        }
        visit::visit_expr_method_call(self, call);
    }
}
