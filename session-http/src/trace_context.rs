use http::HeaderName;

/// Where in a distributed trace a request stands (W3C Trace Context, `traceparent` of version 00), as a trusted
/// proxy said: an extension of each request within [`RequestLog`](crate::RequestLog) that has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceContext {
    header: String,
}

impl TraceContext {
    pub(crate) const HEADER: HeaderName = HeaderName::from_static("traceparent");

    /// Reads `00-<trace-id>-<parent-id>-<flags>`: lower-case hexadecimal digits, and neither ID all zeros. What is
    /// of another version or anything else is none.
    pub(crate) fn parse(header: &str) -> Option<Self> {
        let mut parts = header.split('-');
        let (version, trace_id, parent_id, flags) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let is_id = |id: &str, length| is_hex(id, length) && id.bytes().any(|digit| digit != b'0');
        let is_whole = version == "00" && is_hex(flags, 2) && parts.next().is_none();
        let is_good = is_whole && is_id(trace_id, TRACE_ID_LENGTH) && is_id(parent_id, PARENT_ID_LENGTH);
        is_good.then(|| Self { header: header.to_owned() })
    }

    /// The ID of the whole trace: 32 hexadecimal digits.
    #[must_use]
    pub fn trace_id(&self) -> &str {
        self.header.split('-').nth(1).unwrap_or_default()
    }

    /// The ID of the span in which the proxy sent the request on: 16 hexadecimal digits.
    #[must_use]
    pub fn parent_id(&self) -> &str {
        self.header.split('-').nth(2).unwrap_or_default()
    }

    /// Whether the proxy may have recorded its span.
    #[must_use]
    pub fn is_sampled(&self) -> bool {
        let flags = self.header.rsplit('-').next();
        flags.and_then(|flags| u8::from_str_radix(flags, 16).ok()).is_some_and(|flags| flags & 1 == 1)
    }
}

const TRACE_ID_LENGTH: usize = 32;
const PARENT_ID_LENGTH: usize = 16;

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::TraceContext;

    #[test]
    fn a_traceparent_is_read_whole_or_not_at_all() {
        // The example of the recommendation, §3.2.
        let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let trace = TraceContext::parse(header).unwrap();
        assert_eq!(trace.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(trace.parent_id(), "00f067aa0ba902b7");
        assert!(trace.is_sampled());
        let unsampled = TraceContext::parse(&header.replace("b7-01", "b7-fe")).unwrap();
        assert!(!unsampled.is_sampled(), "only the last bit is that");
        let zeros = |length| "0".repeat(length);
        for other in [
            String::new(),
            header.to_uppercase(),
            format!(" {header}"),
            format!("{header}-00"),
            format!("{header}-"),
            header.replace("00-4", "01-4"),
            header.replace("00-4", "ff-4"),
            header.replace("4bf92f3577b34da6a3ce929d0e0e4736", &zeros(32)),
            header.replace("00f067aa0ba902b7", &zeros(16)),
            header.replace("-01", "-1"),
            header.replace("-01", ""),
            header.replace("4bf9", "4bg9"),
            header.replace("4bf9", "bf9"),
        ] {
            assert_eq!(TraceContext::parse(&other), None, "{other}");
        }
    }
}
