use std::net::SocketAddr;

use session_testing::RedisServer;

use crate::applications::{Application, ISSUER};
use crate::client::Client;
use crate::machine::{Machine, Server};
use crate::proxy::{Kind, Proxy};

/// An application behind a proxy that asks a server, with all that they need.
pub(crate) struct Site {
    pub(crate) proxy: Proxy,
    pub(crate) application: Server,
    pub(crate) server: Server,
    pub(crate) redis: RedisServer,
    pub(crate) machine: Machine,
}

impl Site {
    pub(crate) async fn behind(kind: Kind) -> Self {
        Self::with(kind, &[]).await
    }

    /// The same, with settings of the server.
    pub(crate) async fn with(kind: Kind, flags: &[&str]) -> Self {
        let (machine, redis) = (Machine::with_alice(), RedisServer::start(&[]));
        let server = serve(&machine, &redis, flags).await;
        let application = Application::Node.start(&machine, server.address, ISSUER).await;
        let proxy = Proxy::start(kind, server.address, application.address);
        Self { proxy, application, server, redis, machine }
    }

    /// Another server of the same sessions.
    pub(crate) async fn another_server(&self) -> Server {
        serve(&self.machine, &self.redis, &[]).await
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.proxy.address
    }

    pub(crate) fn client(&self) -> Client {
        Client::of(self.proxy.address)
    }

    /// A client that has signed in by way of the proxy.
    pub(crate) async fn alice(&self) -> Client {
        let mut alice = self.client();
        alice.sign_in().await;
        alice
    }
}

pub(crate) async fn serve(machine: &Machine, redis: &RedisServer, flags: &[&str]) -> Server {
    let store = redis.url();
    let site = ["--store", &store, "--public-origin", ISSUER, "--path-prefix", "/_session"];
    let trusted =
        if flags.contains(&"--trusted-proxies") { &[][..] } else { &["--trusted-proxies", "127.0.0.1"] };
    let asked = [trusted, &["--access-rules", "/open=public"]].concat();
    machine.serve(&[&site[..], &asked, flags].concat()).await
}
