//! AWS' API on this machine: moto, asked by AWS' own command line.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use session_testing::free_port;
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Aws {
    directory: TempDir,
    url: String,
    process: Child,
}

impl Aws {
    pub(crate) fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let port = free_port();
        let log = File::create(directory.path().join("log")).unwrap();
        let mut moto = Command::new(tools().join("moto_server"));
        moto.args(["--host", "127.0.0.1", "--port", &port.to_string()]).stdout(Stdio::null()).stderr(log);
        let process = moto.spawn().unwrap();
        let aws = Self { directory, url: format!("http://127.0.0.1:{port}"), process };
        let started = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(started.elapsed() < PATIENCE, "{}", aws.log());
            std::thread::sleep(Duration::from_millis(50));
        }
        aws
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap()
    }

    /// Has a program ask this instead of AWS, with the tools before what else is on its path.
    pub(crate) fn set(&self, command: &mut Command) {
        let before = [self.directory.path().join("bin"), tools()];
        let path = std::env::var_os("PATH").unwrap();
        let path: OsString =
            std::env::join_paths(before.into_iter().chain(std::env::split_paths(&path))).unwrap();
        command.env("PATH", path).env("AWS_ENDPOINT_URL", &self.url);
        command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
    }

    /// A program that is found before any other of its name.
    pub(crate) fn put_before(&self, name: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt;
        let path = self.directory.path().join("bin").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, script).unwrap();
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
    }

    /// What `aws` answers.
    pub(crate) fn call(&self, arguments: &[&str]) -> Value {
        let mut aws = Command::new("aws");
        self.set(aws.args(arguments).env("AWS_DEFAULT_REGION", "eu-central-1").stdin(Stdio::null()));
        let output = aws.output().unwrap();
        assert!(output.status.success(), "{output:?}\n{}", self.log());
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    }

    /// The ARN of a new secret with this text.
    pub(crate) fn secret(&self, name: &str, text: &str) -> String {
        let file = self.argument(text);
        let made = self.call(&["secretsmanager", "create-secret", "--name", name, "--secret-string", &file]);
        made["ARN"].as_str().unwrap().to_owned()
    }

    pub(crate) fn change_secret(&self, name: &str, text: &str) {
        let file = self.argument(text);
        self.call(&["secretsmanager", "put-secret-value", "--secret-id", name, "--secret-string", &file]);
    }

    fn argument(&self, text: &str) -> String {
        let path = self.directory.path().join("argument");
        std::fs::write(&path, text).unwrap();
        format!("file://{}", path.display())
    }

    /// The version ID of a file that is put into a bucket.
    pub(crate) fn object(&self, bucket: &str, key: &str, file: &Path) -> String {
        let here = "LocationConstraint=eu-central-1";
        self.call(&["s3api", "create-bucket", "--bucket", bucket, "--create-bucket-configuration", here]);
        let versions = ["--versioning-configuration", "Status=Enabled"];
        self.call(&[&["s3api", "put-bucket-versioning", "--bucket", bucket], &versions[..]].concat());
        let file = file.to_str().unwrap();
        let put = self.call(&["s3api", "put-object", "--bucket", bucket, "--key", key, "--body", file]);
        put["VersionId"].as_str().unwrap().to_owned()
    }
}

impl Drop for Aws {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// Where `cargo xtask test deploy` has put them.
fn tools() -> PathBuf {
    std::env::var_os("DEPLOY_TOOLS").expect("DEPLOY_TOOLS, as `cargo xtask test deploy` sets it").into()
}
