//! What is the same in many stories, held once.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::message::evidence::EntityReference;
use crate::story::known::Story;

/// With fewer, it is not looked for what nobody holds any more.
const FEW: usize = 64;

/// Of all stories of a partition.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// Watchlists' ids and languages.
    texts: Pool<str>,
    entities: Pool<EntityReference>,
}

impl Shared {
    /// Lets a story hold what others hold too.
    pub(super) fn share(&mut self, story: &mut Story) {
        self.texts.share(&mut story.watchlist);
        story.languages.iter_mut().for_each(|language| self.texts.share(language));
        story.entities.iter_mut().for_each(|entity| self.entities.share(entity));
    }
}

#[derive(Debug)]
struct Pool<T: ?Sized> {
    items: BTreeSet<Arc<T>>,
    /// With so many, what nobody else holds is dropped.
    full: usize,
}

impl<T: Ord + ?Sized> Default for Pool<T> {
    fn default() -> Self {
        Self { items: BTreeSet::new(), full: FEW }
    }
}

impl<T: Ord + ?Sized> Pool<T> {
    fn share(&mut self, item: &mut Arc<T>) {
        if Arc::strong_count(item) > 1 {
            return;
        }
        if let Some(known) = self.items.get(item) {
            *item = Arc::clone(known);
            return;
        }
        if self.items.len() >= self.full {
            self.items.retain(|item| Arc::strong_count(item) > 1);
            self.full = FEW.max(2 * self.items.len());
        }
        self.items.insert(Arc::clone(item));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_holds_any_more_is_dropped() {
        let mut pool = Pool::default();
        let mut held: Arc<str> = "held".into();
        pool.share(&mut held);
        for i in 0..1000 {
            pool.share(&mut i.to_string().into());
            let mut again: Arc<str> = "held".into();
            pool.share(&mut again);
            assert!(Arc::ptr_eq(&held, &again));
        }
        assert!(pool.items.len() <= FEW, "{}", pool.items.len());
    }
}
