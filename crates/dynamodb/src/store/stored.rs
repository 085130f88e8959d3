//! Values as they were read, each with its item. A change of the value keeps what the item has besides: attributes that
//! another version of Latchkey wrote and this one does not know.

use std::ops::{Deref, DerefMut};

use crate::store::item::Item;

/// A value as it was read.
#[derive(Clone)]
pub struct Stored<T> {
    value: T,
    item: Item,
}

impl<T> Stored<T> {
    pub(super) fn new(value: T, item: Item) -> Self {
        Self { value, item }
    }

    /// The value by itself. It cannot be changed in the store then.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The item as it was read; empty where there was none.
    pub(super) fn item(&self) -> &Item {
        &self.item
    }
}

impl<T> Deref for Stored<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Stored<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}
