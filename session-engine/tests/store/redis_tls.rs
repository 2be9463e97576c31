//! A Redis behind TLS, and secrets that are replaced while servers run (R47, F17, F18).

use std::sync::Arc;
use std::time::Duration;

use session_engine::SystemClock;
use session_engine::store::redis::{OpenError, RedisSettings, RedisStore};
use session_engine::store::testing::entry_of;
use session_engine::store::{Documents, Freshness, Unavailable};
use session_testing::{Authority, RedisServer, Sentinel};

use super::harness::until_available;

/// Longer than several dials take.
const SEVERAL_DIALS: Duration = Duration::from_secs(2);

/// R47: by an authority of one's own.
#[tokio::test]
async fn a_redis_behind_tls_is_reached_by_who_trusts_its_authority() {
    let authority = Authority::new("ours");
    for (host, certificate) in
        [("127.0.0.1", authority.issue("127.0.0.1")), ("localhost", authority.issue("localhost"))]
    {
        let (_redis, port) = RedisServer::start_with_tls(&certificate, None);
        let store =
            open(&RedisSettings::new(&url(host, port)).certificate_authority(authority.certificate()));
        until_available(&store).await;
        assert_eq!(store.load(entry_of("alice").id, Freshness::Confirmed, None).await, Ok(None));
    }
}

/// R47, F18: another authority, another host, out of date, or in clear.
#[tokio::test]
async fn who_cannot_prove_to_be_redis_is_told_nothing() {
    let (authority, other) = (Authority::new("ours"), Authority::new("another's"));
    let good = authority.issue("127.0.0.1");
    let wrong =
        [other.issue("127.0.0.1"), authority.issue("192.0.2.1"), authority.issue_expired("127.0.0.1")];
    let mut servers: Vec<_> = wrong.iter().map(|own| RedisServer::start_with_tls(own, None)).collect();
    // And one that speaks in clear where TLS is expected: nobody falls back to that.
    let (plain, _) = RedisServer::start_with_tls(&good, None);
    let port = plain.port();
    servers.push((plain, port));
    for (redis, port) in &servers {
        let greeted = |redis: &RedisServer| redis.commandstats().get("hello").copied().unwrap_or_default();
        let settings = RedisSettings::new(&format!("rediss://sessions:secret@127.0.0.1:{port}"));
        let before = greeted(redis);
        let store = open(&settings.certificate_authority(authority.certificate()));
        tokio::time::sleep(SEVERAL_DIALS).await;
        assert!(!store.is_available());
        assert_eq!(store.load(entry_of("alice").id, Freshness::Confirmed, None).await, Err(Unavailable));
        assert_eq!(greeted(redis), before, "no password was sent");
    }
}

/// R47: and a stranger without one is not let in.
#[tokio::test]
async fn a_redis_that_knows_its_clients_is_shown_a_certificate() {
    let (authority, clients) = (Authority::new("ours"), Authority::new("clients"));
    let (_redis, port) = RedisServer::start_with_tls(&authority.issue("127.0.0.1"), Some(&clients));
    let settings =
        || RedisSettings::new(&url("127.0.0.1", port)).certificate_authority(authority.certificate());
    let stranger = open(&settings());
    let ours = clients.issue("sessions.example");
    let store = open(&settings().client_certificate(&ours.certificate, &ours.key));
    until_available(&store).await;
    assert_eq!(store.load(entry_of("alice").id, Freshness::Confirmed, None).await, Ok(None));
    assert!(!stranger.is_available());
}

/// R47, F18. Whoever is told of by a sentinel or by a node has to prove who it is, as these have.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sentinels_and_clusters_are_behind_tls_as_well() {
    let authority = Authority::new("ours");
    let issued = authority.issue("127.0.0.1");
    let (_primary, port) = RedisServer::start_with_tls(&issued, None);
    let sentinel = Sentinel::watch_with_tls(port, &issued, &authority);
    let (_node, node) = RedisServer::start_cluster_with_tls(&issued);
    let sentinels = format!("127.0.0.1:{}/{}", sentinel.port(), Sentinel::NAME);
    for url in [format!("rediss+sentinel://{sentinels}"), format!("rediss+cluster://127.0.0.1:{node}")] {
        let trusting = RedisSettings::new(&url).certificate_authority(authority.certificate());
        let store = open(&trusting);
        until_available(&store).await;
        assert_eq!(store.load(entry_of("alice").id, Freshness::Confirmed, None).await, Ok(None), "{url}");
        let stranger = Authority::new("another's");
        let store = open(&RedisSettings::new(&url).certificate_authority(stranger.certificate()));
        tokio::time::sleep(SEVERAL_DIALS).await;
        assert!(!store.is_available(), "{url}");
    }
}

/// R47, R73, F17: what is replaced in a file holds from the next connection on.
#[tokio::test]
async fn a_new_password_and_a_new_authority_need_no_restart() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    let (old, new) = (Authority::new("old"), Authority::new("new"));
    let (redis, port) = RedisServer::start_with_tls(&new.issue("127.0.0.1"), None);
    let set = |password: &str| {
        let rule = format!(">{password}");
        let _: String = redis.run(&["ACL", "SETUSER", "sessions", "reset", "on", &rule, "~*", "+@all"]);
    };
    set("first");
    std::fs::write(at("password"), "first\nand a second line\n").unwrap();
    std::fs::copy(old.certificate(), at("ca")).unwrap();
    let settings = RedisSettings::new(&format!("rediss://sessions@127.0.0.1:{port}"));
    let store = open(&settings.password_file(at("password")).certificate_authority(at("ca")));
    tokio::time::sleep(SEVERAL_DIALS).await;
    assert!(!store.is_available(), "the old authority does not vouch for it");
    std::fs::copy(new.certificate(), at("ca")).unwrap();
    until_available(&store).await;

    set("second");
    std::fs::write(at("password"), "second\n").unwrap();
    let killed: u64 = redis.run(&["CLIENT", "KILL", "USER", "sessions"]);
    assert!(killed > 0);
    let id = entry_of("alice").id;
    let again = async {
        while store.load(id, Freshness::Confirmed, None).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), again).await.expect("the new password is taken");
}

/// R64: which file, and what it lacks.
#[tokio::test]
async fn what_is_wrong_with_a_file_is_told_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    std::fs::write(at("empty"), "\n").unwrap();
    let authority = Authority::new("ours");
    let issued = authority.issue("client");
    let tls = || RedisSettings::new("rediss://127.0.0.1:1");
    let refused = |settings: RedisSettings| RedisStore::open(&settings, Arc::new(SystemClock)).err().unwrap();
    let told = |settings: RedisSettings| refused(settings).to_string();
    let missing = |what: &str, name: &str| format!("{what} of redis, `{}`: No such file", at(name).display());
    assert!(told(tls().password_file(at("none"))).starts_with(&missing("password file", "none")));
    assert!(told(tls().password_file(at("empty"))).ends_with("it has no first line"));
    assert!(
        told(tls().certificate_authority(at("none"))).starts_with(&missing("certificate authority", "none"))
    );
    assert!(told(tls().certificate_authority(at("empty"))).ends_with("it has no certificate in PEM"));
    let without_key = told(tls().client_certificate(&issued.certificate, at("none")));
    assert!(without_key.starts_with(&missing("key of the client certificate", "none")), "{without_key}");
    let no_key = refused(tls().client_certificate(&issued.certificate, &issued.certificate));
    assert!(matches!(no_key, OpenError::Certificates(_)), "{no_key:?}");
    let plain = RedisSettings::new("redis://127.0.0.1:1").certificate_authority(authority.certificate());
    assert_eq!(refused(plain), OpenError::NoTls);
}

fn open(settings: &RedisSettings) -> RedisStore {
    RedisStore::open(settings, Arc::new(SystemClock)).unwrap()
}

fn url(host: &str, port: u16) -> String {
    format!("rediss://{host}:{port}")
}
