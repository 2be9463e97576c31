#!/bin/sh
# testing/base-images.sh REDIS_SERVER: what stands for the images that deploy/ names where no registry is at hand. Each is
# Debian 13 under the name of the official one, with what is used of it: this machine's own Rust; HAProxy as Debian packages
# it; and the Redis that is given, with Debian's redis-cli. `docker` is that of the engine that is to have them.
set -eu
export redis_server="$1"
tree="$(mktemp)"
trap 'rm -f "$tree"' EXIT

# Debian's `stable`, which is 13, from where this machine has its packages. Whom this machine trusts, the image trusts:
# what is built in it is fetched from the same places.
debian() {
    # shellcheck disable=SC2016
    from="$(apt-get indextargets 'Created-By: Packages' 'Label: Debian' --format '$(REPO_URI)' | head -n 1)"
    # shellcheck disable=SC2016
    mmdebstrap --quiet --variant=minbase "$@" \
        --customize-hook='mkdir -p "$1/etc/ssl/certs" && cp /etc/ssl/certs/ca-certificates.crt "$1/etc/ssl/certs/"' \
        stable "$tree" "$from"
}

is_there() {
    docker image inspect "$1" >/dev/null 2>&1
}

if ! is_there docker.io/library/rust:1.95-trixie; then
    export rustup_home="${RUSTUP_HOME:-$HOME/.rustup}" cargo_home="${CARGO_HOME:-$HOME/.cargo}"
    # shellcheck disable=SC2016
    debian --include=ca-certificates,gcc,libc6-dev --format=tar \
        --customize-hook='mkdir -p "$1/usr/local/rustup" "$1/usr/local/cargo"' \
        --customize-hook='tar -C "$rustup_home" --exclude=share/doc --exclude="nightly-*" --exclude=./tmp --exclude=./downloads -c . | tar -C "$1/usr/local/rustup" -x' \
        --customize-hook='tar -C "$cargo_home" -c bin | tar -C "$1/usr/local/cargo" -x'
    docker import \
        --change 'ENV RUSTUP_HOME=/usr/local/rustup CARGO_HOME=/usr/local/cargo' \
        --change 'ENV PATH=/usr/local/cargo/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
        "$tree" docker.io/library/rust:1.95-trixie
fi

if ! is_there docker.io/library/haproxy:3.0; then
    debian --include=haproxy --format=tar
    docker import --change 'USER haproxy' \
        --change 'CMD ["haproxy", "-W", "-db", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]' \
        "$tree" docker.io/library/haproxy:3.0
fi

if ! is_there docker.io/library/redis:8.2; then
    # shellcheck disable=SC2016
    debian --include=libstdc++6,redis-tools --format=tar \
        --customize-hook='cp "$redis_server" "$1/usr/local/bin/redis-server"' \
        --customize-hook='chroot "$1" sh -c "id redis >/dev/null 2>&1 || useradd --system redis; mkdir -p /data; chown redis /data"'
    docker import --change 'VOLUME /data' --change 'WORKDIR /data' "$tree" docker.io/library/redis:8.2
fi
