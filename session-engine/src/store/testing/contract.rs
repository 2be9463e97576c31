//! Each sentence of the contract, on any store.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use session_core::{REVOCATION_INTEREST, SessionId};

use super::harness::{ABSOLUTE, Harness, IDLE, START, entry_of, first_deadline, list, subject_called};
use crate::store::{
    Admission, AttemptEnd, AttemptKey, AttemptLimit, ChangeListener, Creation, Entry, Freshness, HEAD_LENGTH,
    MAX_DOCUMENT_LENGTH, Outcome, Store,
};

const SECOND: Duration = Duration::from_secs(1);

const LIMIT: AttemptLimit = AttemptLimit { failures: 10, window: IDLE };

/// R2: what is there stays as it is, and whose it is.
pub async fn a_document_is_created_only_where_none_is(harness: impl Harness) {
    let (store, entry) = (harness.store(), entry_of("alice"));
    assert_eq!(store.create(&entry, b"first", first_deadline()).await, Ok(Creation::Created));
    let other = Entry { subject: Some(subject_called("mallory")), ..entry.clone() };
    assert_eq!(store.create(&other, b"second", first_deadline()).await, Ok(Creation::Exists));
    assert_eq!(document(&*store, &entry).await.as_deref(), Some(&b"first"[..]));
    assert_eq!(list(&*store, &other).await, Ok(Vec::new()), "it is in nobody else's list");
    assert_eq!(list(&*store, &entry).await.unwrap().len(), 1);
}

pub async fn a_new_document_may_take_the_place_of_an_expired_one(harness: impl Harness) {
    let (store, entry) = (harness.store(), entry_of("alice"));
    create(&*store, &entry, b"old").await;
    harness.advance(IDLE);
    let deadline = first_deadline().saturating_add(IDLE);
    assert_eq!(store.create(&entry, b"new", deadline).await, Ok(Creation::Created));
    assert_eq!(document(&*store, &entry).await.as_deref(), Some(&b"new"[..]));
    assert_eq!(store.idle_deadline(entry.id, Freshness::Confirmed).await, Ok(Some(deadline)));
}

/// R51: the only one that may become a 401.
pub async fn an_absent_document_is_an_answer(harness: impl Harness) {
    let (store, entry) = (harness.store(), entry_of("alice"));
    assert_eq!(store.load(entry.id, Freshness::Confirmed, None).await, Ok(None));
    assert_eq!(store.load(entry.id, Freshness::Confirmed, Some(first_deadline())).await, Ok(None));
    assert_eq!(store.idle_deadline(entry.id, Freshness::Confirmed).await, Ok(None));
    assert_eq!(store.update(entry.id, b"", b"new").await, Ok(Outcome::Absent));
    assert_eq!(store.delete(&entry).await, Ok(false));
    assert_eq!(store.delete_unchanged(&entry, b"").await, Ok(Outcome::Absent));
    assert_eq!(list(&*store, &entry).await, Ok(Vec::new()));
    assert_eq!(noted(&*store).await, BTreeSet::new());
    drop(store);
    assert_nothing_is_left(harness).await;
}

/// R9: the end of a key is the idle deadline.
pub async fn loading_extends_the_deadline_exactly_to_what_is_asked(harness: impl Harness) {
    let (store, entry) = (harness.store(), entry_of("alice"));
    create(&*store, &entry, b"document").await;
    harness.advance(IDLE / 2);
    let pushed = START.saturating_add(IDLE / 2).saturating_add(IDLE);
    let stored =
        store.load(entry.id, Freshness::Confirmed, Some(pushed)).await.unwrap().expect("the document");
    assert_eq!(stored.document, b"document");
    assert!(stored.idle_expires_at.is_none_or(|deadline| deadline == pushed));
    assert_eq!(store.idle_deadline(entry.id, Freshness::Confirmed).await, Ok(Some(pushed)));
    harness.advance(IDLE - SECOND);
    assert!(document(&*store, &entry).await.is_some());
    harness.advance(SECOND);
    assert!(document(&*store, &entry).await.is_none());
}

pub async fn loading_without_extension_leaves_the_deadline(harness: impl Harness) {
    let (store, entry) = (harness.store(), entry_of("alice"));
    create(&*store, &entry, b"document").await;
    harness.advance(IDLE / 2);
    assert!(document(&*store, &entry).await.is_some());
    assert_eq!(store.idle_deadline(entry.id, Freshness::Confirmed).await, Ok(Some(first_deadline())));
}

/// R24: in one step, whoever else writes.
pub async fn only_an_unchanged_document_is_updated(harness: impl Harness) {
    let (store, entry) = (harness.store(), entry_of("alice"));
    create(&*store, &entry, b"one").await;
    assert_eq!(store.update(entry.id, b"one", b"two").await, Ok(Outcome::Done));
    assert_eq!(store.update(entry.id, b"one", b"three").await, Ok(Outcome::Conflict));
    assert_eq!(document(&*store, &entry).await.as_deref(), Some(&b"two"[..]));
    let bytes: Vec<u8> = (0..=u8::MAX).collect();
    assert_eq!(store.update(entry.id, b"two", &bytes).await, Ok(Outcome::Done), "any bytes are kept");
    assert_eq!(document(&*store, &entry).await, Some(bytes));
}

pub async fn an_update_keeps_the_deadline(harness: impl Harness) {
    let (store, entry) = (harness.store(), entry_of("alice"));
    create(&*store, &entry, b"one").await;
    harness.advance(IDLE - SECOND);
    assert_eq!(store.update(entry.id, b"one", b"two").await, Ok(Outcome::Done));
    assert_eq!(store.idle_deadline(entry.id, Freshness::Confirmed).await, Ok(Some(first_deadline())));
    harness.advance(SECOND);
    assert!(document(&*store, &entry).await.is_none());
}

pub async fn deleting_says_whether_the_document_was_there(harness: impl Harness) {
    let (store, entry, other) = (harness.store(), entry_of("alice"), entry_of("alice"));
    create(&*store, &entry, b"document").await;
    create(&*store, &other, b"another").await;
    assert_eq!(store.delete(&entry).await, Ok(true));
    assert_eq!(store.delete(&entry).await, Ok(false));
    assert!(document(&*store, &entry).await.is_none());
    let listed = list(&*store, &entry).await.unwrap();
    assert_eq!(listed.len(), 1, "the other one is untouched");
    assert_eq!(listed[0].entry, other);
}

/// R24: so that nothing is lost that came in between.
pub async fn only_an_unchanged_document_is_deleted(harness: impl Harness) {
    let (store, entry) = (harness.store(), entry_of("alice"));
    create(&*store, &entry, b"one").await;
    assert_eq!(store.delete_unchanged(&entry, b"two").await, Ok(Outcome::Conflict));
    assert_eq!(document(&*store, &entry).await.as_deref(), Some(&b"one"[..]));
    assert_eq!(store.delete_unchanged(&entry, b"one").await, Ok(Outcome::Done));
    assert_eq!(store.delete_unchanged(&entry, b"one").await, Ok(Outcome::Absent));
    assert_eq!(list(&*store, &entry).await, Ok(Vec::new()));
    drop(store);
    assert_nothing_is_left(harness).await;
}

/// R27: neighbours by name among them.
pub async fn a_list_has_exactly_the_documents_of_one_subject(harness: impl Harness) {
    let store = harness.store();
    let alices = [entry_of("alice"), entry_of("alice"), entry_of("alice")];
    for (entry, document) in alices.iter().zip([b"a", b"b", b"c"]) {
        create(&*store, entry, document).await;
    }
    create(&*store, &entry_of("alicf"), b"near").await;
    create(&*store, &entry_of("alic"), b"near").await;
    store.delete(&alices[1]).await.unwrap();
    let mut documents: Vec<_> =
        list(&*store, &alices[0]).await.unwrap().into_iter().map(|listed| listed.head).collect();
    documents.sort();
    assert_eq!(documents, [b"a", b"c"]);
}

pub async fn a_guests_document_is_in_nobodys_list(harness: impl Harness) {
    let (store, entry) = (harness.store(), Entry { subject: None, ..entry_of("alice") });
    create(&*store, &entry, b"one").await;
    assert_eq!(document(&*store, &entry).await.as_deref(), Some(&b"one"[..]));
    assert_eq!(store.list(&subject_called("alice"), Freshness::Confirmed).await, Ok(Vec::new()));
    assert_eq!(store.update(entry.id, b"one", b"two").await, Ok(Outcome::Done));
    assert_eq!(store.delete_unchanged(&entry, b"one").await, Ok(Outcome::Conflict));
    assert_eq!(store.delete_unchanged(&entry, b"two").await, Ok(Outcome::Done));
    create(&*store, &entry, b"three").await;
    assert_eq!(store.delete(&entry).await, Ok(true));
    assert_eq!(store.delete(&entry).await, Ok(false));
    drop(store);
    assert_nothing_is_left(harness).await;
}

pub async fn whoever_knows_no_subject_can_still_delete(harness: impl Harness) {
    let (store, entry) = (harness.store(), entry_of("alice"));
    create(&*store, &entry, b"document").await;
    assert_eq!(store.delete(&Entry { subject: None, ..entry.clone() }).await, Ok(true));
    assert!(document(&*store, &entry).await.is_none());
    assert_eq!(list(&*store, &entry).await, Ok(Vec::new()));
}

pub async fn a_listed_document_comes_with_its_entry_and_deadline(harness: impl Harness) {
    let (store, entry) = (harness.store(), entry_of("alice"));
    create(&*store, &entry, b"document").await;
    let pushed = first_deadline().saturating_add(SECOND);
    store.load(entry.id, Freshness::Confirmed, Some(pushed)).await.unwrap();
    let listed = list(&*store, &entry).await.unwrap().remove(0);
    assert_eq!((listed.entry, listed.head), (entry, b"document".to_vec()));
    assert_eq!(listed.idle_expires_at, pushed);
}

pub async fn a_list_has_the_beginning_of_large_documents(harness: impl Harness) {
    let (store, entry) = (harness.store(), entry_of("alice"));
    let document: Vec<u8> = (0..MAX_DOCUMENT_LENGTH).map(|place| (place % 251) as u8).collect();
    create(&*store, &entry, &document).await;
    let listed = list(&*store, &entry).await.unwrap().remove(0);
    assert_eq!(listed.head, document[..HEAD_LENGTH]);
}

pub async fn the_entries_of_a_subject_are_those_of_its_documents(harness: impl Harness) {
    let store = harness.store();
    let mut entries = [entry_of("alice"), entry_of("alice")];
    for entry in &entries {
        create(&*store, entry, b"document").await;
    }
    create(&*store, &entry_of("bob"), b"document").await;
    let mut found = harness.second_server().entries(&subject_called("alice")).await.unwrap();
    found.sort_by_key(|entry| entry.id);
    entries.sort_by_key(|entry| entry.id);
    assert_eq!(found, entries);
    store.delete(&entries[0]).await.unwrap();
    assert_eq!(store.entries(&subject_called("alice")).await.unwrap(), entries[1..]);
}

/// R45: no name reaches another's keys.
pub async fn subjects_of_any_characters_have_lists_of_their_own(harness: impl Harness) {
    let store = harness.store();
    let longest = "ü".repeat(127);
    let names = ["a b", "a%20b", "a+b", "{a}b", "a:b", "a/b", "*", "ünï", "a\"b'", "a\\b", &longest];
    for name in names {
        create(&*store, &entry_of(name), name.as_bytes()).await;
    }
    for name in names {
        let listed = store.list(&subject_called(name), Freshness::Confirmed).await.unwrap();
        assert_eq!(listed.len(), 1, "{name}");
        assert_eq!(listed[0].head, name.as_bytes());
    }
}

/// R27: and has each once.
pub async fn a_list_of_a_thousand_documents_is_complete(harness: impl Harness) {
    let store = harness.store();
    create_many(&harness, 1_000).await;
    let listed = store.list(&subject_called("alice"), Freshness::Confirmed).await.unwrap();
    let ids: std::collections::HashSet<_> = listed.iter().map(|listed| listed.entry.id).collect();
    assert_eq!((listed.len(), ids.len()), (1_000, 1_000));
}

/// R9: by the store, whatever a cookie says.
pub async fn a_document_is_gone_exactly_at_its_deadline(harness: impl Harness) {
    let (store, entry) = (harness.store(), entry_of("alice"));
    create(&*store, &entry, b"document").await;
    harness.advance(IDLE - SECOND);
    assert!(document(&*store, &entry).await.is_some());
    assert_eq!(list(&*store, &entry).await.unwrap().len(), 1);
    harness.advance(SECOND);
    assert!(document(&*store, &entry).await.is_none());
    assert_eq!(list(&*store, &entry).await, Ok(Vec::new()));
}

/// R23: nothing that comes too late brings it back.
pub async fn an_expired_document_is_absent_for_every_operation(harness: impl Harness) {
    let (store, entry) = (harness.store(), entry_of("alice"));
    create(&*store, &entry, b"document").await;
    harness.advance(IDLE);
    let later = first_deadline().saturating_add(IDLE);
    assert_eq!(
        store.load(entry.id, Freshness::Confirmed, Some(later)).await,
        Ok(None),
        "extending comes too late"
    );
    assert_eq!(store.idle_deadline(entry.id, Freshness::Confirmed).await, Ok(None));
    assert_eq!(store.update(entry.id, b"document", b"new").await, Ok(Outcome::Absent));
    assert_eq!(store.delete_unchanged(&entry, b"document").await, Ok(Outcome::Absent));
    assert_eq!(store.delete(&entry).await, Ok(false));
}

/// R59. Of none, if it says of no document that it does.
pub async fn whatever_the_store_says_that_it_tells_of_it_tells(harness: impl Harness) {
    let (store, elsewhere) = (harness.store(), harness.second_server());
    let told = Arc::new(Told::default());
    store.tell_changes_to(told.clone());
    for is_deleted in [false, true] {
        let entry = entry_of("alice");
        create(&*store, &entry, b"old").await;
        // It may take a moment until what a store stands on is asked to tell.
        for _ in 0..30 {
            if is_told_of(&*store, &entry).await {
                break;
            }
            tokio::time::sleep(SECOND / 10).await;
        }
        if !is_told_of(&*store, &entry).await {
            return;
        }
        told.forget();
        match is_deleted {
            true => assert_eq!(elsewhere.delete(&entry).await, Ok(true)),
            false => assert_eq!(elsewhere.update(entry.id, b"old", b"new").await, Ok(Outcome::Done)),
        }
        let changed_at = Instant::now();
        while !told.has(entry.id) {
            assert!(changed_at.elapsed() < 5 * SECOND, "nothing is told");
            tokio::time::sleep(SECOND / 100).await;
        }
    }
}

async fn is_told_of(store: &dyn Store, entry: &Entry) -> bool {
    let stored = store.load(entry.id, Freshness::MayBeCached, None).await;
    stored.unwrap().expect("the document").is_told_of
}

#[derive(Default)]
struct Told {
    ids: Mutex<BTreeSet<SessionId>>,
    all: AtomicBool,
}

impl Told {
    fn forget(&self) {
        self.ids.lock().unwrap().clear();
        self.all.store(false, Ordering::SeqCst);
    }

    fn has(&self, id: SessionId) -> bool {
        self.all.load(Ordering::SeqCst) || self.ids.lock().unwrap().contains(&id)
    }
}

impl ChangeListener for Told {
    fn changed(&self, id: SessionId) {
        self.ids.lock().unwrap().insert(id);
    }

    fn all_changed(&self) {
        self.all.store(true, Ordering::SeqCst);
    }
}

pub async fn an_epoch_changes_to_a_new_one_each_time(harness: impl Harness) {
    let store = harness.store();
    let (alice, bob) = (subject_called("alice"), subject_called("bob"));
    let bobs = store.epoch(&bob).await.unwrap();
    let mut seen = vec![store.epoch(&alice).await.unwrap()];
    assert_eq!(store.epoch(&alice).await.unwrap(), seen[0], "reading changes nothing");
    for _ in 0..10 {
        store.change_epoch(&alice).await.unwrap();
        let epoch = harness.second_server().epoch(&alice).await.unwrap();
        assert!(!seen.contains(&epoch));
        seen.push(epoch);
    }
    assert_eq!(store.epoch(&bob).await.unwrap(), bobs);
}

/// R21: and so at every edge.
pub async fn a_noted_revocation_is_known_to_every_server(harness: impl Harness) {
    let (first, second) = (harness.store(), harness.second_server());
    let (one, other) = (entry_of("alice").id, entry_of("bob").id);
    assert_eq!(noted(&*second).await, BTreeSet::new());
    first.note_revocation(one).await.unwrap();
    assert_eq!(noted(&*second).await, BTreeSet::from([one]));
    second.note_revocation(other).await.unwrap();
    assert_eq!(noted(&*first).await, BTreeSet::from([one, other]));
    assert_eq!(first.revocations().await, second.revocations().await);
}

pub async fn noting_a_revocation_touches_no_document(harness: impl Harness) {
    let (store, entry) = (harness.store(), entry_of("alice"));
    create(&*store, &entry, b"document").await;
    store.note_revocation(entry.id).await.unwrap();
    assert_eq!(document(&*store, &entry).await.as_deref(), Some(&b"document"[..]));
    assert_eq!(store.delete(&entry).await, Ok(true));
    assert_eq!(noted(&*store).await, BTreeSet::from([entry.id]), "and no deletion takes it back");
}

pub async fn noting_a_revocation_twice_is_noting_it_once_of_late(harness: impl Harness) {
    let (store, id) = (harness.store(), entry_of("alice").id);
    store.note_revocation(id).await.unwrap();
    harness.advance(REVOCATION_INTEREST - SECOND);
    harness.second_server().note_revocation(id).await.unwrap();
    assert_eq!(store.revocations().await.unwrap().ids, [id]);
    harness.advance(REVOCATION_INTEREST - SECOND);
    assert_eq!(store.revocations().await.unwrap().ids, [id]);
    harness.advance(SECOND);
    assert_eq!(store.revocations().await.unwrap().ids, []);
}

pub async fn a_revocation_is_forgotten_exactly_when_it_is_of_no_interest(harness: impl Harness) {
    let (store, early, late) = (harness.store(), entry_of("alice").id, entry_of("alice").id);
    store.note_revocation(early).await.unwrap();
    harness.advance(SECOND);
    store.note_revocation(late).await.unwrap();
    harness.advance(REVOCATION_INTEREST - 2 * SECOND);
    assert_eq!(noted(&*store).await, BTreeSet::from([early, late]));
    harness.advance(SECOND);
    assert_eq!(noted(&*store).await, BTreeSet::from([late]));
    harness.advance(SECOND);
    assert_eq!(noted(&*store).await, BTreeSet::new());
    drop(store);
    harness.advance(SECOND);
    assert_nothing_is_left(harness).await;
}

pub async fn revocations_are_as_of_the_stores_own_time(harness: impl Harness) {
    let store = harness.store();
    assert_eq!(store.revocations().await.unwrap().as_of, START);
    harness.advance(IDLE);
    assert_eq!(store.revocations().await.unwrap().as_of, START.saturating_add(IDLE));
}

pub async fn a_thousand_revocations_at_once_are_all_noted(harness: impl Harness) {
    let mut notes = tokio::task::JoinSet::new();
    for _ in 0..1_000 {
        let store = harness.store();
        notes.spawn(async move {
            let id = entry_of("alice").id;
            store.note_revocation(id).await.map(|()| id)
        });
    }
    let ids = notes.join_all().await.into_iter().collect::<Result<BTreeSet<_>, _>>().unwrap();
    assert_eq!(noted(&*harness.second_server()).await, ids);
}

/// R43: no server gives others to try.
pub async fn failed_attempts_are_counted_together_by_every_server(harness: impl Harness) {
    let (first, second) = (harness.store(), harness.second_server());
    let (alice, bob) = (AttemptKey::account("alice"), AttemptKey::account("bob"));
    for _ in 0..LIMIT.failures / 2 {
        fail(&*first, &alice).await;
        fail(&*second, &alice).await;
    }
    for store in [&first, &second] {
        let refused = store.begin_attempt(&alice, LIMIT).await;
        assert_eq!(refused, Ok(Admission::Refused { forgotten_in: IDLE }));
    }
    assert_eq!(first.begin_attempt(&bob, LIMIT).await, Ok(Admission::Admitted));
}

/// R43: no lock is for good.
pub async fn failed_attempts_are_forgotten_after_the_window(harness: impl Harness) {
    let (store, key) = (harness.store(), AttemptKey::account("alice"));
    fail(&*store, &key).await;
    harness.advance(IDLE / 2);
    for _ in 1..LIMIT.failures {
        fail(&*store, &key).await;
    }
    let refused = store.begin_attempt(&key, LIMIT).await;
    let forgotten_in = IDLE / 2;
    assert_eq!(refused, Ok(Admission::Refused { forgotten_in }), "the window began with the first");
    harness.advance(IDLE / 2 + SECOND);
    fail(&*store, &key).await;
    assert_eq!(store.begin_attempt(&key, LIMIT).await, Ok(Admission::Admitted));
}

/// R43: what is being tried counts until it is known.
pub async fn attempts_under_way_cannot_slip_under_the_limit(harness: impl Harness) {
    let (first, second) = (harness.store(), harness.second_server());
    let key = AttemptKey::account("alice");
    fail(&*first, &key).await;
    for round in 1..LIMIT.failures {
        let store = if round % 2 == 0 { &first } else { &second };
        assert_eq!(store.begin_attempt(&key, LIMIT).await, Ok(Admission::Admitted));
    }
    assert_eq!(first.begin_attempt(&key, LIMIT).await, Ok(Admission::Full));
    first.end_attempt(&key, LIMIT, AttemptEnd::Forgiven).await.unwrap();
    assert_eq!(first.begin_attempt(&key, LIMIT).await, Ok(Admission::Admitted));
    for _ in 1..LIMIT.failures {
        first.end_attempt(&key, LIMIT, AttemptEnd::Failed).await.unwrap();
    }
    let refused = first.begin_attempt(&key, LIMIT).await;
    assert_eq!(refused, Ok(Admission::Refused { forgotten_in: IDLE }));
}

/// R43: nobody tries more by trying at once.
pub async fn of_many_attempts_at_once_as_many_are_admitted_as_may_fail(harness: impl Harness) {
    let mut attempts = tokio::task::JoinSet::new();
    for number in 0..64 {
        let store = if number % 2 == 0 { harness.store() } else { harness.second_server() };
        attempts.spawn(async move { store.begin_attempt(&AttemptKey::account("alice"), LIMIT).await });
    }
    let admissions = attempts.join_all().await;
    let admitted = admissions.iter().filter(|admission| **admission == Ok(Admission::Admitted)).count();
    let full = admissions.iter().filter(|admission| **admission == Ok(Admission::Full)).count();
    assert_eq!((admitted as u64, full as u64), (LIMIT.failures, 64 - LIMIT.failures));
}

/// R66: a right password leaves no trace.
pub async fn forgiven_attempts_leave_nothing_behind(harness: impl Harness) {
    let (store, key) = (harness.store(), AttemptKey::account("alice"));
    for _ in 0..LIMIT.failures * 2 {
        assert_eq!(store.begin_attempt(&key, LIMIT).await, Ok(Admission::Admitted));
        store.end_attempt(&key, LIMIT, AttemptEnd::Forgiven).await.unwrap();
    }
    store.end_attempt(&key, LIMIT, AttemptEnd::Forgiven).await.unwrap();
    drop(store);
    assert_nothing_is_left(harness).await;
}

/// R28, R60: of a thousand sessions, their index, attempts and revocations.
pub async fn what_expired_leaves_nothing_behind(harness: impl Harness) {
    create_many(&harness, 1_000).await;
    let store = harness.store();
    store.change_epoch(&subject_called("alice")).await.unwrap();
    fail(&*store, &AttemptKey::account("alice")).await;
    store.note_revocation(entry_of("alice").id).await.unwrap();
    harness.advance(IDLE);
    assert_eq!(store.list(&subject_called("alice"), Freshness::Confirmed).await, Ok(Vec::new()));
    harness.advance(ABSOLUTE);
    drop(store);
    assert_nothing_is_left(harness).await;
}

pub async fn an_open_store_is_available(harness: impl Harness) {
    assert!(harness.store().is_available());
    assert!(harness.second_server().is_available());
}

async fn fail(store: &dyn Store, key: &AttemptKey) {
    assert_eq!(store.begin_attempt(key, LIMIT).await, Ok(Admission::Admitted));
    store.end_attempt(key, LIMIT, AttemptEnd::Failed).await.unwrap();
}

async fn create_many(harness: &impl Harness, count: usize) {
    let mut creations = tokio::task::JoinSet::new();
    for number in 0..count {
        let store = harness.store();
        creations.spawn(async move {
            create(&*store, &entry_of("alice"), format!("document {number}").as_bytes()).await;
        });
    }
    creations.join_all().await;
}

async fn create(store: &dyn Store, entry: &Entry, document: &[u8]) {
    assert_eq!(store.create(entry, document, first_deadline()).await, Ok(Creation::Created));
}

/// What is noted; none of it twice.
async fn noted(store: &dyn Store) -> BTreeSet<SessionId> {
    let ids = store.revocations().await.expect("an answer").ids;
    let set: BTreeSet<_> = ids.iter().copied().collect();
    assert_eq!(set.len(), ids.len());
    set
}

async fn document(store: &dyn Store, entry: &Entry) -> Option<Vec<u8>> {
    store.load(entry.id, Freshness::Confirmed, None).await.expect("an answer").map(|stored| stored.document)
}

/// Where that can be counted.
async fn assert_nothing_is_left(harness: impl Harness) {
    if let Some(rows) = harness.count_rows().await {
        assert_eq!(rows, 0, "rows that nobody will ask for again");
    }
}
