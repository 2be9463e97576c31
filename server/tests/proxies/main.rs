//! The recipes of `examples/forward-auth`, each in the proxy that it is for, between clients and a server with an
//! application beside it. All of them are real.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod applications;
mod client;
#[path = "../command_line/machine.rs"]
#[allow(dead_code, reason = "made for the tests of the command line, which need more of it")]
mod machine;
mod passing;
mod proxy;
mod refusals;
mod sign_in;
mod site;
mod spoofing;
mod streams;
mod verification;

/// A test of each story on each proxy.
macro_rules! on_every_proxy {
    ($($story:ident),+ $(,)?) => {
        mod nginx { $crate::on_proxy!(Nginx: $($story),+); }
        mod caddy { $crate::on_proxy!(Caddy: $($story),+); }
        mod envoy { $crate::on_proxy!(Envoy: $($story),+); }
        mod haproxy { $crate::on_proxy!(HaProxy: $($story),+); }
        mod traefik { $crate::on_proxy!(Traefik: $($story),+); }
    };
}

macro_rules! on_proxy {
    ($kind:ident: $($story:ident),+) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        #[ignore = "wants proxies: cargo xtask test proxies"]
        async fn $story() {
            super::$story($crate::proxy::Kind::$kind).await;
        }
    )+ };
}

pub(crate) use {on_every_proxy, on_proxy};
