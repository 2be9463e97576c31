//! Whether there is an order of what was done that has every answer right.

use std::collections::{BTreeMap, BTreeSet};

use session_core::SessionId;
use session_engine::store::{Creation, Outcome};
use todc_utils::linearizability::WGLChecker;
use todc_utils::linearizability::history::Action::{Call, Response};
use todc_utils::linearizability::history::History;
use todc_utils::specifications::Specification;

/// Which document a session has; no two changes make the same.
pub(super) type Revision = u32;

/// What was asked of a session.
#[derive(Clone, Copy, Debug)]
pub(super) enum Asked {
    Create(Revision),
    Read,
    Update { expected: Revision, new: Revision },
    Delete,
}

/// What was answered.
#[derive(Clone, Copy, Debug)]
pub(super) enum Told {
    Creation(Creation),
    Read(Option<Revision>),
    /// A document whose writer was told nothing.
    UnconfirmedRead,
    Outcome(Outcome),
    /// Whether it was there.
    Deleted(bool),
    /// That the store is unavailable.
    Nothing,
}

/// Something that happened to a session, in the order of the clock that all clients share.
#[derive(Clone, Copy, Debug)]
pub(super) enum Event {
    Asked { by: usize, what: Asked },
    Told { by: usize, what: Told },
}

/// All that happened to each session. Whoever asks has a number that nobody else has who asks.
pub(super) type Histories = BTreeMap<SessionId, Vec<Event>>;

/// What was asked with what was told of it.
#[derive(Clone, Copy, Debug)]
struct Operation(Asked, Option<Told>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum State {
    Absent,
    Live(Revision),
    Dead,
}

struct Session;

impl Specification for Session {
    type State = State;
    type Operation = Operation;

    fn init() -> State {
        State::Absent
    }

    fn apply(&Operation(asked, told): &Operation, &before: &State) -> (bool, State) {
        let is_live = matches!(before, State::Live(_));
        // What it does wherever it may.
        let done = match (asked, before) {
            (Asked::Create(new), State::Absent) => State::Live(new),
            (Asked::Update { expected, new }, State::Live(revision)) if revision == expected => {
                State::Live(new)
            }
            (Asked::Delete, State::Live(_)) => State::Dead,
            (_, before) => before,
        };
        let is_right = match told.unwrap_or(Told::Nothing) {
            Told::Nothing => true,
            Told::Creation(Creation::Created) => before == State::Absent,
            Told::Creation(Creation::Exists) => is_live,
            Told::Read(Some(revision)) => before == State::Live(revision),
            Told::Read(None) => !is_live,
            Told::UnconfirmedRead => is_live,
            Told::Outcome(Outcome::Done) => done != before,
            Told::Outcome(Outcome::Conflict) => is_live && done == before,
            Told::Outcome(Outcome::Absent) => !is_live,
            Told::Deleted(was_there) => was_there == is_live,
        };
        (is_right, done)
    }
}

/// Those sessions whose history has no such order are told of.
pub(super) fn judge(histories: &Histories) -> Result<(), String> {
    let operations: usize = histories.values().map(|events| events.len() / 2).sum();
    let unknown = |event: &&Event| matches!(event, Event::Told { what: Told::Nothing, .. });
    let unknown = histories.values().flatten().filter(unknown).count();
    println!("{operations} operations on {} sessions, {unknown} of unknown outcome", histories.len());
    assert!(operations > 300 && histories.len() > 10, "too little happened to tell anything");
    let wrong: Vec<_> = histories.iter().filter(|(_, events)| !has_order(events)).collect();
    match wrong.first() {
        None => Ok(()),
        Some((id, events)) => {
            Err(format!("{} sessions have no order; one is {id}: {events:#?}", wrong.len()))
        }
    }
}

/// What its writer was not told to be done may be seen, and be undone with the primary that had it; that a
/// session lives or is dead may not.
fn has_order(events: &[Event]) -> bool {
    let unconfirmed = unconfirmed_revisions(events);
    let mut asked = BTreeMap::new();
    let mut actions = Vec::new();
    let mut unknown = Vec::new();
    for event in events {
        match *event {
            Event::Asked { by, what } => {
                asked.insert(by, what);
                actions.push((by, Call(Operation(what, None))));
            }
            // Who read nothing has changed nothing.
            Event::Told { by, what: Told::Nothing } if matches!(asked[&by], Asked::Read) => {
                actions.push((by, Response(Operation(Asked::Read, Some(Told::Nothing)))));
            }
            Event::Told { by, what: Told::Nothing } => unknown.push(by),
            Event::Told { by, what: Told::Read(Some(revision)) } if unconfirmed.contains(&revision) => {
                actions.push((by, Response(Operation(Asked::Read, Some(Told::UnconfirmedRead)))));
            }
            Event::Told { by, what } => actions.push((by, Response(Operation(asked[&by], Some(what))))),
        }
    }
    // At the very end it does no harm, which is as good as never.
    actions.extend(unknown.into_iter().map(|by| (by, Response(Operation(asked[&by], Some(Told::Nothing))))));
    WGLChecker::<Session>::is_linearizable(History::from_actions(actions))
}

fn unconfirmed_revisions(events: &[Event]) -> BTreeSet<Revision> {
    let mut asked = BTreeMap::new();
    let mut unconfirmed = BTreeSet::new();
    for event in events {
        match *event {
            Event::Asked { by, what } => drop(asked.insert(by, what)),
            Event::Told { by, what: Told::Nothing } => match asked[&by] {
                Asked::Create(new) | Asked::Update { new, .. } => drop(unconfirmed.insert(new)),
                Asked::Read | Asked::Delete => {}
            },
            Event::Told { .. } => {}
        }
    }
    unconfirmed
}
