//! What clients were told, while the servers under them failed, could have happened one thing after the
//! other (linearizability), to each session by itself.
//!
//! Clients of several servers create, read, change and end sessions at random, and note what they asked and
//! what they were told. A session is absent, then live with a document, then dead; of each the checker looks
//! for an order of all that was done to it that has every answer right, by the algorithm of Wing and Gong as
//! Lowe extended it. Linearizability is composed of that of each object, so sessions are judged one by one,
//! which keeps the search short. Who was told that the store is unavailable knows nothing: what it asked for
//! may have been done at any time after, or never.
//!
//! `HISTORY_SEED` has the same things asked and the same faults made again. What falls between what is up to
//! the machine.

mod checker;
mod clients;
mod planted;
mod worlds;

use std::time::Duration;

use self::checker::{Histories, judge};
use self::clients::Clients;
use self::worlds::{Cluster, Failover, Restarts};

const A_WHILE: Duration = Duration::from_secs(6);

/// R23, R24, R51. Of one server that is killed, stopped and cut off, and whose disk hangs, nothing is lost,
/// though nobody waits for a replica.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_primary_that_fails_in_every_way() {
    let (world, seed) = (Restarts::start(), seed());
    let history = Clients::of(world.open().await, seed).work_while(world.fail(seed, A_WHILE)).await;
    judge(&history).expect("an order");
}

/// R55, F5. Nothing that a replica had to confirm is lost with its primary.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_that_is_cut_off_and_dies() {
    let (world, seed) = (Failover::start(), seed());
    let history = Clients::of(world.open_strict().await, seed).work_while(world.fail(seed)).await;
    judge(&history).expect("an order");
}

/// R55, F8, F9. A node that dies and slots that move at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_that_is_changed_and_loses_a_node() {
    let world = Cluster::start();
    let history = Clients::of(world.open_strict().await, seed()).work_while(world.fail()).await;
    judge(&history).expect("an order");
}

/// The checker finds what it is there to find: in one of several runs, since what falls between what is up to
/// the machine.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_confirmation_is_caught() {
    is_caught(async || {
        let (world, seed) = (Failover::start(), seed());
        Clients::of(world.open_async().await, seed).work_while(world.fail(seed)).await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_before_the_disk_has_it_is_caught() {
    is_caught(async || {
        let (world, seed) = (Restarts::start_lazy(), seed());
        Clients::of(world.open().await, seed).work_while(world.fail(seed, A_WHILE)).await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_in_two_steps_is_caught() {
    is_caught(async || {
        let world = Restarts::start();
        let stores = planted::get_then_set(&world.redis, world.open().await);
        Clients::of(stores, seed()).work_while(tokio::time::sleep(A_WHILE)).await
    })
    .await;
}

/// R49: and so the others show that no replica was read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stale_read_is_caught() {
    is_caught(async || {
        let world = Failover::start();
        let stores = planted::read_from(&world.replica, world.open_async().await);
        Clients::of(stores, seed()).work_while(world.lag(A_WHILE)).await
    })
    .await;
}

async fn is_caught(run: impl AsyncFn() -> Histories) {
    for _ in 0..5 {
        if judge(&run().await).is_err() {
            return;
        }
    }
    panic!("what was planted is not found");
}

/// Told by whoever fails.
fn seed() -> u64 {
    std::env::var("HISTORY_SEED").map_or_else(
        |_| {
            let seed = u64::from_le_bytes(
                session_core::SessionId::generate().unwrap().as_bytes()[..8].try_into().unwrap(),
            );
            println!("HISTORY_SEED={seed}");
            seed
        },
        |seed| seed.parse().expect("HISTORY_SEED is a number"),
    )
}
