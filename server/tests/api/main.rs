//! The server from outside: real HTTP on a loopback port, on every store. One file for each story.

mod client;
mod fleet;

mod devices;
mod headers;
mod hostile_clients;
mod log_in;
mod log_out;
mod same_site;
mod secrecy;
mod session;
mod session_data;

/// Makes a test of each function for each store: `on_every_store!(a_story, another_story);`
macro_rules! on_every_store {
    ($($story:ident),+ $(,)?) => {
        mod on_the_embedded_store {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $story() {
                super::$story(crate::fleet::Fleet::on_the_embedded_store().await).await;
            })+
        }
    };
}
pub(crate) use on_every_store;
