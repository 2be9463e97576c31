#!/bin/bash
# Makes a session server of a fresh instance (Amazon Linux 2023: aws, curl and systemd are there). The template
# hands over what differs between stacks, as variables. With the argument `secrets` it only fetches these anew.
set -euo pipefail
umask 077

# Another place than /, for tests.
root=${ROOT:-}
user=${RUN_AS:-session-server}
binary=$root/usr/local/bin/session-server
settings=$root/etc/session-server/settings.toml
# The service may write there, since it strengthens hashes in the users file.
data=$root/var/lib/session-server

fail() {
    echo "start: $1" >&2
    exit 1
}

main() {
    if [ "${1:-}" = secrets ]; then
        fetch_secrets
        systemctl reload session-server
        return
    fi
    trap 'tell_stack $?' EXIT
    # The names of endpoints that are as new as this instance may not be known yet.
    export AWS_RETRY_MODE=standard AWS_MAX_ATTEMPTS=8
    install -d -m 0755 "$root/usr/local/bin" "$root/usr/local/sbin" "$root/etc/systemd/system" "${settings%/*}"
    id "$user" >/dev/null 2>&1 || useradd --system --user-group --no-create-home --shell /sbin/nologin "$user"
    install -d -m 0700 -o "$user" "$data"
    install -m 0700 "$0" "$root/usr/local/sbin/session-server-start"
    fetch_binary
    fetch_secrets
    write_settings
    install_unit
    systemctl daemon-reload
    systemctl enable session-server
    systemctl restart session-server
    wait_until_ready
}

fetch_binary() {
    local fetched=$binary.fetched found
    aws s3api get-object --bucket "$BINARY_BUCKET" --key "$BINARY_KEY" --version-id "$BINARY_VERSION" \
        "$fetched" >/dev/null || fail "s3://$BINARY_BUCKET/$BINARY_KEY cannot be read"
    found=$(sha256sum "$fetched" | cut -d ' ' -f 1)
    if [ "$found" != "$BINARY_SHA256" ]; then
        rm "$fetched"
        fail "s3://$BINARY_BUCKET/$BINARY_KEY has the SHA-256 $found, expected $BINARY_SHA256"
    fi
    chmod 0755 "$fetched"
    # By renaming: a program that runs cannot be written to.
    mv -fT "$fetched" "$binary"
}

fetch_secrets() {
    fetch_secret "$REDIS_PASSWORD_SECRET" redis-password
    fetch_secret "$KEYS_SECRET" keys.json
    fetch_secret "$USERS_SECRET" users
}

# From the secret to the file without passing a command line or a variable.
fetch_secret() {
    # Beside the directory: in it, the service could have put a link in the way of root.
    local fetched=$data.$2
    aws secretsmanager get-secret-value --secret-id "$1" --query SecretString --output text >"$fetched" ||
        fail "secret $1 cannot be read"
    chown "$user" "$fetched"
    # A server that reads meanwhile finds the old file or the new one, and never a half.
    mv -fT "$fetched" "$data/$2"
}

# What is not here is as the server has it by default.
write_settings() {
    cat >"$settings" <<TOML
listen = "$LISTEN"
public-origin = "$PUBLIC_ORIGIN"
trusted-proxies = "$TRUSTED_PROXIES"
store = "$STORE"
redis-password-file = "$data/redis-password"
durability = "$DURABILITY"
keys = "$data/keys.json"
users = "$data/users"
drain-delay = "15s"
log-format = "json"
TOML
    chmod 0644 "$settings"
}

install_unit() {
    local unit=$root/etc/systemd/system/session-server.service
    cat >"$unit" <<'UNIT'
[Unit]
Description=Logins and sessions for web applications
Documentation=https://docs.rs/session-server
After=network-online.target nss-lookup.target
Wants=network-online.target

[Service]
Type=exec
# Made by sysusers.conf beside this file. A user that lasts, so that `session-server user` and `keys` can be run as it.
User=session-server
Group=session-server
ExecStart=/usr/local/bin/session-server serve --config /etc/session-server/settings.toml
# Reads the key ring and the management tokens again. Credentials (LoadCredential=) would stay what they were at the
# start, so secrets are files that this user can read.
ExecReload=/bin/kill -HUP $MAINPID
Restart=on-failure
RestartSec=1

# The first signal drains, and nothing else is sent until drain-delay and drain-timeout are over.
KillSignal=SIGTERM
KillMode=mixed
TimeoutStopSec=45

# One for each connection (max-connections), and some for Redis and files. The server takes all that it may.
LimitNOFILE=16384

# The key ring, the users and the embedded store.
StateDirectory=session-server
StateDirectoryMode=0700
WorkingDirectory=/var/lib/session-server
UMask=0077

CapabilityBoundingSet=
AmbientCapabilities=
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
PrivateUsers=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProcSubset=pid
PrivateIPC=yes
PrivateMounts=yes
RemoveIPC=yes
# Clients, Redis, and Redis by a socket of this machine.
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
KeyringMode=private
DevicePolicy=closed
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
# Threads that hash passwords give way to those that check sessions.
SystemCallFilter=setpriority
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
UNIT
    # Only when draining is over: 15 s of delay, and 30 s for what is running.
    install -d -m 0755 "$unit.d"
    printf '[Service]\nTimeoutStopSec=60s\n' >"$unit.d/drain.conf"
    chmod 0644 "$unit" "$unit.d/drain.conf"
}

wait_until_ready() {
    local url="http://127.0.0.1:${LISTEN##*:}/readyz"
    for _ in {1..60}; do
        if curl --silent --fail --max-time 1 --output /dev/null "$url"; then
            echo "start: the server is ready"
            return
        fi
        sleep 1
    done
    fail "the server is not ready; \`journalctl --unit session-server\` says why"
}

# An update goes on to the next server, or back, by what it is told. At other times nobody waits to be told, and
# the call is refused.
tell_stack() {
    local status=FAILURE instance
    [ "$1" -ne 0 ] || status=SUCCESS
    instance=$(<"$root/var/lib/cloud/data/instance-id")
    aws cloudformation signal-resource --stack-name "$STACK" --logical-resource-id Servers \
        --unique-id "$instance" --status "$status" || echo "start: the stack was not told of the $status" >&2
}

main "$@"
