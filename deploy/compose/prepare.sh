#!/bin/sh
# Makes what compose.yaml mounts, and leaves alone what is there: a key ring, a password for Redis, and its users.
#
# Whoever has the program itself need not run it in a container: compose/prepare.sh session-server
set -eu
cd "$(dirname "$0")"
umask 077
mkdir -p data secrets

# The containers run as this user, who owns the files: they are mounted as they are.
user="$(id -u):$(id -g)"
if [ "$(id -u)" = 0 ]; then
    user=65532:65532
    chown "$user" data
fi
grep -qs '^RUN_AS=' ../.env || echo "RUN_AS=$user" >>../.env

if [ "$#" = 0 ]; then
    docker compose --file ../compose.yaml build session-server
    set -- docker compose --file ../compose.yaml run --rm --no-deps --no-TTY admin
else
    # What compose.yaml tells it in a container.
    export SESSION_STORE=redis://sessions@redis:6379
    export SESSION_REDIS_PASSWORD_FILE=secrets/redis-password
    export SESSION_KEYS=data/keys.json
fi

if [ ! -e secrets/redis-password ]; then
    openssl rand -base64 33 >secrets/redis-password.new
    chown "$user" secrets/redis-password.new
    mv secrets/redis-password.new secrets/redis-password
fi
# Of the password it has the hash alone, and a user of its own reads it in the container.
{
    # For the health check.
    echo "user default on nopass -@all +ping"
    "$@" acl
} >secrets/redis-users.new
chmod 0444 secrets/redis-users.new
mv secrets/redis-users.new secrets/redis-users

if [ ! -e data/keys.json ]; then
    "$@" keys new
    # In a container it is whose it should be by itself.
    [ "$(id -u)" != 0 ] || chown "$user" data/keys.json
fi
