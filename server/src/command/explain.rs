use std::io::{self, Read};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::Value;
use session_core::{
    CookieName, KeyRing, UnixTime, cookie_values, decode_cookie_unverified, decode_statement_unverified,
};
use session_engine::{Clock, SystemClock};

use crate::data_files::data_file;
use crate::output::{rfc3339, say};
use crate::settings::values::cookie_name;
use crate::{Result, key_file};

/// The longest text that is read.
const MAX_LENGTH: u64 = 64 * 1024;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// A TOML file with settings, as for `serve`
    #[arg(long, env = "SESSION_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Key ring
    #[arg(long, env = "SESSION_KEYS", value_name = "FILE", default_value_os_t = data_file("keys.json"))]
    keys: PathBuf,
    /// Name of the session cookie
    #[arg(long, env = "SESSION_COOKIE_NAME", value_name = "NAME", value_parser = cookie_name, default_value = CookieName::DEFAULT)]
    cookie_name: CookieName,
    /// Issuer that a statement must have; by default the one it names
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
    /// Judge as of this time, in seconds since the epoch; by default now
    #[arg(long, value_name = "SECONDS")]
    at: Option<u64>,
}

/// Reads from standard input, since other users of a machine can see arguments. What is refused is a
/// failure for a script too.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let ring = key_file::load(&arguments.keys)?;
    let mut text = Vec::new();
    io::stdin().take(MAX_LENGTH).read_to_end(&mut text)?;
    let text = text.trim_ascii();
    let now = arguments.at.map_or_else(|| SystemClock.now(), UnixTime::from_secs);
    // A statement starts with the base64url of `{"`.
    match std::str::from_utf8(text) {
        Ok(statement) if text.starts_with(b"ey") => explain_statement(&ring, statement, arguments, now),
        _ => explain_cookie(&ring, text, arguments, now),
    }
}

fn explain_cookie(ring: &KeyRing, text: &[u8], arguments: &Arguments, now: UnixTime) -> Result<ExitCode> {
    // With HTTP/2 it is written in lower case.
    let line = match text.split_at_checked(b"Cookie:".len()) {
        Some((header, line)) if header.eq_ignore_ascii_case(b"Cookie:") => line,
        _ => text,
    };
    let line = line.trim_ascii();
    let keys = ring.cookie_keys(arguments.cookie_name.clone());
    say!("session cookie {}", keys.name())?;
    let named: Vec<&[u8]> = cookie_values([line], keys.name().as_str()).collect();
    for value in if named.is_empty() { vec![line] } else { named } {
        if let Ok(fields) = decode_cookie_unverified(value) {
            say!("  key          {}", fields.key_id)?;
            say!("  session ID   {}", fields.session_id)?;
            say!("  secret       (not shown)")?;
            say!("  issued at    {}", written(fields.issued_at))?;
            say!("  expires at   {}", written(fields.expires_at))?;
        }
    }
    match keys.accepted().verify_header_or_value(line, now) {
        Ok(_) => authentic("whether the session is live, only the store knows"),
        Err(refusal) => refused(refusal.code(), &refusal),
    }
}

fn explain_statement(
    ring: &KeyRing,
    statement: &str,
    arguments: &Arguments,
    now: UnixTime,
) -> Result<ExitCode> {
    let decoded = decode_statement_unverified(statement);
    let named = decoded.as_ref().map_or("", |decoded| decoded.claims().issuer.as_str());
    let issuer = arguments.issuer.as_deref().unwrap_or(named);
    say!("session statement")?;
    if let Ok(decoded) = &decoded {
        let claims = decoded.claims();
        say!("  key          {}", decoded.key_id())?;
        say!("  issuer       {:?}", claims.issuer)?;
        say!("  subject      {:?}", claims.subject)?;
        say!("  session ID   {}", claims.session_id)?;
        say!("  issued at    {}", written(claims.issued_at))?;
        say!("  expires at   {}", written(claims.expires_at))?;
        say!("  password at  {}", written(claims.authenticated_at))?;
        say!("  idle until   {}", written(claims.idle_expires_at))?;
        say!("  at most til  {}", written(claims.absolute_expires_at))?;
        // Written anew: what a stranger wrote could hold line breaks that fake a verdict.
        let added = claims.claims.to_map().map(Value::Object);
        say!("  claims       {}", added.unwrap_or_else(|| claims.claims.as_str().into()))?;
    }
    match ring.statement_keys().verify(statement, issuer, now) {
        Ok(_) => authentic("it says nothing of what happened since it was issued"),
        Err(refusal) => refused(refusal.code(), &refusal),
    }
}

fn authentic(reservation: &str) -> Result<ExitCode> {
    say!("verdict: authentic; {reservation}")?;
    Ok(ExitCode::SUCCESS)
}

fn refused(code: &str, why: &dyn std::fmt::Display) -> Result<ExitCode> {
    say!("verdict: refused, {code}: {why}")?;
    Ok(ExitCode::FAILURE)
}

fn written(time: UnixTime) -> String {
    format!("{} ({time})", rfc3339(time))
}
