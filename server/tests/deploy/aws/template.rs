//! The template, and what its functions come to in one stack.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::settings::deployed;

pub(crate) struct Template(Value);

/// What a stack is given or finds out: parameters, and resources by `Name` or `Name.Attribute`.
#[derive(Clone, Default)]
pub(crate) struct Stack {
    pub(crate) facts: BTreeMap<String, String>,
    /// The conditions that hold.
    pub(crate) conditions: Vec<&'static str>,
}

impl Stack {
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.facts.insert(name.to_owned(), value.to_owned());
        self
    }
}

impl Template {
    pub(crate) fn read() -> Self {
        let text = std::fs::read_to_string(deployed("aws/session-server.yaml")).unwrap();
        Self(serde_saphyr::from_str(&text).unwrap())
    }

    /// A part of the template, by JSON Pointer.
    pub(crate) fn at(&self, pointer: &str) -> &Value {
        self.0.pointer(pointer).unwrap_or_else(|| panic!("no {pointer} in the template"))
    }

    /// The properties of a resource.
    pub(crate) fn of(&self, resource: &str) -> &Value {
        self.at(&format!("/Resources/{resource}/Properties"))
    }

    /// Every resource of a type, loops included, each by what stands before it.
    pub(crate) fn of_type(&self, kind: &str) -> BTreeMap<&str, &Value> {
        let mut found = BTreeMap::new();
        collect(self.at("/Resources"), kind, &mut found);
        found
    }

    /// An attribute of those that are lists of `Key` and `Value`.
    pub(crate) fn attribute(&self, resource: &str, list: &str, key: &str) -> &str {
        let attributes = self.of(resource)[list].as_array().unwrap();
        let attribute = attributes.iter().find(|attribute| attribute["Key"] == key);
        attribute.unwrap_or_else(|| panic!("{resource} has no {key}"))["Value"].as_str().unwrap()
    }

    /// The start script as the instances of a stack get it.
    pub(crate) fn user_data(&self, stack: &Stack) -> String {
        self.text(&self.of("Template")["LaunchTemplateData"]["UserData"]["Fn::Base64"], stack)
    }

    /// What a value comes to.
    pub(crate) fn text(&self, value: &Value, stack: &Stack) -> String {
        let Some((function, argument)) = value.as_object().and_then(|object| object.iter().next()) else {
            return value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        };
        let part = |index: usize| &argument[index];
        match function.as_str() {
            "Ref" => self.fact(argument.as_str().unwrap(), stack),
            "Fn::GetAtt" => {
                self.fact(&format!("{}.{}", part(0).as_str().unwrap(), part(1).as_str().unwrap()), stack)
            }
            "Fn::Join" => {
                let texts: Vec<_> =
                    part(1).as_array().unwrap().iter().map(|value| self.text(value, stack)).collect();
                texts.join(part(0).as_str().unwrap())
            }
            "Fn::If" => {
                let holds = stack.conditions.iter().any(|condition| part(0) == condition);
                self.text(part(if holds { 1 } else { 2 }), stack)
            }
            "Fn::Sub" if argument.is_array() => {
                let mut stack = stack.clone();
                for (name, value) in part(1).as_object().unwrap() {
                    stack.facts.insert(name.clone(), self.text(value, &stack));
                }
                self.substituted(part(0).as_str().unwrap(), &stack)
            }
            "Fn::Sub" => self.substituted(argument.as_str().unwrap(), stack),
            _ => panic!("no test reads {function}"),
        }
    }

    fn substituted(&self, text: &str, stack: &Stack) -> String {
        let mut parts = text.split("${");
        let mut result = parts.next().unwrap().to_owned();
        for part in parts {
            let (name, rest) = part.split_once('}').unwrap();
            result += &self.fact(name, stack);
            result += rest;
        }
        result
    }

    /// What a name stands for: a fact, or else what the template itself says.
    fn fact(&self, name: &str, stack: &Stack) -> String {
        let default = || {
            let value = match name.split_once('.') {
                Some((resource, attribute)) => &self.of(resource)[attribute],
                None => &self.at(&format!("/Parameters/{name}"))["Default"],
            };
            value.as_str().unwrap_or_else(|| panic!("nothing is known of {name}")).to_owned()
        };
        stack.facts.get(name).cloned().unwrap_or_else(default)
    }
}

fn collect<'a>(resources: &'a Value, kind: &str, found: &mut BTreeMap<&'a str, &'a Value>) {
    for (name, resource) in resources.as_object().unwrap() {
        if name.starts_with("Fn::ForEach::") {
            collect(&resource[2], kind, found);
        } else if resource["Type"] == kind {
            found.insert(name, resource);
        }
    }
}
