//! What the names in a function stand for.

use std::collections::BTreeMap;

use syn::visit::{self, Visit};
use syn::{Block, Expr, Pat};

/// Each name with what it was bound to, by every `let` of a function.
pub(crate) struct Bindings<'s>(BTreeMap<String, Vec<&'s Expr>>);

impl<'s> Bindings<'s> {
    pub(crate) fn of(block: &'s Block) -> Self {
        let mut found = Found(BTreeMap::new());
        found.visit_block(block);
        Self(found.0)
    }

    pub(crate) fn values(&self, name: &str) -> &[&'s Expr] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }
}

struct Found<'s>(BTreeMap<String, Vec<&'s Expr>>);

impl<'s> Found<'s> {
    fn bind(&mut self, pattern: &Pat, value: &'s Expr) {
        match (pattern, value) {
            (Pat::Tuple(pattern), Expr::Tuple(value)) => {
                for (pattern, value) in pattern.elems.iter().zip(&value.elems) {
                    self.bind(pattern, value);
                }
            }
            (Pat::Ident(pattern), _) => {
                self.0.entry(pattern.ident.to_string()).or_default().push(value);
            }
            (Pat::Type(pattern), _) => self.bind(&pattern.pat, value),
            // Such as `Some(name)`.
            (Pat::TupleStruct(pattern), _) => pattern.elems.iter().for_each(|inner| self.bind(inner, value)),
            _ => {}
        }
    }
}

impl<'s> Visit<'s> for Found<'s> {
    fn visit_local(&mut self, local: &'s syn::Local) {
        if let Some(init) = &local.init {
            self.bind(&local.pat, &init.expr);
        }
        visit::visit_local(self, local);
    }
}
