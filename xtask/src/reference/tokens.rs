//! What stands between the parentheses of macros and attributes.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::Expr;

/// What commas part.
pub(crate) fn parts(tokens: TokenStream) -> Vec<TokenStream> {
    let mut parts = vec![TokenStream::new()];
    for token in tokens {
        match (&token, parts.last_mut()) {
            (TokenTree::Punct(punct), _) if punct.as_char() == ',' => parts.push(TokenStream::new()),
            (_, Some(last)) => last.extend([token]),
            (_, None) => {}
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// `name = value`, or `name` alone.
pub(crate) fn named(part: TokenStream) -> Option<(String, Option<Expr>)> {
    let mut tokens = part.into_iter();
    let Some(TokenTree::Ident(name)) = tokens.next() else { return None };
    match tokens.next() {
        None => Some((name.to_string(), None)),
        Some(TokenTree::Punct(punct)) if punct.as_char() == '=' => {
            Some((name.to_string(), syn::parse2(tokens.collect()).ok()))
        }
        // An attribute within, such as `group(…)`.
        Some(_) => Some((name.to_string(), None)),
    }
}

/// A macro that is called, wherever it stands: also within another's parentheses.
pub(crate) struct Called {
    /// Of its path, what stands before its name.
    pub(crate) from: Option<String>,
    pub(crate) name: String,
    pub(crate) arguments: TokenStream,
}

pub(crate) fn macros(tokens: TokenStream) -> Vec<Called> {
    let mut called = Vec::new();
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (place, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        if let [.., TokenTree::Ident(name), TokenTree::Punct(mark)] = &tokens[..place]
            && mark.as_char() == '!'
            && group.delimiter() != Delimiter::None
        {
            let from = match &tokens[..place - 2] {
                [.., TokenTree::Ident(from), TokenTree::Punct(a), TokenTree::Punct(b)]
                    if a.as_char() == ':' && b.as_char() == ':' =>
                {
                    Some(from.to_string())
                }
                _ => None,
            };
            called.push(Called { from, name: name.to_string(), arguments: group.stream() });
        }
        called.extend(macros(group.stream()));
    }
    called
}
