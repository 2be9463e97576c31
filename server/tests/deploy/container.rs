//! `deploy/Containerfile`.

use std::collections::BTreeSet;
use std::fs;

use crate::machine::Machine;
use crate::settings::{deployed, settings};

/// The instructions of the last stage, which is all that is in the image.
pub(crate) struct Image {
    instructions: Vec<(String, String)>,
}

impl Image {
    pub(crate) fn read() -> Self {
        let text = fs::read_to_string(deployed("Containerfile")).unwrap();
        let text = text.replace("\\\n", " ");
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let all: Vec<_> = lines.map(|line| line.split_once(' ').unwrap()).collect();
        let last = all.iter().rposition(|(name, _)| *name == "FROM").unwrap();
        let owned = |(name, rest): &(&str, &str)| ((*name).to_owned(), rest.trim().to_owned());
        Self { instructions: all[last..].iter().map(owned).collect() }
    }

    /// What stands behind each instruction of this name.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let named = self.instructions.iter().filter(|(instruction, _)| instruction == name);
        named.map(|(_, rest)| rest.as_str()).collect()
    }

    pub(crate) fn one(&self, name: &str) -> &str {
        let all = self.all(name);
        assert_eq!(all.len(), 1, "{name}");
        all[0]
    }

    /// A list of words, in the form that needs no shell.
    pub(crate) fn words(&self, name: &str) -> Vec<String> {
        serde_json::from_str(self.one(name)).unwrap()
    }

    /// What is copied from the stage before, and where to.
    pub(crate) fn copies(&self) -> Vec<(String, String, Option<String>)> {
        let copy = |rest: &str| {
            let (options, paths): (Vec<_>, Vec<_>) = rest.split(' ').partition(|word| word.starts_with("--"));
            assert!(options.contains(&"--from=build") && paths.len() == 2, "{rest}");
            let owner = options.iter().find_map(|option| option.strip_prefix("--chown="));
            (paths[0].to_owned(), paths[1].to_owned(), owner.map(str::to_owned))
        };
        self.all("COPY").into_iter().map(copy).collect()
    }
}

#[test]
fn the_image_starts_what_is_copied_into_it_with_settings_of_the_server() {
    let image = Image::read();
    assert_eq!(image.one("FROM"), "scratch");
    let entry = image.words("ENTRYPOINT");
    assert!(image.copies().iter().any(|(_, to, _)| *to == entry[0]), "{entry:?}");
    let words = image.words("CMD");
    assert_eq!(words[0], "serve");
    let known = settings();
    for pair in words[1..].chunks(2) {
        let flag = pair[0].strip_prefix("--").unwrap();
        assert!(known.contains_key(flag), "{flag}");
    }
    // As an engine would, who has not been told by which name browsers come.
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    let message = Machine::new().run(&words).expect_refusal();
    assert_eq!(
        message,
        "`--listen :8080` is every address of this machine, and browsers know the server by one: set `--public-origin`"
    );
    assert_eq!(words[2], format!(":{}", image.one("EXPOSE")));
    assert_eq!(image.one("STOPSIGNAL"), "SIGTERM");
}

#[test]
fn the_images_user_is_a_number_and_can_write_nothing_but_the_data() {
    let image = Image::read();
    let user = image.one("USER");
    let (uid, gid) = user.split_once(':').unwrap();
    assert!(uid.parse::<u32>().unwrap() > 0 && gid.parse::<u32>().unwrap() > 0, "{user}");
    let owned: Vec<_> = image.copies().into_iter().filter_map(|(_, to, owner)| Some((to, owner?))).collect();
    assert_eq!(owned, [("/data".to_owned(), user.to_owned())]);
    assert_eq!((image.one("WORKDIR"), image.one("VOLUME")), ("/data", "/data"));
}

/// What somebody has built or made, and keeps out of git, is for no image either: least of all a secret.
#[test]
fn no_file_that_git_ignores_is_sent_to_the_engine() {
    let lines = |name: &str| {
        let text = fs::read_to_string(deployed("..").join(name)).unwrap();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines.map(|line| line.trim_matches('/').to_owned()).collect::<BTreeSet<_>>()
    };
    let mut expected: BTreeSet<_> = lines(".gitignore").into_iter().collect();
    assert!(expected.remove("node_modules"));
    // Of that name at any depth, where git needs no sign for it.
    expected.extend(["**/node_modules".to_owned(), ".git".to_owned()]);
    assert_eq!(lines(".dockerignore"), expected);
}
