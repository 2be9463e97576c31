use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use session_testing::{RedisServer, without_entropy};
use tokio::task::JoinSet;

use crate::machine::{Login, Machine, Server};

const KEYS: &str = "session-data/keys.json";

/// R5, R62: made whole or not at all.
#[test]
fn a_new_key_ring_is_for_its_owner_alone_and_never_replaces_another() {
    let machine = Machine::new();
    let said = machine.run(&["keys", "new"]).expect_success();
    assert_eq!(said, "key ring made: session-data/keys.json\n");
    assert_eq!(machine.mode(KEYS), 0o600);
    assert_eq!(machine.mode("session-data"), 0o700);
    let before = machine.read(KEYS);
    let message = machine.run(&["keys", "new"]).expect_refusal();
    assert!(message.starts_with("key ring `session-data/keys.json` cannot be made: "), "{message}");
    assert_eq!(machine.read(KEYS), before);

    machine.run(&["keys", "new", "--keys", "elsewhere/ring.json"]).expect_success();
    assert_eq!(machine.mode("elsewhere/ring.json"), 0o600);
    assert_ne!(machine.read("elsewhere/ring.json"), before, "each ring has keys of its own");
}

/// R1: whoever gets no random bytes makes nothing of others, and says so.
#[test]
fn without_randomness_no_key_is_made_and_nothing_is_served() {
    let machine = Machine::new();
    let refused = |arguments: &[&str], expected: &str| {
        let outcome = machine.run_with(arguments, without_entropy);
        assert!(outcome.stderr.trim_end().ends_with(expected), "{arguments:?}: {outcome:?}");
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(1), ""), "{arguments:?}");
    };
    let (new, serve) = (["keys", "new"], ["serve", "--listen", "127.0.0.1:0"]);
    let unavailable = "the system's random number generator is unavailable";
    refused(&new, unavailable);
    refused(&serve, unavailable);
    assert!(!machine.path(KEYS).exists());
    // Nor could a server that has keys make a session.
    machine.run(&new).expect_success();
    let before = machine.read(KEYS);
    refused(&["keys", "add", "cookie"], unavailable);
    refused(&serve, unavailable);
    assert_eq!(machine.read(KEYS), before);
}

/// R64: as orchestrators mount secrets.
#[tokio::test]
async fn a_key_ring_is_taken_as_it_is_mounted_unless_others_can_write_it() {
    let machine = Machine::new();
    machine.run(&["keys", "new"]).expect_success();
    for mode in [0o620, 0o602, 0o666] {
        machine.set_mode(KEYS, mode);
        let message = machine.run(&["serve", "--listen", "127.0.0.1:0"]).expect_refusal();
        let expected = "key ring `session-data/keys.json` can be written by others than its owner; run `chmod go-w` on it";
        assert_eq!(message, expected);
    }
    for (mode, is_warned_of) in [(0o440, false), (0o640, false), (0o444, true)] {
        machine.set_mode(KEYS, mode);
        machine.serve(&[]).await.terminate().await;
        let warned = machine.read("log").contains("can be read by every user of this machine");
        assert_eq!(warned, is_warned_of, "{mode:o}");
    }
}

/// R5, R39: the server does not start, and tells nothing of the key.
#[test]
fn a_key_ring_that_is_weak_or_wrong_is_refused_in_one_sentence_without_a_key() {
    let machine = Machine::new();
    machine.run(&["keys", "new"]).expect_success();
    let good = machine.read(KEYS);
    let key = |bytes: &[u8]| Value::from(URL_SAFE_NO_PAD.encode(bytes));
    let short: Vec<u8> = (1..=31).collect();
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut ring: Value = serde_json::from_str(&good).unwrap();
        change(&mut ring);
        ring.to_string()
    };
    let repeat = |part: &str| {
        changed(&|ring| {
            let keys = ring[part]["keys"].as_array_mut().unwrap();
            keys.push(keys[0].clone());
        })
    };
    let rings = [
        (
            changed(&|ring| ring["cookie"]["keys"][0]["k"] = key(&short)),
            "key `c1` is refused: key secret has 31 bytes, expected at least 32",
        ),
        (
            changed(&|ring| ring["cookie"]["keys"][0]["k"] = key(&[0; 32])),
            "key `c1` is refused: key secret is one byte repeated, expected random bytes",
        ),
        (
            changed(&|ring| ring["statement"]["keys"][0]["d"] = key(&[0; 32])),
            "key `s1` is refused: key secret is one byte repeated, expected random bytes",
        ),
        (
            changed(&|ring| ring["statement"]["keys"][0]["d"] = key(&short)),
            "key `s1` is not well-formed, expected canonical base64url of a key and its own public half",
        ),
        (
            changed(&|ring| ring["cookie"]["keys"][0]["k"] = Value::from("keyboard cat")),
            "key `c1` is not well-formed, expected canonical base64url of a key and its own public half",
        ),
        (repeat("cookie"), "key ID `c1` is used twice, expected each once"),
        (repeat("statement"), "key ID `s1` is used twice, expected each once"),
        (
            changed(&|ring| ring["cookie"]["signing"] = Value::from("c2")),
            "signing key is not among the listed keys",
        ),
        (good[..good.len() / 2].to_owned(), "keys are not the expected JSON document, at line "),
        (String::new(), "keys are not the expected JSON document, at line "),
    ];
    for (ring, expected) in rings {
        machine.write(KEYS, &ring);
        let message = machine.run(&["serve", "--listen", "127.0.0.1:0"]).expect_refusal();
        let start = format!("key ring `session-data/keys.json`: {expected}");
        assert!(message.starts_with(&start), "{message}");
        // Every text of the file that is long enough to be a key, or a part of one.
        let mut texts = ring.split('"').filter(|text| text.len() >= 12 && !expected.contains(text));
        let leaked = texts.find(|text| message.contains(*text));
        assert_eq!(leaked, None, "{message}");
    }
}

#[test]
fn a_missing_key_ring_is_not_replaced_while_there_are_sessions() {
    let machine = Machine::new();
    for store in ["session-data", "elsewhere"] {
        std::fs::create_dir_all(machine.path(store)).unwrap();
        machine.write(&format!("{store}/sessions.redb"), "");
        let url = format!("embedded:./{store}");
        let message = machine.run(&["serve", "--listen", "127.0.0.1:0", "--store", &url]).expect_refusal();
        assert!(message.starts_with("key ring `session-data/keys.json` is missing: "), "{message}");
        assert!(!machine.path(KEYS).exists());
        std::fs::remove_file(machine.path(&format!("{store}/sessions.redb"))).unwrap();
    }
}

/// R8, R73: over the commands and a server that goes on serving.
#[tokio::test]
async fn keys_are_rotated_while_serving_and_nobody_is_logged_out() {
    let machine = Machine::with_alice();
    let server = machine.serve(&[]).await;
    let old = server.log_in("alice").await;
    let said = machine.run(&["keys", "add", "cookie"]).expect_success();
    assert_eq!(said, "cookie key added: c2\n");
    let listed = "cookie  c1  signs and verifies\ncookie  c2  verifies\nstatement  s1  signs and verifies\n";
    assert_eq!(machine.run(&["keys", "list"]).expect_success(), listed);
    server.hang_up();
    assert_eq!(server.log_in("alice").await.cookie.split('.').nth(1), Some("c1"), "it does not sign yet");

    assert_eq!(machine.run(&["keys", "activate", "cookie", "c2"]).expect_success(), "cookie key signs: c2\n");
    server.hang_up();
    let new = until(&server, |login| login.cookie.split('.').nth(1) == Some("c2")).await;
    assert_eq!((server.status_of(&old).await, server.status_of(&new).await), (200, 200));

    assert_eq!(machine.run(&["keys", "retire", "cookie", "c1"]).expect_success(), "cookie key retired: c1\n");
    server.hang_up();
    while server.status_of(&old).await != 401 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(server.status_of(&new).await, 200);
    assert_eq!(machine.mode(KEYS), 0o600);

    machine.write(KEYS, "garbage");
    server.hang_up();
    assert_eq!(
        server.status_of(&new).await,
        200,
        "a file that cannot be read leaves the keys that there are"
    );
    server.log_in("alice").await;
}

/// Three servers, each with a copy of the first one's key ring.
async fn with_one_ring(redis: &RedisServer, flags: &[&str]) -> ([Machine; 3], [Server; 3]) {
    let machines = [(); 3].map(|()| Machine::with_alice());
    machines[0].run(&["keys", "new"]).expect_success();
    let (store, ring) = (redis.url(), machines[0].read(KEYS));
    let serve = async |machine: &Machine| {
        machine.write(KEYS, &ring);
        machine.serve(&[&["--store", &store], flags].concat()).await
    };
    let servers = [serve(&machines[0]).await, serve(&machines[1]).await, serve(&machines[2]).await];
    (machines, servers)
}

/// F25: three servers with copies of the key ring, which are replaced one after the other.
#[tokio::test]
async fn servers_whose_rings_are_replaced_in_turn_know_each_others_sessions() {
    let redis = RedisServer::start(&[]);
    let (machines, servers) = with_one_ring(&redis, &[]).await;
    let mut logins = Vec::new();
    for (step, number) in [(&["add", "cookie"][..], 1), (&["activate", "cookie", "c2"], 2)] {
        machines[0].run(&[&["keys"], step].concat()).expect_success();
        for (machine, server) in machines.iter().zip(&servers) {
            machine.write(KEYS, &machines[0].read(KEYS));
            server.hang_up();
            while machine.read("log").matches("key ring is read again").count() < number {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            for server in &servers {
                logins.push(server.log_in("alice").await);
            }
            for login in &logins {
                for server in &servers {
                    assert_eq!(server.status_of(login).await, 200, "{step:?}");
                }
            }
        }
    }
    let signed_by = |login: &Login| login.cookie.split('.').nth(1).unwrap().to_owned();
    let keys: BTreeSet<_> = logins.iter().map(signed_by).collect();
    assert_eq!(keys, ["c1", "c2"].map(str::to_owned).into());
}

/// F25, R8, R73: a whole rotation, which servers hear of at different moments, one by a signal and the others
/// by looking, while clients ask all of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "wants the machine to itself, or the store is late: cargo xtask test rust"]
async fn a_rotation_under_requests_logs_nobody_out() {
    const CLIENTS: usize = 8;
    const REQUESTS: usize = 10_000;
    let redis = RedisServer::start(&[]);
    let (machines, servers) = with_one_ring(&redis, &["--sessions-per-user", "1000"]).await;
    let servers = servers.map(Arc::new);
    let [rotations, asked, renewed] = [(); 3].map(|()| Arc::new(AtomicUsize::new(0)));
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let (servers, rotations, asked) = (servers.clone(), Arc::clone(&rotations), Arc::clone(&asked));
        let renewed = Arc::clone(&renewed);
        clients.spawn(async move {
            let mut login = servers[client % 3].log_in("alice").await;
            let mut has_new = false;
            for turn in client.. {
                let step = rotations.load(Ordering::Relaxed);
                // Before the old key goes, everybody who had a cookie of it has had to sign in again.
                if step >= 2 && !has_new {
                    login = servers[turn % 3].log_in("alice").await;
                    has_new = true;
                    renewed.fetch_add(1, Ordering::Relaxed);
                }
                assert_eq!(servers[turn % 3].status_of(&login).await, 200, "after step {step}");
                if asked.fetch_add(1, Ordering::Relaxed) >= REQUESTS && step == 4 {
                    return;
                }
            }
        });
    }
    let steps = [&["add", "cookie"][..], &["activate", "cookie", "c2"], &[], &["retire", "cookie", "c1"]];
    for (number, step) in steps.into_iter().enumerate() {
        if step.is_empty() {
            while renewed.load(Ordering::Relaxed) < CLIENTS {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        } else {
            machines[0].run(&[&["keys"], step].concat()).expect_success();
            for (machine, server) in machines.iter().zip(&servers) {
                let ring = machines[0].read(KEYS);
                let before = machine.read("log").matches("key ring is read again").count();
                machine.write(KEYS, &ring);
                if std::ptr::eq(server, &servers[1]) {
                    server.hang_up();
                }
                while machine.read("log").matches("key ring is read again").count() <= before {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            }
        }
        rotations.store(number + 1, Ordering::Relaxed);
    }
    clients.join_all().await;
    assert!(asked.load(Ordering::Relaxed) >= REQUESTS);
}

/// A signal takes a moment.
async fn until(server: &Server, is_so: impl Fn(&Login) -> bool) -> Login {
    loop {
        let login = server.log_in("alice").await;
        if is_so(&login) {
            return login;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// R8. Whatever was written later, the answer is on the safe side.
#[test]
fn status_says_when_an_old_key_may_go() {
    let machine = Machine::new();
    machine.run(&["keys", "new"]).expect_success();
    assert_eq!(
        machine.run(&["keys", "status"]).expect_success(),
        "cookie  c1  signs\nstatement  s1  signs\n"
    );
    for purpose in ["cookie", "statement"] {
        machine.run(&["keys", "add", purpose]).expect_success();
        machine.run(&["keys", "activate", purpose, &format!("{}2", &purpose[..1])]).expect_success();
    }
    // 2026-11-29T12:00:00Z
    let written = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_953_600);
    std::fs::File::options().append(true).open(machine.path(KEYS)).unwrap().set_modified(written).unwrap();
    let said = machine.run(&["keys", "status"]).expect_success();
    let expected = [
        "cookie  c2  signs",
        "cookie  c1  may be retired from 2026-11-30T00:00:00Z on",
        "statement  s2  signs",
        "statement  s1  may be retired from 2026-11-29T12:15:00Z on",
    ];
    assert_eq!(said.lines().collect::<Vec<_>>(), expected);
    machine.write("settings.toml", "absolute-timeout = \"1h\"\n");
    let said = machine.run(&["keys", "status", "--config", "settings.toml"]).expect_success();
    assert!(said.contains("c1  may be retired from 2026-11-29T13:00:00Z on"), "{said}");
}

#[test]
fn a_ring_is_never_left_without_the_key_that_signs() {
    let machine = Machine::new();
    let missing = machine.run(&["keys", "add", "cookie"]).expect_refusal();
    assert!(missing.starts_with("key ring `session-data/keys.json` is missing: "), "{missing}");
    machine.run(&["keys", "new"]).expect_success();
    let before = machine.read(KEYS);
    for (arguments, expected) in [
        (
            &["retire", "cookie", "c1"][..],
            "key `c1` is the one that signs, expected another to be activated first",
        ),
        (&["retire", "statement", "s7"], "there is no key `s7`"),
        (&["activate", "cookie", "c2"], "there is no key `c2`"),
        (&["add", "cookie", "--id", "c1"], "key ID `c1` is used twice, expected each once"),
    ] {
        let message = machine.run(&[&["keys"], arguments].concat()).expect_refusal();
        assert_eq!(message, expected, "{arguments:?}");
    }
    let purpose = machine.run(&["keys", "add", "cookies"]);
    assert_eq!(purpose.code, Some(2), "{purpose:?}");
    assert!(purpose.stderr.contains("expected `cookie` or `statement`"), "{purpose:?}");
    assert_eq!(machine.read(KEYS), before);
}

#[test]
fn keys_that_are_added_at_once_are_all_kept() {
    let machine = Machine::new();
    machine.run(&["keys", "new"]).expect_success();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| machine.run(&["keys", "add", "statement"]).expect_success());
        }
    });
    assert_eq!(machine.run(&["keys", "list"]).expect_success().lines().count(), 10);
}
