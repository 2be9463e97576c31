//! Sends events to a receiver, by the specification of Standard Webhooks 1.0.
//!
//! Of all servers on a store one delivers. It holds a lease, goes on from where deliveries have come to, and notes in the
//! store what the receiver has taken: whoever comes after it delivers the rest, and what it had not noted once more.
//! So events wait where they are kept, which is bounded, and a receiver that is away costs no memory.

mod receiver;
mod secrets;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use metrics::{Counter, Gauge, counter, describe_counter, describe_gauge, gauge};
use serde::Deserialize;
use session_core::SessionId;
use session_engine::store::{EventCursor, EventPage, Unavailable};
use session_engine::{Clock, Events};
use session_http::Lifecycle;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::Result;
use crate::settings::Settings;
use receiver::{Receiver, Taken};
use secrets::Secrets;

/// How long others wait for a server that delivers and is silent.
const TERM: Duration = Duration::from_secs(10);

/// How often it says that it goes on.
const KEEPING: Duration = Duration::from_secs(3);

/// How often one that does not deliver looks whether it should.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// So many events are delivered at a time; with the next ones it is waited until the receiver has all of these.
const AT_ONCE: usize = 16;

/// How long a server that stops waits for what is on its way.
const STOP_PATIENCE: Duration = Duration::from_secs(2);

/// The pauses between tries: twice as long each time, a part of it at random.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// After so many tries, some two minutes, an event that the receiver refuses for what it is is given up: what comes
/// behind it must not wait for ever.
const MAX_REFUSALS: u32 = 8;

/// After so many, some seconds, whoever operates it is told that the receiver is away.
const TRIES_IN_SILENCE: u32 = 3;

/// Where events go, and how.
pub(crate) struct Webhook {
    receiver: Receiver,
    secret_file: PathBuf,
    clock: Arc<dyn Clock>,
    counts: Counts,
}

struct Counts {
    accepted: Counter,
    refused: Counter,
    failed: Counter,
    given_up: Counter,
    overtaken: Counter,
    delay: Gauge,
}

/// What is read of an event here.
#[derive(Deserialize)]
struct Identified {
    id: String,
}

/// Why a server does not deliver any more.
enum Over {
    /// Another does, or the store does not answer.
    Lost,
    /// It stops.
    Stopped,
}

impl Webhook {
    /// As it is set, or none.
    pub(crate) fn open(settings: &Settings, clock: &Arc<dyn Clock>) -> Result<Option<Self>> {
        let (url, secret_file) = match (&settings.webhook, &settings.webhook_secret) {
            (None, None) => return Ok(None),
            (Some(url), Some(file)) => (url, file.clone()),
            (Some(_), None) => {
                return Err(
                    "`--webhook` needs `--webhook-secret FILE`: how is its receiver to know us?".into()
                );
            }
            (None, Some(_)) => {
                return Err("`--webhook-secret` needs `--webhook URL`: where are events to go?".into());
            }
        };
        if !settings.events.is_on() {
            return Err("`--webhook` needs `--events`: without them there is nothing to send".into());
        }
        // What is wrong with it is told now, and not at the first event.
        Secrets::read(&secret_file)?;
        let receiver = Receiver::new(url)?;
        Ok(Some(Self { receiver, secret_file, clock: Arc::clone(clock), counts: Counts::new() }))
    }

    /// Delivers from now on, whenever it is this server's turn, until the lifecycle stops.
    pub(crate) fn start(self, events: Events, lifecycle: Lifecycle) -> Result<JoinHandle<()>> {
        let holder = SessionId::generate()?.to_string();
        Ok(tokio::spawn(async move {
            let delivery = Delivery { webhook: self, events, lifecycle, holder };
            delivery.run().await;
        }))
    }

    /// Until the receiver has it, or refuses it for what it is.
    async fn deliver(&self, event: &str) {
        let Ok(Identified { id }) = serde_json::from_str(event) else { return };
        let mut refusals = 0;
        for tries in 1.. {
            let secrets = self.secrets().await;
            let sent_at = self.clock.now().as_secs();
            let signatures = secrets.sign(&id, sent_at, event);
            match self.receiver.send(&id, sent_at, signatures, event).await {
                Taken::Accepted => return self.counts.accepted.increment(1),
                Taken::Refused(status) => {
                    self.counts.refused.increment(1);
                    refusals += 1;
                    if refusals >= MAX_REFUSALS {
                        self.counts.given_up.increment(1);
                        tracing::error!(
                            event = id,
                            status,
                            "event is given up: the receiver refuses it for what it is, and should answer 2xx"
                        );
                        return;
                    }
                }
                Taken::Failed(reason) => {
                    self.counts.failed.increment(1);
                    tracing::debug!(event = id, reason, tries, "event is not delivered yet");
                    if tries == TRIES_IN_SILENCE {
                        tracing::warn!(
                            reason,
                            "receiver of events does not take them, and they wait: see why it does not"
                        );
                    }
                }
            }
            sleep(pause_after(tries)).await;
        }
    }

    async fn deliver_all(&self, page: &EventPage) {
        join_all(page.events.iter().map(|(_, event)| self.deliver(event))).await;
    }

    /// Read each time, so that they can be replaced while servers run. Without them events wait.
    async fn secrets(&self) -> Secrets {
        loop {
            match Secrets::read(&self.secret_file) {
                Ok(secrets) => return secrets,
                Err(error) => {
                    tracing::error!(%error, "events are not delivered, and wait: mend the file of `--webhook-secret`");
                }
            }
            sleep(KEEPING).await;
        }
    }
}

struct Delivery {
    webhook: Webhook,
    events: Events,
    lifecycle: Lifecycle,
    holder: String,
}

impl Delivery {
    async fn run(self) {
        while !self.lifecycle.is_stopping() {
            if let Ok(Some(cursor)) = self.events.lease_delivery(&self.holder, TERM).await {
                tracing::info!("delivering events");
                if let Over::Stopped = self.deliver_from(cursor).await {
                    return;
                }
                tracing::info!("no longer delivering events");
            }
            self.webhook.counts.delay.set(0.0);
            tokio::select! {
                () = sleep(LOOK_INTERVAL) => {}
                () = self.lifecycle.stopping() => {}
            }
        }
    }

    async fn deliver_from(&self, mut cursor: EventCursor) -> Over {
        loop {
            let page = tokio::select! {
                page = self.events.read(Some(cursor), AT_ONCE, KEEPING) => page,
                () = self.lifecycle.stopping() => return self.let_go(cursor).await,
            };
            let Ok(page) = page else { return Over::Lost };
            if page.is_gap {
                self.webhook.counts.overtaken.increment(1);
                tracing::error!("events are lost: the receiver was away for longer than they are kept");
            }
            self.note_delay(&page);
            if let Some(over) = self.deliver_page(&page, cursor).await {
                return over;
            }
            match self.events.note_delivered(&self.holder, page.cursor, TERM).await {
                Ok(true) => cursor = page.cursor,
                Ok(false) | Err(Unavailable) => return Over::Lost,
            }
        }
    }

    /// Until all of it is delivered, or is no longer kept, saying meanwhile that it goes on.
    async fn deliver_page(&self, page: &EventPage, cursor: EventCursor) -> Option<Over> {
        let mut delivering = std::pin::pin!(self.webhook.deliver_all(page));
        loop {
            tokio::select! {
                () = &mut delivering => return None,
                () = self.lifecycle.stopping() => {
                    let is_done = timeout(STOP_PATIENCE, &mut delivering).await.is_ok();
                    return Some(self.let_go(if is_done { page.cursor } else { cursor }).await);
                }
                () = sleep(KEEPING) => {}
            }
            self.note_delay(page);
            // While the store is away, nobody else can take over either.
            if let Ok(None) = self.events.lease_delivery(&self.holder, TERM).await {
                return Some(Over::Lost);
            }
            // What the receiver cannot take must not stand before what comes behind it for longer than it is kept.
            if self.events.read(Some(page.cursor), 1, Duration::ZERO).await.is_ok_and(|next| next.is_gap) {
                return None;
            }
        }
    }

    /// Has another server go on at once.
    async fn let_go(&self, cursor: EventCursor) -> Over {
        let _ = self.events.note_delivered(&self.holder, cursor, Duration::ZERO).await;
        Over::Stopped
    }

    fn note_delay(&self, page: &EventPage) {
        let first = page.events.first().map(|(place, _)| place.milliseconds / 1000);
        let now = self.webhook.clock.now().as_secs();
        self.webhook.counts.delay.set(first.map_or(0.0, |first| now.saturating_sub(first) as f64));
    }
}

impl Counts {
    fn new() -> Self {
        const TRIES: &str = "session_webhook_tries_total";
        const LOST: &str = "session_webhook_lost_total";
        const DELAY: &str = "session_webhook_delay_seconds";
        describe_counter!(TRIES, "With a webhook: tries to deliver an event, by what the receiver said");
        describe_counter!(
            LOST,
            "With a webhook: events that were given up, and times that others were dropped before they could be delivered"
        );
        describe_gauge!(
            DELAY,
            "With a webhook: for how long the oldest event that is being delivered has waited"
        );
        Self {
            accepted: counter!(TRIES, "outcome" => "accepted"),
            refused: counter!(TRIES, "outcome" => "refused"),
            failed: counter!(TRIES, "outcome" => "failed"),
            given_up: counter!(LOST, "reason" => "refused"),
            overtaken: counter!(LOST, "reason" => "overtaken"),
            delay: gauge!(DELAY),
        }
    }
}

/// Many servers and many events do not come back in step.
fn pause_after(tries: u32) -> Duration {
    let whole = SHORTEST_PAUSE.saturating_mul(1 << tries.saturating_sub(1).min(16)).min(LONGEST_PAUSE);
    // Without entropy the longest pause is still a pause.
    let share = getrandom::u32().map_or(1.0, |random| f64::from(random) / f64::from(u32::MAX));
    whole.mul_f64(f64::midpoint(1.0, share))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_a_minute() {
        for (tries, longest) in [(1, 1), (2, 2), (5, 16), (7, 60), (40, 60), (u32::MAX, 60)] {
            let (pause, longest) = (pause_after(tries), Duration::from_secs(longest));
            assert!(pause >= longest / 2 && pause <= longest, "{tries}: {pause:?}");
        }
    }
}
