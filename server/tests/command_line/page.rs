//! How the page is made an operator's own.

use std::fs;

use serde_json::Value;

use crate::machine::Machine;

const SERVE: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];
const SVG: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1 1\"></svg>";

fn settings(page: &str) -> Value {
    let (_, rest) = page.split_once("id=\"page-settings\">").expect("the settings of the page");
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

#[tokio::test]
async fn the_page_is_as_flags_variables_and_the_file_say() {
    let machine = Machine::with_alice();
    machine.write("logo", SVG);
    machine.write("texts.toml", "[en]\nhelp_link = \"Ring {service} up\"\n");
    let file = "page-name = \"File\"\npage-texts = \"texts.toml\"\npage-accent-dark = \"#93c5fd\"\npage-logo = \"logo\"\n";
    machine.write("settings.toml", file);
    let flags = ["--config", "settings.toml", "--page-name", "Acme & Sons", "--page-developer"];
    let server = machine
        .serve_with(&flags, |command| {
            command
                .env("SESSION_PAGE_HELP_URL", "mailto:help@acme.example")
                .env("SESSION_PAGE_ACCENT", "#1d4ed8");
        })
        .await;
    let page = server.get("/").await.text().await.unwrap();
    let shown = settings(&page);
    assert_eq!((&shown["service"], &shown["developer"]), (&"Acme & Sons".into(), &true.into()));
    let help = "<a href=\"mailto:help@acme.example\">Ring Acme &amp; Sons up</a>";
    assert!(page.contains(help) && page.contains("src=\"brand/logo.svg\""), "{page}");
    assert_eq!(server.get("/brand/logo.svg").await.text().await.unwrap(), SVG);
    let colours = server.get("/brand/colours.css").await.text().await.unwrap();
    assert!(colours.contains("--accent: light-dark(#1d4ed8, #93c5fd);"), "{colours}");
    drop(server);

    let plain = Machine::with_alice().serve(&[]).await;
    let page = plain.get("/").await.text().await.unwrap();
    assert_eq!(settings(&page)["service"], "Session");
    assert_eq!(settings(&page)["developer"], false);
}

#[test]
fn what_the_page_cannot_show_is_refused_before_anything_is_made() {
    let machine = Machine::new();
    machine.write("note.txt", "a note");
    machine.write("large.svg", &format!("{SVG}{}", " ".repeat(256 * 1024)));
    machine.write("list.toml", "en = [\"Help\"]\n");
    machine.write("number.toml", "[en]\nhelp_link = 1\n");
    machine.write("language.toml", "[tlh]\nhelp_link = \"x\"\n");
    machine.write("key.toml", "[en]\nhelp_lnk = \"x\"\n");
    machine.write("value.toml", "[en]\nhelp_link = \"{name}\"\n");
    fs::create_dir(machine.path("directory")).unwrap();
    let texts =
        "page texts `number.toml` are not a table of texts for each language, line 2: `help_link = 1`: ";
    for (flag, value, told) in [
        ("--page-name", "", "`--page-name`: expected a name of 1 to 64 characters in one line"),
        ("--page-name", "a\nb", "`--page-name`: expected a name"),
        ("--page-logo", "none.svg", "page logo `none.svg` cannot be read: "),
        ("--page-logo", "directory", "page logo `directory` cannot be read: "),
        ("--page-logo", "note.txt", "page logo `note.txt`: expected an image in PNG, or in SVG"),
        ("--page-logo", "large.svg", "page logo `large.svg` is longer than 256 KiB"),
        ("--page-accent", "teal", "`--page-accent`: expected a colour in six digits, such as `#0f766e`"),
        ("--page-accent", "#ffcc00", "`--page-accent`: #ffcc00 has a contrast of 1."),
        ("--page-accent-dark", "#1d4ed8", "`--page-accent-dark`: #1d4ed8 has a contrast of "),
        ("--page-help-url", "javascript:alert(1)", "`--page-help-url`: expected a URL"),
        ("--page-texts", "none.toml", "page texts `none.toml` cannot be read: "),
        ("--page-texts", "list.toml", "page texts `list.toml` are not a table of texts"),
        ("--page-texts", "number.toml", texts),
        ("--page-texts", "language.toml", "page texts `language.toml`: unknown language `tlh`, expected "),
        ("--page-texts", "key.toml", "page texts `key.toml`: unknown text `help_lnk` of language `en`"),
        (
            "--page-texts",
            "value.toml",
            "page texts `value.toml`: text `help_link` of language `en` has an unknown value",
        ),
    ] {
        let message = machine.run(&[&SERVE[..], &[flag, value]].concat()).expect_refusal();
        assert!(message.starts_with(told), "{message}");
        assert_eq!(message.trim_end().lines().count(), 1, "{message}");
    }
    assert!(!machine.path("session-data").exists(), "nothing is made by a start that was refused");
    let low = machine.run(&[&SERVE[..], &["--page-accent-dark", "#1d4ed8"]].concat()).expect_refusal();
    for part in ["to #", "`--page` in the dark scheme", "4.5:1"] {
        assert!(low.contains(part), "{part}: {low}");
    }
    let unknown = machine.run(&[&SERVE[..], &["--page-developer=yes"]].concat());
    assert_eq!(unknown.code, Some(2), "{unknown:?}");
}
