//! Sessions that another library began, in the same Redis: whoever has one goes on with one of ours, without signing in
//! again (FORMAT.md §9). What becomes of them is decided by [`Sessions::take_over_legacy`](crate::Sessions::take_over_legacy).

mod django;
mod express;
mod subjects;
mod tower;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use percent_encoding::percent_decode;
use serde_json::{Map, Value};
use session_core::{StartKey, cookie_values};

use crate::budget::in_time;
use crate::store::Unavailable;
use crate::subject::Subject;

pub use express::{ExpressSecrets, InvalidExpressSecrets};
pub use subjects::{InvalidLegacySubjects, LegacySubjects};

/// How many cookies of the name are looked at; more than one is already unusual.
const MAX_CANDIDATES: usize = 4;

/// The longest cookie; those of the libraries have a third of it.
const MAX_COOKIE_LENGTH: usize = 1024;

/// Which session of ours began in the place of one, among all that is started with a key made of its cookie.
const START_KEY: &str = "legacy-session";

/// Which library began the sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LegacyLibrary {
    /// express-session with connect-redis: signed cookies, JSON.
    Express,
    /// tower-sessions with its store in Redis, as used by axum-login too: bare IDs, `MessagePack`.
    Tower,
    /// Django with its sessions in its cache, and that in Redis: bare IDs, pickles.
    Django,
}

/// Where another library keeps its sessions, beside ours.
#[async_trait]
pub trait LegacyStore: Send + Sync + 'static {
    /// What is under the key, as the store has it now.
    async fn read(&self, key: &str) -> Result<Option<Vec<u8>>, Unavailable>;

    /// Lets go of it, if it is there.
    async fn remove(&self, key: &str) -> Result<(), Unavailable>;

    /// Has no session of the subject taken over any more, for longer than any of them lives.
    async fn bar(&self, subject: &Subject) -> Result<(), Unavailable>;

    /// Whether that was said of the subject.
    async fn is_barred(&self, subject: &Subject) -> Result<bool, Unavailable>;
}

/// Where sessions of another library are, and whose they are.
#[derive(Clone)]
pub struct LegacySessions {
    library: LegacyLibrary,
    /// Where the library signs its cookies.
    secrets: Option<ExpressSecrets>,
    store: Arc<dyn LegacyStore>,
    cookie_name: String,
    key_prefix: String,
    subject_pointer: String,
    subjects: Option<LegacySubjects>,
}

/// What a browser has of such a session: an authentic cookie where the library signs them, and otherwise one of the
/// right form.
#[derive(Clone)]
pub struct LegacyCookie {
    pub(crate) key: String,
    pub(crate) start_key: StartKey,
}

/// What the other library has kept.
pub(crate) enum LegacyRecord {
    /// Nothing.
    Absent,
    /// Something that names nobody, or nobody who may go on.
    Nobodys,
    /// A session of this subject, with this data.
    Of(Subject, Map<String, Value>),
}

impl LegacyLibrary {
    /// The name of its cookie, unless it is set.
    #[must_use]
    pub const fn cookie_name(self) -> &'static str {
        match self {
            Self::Express => "connect.sid",
            Self::Tower => "id",
            Self::Django => "sessionid",
        }
    }

    /// What its keys begin with, unless it is set.
    #[must_use]
    pub const fn key_prefix(self) -> &'static str {
        match self {
            Self::Express => "sess:",
            Self::Tower => "",
            Self::Django => ":1:django.contrib.sessions.cache",
        }
    }

    /// Where its usual companion keeps who has signed in, as a JSON pointer (RFC 6901): Passport, axum-login, and
    /// Django itself.
    #[must_use]
    pub const fn subject_pointer(self) -> &'static str {
        match self {
            Self::Express => "/passport/user",
            Self::Tower => "/axum-login.data/user_id",
            Self::Django => "/_auth_user_id",
        }
    }

    /// Where stands what a session is bound to a password by.
    const fn auth_hash_pointer(self) -> Option<&'static str> {
        match self {
            Self::Express => None,
            Self::Tower => Some("/axum-login.data/auth_hash"),
            Self::Django => Some("/_auth_user_hash"),
        }
    }

    /// Which keys begin like that and may be one of its, as a pattern of Redis.
    #[must_use]
    pub fn key_pattern(self, key_prefix: &str) -> String {
        let ids = match self {
            // Applications may have their own.
            Self::Express => "*".to_owned(),
            Self::Tower => "?".repeat(tower::ID_LENGTH),
            Self::Django => "?".repeat(django::ID_LENGTH),
        };
        format!("{key_prefix}{ids}")
    }

    fn data(self, document: &[u8]) -> Option<Map<String, Value>> {
        match self {
            Self::Express => serde_json::from_slice(document).ok(),
            Self::Tower => tower::data(document),
            Self::Django => django::data(document),
        }
    }
}

impl LegacySessions {
    /// Those of express-session in this store, by the usual names, with cookies under these secrets.
    #[must_use]
    pub fn of_express(secrets: ExpressSecrets, store: Arc<dyn LegacyStore>) -> Self {
        Self { secrets: Some(secrets), ..Self::of(LegacyLibrary::Express, store) }
    }

    /// Those of tower-sessions in this store, by the usual names. Its cookies are not signed: what is no session is
    /// known by asking the store.
    #[must_use]
    pub fn of_tower(store: Arc<dyn LegacyStore>) -> Self {
        Self::of(LegacyLibrary::Tower, store)
    }

    /// Those of Django in this store, by the usual names; likewise. Each is bound to its user's password, so it has to
    /// be told whose password is still the same.
    #[must_use]
    pub fn of_django(subjects: LegacySubjects, store: Arc<dyn LegacyStore>) -> Self {
        Self::of(LegacyLibrary::Django, store).subjects(subjects)
    }

    fn of(library: LegacyLibrary, store: Arc<dyn LegacyStore>) -> Self {
        Self {
            library,
            secrets: None,
            store,
            cookie_name: library.cookie_name().into(),
            key_prefix: library.key_prefix().into(),
            subject_pointer: library.subject_pointer().into(),
            subjects: None,
        }
    }

    /// By another name of the cookie.
    #[must_use]
    pub fn cookie_name(self, cookie_name: impl Into<String>) -> Self {
        Self { cookie_name: cookie_name.into(), ..self }
    }

    /// By other keys.
    #[must_use]
    pub fn key_prefix(self, key_prefix: impl Into<String>) -> Self {
        Self { key_prefix: key_prefix.into(), ..self }
    }

    /// Where in a session's data stands who has signed in: a JSON pointer (RFC 6901) to a text or a whole number.
    #[must_use]
    pub fn subject_pointer(self, subject_pointer: impl Into<String>) -> Self {
        Self { subject_pointer: subject_pointer.into(), ..self }
    }

    /// Whom we call what, where that differs; who is not among them goes on with no session.
    #[must_use]
    pub fn subjects(self, subjects: LegacySubjects) -> Self {
        Self { subjects: Some(subjects), ..self }
    }

    /// By which name browsers send the cookie.
    #[must_use]
    pub fn cookie(&self) -> &str {
        &self.cookie_name
    }

    /// The cookie among a request's `Cookie` header lines. Costs no store command. Other hosts of the domain can plant
    /// one of the name: of two different ones nobody can say which was meant, and neither counts (R14).
    pub fn find<'h>(&self, lines: impl IntoIterator<Item = &'h [u8]>) -> Option<LegacyCookie> {
        let mut found: Option<(String, &[u8])> = None;
        for value in cookie_values(lines, &self.cookie_name).take(MAX_CANDIDATES) {
            let session_id = Some(value)
                .filter(|value| value.len() <= MAX_COOKIE_LENGTH)
                .and_then(|value| self.session_id(value));
            match (session_id, &found) {
                (Some(session_id), Some((first, _))) if session_id != *first => return None,
                (Some(session_id), None) => found = Some((session_id, value)),
                _ => {}
            }
        }
        let (session_id, value) = found?;
        // One session has one key, however its cookie is written.
        let credential: Vec<u8> = percent_decode(value).collect();
        let start_key = StartKey::new(&credential, START_KEY).ok()?;
        Some(LegacyCookie { key: format!("{}{session_id}", self.key_prefix), start_key })
    }

    fn session_id(&self, cookie: &[u8]) -> Option<String> {
        match self.library {
            LegacyLibrary::Express => self.secrets.as_ref()?.verify(cookie),
            LegacyLibrary::Tower => tower::session_id(cookie),
            LegacyLibrary::Django => django::session_id(cookie),
        }
    }

    pub(crate) async fn read(&self, cookie: &LegacyCookie) -> Result<LegacyRecord, Unavailable> {
        let document = in_time(self.store.read(&cookie.key)).await?;
        let Some(document) = document else { return Ok(LegacyRecord::Absent) };
        let Some(data) = self.library.data(&document) else {
            tracing::warn!("legacy session cannot be read, expected one of the library that was set");
            return Ok(LegacyRecord::Nobodys);
        };
        let data = Value::Object(data);
        let subject = self.subject_of(&data);
        Ok(match (subject, data) {
            (Some(subject), Value::Object(data)) => LegacyRecord::Of(subject, data),
            _ => LegacyRecord::Nobodys,
        })
    }

    fn subject_of(&self, data: &Value) -> Option<Subject> {
        let name = match data.pointer(&self.subject_pointer)? {
            Value::String(name) => name.clone(),
            Value::Number(number) if !number.is_f64() => number.to_string(),
            _ => return None,
        };
        let auth_hash = self.library.auth_hash_pointer().and_then(|pointer| data.pointer(pointer));
        let subject = match (&self.subjects, auth_hash) {
            (Some(subjects), auth_hash) => subjects.find(&name, auth_hash),
            (None, None) => Subject::new(&name).ok(),
            // Whether the password is still the same, nobody has told us.
            (None, Some(_)) => None,
        };
        if subject.is_none() {
            tracing::info!(
                "legacy session is not taken over: its user or password is not among the legacy subjects"
            );
        }
        subject
    }

    pub(crate) async fn remove(&self, cookie: &LegacyCookie) -> Result<(), Unavailable> {
        in_time(self.store.remove(&cookie.key)).await
    }

    pub(crate) async fn bar(&self, subject: &Subject) -> Result<(), Unavailable> {
        in_time(self.store.bar(subject)).await
    }

    pub(crate) async fn is_barred(&self, subject: &Subject) -> Result<bool, Unavailable> {
        in_time(self.store.is_barred(subject)).await
    }
}

impl fmt::Debug for LegacySessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LegacySessions")
            .field("library", &self.library)
            .field("cookie_name", &self.cookie_name)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for LegacyCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LegacyCookie(..)")
    }
}

#[cfg(test)]
mod testing {
    /// What is written in hexadecimal digits.
    pub(super) fn bytes(digits: &str) -> Vec<u8> {
        let pairs = digits.as_bytes().chunks(2).map(|pair| str::from_utf8(pair).unwrap());
        pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use zeroize::Zeroizing;

    use super::*;

    /// In which nothing is looked for.
    struct NoStore;

    #[async_trait]
    impl LegacyStore for NoStore {
        async fn read(&self, _: &str) -> Result<Option<Vec<u8>>, Unavailable> {
            Err(Unavailable)
        }

        async fn remove(&self, _: &str) -> Result<(), Unavailable> {
            Err(Unavailable)
        }

        async fn bar(&self, _: &Subject) -> Result<(), Unavailable> {
            Err(Unavailable)
        }

        async fn is_barred(&self, _: &Subject) -> Result<bool, Unavailable> {
            Err(Unavailable)
        }
    }

    fn express() -> LegacySessions {
        let secrets = ExpressSecrets::new([Zeroizing::new("hello".to_owned())]).unwrap();
        LegacySessions::of_express(secrets, Arc::new(NoStore))
    }

    fn tower() -> LegacySessions {
        LegacySessions::of_tower(Arc::new(NoStore))
    }

    fn django(subjects: &str) -> LegacySessions {
        LegacySessions::of_django(LegacySubjects::from_json(subjects).unwrap(), Arc::new(NoStore))
    }

    /// Made by cookie-signature 1.2.2 with the secret `hello`.
    const SIGNED: &str = "s%3AABC.uHtBc9pXJeH721mkvtuPo3XlzSmX5QbTghMlCLI3Ft4";

    fn key(sessions: &LegacySessions, header: &str) -> Option<String> {
        sessions.find([header.as_bytes()]).map(|cookie| cookie.key)
    }

    #[test]
    fn each_library_has_its_cookie_and_its_keys() {
        let id = "AIGh8uQir_47EmmSCJ0RTw";
        let other = "k0m8q7z6x5c4v3b2n1a9s8d7f6g5h4j3";
        assert_eq!(key(&express(), &format!("connect.sid={SIGNED}")).as_deref(), Some("sess:ABC"));
        assert_eq!(key(&tower(), &format!("id={id}")).as_deref(), Some(id));
        let found = key(&django("{}"), &format!("sessionid={other}"));
        assert_eq!(found, Some(format!(":1:django.contrib.sessions.cache{other}")));
        let own = express().cookie_name("sid").key_prefix("app:");
        assert_eq!(own.cookie(), "sid");
        assert_eq!(key(&own, &format!("sid={SIGNED}; connect.sid=other")).as_deref(), Some("app:ABC"));
        let patterns = [LegacyLibrary::Express, LegacyLibrary::Tower, LegacyLibrary::Django];
        let patterns = patterns.map(|library| library.key_pattern("p:"));
        assert_eq!(
            patterns,
            ["p:*".into(), format!("p:{}", "?".repeat(22)), format!("p:{}", "?".repeat(32))]
        );
    }

    /// R14: other hosts of the domain plant cookies.
    #[test]
    fn of_several_cookies_one_session_counts_and_two_do_not() {
        let (sessions, id, other) = (tower(), "AIGh8uQir_47EmmSCJ0RTw", "BIGh8uQir_47EmmSCJ0RTw");
        assert_eq!(key(&sessions, &format!("id=garbage; id={id}; id={id}")).as_deref(), Some(id));
        assert_eq!(key(&sessions, &format!("id={id}; id={other}")), None);
        let four = "id=garbage; ".repeat(3);
        assert_eq!(key(&sessions, &format!("{four}id={id}")).as_deref(), Some(id));
        assert_eq!(key(&sessions, &format!("{four}id=garbage; id={id}")), None);
        assert_eq!(key(&sessions, "theme=dark"), None);
    }

    #[test]
    fn one_session_has_one_key_however_its_cookie_is_written() {
        let start_key = |value: &str| {
            let header = format!("connect.sid={value}");
            express().find([header.as_bytes()]).unwrap().start_key.marker_id()
        };
        assert_eq!(start_key(SIGNED), start_key(&SIGNED.replace("%3A", ":")));
    }

    fn subject(sessions: &LegacySessions, data: &Value) -> Option<String> {
        sessions.subject_of(data).map(|subject| subject.as_str().to_owned())
    }

    #[test]
    fn who_has_signed_in_stands_where_the_library_or_its_companion_puts_it() {
        assert_eq!(
            subject(&express(), &json!({ "passport": { "user": "alice" } })).as_deref(),
            Some("alice")
        );
        assert_eq!(
            subject(&tower(), &json!({ "axum-login.data": { "user_id": 42 } })).as_deref(),
            Some("42")
        );
        let own = express().subject_pointer("/user/name");
        assert_eq!(subject(&own, &json!({ "user": { "name": "bob" } })).as_deref(), Some("bob"));
        for nobody in [json!({}), json!({ "user": { "name": 1.5 } }), json!({ "user": { "name": "" } })] {
            assert_eq!(subject(&own, &nobody), None, "{nobody}");
        }
    }

    /// R67: a session that is bound to a password goes on only where somebody says which password that is.
    #[test]
    fn who_has_another_password_by_now_is_nobody() {
        let bound = |user_id, hash| json!({ "_auth_user_id": user_id, "_auth_user_hash": hash });
        let sessions = django(r#"{"1": {"subject": "alice", "auth_hash": "new"}}"#);
        assert_eq!(subject(&sessions, &bound("1", "new")).as_deref(), Some("alice"));
        for (user_id, hash) in [("1", "old"), ("2", "new")] {
            assert_eq!(subject(&sessions, &bound(user_id, hash)), None);
        }
        let login = json!({ "axum-login.data": { "user_id": 42, "auth_hash": [1] } });
        assert_eq!(subject(&tower(), &login), None);
        let subjects = r#"{"42": {"subject": "bob", "auth_hash": [1]}}"#;
        let told = tower().subjects(LegacySubjects::from_json(subjects).unwrap());
        assert_eq!(subject(&told, &login).as_deref(), Some("bob"));
    }

    #[test]
    fn nothing_secret_is_in_what_is_debugged() {
        let text = format!("{:?} {:?}", express(), tower().find([&b"id=AIGh8uQir_47EmmSCJ0RTw"[..]]));
        assert!(text.contains("Express") && text.contains("LegacyCookie(..)"), "{text}");
        assert!(!text.contains("AIGh8") && !text.contains("hello"), "{text}");
    }
}
