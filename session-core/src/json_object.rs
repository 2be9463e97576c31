use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use serde::ser::Error;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::json::Reader;

/// A JSON object as it was written, to the letter: what an application adds to a statement.
///
/// Nothing here looks into it, so a number in it is never rounded on the way.
#[derive(Clone, PartialEq, Eq)]
pub struct JsonObject(Box<str>);

impl JsonObject {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The members. `None` when one holds a number beyond the range of `f64`.
    #[must_use]
    pub fn to_map(&self) -> Option<Map<String, Value>> {
        serde_json::from_str(&self.0).ok()
    }

    /// Reads the next value, which must be an object.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        reader.raw_object().map(|text| Self(text.into()))
    }
}

impl Default for JsonObject {
    fn default() -> Self {
        Self("{}".into())
    }
}

impl fmt::Debug for JsonObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for JsonObject {
    type Err = InvalidJsonObject;

    fn from_str(text: &str) -> Result<Self, InvalidJsonObject> {
        Reader::nested(text).whole(Self::read).ok_or(InvalidJsonObject)
    }
}

impl TryFrom<&Map<String, Value>> for JsonObject {
    type Error = InvalidJsonObject;

    fn try_from(members: &Map<String, Value>) -> Result<Self, InvalidJsonObject> {
        serde_json::to_string(members).map_err(|_| InvalidJsonObject)?.parse()
    }
}

impl Serialize for JsonObject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw: &RawValue = serde_json::from_str(&self.0).map_err(S::Error::custom)?;
        raw.serialize(serializer)
    }
}

/// A text that is not one JSON object, or is nested too deeply to be part of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("claims are not a JSON object of at most 126 levels")]
pub struct InvalidJsonObject;
