//! R50: a server that is killed at any instant loses nothing that it acknowledged.
//!
//! The test starts this same test binary as the server that is to be killed: it creates and
//! deletes sessions, and prints a line for each once that was acknowledged.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use session_core::SessionId;
use session_engine::SystemClock;
use session_engine::store::embedded::EmbeddedStore;
use session_engine::store::testing::{entry_of, first_deadline, random_below, subject_called};
use session_engine::store::{Creation, Documents, Entry, Freshness, Store};
use tokio::task::JoinSet;

const DIRECTORY: &str = "KILL_LOOP_DIRECTORY";
const SUBJECTS: usize = 8;
/// As many requests are under way at any time.
const CLIENTS: usize = 32;

/// R50: at whatever instant, over and over on the same file.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_by_kill_minus_nine() {
    let loops =
        std::env::var("KILL_LOOPS").map_or(15, |loops| loops.parse().expect("KILL_LOOPS is a number"));
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (mut created, mut deleted) = (0, 0);
    for round in 0..loops {
        let acknowledged = run_and_kill(directory.path());
        let store = EmbeddedStore::open(directory.path(), Arc::new(SystemClock)).expect("the store again");
        let listed = list_all(&store).await;
        for (id, alive) in &acknowledged {
            let found = store.load(*id, Freshness::Confirmed, None).await.expect("an answer").is_some();
            assert_eq!(found, *alive, "round {round}: {id} was acknowledged otherwise");
            assert_eq!(listed.contains_key(id), *alive, "round {round}: {id} in the index");
        }
        created += acknowledged.len();
        deleted += acknowledged.values().filter(|alive| !**alive).count();
        empty(&store, listed).await;
    }
    assert!(created > 0 && deleted > 0, "the servers were killed too early to show anything");
    println!("{loops} kills: {created} acknowledged creations and {deleted} deletions, all held");
}

/// The server that is killed. Without a directory it is an ordinary run of the tests, and there is
/// nothing to serve.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn server_of_the_kill_loop() {
    let Ok(directory) = std::env::var(DIRECTORY) else { return };
    let store = EmbeddedStore::open(Path::new(&directory), Arc::new(SystemClock)).expect("a store");
    let store = Arc::new(store);
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        let store = Arc::clone(&store);
        clients.spawn(async move {
            loop {
                log_in_and_out(&*store, number).await;
            }
        });
    }
    clients.join_all().await;
}

async fn log_in_and_out(store: &dyn Store, client: usize) {
    let entry = entry_of(&format!("user {}", client % SUBJECTS));
    let created = store.create(&entry, &[b'x'; 400], first_deadline()).await.expect("an answer");
    assert_eq!(created, Creation::Created);
    acknowledge('+', entry.id);
    store
        .load(entry.id, Freshness::Confirmed, Some(first_deadline()))
        .await
        .expect("an answer")
        .expect("the document");
    if random_below(2) == 0 {
        acknowledge('?', entry.id);
        assert!(store.delete(&entry).await.expect("an answer"));
        acknowledge('-', entry.id);
    }
}

/// One write for each line, so that a kill leaves no half of one.
fn acknowledge(sign: char, id: SessionId) {
    std::io::stdout().write_all(format!("{sign} {id}\n").as_bytes()).expect("somebody who listens");
}

/// What the server said before it was killed: for each session whether it is alive.
fn run_and_kill(directory: &Path) -> HashMap<SessionId, bool> {
    let mut server = start(directory);
    let mut lines = BufReader::new(server.stdout.take().expect("its output")).lines().map_while(Result::ok);
    let mut acknowledged = HashMap::new();
    // It is killed only when it is at work, and then at any instant.
    let first = lines.by_ref().find_map(|line| parse(&line)).expect("a first creation");
    note(first, &mut acknowledged);
    let patience = Duration::from_micros(random_below(60_000) as u64);
    let killer = std::thread::spawn(move || {
        std::thread::sleep(patience);
        server.kill().expect("a server to kill");
        server.wait().expect("a dead server");
    });
    lines.filter_map(|line| parse(&line)).for_each(|line| note(line, &mut acknowledged));
    killer.join().expect("the killer");
    acknowledged
}

fn start(directory: &Path) -> Child {
    Command::new(std::env::current_exe().expect("this binary"))
        .args(["--exact", "kill_loop::server_of_the_kill_loop", "--nocapture"])
        .env(DIRECTORY, directory)
        .stdout(Stdio::piped())
        .spawn()
        .expect("a server")
}

/// A sign and a session ID; the test harness prints other lines.
fn parse(line: &str) -> Option<(char, SessionId)> {
    let (sign, id) = line.split_once(' ')?;
    Some((sign.parse().ok()?, id.parse().ok()?))
}

fn note((sign, id): (char, SessionId), acknowledged: &mut HashMap<SessionId, bool>) {
    match sign {
        '+' => drop(acknowledged.insert(id, true)),
        // From here on until it is acknowledged, both are right.
        '?' => drop(acknowledged.remove(&id)),
        '-' => drop(acknowledged.insert(id, false)),
        other => panic!("unknown sign {other}"),
    }
}

async fn list_all(store: &dyn Store) -> HashMap<SessionId, Entry> {
    let mut all = HashMap::new();
    for number in 0..SUBJECTS {
        let subject = subject_called(&format!("user {number}"));
        let listed = store.list(&subject, Freshness::Confirmed).await.expect("an answer");
        all.extend(listed.into_iter().map(|listed| (listed.entry.id, listed.entry)));
    }
    all
}

async fn empty(store: &dyn Store, all: HashMap<SessionId, Entry>) {
    for entry in all.values() {
        assert_eq!(store.delete(entry).await, Ok(true));
    }
}
