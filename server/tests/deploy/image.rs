//! What is in the image, without an engine: the server in a root that has nothing else, as the image's user.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use session_testing::{Authority, RedisServer};

use crate::container::Image;
use crate::machine::{Machine, PASSWORD, Server};

/// Where `deploy/build-static.sh` has put what it made.
const BUILT: &str = "STATIC_BUILD";

/// The root of a container, before an engine adds what it adds.
struct Root {
    machine: Machine,
    image: Image,
}

impl Root {
    fn new() -> Self {
        let root = Self { machine: Machine::new(), image: Image::read() };
        let built = PathBuf::from(std::env::var_os(BUILT).expect("where the build is"));
        for (from, to, _) in root.image.copies() {
            let from = match from.strip_prefix("/image/") {
                Some(name) => built.join(name),
                None => PathBuf::from(from),
            };
            root.copy(&from, &to);
        }
        // Every engine mounts one.
        root.machine.write("hosts", "127.0.0.1 localhost\n::1 localhost\n");
        root.copy(&root.machine.path("hosts"), "/etc/hosts");
        root.close("", 0o555);
        root
    }

    fn path(&self, path: &str) -> PathBuf {
        self.machine.path("root").join(path.trim_start_matches('/'))
    }

    fn copy(&self, from: &Path, to: &str) {
        let to = self.path(to);
        if from.is_dir() {
            fs::create_dir_all(to).unwrap();
        } else {
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(from, to).unwrap();
        }
    }

    /// There is one user in there, so what is root's in an image is protected by its mode alone.
    fn close(&self, path: &str, mode: u32) {
        fs::set_permissions(self.path(path), PermissionsExt::from_mode(mode)).unwrap();
    }

    /// The image's program in its root, as its user, in its directory.
    fn command(&self, words: &[&str]) -> Command {
        let (user, group) = self.image.one("USER").split_once(':').unwrap();
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-user", user, "--map-group", group, "--root"]).arg(self.path(""));
        command.args(["--wd", self.image.one("WORKDIR"), "--"]).args(self.image.words("ENTRYPOINT"));
        command
            .args(words)
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .stderr(self.machine.log());
        command
    }

    /// With what the image says, but on a port of the test's own.
    async fn serve(&self, flags: &[&str]) -> Server {
        let words = self.image.words("CMD");
        let words = words.iter().map(|word| if word == ":8080" { "127.0.0.1:0" } else { word });
        let words: Vec<_> = words.chain(["--public-origin", "http://localhost:8080"]).collect();
        self.machine.start(self.command(&[&words[..], flags].concat())).await
    }

    fn add_alice(&self) {
        let mut command = self.command(&["user", "add", "alice", "--password-stdin"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), PASSWORD.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success(), "{}", self.machine.read("log"));
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        self.close("", 0o755);
    }
}

#[tokio::test]
#[ignore = "wants what `cargo xtask test image` builds"]
async fn the_image_serves_with_nothing_else_in_its_root() {
    let root = Root::new();
    root.add_alice();
    let server = root.serve(&[]).await;
    let login = server.log_in("alice").await;
    assert_eq!(server.status_of(&login).await, 200);
    let page = server.get("/").await;
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().contains("<!doctype html>"));
    assert_eq!(server.terminate().await.code(), Some(0));
    let log = root.machine.read("log");
    let warnings: Vec<_> = log.lines().filter(|line| !line.contains(" INFO ")).collect();
    assert!(
        warnings.len() == 1 && warnings[0].contains("made a new key ring at session-data/keys.json"),
        "{log}"
    );
    let made: Vec<_> =
        fs::read_dir(root.path("/data")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(made, ["session-data"]);
}

#[tokio::test]
#[ignore = "wants what `cargo xtask test image` builds"]
async fn in_the_image_a_redis_is_found_by_its_name_and_trusted_by_the_images_authorities() {
    let root = Root::new();
    root.add_alice();
    let authority = Authority::new("ours");
    let (redis, port) = RedisServer::start_with_tls(&authority.issue("localhost"), None);
    let plain = root.serve(&["--store", &format!("redis://localhost:{}", redis.port())]).await;
    let login = plain.log_in("alice").await;
    let tls = format!("rediss://localhost:{port}");
    let stranger = root.serve(&["--store", &tls]).await;
    assert_eq!(stranger.status_of(&login).await, 503);

    // One more authority in the file that the image has.
    let (certificates, ..) = root.image.copies().remove(0);
    let both = [fs::read(&certificates).unwrap(), fs::read(authority.certificate()).unwrap()].concat();
    fs::write(root.path(&certificates), both).unwrap();
    let server = root.serve(&["--store", &tls]).await;
    assert_eq!(server.status_of(&login).await, 200);
}
