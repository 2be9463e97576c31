//! A line to Redis that does to the replies what lines do.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// A line through which a store reaches a Redis of a test's own.
pub struct RedisLine {
    url: String,
    weather: Arc<Weather>,
}

/// What becomes of the replies.
#[derive(Default)]
struct Weather {
    garbles: AtomicBool,
    swallows: AtomicBool,
    delay_ms: AtomicU64,
}

impl RedisLine {
    /// A line that is well, to the server on this port of the loopback interface.
    pub async fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("redis://{}", listener.local_addr().expect("its address"));
        let weather = Arc::<Weather>::default();
        tokio::spawn(carry_all(listener, port, Arc::clone(&weather)));
        Self { url, weather }
    }

    /// Where it begins, as a store is told.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether every reply becomes garbage.
    pub fn garble(&self, garbles: bool) {
        self.weather.garbles.store(garbles, Ordering::SeqCst);
    }

    /// Whether every reply vanishes, while nobody closes anything.
    pub fn swallow(&self, swallows: bool) {
        self.weather.swallows.store(swallows, Ordering::SeqCst);
    }

    /// How late every reply comes.
    pub fn delay(&self, delay: Duration) {
        let delay_ms = delay.as_millis().try_into().expect("a delay of a test's length");
        self.weather.delay_ms.store(delay_ms, Ordering::SeqCst);
    }
}

impl Weather {
    fn garbled(&self, mut reply: Vec<u8>) -> Vec<u8> {
        if self.garbles.load(Ordering::SeqCst) {
            reply.iter_mut().for_each(|byte| *byte ^= 0x55);
        }
        reply
    }

    fn due(&self) -> Instant {
        Instant::now() + Duration::from_millis(self.delay_ms.load(Ordering::SeqCst))
    }
}

async fn carry_all(listener: TcpListener, port: u16, weather: Arc<Weather>) {
    while let Ok((client, _)) = listener.accept().await {
        // While Redis is not there, nobody answers.
        let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await else { continue };
        let (mut from_client, to_client) = client.into_split();
        let (from_server, mut to_server) = server.into_split();
        tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
        let (sender, replies) = mpsc::unbounded_channel();
        tokio::spawn(take(from_server, sender, Arc::clone(&weather)));
        tokio::spawn(deliver(replies, to_client));
    }
}

/// Each reply is late by itself, and not for those before it.
async fn take(
    mut server: OwnedReadHalf,
    replies: mpsc::UnboundedSender<(Instant, Vec<u8>)>,
    weather: Arc<Weather>,
) {
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = server.read(&mut buffer).await {
        if weather.swallows.load(Ordering::SeqCst) {
            continue;
        }
        let reply = weather.garbled(buffer[..length].to_vec());
        if replies.send((weather.due(), reply)).is_err() {
            return;
        }
    }
}

async fn deliver(mut replies: mpsc::UnboundedReceiver<(Instant, Vec<u8>)>, mut client: OwnedWriteHalf) {
    while let Some((due, reply)) = replies.recv().await {
        sleep_until(due).await;
        if client.write_all(&reply).await.is_err() {
            return;
        }
    }
}
