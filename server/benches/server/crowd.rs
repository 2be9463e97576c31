use reqwest::header::SET_COOKIE;
use reqwest::{Client, Response, StatusCode};
use serde_json::json;
use thread_priority::ThreadPriority;
use thread_priority::unix::{
    NormalThreadSchedulePolicy, ThreadSchedulePolicy, set_thread_priority_and_policy, thread_native_id,
};
use tokio::runtime::{Builder, Runtime};

use crate::program::PASSWORD;

/// Where the crowd runs. It stands in for other machines, so it must not take this one's cores from the
/// server.
pub(crate) fn runtime() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(1)
        .on_thread_start(|| {
            let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
            set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, idle).unwrap();
        })
        .enable_all()
        .build()
        .unwrap()
}

/// Logs a user in; the cookie is what a browser sends.
pub(crate) async fn log_in(http: &Client, url: &str, user: &str) -> (StatusCode, Option<String>) {
    let body = json!({ "username": user, "password": PASSWORD });
    let answer = http.post(format!("{url}/login")).json(&body).send().await.expect("an answer");
    (answer.status(), session_cookie(&answer))
}

/// What an answer has for the browser to send from now on.
pub(crate) fn session_cookie(answer: &Response) -> Option<String> {
    let value = answer.headers().get(SET_COOKIE)?.to_str().ok()?;
    Some(value.split(';').next()?.to_owned()).filter(|cookie| cookie.starts_with("__Host-session="))
}
