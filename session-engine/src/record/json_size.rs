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

    #[test]
    fn a_map_takes_nodes_and_a_list_takes_places() {
        assert_eq!(SIZE_OF_NODE, size_of::<([(String, Value); 11], [u64; 2])>());
        let members = |count| of_members(&(0..count).map(|n| (format!("{n}"), json!(n))).collect());
        assert_eq!([0, 1, 6, 7, 12, 13].map(members), [0, 1, 1, 2, 2, 3].map(|nodes| nodes * SIZE_OF_NODE));
        let place = size_of::<Value>();
        let list = |value: Value| behind(&value);
        assert_eq!([json!([]), json!([1, 2, 3, 4])].map(list), [8 * place; 2]);
        assert_eq!([json!([1, 2, 3, 4, 5]), json!([[]])].map(list), [10 * place, 16 * place]);
        assert_eq!(behind(&json!({ "a": [] })), SIZE_OF_NODE + 8 * place);
        assert_eq!([json!(null), json!(true), json!(1), json!("text")].map(list), [0; 4]);
    }

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
