//! What a session takes of the memory of Redis.

use anyhow::{Result, ensure};

use crate::bench::clients::subject;
use crate::bench::http::{Connection, Request};
use crate::bench::programs::{Program, Programs};
use crate::bench::shards::Shards;

/// Of the data of a session, as JSON: as many as `bench/rust/src/bin/crowd.rs` has.
const DATA_LENGTH: usize = 200;

/// In bytes, for each session.
pub(super) struct Occupancy {
    pub(super) who: &'static str,
    pub(super) sessions: usize,
    pub(super) subjects: usize,
    /// What Redis has more than before.
    pub(super) all: f64,
    /// Its own key with its value.
    pub(super) document: f64,
    /// Its part of the key by which the sessions of a subject are found.
    pub(super) index: f64,
}

impl Occupancy {
    /// Of the peer, by its own server.
    pub(super) fn of_express_session(programs: &Programs, sessions: usize) -> Result<Self> {
        let shards = Shards::alone(programs.directory())?;
        let before = shards.memory_at_rest()?;
        let (server, address) = programs.start(Program::Express, "plain", shards.url())?;
        let mut connection = Connection::open(address)?;
        let mut ask = |method, path: &str, cookie: &str, body: &str| {
            let answer = connection.ask(Request { method, path, cookie, body })?;
            ensure!(answer.status == 200, "{method} {path} was answered {}", answer.status);
            Ok(answer.cookie)
        };
        let around = r#"{"cart":[""]}"#.len();
        let data = format!(r#"{{"cart":["{}"]}}"#, "x".repeat(DATA_LENGTH - around));
        for number in 0..sessions {
            let cookie = ask("POST", &format!("/login/{}", subject(number)), "", "")?;
            ask("PATCH", "/data", &cookie, &data)?;
        }
        drop(server);
        let after = shards.memory_at_rest()?;
        let redis = &shards.nodes()[0];
        Ok(Self {
            who: "express-session",
            sessions,
            subjects: sessions,
            all: (after - before) / sessions as f64,
            document: redis.memory_of(&redis.any_key("sess:*")?)?,
            index: 0.0,
        })
    }
}
