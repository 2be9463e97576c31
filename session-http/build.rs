//! Says what to do when the page is to be served and was not built.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=page");
    let wants_page = std::env::var_os("CARGO_FEATURE_PAGE").is_some();
    if wants_page && !Path::new("page/index.html").exists() {
        println!(
            "cargo::error=the feature `page` needs the built page in `session-http/page/`: \
             run `cargo xtask web` first (a published crate has it)"
        );
    }
}
