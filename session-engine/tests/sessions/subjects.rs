use session_engine::{InvalidSubject, Subject};

#[test]
fn a_subject_is_1_to_255_bytes_without_control_characters() {
    for text in ["a", "Ålice Ångström", "a b@example.org", &"x".repeat(255)] {
        let subject = Subject::new(text).expect(text);
        assert_eq!((subject.as_str(), subject.to_string()), (text, text.to_owned()));
        assert_eq!(String::from(subject.clone()), text);
        assert_eq!(Subject::try_from(text.to_owned()), Ok(subject));
    }
    for text in ["", "a\nb", "\u{0}", "\u{7f}", "\u{85}", &"x".repeat(256), &"é".repeat(128)] {
        assert_eq!(Subject::new(text), Err(InvalidSubject), "{text}");
    }
}
