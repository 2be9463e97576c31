use std::str::FromStr;

use percent_encoding::percent_decode_str;

/// Who may have what is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Everybody; the application is told who it is, if anybody.
    Public,
    /// Who is signed in.
    SignedIn,
    /// Who has entered the password within the time in which a session may end others.
    Recent,
}

/// Who may have what of the application behind, by its paths. Everything is for who is signed in unless a rule says
/// otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessRules(Vec<Rule>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    /// Without the empty ones.
    segments: Vec<String>,
    ruling: Ruling,
}

/// What holds for a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ruling {
    pub(super) access: Access,
    /// Whether asking for it extends no session.
    pub(super) is_passive: bool,
}

impl AccessRules {
    /// Reads rules of the form `PATH=ACCESS`, such as `/assets=public` or `/billing=recent`: for the path itself and
    /// whatever is beneath it, unless a longer one says otherwise. With `:passive` behind the access, as in
    /// `/news/unread=signed-in:passive`, asking for it extends no session: pages do so while nobody is there.
    ///
    /// # Errors
    /// At the first that is not of that form, or whose path has a rule already.
    pub fn parse<'t>(rules: impl IntoIterator<Item = &'t str>) -> Result<Self, InvalidAccessRule> {
        let mut read: Vec<Rule> = Vec::new();
        for text in rules {
            let rule: Rule = text.parse()?;
            if read.iter().any(|other| other.segments == rule.segments) {
                return Err(InvalidAccessRule);
            }
            read.push(rule);
        }
        // The longest first.
        read.sort_by_key(|rule| std::cmp::Reverse(rule.segments.len()));
        Ok(Self(read))
    }

    /// Who may have a path, with or without a query. What an application might read in another way than this has
    /// whatever is strictest, and so has a path that is not known. Of a path whose letters are of another case the
    /// stricter reading counts.
    pub(super) fn of(&self, target: Option<&str>) -> Ruling {
        match target.and_then(plain_segments) {
            Some(path) => {
                let exact = self.longest(|segments| path.starts_with(segments));
                // Express and Windows read `/Admin` as `/admin`.
                let folded = folded(&path);
                let in_any_case = self.longest(|segments| folded.starts_with(&self::folded(segments)));
                Ruling { access: exact.access.max(in_any_case.access), ..exact }
            }
            None => {
                let all = self.0.iter().map(|rule| rule.ruling.access);
                Ruling {
                    access: all.max().unwrap_or(Access::SignedIn).max(Access::SignedIn),
                    is_passive: false,
                }
            }
        }
    }

    /// What the longest of the rules says whose paths fit, and the strictest of several.
    fn longest(&self, fits: impl Fn(&[String]) -> bool) -> Ruling {
        let fitting = self.0.iter().filter(|rule| fits(&rule.segments));
        let longest = fitting.max_by_key(|rule| (rule.segments.len(), rule.ruling.access));
        longest.map_or(Ruling { access: Access::SignedIn, is_passive: false }, |rule| rule.ruling)
    }
}

fn folded(segments: &[String]) -> Vec<String> {
    segments.iter().map(|segment| segment.to_lowercase()).collect()
}

/// The segments of a path that has but one reading: a server may decode twice, collapse slashes, climb dots, take a
/// backslash for a slash, or drop what comes behind a semicolon.
fn plain_segments(target: &str) -> Option<Vec<String>> {
    let path = target.split('?').next()?.strip_prefix('/')?;
    let path = path.strip_suffix('/').unwrap_or(path);
    if path.is_empty() {
        return Some(Vec::new());
    }
    path.split('/').map(plain_segment).collect()
}

fn plain_segment(encoded: &str) -> Option<String> {
    let text = percent_decode_str(encoded).decode_utf8().ok()?;
    let has_one_reading = !text.chars().any(|char| char.is_control() || "/\\;%#?".contains(char));
    let is_name = !text.is_empty() && text != "." && text != "..";
    (has_one_reading && is_name).then(|| text.into_owned())
}

impl FromStr for Rule {
    type Err = InvalidAccessRule;

    fn from_str(text: &str) -> Result<Self, InvalidAccessRule> {
        let (path, access) = text.rsplit_once('=').ok_or(InvalidAccessRule)?;
        let (access, is_passive) = match access.strip_suffix(":passive") {
            Some(access) => (access, true),
            None => (access, false),
        };
        let access = match access {
            "public" => Access::Public,
            "signed-in" => Access::SignedIn,
            "recent" => Access::Recent,
            _ => return Err(InvalidAccessRule),
        };
        let segments = plain_segments(path).filter(|_| !path.contains('?')).ok_or(InvalidAccessRule)?;
        Ok(Self { segments, ruling: Ruling { access, is_passive } })
    }
}

/// A text that is no rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected rules of the form `PATH=ACCESS`, each path once and beginning with a slash, and an access that is \
     `public`, `signed-in` or `recent`, perhaps with `:passive`"
)]
pub struct InvalidAccessRule;

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(texts: &[&str]) -> AccessRules {
        AccessRules::parse(texts.iter().copied()).unwrap()
    }

    #[test]
    fn without_rules_everything_is_for_who_is_signed_in() {
        for target in [Some("/"), Some("/a/b?c"), Some("//a"), None] {
            assert_eq!(AccessRules::default().of(target).access, Access::SignedIn);
        }
    }

    #[test]
    fn in_letters_of_another_case_the_stricter_reading_counts() {
        let rules = self::rules(&["/=public", "/admin=recent", "/Open=public", "/open/door=recent:passive"]);
        let of = |target| rules.of(Some(target)).access;
        for target in ["/Admin", "/ADMIN/users", "/admin", "/OPEN/Door"] {
            assert_eq!(of(target), Access::Recent, "{target}");
        }
        assert_eq!(
            (of("/open"), of("/OPEN"), of("/other")),
            (Access::Public, Access::Public, Access::Public)
        );
        let twice = self::rules(&["/Open=public", "/open=recent"]);
        assert_eq!(twice.of(Some("/OPEN")).access, Access::Recent);
        let by_default = AccessRules::parse(["/open=public"]).unwrap();
        assert_eq!(by_default.of(Some("/OPEN")).access, Access::SignedIn);
    }

    #[test]
    fn the_longest_rule_counts_and_a_segment_is_a_whole_one() {
        let rules =
            rules(&["/=public", "/app=signed-in", "/app/billing/=recent", "/app/billing/help=public"]);
        for (target, access) in [
            ("/", Access::Public),
            ("/apps", Access::Public),
            ("/app", Access::SignedIn),
            ("/app/?x=/app/billing", Access::SignedIn),
            ("/app/billings", Access::SignedIn),
            ("/app/billing", Access::Recent),
            ("/app/%62illing/", Access::Recent),
            ("/app/billing/1", Access::Recent),
            ("/app/billing/help/a", Access::Public),
        ] {
            assert_eq!(rules.of(Some(target)).access, access, "{target}");
        }
    }

    #[test]
    fn what_has_two_readings_has_the_strictest_access() {
        let rules = rules(&["/=signed-in", "/open=public", "/billing=recent"]);
        for target in [
            "/open/../billing",
            "/open/%2e%2e/billing",
            "/open/.",
            "/open//x",
            "//open",
            "/open%2f..%2fbilling",
            "/open\\..\\billing",
            "/open;/../billing",
            "/open/%252e%252e/billing",
            "/open/%00",
            "/open/%ff",
            "open",
            "",
        ] {
            assert_eq!(rules.of(Some(target)).access, Access::Recent, "{target}");
        }
        assert_eq!(rules.of(None).access, Access::Recent);
        assert_eq!(self::rules(&["/=public"]).of(Some("//a")).access, Access::SignedIn);
    }

    #[test]
    fn what_is_passive_is_so_by_its_own_rule() {
        let rules = rules(&["/news=public:passive", "/news/write=signed-in"]);
        for (target, is_passive) in [("/news", true), ("/news/7", true), ("/news/write", false), ("/", false)]
        {
            assert_eq!(rules.of(Some(target)).is_passive, is_passive, "{target}");
        }
    }

    #[test]
    fn a_rule_that_is_none_is_refused() {
        for texts in [
            &["/a"][..],
            &["a=public"],
            &["/a=PUBLIC"],
            &["/a=passive"],
            &["/a=public:"],
            &["/a/../b=public"],
            &["/a?b=public"],
            &["/a=public", "/a/=recent"],
            &[""],
        ] {
            assert_eq!(AccessRules::parse(texts.iter().copied()), Err(InvalidAccessRule), "{texts:?}");
        }
    }
}
