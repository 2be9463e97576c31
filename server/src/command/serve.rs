use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use session_core::KeyRing;
use session_server::store::Store;
use session_server::store::embedded::EmbeddedStore;
use session_server::store::redis::RedisStore;
use session_server::{
    App, Clock, HashingPool, Logins, Sessions, SystemClock, TrustedProxies, UsersFile, routes, serve,
};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use super::settings::{LogFormat, Settings};
use super::{Result, keys, make_parent};

/// How long a start waits for the store; a connection takes milliseconds.
const STORE_PATIENCE: Duration = Duration::from_secs(1);
const STORE_POLL: Duration = Duration::from_millis(5);

pub(super) fn run(settings: &Settings) -> Result {
    start_log(settings)?;
    raise_file_limit();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve_until_signal(settings))
}

async fn serve_until_signal(settings: &Settings) -> Result {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let listener = TcpListener::bind(settings.listen).await;
    let listener = listener.map_err(|error| format!("cannot listen on {}: {error}", settings.listen))?;
    let address = listener.local_addr()?;
    // Looked at before the store makes its file.
    let has_sessions = has_sessions(&settings.store);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = open_store(&settings.store, &clock)?;
    let ring = load_or_create_keys(&settings.keys, has_sessions)?;
    wait_for(&*store).await;
    let app = Arc::new(app(settings, store, clock, &ring, format!("http://{address}"))?);
    tracing::info!(%address, origin = app.public_origin, "serving");
    println!("serving on http://{address}");
    let signalled = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    serve(listener, Arc::clone(&app), routes(&app), settings.limits(), signalled).await;
    Ok(())
}

fn app(
    settings: &Settings,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    ring: &KeyRing,
    own_origin: String,
) -> Result<App> {
    let public_origin = settings.public_origin.clone().unwrap_or(own_origin);
    make_parent(&settings.users)?;
    let users = Arc::new(UsersFile::new(settings.users.clone()));
    if users.names()?.is_empty() {
        tracing::warn!("there are no users yet; add one with `session-server user add NAME`");
    }
    let hashing = HashingPool::new(settings.hashing_limits());
    let logins =
        Logins::new(users, Arc::clone(&store), hashing, settings.attempt_limits(), settings.password_cost)?;
    let sessions = Sessions::new(
        Arc::clone(&store),
        clock,
        ring.cookie_keys(settings.cookie_name.clone())?,
        ring.statement_signer()?,
        public_origin.clone(),
        settings.timeouts()?,
    );
    Ok(App {
        sessions,
        logins,
        store,
        public_keys: ring.statement_keys()?.to_json(),
        public_origin,
        same_site: settings.same_site(),
        statement_cookie: settings.statement_cookie(),
        reauthenticate_within: settings.reauthenticate_within,
        trusted_proxies: TrustedProxies::new(settings.trusted_proxies.clone()),
        draining: AtomicBool::new(false),
    })
}

fn open_store(url: &str, clock: &Arc<dyn Clock>) -> Result<Arc<dyn Store>> {
    match url.split_once(':') {
        Some(("embedded", directory)) if !directory.is_empty() => {
            Ok(Arc::new(EmbeddedStore::open(Path::new(directory), Arc::clone(clock))?))
        }
        Some(("redis", _)) => Ok(Arc::new(RedisStore::open(url, Arc::clone(clock))?)),
        // The URL may hold a password, so it is not repeated.
        _ => Err("store is not `embedded:DIRECTORY` or `redis://HOST:PORT`".into()),
    }
}

/// Waits a moment for the store, so that the first request finds it; a store that is down keeps no
/// server from starting.
async fn wait_for(store: &dyn Store) {
    let available = async {
        while !store.is_available() {
            tokio::time::sleep(STORE_POLL).await;
        }
    };
    if tokio::time::timeout(STORE_PATIENCE, available).await.is_err() {
        tracing::warn!("session store is not there yet: requests that need it get a 503");
    }
}

/// Whether a store on this machine has been here before; of Redis that cannot be said.
fn has_sessions(store: &str) -> bool {
    let directory = store.strip_prefix("embedded:").map(Path::new);
    directory.is_some_and(|directory| directory.join("sessions.redb").exists())
}

/// The key ring. It is made at the first start, and only then: a new one ends every session.
fn load_or_create_keys(path: &Path, has_sessions: bool) -> Result<KeyRing> {
    if path.exists() || has_sessions {
        return keys::load(path);
    }
    let ring = keys::create(path)?;
    let shown = path.display();
    tracing::warn!("made a new key ring at {shown}: every server on the same store needs a copy of it");
    Ok(ring)
}

fn start_log(settings: &Settings) -> Result {
    let filter = EnvFilter::try_new(&settings.log)
        .map_err(|_| "log filter is not one that `tracing-subscriber` understands, such as `info`")?;
    let colours = std::io::stderr().is_terminal();
    let log =
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr);
    match settings.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
    Ok(())
}

/// Each connection is a file descriptor, and the usual limit of 1,024 is far below ours.
fn raise_file_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Without it fewer connections are accepted at a time, and no other harm is done.
    let _ = setrlimit(Resource::Nofile, limit);
}
