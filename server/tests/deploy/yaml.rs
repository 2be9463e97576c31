//! YAML as JSON values, and what is found in it.

use serde_json::Value;

use crate::settings::deployed;

/// The documents of a file of `deploy/`.
pub(crate) fn documents(name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(deployed(name)).unwrap();
    serde_saphyr::from_multiple(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

pub(crate) fn texts(list: &Value) -> Vec<&str> {
    list.as_array().unwrap_or_else(|| panic!("no list: {list}")).iter().map(text).collect()
}

#[track_caller]
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

/// Those of a list whose `field` is this.
#[track_caller]
pub(crate) fn with<'v>(list: &'v Value, field: &str, wanted: &str) -> &'v Value {
    let found = list.as_array().and_then(|list| list.iter().find(|item| item[field] == wanted));
    found.unwrap_or_else(|| panic!("no {field} {wanted} in {list}"))
}
