#!/bin/sh
# deploy/build-static.sh DIRECTORY: puts there what the image holds, which is a server that is linked to nothing, with
# the page inside, and an empty directory for its data.
#
# The Containerfile calls this, and so does `cargo xtask test image`, which needs no container engine.
set -eu
cd "$(dirname "$0")/.."

# The machine's own kind: an image for another is built on such a machine, or by an engine that emulates one.
target="$(uname -m)-unknown-linux-musl"
rustup target add "$target"

cargo xtask web
cargo build --locked --release --package session-server --features page --target "$target"

mkdir -p "$1/data"
cp "${CARGO_TARGET_DIR:-target}/$target/release/session-server" "$1/"
