//! The tiny applications of the examples.

use std::env;
use std::net::SocketAddr;
use std::process::Command;

use crate::machine::{Machine, Server};
use crate::proxy::example;

pub(crate) const ISSUER: &str = "https://app.example";

#[derive(Clone, Copy, Debug)]
pub(crate) enum Application {
    Node,
    Python,
}

impl Application {
    pub(crate) const ALL: [Self; 2] = [Self::Node, Self::Python];

    /// Behind a proxy that asks `session_server`, whose statements are by `issuer`.
    pub(crate) async fn start(self, machine: &Machine, session_server: SocketAddr, issuer: &str) -> Server {
        let (program, file) = match self {
            Self::Node => ("node".into(), "applications/node/application.js"),
            Self::Python => {
                let python = env::var_os("PYTHON").expect("a Python with what the application requires");
                (python, "applications/python/application.py")
            }
        };
        let mut command = Command::new(program);
        command.arg(example(file)).env("PORT", "0").env("ISSUER", issuer);
        command.env("JWKS", format!("http://{session_server}/.well-known/jwks.json"));
        machine.start(command).await
    }
}
