//! Markup with marks, where something else is to stand.

use std::borrow::Cow;

use super::escape;

/// `{{name}}` stands for a value that is escaped, and `{{{name}}}` for markup. What is filled in is never looked at
/// again, so no value can bring a mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Markup(String),
    Value(String),
    MarkupOf(String),
}

impl Template {
    /// What looks like a mark and has no name in it is markup.
    pub(super) fn of(html: &str) -> Self {
        let (mut pieces, mut rest) = (Vec::new(), html);
        while let Some((before, mark, after)) = next_mark(rest) {
            push(&mut pieces, before);
            pieces.push(mark);
            rest = after;
        }
        push(&mut pieces, rest);
        Self(pieces)
    }

    /// The same with all that is known already; the other marks stay.
    pub(super) fn filled_in<'v>(&self, value_of: impl Fn(&str) -> Option<Cow<'v, str>>) -> Self {
        let mut pieces = Vec::new();
        for piece in &self.0 {
            match piece.filled_in(&value_of) {
                Some(markup) => push(&mut pieces, &markup),
                None => pieces.push(piece.clone()),
            }
        }
        Self(pieces)
    }

    /// The markup as a whole. Where there is no value, there is nothing.
    pub(super) fn render<'v>(&self, value_of: impl Fn(&str) -> Option<Cow<'v, str>>) -> String {
        self.0.iter().filter_map(|piece| piece.filled_in(&value_of)).collect()
    }

    /// What the marks are called.
    #[cfg(test)]
    pub(super) fn marks(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Markup(_) => None,
            Piece::Value(name) | Piece::MarkupOf(name) => Some(name.as_str()),
        })
    }
}

impl Piece {
    fn filled_in<'v>(&self, value_of: &impl Fn(&str) -> Option<Cow<'v, str>>) -> Option<String> {
        match self {
            Self::Markup(markup) => Some(markup.clone()),
            Self::Value(name) => value_of(name).map(|value| escape::html(&value)),
            Self::MarkupOf(name) => value_of(name).map(Cow::into_owned),
        }
    }
}

/// The first mark, with what is before and after it.
fn next_mark(html: &str) -> Option<(&str, Piece, &str)> {
    html.match_indices("{{").find_map(|(at, _)| {
        let (before, rest) = html.split_at(at);
        let mark = |open, close| {
            let (name, after) = rest.strip_prefix(open)?.split_once(close)?;
            is_name(name).then(|| (name.to_owned(), after))
        };
        let value = || mark("{{", "}}").map(|(name, after)| (before, Piece::Value(name), after));
        mark("{{{", "}}}").map(|(name, after)| (before, Piece::MarkupOf(name), after)).or_else(value)
    })
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

fn push(pieces: &mut Vec<Piece>, markup: &str) {
    match pieces.last_mut() {
        Some(Piece::Markup(last)) => last.push_str(markup),
        _ if markup.is_empty() => {}
        _ => pieces.push(Piece::Markup(markup.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rendered(html: &str) -> String {
        Template::of(html).render(|name| match name {
            "a" => Some("<{{b}}>".into()),
            "b" => Some("{{{a}}}".into()),
            _ => None,
        })
    }

    #[test]
    fn a_value_is_escaped_and_markup_is_not() {
        assert_eq!(rendered("1{{a}}2{{{a}}}3{{c}}4"), "1&lt;{{b}}&gt;2<{{b}}>34");
        assert_eq!(rendered("{{b}}"), "{{{a}}}", "what is filled in is not looked at again");
    }

    #[test]
    fn what_is_no_mark_stays_as_it_is() {
        for html in ["", "{", "{{", "{{}}", "{{ a }}", "{{A}}", "{{a", "{a}", "{{{a}}", "a }} b"] {
            assert_eq!(rendered(html), html);
        }
    }

    #[test]
    fn what_is_known_early_is_filled_in_once() {
        let early = Template::of("{{a}}-{{b}}").filled_in(|name| (name == "a").then_some("{{b}}".into()));
        assert_eq!(early.marks().collect::<Vec<_>>(), ["b"]);
        assert_eq!(early.render(|_| Some("x".into())), "{{b}}-x");
    }

    proptest! {
        #[test]
        fn no_value_brings_a_mark(value in "[{}<a-c]{0,12}") {
            let template = Template::of("x{{a}}y").filled_in(|_| Some(value.as_str().into()));
            prop_assert_eq!(template.render(|_| Some("!".into())), format!("x{}y", escape::html(&value)));
        }
    }
}
