//! Where Redis is, as its URL says.

use std::borrow::Cow;
use std::collections::BTreeSet;

use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo, RedisConnectionInfo};
use url::Url;

use super::OpenError;

const SENTINEL_PORT: u16 = 26_379;

/// What a URL says.
pub(super) struct Address {
    pub(super) servers: Servers,
    /// User, password and database.
    pub(super) redis: RedisConnectionInfo,
}

/// Who keeps the keys.
pub(super) enum Servers {
    /// One, which has all of them.
    Single(ConnectionAddr),
    /// One, which is whatever these say that is the primary of this name.
    Sentinel {
        /// Where the sentinels are.
        sentinels: Vec<ConnectionAddr>,
        /// What they call the primary and its replicas.
        name: String,
    },
    /// Several, each with a part. These know of all.
    Cluster(Vec<ConnectionAddr>),
}

impl Address {
    /// What the crate says of a URL may hold the password in it, so every error is the same.
    pub(super) fn parse(url: &str) -> Result<Self, OpenError> {
        let (scheme, rest) = url.split_once("://").ok_or(OpenError::Url)?;
        match scheme.split_once('+') {
            Some((single @ ("redis" | "rediss"), "sentinel")) => Self::parse_sentinel(single, rest),
            Some((single @ ("redis" | "rediss"), "cluster")) => Self::parse_cluster(single, rest),
            _ => {
                let info = parse_single(url)?;
                Ok(Self {
                    servers: Servers::Single(info.addr().clone()),
                    redis: info.redis_settings().clone(),
                })
            }
        }
    }

    /// `[user[:password]@]host[:port],…/name[/database]`
    fn parse_sentinel(scheme: &str, rest: &str) -> Result<Self, OpenError> {
        let (hosts, path) = rest.split_once('/').ok_or(OpenError::Url)?;
        let (name, database) = path.split_once('/').unwrap_or((path, "0"));
        // The characters that Sentinel takes.
        let is_named = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_named) {
            return Err(OpenError::Url);
        }
        let (sentinels, redis) = parse_hosts(scheme, hosts, Some(SENTINEL_PORT), database)?;
        Ok(Self { servers: Servers::Sentinel { sentinels, name: name.to_owned() }, redis })
    }

    /// `[user[:password]@]host[:port],…`; a cluster has one database.
    fn parse_cluster(scheme: &str, rest: &str) -> Result<Self, OpenError> {
        let (nodes, redis) = parse_hosts(scheme, rest.strip_suffix('/').unwrap_or(rest), None, "0")?;
        Ok(Self { servers: Servers::Cluster(nodes), redis })
    }
}

fn parse_hosts(
    scheme: &str,
    hosts: &str,
    default_port: Option<u16>,
    database: &str,
) -> Result<(Vec<ConnectionAddr>, RedisConnectionInfo), OpenError> {
    let (credentials, hosts) = match hosts.rsplit_once('@') {
        // Each host has the same.
        Some((credentials, _)) if credentials.contains('@') => return Err(OpenError::Url),
        Some((credentials, hosts)) => (format!("{credentials}@"), hosts),
        None => (String::new(), hosts),
    };
    let parse = |host: &str| {
        let url = format!("{scheme}://{credentials}{host}/{database}");
        let mut parsed = Url::parse(&url).map_err(|_| OpenError::Url)?;
        if parsed.path() != format!("/{database}") {
            return Err(OpenError::Url);
        }
        if parsed.port().is_none() {
            parsed.set_port(default_port).map_err(|()| OpenError::Url)?;
        }
        parse_single(parsed.as_str())
    };
    let infos = hosts.split(',').map(parse).collect::<Result<Vec<_>, _>>()?;
    let redis = infos.first().ok_or(OpenError::Url)?.redis_settings().clone();
    Ok((infos.iter().map(|info| info.addr().clone()).collect(), redis))
}

fn parse_single(url: &str) -> Result<ConnectionInfo, OpenError> {
    if !is_wholly_heeded(url) {
        return Err(OpenError::Url);
    }
    url.into_connection_info().map_err(|_| OpenError::Url)
}

/// Whether every part of a URL is one that is heeded (R76): the crate lets some pass unseen.
fn is_wholly_heeded(url: &str) -> bool {
    let Ok(parsed) = Url::parse(url) else { return false };
    let is_number = |text: &str| text.parse::<u32>().is_ok_and(|number| number.to_string() == text);
    let has_query = parsed.query().is_some();
    let known = |(name, value): (Cow<'_, str>, Cow<'_, str>)| match &*name {
        "db" => is_number(&value),
        "user" | "pass" => !value.is_empty(),
        _ => false,
    };
    let is_good = match parsed.scheme() {
        "redis" | "rediss" => {
            let database = parsed.path().trim_start_matches('/');
            let one_slash = parsed.path().len() - database.len() <= 1;
            let has_host = parsed.host_str().is_some_and(|host| !host.is_empty() && !host.contains(','));
            has_host && !has_query && one_slash && (database.is_empty() || is_number(database))
        }
        "redis+unix" => {
            let names: BTreeSet<_> = parsed.query_pairs().map(|(name, _)| name).collect();
            let once = names.len() == parsed.query_pairs().count();
            let is_bare = !parsed.has_host() && parsed.path().len() > 1;
            is_bare && once && parsed.query_pairs().all(known) && parsed.query() != Some("")
        }
        _ => false,
    };
    is_good && parsed.fragment().is_none() && !url.contains(char::is_whitespace)
}

/// The address of another server of the same kind.
pub(super) fn beside(known: &ConnectionAddr, host: String, port: u16) -> ConnectionAddr {
    match known {
        ConnectionAddr::TcpTls { insecure, tls_params, .. } => {
            ConnectionAddr::TcpTls { host, port, insecure: *insecure, tls_params: tls_params.clone() }
        }
        _ => ConnectionAddr::Tcp(host, port),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R39, R76: what would not be heeded is refused, and the password in it is not told.
    #[test]
    fn a_bad_url_is_refused_without_being_repeated() {
        for url in [
            "",
            "redis//x",
            "http://u:hunter2@h",
            "redis://u:hunter2@h:port",
            "redis://u:hunter2@h/one",
            "redis://u:hunter2@h/1/2",
            "redis://u:hunter2@h//1",
            "redis://u:hunter2@h/01",
            "redis://u:hunter2@h/-1",
            "redis://u:hunter2@h?db=1",
            "redis://u:hunter2@h#1",
            "redis://u:hunter2@h /1",
            "redis://u:hunter2@",
            "redis://u:hunter2@h,i",
            "rediss://u:hunter2@h#insecure",
            "valkey://u:hunter2@h",
            "redis+unix://host/run/redis.sock",
            "redis+unix:///",
            "redis+unix:///run/redis.sock?database=1",
            "redis+unix:///run/redis.sock?db=x&pass=hunter2",
            "redis+unix:///run/redis.sock?db=1&db=2",
            "redis+unix:///run/redis.sock#x",
            "redis+sentinel://u:hunter2@h",
            "redis+sentinel://u:hunter2@h/",
            "redis+sentinel://u:hunter2@h,/main",
            "redis+sentinel://u:hunter2@h:port/main",
            "redis+sentinel://u:hunter2@h/ma in",
            "redis+sentinel://u:hunter2@h/main/one",
            "redis+sentinel://u:hunter2@h/main/1/2",
            "redis+sentinel://u:hunter2@h/main?db=1",
            "redis+sentinel://u:hunter2@h,i#insecure/main",
            "redis+cluster://u:hunter2@",
            "redis+cluster://u:hunter2@h,i/1",
            "redis+cluster://u:hunter2@h,,i",
            "redis+cluster://u:hunter2@h?x,i",
            "redis+cluster://u:hunter2@h,u:hunter2@i/",
            "unix+cluster://h",
            "redis+tls://u:hunter2@h",
        ] {
            let Err(error) = Address::parse(url) else { panic!("{url} was accepted") };
            assert_eq!(error, OpenError::Url);
            assert!(!format!("{error} {error:?}").contains("hunter2"));
        }
    }

    /// R76: user, password, port, database and scheme.
    #[test]
    fn every_part_of_a_good_url_is_heeded() {
        for (url, server, database) in [
            ("redis://h", "h:6379", 0),
            ("redis://h:6380", "h:6380", 0),
            ("redis://h/", "h:6379", 0),
            ("redis://h/2", "h:6379", 2),
            ("redis://u:p@[::1]:1/0", "::1:1", 0),
            ("redis://:p@h", "h:6379", 0),
            ("rediss://u:p@h:6380/1", "h:6380", 1),
        ] {
            let Address { servers: Servers::Single(address), redis } = Address::parse(url).unwrap() else {
                panic!("{url} is one server");
            };
            assert_eq!((address.to_string().as_str(), redis.db()), (server, database), "{url}");
            assert_eq!(matches!(address, ConnectionAddr::TcpTls { .. }), url.starts_with("rediss"), "{url}");
        }
        let unix = Address::parse("redis+unix:///run/redis.sock?db=2&user=u&pass=p").unwrap().redis;
        assert_eq!((unix.db(), unix.username(), unix.password()), (2, Some("u"), Some("p")));
    }

    /// R76: of several servers too.
    #[test]
    fn sentinels_and_nodes_are_several() {
        let address = Address::parse("rediss+sentinel://u:p@h,[::1]:7/main.1/3").unwrap();
        let Servers::Sentinel { sentinels, name } = address.servers else { panic!("sentinels") };
        assert_eq!(told(&sentinels), ["h:26379", "::1:7"]);
        assert!(sentinels.iter().all(|address| matches!(address, ConnectionAddr::TcpTls { .. })));
        assert_eq!(name, "main.1");
        let redis = address.redis;
        assert_eq!((redis.db(), redis.username(), redis.password()), (3, Some("u"), Some("p")));

        let address = Address::parse("redis+cluster://:p@h:1,i/").unwrap();
        let Servers::Cluster(nodes) = address.servers else { panic!("a cluster") };
        assert_eq!(told(&nodes), ["h:1", "i:6379"]);
        assert_eq!((address.redis.username(), address.redis.password()), (None, Some("p")));
    }

    fn told(addresses: &[ConnectionAddr]) -> Vec<String> {
        addresses.iter().map(ToString::to_string).collect()
    }
}
