//! A name service as a container engine has it: one name, and the addresses of all who have it.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex};
use std::thread;

const HEADER: usize = 12;
/// Behind the name of a question: type A, class IN.
const ADDRESS_OF: [u8; 4] = [0, 1, 0, 1];

pub(crate) struct NameService {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl NameService {
    /// Tells these addresses to whoever asks for any name.
    pub(crate) fn with(addresses: Vec<Ipv4Addr>) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let (address, asked) = (socket.local_addr().unwrap(), Arc::default());
        let service = Self { address, asked: Arc::clone(&asked) };
        // As long as the tests run.
        thread::spawn(move || {
            let mut buffer = [0; 512];
            while let Ok((length, client)) = socket.recv_from(&mut buffer) {
                let (name, answer) = answer(&buffer[..length], &addresses);
                asked.lock().unwrap().push(name);
                let _ = socket.send_to(&answer, client);
            }
        });
        service
    }

    /// The names that were asked for.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// RFC 1035 section 4.
fn answer(query: &[u8], addresses: &[Ipv4Addr]) -> (String, Vec<u8>) {
    let (mut name, mut end) = (Vec::new(), HEADER);
    while query[end] != 0 {
        let label = end + 1..end + 1 + usize::from(query[end]);
        end = label.end;
        name.push(String::from_utf8_lossy(&query[label]).into_owned());
    }
    let question = &query[HEADER..end + 5];
    let addresses = if question.ends_with(&ADDRESS_OF) { addresses } else { &[] };
    // The ID; an answer that is there; one question.
    let mut answer =
        [&query[..2], &[0x81, 0x80, 0, 1, 0], &[u8::try_from(addresses.len()).unwrap()]].concat();
    answer.extend([0; 4]);
    answer.extend(question);
    for address in addresses {
        // The name of the question, type A, class IN, for a second, four bytes.
        answer.extend([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4]);
        answer.extend(address.octets());
    }
    (name.join("."), answer)
}
