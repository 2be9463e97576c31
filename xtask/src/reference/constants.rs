//! The constants of the sources, and the texts that expressions come to by them.

use std::collections::BTreeMap;

use syn::visit::{self, Visit};
use syn::{Expr, ExprLit, ImplItem, Lit};

use super::sources::{Sources, name_of, text};

pub(crate) struct Constants<'s> {
    by_place: BTreeMap<(&'s str, String), &'s Expr>,
}

impl<'s> Constants<'s> {
    pub(crate) fn of(sources: &'s Sources) -> Self {
        let mut by_place = BTreeMap::new();
        for module in sources.modules() {
            let mut found = Found(Vec::new());
            found.visit_file(&module.file);
            by_place.extend(found.0.into_iter().map(|(name, value)| ((module.path.as_str(), name), value)));
        }
        Self { by_place }
    }

    /// By its name, or `Type::NAME`: of this module, or else the only one that there is of that name.
    pub(crate) fn expression(&self, module: &str, name: &str) -> Option<&'s Expr> {
        if let Some(own) = self.by_place.get(&(module, name.to_owned())) {
            return Some(own);
        }
        let mut others = self.by_place.iter().filter(|((_, known), _)| known == name);
        let (_, found) = others.next()?;
        if others.next().is_none() { Some(found) } else { None }
    }

    /// The text of one, or the texts of one that is an array.
    pub(crate) fn texts(&self, module: &str, name: &str) -> Vec<String> {
        self.expression(module, name).map(texts_of).unwrap_or_default()
    }

    pub(crate) fn text(&self, module: &str, name: &str) -> Option<String> {
        self.expression(module, name).and_then(text)
    }

    /// A text, or the name of one.
    pub(crate) fn text_of(&self, module: &str, expression: &Expr) -> Option<String> {
        text(expression).or_else(|| self.text(module, &path_of(expression)?))
    }

    /// A span of whole seconds.
    pub(crate) fn seconds(&self, module: &str, expression: &Expr) -> Option<u64> {
        match expression {
            Expr::Path(_) => self.seconds(module, self.expression(module, &path_of(expression)?)?),
            Expr::Call(call) if path_of(&call.func)?.ends_with("from_secs") => number(call.args.first()?),
            _ => None,
        }
    }
}

/// A path in the expression's own words.
pub(crate) fn path_of(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Path(path) => {
            let names = path.path.segments.iter().map(|segment| segment.ident.to_string());
            Some(names.collect::<Vec<_>>().join("::"))
        }
        Expr::Reference(inner) => path_of(&inner.expr),
        Expr::Unary(inner) => path_of(&inner.expr),
        _ => None,
    }
}

pub(crate) fn number(expression: &Expr) -> Option<u64> {
    match expression {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => number.base10_parse().ok(),
        Expr::Binary(product) if matches!(product.op, syn::BinOp::Mul(_)) => {
            Some(number(&product.left)? * number(&product.right)?)
        }
        _ => None,
    }
}

fn texts_of(expression: &Expr) -> Vec<String> {
    match expression {
        Expr::Array(array) => array.elems.iter().flat_map(texts_of).collect(),
        Expr::Reference(inner) => texts_of(&inner.expr),
        other => text(other).into_iter().collect(),
    }
}

struct Found<'s>(Vec<(String, &'s Expr)>);

impl<'s> Visit<'s> for Found<'s> {
    fn visit_item_const(&mut self, constant: &'s syn::ItemConst) {
        self.0.push((constant.ident.to_string(), &constant.expr));
    }

    fn visit_item_impl(&mut self, block: &'s syn::ItemImpl) {
        let owner = name_of(&block.self_ty);
        for item in &block.items {
            if let ImplItem::Const(constant) = item {
                self.0.push((format!("{owner}::{}", constant.ident), &constant.expr));
                self.0.push((format!("Self::{}", constant.ident), &constant.expr));
            }
        }
        visit::visit_item_impl(self, block);
    }
}
