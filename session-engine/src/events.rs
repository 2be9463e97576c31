use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use metrics::{Counter, counter, describe_counter};
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::budget::{REQUEST_BUDGET, off_budget};
use crate::clock::Clock;
use crate::event::{Event, EventKind, TOLD_TYPES};
use crate::store::{EventCursor, EventLog, EventPage, Unavailable, Watch};
use crate::telemetry::CountedBy;

/// So many events wait to be appended while the store is slow or away; what is told then is lost, and counted. They
/// are told by sessions that the store has just changed, so few are told while it is away.
const QUEUE_LENGTH: usize = 4_096;

/// After what pause it is tried again to append an event.
const RETRY_PAUSE: Duration = Duration::from_millis(250);

/// How often it is looked for sessions that have expired.
const EXPIRY_INTERVAL: Duration = Duration::from_secs(1);

/// How often whoever waits for events looks for those that another server has told; of one's own they hear at once.
const LOOK_INTERVAL: Duration = Duration::from_millis(200);

/// What happens to sessions, told to others: in the order in which a server tells it, behind what others have told.
/// Clones are the same.
///
/// Nobody waits for it to be told. It is appended within moments, and tried again while the store is away; what waits
/// for that is lost with the process.
#[derive(Clone)]
pub struct Events(Arc<Desk>);

struct Desk {
    log: Arc<dyn EventLog>,
    clock: Arc<dyn Clock>,
    queue: Sender<Job>,
    is_told: Arc<Notify>,
    told: CountedBy,
    lost: Counter,
    is_losing: AtomicBool,
}

enum Job {
    Append {
        event: Event,
        watch: Watch,
    },
    /// To be answered when all before it is appended.
    Settle(oneshot::Sender<()>),
}

impl Events {
    /// Begins to tell events to this log, within a Tokio runtime, until the last clone is dropped.
    #[must_use]
    pub fn start(log: Arc<dyn EventLog>, clock: Arc<dyn Clock>) -> Self {
        let (queue, jobs) = mpsc::channel(QUEUE_LENGTH);
        let is_told = Arc::<Notify>::default();
        tokio::spawn(append_all(jobs, Arc::clone(&log), Arc::clone(&is_told)));
        let meaning = "With events: what this server had to tell, but for sessions that expired";
        let told = CountedBy::new("session_events_total", meaning, "type", &TOLD_TYPES);
        describe_counter!(
            "session_events_lost_total",
            "With events: those that could not be told, since too many waited for the store"
        );
        let lost = counter!("session_events_lost_total");
        let desk = Desk { log, clock, queue, is_told, told, lost, is_losing: AtomicBool::new(false) };
        let desk = Arc::new(desk);
        tokio::spawn(tell_expired(Arc::downgrade(&desk)));
        Self(desk)
    }

    /// Tells of something, and waits for nothing.
    pub(crate) fn tell(&self, kind: EventKind, watch: Watch) {
        let desk = &self.0;
        desk.told.count(kind.name());
        let job = Event::of(kind, desk.clock.now()).map(|event| Job::Append { event, watch });
        let is_lost = job.is_none_or(|job| desk.queue.try_send(job).is_err());
        if is_lost {
            desk.lost.increment(1);
        }
        if desk.is_losing.swap(is_lost, Ordering::Relaxed) != is_lost && is_lost {
            tracing::warn!("events are lost: too many wait for the store");
        }
    }

    /// The events behind a place, or from the oldest that is kept, at most so many: at once, or, while there are
    /// none, as soon as there is one, but no later than `wait` from now. Each time that the store is asked has a
    /// budget of its own.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn read(
        &self,
        after: Option<EventCursor>,
        limit: usize,
        wait: Duration,
    ) -> Result<EventPage, Unavailable> {
        let deadline = Instant::now() + wait;
        off_budget(async {
            loop {
                let told = self.0.is_told.notified();
                let page = self.within_budget(self.0.log.events(after, limit)).await?;
                let now = Instant::now();
                if !page.events.is_empty() || page.is_gap || now >= deadline {
                    return Ok(page);
                }
                let _ = timeout_at(deadline.min(now + LOOK_INTERVAL), told).await;
            }
        })
        .await
    }

    /// Has `holder` deliver events: see [`EventLog::lease_delivery`].
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn lease_delivery(
        &self,
        holder: &str,
        term: Duration,
    ) -> Result<Option<EventCursor>, Unavailable> {
        self.within_budget(self.0.log.lease_delivery(holder, term)).await
    }

    /// Notes that events have been delivered: see [`EventLog::note_delivered`].
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn note_delivered(
        &self,
        holder: &str,
        up_to: EventCursor,
        term: Duration,
    ) -> Result<bool, Unavailable> {
        self.within_budget(self.0.log.note_delivered(holder, up_to, term)).await
    }

    /// Waits until all that has been told is appended, but no longer than `patience`: for whoever is about to stop.
    pub async fn settle(&self, patience: Duration) {
        let settled = async {
            let (answer, settled) = oneshot::channel();
            if self.0.queue.send(Job::Settle(answer)).await.is_ok() {
                let _ = settled.await;
            }
        };
        if timeout(patience, settled).await.is_err() {
            tracing::warn!("events are lost: this server stops, and the store does not take them");
        }
    }

    async fn within_budget<T>(
        &self,
        answer: impl Future<Output = Result<T, Unavailable>>,
    ) -> Result<T, Unavailable> {
        timeout(REQUEST_BUDGET, answer).await.unwrap_or(Err(Unavailable))
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Events(..)")
    }
}

/// One after the other, each until the store has it: where it did not say so, that may be twice.
async fn append_all(mut jobs: Receiver<Job>, log: Arc<dyn EventLog>, is_told: Arc<Notify>) {
    while let Some(job) = jobs.recv().await {
        match job {
            Job::Append { event, watch } => {
                let event = event.to_json();
                while !matches!(timeout(REQUEST_BUDGET, log.append(&event, &watch)).await, Ok(Ok(()))) {
                    sleep(RETRY_PAUSE).await;
                }
                is_told.notify_waiters();
            }
            Job::Settle(answer) => drop(answer.send(())),
        }
    }
}

async fn tell_expired(desk: Weak<Desk>) {
    loop {
        let Some(log) = desk.upgrade().map(|desk| Arc::clone(&desk.log)) else { return };
        match log.tell_expired().await {
            Ok(true) => {}
            // What cannot be told now is told another time.
            Ok(false) | Err(Unavailable) => sleep(EXPIRY_INTERVAL).await,
        }
    }
}
