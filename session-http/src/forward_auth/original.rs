use http::{HeaderName, Method};

use super::access::{Access, AccessRules, Ruling};
use crate::app::App;
use crate::headers::single_value;
use crate::navigation::is_navigation;
use crate::next;
use crate::request::Request;
use crate::visitor::Visitor;

const FORWARDED_METHOD: HeaderName = HeaderName::from_static("x-forwarded-method");
const FORWARDED_URI: HeaderName = HeaderName::from_static("x-forwarded-uri");

/// The request that a proxy has and asks about.
pub(super) struct Original {
    method: Method,
    /// Its path and query as they were sent, if that is known.
    target: Option<String>,
    ruling: Ruling,
    is_navigation: bool,
    is_trusted: bool,
}

impl Original {
    /// Envoy asks with its method and path, behind our own. Others tell both in `X-Forwarded-Method` and
    /// `X-Forwarded-Uri`, which count only from a proxy that is trusted: anybody can write them.
    pub(super) fn of(app: &App, request: &Request) -> Self {
        let is_trusted = request.peer.is_some_and(|peer| app.trusted_proxies().contains(peer.ip()));
        let told = |name: &HeaderName| {
            let value = is_trusted.then(|| single_value(&request.headers, name)).flatten();
            value.map(str::to_owned)
        };
        let (method, target) = match request.parameters.first() {
            Some(path) if request.query.is_empty() => (None, Some(path.clone())),
            Some(path) => (None, Some(format!("{path}?{}", request.query))),
            None => (told(&FORWARDED_METHOD), told(&FORWARDED_URI)),
        };
        let method = method.and_then(|method| method.parse().ok()).unwrap_or_else(|| request.method.clone());
        let target = target.filter(|target| target.starts_with('/'));
        let ruling = app.access_rules().unwrap_or(&AccessRules::default()).of(target.as_deref());
        Self { method, target, ruling, is_navigation: is_navigation(&request.headers), is_trusted }
    }

    /// Who may have it.
    pub(super) const fn access(&self) -> Access {
        self.ruling.access
    }

    /// Whose it is, and whether it counts as activity.
    pub(super) fn visitor(&self, app: &App, request: Request) -> Visitor {
        let visitor = app.visitor(request.headers, request.peer);
        if self.ruling.is_passive { visitor.passive() } else { visitor }
    }

    /// Whether what comes is shown to somebody, as a page of its own.
    pub(super) const fn is_navigation(&self) -> bool {
        self.is_navigation
    }

    /// Whether it is a proxy of ours that asks.
    pub(super) const fn is_trusted(&self) -> bool {
        self.is_trusted
    }

    /// Where a browser comes by asking again with GET, if that is what it wanted.
    pub(super) fn way_back(&self) -> Option<String> {
        let target = self.target.as_deref().filter(|_| self.is_navigation && self.method == Method::GET);
        target.and_then(next::local)
    }
}
