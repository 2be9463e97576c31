#![cfg_attr(
    any(not(doctest), all(feature = "axum", feature = "embedded", feature = "passwords", feature = "serve", feature = "warp")),
    doc = include_str!("../README.md")
)]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(any(feature = "warp", feature = "tower")),
    allow(dead_code, reason = "without a framework there is nobody to route for")
)]

mod answer;
mod answer_times;
mod anyone;
mod app;
#[cfg(feature = "axum")]
pub mod axum;
mod body;
mod builder;
mod client_address;
mod conditional;
mod cookies;
mod exact_json;
#[cfg(feature = "page")]
mod files;
mod forward_auth;
mod headers;
#[cfg(any(feature = "page", feature = "places"))]
mod language;
#[cfg(feature = "legacy")]
mod legacy;
mod lifecycle;
mod listed_view;
#[cfg(feature = "management")]
mod management;
mod media_type;
mod navigation;
mod next;
mod origin;
#[cfg(feature = "page")]
mod page;
mod path_prefix;
mod peer;
#[cfg(feature = "places")]
mod places;
mod problem;
mod refusal;
mod request;
#[cfg(feature = "serve")]
mod request_log;
mod routes;
mod same_site;
mod security_headers;
#[cfg(feature = "serve")]
mod serve;
mod session;
mod session_answer;
mod table;
#[cfg(feature = "tower")]
pub mod tower;
#[cfg(feature = "serve")]
mod trace_context;
mod visitor;
#[cfg(feature = "warp")]
pub mod warp;
#[cfg(any(feature = "page", feature = "places"))]
mod weighted;

/// Sessions without HTTP, which all of this stands on.
pub use session_engine as engine;

pub use answer::Answer;
pub use anyone::Anyone;
pub use app::App;
pub use builder::{AppBuilder, BuildError};
pub use client_address::TrustedProxies;
pub use forward_auth::{Access, AccessRules, InvalidAccessRule};
pub use lifecycle::Lifecycle;
#[cfg(feature = "management")]
pub use management::{InvalidTokens, Management, ManagementTokens};
pub use origin::{InvalidOrigin, Origin};
#[cfg(feature = "page")]
pub use page::{InvalidPageSetting, PageSettings};
pub use path_prefix::{InvalidPathPrefix, PathPrefix};
pub use peer::Peer;
#[cfg(feature = "places")]
pub use places::{InvalidPlaces, Places};
pub use problem::Problem;
#[cfg(feature = "serve")]
pub use request_log::{REQUEST_SPAN, RequestLog};
pub use security_headers::SecurityHeaders;
#[cfg(feature = "serve")]
pub use serve::{Limits, serve};
pub use session::Session;
pub use session_answer::SessionAnswer;
pub use table::RouteLabel;
#[cfg(feature = "serve")]
pub use trace_context::TraceContext;
pub use visitor::Visitor;
