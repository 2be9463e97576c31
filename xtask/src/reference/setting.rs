//! One setting, by the field that it is read into.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Result, ensure};
use syn::{Attribute, Expr, Field, Type};

use super::constants::{Constants, path_of};
use super::defaults::default_of;
use super::markdown::{code, codes, sentence};
use super::settings::kebab;
use super::sources::{Module, Sources, docs, inner_of, name_of, text};
use super::tokens::{named, parts};

pub(crate) struct Setting<'s> {
    name: String,
    pub(crate) heading: Option<String>,
    pub(crate) variable: Option<String>,
    value_name: String,
    default: Option<String>,
    /// What is said in place of a default.
    default_words: Option<String>,
    is_flag: bool,
    is_secret: bool,
    is_several: bool,
    is_required: bool,
    /// Whether the flag may stand without a value, or never has one.
    is_switch: bool,
    takes_value: bool,
    is_number: bool,
    /// How a value is written, where that is said of its type or its parser.
    form: Option<String>,
    values: Vec<(String, String)>,
    needs: Vec<String>,
    feature: Option<String>,
    about: String,
    module: &'s Module,
}

/// What is shorter is `After SIGTERM` and its like.
const SHORTEST_SENTENCE: usize = 24;

type Words = BTreeMap<String, Option<Expr>>;

impl<'s> Setting<'s> {
    pub(crate) fn of(
        sources: &'s Sources,
        constants: &Constants<'s>,
        module: &'s Module,
        field: &'s Field,
    ) -> Result<Self> {
        let ident = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
        let words = words(&field.attrs, "arg");
        let said = |word: &str| words.get(word).and_then(|value| value.as_ref()).and_then(text);
        let is_flag = words.contains_key("long");
        let name = said("long").unwrap_or_else(|| kebab(&ident));
        let (kind, is_several) = match inner_of(&field.ty, "Vec") {
            Some(inner) => (inner, true),
            None => (inner_of(&field.ty, "Option").unwrap_or(&field.ty), false),
        };
        let is_optional = inner_of(&field.ty, "Option").is_some() || is_several;
        let (about, default_words) = apart(&docs(&field.attrs));
        ensure!(!about.is_empty(), "`--{name}` is not described");
        let takes_value = name_of(kind) != "bool";
        let values = values(sources, module, kind);
        let default = match is_hidden(&words) {
            true => None,
            false => default_of(sources, constants, module, &words, kind)?,
        };
        let required = !is_optional && takes_value && default.is_none() && default_words.is_none();
        Ok(Self {
            heading: said("help_heading"),
            variable: said("env"),
            value_name: said("value_name").unwrap_or_else(|| name.to_uppercase().replace('-', "_")),
            default,
            default_words,
            is_flag,
            is_secret: words.contains_key("hide_env_values"),
            is_several,
            is_required: required && !words.contains_key("default_value_t"),
            is_switch: words.contains_key("default_missing_value"),
            takes_value,
            is_number: is_number(kind),
            form: form(sources, &words, kind),
            values,
            needs: words.get("requires").into_iter().flatten().filter_map(text).collect(),
            feature: feature(&field.attrs),
            about,
            module,
            name,
        })
    }

    /// One that is in a struct which is there with this feature alone.
    pub(crate) fn with_feature(mut self, feature: Option<&str>) -> Self {
        self.feature = self.feature.or_else(|| feature.map(str::to_owned));
        self
    }

    pub(crate) const fn is_positional(&self) -> bool {
        !self.is_flag
    }

    /// `--flag`, or what stands in its place without one.
    pub(crate) fn flag(&self) -> String {
        match (self.is_flag, self.is_required) {
            (true, _) => format!("--{}", self.name),
            (false, true) => format!("<{}>", self.value_name),
            (false, false) => format!("[{}]", self.value_name),
        }
    }

    /// The flag with its value.
    pub(crate) fn usage(&self) -> String {
        let value = self.placeholder();
        match (self.is_flag, self.takes_value) {
            (true, true) if self.is_switch => format!("--{}[={value}]", self.name),
            (true, true) => format!("--{} {value}", self.name),
            _ => self.flag(),
        }
    }

    fn placeholder(&self) -> String {
        if self.values.is_empty() {
            return self.value_name.clone();
        }
        self.values.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join("|")
    }

    pub(crate) fn default_told(&self) -> String {
        match (&self.default_words, &self.default) {
            (Some(words), _) => words.clone(),
            (None, Some(default)) => code(default),
            (None, None) if self.is_required => "required".to_owned(),
            (None, None) if !self.takes_value => "off".to_owned(),
            (None, None) => "none".to_owned(),
        }
    }

    pub(crate) fn about(&self) -> String {
        sentence(&self.about)
    }

    pub(crate) fn first_sentence(&self) -> String {
        let ends = self.about.match_indices("; ").chain(self.about.match_indices(": "));
        let first = ends
            .map(|(end, _)| &self.about[..end])
            .filter(|first| is_whole(first))
            .min_by_key(|first| first.len());
        sentence(first.unwrap_or(&self.about))
    }

    /// All that there is to say of it.
    pub(crate) fn section(&self) -> Result<String> {
        let mut section = format!("\n### {}\n\n{}\n\n", self.name, self.about());
        writeln!(section, "- flag: {}", code(&self.usage()))?;
        if let Some(variable) = &self.variable {
            writeln!(section, "- variable: {}", code(variable))?;
        }
        // The file does not name itself.
        if self.name != "config" {
            writeln!(section, "- file: {}", code(&self.line()))?;
        }
        writeln!(section, "- default: {}", self.default_told())?;
        if self.is_several {
            writeln!(section, "- several, separated by commas, or the flag again; in the file a list")?;
        }
        if let Some(form) = &self.form {
            writeln!(section, "- form: {}", lower(form.trim_end_matches('.')))?;
        }
        if !self.values.is_empty() {
            let told = self.values.iter().map(|(name, about)| match about.is_empty() {
                true => code(name),
                false => format!("{} ({})", code(name), lower(about)),
            });
            writeln!(section, "- values: {}", told.collect::<Vec<_>>().join(", "))?;
        }
        if self.is_secret {
            writeln!(section, "- may hold a secret: the help does not show the variable's value")?;
        }
        if !self.needs.is_empty() {
            let needs =
                self.needs.iter().map(|name| flag_of(self.module, name).unwrap_or_else(|| kebab(name)));
            let needs = codes(needs.map(|name| format!("--{name}")));
            writeln!(section, "- needs: {needs}")?;
        }
        if let Some(feature) = &self.feature {
            writeln!(section, "- only in a server that is built with `--features {feature}`")?;
        }
        Ok(section)
    }

    /// As it stands in the file.
    fn line(&self) -> String {
        let example = match (&self.default, self.values.first()) {
            (Some(default), _) => default.clone(),
            (None, Some((value, _))) => value.clone(),
            (None, None) => self.value_name.clone(),
        };
        let example = if self.is_number { example } else { format!("\"{example}\"") };
        let value = if self.is_several { format!("[{example}]") } else { example };
        format!("{} = {value}", self.name)
    }
}

/// Whether a text says something by itself, and nothing is cut in two.
fn is_whole(text: &str) -> bool {
    let count = |mark: char| text.matches(mark).count();
    text.len() > SHORTEST_SENTENCE && count('`') % 2 == 0 && count('(') == count(')')
}

/// The words of an attribute, with their values.
pub(crate) fn words(attributes: &[Attribute], of: &str) -> Words {
    let lists = attributes.iter().filter_map(|attribute| attribute.meta.require_list().ok());
    let lists = lists.filter(|list| list.path.is_ident(of));
    lists.flat_map(|list| parts(list.tokens.clone())).filter_map(named).collect()
}

fn is_hidden(words: &Words) -> bool {
    words.contains_key("hide_default_value")
}

/// What is said, and what stands behind it as `[default: …]`.
fn apart(docs: &str) -> (String, Option<String>) {
    match docs.split_once("[default: ") {
        Some((about, default)) => {
            let default = default.split(']').next().unwrap_or_default();
            let is_place = default.contains("://") || default.chars().all(char::is_uppercase);
            (about.trim().to_owned(), Some(if is_place { code(default) } else { default.to_owned() }))
        }
        None => (docs.to_owned(), None),
    }
}

/// The flag of a field that another needs.
fn flag_of(module: &Module, ident: &str) -> Option<String> {
    let structures = module.file.items.iter().filter_map(|item| match item {
        syn::Item::Struct(structure) => Some(structure),
        _ => None,
    });
    let field = structures
        .flat_map(|structure| &structure.fields)
        .find(|field| field.ident.as_ref().is_some_and(|name| name == ident))?;
    words(&field.attrs, "arg").get("long")?.as_ref().and_then(text)
}

/// Without which a field is not there.
pub(crate) fn feature(attributes: &[Attribute]) -> Option<String> {
    words(attributes, "cfg").get("feature")?.as_ref().and_then(text)
}

fn is_number(kind: &Type) -> bool {
    let name = inner_of(kind, "NonZero").map_or_else(|| name_of(kind), name_of);
    ["u16", "u32", "u64", "usize"].contains(&name.as_str())
}

/// What there is to choose from.
fn values(sources: &Sources, module: &Module, kind: &Type) -> Vec<(String, String)> {
    let Some(choice) =
        sources.variants_seen_by(module, &name_of(kind)).filter(|choice| is_choice(&choice.attrs))
    else {
        return Vec::new();
    };
    let value = |variant: &syn::Variant| (value_name(variant), docs(&variant.attrs));
    choice.variants.iter().map(value).collect()
}

fn is_choice(attributes: &[Attribute]) -> bool {
    words(attributes, "derive").contains_key("ValueEnum")
}

/// How a variant is typed.
pub(crate) fn value_name(variant: &syn::Variant) -> String {
    let said = words(&variant.attrs, "value").remove("name").flatten();
    said.as_ref().and_then(text).unwrap_or_else(|| kebab(&variant.ident.to_string()))
}

/// What is said of the parser, or else of the type.
fn form(sources: &Sources, words: &Words, kind: &Type) -> Option<String> {
    if let Some(Some(parser)) = words.get("value_parser") {
        let name = path_of(parser)?;
        let parser = sources.of("session_server").find_map(|module| module.function(&name));
        let form = parser.map(|parser| docs(&parser.attrs))?;
        return form.split("\n\n").next().filter(|form| !form.is_empty()).map(str::to_owned);
    }
    let name = name_of(kind);
    match name.as_str() {
        "NonZero" => Some("a whole number, 1 or more".to_owned()),
        "u16" | "u32" | "u64" | "usize" => Some("a whole number".to_owned()),
        "PathBuf" => Some("the path of a file, from where the server was started".to_owned()),
        "String" | "bool" => None,
        _ => {
            let said = sources.structure(&name).map(|structure| docs(&structure.attrs))?;
            said.split("\n\n").next().map(str::to_owned)
        }
    }
}

fn lower(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => String::new(),
    }
}
