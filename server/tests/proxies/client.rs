use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HeaderMap, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::machine::PASSWORD;

/// Nothing here takes so long, not even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where clients are: not where the proxy is.
const CLIENT: [u8; 4] = [127, 0, 0, 9];

/// A user's browser, or a program with its cookies.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    address: SocketAddr,
    cookies: BTreeMap<String, String>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Client {
    pub(crate) fn of(address: SocketAddr) -> Self {
        let http = reqwest::Client::builder().local_address(IpAddr::from(CLIENT)).redirect(Policy::none());
        Self { http: http.timeout(PATIENCE).build().unwrap(), address, cookies: BTreeMap::new() }
    }

    /// The same one, at another address.
    pub(crate) fn at(&self, address: SocketAddr) -> Self {
        Self { address, ..self.clone() }
    }

    pub(crate) fn request(&self, method: Method, target: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("http://{}{target}", self.address));
        if self.cookies.is_empty() { request } else { request.header(COOKIE, self.cookie_header()) }
    }

    /// Asks as a program does.
    pub(crate) async fn get(&mut self, target: &str) -> Answer {
        self.send(self.request(Method::GET, target)).await
    }

    /// Asks as a browser does for what it shows.
    pub(crate) async fn show(&mut self, target: &str) -> Answer {
        let request = self.request(Method::GET, target).header(ACCEPT, "text/html,*/*;q=0.8");
        self.send(request.header("Sec-Fetch-Dest", "document").header("Sec-Fetch-Mode", "navigate")).await
    }

    pub(crate) async fn send(&mut self, request: RequestBuilder) -> Answer {
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        for line in headers.get_all(SET_COOKIE) {
            let (pair, attributes) =
                line.to_str().unwrap().split_once(';').unwrap_or((line.to_str().unwrap(), ""));
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Answer { status, headers, text: answer.text().await.unwrap() }
    }

    pub(crate) async fn sign_in(&mut self) {
        let login = json!({ "username": "alice", "password": PASSWORD });
        let request = self.request(Method::POST, "/_session/login").json(&login);
        self.send(request).await.expect_status(200);
    }

    pub(crate) async fn submit(&mut self, target: &str, form: String) -> Answer {
        let request = self.request(Method::POST, target).body(form);
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.header("Sec-Fetch-Site", "same-origin").header("Sec-Fetch-Dest", "document")).await
    }

    pub(crate) async fn sign_out(&mut self) {
        let request = self.request(Method::POST, "/_session/logout");
        self.send(request).await.expect_status(204);
    }

    pub(crate) fn cookie(&self, name: &str) -> &str {
        self.cookies.get(name).unwrap_or_else(|| panic!("no cookie {name}"))
    }

    pub(crate) fn set_cookie(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.to_owned(), value.to_owned());
    }

    pub(crate) fn session_cookie(&self) -> String {
        format!("__Host-session={}", self.cookie("__Host-session"))
    }

    pub(crate) fn cookie_header(&self) -> String {
        let pairs: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }
}

pub(crate) async fn in_time<T>(what: impl Future<Output = T>) -> T {
    timeout(PATIENCE, what).await.expect("in time")
}

/// Sends lines as they are, which a client that knows better would not, and reads until nothing more comes.
pub(crate) async fn send_lines(address: SocketAddr, lines: &[&str]) -> Answer {
    let mut stream = connect(address).await;
    let mut text = lines.join("\r\n");
    if !lines.iter().any(|line| line.to_ascii_lowercase().starts_with("connection:")) {
        text.push_str("\r\nConnection: close");
    }
    text.push_str("\r\nHost: app.example\r\n\r\n");
    stream.write_all(text.as_bytes()).await.unwrap();
    read_answer(&mut stream).await
}

pub(crate) async fn connect(address: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from((CLIENT, 0))).unwrap();
    socket.connect(address).await.unwrap()
}

/// Until the other side closes the connection, which it was asked to do, or ends it because it leaves unread
/// what it was sent: the answer is whole all the same. A body in chunks is left so.
pub(crate) async fn read_answer(stream: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    match in_time(stream.read_to_end(&mut bytes)).await {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        Err(error) => panic!("{error}"),
    }
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
    let headers = lines.map(|line| {
        let (name, value) = line.split_once(':').unwrap();
        (name.parse().unwrap(), value.trim().parse().unwrap())
    });
    let answer = Answer { status: status.unwrap(), headers: headers.collect(), text: body.to_owned() };
    let length = answer.headers.get(CONTENT_LENGTH).map(|length| length.to_str().unwrap().parse());
    assert!(length.is_none_or(|length| length == Ok(body.len())), "cut short: {answer:?}");
    answer
}

impl Answer {
    #[track_caller]
    pub(crate) fn expect_status(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// The problem details of a request that has no session.
    #[track_caller]
    pub(crate) fn expect_no_session(self, reason: &str) -> Self {
        let answer = self.expect_status(401);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(
            (&answer.json()["code"], &answer.json()["reason"]),
            (&json!("no_session"), &json!(reason))
        );
        answer
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    pub(crate) fn set_cookies(&self) -> Vec<&str> {
        self.headers.get_all(SET_COOKIE).iter().map(|value| value.to_str().unwrap()).collect()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        let end = self.text.rfind('}').unwrap_or_else(|| panic!("no JSON: {self:?}"));
        let text = &self.text[self.text.find('{').unwrap()..=end];
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The headers that the application got, by their names in small letters.
    #[track_caller]
    pub(crate) fn application_headers(&self) -> Vec<(String, String)> {
        let headers: Vec<(String, String)> = serde_json::from_value(self.json()["headers"].clone()).unwrap();
        headers.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect()
    }

    /// All values of one of them.
    #[track_caller]
    pub(crate) fn application_header(&self, name: &str) -> Vec<String> {
        let headers = self.application_headers().into_iter();
        headers.filter(|(other, _)| other == name).map(|(_, value)| value).collect()
    }
}
