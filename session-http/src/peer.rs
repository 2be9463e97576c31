use std::net::SocketAddr;

/// The other end of the connection, as an extension of a request. [`serve`](crate::serve) puts it
/// there; whoever accepts connections by another way does the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);
