//! Users of an application that another library has kept the sessions of, in the same Redis: each story with the real
//! library.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod application;
mod browser;
#[path = "../command_line/machine.rs"]
#[allow(dead_code, reason = "made for the tests of the command line, which need more of it")]
mod machine;
mod refusals;
mod site;
mod taking_over;

/// A test of each story with each library.
macro_rules! with_every_library {
    ($($story:ident),+ $(,)?) => {
        mod express { $crate::with_library!(Express: $($story),+); }
        mod tower { $crate::with_library!(Tower: $($story),+); }
        mod django { $crate::with_library!(Django: $($story),+); }
        mod django_redis { $crate::with_library!(DjangoRedis: $($story),+); }
    };
}

macro_rules! with_library {
    ($library:ident: $($story:ident),+) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        #[ignore = "wants other libraries: cargo xtask test migration"]
        async fn $story() {
            super::$story($crate::site::Site::of($crate::application::Library::$library).await).await;
        }
    )+ };
}

pub(crate) use {with_every_library, with_library};
