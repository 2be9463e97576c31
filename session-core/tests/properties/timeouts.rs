//! The idle and the absolute deadline, as a state machine with a clock that goes both ways (R9, R10).

use std::time::Duration;

use proptest::prelude::*;
use session_core::{Deadlines, Standing, TimeTooLate, Timeouts, TimeoutsError, UnixTime};

use crate::fixtures::{LAST, at};

const MAX_ABSOLUTE: u64 = 400 * 24 * 60 * 60;

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn timeouts() -> impl Strategy<Value = Timeouts> {
    let idle = prop_oneof![2..120u64, 120..7_200u64, 2..=MAX_ABSOLUTE];
    idle.prop_flat_map(|idle| (Just(idle), prop_oneof![idle..=(idle * 30).min(MAX_ABSOLUTE), Just(idle)]))
        .prop_map(|(idle, absolute)| Timeouts::new(secs(idle), secs(absolute)).expect("lawful timeouts"))
}

/// How long use goes unwritten: `max(30 s, idle / 20)`, and for short timeouts half of them.
fn interval(timeouts: Timeouts) -> u64 {
    let idle = timeouts.idle().as_secs();
    (idle / 20).max(30).min(idle / 2)
}

/// Steps of a clock: mostly small, sometimes back, sometimes far.
fn clock_steps(back: i64) -> impl Strategy<Value = Vec<i64>> {
    prop::collection::vec(prop_oneof![4 => 0..90i64, 2 => 0..2_000i64, 1 => back..100_000i64], 1..400)
}

/// One session under the model: its deadlines, and what the model remembers of it.
struct Model {
    timeouts: Timeouts,
    started_at: u64,
    deadlines: Deadlines,
}

impl Model {
    fn start(timeouts: Timeouts, now: u64) -> Self {
        Self { timeouts, started_at: now, deadlines: timeouts.start(at(now)) }
    }

    fn absolute(&self) -> u64 {
        (self.started_at + self.timeouts.absolute().as_secs()).min(LAST)
    }

    /// Uses the session; gives the new idle deadline, if one had to be written.
    fn use_at(&mut self, now: u64) -> Result<Option<u64>, Standing> {
        let before = self.deadlines;
        let [idle, absolute] = [before.idle_expires_at, before.absolute_expires_at].map(UnixTime::as_secs);
        assert_eq!(absolute, self.absolute(), "the absolute deadline never moves");
        assert!(idle <= absolute);
        let standing = self.timeouts.judge(before, at(now));
        let Standing::Unexpired { extend_to, time_to_live } = standing else {
            assert_eq!(standing == Standing::AbsolutelyExpired, now >= absolute);
            assert!(now >= idle);
            return Err(standing);
        };
        assert!(now < idle && now < absolute, "used past a limit");
        assert_eq!(time_to_live, secs(idle - now).min(self.timeouts.idle()));
        let target = (now + self.timeouts.idle().as_secs()).min(absolute);
        let gain = target.saturating_sub(idle);
        let due = gain >= interval(self.timeouts) || (gain > 0 && target == absolute);
        assert_eq!(extend_to, due.then_some(at(target)));
        self.deadlines.idle_expires_at = extend_to.unwrap_or(before.idle_expires_at);
        Ok(extend_to.map(UnixTime::as_secs))
    }
}

proptest! {
    /// R9: nobody has a session for longer than the server lets everybody.
    #[test]
    fn own_timeouts_are_lawful_and_never_longer(
        timeouts in timeouts(), idle in prop::option::of(any::<u64>()), absolute in prop::option::of(0..2 * MAX_ABSOLUTE),
    ) {
        let own = timeouts.shortened(idle.map(secs), absolute.map(secs));
        prop_assert_eq!(Timeouts::new(own.idle(), own.absolute()), Ok(own));
        prop_assert!(own.idle() <= timeouts.idle() && own.absolute() <= timeouts.absolute());
        if let Some(absolute) = absolute.filter(|absolute| (2..=timeouts.absolute().as_secs()).contains(absolute)) {
            prop_assert_eq!(own.absolute(), secs(absolute));
        }
        if let Some(idle) = idle.filter(|idle| (2..=timeouts.idle().as_secs()).contains(idle)) {
            prop_assert_eq!(own.idle(), secs(idle).min(own.absolute()));
        }
        prop_assert_eq!(timeouts.shortened(None, None), timeouts);
    }

    /// R9, R10: both limits hold at each use, whichever way the clock goes.
    #[test]
    fn no_clock_brings_a_session_past_either_limit(
        timeouts in timeouts(), start in 0..LAST, steps in clock_steps(-100_000),
    ) {
        let mut session = Model::start(timeouts, start);
        let mut now = start;
        for step in steps {
            now = now.saturating_add_signed(step).min(LAST);
            let _ = session.use_at(now);
        }
    }

    /// R25: seldom enough to cost little, and so often that nobody in use is logged out as idle.
    #[test]
    fn extensions_are_rare_and_still_often_enough(timeouts in timeouts(), steps in clock_steps(0)) {
        let (idle, interval) = (timeouts.idle().as_secs(), interval(timeouts));
        let mut session = Model::start(timeouts, 1_700_000_000);
        let (mut now, mut written_at) = (session.started_at, session.started_at);
        for step in steps {
            now += step.unsigned_abs();
            let Ok(written) = session.use_at(now) else { break };
            if let Some(deadline) = written {
                prop_assert!(now - written_at >= interval || deadline == session.absolute());
                written_at = now;
            }
            // Whoever comes back within this span is never logged out as idle.
            let left = session.deadlines.idle_expires_at.as_secs() - now;
            prop_assert!(left > idle - interval || session.deadlines.idle_expires_at.as_secs() == session.absolute());
            prop_assert!(left <= idle);
        }
    }

    #[test]
    fn an_extension_is_due_at_its_exact_second(timeouts in timeouts()) {
        let interval = interval(timeouts);
        let idle = timeouts.idle().as_secs();
        prop_assume!(timeouts.absolute().as_secs() > idle + interval);
        let deadlines = timeouts.start(at(1_000));
        let extend_to = |now| match timeouts.judge(deadlines, at(now)) {
            Standing::Unexpired { extend_to, .. } => extend_to,
            other => panic!("{other:?}"),
        };
        prop_assert_eq!(extend_to(1_000 + interval - 1), None);
        prop_assert_eq!(extend_to(1_000 + interval), Some(at(1_000 + interval + idle)));
    }

    /// R9: to the second, and whichever comes first.
    #[test]
    fn both_deadlines_fall_on_their_exact_second(timeouts in timeouts()) {
        let deadlines = timeouts.start(at(1_000));
        let (idle, absolute) = (deadlines.idle_expires_at.as_secs(), deadlines.absolute_expires_at.as_secs());
        let judge = |now| timeouts.judge(deadlines, at(now));
        let unexpired = matches!(judge(idle - 1), Standing::Unexpired { time_to_live, .. } if time_to_live == secs(1));
        prop_assert!(unexpired);
        let at_idle = if idle == absolute { Standing::AbsolutelyExpired } else { Standing::IdlyExpired };
        prop_assert_eq!(judge(idle), at_idle);
        prop_assert_eq!(judge(absolute), Standing::AbsolutelyExpired);
    }

    /// R9: no number of renewals moves it.
    #[test]
    fn renewal_keeps_the_absolute_deadline(
        timeouts in timeouts(), renewals in prop::collection::vec(0..100_000u64, 1..50),
    ) {
        let Deadlines { absolute_expires_at, .. } = timeouts.start(at(1_000));
        let mut now = 1_000;
        for later in renewals {
            now += later;
            let renewed = Deadlines {
                idle_expires_at: timeouts.idle_deadline(absolute_expires_at, at(now)),
                absolute_expires_at,
            };
            prop_assert!(renewed.idle_expires_at <= absolute_expires_at);
            let expired = timeouts.judge(renewed, at(now)) == Standing::AbsolutelyExpired;
            prop_assert_eq!(expired, at(now) >= absolute_expires_at);
        }
    }

    /// R10, R19: any three times, those at the ends of what a number can hold above all.
    #[test]
    fn no_time_at_all_panics_or_wraps(timeouts in timeouts(), times: [u64; 3], near in 0..3usize) {
        let [idle, absolute, now] = match near {
            0 => times,
            1 => times.map(|time| u64::MAX - time % 1_000),
            _ => times.map(|time| (LAST - 1_000) + time % 2_000),
        }.map(at);
        let deadlines = Deadlines { idle_expires_at: idle, absolute_expires_at: absolute };
        match timeouts.judge(deadlines, now) {
            Standing::AbsolutelyExpired => prop_assert!(now >= absolute),
            Standing::IdlyExpired => prop_assert!(now < absolute && now >= idle),
            Standing::Unexpired { extend_to, time_to_live } => {
                prop_assert!(now < absolute && now < idle);
                let left = idle.min(absolute).saturating_since(now);
                prop_assert_eq!(time_to_live, left.min(timeouts.idle()));
                prop_assert!(extend_to.is_none_or(|target| target > idle && target <= absolute));
            }
        }
        let started = timeouts.start(now);
        prop_assert!(now <= started.idle_expires_at && started.idle_expires_at <= started.absolute_expires_at);
    }

    /// R10: held against numbers that are twice as wide.
    #[test]
    fn arithmetic_of_times_saturates_at_both_ends(time: u64, span: u64, other: u64, signed: i64) {
        let (wide, limit) = (|secs: u64| u128::from(secs), u128::from(LAST));
        let now = at(time);
        let known = wide(time).min(limit);
        prop_assert_eq!(wide(now.as_secs()), known);
        prop_assert_eq!(wide(now.saturating_add(secs(span)).as_secs()), (known + wide(span)).min(limit));
        prop_assert_eq!(wide(now.saturating_sub(secs(span)).as_secs()), known.saturating_sub(wide(span)));
        let moved = now.saturating_add_signed(signed);
        let ahead = at(time).as_secs().saturating_add_signed(signed);
        prop_assert_eq!(wide(moved.as_secs()), wide(ahead).min(limit));
        let since = known.saturating_sub(wide(other).min(limit));
        prop_assert_eq!(wide(now.saturating_since(at(other)).as_secs()), since);
        prop_assert_eq!(UnixTime::try_from(time), if time > LAST { Err(TimeTooLate) } else { Ok(now) });
        let json = serde_json::from_value::<UnixTime>(time.into());
        prop_assert_eq!(json.ok(), (time <= LAST).then_some(now));
    }
}

/// R25: the span by itself, to the second.
#[test]
fn use_is_written_at_most_every_thirty_seconds_or_twentieth_and_at_half_of_a_short_timeout() {
    let spans =
        [(2, 1), (3, 1), (40, 20), (60, 30), (61, 30), (600, 30), (640, 32), (1_800, 90), (86_400, 4_320)];
    for (idle, interval) in spans {
        let timeouts = Timeouts::new(secs(idle), secs(idle * 10)).unwrap();
        let mut session = Model::start(timeouts, 0);
        assert_eq!(session.use_at(interval - 1), Ok(None), "idle timeout {idle}");
        assert_eq!(session.use_at(interval), Ok(Some(interval + idle)), "idle timeout {idle}");
    }
}

#[test]
fn the_last_extension_reaches_the_absolute_deadline_and_is_the_last() {
    let mut session = Model::start(Timeouts::new(secs(100), secs(205)).unwrap(), 0);
    assert_eq!(session.use_at(99), Ok(Some(199)));
    assert_eq!(session.use_at(104), Ok(None));
    assert_eq!(session.use_at(105), Ok(Some(205)));
    assert_eq!(session.use_at(204), Ok(None));
    assert_eq!(session.use_at(205), Err(Standing::AbsolutelyExpired));
}

/// R10: it is as if no time had passed.
#[test]
fn a_clock_that_goes_back_neither_shortens_nor_extends() {
    let mut session = Model::start(Timeouts::default(), 10_000);
    for now in [9_999, 5_000, 0] {
        assert_eq!(session.use_at(now), Ok(None));
    }
    assert_eq!(session.deadlines, Timeouts::default().start(at(10_000)));
}

/// R16: nothing lasts for more than 400 days.
#[test]
fn timeouts_that_make_no_sense_are_refused() {
    let judge =
        |idle: f64, absolute| Timeouts::new(Duration::from_secs_f64(idle), secs(absolute)).map(|_| ());
    assert_eq!(judge(1.999, 100), Err(TimeoutsError::IdleTooShort));
    assert_eq!(judge(2.0, 2), Ok(()));
    assert_eq!(judge(101.0, 100), Err(TimeoutsError::IdleLongerThanAbsolute));
    assert_eq!(judge(100.0, MAX_ABSOLUTE), Ok(()));
    assert_eq!(judge(100.0, MAX_ABSOLUTE + 1), Err(TimeoutsError::AbsoluteTooLong));
}

/// R33: the defaults that are documented.
#[test]
fn unless_set_a_session_lasts_half_an_hour_idle_and_twelve_hours_at_most() {
    let timeouts = Timeouts::default();
    assert_eq!((timeouts.idle(), timeouts.absolute()), (secs(1_800), secs(43_200)));
}
