//! Whether what came is what a page shows.
//!
//! `…` stands for anything within a line, and a line that is `…` for any lines. Times may be other times, and words as
//! only a generator makes them (16 characters or more with a digit among them) may be others of the same length.

/// Whether `shown` is all that `came`.
pub(crate) fn is_all(shown: &str, came: &str) -> bool {
    let (shown, came): (Vec<_>, Vec<_>) = (shown.lines().collect(), came.lines().collect());
    lines_fit(&shown, &came)
}

/// Whether `came` begins with what is `shown`, as what goes on may have said more by now.
pub(crate) fn is_beginning(shown: &str, came: &str) -> bool {
    is_all(&format!("{shown}…\n"), came)
}

fn lines_fit(shown: &[&str], came: &[&str]) -> bool {
    match (shown, came) {
        ([], came) => came.is_empty(),
        ([first, rest @ ..], came) if *first == "…" => {
            (0..=came.len()).any(|skipped| lines_fit(rest, &came[skipped..]))
        }
        ([first, shown @ ..], [line, came @ ..]) => line_fits(first, line) && lines_fit(shown, came),
        ([_, ..], []) => false,
    }
}

fn line_fits(shown: &str, came: &str) -> bool {
    let (shown, came): (Vec<_>, Vec<_>) =
        (shown.trim_end().chars().collect(), came.trim_end().chars().collect());
    fits(&shown, &came, None)
}

/// `before` is the character before `shown`, by which it is known where a word begins.
fn fits(shown: &[char], came: &[char], before: Option<char>) -> bool {
    let Some(first) = shown.first() else { return came.is_empty() };
    if *first == '…' {
        return (0..=came.len()).any(|skipped| fits(&shown[1..], &came[skipped..], Some('…')));
    }
    let of_another_time = if before.is_some_and(is_of_a_word) { 0 } else { varying(shown, came) };
    if of_another_time > 0 && fits(&shown[of_another_time..], &came[of_another_time..], Some('0')) {
        return true;
    }
    came.first() == Some(first) && fits(&shown[1..], &came[1..], Some(*first))
}

/// How long what both begin with is, if it is something that differs each time; or 0.
fn varying(shown: &[char], came: &[char]) -> usize {
    [date_and_time, unix_time, generated]
        .into_iter()
        .map(|form| form(shown, came))
        .find(|length| *length > 0)
        .unwrap_or(0)
}

/// RFC 3339, in seconds or microseconds.
fn date_and_time(shown: &[char], came: &[char]) -> usize {
    const FORMS: [&str; 2] = ["0000-00-00T00:00:00Z", "0000-00-00T00:00:00.000000Z"];
    let has = |text: &[char], form: &str| {
        let fits = |(form, letter): (char, &char)| match form {
            '0' => letter.is_ascii_digit(),
            form => form == *letter,
        };
        text.len() >= form.len() && form.chars().zip(text).all(fits)
    };
    let form = FORMS.into_iter().find(|form| has(shown, form) && has(came, form));
    form.map_or(0, str::len)
}

/// In seconds or milliseconds.
fn unix_time(shown: &[char], came: &[char]) -> usize {
    let length = word(shown);
    let is_one = |text: &[char]| text.iter().all(char::is_ascii_digit) && text.starts_with(&['1']);
    let both = matches!(length, 10 | 13) && word(came) == length;
    if both && is_one(&shown[..length]) && is_one(&came[..length]) { length } else { 0 }
}

/// An ID, a secret, a tag, a statement.
fn generated(shown: &[char], came: &[char]) -> usize {
    let length = word(shown);
    // Of those that came one in fifty has no digit.
    let is_one = length >= 16 && shown[..length].iter().any(char::is_ascii_digit);
    if is_one && word(came) == length { length } else { 0 }
}

fn word(text: &[char]) -> usize {
    text.iter().take_while(|letter| is_of_a_word(**letter)).count()
}

fn is_of_a_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '-' || letter == '_'
}

#[cfg(test)]
mod tests {
    use super::{is_all, is_beginning};

    const SHOWN: &str =
        "{\"session_id\":\"CC7Q1y57oTBbZixFqCSvuQ\",\"at\":1795430298}\nissued at 2026-11-23T10:38:18Z\n";
    const CAME: &str =
        "{\"session_id\":\"aaaaaaaaaaaaaaaaaaaaaa\",\"at\":1799999999}\nissued at 2027-01-02T03:04:05Z\n";

    #[test]
    fn what_differs_each_time_may_differ() {
        assert!(is_all(SHOWN, CAME));
    }

    #[test]
    fn anything_else_may_not() {
        assert!(!is_all(SHOWN, &CAME.replace("issued", "expires")));
        assert!(!is_all(SHOWN, &CAME.replace("aa\"", "\"")), "another length");
        assert!(!is_all(SHOWN, &CAME.replace("1799999999", "soon")));
        assert!(!is_all(SHOWN, &format!("{CAME}and more\n")));
        assert!(!is_all(SHOWN, CAME.lines().next().unwrap()));
        assert!(!is_all("http://127.0.0.1:8080\n", "http://127.0.0.1:8081\n"));
        assert!(!is_all("key c1\n", "key c2\n"));
    }

    #[test]
    fn an_ellipsis_stands_for_what_is_left_out() {
        assert!(is_all("a … z\n…\nlast\n", "a b c z\n1\n2\nlast\n"));
        assert!(is_all("…\nlast\n", "last\n"));
        assert!(!is_all("a … z\n", "a b c\n"));
        assert!(!is_all("…\nlast\n", "last\nand more\n"));
    }

    #[test]
    fn what_goes_on_may_have_said_more() {
        assert!(is_beginning("serving\n", "serving\nand more\n"));
        assert!(!is_beginning("serving\n", "not serving\n"));
        assert!(is_beginning("", ""));
    }
}
