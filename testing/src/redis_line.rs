//! A line to Redis that does to the replies what lines do.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};
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
    damage: AtomicU8,
    delay_ms: AtomicU64,
    replies: AtomicU32,
}

/// What a line does to a reply, beside being late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Damage {
    /// Nothing.
    None,
    /// Makes garbage of it.
    Garbles,
    /// Turns one bit over of every third.
    Flips,
    /// Has it vanish, while nobody closes anything.
    Swallows,
    /// Delivers half of every third, and closes the connection.
    Cuts,
    /// Closes the connection in its stead, as whoever has forgotten it does (RST).
    Resets,
    /// Keeps the answer to `TIME`, and what comes after it, longer than anybody waits.
    HoldsTime,
}

const HELD_FOR: Duration = Duration::from_secs(1);

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

    /// What it does from now on.
    pub fn does(&self, damage: Damage) {
        self.weather.damage.store(damage as u8, Ordering::SeqCst);
    }

    /// How late every reply comes.
    pub fn delay(&self, delay: Duration) {
        let delay_ms = delay.as_millis().try_into().expect("a delay of a test's length");
        self.weather.delay_ms.store(delay_ms, Ordering::SeqCst);
    }
}

impl Weather {
    /// What arrives of a reply, and whether it is the last.
    fn arriving(&self, mut reply: Vec<u8>) -> (Vec<u8>, bool) {
        let number = self.replies.fetch_add(1, Ordering::Relaxed) as usize;
        let is_third = number.is_multiple_of(3);
        match self.damage.load(Ordering::SeqCst) {
            damage if damage == Damage::Garbles as u8 => reply.iter_mut().for_each(|byte| *byte ^= 0x55),
            damage if damage == Damage::Flips as u8 && is_third => {
                // Another place in each, in the end every one.
                let place = number / 3 * 7 % (reply.len() * 8);
                reply[place / 8] ^= 1 << (place % 8);
            }
            damage if damage == Damage::Swallows as u8 => reply.clear(),
            damage if damage == Damage::Cuts as u8 && is_third => {
                reply.truncate(reply.len() / 2);
                return (reply, true);
            }
            damage if damage == Damage::Resets as u8 => return (Vec::new(), true),
            _ => {}
        }
        (reply, false)
    }

    fn resets(&self) -> bool {
        self.damage.load(Ordering::SeqCst) == Damage::Resets as u8
    }

    fn due(&self, reply: &[u8]) -> Instant {
        let is_held = self.damage.load(Ordering::SeqCst) == Damage::HoldsTime as u8 && tells_time(reply);
        let delay = Duration::from_millis(self.delay_ms.load(Ordering::SeqCst));
        Instant::now() + if is_held { HELD_FOR } else { delay }
    }
}

/// Two strings, of which the first has ten digits: seconds, and then microseconds.
fn tells_time(reply: &[u8]) -> bool {
    reply.starts_with(b"*2\r\n$10\r\n")
}

async fn carry_all(listener: TcpListener, port: u16, weather: Arc<Weather>) {
    while let Ok((client, _)) = listener.accept().await {
        // While Redis is not there, nobody answers.
        let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await else { continue };
        tokio::spawn(carry(client, server, Arc::clone(&weather)));
    }
}

async fn carry(client: TcpStream, server: TcpStream, weather: Arc<Weather>) {
    let (mut from_client, to_client) = client.into_split();
    let (from_server, mut to_server) = server.into_split();
    let (sender, replies) = mpsc::unbounded_channel();
    let takes = tokio::spawn(take(from_server, sender, Arc::clone(&weather)));
    tokio::select! {
        _ = tokio::io::copy(&mut from_client, &mut to_server) => {}
        to_client = deliver(replies, to_client) => {
            if weather.resets() {
                let _ = AsRef::<TcpStream>::as_ref(&to_client).set_zero_linger();
            }
        }
    }
    takes.abort();
}

/// Each reply is late by itself, and not for those before it.
async fn take(
    mut server: OwnedReadHalf,
    replies: mpsc::UnboundedSender<(Instant, Vec<u8>)>,
    weather: Arc<Weather>,
) {
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = server.read(&mut buffer).await {
        let (reply, is_last) = weather.arriving(buffer[..length].to_vec());
        if replies.send((weather.due(&reply), reply)).is_err() || is_last {
            return;
        }
    }
}

async fn deliver(
    mut replies: mpsc::UnboundedReceiver<(Instant, Vec<u8>)>,
    mut client: OwnedWriteHalf,
) -> OwnedWriteHalf {
    while let Some((due, reply)) = replies.recv().await {
        sleep_until(due).await;
        if client.write_all(&reply).await.is_err() {
            break;
        }
    }
    client
}
