//! Ends the sessions of users who have a new password or are gone, so that edges hear of it although
//! nobody uses those sessions any more (R67). Whoever does use one is refused at once anyway.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use session_engine::{FileUser, Sessions, Subject, UsersFile};

/// How soon an edge is to hear of it, like of any revocation.
const INTERVAL: Duration = Duration::from_secs(1);

/// Looks for changed users from now on, within a Tokio runtime.
pub(crate) fn end_them(sessions: &Sessions, users: Arc<UsersFile>) {
    let sessions = sessions.clone();
    tokio::spawn(async move {
        let mut known = users.users().unwrap_or_default();
        loop {
            tokio::time::sleep(INTERVAL).await;
            let Ok(present) = users.users() else { continue };
            if Arc::ptr_eq(&known, &present) {
                continue;
            }
            let mut is_done = true;
            for subject in outdated(&known, &present) {
                match sessions.end_outdated(&subject).await {
                    Ok(0) => {}
                    Ok(ended) => {
                        tracing::info!(subject = subject.as_str(), ended, "sessions of a changed user ended");
                    }
                    Err(_) => is_done = false,
                }
            }
            // With a store in trouble it is tried again.
            if is_done {
                known = present;
            }
        }
    });
}

/// Who was removed, or has sessions that ended with a change.
fn outdated(known: &BTreeMap<String, FileUser>, present: &BTreeMap<String, FileUser>) -> Vec<Subject> {
    let is_outdated = |(name, user): &(&String, &FileUser)| {
        present.get(*name).is_none_or(|now| now.sessions_since != user.sessions_since)
    };
    known.iter().filter(is_outdated).filter_map(|(name, _)| Subject::new(name).ok()).collect()
}
