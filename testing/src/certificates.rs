//! Certificates of a test's own.

use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use tempfile::TempDir;

/// An authority, with the files that it has issued.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    directory: TempDir,
}

/// A certificate and its key, as files in PEM.
pub struct Issued {
    /// The certificate.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

impl Authority {
    /// One that nobody trusts yet.
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        let directory = tempfile::tempdir().expect("a temporary directory");
        std::fs::write(directory.path().join("ca.pem"), certificate.pem()).expect("a written file");
        Self { issuer: Issuer::new(params, key), directory }
    }

    /// The file with its certificate.
    pub fn certificate(&self) -> PathBuf {
        self.directory.path().join("ca.pem")
    }

    /// A certificate for a host, or an address, that is good today.
    pub fn issue(&self, host: &str) -> Issued {
        self.issue_until(host, 4096)
    }

    /// One that was good once.
    pub fn issue_expired(&self, host: &str) -> Issued {
        self.issue_until(host, 2020)
    }

    fn issue_until(&self, host: &str, year: i32) -> Issued {
        let mut params = CertificateParams::new([host.to_owned()]).expect("a host");
        params.not_before = date_time_ymd(2019, 1, 1);
        params.not_after = date_time_ymd(year, 1, 1);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        let at = |kind: &str| self.directory.path().join(format!("{host}-{year}-{kind}.pem"));
        let issued = Issued { certificate: at("certificate"), key: at("key") };
        std::fs::write(&issued.certificate, certificate.pem()).expect("a written file");
        std::fs::write(&issued.key, key.serialize_pem()).expect("a written file");
        issued
    }
}

impl Issued {
    /// As flags of a `redis-server` that listens with TLS too.
    pub(crate) fn flags(&self, port: u16, clients: Option<&Path>) -> Vec<String> {
        let text = |path: &Path| path.to_str().expect("a path in UTF-8").to_owned();
        let mut flags = vec!["--tls-port".into(), port.to_string()];
        flags.extend(["--tls-cert-file".into(), text(&self.certificate)]);
        flags.extend(["--tls-key-file".into(), text(&self.key)]);
        // Without clients to know, it needs an authority all the same.
        flags.extend(["--tls-ca-cert-file".into(), text(clients.unwrap_or(&self.certificate))]);
        flags.extend(["--tls-auth-clients".into(), if clients.is_some() { "yes" } else { "no" }.into()]);
        flags
    }
}
