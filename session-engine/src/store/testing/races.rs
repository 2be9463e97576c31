//! What must hold however requests fall between each other.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::task::{JoinSet, yield_now};

use super::harness::{Harness, entry_of, first_deadline, list, random_below, subject_called};
use crate::store::{Creation, Entry, Freshness, Outcome, Store, Unavailable};

const WRITERS: usize = 64;

/// R23: requests that loaded a session before the logout save it after, one of them in every round.
pub async fn a_late_save_never_revives_a_document<H: Harness>(harness: H) {
    let (store, second) = (harness.store(), harness.second_server());
    let rounds = std::env::var("RACE_ROUNDS").map_or(H::ROUNDS, |rounds| rounds.parse().expect("a number"));
    let mut judged = 0;
    for round in 0..rounds {
        judged += usize::from(save_late(&store, &second, round).await.is_ok());
    }
    assert!(judged * 10 >= rounds * 9, "of {rounds} rounds {judged} had answers to judge");
}

/// On a busy machine a store may say that it is unavailable, and then there is nothing to judge.
async fn save_late(store: &Arc<dyn Store>, second: &Arc<dyn Store>, round: usize) -> Result<(), Unavailable> {
    let entry = entry_of("alice");
    assert_eq!(store.create(&entry, b"0", first_deadline()).await?, Creation::Created);
    let mut writers = JoinSet::new();
    for number in 0..WRITERS {
        let (store, entry) = (Arc::clone(if number % 2 == 0 { store } else { second }), entry.clone());
        writers.spawn(async move { save_once(&*store, &entry, number).await });
    }
    for _ in 0..random_below(WRITERS) {
        yield_now().await;
    }
    let loaded = second.load(entry.id, Freshness::Confirmed, None).await?.expect("the document");
    assert!(store.delete(&entry).await?, "round {round}");
    let saved_late = second.update(entry.id, &loaded.document, b"saved late").await?;
    assert_eq!(saved_late, Outcome::Absent, "round {round}");
    // Whatever they were told.
    writers.join_all().await;
    assert_eq!(store.load(entry.id, Freshness::Confirmed, None).await?, None, "round {round}");
    Ok(())
}

/// R24: one document, and every writer has a member of its own in it.
pub async fn parallel_updates_of_different_members_are_all_kept(harness: impl Harness) {
    const INCREMENTS: u64 = 5;
    let (store, second, entry) = (harness.store(), harness.second_server(), entry_of("alice"));
    assert_eq!(store.create(&entry, b"{}", first_deadline()).await, Ok(Creation::Created));
    let mut writers = JoinSet::new();
    for number in 0..WRITERS {
        let (store, entry) = (if number % 2 == 0 { &store } else { &second }.clone(), entry.clone());
        writers.spawn(async move {
            for _ in 0..INCREMENTS {
                increment(&*store, &entry, number).await;
            }
        });
    }
    writers.join_all().await;
    let stored = store.load(entry.id, Freshness::Confirmed, None).await.unwrap().expect("the document");
    assert_eq!(parse(&stored.document), (0..WRITERS).map(|number| (number, INCREMENTS)).collect());
}

/// R2: a repeated ID never joins two sessions.
pub async fn one_of_many_creators_of_an_id_wins(harness: impl Harness) {
    let entry = entry_of("alice");
    let mut creators = JoinSet::new();
    for number in 0..WRITERS {
        let (store, subject) = (harness.store(), subject_called(&format!("user {number}")));
        let entry = Entry { subject: Some(subject.clone()), ..entry.clone() };
        creators.spawn(async move {
            let document = subject.as_str().as_bytes().to_vec();
            let created = store.create(&entry, &document, first_deadline()).await.expect("an answer");
            (created == Creation::Created).then_some(subject)
        });
    }
    let winners: Vec<_> = creators.join_all().await.into_iter().flatten().collect();
    assert_eq!(winners.len(), 1);
    let store = harness.store();
    let stored = store.load(entry.id, Freshness::Confirmed, None).await.unwrap().expect("the document");
    assert_eq!(stored.document, winners[0].as_str().as_bytes());
    for number in 0..WRITERS {
        let subject = subject_called(&format!("user {number}"));
        let listed = store.list(&subject, Freshness::Confirmed).await.unwrap();
        assert_eq!(listed.len(), usize::from(subject == winners[0]), "{subject}");
    }
}

/// R27: whoever can load a session finds it in the index, even before its creation was answered.
pub async fn the_index_never_misses_a_living_document<H: Harness>(harness: H) {
    let (store, second) = (harness.store(), harness.second_server());
    for round in 0..H::ROUNDS.min(200) {
        let entry = entry_of("alice");
        let creation = tokio::spawn({
            let (store, entry) = (Arc::clone(&store), entry.clone());
            async move { store.create(&entry, b"document", first_deadline()).await }
        });
        while second.load(entry.id, Freshness::Confirmed, None).await.unwrap().is_none() {
            yield_now().await;
        }
        let listed = list(&*second, &entry).await.unwrap();
        assert!(listed.iter().any(|listed| listed.entry == entry), "round {round}");
        assert_eq!(creation.await.unwrap(), Ok(Creation::Created));
        store.delete(&entry).await.unwrap();
    }
}

/// Loads and saves as one request does, unless the session was gone before it was loaded.
async fn save_once(store: &dyn Store, entry: &Entry, number: usize) -> Result<(), Unavailable> {
    let Some(stored) = store.load(entry.id, Freshness::Confirmed, None).await? else { return Ok(()) };
    // So that the logout comes in between also where a store never has anybody wait.
    yield_now().await;
    let document = format!("saved by {number}");
    store.update(entry.id, &stored.document, document.as_bytes()).await.map(drop)
}

async fn increment(store: &dyn Store, entry: &Entry, number: usize) {
    loop {
        let stored = store.load(entry.id, Freshness::Confirmed, None).await.unwrap().expect("the document");
        let mut members = parse(&stored.document);
        *members.entry(number).or_default() += 1;
        let document = serde_json::to_vec(&members).unwrap();
        if store.update(entry.id, &stored.document, &document).await.unwrap() == Outcome::Done {
            return;
        }
    }
}

fn parse(document: &[u8]) -> BTreeMap<usize, u64> {
    serde_json::from_slice(document).expect("a JSON object")
}
