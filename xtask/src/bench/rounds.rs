//! In each round every case has its turn, and what is compared was measured in the same round.

use std::fmt::Display;

use anyhow::{Context, Result};

/// How long it takes.
#[derive(Clone, Copy)]
pub(super) struct Effort {
    /// Of each measurement, behind half of that or more to warm up.
    pub(super) seconds: u64,
    pub(super) rounds: usize,
}

/// A case with its turns, in the order of the rounds.
pub(super) struct Measured<'a, C, T> {
    pub(super) case: &'a C,
    pub(super) turns: Vec<T>,
}

impl Effort {
    pub(super) fn parse(seconds: &str, rounds: &str) -> Result<Self> {
        Ok(Self {
            seconds: seconds.parse().with_context(|| format!("`{seconds}` are no seconds"))?,
            rounds: rounds.parse().with_context(|| format!("`{rounds}` is no number of rounds"))?,
        })
    }

    /// All cases, each as often as there are rounds.
    pub(super) fn measure<'a, C: Display, T>(
        self,
        cases: &'a [C],
        turn: impl Fn(&C) -> Result<T>,
        told: impl Fn(&T) -> String,
    ) -> Result<Vec<Measured<'a, C, T>>> {
        let mut measured: Vec<_> = cases.iter().map(|case| Measured { case, turns: Vec::new() }).collect();
        for round in 0..self.rounds {
            let mut order: Vec<_> = measured.iter_mut().collect();
            // Nobody always comes behind the same neighbour.
            if round % 2 == 1 {
                order.reverse();
            }
            for Measured { case, turns } in order {
                let turn = turn(case).with_context(|| case.to_string())?;
                eprintln!("xtask: round {}: {case}: {}", round + 1, told(&turn));
                turns.push(turn);
            }
        }
        Ok(measured)
    }
}

impl<C, T> Measured<'_, C, T> {
    /// The median over the rounds.
    pub(super) fn median(&self, of: impl Fn(&T) -> f64) -> f64 {
        median(self.turns.iter().map(of).collect())
    }

    /// The median of the ratios within each round.
    pub(super) fn ratio(&self, to: &Self, of: impl Fn(&T) -> f64) -> f64 {
        median(self.turns.iter().zip(&to.turns).map(|(mine, other)| of(mine) / of(other)).collect())
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() % 2 {
        1 => values[middle],
        _ if values.is_empty() => f64::NAN,
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn a_median_is_in_the_middle() {
        assert!(median(vec![3.0, 1.0, 2.0]) == 2.0);
        assert!(median(vec![4.0, 1.0, 2.0, 3.0]) == 2.5);
    }
}
