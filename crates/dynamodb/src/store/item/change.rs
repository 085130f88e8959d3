//! What the change of an item is known by.

use crate::store::item::{Item, Read, Reading, binary};
use aws_sdk_dynamodb::types::AttributeValue;

/// The attribute that counts the changes of an item.
pub(in crate::store) const REVISION: &str = "revision";
/// The id of the last change, and of the one before.
const CHANGES: [&str; 2] = ["change_id", "change_id_before"];
/// Of a change's id, bytes.
pub(in crate::store) const CHANGE_BYTES: usize = 16;

/// The number of changes.
pub(in crate::store) fn revision(item: &Item) -> Read<u64> {
    Reading(item).number(REVISION)
}

/// The ids of the last change and of the one before. Items of older versions have none.
pub(in crate::store) fn changes(item: &Item) -> (Option<[u8; CHANGE_BYTES]>, Option<[u8; CHANGE_BYTES]>) {
    let id = |name| Reading(item).maybe_bytes(name, |bytes| bytes.try_into().ok()).ok().flatten();
    (id(CHANGES[0]), id(CHANGES[1]))
}

/// Marks an item as changed from what was `read`.
pub(in crate::store) fn mark_change(item: &mut Item, id: &[u8; CHANGE_BYTES], read: &Item) {
    item.insert(CHANGES[0].to_owned(), binary(id));
    match read.get(CHANGES[0]) {
        Some(before) => item.insert(CHANGES[1].to_owned(), before.clone()),
        None => item.remove(CHANGES[1]),
    };
}

/// When what the item is about was made, if the item says so: one that was deleted and made anew is another.
pub(in crate::store) fn created_at(item: &Item) -> Option<&AttributeValue> {
    item.get("created_at")
}

/// The condition that an item is as it was `read`, with its values: the number of its changes, and the id of the last one. The
/// number is not enough: an item that was deleted and made anew counts from the beginning.
pub(in crate::store) fn unchanged(read: &Item) -> (String, Item) {
    let [last, _] = CHANGES;
    let mut values = Item::new();
    values.extend(read.get(REVISION).map(|revision| (":read".to_owned(), revision.clone())));
    let same = match read.get(last) {
        Some(id) => {
            values.insert(":change".to_owned(), id.clone());
            format!("{last} = :change")
        }
        // A version before there were ids wrote it.
        None => format!("attribute_not_exists({last})"),
    };
    let counts = match read.contains_key(REVISION) {
        true => format!("{REVISION} = :read"),
        // Another program wrote it.
        false => format!("attribute_not_exists({REVISION})"),
    };
    (format!("{counts} AND {same}"), values)
}
