//! One request at a time on a connection, for what is not measured.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result};

const DEADLINE: Duration = Duration::from_secs(10);

/// What is asked.
#[derive(Clone, Copy)]
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    /// As a browser sends it.
    pub(crate) cookie: &'a str,
    /// JSON.
    pub(crate) body: &'a str,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    /// From the first byte to the last.
    pub(crate) length: usize,
    pub(crate) body: String,
    /// All that a browser sends from now on.
    pub(crate) cookie: String,
}

pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(DEADLINE))?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    pub(crate) fn ask(&mut self, request: Request<'_>) -> Result<Answer> {
        let Request { method, path, cookie, body } = request;
        let mut text = format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n");
        if !cookie.is_empty() {
            text += &format!("Cookie: {cookie}\r\n");
        }
        if !body.is_empty() {
            text += &format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
        }
        self.stream.get_mut().write_all(format!("{text}\r\n{body}").as_bytes())?;
        self.answer().with_context(|| format!("no answer to {method} {path}"))
    }

    fn answer(&mut self) -> Result<Answer> {
        let first = self.line()?;
        let status = first.split(' ').nth(1).context("no status")?.parse()?;
        let (mut length, mut body, mut cookies) = (first.len(), 0, Vec::new());
        loop {
            let line = self.line()?;
            length += line.len();
            let Some((name, value)) = line.split_once(':') else { break };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => body = value.trim().parse()?,
                "set-cookie" => cookies.extend(value.trim().split(';').next().map(str::to_owned)),
                _ => {}
            }
        }
        let mut bytes = vec![0; body];
        self.stream.read_exact(&mut bytes)?;
        Ok(Answer {
            status,
            length: length + body,
            body: String::from_utf8(bytes)?,
            cookie: cookies.join("; "),
        })
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        Ok(line)
    }
}
