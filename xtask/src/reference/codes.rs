//! Enums whose variants have stable codes, by a function `code`.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use syn::{Expr, ImplItem, Item, Pat, Stmt};

use super::sources::{Module, docs, name_of, text};

pub(crate) struct Coded {
    pub(crate) variant: String,
    pub(crate) code: String,
    /// What is said of the variant.
    pub(crate) meaning: String,
}

/// Those of an enum of this module, in their order.
pub(crate) fn codes_of(module: &Module, name: &str) -> Result<Vec<Coded>> {
    let by_variant = by_variant(module, name).with_context(|| format!("`{name}` has no codes"))?;
    let mut coded = Vec::new();
    for variant in &module.variants(name)?.variants {
        let ident = variant.ident.to_string();
        let Some(code) = by_variant.get(&ident) else { continue };
        coded.push(Coded { variant: ident, code: code.clone(), meaning: docs(&variant.attrs) });
    }
    ensure!(!coded.is_empty(), "`{name}` has no codes");
    Ok(coded)
}

fn by_variant(module: &Module, name: &str) -> Option<BTreeMap<String, String>> {
    let blocks = module.file.items.iter().filter_map(|item| match item {
        Item::Impl(block) if name_of(&block.self_ty) == name => Some(block),
        _ => None,
    });
    let function = blocks.flat_map(|block| &block.items).find_map(|item| match item {
        ImplItem::Fn(function) if function.sig.ident == "code" => Some(function),
        _ => None,
    })?;
    let [Stmt::Expr(Expr::Match(choice), None)] = function.block.stmts.as_slice() else { return None };
    let arms = choice.arms.iter().filter_map(|arm| Some((variant_of(&arm.pat)?, text(&arm.body)?)));
    Some(arms.collect())
}

pub(crate) fn variant_of(pattern: &Pat) -> Option<String> {
    let path = match pattern {
        Pat::Path(pattern) => &pattern.path,
        Pat::Struct(pattern) => &pattern.path,
        Pat::TupleStruct(pattern) => &pattern.path,
        _ => return None,
    };
    path.segments.last().map(|last| last.ident.to_string())
}
