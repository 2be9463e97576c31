use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::OptionFuture;
use session_core::KeyRing;
use session_engine::store::Store;
use session_engine::{Clock, Events, Keys, SystemClock, UsersFile};
use session_http::{App, AppBuilder, Lifecycle, RequestLog, TrustedProxies, serve};
use tokio::signal::unix::{SignalKind, signal};

use crate::data_files::make_parent;
use crate::management::ManagementListener;
use crate::metrics::Metrics;
use crate::output::say;
use crate::reload::Watched;
use crate::settings::Settings;
use crate::settings::sources::ForeignVariable;
use crate::store_url::Opened;
use crate::webhook::Webhook;
use crate::{Result, key_file, log, outdated_sessions, reload, store_url};

/// How long a start waits for the store; a connection takes milliseconds.
const STORE_PATIENCE: Duration = Duration::from_secs(1);
const STORE_POLL: Duration = Duration::from_millis(5);

/// How long a server that stops waits for the store to take what it has told; it takes milliseconds.
const EVENT_PATIENCE: Duration = Duration::from_secs(2);

/// As shells say it of a program that was interrupted.
const SECOND_SIGNAL: i32 = 130;

pub(crate) fn run(settings: &Settings, foreign: &[ForeignVariable]) -> Result {
    let log = log::start(settings)?;
    foreign.iter().for_each(ForeignVariable::warn);
    raise_file_limit();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        log.report_losses();
        // Where nobody can ask, nothing is measured.
        let metrics = settings.manage.as_ref().map(|_| Metrics::start(log.losses())).transpose()?;
        serve_until_signal(settings, metrics).await
    })
}

async fn serve_until_signal(settings: &Settings, metrics: Option<Metrics>) -> Result {
    let lifecycle = Lifecycle::new();
    stop_at_signal(&lifecycle)?;
    // From now on a closed terminal ends nothing; until there are keys to read again it means nothing.
    let hang_up = signal(SignalKind::hangup())?;
    if settings.listen.is_every_address() && settings.public_origin.is_none() {
        let every = "is every address of this machine, and browsers know the server by one";
        return Err(format!("`--listen {}` {every}: set `--public-origin`", settings.listen).into());
    }
    #[cfg(feature = "page")]
    let page = settings.page.settings()?;
    let places = settings.places()?;
    let listener = settings.listen.bind().await;
    let listener = listener.map_err(|error| format!("cannot listen on {}: {error}", settings.listen))?;
    let address = listener.local_addr()?;
    // Looked at before the store makes its file.
    let has_sessions = store_url::has_been_used(&settings.store);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let webhook = Webhook::open(settings, &clock)?;
    let Opened { store, log, legacy } = store_url::open(settings, &clock)?;
    let legacy = legacy.map(|store| settings.legacy.sessions(&store)).transpose()?.flatten();
    let (ring, key_file) = load_or_create_keys(&settings.keys, has_sessions)?;
    wait_for(&*store).await;
    let management = ManagementListener::open(settings).await?;
    let events = settings.events.is_on().then(|| Events::start(log, Arc::clone(&clock)));
    let app = App::builder(Keys::new(&ring, settings.cookie_name.clone()), store);
    #[cfg(feature = "page")]
    let app = app.page(page);
    let app = match legacy {
        Some(legacy) => app.legacy(legacy),
        None => app,
    };
    let app = match places {
        Some(places) => app.places(places),
        None => app,
    };
    let app = set_up(app, settings, clock, own_origin(settings, address)?, lifecycle.clone(), events)?;
    let delivering = match (webhook, app.events()) {
        (Some(webhook), Some(events)) => Some(webhook.start(events.clone(), lifecycle.clone())?),
        _ => None,
    };
    let managed = management.zip(metrics);
    let managed = managed.map(|(listener, metrics)| listener.start(&app, metrics, settings.limits()));
    let (tokens, managing) = managed.unzip();
    reload::start(&app, key_file, tokens, hang_up);
    tracing::info!(%address, origin = app.public_origin(), "serving");
    // For who started it by hand. Whether anybody reads it makes no difference to who is served.
    let _ = say!("serving on http://{address}");
    let site = warp::service(session_http::warp::site(&app));
    #[cfg(feature = "otlp")]
    let site = crate::otlp::Traced::new(site);
    let proxies = TrustedProxies::new(settings.trusted_proxies.clone());
    let serving = serve(listener, RequestLog::new(site, proxies), lifecycle, settings.limits());
    tokio::join!(serving, OptionFuture::from(managing));
    if let Some(events) = app.events() {
        events.settle(EVENT_PATIENCE).await;
    }
    if let Some(delivering) = delivering {
        // It has stopped by itself since the beginning of the end, and a panic was reported.
        let _ = delivering.await;
    }
    Ok(())
}

/// By which origin browsers know this server.
fn own_origin(settings: &Settings, address: SocketAddr) -> Result<String> {
    let origin = match &settings.public_origin {
        Some(origin) => origin.clone(),
        None => format!("http://{address}").parse()?,
    };
    if !origin.keeps_secure_cookies() {
        tracing::warn!(%origin, "browsers drop the session cookie, which is `Secure`: set `--public-origin`");
    }
    Ok(origin.to_string())
}

fn set_up(
    app: AppBuilder,
    settings: &Settings,
    clock: Arc<dyn Clock>,
    public_origin: String,
    lifecycle: Lifecycle,
    events: Option<Events>,
) -> Result<App> {
    make_parent(&settings.users)?;
    let users = Arc::new(UsersFile::new(settings.users.clone()));
    if users.names()?.is_empty() {
        tracing::warn!("there are no users yet; add one with `session-server user add NAME`");
    }
    let app = app
        .clock(clock)
        .users(Arc::clone(&users) as _)
        .public_origin(public_origin)
        .allowed_origins(settings.allowed_origins.clone())
        .timeouts(settings.timeouts()?)
        .near_cache(settings.near_cache())
        .same_site(settings.same_site())
        .statement_cookie(settings.statement_cookie())
        .reauthenticate_within(settings.reauthenticate_within)
        .trusted_proxies(TrustedProxies::new(settings.trusted_proxies.clone()))
        .path_prefix(settings.path_prefix.clone())
        .forward_auth(settings.access_rules()?)
        .attempt_limits(settings.attempt_limits())
        .hashing(settings.hashing_limits())
        .password_cost(settings.password_cost.into())
        .max_sessions_per_subject(settings.sessions_per_user)
        .lifecycle(lifecycle);
    let app = match events {
        Some(events) => app.events(events),
        None => app,
    };
    let app = app.build()?;
    outdated_sessions::end_them(app.sessions(), users);
    Ok(app)
}

fn stop_at_signal(lifecycle: &Lifecycle) -> Result {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let lifecycle = lifecycle.clone();
    tokio::spawn(async move {
        let mut signalled = async || {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        signalled().await;
        lifecycle.stop();
        // Who asks twice does not want to wait. What was acknowledged is on the disk.
        signalled().await;
        std::process::exit(SECOND_SIGNAL);
    });
    Ok(())
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

/// The key ring. It is made at the first start, and only then: a new one ends every session.
fn load_or_create_keys(path: &Path, has_sessions: bool) -> Result<(KeyRing, Watched)> {
    if path.exists() || has_sessions {
        let watched = Watched::new(path);
        return Ok((key_file::load(path)?, watched));
    }
    let ring = key_file::create_or_load(path)?;
    let shown = path.display();
    tracing::warn!("made a new key ring at {shown}: every server on the same store needs a copy of it");
    Ok((ring, Watched::new(path)))
}

/// Each connection is a file descriptor, and the usual limit of 1,024 is far below ours.
fn raise_file_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Without it fewer connections are accepted at a time, and no other harm is done.
    let _ = setrlimit(Resource::Nofile, limit);
}
