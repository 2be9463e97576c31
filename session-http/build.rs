//! Says what to do when the page is to be served and was not built.

use std::path::Path;

fn main() {
    let wants_page = std::env::var_os("CARGO_FEATURE_PAGE").is_some();
    for (folder, file) in [("page", "index.html"), ("operations", "operations.html")] {
        println!("cargo::rerun-if-changed={folder}");
        if wants_page && !Path::new(folder).join(file).exists() {
            println!(
                "cargo::error=the feature `page` needs what is built into `session-http/{folder}/`: \
                 run `cargo xtask web` first (a published crate has it)"
            );
        }
    }
}
