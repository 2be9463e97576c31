//! Extractors and answers for axum applications, behind a [`SessionLayer`](crate::tower::SessionLayer).
//!
//! A handler takes a [`Session`], an `Option<Session>`, whoever [has a session](Anyone), or the
//! [`Visitor`], and may return a [`SessionAnswer`], by itself or as a part of its own response, or a
//! [`Problem`] as its error. None of these has security headers: put
//! [`SecurityHeaders`](crate::SecurityHeaders) around the routes, as a layer.

use std::convert::Infallible;
use std::net::SocketAddr;

use ::axum::extract::{ConnectInfo, FromRequestParts, OptionalFromRequestParts};
use ::axum::response::{IntoResponse, IntoResponseParts, Response, ResponseParts};
use http::Extensions;
use http::request::Parts;

use crate::anyone::Anyone;
use crate::problem::Problem;
use crate::session::Session;
use crate::session_answer::SessionAnswer;
use crate::visitor::Visitor;

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get().cloned().ok_or_else(Problem::no_layer)
    }
}

impl<S: Sync> FromRequestParts<S> for Session {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Visitor::from_request_parts(parts, state).await?.session().await
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Session {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Problem> {
        Visitor::from_request_parts(parts, state).await?.session_if_any().await
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Anyone {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Problem> {
        Visitor::from_request_parts(parts, state).await?.anyone().await
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        self.into_answer().map(Into::into)
    }
}

impl IntoResponse for SessionAnswer {
    fn into_response(self) -> Response {
        self.into_answer().map(Into::into)
    }
}

/// `(answer, Json(cart))`: the cookies go with what the application has to say.
impl IntoResponseParts for SessionAnswer {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        self.add_to(parts.headers_mut());
        Ok(parts)
    }
}

pub(crate) fn peer(extensions: &Extensions) -> Option<SocketAddr> {
    extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| *address)
}
