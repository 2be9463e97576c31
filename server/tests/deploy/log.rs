use std::time::Duration;

use crate::machine::Machine;

const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until the log of a machine's servers says so.
pub(crate) async fn until_logged(machine: &Machine, told: &str) {
    let logged = async {
        while !machine.read("log").contains(told) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let in_time = tokio::time::timeout(PATIENCE, logged).await;
    in_time.unwrap_or_else(|_| panic!("not `{told}`: {}", machine.read("log")));
}
