use std::collections::BTreeMap;

use reqwest::header::{COOKIE, HeaderMap, SET_COOKIE};
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::machine::Server;

const OURS: &str = "__Host-session";

/// Keeps cookies as browsers do, and sends them to both the application and the server, which have one origin.
#[derive(Clone, Default)]
pub(crate) struct Browser {
    http: reqwest::Client,
    cookies: BTreeMap<String, String>,
}

/// What a server said.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) json: Value,
}

impl Answer {
    #[track_caller]
    pub(crate) fn expect_status(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        self
    }

    pub(crate) fn set_cookies(&self) -> Vec<&str> {
        self.headers.get_all(SET_COOKIE).iter().map(|cookie| cookie.to_str().unwrap()).collect()
    }
}

impl Browser {
    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    /// The credential of a session of ours.
    pub(crate) fn ours(&self) -> Option<&str> {
        self.cookie(OURS)
    }

    pub(crate) fn put(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.into(), value.into());
    }

    pub(crate) async fn get(&mut self, server: &Server, path: &str) -> Answer {
        self.ask(Method::GET, server, path).await
    }

    pub(crate) async fn post(&mut self, server: &Server, path: &str) -> Answer {
        self.ask(Method::POST, server, path).await
    }

    pub(crate) async fn ask(&mut self, method: Method, server: &Server, path: &str) -> Answer {
        let mut request = self.http.request(method, format!("http://{}{path}", server.address));
        if !self.cookies.is_empty() {
            let pairs: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(COOKIE, pairs.join("; "));
        }
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        let text = answer.text().await.unwrap();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        let answer = Answer { status, headers, text, json };
        for cookie in answer.set_cookies() {
            let (pair, attributes) = cookie.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            let is_removal = attributes.to_lowercase().replace(' ', "").contains("max-age=0");
            if is_removal {
                self.cookies.remove(name);
            } else {
                self.put(name, value);
            }
        }
        answer
    }
}
