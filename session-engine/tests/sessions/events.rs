//! What others are told of what happens to sessions (FORMAT.md §8).

use std::time::Duration;

use serde_json::{Value, json};
use session_core::{AuthenticCookie, StartKey};
use session_engine::{Client, NewSession, Renewal};

use crate::world::{World, alice};

/// In the order in which it happened, each once.
#[tokio::test]
async fn what_happens_to_a_session_is_told() {
    let world = World::new();
    let events = world.events();
    let sessions = world.server_of(|builder| builder.events(events.clone()));
    let issued = sessions.start(NewSession::of(alice()), None).await.unwrap();
    let first = world.sent(&issued.cookie);
    let second = world.sent(&sessions.renew(&first, Renewal::Plain).await.unwrap().cookie);
    let third = world.sent(&sessions.renew(&second, Renewal::Reauthenticated).await.unwrap().cookie);
    sessions.revoke(&third).await.unwrap();
    let guest = sessions.start_guest(&Client::default(), Default::default()).await.unwrap().session.id();
    let key = StartKey::new(b"canary-token-of-the-office-0123456789", "one").unwrap();
    for _ in 0..2 {
        sessions.start_once(NewSession::of(alice()), key.clone()).await.unwrap();
    }
    let once = sessions.list(&alice()).await.unwrap()[0].id();
    events.settle(Duration::from_secs(5)).await;

    let page = events.read(None, 10, Duration::ZERO).await.unwrap();
    let told: Vec<Value> = page
        .events
        .iter()
        .map(|(_, event)| {
            let mut event: Value = serde_json::from_str(event).unwrap();
            let members = event.as_object_mut().unwrap();
            assert!(members.remove("id").is_some() && members.remove("occurred_at").is_some());
            event
        })
        .collect();
    let renewed = |from: &AuthenticCookie, to: &AuthenticCookie, proved: bool| {
        json!({
            "type": "renewed", "session_id": to.session_id(), "predecessor": from.session_id(),
            "subject": "alice", "reauthenticated": proved,
        })
    };
    let id = third.session_id();
    assert_eq!(
        told,
        [
            json!({ "type": "created", "session_id": first.session_id(), "subject": "alice" }),
            renewed(&first, &second, false),
            renewed(&second, &third, true),
            json!({ "type": "revoked", "session_id": id, "subject": "alice", "cause": "log_out" }),
            json!({ "type": "created", "session_id": guest }),
            json!({ "type": "created", "session_id": once, "subject": "alice" }),
        ]
    );
}
