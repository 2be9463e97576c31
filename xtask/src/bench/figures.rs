//! Figures as reports write them.

use super::cost::Cost;
use super::rounds::Measured;

/// Of which less does not show.
const HARDLY_EVER: f64 = 0.005;

/// All in all, then by name.
pub(super) fn commands<C, T>(row: &Measured<'_, C, T>, cost: impl Fn(&T) -> &Cost) -> String {
    let mut names: Vec<&String> = row.turns.iter().flat_map(|turn| cost(turn).commands.keys()).collect();
    names.sort();
    names.dedup();
    let often = |name: &String| row.median(|turn| cost(turn).commands.get(name).copied().unwrap_or_default());
    let each: Vec<(&String, f64)> = names
        .into_iter()
        .map(|name| (name, often(name)))
        .filter(|(_, often)| *often >= HARDLY_EVER)
        .collect();
    let sum: f64 = each.iter().map(|(_, often)| often).sum();
    let named: Vec<_> = each.iter().map(|(name, often)| format!("{name} {often:.2}")).collect();
    match named.len() {
        0 => "0".into(),
        1 => named[0].clone(),
        _ => format!("{sum:.2}: {}", named.join(", ")),
    }
}

/// `12345.6` → `12,346`.
pub(super) fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::thousands;

    #[test]
    fn thousands_are_apart() {
        assert_eq!(thousands(123.4), "123");
        assert_eq!(thousands(12_345.6), "12,346");
        assert_eq!(thousands(1_234_567.0), "1,234,567");
    }
}
