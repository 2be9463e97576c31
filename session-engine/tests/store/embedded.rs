//! What only the embedded store can get wrong.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use session_engine::ManualClock;
use session_engine::store::embedded::{EmbeddedStore, OpenError};
use session_engine::store::testing::{IDLE, START, entry_of, first_deadline, subject_of};
use session_engine::store::{
    Admission, AttemptCounter, AttemptEnd, AttemptKey, AttemptLimit, Creation, Documents, Freshness,
    RevocationLog, SubjectIndex, Unavailable,
};
use tempfile::TempDir;

const LIMIT: AttemptLimit = AttemptLimit { failures: 1, window: IDLE };

/// R50: sessions, their index, attempts and revocations.
#[tokio::test]
async fn a_restart_keeps_everything() {
    let directory = temporary_directory();
    let (alive, dead, key) = (entry_of("alice"), entry_of("alice"), AttemptKey::account("alice"));
    let epoch = {
        let store = open(directory.path(), &ManualClock::at(START));
        create(&store, &alive).await;
        create(&store, &dead).await;
        store.note_revocation(dead.id).await.unwrap();
        store.delete(&dead).await.unwrap();
        store.begin_attempt(&key, LIMIT).await.unwrap();
        store.end_attempt(&key, LIMIT, AttemptEnd::Failed).await.unwrap();
        store.change_epoch(subject_of(&alive)).await.unwrap();
        store.epoch(subject_of(&alive)).await.unwrap()
    };
    let store = open(directory.path(), &ManualClock::at(START));
    assert_eq!(
        store.load(alive.id, Freshness::Confirmed, None).await.unwrap().unwrap().document,
        b"document"
    );
    assert_eq!(store.idle_deadline(alive.id, Freshness::Confirmed).await, Ok(Some(first_deadline())));
    assert_eq!(store.load(dead.id, Freshness::Confirmed, None).await, Ok(None));
    assert_eq!(store.list(subject_of(&alive), Freshness::Confirmed).await.unwrap().len(), 1);
    assert_eq!(store.epoch(subject_of(&alive)).await, Ok(epoch));
    assert_eq!(store.revocations().await.unwrap().ids, [dead.id]);
    let refused = store.begin_attempt(&key, LIMIT).await;
    assert_eq!(refused, Ok(Admission::Refused { forgotten_in: IDLE }));
}

#[test]
fn a_second_opener_is_told_that_the_store_is_in_use() {
    let directory = temporary_directory();
    let clock = ManualClock::at(START);
    let first = open(directory.path(), &clock);
    let second = EmbeddedStore::open(directory.path(), Arc::new(clock.clone()));
    let Err(error @ OpenError::InUse { .. }) = second else { panic!("it was opened twice") };
    assert!(error.to_string().ends_with("sessions.redb is in use by another process"), "{error}");
    drop(first);
    open(directory.path(), &clock);
}

#[test]
fn a_file_that_is_no_store_is_named() {
    let directory = temporary_directory();
    std::fs::write(directory.path().join("sessions.redb"), "garbage ".repeat(1_000)).unwrap();
    let opened = EmbeddedStore::open(directory.path(), Arc::new(ManualClock::at(START)));
    let Err(error) = opened else { panic!("garbage was opened") };
    assert!(error.to_string().ends_with("sessions.redb is not a readable redb database"), "{error}");
}

#[test]
fn nobody_but_the_owner_may_read_the_store() {
    let parent = temporary_directory();
    let directory = parent.path().join("new/session-data");
    let _store = open(&directory, &ManualClock::at(START));
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&directory), 0o700);
    assert_eq!(mode(&directory.join("sessions.redb")), 0o600);
}

/// R10, R71: the deadline is a time, not a span.
#[tokio::test]
async fn a_clock_set_back_neither_ends_nor_lengthens_a_session() {
    let (directory, clock) = (temporary_directory(), ManualClock::at(START));
    let (store, entry) = (open(directory.path(), &clock), entry_of("alice"));
    create(&store, &entry).await;
    clock.set_back(Duration::from_secs(2 * 60 * 60));
    assert!(store.load(entry.id, Freshness::Confirmed, None).await.unwrap().is_some());
    assert_eq!(store.idle_deadline(entry.id, Freshness::Confirmed).await, Ok(Some(first_deadline())));
    clock.advance(Duration::from_secs(2 * 60 * 60) + IDLE);
    assert_eq!(store.load(entry.id, Freshness::Confirmed, None).await, Ok(None));
}

/// R23: what has gone stays away.
#[tokio::test]
async fn a_clock_set_back_does_not_revive_what_was_swept() {
    let (directory, clock) = (temporary_directory(), ManualClock::at(START));
    let (store, entry) = (open(directory.path(), &clock), entry_of("alice"));
    create(&store, &entry).await;
    clock.advance(IDLE);
    store.delete(&entry_of("somebody who makes the writer sweep")).await.unwrap();
    clock.set_back(IDLE);
    assert_eq!(store.load(entry.id, Freshness::Confirmed, None).await, Ok(None));
}

#[tokio::test]
async fn an_idle_store_sweeps_what_is_due() {
    let (directory, clock) = (temporary_directory(), ManualClock::at(START));
    let (store, entry) = (open(directory.path(), &clock), entry_of("alice"));
    create(&store, &entry).await;
    clock.advance(IDLE);
    // Nobody writes; only a sweep makes it stay away when the clock is set back.
    let swept = async {
        loop {
            clock.set_back(IDLE);
            let found = store.load(entry.id, Freshness::Confirmed, None).await.unwrap();
            clock.advance(IDLE);
            if found.is_none() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), swept).await.expect("a sweep");
}

/// F34: the child may not let a file grow, as on a full disk.
#[test]
fn a_full_disk_refuses_writes_and_still_reads() {
    let directory = temporary_directory();
    let blocks_of_512_bytes = "4096";
    let script = "trap '' XFSZ; ulimit -f $0; exec \"$@\"";
    let output = Command::new("sh")
        .args(["-c", script, blocks_of_512_bytes])
        .arg(std::env::current_exe().expect("this binary"))
        .args(["--exact", "embedded::server_on_a_full_disk", "--nocapture"])
        .env(DIRECTORY, directory.path())
        .stdin(Stdio::null())
        .output()
        .expect("a shell");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("full disk was survived"), "{said}");
}

const DIRECTORY: &str = "FULL_DISK_DIRECTORY";

/// The child of the test above. Without a directory it is an ordinary run of the tests, whose disk
/// is not full.
#[tokio::test]
async fn server_on_a_full_disk() {
    let Ok(directory) = std::env::var(DIRECTORY) else { return };
    let (store, entry) = (open(Path::new(&directory), &ManualClock::at(START)), entry_of("alice"));
    create(&store, &entry).await;
    let big = [b'x'; 60_000];
    while store.create(&entry_of("bob"), &big, first_deadline()).await == Ok(Creation::Created) {}
    // While the first of these fails, the others come to wait for one transaction, and fail with it.
    // What a failure gave back may be room for one more, so not every time is the first.
    let refused = loop {
        let (one, two) = (entry_of("bob"), entry_of("bob"));
        let extension = first_deadline().saturating_add(IDLE);
        let (first, second, loaded) = tokio::join!(
            store.create(&one, &big, first_deadline()),
            store.create(&two, &big, first_deadline()),
            store.load(entry.id, Freshness::Confirmed, Some(extension)),
        );
        let loaded = loaded.unwrap().expect("the document");
        assert_eq!(loaded.document, b"document");
        if (first, second) == (Err(Unavailable), Err(Unavailable))
            && loaded.idle_expires_at != Some(extension)
        {
            break two;
        }
    };
    assert_eq!(store.load(refused.id, Freshness::Confirmed, None).await, Ok(None));
    assert!(store.is_available());
    println!("full disk was survived");
}

fn temporary_directory() -> TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

fn open(directory: &Path, clock: &ManualClock) -> EmbeddedStore {
    EmbeddedStore::open(directory, Arc::new(clock.clone())).expect("a store")
}

async fn create(store: &EmbeddedStore, entry: &session_engine::store::Entry) {
    assert_eq!(store.create(entry, b"document", first_deadline()).await, Ok(Creation::Created));
}
