//! Every route of ours, once: its method, its path, whom it is for, and what it does.

mod devices;
mod discovery;
#[cfg(feature = "passwords")]
mod login;
mod logout;
mod session;
mod session_data;

use http::Method;

use crate::app::App;
use crate::forward_auth;
use crate::problem::Problem;
use crate::refusal;
use crate::request::Request;
use crate::same_site;
use crate::table::{Route, Table};

pub(crate) fn table(app: &App) -> Table<App> {
    let has_logins = has_logins(app);
    let of_sessions = [
        Route::new(Method::POST, "/logout", same_site, logout::log_out),
        Route::new(Method::GET, "/session", anybody, session::show),
        Route::new(Method::POST, "/session/renew", same_site, session::renew),
        Route::new(Method::GET, "/session/data", anybody, session_data::show),
        Route::new(Method::OPTIONS, "/session/data", anybody, session_data::options),
        Route::new(Method::PUT, "/session/data", same_site, session_data::replace),
        Route::new(Method::PATCH, "/session/data", same_site, session_data::merge),
        Route::new(Method::GET, "/sessions", anybody, devices::list),
        Route::new(Method::DELETE, "/sessions", same_site, devices::end_many),
        Route::new(Method::DELETE, "/sessions/{session_id}", same_site, devices::end_one),
    ];
    #[cfg(feature = "passwords")]
    let logins = [
        Route::new(Method::POST, "/login", same_site_sign_in, login::log_in),
        Route::new(Method::POST, "/session/reauthenticate", same_site, login::reauthenticate),
    ];
    #[cfg(not(feature = "passwords"))]
    let logins = [];
    let of_sessions = of_sessions.into_iter().chain(logins.into_iter().filter(|_| has_logins));
    #[cfg(feature = "legacy")]
    let of_sessions = of_sessions.map(|route| match app.sessions().legacy() {
        Some(_) => crate::legacy::receiving(route),
        None => route,
    });
    let of_anybody = [
        Route::new(Method::GET, discovery::KEYS, anybody, discovery::keys),
        Route::new(Method::OPTIONS, discovery::KEYS, anybody, discovery::preflight),
        Route::new(Method::GET, discovery::REVOCATIONS, anybody, discovery::revocations),
        Route::new(Method::OPTIONS, discovery::REVOCATIONS, anybody, discovery::preflight),
        Route::new(Method::GET, "/openapi.json", anybody, discovery::api),
        Route::new(Method::GET, "/livez", anybody, discovery::live),
        Route::new(Method::GET, "/readyz", anybody, discovery::ready),
    ];
    let forward_auth = [
        Route::of_any_method("/auth", anybody, forward_auth::check),
        Route::of_any_method("/auth/{*}", anybody, forward_auth::check),
        Route::of_any_method("/challenge", anybody, forward_auth::challenge),
    ];
    let is_asked_by_proxies = app.access_rules().is_some();
    let forward_auth = forward_auth.into_iter().filter(|_| is_asked_by_proxies);
    let routes = of_sessions.chain(of_anybody).chain(forward_auth);
    #[cfg(feature = "page")]
    let routes = routes.chain(crate::page::routes(app));
    Table::new(routes).beneath(app.prefix().clone(), is_for_machines).refusing(refusal::answer)
}

/// What balancers and verifiers ask for, who know of no prefix.
fn is_for_machines(path: &str) -> bool {
    ["/livez", "/readyz", discovery::KEYS, discovery::REVOCATIONS].contains(&path)
}

#[cfg(feature = "passwords")]
fn has_logins(app: &App) -> bool {
    app.logins().is_some()
}

#[cfg(not(feature = "passwords"))]
const fn has_logins(_: &App) -> bool {
    false
}

/// It changes nothing, and looks itself whether there is a session.
const fn anybody(_: &App, _: &Request) -> Result<(), Problem> {
    Ok(())
}

/// It changes something, so it must not have been forged by another site (R34).
fn same_site(app: &App, request: &Request) -> Result<(), Problem> {
    same_site::check(&request.headers, app.origins())
}

#[cfg(feature = "passwords")]
fn same_site_sign_in(app: &App, request: &Request) -> Result<(), Problem> {
    same_site::check_sign_in(&request.headers, app.origins())
}

#[cfg(test)]
#[cfg(all(feature = "embedded", feature = "users-file"))]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use serde_json::Value;
    use session_core::{CookieName, KeyRing};
    use session_engine::store::embedded::EmbeddedStore;
    use session_engine::{Keys, SystemClock, UsersFile};

    use super::*;
    use crate::AccessRules;

    #[test]
    fn the_document_has_the_operations_of_the_table_and_no_others() {
        let directory = tempfile::tempdir().unwrap();
        let store = Arc::new(EmbeddedStore::open(directory.path(), Arc::new(SystemClock)).unwrap());
        let keys = Keys::new(&KeyRing::generate().unwrap(), CookieName::default());
        let users = Arc::new(UsersFile::new(directory.path().join("users")));
        let app =
            App::builder(keys, store).users(users).forward_auth(AccessRules::default()).build().unwrap();
        let table = table(&app);
        let mut served = BTreeSet::new();
        for (method, template) in table.operations().filter(|(_, label)| *label != "page") {
            served.insert((method.as_str().to_lowercase(), template.to_owned()));
            served.insert(("options".to_owned(), template.to_owned()));
            if method == Method::GET {
                served.insert(("head".to_owned(), template.to_owned()));
            }
        }
        let document: Value = serde_json::from_str(discovery::DOCUMENT).unwrap();
        let mut documented = BTreeSet::new();
        for (template, item) in document["paths"].as_object().unwrap() {
            for method in item.as_object().unwrap().keys().filter(|name| *name != "parameters") {
                documented.insert((method.clone(), template.clone()));
            }
        }
        assert_eq!(documented, served);
    }
}
