//! Where the addresses of clients are, by a database that the operator gives. Nobody else is asked.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use http::HeaderMap;
use maxminddb::Reader;
use serde::{Deserialize, Serialize};

use crate::language;

/// What a name is in where it is not in a language that the reader speaks.
const FALLBACK: &str = "en";

/// A database of cities or countries, in the format of MaxMind, as GeoLite2 and DB-IP have it. It is held in memory;
/// clones are the same.
#[derive(Clone)]
pub struct Places(Arc<Reader<Vec<u8>>>);

/// Where an address is, roughly and perhaps wrongly: a hint for people.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Place {
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<String>,
    /// ISO 3166-1, two letters.
    country: String,
}

/// What is read of an entry.
#[derive(Deserialize)]
struct Entry<'d> {
    #[serde(borrow, default)]
    city: City<'d>,
    #[serde(borrow)]
    country: Option<Country<'d>>,
}

#[derive(Default, Deserialize)]
struct City<'d> {
    #[serde(borrow, default)]
    names: BTreeMap<&'d str, &'d str>,
}

#[derive(Deserialize)]
struct Country<'d> {
    iso_code: Option<&'d str>,
}

impl Places {
    /// Reads the content of a database.
    ///
    /// # Errors
    /// When it is none, or one of something else.
    pub fn new(content: impl Into<Vec<u8>>) -> Result<Self, InvalidPlaces> {
        let reader = Reader::from_source(content.into()).map_err(|_| InvalidPlaces::Malformed)?;
        let kind = &reader.metadata().database_type;
        if !["City", "Country", "Enterprise"].iter().any(|known| kind.contains(known)) {
            return Err(InvalidPlaces::OfSomethingElse(kind.clone()));
        }
        Ok(Self(Arc::new(reader)))
    }

    /// Where an address is, in a language that the reader speaks if it has a name in one.
    pub(crate) fn place_of(&self, address: IpAddr, reader: &HeaderMap) -> Option<Place> {
        let entry: Entry<'_> = self.0.lookup(address).ok()?.decode().ok()??;
        let country = entry.country?.iso_code?.to_owned();
        Some(Place { city: name_in(&entry.city.names, reader), country })
    }
}

fn name_in(names: &BTreeMap<&str, &str>, reader: &HeaderMap) -> Option<String> {
    let others = names.keys().copied().filter(|language| *language != FALLBACK);
    let offered: Vec<_> =
        names.contains_key(FALLBACK).then_some(FALLBACK).into_iter().chain(others).collect();
    names.get(language::choose(reader, &offered)).map(|name| (*name).to_owned())
}

impl fmt::Debug for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Places({})", self.0.metadata().database_type)
    }
}

/// Why something is no database of places.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPlaces {
    /// It is not in that format.
    #[error("expected a database of cities or countries in the format of MaxMind (`.mmdb`)")]
    Malformed,
    /// It knows other things of addresses.
    #[error("expected a database of cities or countries, found `{0}`")]
    OfSomethingElse(String),
}

#[cfg(test)]
mod tests {
    use http::header::ACCEPT_LANGUAGE;

    use super::*;

    /// MaxMind's own for tests: Apache-2.0 or MIT, <https://github.com/maxmind/MaxMind-DB>.
    const DATABASE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../testing/places.mmdb");

    fn place_of(address: &str, languages: &str) -> Option<Place> {
        let places = Places::new(std::fs::read(DATABASE).unwrap()).unwrap();
        let reader = [(ACCEPT_LANGUAGE, languages.parse().unwrap())].into_iter().collect();
        places.place_of(address.parse().unwrap(), &reader)
    }

    fn place(city: Option<&str>, country: &str) -> Option<Place> {
        Some(Place { city: city.map(str::to_owned), country: country.to_owned() })
    }

    #[test]
    fn an_address_is_somewhere_or_nowhere() {
        assert_eq!(place_of("81.2.69.142", ""), place(Some("London"), "GB"));
        assert_eq!(place_of("::ffff:81.2.69.142", ""), place(Some("London"), "GB"));
        assert_eq!(place_of("2001:218::1", ""), place(None, "JP"), "no city is known");
        for nowhere in ["127.0.0.1", "10.0.0.1", "::1", "fe80::1"] {
            assert_eq!(place_of(nowhere, ""), None, "{nowhere}");
        }
    }

    #[test]
    fn a_city_is_called_as_its_reader_calls_it() {
        assert_eq!(place_of("81.2.69.142", "ja, de;q=0.5"), place(Some("ロンドン"), "GB"));
        assert_eq!(place_of("81.2.69.142", "fr-CH"), place(Some("Londres"), "GB"));
        assert_eq!(place_of("81.2.69.142", "tlh"), place(Some("London"), "GB"));
    }

    #[test]
    fn what_is_no_database_of_places_is_refused() {
        assert_eq!(Places::new("a note").unwrap_err(), InvalidPlaces::Malformed);
        let whole = std::fs::read(DATABASE).unwrap();
        assert_eq!(Places::new("").unwrap_err(), InvalidPlaces::Malformed);
        let renamed = replaced(&whole, b"GeoIP2-City", b"GeoIP2-Asns");
        let error = Places::new(renamed).unwrap_err();
        assert_eq!(error, InvalidPlaces::OfSomethingElse("GeoIP2-Asns".to_owned()));
    }

    /// Whatever is broken in it, nobody is told anything but a place or none.
    #[test]
    fn a_broken_database_is_no_panic() {
        let whole = std::fs::read(DATABASE).unwrap();
        for at in (0..whole.len()).step_by(97) {
            let mut broken = whole.clone();
            broken[at] ^= 0x55;
            if let Ok(places) = Places::new(broken) {
                let _ = places.place_of("81.2.69.142".parse().unwrap(), &HeaderMap::new());
            }
        }
    }

    fn replaced(content: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
        let at = content.windows(from.len()).position(|window| window == from).expect("a name");
        let mut content = content.to_vec();
        content[at..at + to.len()].copy_from_slice(to);
        content
    }
}
