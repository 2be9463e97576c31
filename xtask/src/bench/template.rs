//! What a report says in words, with `{{NAME}}` where something is measured.

use std::fs;

use anyhow::{Result, ensure};

use super::circumstances::{machine_in_words, versions};
use super::rounds::Effort;
use crate::root::root;

pub(super) struct Template(String);

impl Template {
    /// That of this file, with what all reports tell.
    pub(super) fn read(file: &str, effort: Effort) -> Result<Self> {
        let mut template = Self(fs::read_to_string(root().join(file))?);
        template.put("machine", &machine_in_words()?);
        template.put("versions", &versions()?);
        template.put("seconds", &effort.seconds.to_string());
        template.put("rounds", &effort.rounds.to_string());
        Ok(template)
    }

    pub(super) fn put(&mut self, name: &str, value: &str) {
        self.0 = self.0.replace(&format!("{{{{{name}}}}}"), value);
    }

    /// Into this file, once all is told.
    pub(super) fn write(self, file: &str) -> Result<()> {
        ensure!(!self.0.contains("{{"), "{file} wants more than is measured");
        fs::write(root().join(file), self.0)?;
        eprintln!("xtask: wrote {file}");
        Ok(())
    }
}
