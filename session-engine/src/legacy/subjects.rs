use std::collections::HashMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use crate::subject::Subject;

/// Whom we call what of those whom another library's sessions name, and what their sessions are bound to their
/// passwords by: a JSON object, with a member for each user.
///
/// `{"42": "alice"}`, or where sessions have such a hash (Django, axum-login),
/// `{"42": {"subject": "alice", "auth_hash": "…"}}`.
#[derive(Clone, Debug)]
pub struct LegacySubjects(Arc<HashMap<String, LegacySubject>>);

#[derive(Clone, Debug, Deserialize)]
#[serde(from = "Written")]
struct LegacySubject {
    subject: Subject,
    auth_hash: Option<Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Name(Subject),
    #[serde(rename_all = "snake_case")]
    Bound {
        subject: Subject,
        auth_hash: Value,
    },
}

impl From<Written> for LegacySubject {
    fn from(written: Written) -> Self {
        match written {
            Written::Name(subject) => Self { subject, auth_hash: None },
            Written::Bound { subject, auth_hash } => Self { subject, auth_hash: Some(auth_hash) },
        }
    }
}

impl LegacySubjects {
    /// Those in a JSON document.
    ///
    /// # Errors
    /// When it is not of that form. What stands in it is not repeated.
    pub fn from_json(text: &str) -> Result<Self, InvalidLegacySubjects> {
        let read: Result<HashMap<_, _>, _> = serde_json::from_str(text);
        read.map(|subjects| Self(Arc::new(subjects)))
            .map_err(|error| InvalidLegacySubjects { line: error.line(), column: error.column() })
    }

    /// Who is meant by a name, if the session is bound to the password that is told of here, or to none.
    pub(super) fn find(&self, name: &str, auth_hash: Option<&Value>) -> Option<Subject> {
        let found = self.0.get(name)?;
        (found.auth_hash.as_ref() == auth_hash).then(|| found.subject.clone())
    }
}

/// A document that names no legacy subjects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "legacy subjects are not a json object of names, or of objects with `subject` and `auth_hash` (line {line}, column {column})"
)]
pub struct InvalidLegacySubjects {
    /// From 1.
    pub line: usize,
    /// From 1.
    pub column: usize,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn who_has_another_password_by_now_is_not_found() {
        let text = r#"{"1": "alice", "2": {"subject": "bob", "auth_hash": "new"}}"#;
        let subjects = LegacySubjects::from_json(text).unwrap();
        let find = |name, hash: Option<Value>| subjects.find(name, hash.as_ref());
        assert_eq!(find("1", None).unwrap().as_str(), "alice");
        assert_eq!(find("2", Some(json!("new"))).unwrap().as_str(), "bob");
        for (name, hash) in [("1", Some(json!("any"))), ("2", None), ("2", Some(json!("old"))), ("3", None)] {
            assert_eq!(find(name, hash.clone()), None, "{name} {hash:?}");
        }
    }

    #[test]
    fn what_names_nobody_is_refused_with_the_place_and_without_the_text() {
        for text in ["", "[]", r#"{"1": 2}"#, r#"{"1": ""}"#, r#"{"1": {"subject": "canary"}}"#] {
            let error = LegacySubjects::from_json(text).unwrap_err().to_string();
            assert!(error.contains("line 1") && !error.contains("canary"), "{error}");
        }
    }
}
