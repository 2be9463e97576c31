use std::net::SocketAddr;

use reqwest::header::{CONTENT_TYPE, COOKIE, HeaderMap, SET_COOKIE};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::{document, secrecy};

/// A browser as far as the server can tell: it keeps the session cookie and sends it back.
#[derive(Clone)]
pub(crate) struct Browser {
    http: reqwest::Client,
    server: SocketAddr,
    /// The cookie's value, if there is one.
    pub(crate) cookie: Option<String>,
    /// The same of the statement cookie, which is not sent back: no server reads it.
    pub(crate) statement: Option<String>,
    /// The same of the device cookie, which is sent back if that is what a test is about.
    device: Option<String>,
    is_known_again: bool,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Browser {
    pub(crate) fn at(server: SocketAddr) -> Self {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { http, server, cookie: None, statement: None, device: None, is_known_again: false }
    }

    /// The same browser, led to another server by the load balancer.
    pub(crate) fn led_to(&self, server: SocketAddr) -> Self {
        Self { server, ..self.clone() }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("http://{}{path}", self.server));
        let request = match &self.cookie {
            Some(value) => request.header(COOKIE, format!("theme=dark; __Host-session={value}; a=b")),
            None => request,
        };
        match self.device.as_ref().filter(|_| self.is_known_again) {
            Some(value) => request.header(COOKIE, format!("__Host-session-device={value}")),
            None => request,
        }
    }

    /// One that sends its device cookie too.
    pub(crate) fn that_is_known_again(self) -> Self {
        assert!(self.device.is_some());
        Self { is_known_again: true, ..self }
    }

    pub(crate) fn forget_the_device(&mut self) {
        self.device = None;
    }

    /// Sends it, holds the answer against `openapi.json`, and heeds `Set-Cookie`.
    pub(crate) async fn send(&mut self, request: RequestBuilder) -> Answer {
        let request = request.build().expect("a request");
        let sent = request.try_clone().expect("a body that is there at once");
        let answer = self.fetch(request).await;
        document::hold(&sent, &answer);
        answer
    }

    /// The same for what is not described there: an application's own.
    pub(crate) async fn send_undocumented(&mut self, request: RequestBuilder) -> Answer {
        self.fetch(request.build().expect("a request")).await
    }

    async fn fetch(&mut self, request: reqwest::Request) -> Answer {
        let response = self.http.execute(request).await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let answer = Answer { status, headers, text: response.text().await.expect("a body") };
        secrecy::remember(&answer);
        for cookie in answer.all_set_cookies() {
            let (name, rest) = cookie.split_once('=').expect("a name");
            let value = rest.split(';').next().filter(|value| !value.is_empty()).map(str::to_owned);
            match name {
                "__Host-session" => self.cookie = value,
                "__Host-session-statement" => self.statement = value,
                "__Host-session-device" => self.device = value,
                other => panic!("another cookie: {other}"),
            }
        }
        answer
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// Looks without being active, as a polling page does.
    pub(crate) async fn poll(&mut self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path).header("Session-Activity", "passive")).await
    }

    pub(crate) async fn post(&mut self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, path).json(&body)).await
    }

    pub(crate) async fn patch(&mut self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PATCH, path).json(&body)).await
    }

    pub(crate) async fn put(&mut self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PUT, path).json(&body)).await
    }

    pub(crate) async fn delete(&mut self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// What a form sends that has no JavaScript.
    pub(crate) async fn submit(&mut self, path: &str, body: &str) -> Answer {
        let form = "application/x-www-form-urlencoded";
        self.send(self.request(Method::POST, path).header(CONTENT_TYPE, form).body(body.to_owned())).await
    }

    pub(crate) async fn log_in(&mut self, username: &str, password: &str) -> Answer {
        self.post("/login", json!({ "username": username, "password": password })).await
    }

    pub(crate) async fn log_out(&mut self) -> Answer {
        self.send(self.request(Method::POST, "/logout")).await
    }

    pub(crate) fn cookie(&self) -> &str {
        self.cookie.as_deref().expect("a session cookie")
    }
}

impl Answer {
    #[track_caller]
    pub(crate) fn expect_status(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// A 401, with the reason that the client is told.
    #[track_caller]
    pub(crate) fn expect_no_session(self, reason: &str) -> Self {
        let answer = self.expect_status(401);
        assert_eq!(answer.json()["reason"], reason, "{answer:?}");
        answer
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    #[track_caller]
    pub(crate) fn time(&self, member: &str) -> u64 {
        self.json()[member].as_u64().unwrap_or_else(|| panic!("no time `{member}`: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// But for the device cookie, which says nothing of a session.
    pub(crate) fn set_cookies(&self) -> Vec<String> {
        let mut cookies = self.all_set_cookies();
        cookies.retain(|cookie| !cookie.starts_with("__Host-session-device="));
        cookies
    }

    pub(crate) fn all_set_cookies(&self) -> Vec<String> {
        let values = self.headers.get_all(SET_COOKIE).iter();
        values.map(|value| value.to_str().expect("ASCII").to_owned()).collect()
    }
}
