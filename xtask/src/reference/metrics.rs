//! Every metric, with the values of its labels.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use anyhow::{Context, Result, ensure};
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Block, Expr, Token};

use super::constants::Constants;
use super::label_values::Values;
use super::links;
use super::markdown::{code, codes, head, sentence};
use super::sources::{Module, Sources, text};

const ABOUT: &str = "Every metric that `GET /metrics` of the management listener tells, in the text format of Prometheus, with its \
    labels and all of their values.";

const PARTS: [(&str, &str); 3] = [
    ("session_engine", "Sessions, logins and the store"),
    ("session_http", "HTTP"),
    ("session_server", "The server"),
];

#[derive(Default)]
struct Metric {
    part: String,
    kind: &'static str,
    meaning: String,
    /// Each with its values; none where nobody can list them.
    labels: BTreeMap<String, Option<BTreeSet<String>>>,
}

type Metrics = BTreeMap<String, Metric>;

pub(crate) fn page(sources: &Sources) -> Result<String> {
    let metrics = read(sources)?;
    let mut page = head("Metrics", ABOUT);
    page += "\nThey are there with `--manage`; without it nothing is measured. No metric and no label tells of a session, a subject or \
        an address. Values that are listed are there from the start, at 0, unless it says otherwise, and counters count from the start of the server.\n";
    writeln!(
        page,
        "\n[Telemetry]({}) says how Prometheus reads them, and [`deploy/telemetry`](../../deploy/telemetry) has alert rules and a \
         dashboard. They are told here and nowhere else: what goes by OTLP is [spans]({}).",
        links::METRICS,
        links::SPANS
    )?;
    writeln!(page, "\nA histogram has the buckets {} s.", buckets(sources)?)?;
    for (part, title) in PARTS {
        write!(page, "\n## {title}\n")?;
        for (name, metric) in metrics.iter().filter(|(_, metric)| metric.part == part) {
            page += &metric.written(name)?;
        }
    }
    Ok(page)
}

impl Metric {
    fn written(&self, name: &str) -> Result<String> {
        let unit = if name.ends_with("_seconds") { ", in seconds" } else { "" };
        let mut written = format!("\n### {name}\n\n{}\n\n", sentence(&self.meaning));
        writeln!(written, "- type: {}{unit}", self.kind)?;
        for (label, values) in &self.labels {
            match values {
                Some(values) => writeln!(written, "- label {}: {}", code(label), codes(values))?,
                None => writeln!(written, "- label {}: one value for each that there is", code(label))?,
            }
        }
        Ok(written)
    }
}

fn buckets(sources: &Sources) -> Result<String> {
    let constants = Constants::of(sources);
    let bounds = constants.expression("session_server::metrics", "BUCKETS");
    let Some(Expr::Array(bounds)) = bounds else { anyhow::bail!("there are no `BUCKETS`") };
    Ok(bounds.elems.iter().map(|bound| bound.to_token_stream().to_string()).collect::<Vec<_>>().join(", "))
}

/// All that are described and made in the sources.
fn read(sources: &Sources) -> Result<Metrics> {
    let constants = Constants::of(sources);
    let mut metrics = Metrics::new();
    for module in sources.modules() {
        let mut reader =
            Reader { module, constants: &constants, block: None, metrics: &mut metrics, fault: None };
        reader.visit_file(&module.file);
        reader.fault.map_or(Ok(()), Err).with_context(|| format!("metrics of `{}`", module.path))?;
    }
    for (name, metric) in &metrics {
        ensure!(!metric.meaning.is_empty(), "the metric `{name}` is not described");
        ensure!(!metric.kind.is_empty(), "the metric `{name}` is described and never made");
    }
    Ok(metrics)
}

struct Reader<'s, 'r> {
    module: &'s Module,
    constants: &'r Constants<'s>,
    /// The function that is being read.
    block: Option<&'s Block>,
    metrics: &'r mut Metrics,
    fault: Option<anyhow::Error>,
}

impl<'s> Reader<'s, '_> {
    fn note(&mut self, result: Result<()>) {
        if let Err(error) = result {
            self.fault.get_or_insert(error);
        }
    }

    fn metric(&mut self, name: &Expr) -> Result<&mut Metric> {
        let found = self.constants.text_of(&self.module.path, name);
        let name = found.with_context(|| format!("the name `{}` is not read", name.to_token_stream()))?;
        let metric = self.metrics.entry(name).or_default();
        metric.part = self.module.crate_name().to_owned();
        Ok(metric)
    }

    fn values(&self, value: &'s Expr) -> Option<BTreeSet<String>> {
        let values = Values { module: self.module, constants: self.constants, block: self.block? };
        values.of(value)
    }

    /// `describe_counter!(NAME, "…")`.
    fn describe(&mut self, arguments: &Punctuated<Expr, Token![,]>) -> Result<()> {
        let (Some(name), Some(meaning)) = (arguments.first(), arguments.get(1)) else {
            anyhow::bail!("a description has no text");
        };
        // Of `CountedBy`, which is read where it is made.
        if self.constants.text_of(&self.module.path, name).is_none() {
            return Ok(());
        }
        self.metric(name)?.meaning = text(meaning).context("a description is no text")?;
        Ok(())
    }

    /// `CountedBy::new(name, meaning, label, values)`.
    fn counted_by(&mut self, arguments: &'s Punctuated<Expr, Token![,]>) -> Result<()> {
        let mut arguments = arguments.iter();
        let mut next = || arguments.next().context("`CountedBy::new` has other arguments");
        let (name, meaning, label, values) = (next()?, next()?, next()?, next()?);
        let meaning = self.values(meaning).and_then(|texts| texts.into_iter().next());
        let label = text(label).context("a label is no text")?;
        let values = self.values(values);
        ensure!(values.is_some(), "the values of `{label}` are not read");
        let metric = self.metric(name)?;
        metric.kind = "counter";
        metric.meaning = meaning.context("a meaning is no text")?;
        metric.labels.insert(label, values);
        Ok(())
    }
}

impl<'s> Visit<'s> for Reader<'s, '_> {
    fn visit_block(&mut self, block: &'s Block) {
        let outer = self.block;
        self.block = outer.or(Some(block));
        visit::visit_block(self, block);
        self.block = outer;
    }

    fn visit_expr_call(&mut self, call: &'s syn::ExprCall) {
        if super::constants::path_of(&call.func).as_deref() == Some("CountedBy::new") {
            let result = self.counted_by(&call.args);
            self.note(result);
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_macro(&mut self, called: &'s syn::Macro) {
        let name = called.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
        let kind = ["counter", "gauge", "histogram"]
            .into_iter()
            .find(|kind| name.strip_prefix("describe_").unwrap_or(&name) == *kind);
        let Some(kind) = kind else { return };
        let result = if name.starts_with("describe_") {
            called
                .parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated)
                .map_err(Into::into)
                .and_then(|arguments| self.describe(&arguments))
        } else {
            self.made(kind, called)
        };
        self.note(result);
    }
}

impl<'s> Reader<'s, '_> {
    /// `counter!(NAME, "label" => value)`.
    fn made(&mut self, kind: &'static str, called: &'s syn::Macro) -> Result<()> {
        let mut parts = super::tokens::parts(called.tokens.clone()).into_iter();
        let name: Expr = syn::parse2(parts.next().context("a metric has no name")?)?;
        if self.constants.text_of(&self.module.path, &name).is_none() {
            return Ok(());
        }
        self.metric(&name)?.kind = kind;
        for part in parts {
            let part = part.to_string();
            let (label, value) = part.split_once("=>").context("a label has no value")?;
            let label = label.trim().trim_matches('"').to_owned();
            let value: Expr = syn::parse_str(value)?;
            let block = self.block.context("a metric is made outside of a function")?;
            let values = Values { module: self.module, constants: self.constants, block };
            let values = values.of(&value);
            let known = self.metric(&name)?.labels.entry(label).or_insert_with(|| Some(BTreeSet::new()));
            // One value that cannot be listed makes all of them so.
            *known = known.take().zip(values).map(|(known, values)| known.union(&values).cloned().collect());
        }
        Ok(())
    }
}
