//! Applications that have sessions by this library: the examples, on warp and on axum, over real
//! HTTP. What is told of the one holds for the other.

#![allow(clippy::unwrap_used, reason = "a test that panics has said what it had to say")]
#![allow(clippy::duplicate_mod, reason = "each example is a program of its own")]

#[expect(dead_code, reason = "`main` is for whoever runs it")]
#[path = "../../examples/todo_axum.rs"]
mod todo_axum;
#[expect(dead_code, reason = "`main` is for whoever runs it")]
#[path = "../../examples/todo_warp.rs"]
mod todo_warp;

mod browser;
mod site;

mod cart;
mod devices;
mod limits;
mod own_answers;
#[cfg(feature = "page")]
mod page;
mod readme;
mod refusals;
mod sign_in;
mod todos;

/// Makes a test of each function for each framework: `on_both!(a_story, another_story);`
macro_rules! on_both {
    ($($story:ident),+ $(,)?) => {
        mod on_warp {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $story() {
                super::$story(crate::site::Site::of_the_warp_example().await).await;
            })+
        }

        mod on_axum {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $story() {
                super::$story(crate::site::Site::of_the_axum_example().await).await;
            })+
        }
    };
}
pub(crate) use on_both;
