//! How much memory JSON takes beyond its text: many times as much, where it is of many small parts.

use serde_json::{Map, Value};

/// Of a node of a map from texts to values, which has room for 11 members and is at least half full.
const SIZE_OF_NODE: usize = 11 * (size_of::<String>() + size_of::<Value>()) + 16;
const MEMBERS_OF_NODE: usize = 6;

pub(super) fn of_members(members: &Map<String, Value>) -> usize {
    let nodes = members.len().div_ceil(MEMBERS_OF_NODE);
    nodes * SIZE_OF_NODE + members.values().map(behind).sum::<usize>()
}

/// What a value takes beside itself.
fn behind(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
        // Room is made for four at first, and for twice as many each time.
        Value::Array(items) => {
            items.len().max(4) * 2 * size_of::<Value>() + items.iter().map(behind).sum::<usize>()
        }
        Value::Object(members) => of_members(members),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// 4 bytes of text each are 160 of memory.
    #[test]
    fn many_small_values_are_known_to_take_much_more_than_their_text() {
        let mut members = Map::new();
        assert_eq!(of_members(&members), 0);
        members.insert("a".into(), Value::String("-".repeat(1000)));
        assert!((500..1000).contains(&of_members(&members)), "{}", of_members(&members));
        members.insert("b".into(), vec![json!([0]); 1000].into());
        assert!((160_000..500_000).contains(&of_members(&members)), "{}", of_members(&members));
    }
}
