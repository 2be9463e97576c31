//! What a setting is where nothing is said, as the help tells it.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use quote::ToTokens;
use syn::{Expr, ExprCall, ExprLit, ImplItem, Item, Lit, Stmt, Type};

use super::constants::{Constants, path_of};
use super::setting::value_name;
use super::sources::{Module, Sources, name_of, text};

/// None where there is no default.
pub(crate) fn default_of(
    sources: &Sources,
    constants: &Constants,
    module: &Module,
    words: &BTreeMap<String, Option<Expr>>,
    kind: &Type,
) -> Result<Option<String>> {
    let said = |word: &str| words.get(word);
    let Some(default) =
        said("default_value").or_else(|| said("default_value_t")).or_else(|| said("default_value_os_t"))
    else {
        return Ok(None);
    };
    let Some(default) = default else { return Ok(first_choice(sources, module, kind)) };
    let written = default.to_token_stream();
    let value = Evaluation { sources, constants, module }.of(default);
    value.map(Some).with_context(|| format!("the default `{written}` is not read"))
}

/// The variant that is `#[default]`.
fn first_choice(sources: &Sources, module: &Module, kind: &Type) -> Option<String> {
    let choice = sources.variants_seen_by(module, &name_of(kind))?;
    let is_default = |variant: &&syn::Variant| variant.attrs.iter().any(|one| one.path().is_ident("default"));
    choice.variants.iter().find(is_default).map(value_name)
}

struct Evaluation<'s, 'r> {
    sources: &'s Sources,
    constants: &'r Constants<'s>,
    module: &'s Module,
}

impl Evaluation<'_, '_> {
    fn of(&self, expression: &Expr) -> Option<String> {
        if let Some(text) = text(expression) {
            return Some(text);
        }
        match expression {
            Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => Some(number.base10_digits().to_owned()),
            Expr::Path(_) => self.named(&path_of(expression)?),
            Expr::Call(call) => self.call(call),
            // `NonZero::new(7).unwrap_or(…)`
            Expr::MethodCall(call) if call.method == "unwrap_or" => self.of(&call.receiver),
            // `Limits::default().connections`
            Expr::Field(field) => {
                let Expr::Call(call) = &*field.base else { return None };
                let owner = path_of(&call.func)?.strip_suffix("::default")?.to_owned();
                self.default_field(&owner, &field.member.to_token_stream().to_string())
            }
            _ => None,
        }
    }

    /// A variant, or a constant.
    fn named(&self, path: &str) -> Option<String> {
        if let Some((owner, name)) = path.split_once("::")
            && let Some(choice) = self.sources.variants_seen_by(self.module, owner)
            && let Some(variant) = choice.variants.iter().find(|variant| variant.ident == name)
        {
            return Some(value_name(variant));
        }
        self.of(self.constants.expression(&self.module.path, path)?)
    }

    fn call(&self, call: &ExprCall) -> Option<String> {
        let path = path_of(&call.func)?;
        let argument = self.of(call.args.first()?)?;
        if path == "NonZero::new" {
            return Some(argument);
        }
        let function = self.sources.of("session_server").find_map(|module| module.function(&path))?;
        let [Stmt::Expr(Expr::MethodCall(join), None)] = function.block.stmts.as_slice() else { return None };
        let Expr::Call(base) = &*join.receiver else { return None };
        let is_join = join.method == "join" && path_of(&base.func)? == "Path::new";
        let directory = base.args.first().and_then(text).filter(|_| is_join)?;
        Some(format!("{directory}/{argument}"))
    }

    /// What `impl Default` gives a field, where that is the same on every machine.
    fn default_field(&self, owner: &str, field: &str) -> Option<String> {
        let blocks =
            self.sources.modules().iter().flat_map(|module| &module.file.items).filter_map(
                |item| match item {
                    Item::Impl(block) => Some(block),
                    _ => None,
                },
            );
        let mut defaults = blocks.filter(|block| {
            let of = block.trait_.as_ref().and_then(|(_, path, _)| path.segments.last());
            of.is_some_and(|of| of.ident == "Default") && name_of(&block.self_ty) == owner
        });
        let function = defaults.next()?.items.iter().find_map(|item| match item {
            ImplItem::Fn(function) => Some(function),
            _ => None,
        })?;
        let Some(Stmt::Expr(Expr::Struct(value), None)) = function.block.stmts.last() else { return None };
        let given = value.fields.iter().find(|given| given.member.to_token_stream().to_string() == field)?;
        self.of(&given.expr)
    }
}
