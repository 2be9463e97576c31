use std::time::Duration;

use session_testing::RedisServer;

use crate::application::Library;
use crate::browser::Browser;
use crate::machine::{Machine, Server};

/// Nothing here takes so long, not even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Of the users of the application, which has numbers for them.
const ALICE: u32 = 42;

/// What the servers may do in Redis is what they are said to need (R46).
const USER: &str = "sessions";

/// An application as it was, a server of ours, and what both keep their sessions in.
pub(crate) struct Site {
    pub(crate) library: Library,
    pub(crate) application: Server,
    pub(crate) server: Server,
    pub(crate) redis: RedisServer,
    pub(crate) machine: Machine,
}

impl Site {
    pub(crate) async fn of(library: Library) -> Self {
        let (machine, redis) = (Machine::with_alice(), RedisServer::start(&[]));
        let line = machine.run(&["acl", "--legacy-sessions", library.name()]).expect_success();
        let (_, rules) = line.trim_end().split_once(" >PASSWORD ").unwrap();
        redis.add_user(USER, rules);
        let application = library.start(&machine, &redis).await;
        let server = serve(library, &machine, &redis).await;
        Self { library, application, server, redis, machine }
    }

    /// Another server of the same sessions.
    pub(crate) async fn another_server(&self) -> Server {
        serve(self.library, &self.machine, &self.redis).await
    }

    /// Alice's browser, in which she has signed in to the application.
    pub(crate) async fn alice(&self) -> Browser {
        let mut browser = Browser::default();
        browser.post(&self.application, &format!("/login/{ALICE}")).await.expect_status(204);
        assert!(browser.cookie(self.library.cookie_name()).is_some());
        assert_eq!(browser.get(&self.application, "/user").await.json, ALICE);
        browser
    }

    /// What Redis holds beside our own keys.
    pub(crate) fn legacy_keys(&self) -> Vec<String> {
        let ours = ["session:", "subject-", "revocations", "attempts:", "legacy-barred:", "events"];
        let mut keys: Vec<String> = self.redis.run(&["KEYS", "*"]);
        keys.retain(|key| !ours.iter().any(|prefix| key.starts_with(prefix)));
        keys
    }

    /// How many of ours there are.
    pub(crate) fn sessions(&self) -> usize {
        let keys: Vec<String> = self.redis.run(&["KEYS", "subject-sessions:*"]);
        keys.iter().map(|key| self.redis.run::<usize>(&["ZCARD", key])).sum()
    }
}

/// Waits for what is so in a moment.
pub(crate) async fn until(is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.expect("in time");
}

async fn serve(library: Library, machine: &Machine, redis: &RedisServer) -> Server {
    let (store, flags) = (redis.url_for(USER), library.flags(machine, redis));
    let mut all = vec!["--store", &store, "--trusted-proxies", "127.0.0.1", "--access-rules", "/open=public"];
    all.extend(flags.iter().map(String::as_str));
    machine.serve(&all).await
}
