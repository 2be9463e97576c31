//! Where Redis is, and what a connection to it is made with.

use std::fs;
use std::path::{Path, PathBuf};

use redis::{ClientTlsConfig, TlsCertificates};
use zeroize::Zeroizing;

use super::OpenError;

/// Where Redis is, and what is ours in it. What stands in files is read anew for each connection, so that
/// it can be replaced while servers run.
#[derive(Clone)]
#[must_use]
pub struct RedisSettings {
    pub(super) url: Zeroizing<String>,
    password: Option<Password>,
    certificate_authority: Option<PathBuf>,
    client_certificate: Option<ClientCertificate>,
    pub(super) sentinel_user: Option<String>,
    sentinel_password: Option<Password>,
    pub(super) durability: Durability,
    pub(super) prefix: String,
}

/// When a change is said to be made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Durability {
    /// When the primary has it. What it had not yet sent to a replica is lost with it.
    #[default]
    Async,
    /// When a replica has it as well, or else the store is unavailable (R55). Still no consensus: a primary
    /// that takes over without having been that replica does not have it.
    Strict,
}

#[derive(Clone)]
enum Password {
    Given(Zeroizing<String>),
    In(PathBuf),
}

#[derive(Clone)]
struct ClientCertificate {
    chain: PathBuf,
    key: PathBuf,
}

impl RedisSettings {
    /// The servers of a URL, which is one of
    ///
    /// * `redis://[USER[:PASSWORD]@]HOST[:PORT][/DB]`
    /// * `redis+unix:///PATH[?db=DB&user=USER&pass=PASSWORD]`
    /// * `redis+sentinel://[USER[:PASSWORD]@]HOST[:PORT],…/NAME[/DB]`: the primary that these sentinels know
    ///   by that name
    /// * `redis+cluster://[USER[:PASSWORD]@]HOST[:PORT],…`: the cluster that these nodes know
    ///
    /// and, but for the second, the same with `rediss` for TLS.
    pub fn new(url: &str) -> Self {
        Self {
            url: url.to_owned().into(),
            password: None,
            certificate_authority: None,
            client_certificate: None,
            sentinel_user: None,
            sentinel_password: None,
            durability: Durability::default(),
            prefix: String::new(),
        }
    }

    /// The password, if it is not in the URL.
    pub fn password(self, password: Zeroizing<String>) -> Self {
        Self { password: Some(Password::Given(password)), ..self }
    }

    /// A file with the password on its first line.
    pub fn password_file(self, path: impl Into<PathBuf>) -> Self {
        Self { password: Some(Password::In(path.into())), ..self }
    }

    /// A file with the certificates (PEM) that vouch for the server, in place of those of the operating
    /// system.
    pub fn certificate_authority(self, path: impl Into<PathBuf>) -> Self {
        Self { certificate_authority: Some(path.into()), ..self }
    }

    /// Files with our own certificate and those between it and its authority, and with its key (PEM).
    pub fn client_certificate(self, chain: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        let client_certificate = Some(ClientCertificate { chain: chain.into(), key: key.into() });
        Self { client_certificate, ..self }
    }

    /// The user that we are to sentinels, where it is not their default one.
    pub fn sentinel_user(self, user: impl Into<String>) -> Self {
        Self { sentinel_user: Some(user.into()), ..self }
    }

    /// A file with the password for sentinels on its first line. That of the servers is not told to them.
    pub fn sentinel_password_file(self, path: impl Into<PathBuf>) -> Self {
        Self { sentinel_password: Some(Password::In(path.into())), ..self }
    }

    /// When a change is said to be made.
    pub fn durability(self, durability: Durability) -> Self {
        Self { durability, ..self }
    }

    /// What every key begins with, so that several installations can share one Redis; nothing, unless
    /// it is set.
    pub fn prefix(self, prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), ..self }
    }

    pub(super) fn check_prefix(&self) -> Result<(), OpenError> {
        // Braces would place the keys of a cluster by a part of them (Redis cluster specification).
        let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'{' && byte != b'}';
        if self.prefix.bytes().all(is_plain) { Ok(()) } else { Err(OpenError::Prefix) }
    }

    pub(super) fn has_certificates(&self) -> bool {
        self.certificate_authority.is_some() || self.client_certificate.is_some()
    }

    /// The same for who connects to sentinels.
    pub(super) fn of_sentinels(self) -> Self {
        Self { password: self.sentinel_password.clone(), ..self }
    }

    /// Whether there is anything for sentinels.
    pub(super) fn is_for_sentinels(&self) -> bool {
        self.sentinel_user.is_some() || self.sentinel_password.is_some()
    }

    /// The password beside the URL, as it is now.
    pub(super) fn read_password(&self) -> Result<Option<Zeroizing<String>>, OpenError> {
        let path = match &self.password {
            None => return Ok(None),
            Some(Password::Given(password)) => return Ok(Some(password.clone())),
            Some(Password::In(path)) => path,
        };
        let text = Zeroizing::new(read("password file", path)?);
        let text = std::str::from_utf8(&text).unwrap_or_default();
        let line = text.lines().next().filter(|line| !line.is_empty());
        let line = line.ok_or_else(|| OpenError::file("password file", path, "it has no first line"))?;
        Ok(Some(line.to_owned().into()))
    }

    /// The certificates, as they are now.
    pub(super) fn read_certificates(&self) -> Result<TlsCertificates, OpenError> {
        let authority = |path: &PathBuf| certificates("certificate authority", path);
        let root_cert = self.certificate_authority.as_ref().map(authority).transpose()?;
        let client = |ClientCertificate { chain, key }: &ClientCertificate| {
            let client_cert = certificates("client certificate", chain)?;
            Ok::<_, OpenError>(ClientTlsConfig {
                client_cert,
                client_key: read("key of the client certificate", key)?,
            })
        };
        let client_tls = self.client_certificate.as_ref().map(client).transpose()?;
        Ok(TlsCertificates { client_tls, root_cert })
    }
}

/// A file without a certificate would vouch for nobody, and nobody would know why.
fn certificates(what: &'static str, path: &Path) -> Result<Vec<u8>, OpenError> {
    const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
    let pem = read(what, path)?;
    match pem.windows(BEGIN.len()).any(|window| window == BEGIN) {
        true => Ok(pem),
        false => Err(OpenError::file(what, path, "it has no certificate in PEM")),
    }
}

fn read(what: &'static str, path: &Path) -> Result<Vec<u8>, OpenError> {
    fs::read(path).map_err(|error| OpenError::file(what, path, &error.to_string()))
}
