//! The texts that a label may have, by the expression that gives them.

use std::collections::BTreeSet;

use syn::visit::{self, Visit};
use syn::{Block, Expr, Pat};

use super::bindings::Bindings;
use super::constants::{Constants, path_of};
use super::sources::{Module, text};

pub(crate) struct Values<'s, 'r> {
    pub(crate) module: &'s Module,
    pub(crate) constants: &'r Constants<'s>,
    /// Of the function in which the expression stands.
    pub(crate) block: &'s Block,
}

impl Values<'_, '_> {
    /// None where they cannot be listed.
    pub(crate) fn of(&self, expression: &Expr) -> Option<BTreeSet<String>> {
        self.beside(expression, &[])
    }

    /// Without these names, which are being looked at already.
    fn beside(&self, expression: &Expr, seen: &[String]) -> Option<BTreeSet<String>> {
        let mut values = BTreeSet::new();
        values.extend(text(expression));
        let bindings = Bindings::of(self.block);
        for name in names_in(expression).into_iter().filter(|name| !seen.contains(name)) {
            values.extend(self.constants.texts(&self.module.path, &name));
            let seen = [seen, std::slice::from_ref(&name)].concat();
            values.extend(
                bindings.values(&name).iter().filter_map(|value| self.beside(value, &seen)).flatten(),
            );
        }
        // A name that somebody else fills in, who calls the function or the closure.
        if values.is_empty()
            && let Some(name) = path_of(expression)
        {
            values.extend(self.filled_in(&name));
        }
        if values.is_empty() { None } else { Some(values) }
    }

    /// What is given, as a text, to the function or the closure of this module that has such a parameter.
    fn filled_in(&self, parameter: &str) -> Vec<String> {
        let mut takers = Takers { parameter, names: Vec::new() };
        takers.visit_file(&self.module.file);
        let mut given = Given { takers: &takers.names, texts: Vec::new() };
        given.visit_file(&self.module.file);
        given.texts
    }
}

fn names_in(expression: &Expr) -> Vec<String> {
    struct Names(Vec<String>);
    impl Visit<'_> for Names {
        fn visit_expr_path(&mut self, path: &syn::ExprPath) {
            self.0.extend(path_of(&Expr::Path(path.clone())));
        }
    }
    let mut names = Names(Vec::new());
    names.visit_expr(expression);
    names.0
}

/// Functions, and closures that have a name, with their parameter's place.
struct Takers<'p> {
    parameter: &'p str,
    names: Vec<(String, usize)>,
}

impl<'s> Visit<'s> for Takers<'_> {
    fn visit_impl_item_fn(&mut self, function: &'s syn::ImplItemFn) {
        let place = function.sig.inputs.iter().position(|input| match input {
            syn::FnArg::Typed(typed) => is_named(&typed.pat, self.parameter),
            syn::FnArg::Receiver(_) => false,
        });
        self.names.extend(place.map(|place| (function.sig.ident.to_string(), place)));
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_local(&mut self, local: &'s syn::Local) {
        if let (Pat::Ident(name), Some(init)) = (&local.pat, &local.init)
            && let Expr::Closure(closure) = &*init.expr
        {
            let place = closure.inputs.iter().position(|input| is_named(input, self.parameter));
            self.names.extend(place.map(|place| (name.ident.to_string(), place)));
        }
        visit::visit_local(self, local);
    }
}

fn is_named(pattern: &Pat, name: &str) -> bool {
    matches!(pattern, Pat::Ident(pattern) if pattern.ident == name)
}

struct Given<'t> {
    takers: &'t [(String, usize)],
    texts: Vec<String>,
}

impl<'s> Visit<'s> for Given<'_> {
    fn visit_expr_call(&mut self, call: &'s syn::ExprCall) {
        let path = path_of(&call.func).unwrap_or_default();
        let name = path.rsplit("::").next().unwrap_or_default();
        for (_, place) in self.takers.iter().filter(|(taker, _)| taker == name) {
            self.texts.extend(call.args.get(*place).and_then(text));
        }
        visit::visit_expr_call(self, call);
    }
}
