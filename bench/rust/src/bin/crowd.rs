//! Many who have sessions of ours: `crowd REDIS-URL KEY-FILE SUBJECTS SESSIONS-OF-EACH`. It tells what they ask with, as
//! `bench/wrk.lua` reads it.
//!
//! Each session is begun and gets its data by the library, as an application does it. Only the way by HTTP is left
//! out, which would take most of the time.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use session_bench::{Kept, Result, arguments, ours};
use session_http::App;
use session_http::engine::{Activity, LiveSession};
use tokio::sync::mpsc::{Sender, channel};
use tokio::task::JoinSet;

/// At a time: enough for the processor and for Redis, and few enough that none waits for as long as a request may.
const AT_A_TIME: usize = 256;

/// Of the data of a session, as JSON.
const LENGTH: usize = 200;

struct Crowd {
    app: App,
    subjects: usize,
    sessions: usize,
    begun: AtomicUsize,
}

#[tokio::main]
async fn main() -> Result {
    let [redis, key_file, subjects, of_each] = arguments()?;
    let (subjects, of_each): (usize, usize) = (subjects.parse()?, of_each.parse()?);
    let app = ours::app_of(&redis, &ours::key_ring(&key_file)?, None).await?;
    let begun = AtomicUsize::default();
    let crowd = Arc::new(Crowd { app, subjects, sessions: subjects * of_each, begun });
    let (told, mut lines) = channel(AT_A_TIME);
    let mut tasks = JoinSet::new();
    for _ in 0..AT_A_TIME {
        tasks.spawn(Arc::clone(&crowd).sign_in(told.clone()));
    }
    drop(told);
    let mut output = std::io::BufWriter::new(std::io::stdout().lock());
    while let Some(line) = lines.recv().await {
        writeln!(output, "{line}")?;
    }
    while let Some(result) = tasks.join_next().await {
        result??;
    }
    Ok(output.flush()?)
}

impl Crowd {
    /// One after the other, until there are enough.
    async fn sign_in(self: Arc<Self>, told: Sender<String>) -> Result {
        loop {
            let number = self.begun.fetch_add(1, Ordering::Relaxed);
            if number >= self.sessions {
                return Ok(());
            }
            told.send(self.begin(number % self.subjects).await?).await?;
        }
    }

    async fn begin(&self, subject: usize) -> Result<String> {
        let sessions = self.app.sessions();
        let issued = sessions.start(ours::somebody(&format!("user-{subject:06}"))?, None).await?;
        let sent = format!("{}={}", sessions.keys().cookie_name().as_str(), issued.cookie.expose());
        let cookie = sessions.authenticate([sent.as_bytes()])?;
        let keep = |kept: &mut Kept| *kept = data();
        let _: (LiveSession, ()) = sessions.edit_data(&cookie, Activity::Active, keep).await?;
        Ok(format!("/check\t{sent}"))
    }
}

fn data() -> Kept {
    let around = r#"{"cart":[""]}"#.len();
    Kept { cart: vec!["x".repeat(LENGTH - around)] }
}
