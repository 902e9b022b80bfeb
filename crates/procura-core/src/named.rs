//! Values by name, in one sorted list.
//!
//! **Invariant:** names are distinct, and in the order of their bytes.
//!
//! A delegation has a handful of tools, each with a handful of arguments. For so
//! few one short list is quicker to make, and to let go, than the nodes of a tree.

use alloc::vec::Vec;

use smol_str::SmolStr;

/// Values by name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Named<T>(Vec<(SmolStr, T)>);

impl<T> Named<T> {
    /// No values.
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a value, in place of one with this name. Many are quicker collected.
    pub(crate) fn insert(&mut self, name: &str, value: T) {
        match self.find(name) {
            Ok(index) => {
                if let Some(slot) = self.0.get_mut(index) {
                    slot.1 = value;
                }
            }
            Err(index) => self.0.insert(index, (name.into(), value)),
        }
    }

    /// The value with this name.
    pub(crate) fn get(&self, name: &str) -> Option<&T> {
        let index = self.find(name).ok()?;
        self.0.get(index).map(|(_, value)| value)
    }

    /// Whether there is a value with this name.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.find(name).is_ok()
    }

    /// The names and values, in order.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &T)> + Clone {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The names, in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn find(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(other, _)| other.as_str().cmp(name))
    }
}

impl<'a, T> FromIterator<(&'a str, T)> for Named<T> {
    /// Of two values with one name the later counts.
    fn from_iter<I: IntoIterator<Item = (&'a str, T)>>(values: I) -> Self {
        let mut list: Vec<(SmolStr, T)> =
            values.into_iter().map(|(name, value)| (name.into(), value)).collect();
        // What was read is mostly in order already.
        if !list.is_sorted_by(|(a, _), (b, _)| a < b) {
            list.sort_by(|(a, _), (b, _)| a.cmp(b));
            list.dedup_by(|later, earlier| {
                let is_same = later.0 == earlier.0;
                if is_same {
                    core::mem::swap(later, earlier);
                }
                is_same
            });
        }
        Self(list)
    }
}

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self::new()
    }
}
