//! The suite of the contract on the stores that come with it, and then what only one of them can get
//! wrong.

#![allow(clippy::unwrap_used, reason = "a test that panics has said what it had to say")]

mod embedded;
mod events;
mod harness;
mod history;
mod kill_loop;
mod map;
mod near_cache;
mod redis;
mod redis_cluster;
mod redis_faults;
mod redis_sentinel;
mod redis_strict;
mod redis_tls;

mod embedded_store {
    session_engine::store_contract!(crate::harness::Embedded);
}

mod redis_store {
    session_engine::store_contract!(crate::harness::OnRedis);
}

mod redis_cluster_store {
    session_engine::store_contract!(crate::harness::OnCluster);
}
