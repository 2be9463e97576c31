//! Hostile `Cookie` headers, each with the verdict it must get (R13, R14, F28).
//!
//! In a header, `A` to `G` between `<` and `>` stand for the cookies of [`cookies`], and a newline
//! starts the next header line. Everything else is what a client would send, byte by byte.

use session_core::{CookieKeyRing, CookieName, KeyId, KeySecret, SessionId, SessionSecret, UnixTime};

const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);

fn key(id: &str, secret: &[u8]) -> (KeyId, KeySecret) {
    (KeyId::new(id).expect("a key ID"), KeySecret::new(secret).expect("a secret"))
}

fn ring(name: &str, signing: &str) -> CookieKeyRing {
    let keys =
        [key("c1", b"the secret of the key named c1 ."), key("c2", b"another one of the key named c2.")];
    let name = CookieName::new(name).expect("a cookie name");
    CookieKeyRing::new(name, &keys, KeyId::new(signing).expect("a key ID")).expect("a ring")
}

fn cookie(ring: &CookieKeyRing, session: u8, issued_at: u64, expires_at: u64) -> String {
    let [issued_at, expires_at] = [issued_at, expires_at].map(UnixTime::from_secs);
    let secret = SessionSecret::from_bytes([session; 32]);
    let cookie = ring.sign(SessionId::from_bytes([session; 16]), &secret, issued_at, expires_at);
    cookie.expect("lawful times").expose().to_owned()
}

/// `A` and `B`: two good sessions. `C`: that of `A`, by the other key. `D`: expired. `E`: of the
/// future. `F`: a forgery. `G`: made for another cookie name.
fn cookies() -> [(&'static str, String); 7] {
    let [c1, c2] = ["c1", "c2"].map(|signing| ring("__Host-session", signing));
    let (start, end) = (1_699_999_000, 1_700_003_600);
    let good = cookie(&c1, 1, start, end);
    [
        ("<A>", good.clone()),
        ("<B>", cookie(&c1, 2, start, end)),
        ("<C>", cookie(&c2, 1, start, end)),
        ("<D>", cookie(&c1, 4, start, start + 1)),
        ("<E>", cookie(&c1, 5, 1_700_000_061, end)),
        ("<F>", good.replace("v1.c1.", "v1.c2.")),
        ("<G>", cookie(&ring("__Host-other", "c1"), 7, start, end)),
    ]
}

/// The name of the session, or the code of the refusal.
fn verdict(header: &[u8]) -> String {
    let mut header = header.to_vec();
    for (place, cookie) in cookies() {
        while let Some(at) = header.windows(3).position(|window| window == place.as_bytes()) {
            header.splice(at..at + 3, cookie.bytes());
        }
    }
    let lines = header.split(|&byte| byte == b'\n');
    match ring("__Host-session", "c1").verify_header(lines, NOW) {
        Ok(cookie) => char::from(b'A' + cookie.session_id().as_bytes()[0] - 1).to_string(),
        Err(refusal) => refusal.code().to_owned(),
    }
}

#[track_caller]
fn assert_verdicts(table: &[(&[u8], &str)]) {
    for (header, expected) in table {
        assert_eq!(verdict(header), *expected, "{}", header.escape_ascii());
    }
}

/// R13, F28: other cookies, hostile or broken, hide nothing.
#[test]
fn the_session_is_found_whatever_stands_beside_it() {
    assert_verdicts(&[
        (b"__Host-session=<A>", "A"),
        (b"__Host-session=<B>", "B"),
        (b"__Host-session=<C>", "A"),
        (b"a=1; __Host-session=<A>; b=2", "A"),
        (b"a=1;__Host-session=<A>;b=2", "A"),
        (b"a=1 ; __Host-session=<A> ; b=2", "A"),
        (b"a=1;\t__Host-session=<A>\t;b=2", "A"),
        (b" \t __Host-session=<A> \t ", "A"),
        (b";;;__Host-session=<A>;;;", "A"),
        (b"; ; ;__Host-session=<A>", "A"),
        // The sandwich: a quoted value that would swallow the session.
        (b"a=\"x; __Host-session=<A>; b=y\"", "A"),
        (b"$Version=1; a=\"x; __Host-session=<A>; b=y\"", "A"),
        (b"a=\"; __Host-session=<A>", "A"),
        (b"a=\\\"; __Host-session=<A>", "A"),
        (b"a='x; __Host-session=<A>; b=y'", "A"),
        (b"a={\"k\":1,\"l\":[2]}; __Host-session=<A>", "A"),
        // Bytes that are no text.
        (b"a=\xff\xfe; __Host-session=<A>", "A"),
        (b"\xc3\x28=\xa0; __Host-session=<A>", "A"),
        (b"a=\x00; __Host-session=<A>", "A"),
        (b"a=\xe2\x80\xa8; __Host-session=<A>", "A"),
        (b"a=\r; __Host-session=<A>", "A"),
        // Pairs without a name, without a value, without anything.
        (b"=; __Host-session=<A>", "A"),
        (b"=x; __Host-session=<A>", "A"),
        (b"==; __Host-session=<A>", "A"),
        (b"x; __Host-session=<A>", "A"),
        (b"__Host-session; __Host-session=<A>", "A"),
        (b"a=__Host-session=<B>; __Host-session=<A>", "A"),
        (b"=__Host-session=<B>; __Host-session=<A>", "A"),
        // Other cookies of nearly that name.
        (b"__host-session=<B>; __Host-session=<A>", "A"),
        (b"__Host-session2=<B>; __Host-session=<A>", "A"),
        (b"__Host-session-statement=x; __Host-session=<A>", "A"),
        (b"__Secure-session=<B>; __Host-session=<A>", "A"),
        (b"a=1, __Host-session=<B>; __Host-session=<A>", "A"),
        (b"$Path=/; $Domain=evil.example; __Host-session=<A>; $Port", "A"),
        // Several lines, as HTTP/2 may send them.
        (b"a=1\n__Host-session=<A>\nb=2", "A"),
        (b"\n\n__Host-session=<A>\n", "A"),
        (b"a=\"\n__Host-session=<A>\nb=\"", "A"),
    ]);
}

/// R13: the name is exact byte by byte, nothing is decoded, and only space and tab are trimmed.
#[test]
fn what_only_resembles_the_session_cookie_is_absent() {
    assert_verdicts(&[
        (b"", "absent"),
        (b" ", "absent"),
        (b";", "absent"),
        (b"=", "absent"),
        (b"<A>", "absent"),
        (b"=<A>", "absent"),
        (b"__Host-session", "absent"),
        (b"__Host-session <A>", "absent"),
        (b"__Host-session:<A>", "absent"),
        (b"__Host-session =<A>", "absent"),
        (b"__Host-session\t=<A>", "absent"),
        (b"__Host-session\x00=<A>", "absent"),
        (b"__host-session=<A>", "absent"),
        (b"__HOST-SESSION=<A>", "absent"),
        (b"__Host-Session=<A>", "absent"),
        (b"__Host-session2=<A>", "absent"),
        (b"x__Host-session=<A>", "absent"),
        (b"Host-session=<A>", "absent"),
        (b"\"__Host-session\"=<A>", "absent"),
        (b"\"__Host-session=<A>\"", "absent"),
        (b"'__Host-session=<A>'", "absent"),
        (b"__Host%2Dsession=<A>", "absent"),
        (b"%5F%5FHost-session=<A>", "absent"),
        (b"__Host-se\\ssion=<A>", "absent"),
        (b"a=1, __Host-session=<A>", "absent"),
        (b"a=1&__Host-session=<A>", "absent"),
        (b"a=__Host-session=<A>", "absent"),
        // Whitespace that is neither space nor tab.
        (b"\r__Host-session=<A>", "absent"),
        (b"\x0b__Host-session=<A>", "absent"),
        (b"\x0c__Host-session=<A>", "absent"),
        (b"\x85__Host-session=<A>", "absent"),
        (b"\xa0__Host-session=<A>", "absent"),
        (b"\xc2\xa0__Host-session=<A>", "absent"),
        (b"\xe2\x80\x80__Host-session=<A>", "absent"),
        (b"\xef\xbb\xbf__Host-session=<A>", "absent"),
        (b"\xe2\x80\x8b__Host-session=<A>", "absent"),
        // A name in two pieces.
        (b"__Host-\nsession=<A>", "absent"),
        (b"__Host-;session=<A>", "absent"),
    ]);
}

/// R13, F28: quotes, escapes and padding make no cookie of a value.
#[test]
fn a_value_that_is_not_one_good_cookie_is_refused_with_its_reason() {
    let long: Vec<u8> = [b"__Host-session=".as_slice(), &[b'A'; 100_000]].concat();
    let long_and_good = [b"__Host-session=<A>", [b'.'; 400].as_slice()].concat();
    assert_verdicts(&[
        (b"__Host-session=", "malformed"),
        (b"__Host-session= ", "malformed"),
        (b"__Host-session==<A>", "malformed"),
        (b"__Host-session= <A>", "malformed"),
        (b"__Host-session=\t<A>", "malformed"),
        (b"__Host-session=\"<A>\"", "malformed"),
        (b"__Host-session=\"<A>", "malformed"),
        (b"__Host-session='<A>'", "malformed"),
        (b"__Host-session=<A>\"", "malformed"),
        (b"__Host-session=<A>,", "malformed"),
        (b"__Host-session=<A>, b=2", "malformed"),
        (b"__Host-session=<A>,__Host-session=<A>", "malformed"),
        (b"__Host-session=<A>&b=2", "malformed"),
        (b"__Host-session=<A> b", "malformed"),
        (b"__Host-session=<A>\r", "malformed"),
        (b"__Host-session=<A>\x00", "malformed"),
        (b"__Host-session=<A>\x0b", "malformed"),
        (b"__Host-session=<A>\xa0", "malformed"),
        (b"__Host-session=<A>%20", "malformed"),
        (b"__Host-session=<A>%00", "malformed"),
        (b"__Host-session=<A>=", "malformed"),
        (b"__Host-session=<A><A>", "malformed"),
        (b"__Host-session=\xef\xbb\xbf<A>", "malformed"),
        (b"__Host-session=\xff", "malformed"),
        (b"__Host-session=v1%2Ec1%2EAA", "malformed"),
        (b"__Host-session=deleted", "malformed"),
        (b"__Host-session=null", "malformed"),
        (b"__Host-session=__Host-session=<A>", "malformed"),
        (b"__Host-session=<D>", "expired"),
        (b"__Host-session=<E>", "not_yet_valid"),
        (b"__Host-session=<F>", "bad_tag"),
        (b"__Host-session=<G>", "bad_tag"),
        (&long, "too_long"),
        (&long_and_good, "too_long"),
    ]);
}

/// R14, F28: of four at most exactly one good session is used, and two are refused.
#[test]
fn the_same_name_several_times_gives_one_good_session_or_none() {
    assert_verdicts(&[
        (b"__Host-session=<A>; __Host-session=<A>", "A"),
        (b"__Host-session=<A>; __Host-session=<C>", "A"),
        (b"__Host-session=<C>\n__Host-session=<A>", "A"),
        (b"__Host-session=; __Host-session=<A>", "A"),
        (b"__Host-session=<A>; __Host-session=", "A"),
        (b"__Host-session=<F>; __Host-session=<A>", "A"),
        (b"__Host-session=<A>; __Host-session=<F>", "A"),
        (b"__Host-session=<F>\n__Host-session=<A>", "A"),
        (b"__Host-session=<A>\n__Host-session=<F>", "A"),
        (b"__Host-session=<D>; __Host-session=<E>; __Host-session=<F>; __Host-session=<A>", "A"),
        (b"__Host-session=\"x; __Host-session=<A>; __Host-session=y\"", "A"),
        (b"__Host-session=<A>; __Host-session=<B>", "ambiguous"),
        (b"__Host-session=<B>; __Host-session=<A>", "ambiguous"),
        (b"__Host-session=<A>\n__Host-session=<B>", "ambiguous"),
        (b"__Host-session=<B>\n__Host-session=<A>", "ambiguous"),
        (b"__Host-session=<A>; __Host-session=<C>; __Host-session=<B>", "ambiguous"),
        (b"__Host-session=<F>; __Host-session=<A>; __Host-session=<D>; __Host-session=<B>", "ambiguous"),
        // Only four are looked at.
        (
            b"__Host-session=<F>\n__Host-session=\n__Host-session=\n__Host-session=\n__Host-session=<A>",
            "bad_tag",
        ),
        (b"__Host-session=<A>; __Host-session=; __Host-session=; __Host-session=; __Host-session=<B>", "A"),
        // None is good: the reason is that of the first.
        (b"__Host-session=<D>; __Host-session=<F>", "expired"),
        (b"__Host-session=<F>; __Host-session=<D>", "bad_tag"),
        (b"__Host-session=; __Host-session=<E>", "malformed"),
    ]);
}

/// R19, F28: a crowd of cookies is read like a few, and stops nobody.
#[test]
fn a_header_of_ten_thousand_cookies_is_read() {
    let crowd = "a=1; ".repeat(10_000);
    assert_eq!(verdict(format!("{crowd}__Host-session=<A>").as_bytes()), "A");
    let planted = "__Host-session=x; ".repeat(10_000);
    assert_eq!(verdict(format!("{planted}__Host-session=<A>").as_bytes()), "malformed");
}
