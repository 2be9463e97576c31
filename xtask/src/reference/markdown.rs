//! How the pages are written, for mdBook and for GitHub.

/// What a page begins with.
pub(crate) fn head(title: &str, about: &str) -> String {
    format!(
        "<!-- Written by `cargo xtask reference`, from the code: a change here is lost. -->\n\n\
         # {title}\n\n{about} `cargo xtask reference` writes this page from the code.\n"
    )
}

/// A text in a cell of a table.
pub(crate) fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

/// Verbatim.
pub(crate) fn code(text: &str) -> String {
    // Between two marks, one is as any other character (CommonMark §6.1).
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

/// Each verbatim, one after the other.
pub(crate) fn codes<S: AsRef<str>>(texts: impl IntoIterator<Item = S>) -> String {
    texts.into_iter().map(|text| code(text.as_ref())).collect::<Vec<_>>().join(", ")
}

/// By which other pages lead to something that has no heading of its own.
pub(crate) fn anchor(id: &str) -> String {
    format!("<a id=\"{}\"></a>", slug(id))
}

/// Of a sentence, what can stand in a URL.
pub(crate) fn slug(text: &str) -> String {
    let mut slug = String::new();
    for character in text.chars() {
        match character {
            'a'..='z' | '0'..='9' | '_' => slug.push(character),
            'A'..='Z' => slug.push(character.to_ascii_lowercase()),
            _ if slug.is_empty() || slug.ends_with('-') => {}
            _ => slug.push('-'),
        }
    }
    slug.trim_end_matches('-').to_owned()
}

/// With a full stop, and a capital letter in front.
pub(crate) fn sentence(text: &str) -> String {
    let mut characters = text.trim().chars();
    let Some(first) = characters.next() else { return String::new() };
    let sentence: String = first.to_uppercase().chain(characters).collect();
    if sentence.ends_with(['.', '?', ':']) { sentence } else { format!("{sentence}.") }
}
