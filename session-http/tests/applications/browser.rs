use std::net::SocketAddr;

use reqwest::header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

const SESSION: &str = "__Host-session";
const STATEMENT: &str = "__Host-session-statement";

/// A browser as far as a server can tell: it keeps the session cookie and sends it back.
#[derive(Clone)]
pub(crate) struct Browser {
    http: reqwest::Client,
    server: SocketAddr,
    says: Option<(&'static str, &'static str)>,
    pub(crate) cookie: Option<String>,
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
        Self { http, server, says: None, cookie: None }
    }

    /// One that says this in a header of each request.
    pub(crate) fn saying(self, header: (&'static str, &'static str)) -> Self {
        Self { says: Some(header), ..self }
    }

    /// The same browser, led to another server by the load balancer.
    pub(crate) fn led_to(&self, server: SocketAddr) -> Self {
        Self { server, ..self.clone() }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("http://{}{path}", self.server));
        let request = match self.says {
            Some((name, value)) => request.header(name, value),
            None => request,
        };
        match &self.cookie {
            Some(value) => request.header(COOKIE, format!("{SESSION}={value}")),
            None => request,
        }
    }

    /// Sends it and heeds `Set-Cookie`.
    pub(crate) async fn send(&mut self, request: RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let answer = Answer { status, headers, text: response.text().await.unwrap() };
        for (name, value) in answer.set_cookies() {
            assert!([SESSION, STATEMENT].contains(&name.as_str()), "another cookie: {name}");
            if name == SESSION {
                self.cookie = Some(value).filter(|value| !value.is_empty());
            }
        }
        answer
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn delete(&mut self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    pub(crate) async fn post(&mut self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// With the password that Alice has.
    pub(crate) async fn log_in(&mut self, username: &str) -> Answer {
        let password = "correct horse battery staple";
        self.post("/login", &json!({ "username": username, "password": password })).await
    }

    /// By an account elsewhere: off to the provider, and back.
    pub(crate) async fn sign_in_elsewhere(&mut self, account: &str) -> Answer {
        let off = self.get("/sign-in").await.expect(303);
        let (_, state) = off.header(LOCATION.as_str()).split_once("state=").unwrap();
        let back = format!("/callback?code={account}&state={state}");
        self.get(&back).await
    }

    /// The ID of the session, which stands in its cookie.
    pub(crate) fn session_id(&self) -> String {
        self.cookie.as_deref().unwrap().split('.').nth(2).unwrap().to_owned()
    }
}

impl Answer {
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// Expects a problem of ours.
    #[track_caller]
    pub(crate) fn expect_problem(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status, &self.json()["code"]), (status, &json!(code)), "{self:?}");
        self
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name}: {self:?}")).to_str().unwrap()
    }

    /// Every line of a header.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.headers.get_all(name).iter().map(|line| line.to_str().unwrap()).collect()
    }

    /// What the answer does to cookies: names and values.
    pub(crate) fn set_cookies(&self) -> Vec<(String, String)> {
        let lines = self.headers.get_all(SET_COOKIE).iter().map(|line| line.to_str().unwrap());
        let pair = |line: &str| {
            let (name, rest) = line.split_once('=').unwrap();
            (name.to_owned(), rest.split(';').next().unwrap_or_default().to_owned())
        };
        // The device cookie says nothing of a session.
        lines.map(pair).filter(|(name, _)| name != "__Host-session-device").collect()
    }

    /// Which cookies it sets, by their short names.
    pub(crate) fn given(&self) -> Vec<&'static str> {
        self.cookies_that(|value| !value.is_empty())
    }

    /// Which it takes away.
    pub(crate) fn taken(&self) -> Vec<&'static str> {
        self.cookies_that(str::is_empty)
    }

    fn cookies_that(&self, are: impl Fn(&str) -> bool) -> Vec<&'static str> {
        let short = |name: &str| if name == SESSION { "session" } else { "statement" };
        let cookies = self.set_cookies().into_iter().filter(|(_, value)| are(value));
        cookies.map(|(name, _)| short(&name)).collect()
    }
}
