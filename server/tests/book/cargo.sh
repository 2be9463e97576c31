#!/bin/sh
# What a reader types of cargo. It is the real one, at the top of the checkout, but for `cargo xtask run`, as in README.md:
# all is built, so this is what its task does from there on (xtask/src/serve.rs), in the background and with its log in
# a file, as the page leaves it out and goes on in another terminal.
set -eu
if [ "$*" != "xtask run" ]; then
    cd "$CHECKOUT"
    exec "$CARGO" "$@"
fi
password=$(openssl rand -base64 15 | tr '+/' '-_')
echo "$password" | session-server user add demo --password-stdin
echo "sign in as demo with the password $password (shown only now)"
SESSION_PAGE_DEVELOPER=on session-server serve 2> log &
until curl -sf http://127.0.0.1:8080/livez; do sleep 0.1; done
