//! A settings file of `deploy/`.

use std::fs;
use std::time::Duration;

use crate::settings::{default_time, deployed, settings};

pub(crate) struct SettingsFile {
    pub(crate) text: String,
    table: toml::Table,
}

impl SettingsFile {
    /// One that has nothing but settings of the server.
    pub(crate) fn read(name: &str) -> Self {
        let text = fs::read_to_string(deployed(name)).unwrap();
        let table: toml::Table = text.parse().unwrap();
        let known = settings();
        assert!(table.keys().all(|name| known.contains_key(name)), "{table:?}");
        Self { text, table }
    }

    #[track_caller]
    pub(crate) fn text_of(&self, flag: &str) -> &str {
        self.table.get(flag).and_then(toml::Value::as_str).unwrap_or_else(|| panic!("no text {flag}"))
    }

    pub(crate) fn number_of(&self, flag: &str) -> u64 {
        self.table[flag].as_integer().unwrap().try_into().unwrap()
    }

    /// As it stands here, or else what it is by default.
    pub(crate) fn time_of(&self, flag: &str) -> Duration {
        match self.table.get(flag) {
            Some(value) => humantime::parse_duration(value.as_str().unwrap()).unwrap(),
            None => default_time(flag),
        }
    }

    /// Those that are paths, with their settings.
    pub(crate) fn paths(&self) -> Vec<(&str, &str)> {
        let texts = self.table.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
        texts.filter(|(_, value)| value.starts_with('/')).collect()
    }
}
