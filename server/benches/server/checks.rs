use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// A check is due each 2 ms, and its time counts from when it was due: an answer that is late makes
/// those behind it late too.
const INTERVAL: Duration = Duration::from_millis(2);

/// How long session checks took, in order.
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) fn number(&self) -> usize {
        self.0.len()
    }

    /// Within this many ms came this share of the answers.
    pub(crate) fn within_ms(&self, share: f64) -> f64 {
        self.0[((self.0.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3
    }
}

/// Checks these sessions in turn while `work` goes on.
pub(crate) fn during(server: SocketAddr, cookies: &[String], work: impl FnOnce()) -> Times {
    let going_on = Arc::new(AtomicBool::new(true));
    let checks = thread::spawn({
        let (going_on, cookies) = (Arc::clone(&going_on), cookies.to_vec());
        move || check(server, &cookies, &going_on)
    });
    work();
    going_on.store(false, Ordering::Relaxed);
    let mut times = checks.join().unwrap();
    times.sort_unstable();
    Times(times)
}

fn check(server: SocketAddr, cookies: &[String], going_on: &AtomicBool) -> Vec<Duration> {
    let mut stream = TcpStream::connect(server).unwrap();
    stream.set_nodelay(true).unwrap();
    let (mut due, mut times, mut answer) = (Instant::now(), Vec::new(), [0; 8192]);
    for cookie in cookies.iter().cycle() {
        if !going_on.load(Ordering::Relaxed) {
            break;
        }
        let request = format!("GET /session HTTP/1.1\r\nHost: {server}\r\nCookie: {cookie}\r\n\r\n");
        thread::sleep(due.saturating_duration_since(Instant::now()));
        stream.write_all(request.as_bytes()).unwrap();
        // An answer is smaller than one segment on loopback, so it comes in one piece.
        let length = stream.read(&mut answer).unwrap();
        let text = String::from_utf8_lossy(&answer[..length]);
        assert!(text.starts_with("HTTP/1.1 200 ") && text.ends_with('}'), "{text}");
        times.push(due.elapsed());
        due += INTERVAL;
    }
    times
}
