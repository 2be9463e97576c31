//! Sessions in Redis, and what those who have them ask.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};

use super::occupancy::Occupancy;
use crate::bench::programs::{Crowd, Programs};
use crate::bench::shards::Shards;

pub(super) struct Place {
    pub(super) shards: Shards,
    crowd: Crowd,
    requests: PathBuf,
    memory_before: f64,
    /// What Redis uses at rest, in bytes.
    pub(super) memory: f64,
}

impl Place {
    pub(super) fn fill(shards: Shards, crowd: Crowd, programs: &Programs) -> Result<Self> {
        let requests = programs.directory().join(format!("requests-{}", shards.nodes()[0].port()));
        let (memory_before, started) = (shards.memory_at_rest()?, Instant::now());
        programs.sign_in(crowd, shards.url(), &requests)?;
        eprintln!("xtask: {crowd:?} signed in within {:.1} s", started.elapsed().as_secs_f64());
        let memory = shards.memory_at_rest()?;
        Ok(Self { shards, crowd, requests, memory_before, memory })
    }

    pub(super) fn sessions(&self) -> usize {
        self.crowd.subjects * self.crowd.of_each
    }

    /// A file of what so many of them ask.
    pub(super) fn requests(&self, of: usize) -> Result<PathBuf> {
        if of >= self.sessions() {
            return Ok(self.requests.clone());
        }
        let file = self.requests.with_extension(of.to_string());
        first_lines(&self.requests, of, &file)?;
        Ok(file)
    }

    /// Somebody's cookie.
    pub(super) fn cookie(&self) -> Result<String> {
        let mut line = String::new();
        BufReader::new(File::open(&self.requests)?).read_line(&mut line)?;
        Ok(line.trim_end().split_once('\t').context("nobody has signed in")?.1.to_owned())
    }

    /// What a session takes of Redis.
    pub(super) fn occupancy(&self) -> Result<Occupancy> {
        let redis = &self.shards.nodes()[0];
        let Crowd { subjects, of_each } = self.crowd;
        let index = redis.memory_of(&redis.any_key("subject-sessions:*")?)?;
        Ok(Occupancy {
            who: "ours",
            sessions: self.sessions(),
            subjects,
            all: (self.memory - self.memory_before) / self.sessions() as f64,
            document: redis.memory_of(&redis.any_key("session:*")?)?,
            index: index / of_each as f64,
        })
    }
}

fn first_lines(of: &Path, count: usize, to: &Path) -> Result<()> {
    let mut file = BufWriter::new(File::create(to)?);
    for line in BufReader::new(File::open(of)?).lines().take(count) {
        writeln!(file, "{}", line?)?;
    }
    Ok(file.flush()?)
}
