//! Our crates as they are compiled into the server: without what only tests see.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use syn::punctuated::Punctuated;
use syn::visit_mut::VisitMut;
use syn::{
    Attribute, Expr, ExprLit, Fields, File, ImplItem, Item, ItemEnum, ItemFn, ItemStruct, Lit, Meta, Type,
};

use crate::root::root;

/// Each with the name by which its modules are called.
const CRATES: [(&str, &str); 4] = [
    ("session-core", "session_core"),
    ("session-engine", "session_engine"),
    ("session-http", "session_http"),
    ("server", "session_server"),
];

#[derive(Default)]
pub(crate) struct Sources(Vec<Module>);

pub(crate) struct Module {
    /// As the log has it: `session_engine::store::redis`.
    pub(crate) path: String,
    pub(crate) file: File,
}

impl Sources {
    pub(crate) fn read() -> Result<Self> {
        let mut modules = Vec::new();
        for (directory, name) in CRATES {
            read_directory(&root().join(directory).join("src"), name, &mut modules)?;
        }
        Ok(Self(modules))
    }

    pub(crate) fn modules(&self) -> &[Module] {
        &self.0
    }

    /// Those of one crate.
    pub(crate) fn of<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s Module> {
        self.0.iter().filter(move |module| module.crate_name() == name)
    }

    pub(crate) fn module(&self, path: &str) -> Result<&Module> {
        let found = self.0.iter().find(|module| module.path == path);
        found.with_context(|| format!("there is no module `{path}`"))
    }

    /// An enum of the module, of its crate, or of another.
    pub(crate) fn variants_seen_by<'s>(&'s self, module: &'s Module, name: &str) -> Option<&'s ItemEnum> {
        let of_crate = || self.of(module.crate_name()).find_map(|module| module.variants(name).ok());
        module.variants(name).ok().or_else(of_crate).or_else(|| self.variants(name))
    }

    /// An enum, wherever it is.
    pub(crate) fn variants(&self, name: &str) -> Option<&ItemEnum> {
        self.items().find_map(|item| match item {
            Item::Enum(item) if item.ident == name => Some(item),
            _ => None,
        })
    }

    pub(crate) fn structure(&self, name: &str) -> Option<&ItemStruct> {
        self.items().find_map(|item| match item {
            Item::Struct(item) if item.ident == name => Some(item),
            _ => None,
        })
    }

    fn items(&self) -> impl Iterator<Item = &Item> {
        self.0.iter().flat_map(|module| &module.file.items)
    }
}

impl Module {
    pub(crate) fn crate_name(&self) -> &str {
        self.path.split("::").next().unwrap_or_default()
    }

    pub(crate) fn variants(&self, name: &str) -> Result<&ItemEnum> {
        let found = self.file.items.iter().find_map(|item| match item {
            Item::Enum(item) if item.ident == name => Some(item),
            _ => None,
        });
        found.with_context(|| format!("there is no enum `{name}` in `{}`", self.path))
    }

    pub(crate) fn structure(&self, name: &str) -> Result<&ItemStruct> {
        let found = self.file.items.iter().find_map(|item| match item {
            Item::Struct(item) if item.ident == name => Some(item),
            _ => None,
        });
        found.with_context(|| format!("there is no struct `{name}` in `{}`", self.path))
    }

    pub(crate) fn function(&self, name: &str) -> Option<&ItemFn> {
        self.file.items.iter().find_map(|item| match item {
            Item::Fn(item) if item.sig.ident == name => Some(item),
            _ => None,
        })
    }
}

/// What is said of an item, in paragraphs of one line each. Links that only rustdoc follows are none.
pub(crate) fn docs(attributes: &[Attribute]) -> String {
    let mut paragraphs = vec![String::new()];
    for line in attributes.iter().filter_map(doc_line) {
        match (line.trim(), paragraphs.last_mut()) {
            ("", _) => paragraphs.push(String::new()),
            (line, Some(last)) => {
                if !last.is_empty() {
                    last.push(' ');
                }
                last.push_str(line);
            }
            (_, None) => {}
        }
    }
    paragraphs.join("\n\n").replace("[`", "`").replace("`](Self::code)", "`").replace("`]", "`")
}

fn doc_line(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attribute.meta else { return None };
    if pair.path.is_ident("doc") { text(&pair.value) } else { None }
}

/// A text that stands there as it is.
pub(crate) fn text(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
        Expr::Paren(inner) => text(&inner.expr),
        Expr::Reference(inner) => text(&inner.expr),
        Expr::MethodCall(call) if call.args.is_empty() && call.method != "to_string" => text(&call.receiver),
        _ => None,
    }
}

/// `T` of `Outer<T>`.
pub(crate) fn inner_of<'t>(kind: &'t Type, outer: &str) -> Option<&'t Type> {
    let Type::Path(path) = kind else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == outer)?;
    let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first()? {
        syn::GenericArgument::Type(inner) => Some(inner),
        _ => None,
    }
}

/// The name of a type, without what it is of.
pub(crate) fn name_of(kind: &Type) -> String {
    match kind {
        Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default(),
        Type::Reference(reference) => name_of(&reference.elem),
        _ => String::new(),
    }
}

/// The fields that have names.
pub(crate) fn fields(fields: &Fields) -> impl Iterator<Item = (String, &syn::Field)> {
    fields.iter().filter_map(|field| Some((field.ident.as_ref()?.to_string(), field)))
}

fn read_directory(directory: &Path, path: &str, modules: &mut Vec<Module>) -> Result<()> {
    let mut entries: Vec<_> = fs::read_dir(directory)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    let mut tests = Vec::new();
    for entry in &entries {
        let place = entry.path();
        if place.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let stem = place.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let path = if ["lib", "main"].contains(&stem.as_str()) {
            path.to_owned()
        } else {
            format!("{path}::{stem}")
        };
        let text = fs::read_to_string(&place)?;
        let mut file = syn::parse_file(&text).with_context(|| format!("{} is not read", place.display()))?;
        tests.extend(test_modules(&file).map(|name| format!("{path}::{name}")));
        WithoutTests.visit_file_mut(&mut file);
        modules.push(Module { path, file });
    }
    for entry in &entries {
        if entry.file_type()?.is_dir() {
            read_directory(
                &entry.path(),
                &format!("{path}::{}", entry.file_name().to_string_lossy()),
                modules,
            )?;
        }
    }
    modules.retain(|module| !tests.contains(&module.path));
    Ok(())
}

/// Modules in files of their own that only tests see.
fn test_modules(file: &File) -> impl Iterator<Item = String> {
    file.items.iter().filter_map(|item| match item {
        Item::Mod(item) if item.content.is_none() && is_for_tests(&item.attrs) => {
            Some(item.ident.to_string())
        }
        _ => None,
    })
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg") => {
            let conditions = list.parse_args_with(Punctuated::<Meta, syn::Token![,]>::parse_terminated);
            conditions.is_ok_and(|conditions| conditions.iter().any(|one| one.path().is_ident("test")))
        }
        meta => meta.path().is_ident("test"),
    })
}

struct WithoutTests;

impl VisitMut for WithoutTests {
    fn visit_file_mut(&mut self, file: &mut File) {
        file.items.retain(|item| !is_for_tests(attributes(item)));
        syn::visit_mut::visit_file_mut(self, file);
    }

    fn visit_item_mod_mut(&mut self, module: &mut syn::ItemMod) {
        if let Some((_, items)) = &mut module.content {
            items.retain(|item| !is_for_tests(attributes(item)));
        }
        syn::visit_mut::visit_item_mod_mut(self, module);
    }

    fn visit_item_impl_mut(&mut self, block: &mut syn::ItemImpl) {
        block.items.retain(|item| match item {
            ImplItem::Fn(function) => !is_for_tests(&function.attrs),
            ImplItem::Const(constant) => !is_for_tests(&constant.attrs),
            _ => true,
        });
        syn::visit_mut::visit_item_impl_mut(self, block);
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use quote::ToTokens;

    use super::*;

    #[test]
    fn what_only_tests_see_is_left_out() {
        let code = "#[cfg(test)] fn a() {} impl B { #[cfg(test)] fn c() {} fn d() {} } #[cfg(test)] mod e {}";
        let mut file = syn::parse_file(code).unwrap();
        WithoutTests.visit_file_mut(&mut file);
        assert_eq!(file.to_token_stream().to_string(), "impl B { fn d () { } }");
        let apart = syn::parse_file("#[cfg(test)] mod f; mod g;").unwrap();
        assert_eq!(test_modules(&apart).collect::<Vec<_>>(), ["f"]);
    }
}
