//! Sessions on one machine, in a file: redb with group commit.
