use std::convert::Infallible;
use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;

use http_body::Body;
use hyper::body::Incoming;
use hyper::{Request, Response};
use session_core::{CookieName, KeyRing, UnixTime};
use session_engine::store::Store;
use session_engine::store::embedded::EmbeddedStore;
use session_engine::{Keys, ManualClock, Users};
use session_http::{App, AppBuilder, Limits, TrustedProxies, serve};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tower::Service;

use crate::browser::Browser;
use crate::{todo_axum, todo_warp};

const START: UnixTime = UnixTime::from_secs(1_800_000_000);

/// Which of the examples a site is.
#[derive(Clone, Copy)]
enum Example {
    Warp,
    Axum,
}

/// An example as it is served, with a clock that a test moves.
pub(crate) struct Site {
    example: Example,
    ring: KeyRing,
    store: Arc<dyn Store>,
    users: Arc<dyn Users>,
    pub(crate) clock: ManualClock,
    pub(crate) address: SocketAddr,
    _directory: TempDir,
}

impl Site {
    pub(crate) async fn of_the_warp_example() -> Self {
        Self::of(Example::Warp, Arc::new(todo_warp::people::People::alice_and_bob().unwrap())).await
    }

    pub(crate) async fn of_the_axum_example() -> Self {
        Self::of(Example::Axum, Arc::new(todo_axum::people::People::alice_and_bob().unwrap())).await
    }

    async fn of(example: Example, users: Arc<dyn Users>) -> Self {
        let (directory, clock) = (tempfile::tempdir().unwrap(), ManualClock::at(START));
        let store = Arc::new(EmbeddedStore::open(directory.path(), Arc::new(clock.clone())).unwrap());
        let ring = KeyRing::generate().unwrap();
        let address = ([127, 0, 0, 1], 0).into();
        let site = Self { example, ring, store, users, clock, address, _directory: directory };
        let address = site.serve(|app| app, Limits::default()).await;
        Self { address, ..site }
    }

    /// One more server of this site, with other settings.
    pub(crate) async fn serve(
        &self,
        set: impl FnOnce(AppBuilder) -> AppBuilder,
        limits: Limits,
    ) -> SocketAddr {
        let app = set(builder(&self.ring, &self.store, &self.clock).users(Arc::clone(&self.users)))
            .carry_over(["cart"]);
        let app = app.build().unwrap();
        match self.example {
            Example::Warp => served(&app, warp::service(todo_warp::site(&app)), limits).await,
            Example::Axum => served(&app, todo_axum::site(&app), limits).await,
        }
    }

    /// A browser that has not been here yet.
    pub(crate) fn stranger(&self) -> Browser {
        Browser::at(self.address)
    }

    /// Alice, who has a password and has just entered it.
    pub(crate) async fn alice(&self) -> Browser {
        let mut browser = self.stranger();
        browser.log_in("alice").await.expect(200);
        browser
    }
}

fn builder(ring: &KeyRing, store: &Arc<dyn Store>, clock: &ManualClock) -> AppBuilder {
    let keys = Keys::new(ring, CookieName::default());
    App::builder(keys, Arc::clone(store)).clock(Arc::new(clock.clone())).public_origin("https://app.example")
}

/// An application without users of its own.
pub(crate) fn app(directory: &TempDir) -> App {
    let clock = ManualClock::at(START);
    let store = EmbeddedStore::open(directory.path(), Arc::new(clock.clone())).unwrap();
    builder(&KeyRing::generate().unwrap(), &(Arc::new(store) as _), &clock).build().unwrap()
}

/// Has our accept loop serve it on a free port.
pub(crate) async fn served<S, B>(app: &App, service: S, limits: Limits) -> SocketAddr
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(listener, service, app.lifecycle().clone(), limits));
    address
}

/// Proxies on this machine are believed.
pub(crate) fn behind_a_proxy(app: AppBuilder) -> AppBuilder {
    app.trusted_proxies(TrustedProxies::new(vec!["127.0.0.0/8".parse().unwrap()]))
}
