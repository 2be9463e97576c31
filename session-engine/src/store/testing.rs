//! The suite of the contract: every sentence of it, on any store, and what must hold however
//! requests fall between each other.
//!
//! Whoever writes a store says how to get one and how to move its time, in a [`Harness`], and runs
//! all of it by one line in a test of their own:
//!
//! ```ignore
//! session_engine::store_contract!(MyHarness);
//! ```
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that panics has said what it had to say")]
#![allow(missing_docs, reason = "the name of each test is its sentence")]

pub mod contract;
pub mod event_log;
mod harness;
pub mod races;

use std::future::Future;

pub use event_log::EventHarness;
pub use harness::{
    ABSOLUTE, Harness, IDLE, START, entry_of, first_deadline, random_below, subject_called, subject_of,
};

/// Runs one test of the suite, on threads of its own.
pub fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(test);
}

/// Runs the whole contract on the store of a [`Harness`](crate::store::testing::Harness): a test for
/// each sentence of it.
#[macro_export]
macro_rules! store_contract {
    ($harness:ty) => {
        $crate::store_contract! { @ $harness:
            contract::a_document_is_created_only_where_none_is,
            contract::a_new_document_may_take_the_place_of_an_expired_one,
            contract::an_absent_document_is_an_answer,
            contract::loading_extends_the_deadline_exactly_to_what_is_asked,
            contract::loading_without_extension_leaves_the_deadline,
            contract::only_an_unchanged_document_is_updated,
            contract::an_update_keeps_the_deadline,
            contract::deleting_says_whether_the_document_was_there,
            contract::only_an_unchanged_document_is_deleted,
            contract::a_list_has_exactly_the_documents_of_one_subject,
            contract::a_guests_document_is_in_nobodys_list,
            contract::whoever_knows_no_subject_can_still_delete,
            contract::a_listed_document_comes_with_its_entry_and_deadline,
            contract::a_list_has_the_beginning_of_large_documents,
            contract::the_entries_of_a_subject_are_those_of_its_documents,
            contract::subjects_of_any_characters_have_lists_of_their_own,
            contract::a_list_of_a_thousand_documents_is_complete,
            contract::a_document_is_gone_exactly_at_its_deadline,
            contract::an_expired_document_is_absent_for_every_operation,
            contract::whatever_the_store_says_that_it_tells_of_it_tells,
            contract::an_epoch_changes_to_a_new_one_each_time,
            contract::a_noted_revocation_is_known_to_every_server,
            contract::noting_a_revocation_touches_no_document,
            contract::noting_a_revocation_twice_is_noting_it_once_of_late,
            contract::a_revocation_is_forgotten_exactly_when_it_is_of_no_interest,
            contract::revocations_are_as_of_the_stores_own_time,
            contract::a_thousand_revocations_at_once_are_all_noted,
            contract::failed_attempts_are_counted_together_by_every_server,
            contract::failed_attempts_are_forgotten_after_the_window,
            contract::attempts_under_way_cannot_slip_under_the_limit,
            contract::of_many_attempts_at_once_as_many_are_admitted_as_may_fail,
            contract::forgiven_attempts_leave_nothing_behind,
            contract::what_expired_leaves_nothing_behind,
            contract::an_open_store_is_available,
            races::a_late_save_never_revives_a_document,
            races::parallel_updates_of_different_members_are_all_kept,
            races::one_of_many_creators_of_an_id_wins,
            races::the_index_never_misses_a_living_document,
        }
    };
    (@ $harness:ty: $($module:ident::$test:ident),* $(,)?) => {
        $(
            #[test]
            fn $test() {
                $crate::store::testing::run(async {
                    let harness = <$harness as $crate::store::testing::Harness>::start().await;
                    $crate::store::testing::$module::$test(harness).await;
                });
            }
        )*
    };
}

/// Runs the sentences of an event log on that of an [`EventHarness`]: a test for each of them.
#[macro_export]
macro_rules! event_log_contract {
    ($harness:ty) => {
        $crate::store_contract! { @ $harness:
            event_log::events_are_read_in_the_order_in_which_they_were_appended,
            event_log::an_event_is_read_on_every_server,
            event_log::whoever_comes_from_a_place_that_is_not_kept_is_told,
            event_log::a_watched_session_that_expires_is_told_once,
            event_log::a_session_that_was_used_expires_when_it_is_gone,
            event_log::what_was_ended_does_not_expire,
            event_log::what_is_left_of_a_renewed_session_does_not_expire,
            event_log::a_session_that_is_gone_is_not_watched,
            event_log::what_was_delivered_is_remembered,
        }
    };
}
