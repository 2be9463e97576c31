use std::sync::LazyLock;

use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue};

/// Nothing but our own files; WebAssembly may be compiled, and no script may be made from text.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; \
    frame-ancestors 'none'";

/// An answer that is no page needs nothing at all.
const API_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// As many header lines as an answer of ours has at most, about.
const ROOM: usize = 12;

/// Two years, heeded over https only. Not for subdomains: they are not ours to decide on.
const HSTS: &str = "max-age=63072000";

/// Who may embed an answer (Fetch Standard, `Cross-Origin-Resource-Policy`).
pub(crate) const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// The headers that keep an answer from being kept, framed, sniffed or embedded (R35, R36). Our own
/// routes have all of them; an application chooses for its own, and puts them around its routes: this
/// is a tower layer, and for warp there is `with`. None takes the place of one that an answer brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct SecurityHeaders {
    hsts: bool,
    content_policy: bool,
}

impl SecurityHeaders {
    /// All of them, as our own answers have them.
    pub const fn all() -> Self {
        Self { hsts: true, content_policy: true }
    }

    /// Without `Strict-Transport-Security`, for whom the proxy in front has it.
    pub const fn without_hsts(self) -> Self {
        Self { hsts: false, ..self }
    }

    /// Without `Content-Security-Policy`: ours lets a page use files of its own origin and nothing
    /// else, and an answer that is no page nothing at all.
    pub const fn without_content_policy(self) -> Self {
        Self { content_policy: false, ..self }
    }

    /// Adds what is not there.
    pub fn add_to(self, headers: &mut HeaderMap) {
        let media_type = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
        let prepared = self.prepared(media_type.starts_with(b"text/html")).clone();
        let own = std::mem::replace(headers, prepared);
        headers.extend(own);
        keep_from_caches(headers);
    }

    /// Laid out once: to put one after the other into the map of each answer would take longer than all else
    /// there is to do for a refusal.
    fn prepared(self, is_page: bool) -> &'static HeaderMap {
        static PREPARED: LazyLock<[HeaderMap; 8]> = LazyLock::new(|| {
            std::array::from_fn(|place| {
                let headers = SecurityHeaders { hsts: place & 1 != 0, content_policy: place & 2 != 0 };
                headers.lay_out(place & 4 != 0)
            })
        });
        let place =
            usize::from(self.hsts) | usize::from(self.content_policy) << 1 | usize::from(is_page) << 2;
        &PREPARED[place]
    }

    fn lay_out(self, is_page: bool) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(ROOM);
        // To other sites nothing; without it, browsers would hide the origin of our own forms too.
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
        if self.hsts {
            headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
        }
        if self.content_policy {
            let policy = if is_page { PAGE_POLICY } else { API_POLICY };
            headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
        }
        headers
    }
}

/// Whatever does not say that it may be kept, must not be: it may be about one person.
pub(crate) fn keep_from_caches(headers: &mut HeaderMap) {
    if headers.contains_key(CACHE_CONTROL) {
        return;
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let varies = headers.get_all(VARY).iter().filter_map(|line| line.to_str().ok());
    let mut varies = varies.flat_map(|line| line.split(',')).map(str::trim);
    if !varies.any(|name| name == "*" || name.eq_ignore_ascii_case("cookie")) {
        headers.append(VARY, HeaderValue::from_static("Cookie"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R35: what varies by language varies by cookie as well.
    #[test]
    fn what_an_answer_brings_stays() {
        let mut headers = HeaderMap::new();
        headers.insert(VARY, HeaderValue::from_static("Accept-Language"));
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src https:"));
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=1"));
        SecurityHeaders::all().add_to(&mut headers);
        let varies: Vec<_> = headers.get_all(VARY).iter().collect();
        assert_eq!(varies, ["Accept-Language", "Cookie"]);
        assert_eq!(headers[CONTENT_SECURITY_POLICY], "default-src https:");
        assert_eq!(headers[STRICT_TRANSPORT_SECURITY], "max-age=1");
        assert_eq!(headers[CACHE_CONTROL], "no-store");
    }

    #[test]
    fn what_is_not_chosen_is_not_added() {
        let mut headers = HeaderMap::new();
        SecurityHeaders::all().without_hsts().without_content_policy().add_to(&mut headers);
        assert!(!headers.contains_key(CONTENT_SECURITY_POLICY));
        assert!(!headers.contains_key(STRICT_TRANSPORT_SECURITY));
        assert_eq!(headers[X_CONTENT_TYPE_OPTIONS], "nosniff");
    }
}
