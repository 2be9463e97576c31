//! The server from outside: real HTTP on a loopback port, on every store. One file for each story.

#![allow(clippy::unwrap_used, reason = "a test that panics has said what it had to say")]

mod client;
mod document;
mod fleet;
#[cfg(feature = "page")]
mod markup;
mod moody_store;

mod clocks;
mod devices;
mod events;
mod faults;
mod forward_auth;
mod headers;
mod hostile_clients;
mod known_devices;
mod log_in;
mod log_out;
mod management;
mod openapi;
mod own_routes;
#[cfg(feature = "page")]
mod page;
mod renewals;
mod revocation_feed;
mod revocations;
mod same_site;
mod secrecy;
mod session;
mod session_data;
mod shares;
mod statement_cookie;

/// Makes a test of each function for each store: `on_every_store!(a_story, another_story);`
macro_rules! on_every_store {
    ($($story:ident),+ $(,)?) => {
        mod on_the_embedded_store {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $story() {
                super::$story(crate::fleet::Fleet::on_the_embedded_store().await).await;
            })+
        }

        mod on_redis {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $story() {
                super::$story(crate::fleet::Fleet::on_redis().await).await;
            })+
        }
    };
}
pub(crate) use on_every_store;
