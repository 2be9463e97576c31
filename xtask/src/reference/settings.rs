//! Every setting of the server, and the flags of the other commands.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use syn::{Fields, Type, Variant};

use super::constants::Constants;
use super::links;
use super::markdown::{anchor, cell, code, head, sentence};
use super::setting::{Setting, feature};
use super::sources::{Module, Sources, docs, inner_of, name_of};
use super::tokens::{named, parts};

const ABOUT: &str = "Every setting of `session-server serve`, and the flags of the other commands.";

const SETTINGS: &str = "session_server::settings";
const COMMANDS: &str = "session_server::command";

/// The settings that stand together, under one heading of the help.
pub(crate) struct Group<'s> {
    pub(crate) heading: String,
    pub(crate) settings: Vec<Setting<'s>>,
}

pub(crate) fn page(sources: &Sources) -> Result<String> {
    let constants = Constants::of(sources);
    let mut page = head("Settings", ABOUT);
    page += "\nEach setting of `serve` is a flag, an environment variable, and a line of the TOML file that `--config` names. The flag \
        wins over the variable, and that over the file. The other commands heed the same variables and the same file, as far \
        as they have the flag. A time is written as `30m` or `12h`; in the file it is a text, as is `\"on\"`, and a list \
        may be one too.\n";
    writeln!(page, "\n[Running it]({}) says what to set for what.", links::RUNNING)?;
    let groups = groups(sources, &constants)?;
    page += "\n| flag | default | |\n|---|---|---|\n";
    for setting in groups.iter().flat_map(|group| &group.settings) {
        let flag = setting.flag();
        let link = format!("[`{flag}`](#{})", flag.trim_start_matches('-'));
        writeln!(
            page,
            "| {link} | {} | {} |",
            cell(&setting.default_told()),
            cell(&setting.first_sentence())
        )?;
    }
    for group in &groups {
        write!(page, "\n## {}\n", group.heading)?;
        for setting in &group.settings {
            page += &setting.section()?;
        }
    }
    page += "\n## Other commands\n\nA flag stands behind the name of its command, or of one that is beneath it.\n";
    page += &commands(sources, &constants)?;
    Ok(page)
}

fn groups<'s>(sources: &'s Sources, constants: &Constants<'s>) -> Result<Vec<Group<'s>>> {
    let mut groups = Vec::new();
    let module = sources.module(SETTINGS)?;
    for setting in settings_of(sources, constants, module, "Settings")? {
        let heading = setting.heading.clone().unwrap_or_else(|| "Options".to_owned());
        match groups.iter_mut().find(|group: &&mut Group| group.heading == heading) {
            Some(group) => group.settings.push(setting),
            None => groups.push(Group { heading, settings: vec![setting] }),
        }
    }
    Ok(groups)
}

/// Those of a struct, with those that are flattened into it.
fn settings_of<'s>(
    sources: &'s Sources,
    constants: &Constants<'s>,
    module: &'s Module,
    name: &str,
) -> Result<Vec<Setting<'s>>> {
    let structure = module.structure(name)?;
    let heading = command_attribute(&structure.attrs, "next_help_heading");
    let mut settings = settings_in(sources, constants, module, &structure.fields)?;
    for setting in settings.iter_mut().filter(|setting| setting.heading.is_none()) {
        setting.heading.clone_from(&heading);
    }
    Ok(settings)
}

fn settings_in<'s>(
    sources: &'s Sources,
    constants: &Constants<'s>,
    module: &'s Module,
    fields: &'s Fields,
) -> Result<Vec<Setting<'s>>> {
    let mut settings = Vec::new();
    for field in fields {
        match part_of(&field.attrs) {
            Part::Subcommand => {}
            Part::Flattened => {
                let (below, name) = place_of(sources, module, &field.ty)?;
                let feature = feature(&field.attrs);
                let within = settings_of(sources, constants, below, &name)?;
                settings.extend(within.into_iter().map(|setting| setting.with_feature(feature.as_deref())));
            }
            Part::Setting => settings.push(Setting::of(sources, constants, module, field)?),
        }
    }
    Ok(settings)
}

enum Part {
    Setting,
    Flattened,
    Subcommand,
}

fn part_of(attributes: &[syn::Attribute]) -> Part {
    let is = |name: &str| command_words(attributes).any(|(word, _)| word == name);
    match () {
        () if is("subcommand") => Part::Subcommand,
        () if is("flatten") => Part::Flattened,
        () => Part::Setting,
    }
}

fn command_words(attributes: &[syn::Attribute]) -> impl Iterator<Item = (String, Option<syn::Expr>)> {
    let lists = attributes.iter().filter_map(|attribute| attribute.meta.require_list().ok());
    let lists = lists.filter(|list| list.path.is_ident("command"));
    lists.flat_map(|list| parts(list.tokens.clone())).filter_map(named)
}

fn command_attribute(attributes: &[syn::Attribute], name: &str) -> Option<String> {
    command_words(attributes)
        .find(|(word, _)| word == name)
        .and_then(|(_, value)| super::sources::text(&value?))
}

/// Where a type is that is called `module::Type`, or `Type` alone.
fn place_of<'s>(sources: &'s Sources, module: &Module, kind: &Type) -> Result<(&'s Module, String)> {
    let kind = inner_of(kind, "Box").unwrap_or(kind);
    let (name, Type::Path(path)) = (name_of(kind), kind) else { anyhow::bail!("a type is not read") };
    let qualifier = path.path.segments.iter().rev().nth(1).map(|segment| format!("::{}", segment.ident));
    let ours = || sources.of("session_server");
    let has = |place: &&Module| place.structure(&name).is_ok() || place.variants(&name).is_ok();
    let is_named = |place: &&Module| match &qualifier {
        Some(qualifier) => place.path.ends_with(qualifier),
        None => place.path == module.path,
    };
    let found = ours().find(|place| has(place) && is_named(place)).or_else(|| ours().find(has));
    Ok((found.with_context(|| format!("there is no `{name}`"))?, name))
}

/// Every command but `serve`, with those beneath it.
fn commands(sources: &Sources, constants: &Constants) -> Result<String> {
    let module = sources.module(COMMANDS)?;
    let mut written = String::new();
    for variant in &module.variants("Command")?.variants {
        if variant.ident != "Serve" {
            written += &command(sources, constants, module, variant, "session-server")?;
        }
    }
    Ok(written)
}

fn command(
    sources: &Sources,
    constants: &Constants,
    module: &Module,
    variant: &Variant,
    above: &str,
) -> Result<String> {
    let name = format!("{above} {}", kebab(&variant.ident.to_string()));
    let level = if above == "session-server" { "###" } else { "####" };
    let mut written = format!("\n{level} {name}\n\n{}\n", sentence(&docs(&variant.attrs)));
    let (settings, below) = match &variant.fields {
        Fields::Unnamed(fields) => {
            let field = fields.unnamed.first().context("a command has no arguments")?;
            let (module, name) = place_of(sources, module, &field.ty)?;
            (settings_of(sources, constants, module, &name)?, None)
        }
        fields => {
            let below = fields.iter().find(|field| matches!(part_of(&field.attrs), Part::Subcommand));
            (settings_in(sources, constants, module, fields)?, below)
        }
    };
    if !settings.is_empty() {
        written += "\n| argument | variable | default | |\n|---|---|---|---|\n";
    }
    for setting in &settings {
        let named = match setting.is_positional() {
            true => code(&setting.flag()),
            false => format!("{}{}", anchor(&format!("{name} {}", setting.flag())), code(&setting.usage())),
        };
        let variable = setting.variable.as_deref().map(code).unwrap_or_default();
        let (default, about) = (setting.default_told(), setting.about());
        writeln!(written, "| {} | {variable} | {} | {} |", cell(&named), cell(&default), cell(&about))?;
    }
    if let Some(below) = below {
        let (module, actions) = place_of(sources, module, &below.ty)?;
        for variant in &module.variants(&actions)?.variants {
            written += &command(sources, constants, module, variant, &name)?;
        }
    }
    Ok(written)
}

/// `SetPassword` as it is typed: `set-password`.
pub(crate) fn kebab(name: &str) -> String {
    let mut kebab = String::new();
    for character in name.chars() {
        if character.is_uppercase() && !kebab.is_empty() {
            kebab.push('-');
        }
        kebab.extend(character.to_lowercase());
    }
    kebab.replace('_', "-")
}
