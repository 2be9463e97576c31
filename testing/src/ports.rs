use std::net::TcpListener;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Below those that the system gives to whoever connects (from 32768 on): one of these might be taken between
/// being found free and being listened on.
const FIRST: u32 = 12_000;
const COUNT: u32 = 20_000;

/// A port of the loopback interface that nobody has, and that nobody else in this process is given.
pub fn free_port() -> u16 {
    // Others begin elsewhere.
    static NEXT: LazyLock<AtomicU32> = LazyLock::new(|| AtomicU32::new(std::process::id().wrapping_mul(977)));
    let candidates = (0..COUNT).map(|_| FIRST + NEXT.fetch_add(1, Ordering::Relaxed) % COUNT);
    let mut ports = candidates.filter_map(|port| u16::try_from(port).ok());
    ports.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).expect("a free port")
}
