//! As much of reading HTML as tests of the page need.

use serde_json::Value;

/// What stands between the angle brackets of each start tag; of an element that holds data or a script, nothing else.
pub(crate) fn tags(html: &str) -> Vec<&str> {
    let (mut tags, mut rest) = (Vec::new(), html);
    while let Some((_, after)) = rest.split_once('<') {
        rest = after;
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.split_once("-->").expect("the end of a comment").1;
            continue;
        }
        if !rest.starts_with(|first: char| first.is_ascii_alphabetic()) {
            continue;
        }
        let (tag, after) = rest.split_at(end_of_tag(rest));
        tags.push(tag);
        rest = match tag.starts_with("script") {
            true => after.split_once("</script").expect("the end of a script").1,
            false => after,
        };
    }
    tags
}

/// The names of its attributes.
pub(crate) fn attributes(tag: &str) -> Vec<String> {
    let (mut names, mut rest) =
        (Vec::new(), tag.split_once(char::is_whitespace).map_or("", |(_, rest)| rest));
    loop {
        rest = rest.trim_start_matches(|char: char| char.is_whitespace() || char == '/');
        let length = rest.find(|char: char| char.is_whitespace() || char == '=').unwrap_or(rest.len());
        if length == 0 {
            return names;
        }
        let (name, after) = rest.split_at(length);
        names.push(name.to_ascii_lowercase());
        rest = match after.strip_prefix("=\"") {
            Some(value) => value.split_once('"').expect("the end of a value").1,
            None => {
                assert!(!after.starts_with('='), "without quotes: {tag}");
                after
            }
        };
    }
}

/// Where the bracket is that closes it: one in quotes does not.
fn end_of_tag(tag: &str) -> usize {
    let mut quote = None;
    let end = tag.char_indices().find(|(_, char)| {
        match (quote, char) {
            (None, '"' | '\'') => quote = Some(*char),
            (Some(open), char) if open == *char => quote = None,
            _ => {}
        }
        quote.is_none() && *char == '>'
    });
    end.expect("the end of a tag").0
}

/// The data in the element with this ID.
#[track_caller]
pub(crate) fn json_in(html: &str, id: &str) -> Value {
    let (_, rest) = html.split_once(&format!("id=\"{id}\">")).expect("the element");
    serde_json::from_str(rest.split_once("</script>").expect("its end").0).expect("JSON")
}

/// The value of an attribute of the first tag that begins so, as a browser reads it.
pub(crate) fn value_of(html: &str, tag: &str, attribute: &str) -> Option<String> {
    let found = tags(html).into_iter().find(|found| found.starts_with(tag))?;
    let (_, rest) = found.split_once(&format!(" {attribute}=\""))?;
    let value = rest.split_once('"')?.0;
    let characters =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#x27;", "'"), ("&#x2f;", "/"), ("&amp;", "&")];
    Some(characters.iter().fold(value.to_owned(), |value, (name, character)| value.replace(name, character)))
}
