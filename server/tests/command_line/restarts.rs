//! F23: all servers restart at once under everybody.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use session_testing::RedisServer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::machine::{Machine, Server};

const SERVERS: usize = 3;
const CLIENTS: usize = 10_000;
/// How long somebody waits who was told to come again, as `Retry-After` says; not all come at once.
const PAUSE: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_secs(120);

/// F23, R53: ten thousand clients with open connections ask again as soon as they are cut off.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes ten thousand connections: cargo xtask test faults"]
async fn a_restart_of_all_servers_opens_few_connections_to_redis() {
    allow_files(CLIENTS + 1_000);
    let (machine, redis) = (Machine::with_alice(), RedisServer::start(&[]));
    let store = redis.url();
    let serve = async |listen: String| {
        let flags = ["--listen", &listen, "--store", &store, "--public-origin", "http://127.0.0.1"];
        machine.serve(&flags).await
    };
    let mut servers = Vec::new();
    for _ in 0..SERVERS {
        servers.push(serve("127.0.0.1:0".to_owned()).await);
    }
    let addresses: Vec<_> = servers.iter().map(|server| server.address).collect();
    let cookie = servers[0].log_in("alice").await.cookie;
    let (served, (go_home, is_over)) = (Arc::new(AtomicUsize::new(0)), watch::channel(false));
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        let request =
            format!("GET /session HTTP/1.1\r\nhost: 127.0.0.1\r\ncookie: __Host-session={cookie}\r\n\r\n");
        let (address, served, is_over) = (addresses[number % SERVERS], Arc::clone(&served), is_over.clone());
        let pause = PAUSE + Duration::from_millis(number as u64 % 1_000);
        clients.spawn(async move { ask_twice(address, &request, pause, &served, is_over).await });
    }
    until(|| served.load(Ordering::Relaxed) == CLIENTS).await;
    let before = connections_to(&redis);
    for server in servers {
        server.kill().await;
    }
    let restarted_at = Instant::now();
    let mut servers: Vec<Server> = Vec::new();
    for address in addresses {
        servers.push(serve(address.to_string()).await);
    }
    for server in &servers {
        while !server.get("/readyz").await.status().is_success() {
            assert!(restarted_at.elapsed() < PATIENCE, "never ready");
            sleep(Duration::from_millis(10)).await;
        }
    }
    let ready = restarted_at.elapsed();
    until(|| served.load(Ordering::Relaxed) == 2 * CLIENTS).await;
    println!("ready after {ready:?}, and all {CLIENTS} served after {:?}", restarted_at.elapsed());
    // Two each, and the one that counts them; and on a busy machine some in place of one that was too slow.
    let opened = connections_to(&redis) - before;
    assert!(opened <= 2 * (2 * SERVERS) + 1, "{opened} connections to Redis");
    go_home.send_replace(true);
    clients.join_all().await;
}

/// Asks once, and again as soon as the connection has ended. The second one stays open as well.
async fn ask_twice(
    address: SocketAddr,
    request: &str,
    pause: Duration,
    served: &AtomicUsize,
    mut is_over: watch::Receiver<bool>,
) {
    for _ in 0..2 {
        let mut connection = loop {
            match ask(address, request).await {
                Some(connection) => break connection,
                None => sleep(pause).await,
            }
        };
        served.fetch_add(1, Ordering::Relaxed);
        let mut nothing = [0];
        tokio::select! {
            // It ends.
            _ = connection.read(&mut nothing) => {}
            _ = is_over.wait_for(|is_over| *is_over) => return,
        }
    }
    panic!("the connection was cut off once more");
}

/// A connection on which the answer was 200.
async fn ask(address: SocketAddr, request: &str) -> Option<TcpStream> {
    let mut connection = TcpStream::connect(address).await.ok()?;
    connection.write_all(request.as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    while !answer.ends_with(b"}") {
        let read = connection.read_buf(&mut answer).await.ok()?;
        if read == 0 {
            return None;
        }
    }
    // Of a session that is there nobody hears anything else but that the store is not.
    match &answer[..12] {
        b"HTTP/1.1 200" => Some(connection),
        b"HTTP/1.1 503" => None,
        _ => panic!("{}", String::from_utf8_lossy(&answer)),
    }
}

fn connections_to(redis: &RedisServer) -> usize {
    let info: String = redis.run(&["INFO", "stats"]);
    let line = info.lines().find_map(|line| line.strip_prefix("total_connections_received:"));
    line.unwrap().parse().unwrap()
}

async fn until(is_so: impl Fn() -> bool) {
    let began_at = Instant::now();
    while !is_so() {
        assert!(began_at.elapsed() < PATIENCE, "not in time");
        sleep(Duration::from_millis(10)).await;
    }
}

fn allow_files(count: usize) {
    let limit = getrlimit(Resource::Nofile);
    let current = limit.current.map(|current| current.max(count as u64));
    setrlimit(Resource::Nofile, Rlimit { current, ..limit }).expect("so many open files");
}
