use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

use super::Limits;

/// What a connection is waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Its first byte.
    FirstByte,
    /// The rest of a request's header.
    Header,
    /// The end of a request that is being answered; its body has a deadline of its own.
    Request,
    /// The first byte of the next request.
    BetweenRequests,
}

/// The phase, shared between the connection's bytes and its requests.
#[derive(Clone, Default)]
pub(super) struct PhaseCell(Arc<Shared>);

#[derive(Default)]
struct Shared {
    phase: AtomicU8,
    // Whoever waits for bytes during a request. The end of the request wakes it, so that the next
    // deadline starts: hyper itself does not read again before something arrives.
    reader: AtomicWaker,
}

impl PhaseCell {
    pub(super) fn set(&self, phase: Phase) {
        self.0.phase.store(phase as u8, Ordering::Release);
        if phase == Phase::BetweenRequests {
            self.0.reader.wake();
        }
    }

    fn get(&self) -> Phase {
        match self.0.phase.load(Ordering::Acquire) {
            0 => Phase::FirstByte,
            1 => Phase::Header,
            2 => Phase::Request,
            _ => Phase::BetweenRequests,
        }
    }
}

/// A TCP stream that fails once its peer has kept it waiting for too long.
pub(super) struct DeadlineIo {
    stream: TcpStream,
    phase: PhaseCell,
    limits: Limits,
    read_timer: Pin<Box<Sleep>>,
    timed_phase: Phase,
    write_timer: Option<Pin<Box<Sleep>>>,
}

impl DeadlineIo {
    pub(super) fn new(stream: TcpStream, phase: PhaseCell, limits: Limits) -> Self {
        let read_timer = Box::pin(sleep(limits.first_byte));
        Self { stream, phase, limits, read_timer, timed_phase: Phase::FirstByte, write_timer: None }
    }

    const fn patience(&self, phase: Phase) -> Option<Duration> {
        match phase {
            Phase::FirstByte => Some(self.limits.first_byte),
            Phase::Header => Some(self.limits.header),
            Phase::Request => None,
            Phase::BetweenRequests => Some(self.limits.keep_alive),
        }
    }

    /// Fails when the present phase has lasted for too long.
    fn poll_read_deadline(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        self.phase.0.reader.register(cx.waker());
        let phase = self.phase.get();
        let Some(patience) = self.patience(phase) else {
            self.timed_phase = phase;
            return Poll::Pending;
        };
        if phase != self.timed_phase {
            self.timed_phase = phase;
            self.read_timer.as_mut().reset(Instant::now() + patience);
        }
        self.read_timer.as_mut().poll(cx).map(|()| io::ErrorKind::TimedOut.into())
    }

    /// Waits for room to write, but not for too long.
    fn poll_write_deadline<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.write_timer = None;
            return written;
        }
        let timer = self.write_timer.get_or_insert_with(|| Box::pin(sleep(self.limits.write)));
        timer.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for DeadlineIo {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        if let Poll::Ready(result) = Pin::new(&mut this.stream).poll_read(cx, buffer) {
            let arrived = buffer.filled().len() > before;
            if arrived && matches!(this.phase.get(), Phase::FirstByte | Phase::BetweenRequests) {
                this.phase.set(Phase::Header);
                // Also when the phase was the same at the last look, on a connection that is never idle.
                this.timed_phase = Phase::Header;
                this.read_timer.as_mut().reset(Instant::now() + this.limits.header);
            }
            // A trickle of bytes must not keep the deadline from being seen.
            return match this.poll_read_deadline(cx) {
                Poll::Ready(error) => Poll::Ready(Err(error)),
                Poll::Pending => Poll::Ready(result),
            };
        }
        let error = ready!(this.poll_read_deadline(cx));
        Poll::Ready(Err(error))
    }
}

impl AsyncWrite for DeadlineIo {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(cx, bytes);
        this.poll_write_deadline(cx, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write_vectored(cx, parts);
        this.poll_write_deadline(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
