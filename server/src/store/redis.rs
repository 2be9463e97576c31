//! Sessions in Redis, shared by every server.
